"""A review for programs: the JSON whose shape is version 1, keys never renamed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from looplet.compiler.diff.changes import ABSENT, SEVERITIES
from looplet.compiler.render.json import as_json as findings_as_json
from looplet.compiler.render.json import ascii_json
from looplet.frozen import thaw

if TYPE_CHECKING:
    from looplet.compiler.diff.changes import Change
    from looplet.compiler.diff.review import Review, Side


def render(review: Review) -> str:
    """The whole review as one JSON object; pure ASCII, ends in a newline."""
    return ascii_json(as_json(review))


def as_json(review: Review) -> dict[str, Any]:
    """The review as plain data."""
    rewrites = review.comparison.rewrites if review.comparison else ()
    severities = [change.severity for change in review.changes]
    return {
        "version": 1,
        "verdict": review.verdict or "not-compared",
        "old": None if review.old.absent else _side(review.old),
        "new": None if review.new.absent else _side(review.new),
        "changes": [_change(change) for change in review.changes],
        "rewrites": [_change(change) for change in rewrites],
        "diagnostics": findings_as_json(review.broken)["diagnostics"],
        "summary": {severity: severities.count(severity) for severity in SEVERITIES},
    }


def _side(side: Side) -> dict[str, Any]:
    preset = side.preset
    return {
        "path": side.named,
        "name": preset.name if preset else None,
        "version": preset.version if preset else None,
        "digests": side.digests,
    }


def _change(change: Change) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "kind": change.kind,
        "severity": change.severity,
        "subject": change.subject,
        "message": change.message,
        "notes": list(change.notes),
    }
    if change.fits:
        shown["compatible"] = change.fits
    if place := change.place:
        shown["place"] = {"side": place.side, "path": place.path}
        if place.line:
            shown["place"]["start"] = {"line": place.line, "column": place.column or 1}
    for name, value in (("old", change.old), ("new", change.new)):
        if value is not ABSENT:
            shown[name] = thaw(value)
    if change.text:
        shown["diff"] = [
            line.text if line.mark == "@" else line.mark + line.text for line in change.text.lines
        ]
    return shown


__all__ = ["as_json", "render"]
