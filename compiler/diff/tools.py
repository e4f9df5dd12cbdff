"""Tools: which there are, what the model is told of them, and what they take and give."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import Any, Final

from looplet.compiler.diff.changes import ABSENT, Change, Keys, differing, same
from looplet.compiler.diff.parameters import arguments, compare_parameters
from looplet.compiler.diff.renames import renamed
from looplet.compiler.diff.schemas import compare_schemas, effects, fits_takers, in_words
from looplet.compiler.diff.textdiff import compare_texts
from looplet.compiler.diff.words import names, quote, turned
from looplet.contents import sha
from looplet.preset import AgentPreset, ToolDef, canonical_json

_COMPARED: Final = ("name", "description", "parameters", "code", "output_schema", "extra")


def renamed_tools(old: AgentPreset, new: AgentPreset) -> dict[str, str]:
    """Tools that have another name: the old one → the new one."""
    gone = [old.tool_defs[name] for name in old.tool_defs.keys() - new.tool_defs.keys()]
    come = [new.tool_defs[name] for name in new.tool_defs.keys() - old.tool_defs.keys()]
    files = {**old.files, **new.files}

    def code(tool: ToolDef) -> str | None:
        side = old if old.tool_defs.get(tool.name) is tool else new
        file = side.files.get(tool.code)
        return sha(file.data) if file and file.data.strip() else None

    def told(tool: ToolDef) -> object:
        return (tool.description, canonical_json(tool.parameters)) if tool.description else None

    if not files:
        return {}
    pairs = renamed(gone, come, lambda tool: _both(code(tool), told(tool)), code, told)
    return {one.name: two.name for one, two in pairs}


def _both(*parts: object) -> object:
    return None if None in parts else parts


def compare_tools(
    old: AgentPreset, new: AgentPreset, renamed: Mapping[str, str]
) -> Iterator[Change]:
    """What changed in the tools."""
    for name, tool in sorted(new.tool_defs.items()):
        if name not in old.tool_defs and name not in renamed.values():
            taken = arguments(tool.parameters)
            message = f"tool {quote(name)} is new: {_first_line(tool.description)}"
            notes = (f"takes {names(taken or ()) or 'nothing'}",)
            yield Change("tool-added", ("tools", name), message, notes=notes, fits="yes")
    for name in sorted(old.tool_defs):
        was, now = old.tool_defs[name], new.tool_defs.get(renamed.get(name, name))
        if now is None:
            message = f"tool {quote(name)} is gone"
            yield Change("tool-removed", ("tools", name), message, fits="no")
            continue
        if now.name != name:
            yield Change(
                "tool-renamed",
                ("tools", now.name),
                f"tool {quote(name)} is now called {quote(now.name)}",
                old=name,
                new=now.name,
                fits="no",
                covers=(("tools", name), *_explained(was, now)),
            )
        yield from _tool(was, now)


def _first_line(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[0] if lines else "without a description"


def _tool(old: ToolDef, new: ToolDef) -> Iterator[Change]:
    keys: Keys = ("tools", new.name)
    said = f"tool {quote(new.name)}"
    if old.description != new.description:
        text = compare_texts(f"{old.description}\n", f"{new.description}\n")
        message = f"{said}: what the model is told of it"
        yield Change("tool-described", (*keys, "description"), message, text=text)
    yield from compare_parameters((*keys, "parameters"), said, old.parameters, new.parameters)
    if not same(old.output_schema, new.output_schema):
        yield _output(keys, said, old.output_schema, new.output_schema)
    if _moved(old, new):
        message = f"{said}, code: {turned(old.code, new.code)}"
        yield Change("tool-code-moved", (*keys, "code"), message, old=old.code, new=new.code)
    for key in (field.name for field in fields(ToolDef) if field.name not in _COMPARED):
        was, now = getattr(old, key), getattr(new, key)
        if not same(was, now):
            message = f"{said}, {key}: {turned(was, now)}"
            yield Change("tool-setting-changed", (*keys, key), message, old=was, new=now)
    for key, was, now in differing(old.extra, new.extra):
        message = f"{said}, {key}: {turned(was, now)}"
        yield Change("extra-changed", (*keys, "extra", key), message, old=was, new=now)


def _moved(old: ToolDef, new: ToolDef) -> bool:
    """Whether the code is another file than the tool's name explains."""
    return old.code != new.code and (
        old.name == new.name or new.code != old.code.replace(f"/{old.name}", f"/{new.name}", 1)
    )


def _explained(old: ToolDef, new: ToolDef) -> tuple[Keys, ...]:
    """What of a tool is another value because of its name alone."""
    keys: tuple[Keys, ...] = (("tools", new.name, "name"),)
    return keys if _moved(old, new) else (*keys, ("tools", new.name, "code"))


def _output(keys: Keys, said: str, old: Any, new: Any) -> Change:
    """The contract of what comes back: who reads it must not get what could not come before."""
    before, after = (True if schema is None else schema for schema in (old, new))
    differences = list(compare_schemas(before, after))
    message = f"{said}, what it gives back: "
    message += in_words(differences) or turned(old, new)
    return Change(
        "output-schema-changed",
        (*keys, "output_schema"),
        message,
        old=ABSENT if old is None else old,
        new=ABSENT if new is None else new,
        fits=fits_takers(effects(differences)),
    )


__all__ = ["compare_tools", "renamed_tools"]
