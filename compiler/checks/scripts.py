"""Scripts of recorded replies, `evals/scripts/*.json`: JSON, of the right shape, of real tools."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from looplet.compiler import layout
from looplet.compiler.checks.references import open_names, tool_names
from looplet.compiler.checks.tool_schemas import names_below
from looplet.compiler.diagnostics import Diagnostic, Edit, Fix
from looplet.compiler.resolve import Resolved
from looplet.compiler.rules import ct8_evals as ct8
from looplet.compiler.suggest import closest, correction
from looplet.compiler.syntax import Document, Path, parse

_CALL = '{"tool": …, "args": {…}}'


def check_scripts(resolved: Resolved) -> Iterator[Diagnostic]:
    """The findings on the agent's scripts; those of its parents are not run with it."""
    cartridge = resolved.cartridge
    names: Collection[str] = ()
    if not open_names(resolved):
        # One model answers for the agents in the agent, too, so one script does.
        names = tool_names(resolved) | names_below(resolved)
    for path, file in cartridge.tree.files.items():
        if layout.is_script(path):
            document, found = parse(path, file.data)
            yield from found
            if document is not None:
                yield from _script(document, names)


def _script(document: Document, names: Collection[str]) -> Iterator[Diagnostic]:
    replies = document.value
    if not isinstance(replies, list):
        yield _malformed(document, (), f"a script is a list of replies: [{_CALL}, …]")
        return
    if not replies:
        yield _malformed(document, (), "the script is empty; write what the model says first")
    for index, reply in enumerate(replies):
        if isinstance(reply, list):
            if not reply:
                yield _malformed(document, (index,), "this turn has no calls; write some")
            for place, call in enumerate(reply):
                yield from _call(document, (index, place), call, names)
        elif not isinstance(reply, str):
            yield from _call(document, (index,), reply, names)


def _call(
    document: Document, path: Path, call: Any, names: Collection[str]
) -> Iterator[Diagnostic]:
    """One call, which is to be a mapping with `tool` and, mostly, `args`."""
    if not isinstance(call, dict):
        why = f"a reply is a call, {_CALL}, a list of calls, or a text"
        yield _malformed(document, path, why)
        return
    for key in call:
        if key not in ("tool", "args"):
            near = closest(key, [name for name in ("tool", "args") if name not in call])
            span = document.span((*path, key), key=True)
            fixes = correction(document.path, span, f'"{key}"', f'"{near}"' if near else None)
            why = f"a call has no `{key}`; " + (f"did you mean `{near}`?" if near else _CALL)
            yield ct8.malformed_script.at(document.path, span, fixes=fixes, why=why)
            return
    tool = call.get("tool")
    if not isinstance(tool, str):
        place = (*path, "tool") if "tool" in call else path
        yield _malformed(document, place, f"this call does not name its `tool`; write {_CALL}")
    elif names and tool not in names:
        span = document.span((*path, "tool"))
        near = closest(tool, names)
        # Never safe: a script may call what is not there on purpose.
        edits = (Edit(document.path, span, f'"{near}"'),)
        fixes = (Fix(f"write {near}", False, edits),) if near else ()
        yield ct8.script_unknown_tool.at(document.path, span, fixes=fixes, name=tool, near=near)
    if not isinstance(call.get("args", {}), dict):
        yield _malformed(document, (*path, "args"), f"`args` must be a mapping; write {_CALL}")


def _malformed(document: Document, path: Path, why: str) -> Diagnostic:
    return ct8.malformed_script.at(document.path, document.span(path), why=why)
