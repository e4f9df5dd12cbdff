"""A report for programs: the JSON whose shape is version 1, keys never renamed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from looplet.compiler.diagnostics import Span

if TYPE_CHECKING:
    from looplet.compiler.diagnostics import Diagnostic, Edit, Fix, Position
    from looplet.compiler.report import Report


def render(report: Report) -> str:
    """The whole report as one JSON object; pure ASCII, ends in a newline."""
    return ascii_json(as_json(report))


def as_json(report: Report) -> dict[str, Any]:
    """The report as plain data."""
    return {
        "version": 1,
        "diagnostics": [
            _diagnostic(checked.root, diagnostic)
            for checked in report.cartridges
            for diagnostic in checked.diagnostics
        ],
        "summary": {
            "cartridges": len(report.cartridges),
            "errors": report.errors,
            "warnings": report.warnings,
            "advice": report.advice,
        },
    }


def ascii_json(value: Any) -> str:
    """`value` as indented JSON that no terminal can misread: DEL, too, is escaped."""
    return json.dumps(value, indent=2).replace("\x7f", "\\u007f") + "\n"


def _diagnostic(root: str, diagnostic: Diagnostic) -> dict[str, Any]:
    return {
        "code": diagnostic.code,
        "severity": diagnostic.severity,
        "message": diagnostic.message,
        "cartridge": root,
        "path": diagnostic.path,
        **_bounds(diagnostic.span),
        "notes": list(diagnostic.notes),
        "fixes": [_fix(fix) for fix in diagnostic.fixes],
    }


def _fix(fix: Fix) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "title": fix.title,
        "safe": fix.safe,
        "edits": [_edit(edit) for edit in fix.edits],
    }
    if fix.rename:
        shown["rename"] = {"from": fix.rename[0], "to": fix.rename[1]}
    return shown


def _edit(edit: Edit) -> dict[str, Any]:
    return {"path": edit.path, **_bounds(edit.span), "text": edit.text}


_WHOLE_FILE: Final = Span.at(1, 1, 0)
"""The place of a finding on a file as a whole: readers always get a line and a column."""


def _bounds(span: Span | None) -> dict[str, Any]:
    place = span or _WHOLE_FILE
    return {"start": _position(place.start), "end": _position(place.end)}


def _position(position: Position) -> dict[str, int]:
    return {"line": position.line, "column": position.column}
