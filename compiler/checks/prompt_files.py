"""The prompts of the agent: templates resolved down to attributes, tools that they speak of."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from looplet.compiler import layout
from looplet.compiler.checks.references import open_names, tool_names
from looplet.compiler.diagnostics import Diagnostic, Edit, Fix, Span
from looplet.compiler.prompts.mentions import mentioned_tools
from looplet.compiler.resolve import Resolved
from looplet.compiler.rules import ct9_advice as ct9
from looplet.compiler.text.lines import Lines


def check_prompts(resolved: Resolved) -> Iterator[Diagnostic]:
    """The findings on every prompt of the agent, inherited ones included."""
    files = {
        path: home.text(path)
        for path, home in resolved.homes.items()
        if layout.prompt_of(path) is not None
    }
    if not files:
        return
    from looplet.compiler.prompts import Scope
    from looplet.compiler.prompts import check_prompts as check_files

    declared: Any = resolved.config.get("inputs")
    inputs = declared if isinstance(declared, dict) else {}
    scope = Scope(inputs=inputs, unread=resolved.unread(layout.CONFIG, "inputs"))
    for found in check_files(files, scope=scope):
        yield resolved.homes[found.path].located(found)
    if not open_names(resolved):
        yield from _mentions(resolved, files)


def _mentions(resolved: Resolved, files: dict[str, str]) -> Iterator[Diagnostic]:
    names = tool_names(resolved)
    for path, text in files.items():
        if "`" not in text:
            continue
        lines = Lines(text)
        for word, near, start, end in mentioned_tools(text, names):
            span = Span(lines.position(start), lines.position(end))
            fixes = (Fix(f"write {near}", False, (Edit(path, span, near),)),) if near else ()
            found = ct9.unknown_tool_in_prompt.at(path, span, fixes=fixes, word=word, near=near)
            yield resolved.homes[path].located(found)
