"""Builtin tools and hooks: known names, arguments that their constructors take."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from looplet.builtin_hooks import BUILTIN_HOOKS
from looplet.compiler import layout
from looplet.compiler.checks.references import (
    builtin_tools,
    named_file,
    open_names,
    tool_names,
)
from looplet.compiler.diagnostics import Diagnostic, listing, quote
from looplet.compiler.resolve import Resolved
from looplet.compiler.rules import ct3_references as ct3
from looplet.compiler.rules import ct6_safety as ct6
from looplet.compiler.suggest import closest, correction


def check_builtins(resolved: Resolved) -> Iterator[Diagnostic]:
    """The findings on `builtin_hooks` and `builtin_tools`; unknown names are the schema's."""
    for key in ("builtin_hooks", "builtin_tools"):
        listed = resolved.config.get(key)
        seen: set[str] = set()
        for index, item in enumerate(listed if isinstance(listed, list) else ()):
            name, kwargs = _named(item)
            if name is None:
                continue
            path, span = resolved.place(layout.CONFIG, (key, index))
            if name in seen:
                yield ct3.builtin_twice.at(path, span, name=name)
            seen.add(name)
            if key == "builtin_hooks" and name in BUILTIN_HOOKS:
                yield from _arguments(resolved, (key, index, name), name, kwargs)
    for name in builtin_tools(resolved):
        tool = resolved.tools.get(name)
        if tool is not None:
            yield tool.home.located(ct3.builtin_and_folder.at(tool.path, name=name))


def _named(item: Any) -> tuple[str | None, Any]:
    if isinstance(item, str):
        return item, {}
    if isinstance(item, dict) and len(item) == 1:
        return next(iter(item.items()))
    return None, {}


def accepted(name: str) -> dict[str, bool]:
    """The keyword arguments of a builtin hook, and whether each must be given."""
    made: Any = vars(BUILTIN_HOOKS[name]).get("__init__")
    if made is None:
        return {}
    code = made.__code__
    positional = code.co_varnames[1 : code.co_argcount]
    optional = {
        *(made.__kwdefaults__ or ()),
        *positional[len(positional) - len(made.__defaults__ or ()) :],
    }
    names = code.co_varnames[1 : code.co_argcount + code.co_kwonlyargcount]
    return {each: each not in optional for each in names}


def _arguments(
    resolved: Resolved, place: tuple[str | int, ...], name: str, kwargs: Any
) -> Iterator[Diagnostic]:
    file, whole = resolved.place(layout.CONFIG, place[:2])
    if kwargs is None:
        kwargs = {}
    if not isinstance(kwargs, dict):
        why = "its arguments are a mapping of name to value"
        yield ct3.builtin_arguments.at(file, whole, name=name, why=why)
        return
    known = accepted(name)
    for key, value in kwargs.items():
        _, span = resolved.place(layout.CONFIG, (*place, key), key=True)
        if key not in known:
            near = closest(key, known)
            hint = f"did you mean {quote(near)}?" if near else f"it takes {listing(known)}"
            fixes = correction(file, span, key, near)
            why = f"it takes no argument {quote(key)}; {hint}"
            yield ct3.builtin_arguments.at(file, span, fixes=fixes, name=name, why=why)
        elif key == "path" and isinstance(value, str) and "${" not in value:
            yield from named_file(resolved, value, (*place, key))
    missing = [key for key, needed in known.items() if needed and key not in kwargs]
    if missing:
        why = f"it needs {listing(missing)}"
        yield ct3.builtin_arguments.at(file, whole, name=name, why=why)
    elif kwargs.keys() <= known.keys():
        refusal = _refused(name, kwargs)
        if refusal:
            # It begins with what it is about: the hook itself, an argument, or a part of one.
            about, _, rest = refusal.partition(" ")
            steps = tuple(about.split("."))
            if steps[0] in kwargs:
                refusal = f"{quote(about)} {rest}"
                _, whole = resolved.place(layout.CONFIG, (*place, *steps))
            elif about == name:
                refusal = f"it {rest}"
            yield ct3.builtin_arguments.at(file, whole, name=name, why=refusal)
    if name == "per_tool_limit" and isinstance(limits := kwargs.get("limits"), dict):
        names = tool_names(resolved)
        for tool in limits:
            near = closest(tool, names)
            if tool not in names and (near or not open_names(resolved)):
                _, span = resolved.place(layout.CONFIG, (*place, "limits", tool), key=True)
                fixes = correction(file, span, tool, near)
                yield ct6.unknown_tool.at(
                    file, span, fixes=fixes, name=tool, near=near, tools=sorted(names)
                )


def _refused(name: str, kwargs: dict[str, Any]) -> str | None:
    """What the builtin's own constructor says of the values; files are judged elsewhere.

    The constructor is looplet's, not the author's, so asking it runs nothing of the cartridge.
    """
    if "path" in kwargs or any(_refers(value) for value in kwargs.values()):
        return None
    if name == "skill_activation":
        return None
    try:
        BUILTIN_HOOKS[name](**kwargs)
    except ValueError as error:
        return str(error)
    except (AttributeError, TypeError) as error:
        return str(error) if name in str(error) else "one of its arguments is of the wrong type"
    return None


def _refers(value: Any) -> bool:
    if isinstance(value, str):
        return "${" in value or value.startswith("@")
    if isinstance(value, dict):
        return any(map(_refers, value.values()))
    return isinstance(value, list) and any(map(_refers, value))
