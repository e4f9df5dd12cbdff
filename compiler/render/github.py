"""A report as GitHub workflow commands: an annotation at each finding's line."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Final

from looplet.compiler.render.place import from_here
from looplet.compiler.render.visible import visible

if TYPE_CHECKING:
    from looplet.compiler.diagnostics import Diagnostic
    from looplet.compiler.report import Report

_COMMANDS: Final = {"error": "error", "warning": "warning", "advice": "notice"}


def render(report: Report, *, here: str | None = None) -> str:
    """A command a line, each once; paths are relative to `here`, the working directory."""
    commands = dict.fromkeys(
        _command(from_here(checked.root, diagnostic.path, here), diagnostic)
        for checked in report.cartridges
        for diagnostic in checked.diagnostics
    )
    return "".join(f"{command}\n" for command in commands)


def _command(path: str, diagnostic: Diagnostic) -> str:
    properties: dict[str, object] = {"file": visible(path)}
    if span := diagnostic.span:
        properties |= {"line": span.start.line, "col": span.start.column}
        properties["endLine"] = span.end.line
        if span.end.line == span.start.line:  # GitHub takes columns on a single line only
            properties["endColumn"] = span.end.column
    properties["title"] = diagnostic.code
    fixes = [f"help: {fix.title}" for fix in diagnostic.fixes]
    notes = [f"note: {line}" for note in diagnostic.notes for line in note.splitlines()]
    name = _COMMANDS[diagnostic.severity]
    return workflow_command(name, properties, (diagnostic.message, *notes, *fixes))


def workflow_command(name: str, properties: Mapping[str, object], lines: Iterable[str]) -> str:
    """`::NAME key=value::lines`, with nothing in it that would be another command."""
    message = "%0A".join(_escape(visible(line)) for line in lines)
    shown = ",".join(f"{key}={_property(str(value))}" for key, value in properties.items())
    return f"::{name} {shown}::{message}"


def _escape(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _escape(text).replace(":", "%3A").replace(",", "%2C")
