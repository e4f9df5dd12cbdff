"""A review as GitHub workflow commands: a warning at each risk, a notice at all else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from looplet.compiler.diff.as_text import told
from looplet.compiler.render.github import workflow_command
from looplet.compiler.render.place import from_here
from looplet.compiler.render.visible import visible

if TYPE_CHECKING:
    from looplet.compiler.diff.changes import Change
    from looplet.compiler.diff.review import Review


def render(review: Review, *, here: str | None = None) -> str:
    """A command a line; paths are relative to `here`, the working directory."""
    return "".join(f"{_command(review, change, here)}\n" for change in review.changes)


def _command(review: Review, change: Change, here: str | None) -> str:
    properties: dict[str, object] = {}
    place = change.place
    # What is gone has no line in the new files to stand at.
    if place and place.side == "new":
        properties["file"] = visible(from_here(review.new.checked.root, place.path, here))
        if place.line:
            properties |= {"line": place.line, "col": place.column or 1}
    properties["title"] = change.kind
    name = "warning" if change.severity == "risk" else "notice"
    return workflow_command(name, properties, (told(change), *change.notes))


__all__ = ["render"]
