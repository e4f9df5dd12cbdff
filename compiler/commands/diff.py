"""`looplet-compile diff`: two cartridges compared by meaning, as text, JSON, Markdown, annotations.

Exit codes as of diff(1): 0 nothing that counts changed, 1 something did, 2 it cannot be said.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Literal

from looplet.compiler.cli import Answer
from looplet.compiler.diff import as_github, as_json, as_markdown, as_text
from looplet.compiler.diff.review import Review, Side, from_git, read, review
from looplet.compiler.diff.revisions import NoRevision

Form = Literal["text", "json", "markdown", "github"]
FORMS: Final[tuple[Form, ...]] = ("text", "json", "markdown", "github")
FAIL_ON: Final = {
    "any": ("risk", "behaviour", "info"),
    "behaviour": ("risk", "behaviour"),
    "risk": ("risk",),
    "never": (),
}
"""Which severities count for the exit code."""

_CANNOT_COMPARE: Final = 2


class CannotRead(ValueError):
    """There is no such revision to compare with."""


def sides(old: str, new: str, git: str | None, *, cache: bool) -> tuple[Side, Side]:
    """The two sides: both named, or, with `git`, `new` in a revision and now. Raises CannotRead."""
    if git is None:
        return read(old, cache=cache), read(new, cache=cache)
    try:
        return from_git(git, new, cache=cache)
    except NoRevision as error:
        raise CannotRead(str(error)) from None


def diff(
    old: Side, new: Side, form: Form, fail_on: str, *, color: tuple[bool, bool] = (False, False)
) -> Answer:
    """The comparison in a format. color: whether stdout, and stderr, take it."""
    found = review(old, new)
    text = _render(found, form, color[0])
    if found.comparison is None:
        return Answer(_CANNOT_COMPARE, text, "" if form == "json" else _findings(found, color[1]))
    severities = {change.severity for change in found.changes}
    return Answer(int(not severities.isdisjoint(FAIL_ON[fail_on])), text)


def _render(found: Review, form: Form, color: bool) -> str:
    if form == "text":
        return as_text.render(found, color=color)
    renderers: dict[Form, Callable[[Review], str]] = {
        "json": as_json.render,
        "markdown": as_markdown.render,
        "github": as_github.render,
    }
    return renderers[form](found)


def _findings(found: Review, color: bool) -> str:
    """Why a side cannot be compared by meaning: what `check` says of it."""
    from looplet.compiler.render import text

    return text.render(found.broken, color=color)


__all__ = ["FAIL_ON", "FORMS", "CannotRead", "diff", "sides"]
