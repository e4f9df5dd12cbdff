"""Builtin tools and hooks: known names, arguments that their constructors take."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from looplet.builtin_hooks import BUILTIN_HOOKS
from looplet.compaction.named import STRATEGIES
from looplet.compiler import layout
from looplet.compiler.checks.references import (
    builtin_entries,
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
            if name in seen and name != "subagent":  # each of those is another agent
                yield ct3.builtin_twice.at(path, span, name=name)
            seen.add(name)
            if key == "builtin_hooks" and name in BUILTIN_HOOKS:
                made = BUILTIN_HOOKS[name]
                yield from _arguments(resolved, (key, index, name), made, kwargs)
    yield from _compactions(resolved)
    yield from _places(resolved)
    for name in builtin_tools(resolved):
        tool = resolved.tools.get(name)
        if tool is not None:
            yield tool.home.located(ct3.builtin_and_folder.at(tool.path, name=name))


def _compactions(resolved: Resolved) -> Iterator[Diagnostic]:
    """The settings below `compact_service` of runtime.yaml; unknown names are the schema's."""
    given = resolved.runtime.get("compact_service")
    entries = given if isinstance(given, list) else [given]
    for index, item in enumerate(entries):
        name, kwargs = _named(item)
        if name is None or name not in STRATEGIES or not isinstance(kwargs, dict):
            continue
        within = (index,) if entries is given else ()
        place = ("compact_service", *within, name)
        yield from _arguments(resolved, place, STRATEGIES[name], kwargs, layout.RUNTIME)


def _places(resolved: Resolved) -> Iterator[Diagnostic]:
    """The folders outside of the cartridge that builtin tools read or write: a host names them."""
    for index, name, settings in builtin_entries(resolved):
        place = ("builtin_tools", index)
        if name == "scaffold_cartridge":
            if "folder" not in settings and _is_bare(resolved, index):
                file, span = resolved.place(layout.CONFIG, place)
                why = 'it needs a folder to write into: `{folder: "${runtime.output}"}`'
                yield ct3.builtin_arguments.at(file, span, name=name, why=why)
            yield from _outside(resolved, (*place, name, "folder"), settings.get("folder"))
        paths = settings.get("paths")
        for at, path in enumerate(paths if isinstance(paths, list) else ()):
            yield from _outside(resolved, (*place, name, "paths", at), path)
            if isinstance(path, str) and not path.startswith(("/", "~")) and "${" not in path:
                yield from _inside(resolved, (*place, name, "paths", at), path)


def _is_bare(resolved: Resolved, index: int) -> bool:
    # What else it may be, and lacks, breaks the schema, which says so.
    return isinstance(resolved.config["builtin_tools"][index], str)


def _outside(resolved: Resolved, place: tuple[str | int, ...], path: Any) -> Iterator[Diagnostic]:
    """A path that is good on one machine only, or that leads up from wherever a run starts."""
    if not isinstance(path, str) or "${" in path:
        return
    if path.startswith("/") or path[1:2] == ":" or "\\" in path or ".." in path.split("/"):
        file, span = resolved.place(layout.CONFIG, place)
        notes = ("hand a folder of the machine in as an input: `${runtime.name}`",)
        yield ct6.path_leaves.at(file, span, notes=notes, path=path)


def _inside(resolved: Resolved, place: tuple[str | int, ...], path: str) -> Iterator[Diagnostic]:
    """A folder of the cartridge that holds skills, and is not there."""
    plain = "/".join(part for part in path.split("/") if part not in ("", "."))
    if ".." in path.split("/") or not resolved.complete:
        return
    if not any(each.startswith(f"{plain}/") for each in resolved.homes):
        file, span = resolved.place(layout.CONFIG, place)
        folders = {each.rpartition("/")[0] for each in resolved.homes if "/" in each}
        near = closest(plain, folders)
        fixes = correction(file, span, path, near)
        yield ct3.missing_named_file.at(file, span, fixes=fixes, path=path, near=near)


def _named(item: Any) -> tuple[str | None, Any]:
    if isinstance(item, str):
        return item, {}
    if isinstance(item, dict) and len(item) == 1:
        return next(iter(item.items()))
    return None, {}


def accepted(builtin: type) -> dict[str, bool]:
    """The keyword arguments of a builtin hook, and whether each must be given."""
    made: Any = vars(builtin).get("__init__")
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
    resolved: Resolved,
    place: tuple[str | int, ...],
    made: type,
    kwargs: Any,
    written_in: str = layout.CONFIG,
) -> Iterator[Diagnostic]:
    """The findings on the keywords of a class of looplet's own, which stand at `place`."""
    name = str(place[-1])
    file, whole = resolved.place(written_in, place[:-1])
    if kwargs is None:
        kwargs = {}
    if not isinstance(kwargs, dict):
        why = "its arguments are a mapping of name to value"
        yield ct3.builtin_arguments.at(file, whole, name=name, why=why)
        return
    known = accepted(made)
    for key, value in kwargs.items():
        _, span = resolved.place(written_in, (*place, key), key=True)
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
        refusal = _refused(name, made, kwargs)
        if refusal:
            # It begins with what it is about: the hook itself, an argument, or a part of one.
            about, _, rest = refusal.partition(" ")
            steps = tuple(about.split("."))
            if steps[0] in kwargs:
                refusal = f"{quote(about)} {rest}"
                _, whole = resolved.place(written_in, (*place, *steps))
            elif about == name:
                refusal = f"it {rest}"
            yield ct3.builtin_arguments.at(file, whole, name=name, why=refusal)
    names = tool_names(resolved) if kwargs.keys() & {"limits", "keep_tools", "ignore_tools"} else ()
    for below, tool in _tools_in(kwargs):
        near = closest(tool, names)
        if tool not in names and (near or not open_names(resolved)):
            _, span = resolved.place(written_in, (*place, *below), key=below[0] == "limits")
            fixes = correction(file, span, tool, near)
            yield ct6.unknown_tool.at(
                file, span, fixes=fixes, name=tool, near=near, tools=sorted(names)
            )


def _tools_in(kwargs: dict[str, Any]) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """The names of tools in the keywords of a builtin, and where below them each stands."""
    limits = kwargs.get("limits")
    for tool in limits if isinstance(limits, dict) else ():
        yield ("limits", tool), tool
    for key in ("keep_tools", "ignore_tools"):
        listed = kwargs.get(key)
        for index, tool in enumerate(listed if isinstance(listed, list) else ()):
            if isinstance(tool, str) and "${" not in tool:
                yield (key, index), tool


def _refused(name: str, made: type, kwargs: dict[str, Any]) -> str | None:
    """What the builtin's own constructor says of the values; files are judged elsewhere.

    The constructor is looplet's, not the author's, so asking it runs nothing of the cartridge.
    """
    if "path" in kwargs or any(_refers(value) for value in kwargs.values()):
        return None
    if name == "skill_activation":
        return None
    try:
        made(**kwargs)
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
