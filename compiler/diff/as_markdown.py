"""A review as a comment on a pull request: Markdown in which nothing of the author's is markup."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from looplet.compiler.diff.as_text import summary, told, where
from looplet.compiler.diff.changes import SEVERITIES, Change, Severity
from looplet.compiler.diff.words import count
from looplet.compiler.render.visible import visible

if TYPE_CHECKING:
    from looplet.compiler.diff.review import Review

MOST: Final = 60_000
"""How many characters a comment may have: GitHub takes 65 536."""
_TITLES: Final[dict[Severity, str]] = {
    "risk": "Risk: it may do or reach more",
    "behaviour": "Behaviour: it does something else",
    "info": "Info",
}


def render(review: Review) -> str:
    """The review in Markdown, ends in a newline. If it is too long for a comment, lines of files
    are left out first, those of the least weight before others, and it says so."""
    shown: list[Severity] = list(SEVERITIES)
    text = _page(review, shown, None)
    while len(text) > MOST and shown:
        shown.pop()
        text = _page(review, shown, None)
    most = len(review.changes)
    while len(text) > MOST and most:
        most //= 2
        text = _page(review, shown, most)
    return text


def _page(review: Review, with_lines: list[Severity], most: int | None) -> str:
    parts = [f"### {code(summary(review))}"]
    for checked in review.broken.cartridges:
        found = [each for each in checked.diagnostics if each.severity == "error"]
        parts.append(f"{code(checked.root)} has {count(len(found), 'error')}; see the check.")
    changes = review.changes if most is None else review.changes[:most]
    for severity in SEVERITIES:
        listed = [change for change in changes if change.severity == severity]
        if listed:
            parts.append(f"#### {_TITLES[severity]}")
            parts.append("\n".join(_items(review, listed, severity in with_lines)))
    rewrites = review.comparison.rewrites if review.comparison else ()
    if rewrites and most is None:
        parts.append("#### Written otherwise, with the same meaning")
        parts.append("\n".join(_items(review, list(rewrites), False)))
    if most is not None:
        left = count(len(review.changes) - most, "change")
        parts.append(f"**{left} more did not fit here.** Run `looplet-compile diff` to see them.")
    elif len(with_lines) < len(SEVERITIES):
        parts.append("**The lines of some changes did not fit here.** Run `looplet-compile diff`.")
    return "\n\n".join(parts) + "\n"


def _items(review: Review, changes: list[Change], with_lines: bool) -> Iterator[str]:
    for change in changes:
        yield f"- **{change.kind}** {code(where(review, change))}: {code(told(change))}"
        for note in change.notes:
            yield f"  - {code(note)}"
        if with_lines and change.text and change.text.lines:
            yield from _lines(change)


def _lines(change: Change) -> Iterator[str]:
    """The lines of a text, folded away, in a fence that nothing in them can close."""
    assert change.text is not None
    lines = [
        visible(line.text)
        if line.mark == "@"
        else line.mark + visible(line.text.replace("\t", "    "))
        for line in change.text.lines
    ]
    fence = "`" * max(3, _longest("\n".join(lines)) + 1)
    size = f"{change.text.added} in, {change.text.removed} out"
    yield f"  <details><summary>{size}</summary>\n"
    yield f"  {fence}diff"
    yield from (f"  {line}" for line in lines)
    yield f"  {fence}\n\n  </details>"


def code(text: str) -> str:
    """Text as a code span: in it there are no links, no mentions and no HTML."""
    text = visible(text) or " "
    fence = "`" * (_longest(text) + 1)
    pad = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{pad}{text}{pad}{fence}"


def _longest(text: str) -> int:
    """The most backticks in a row."""
    return max(map(len, re.findall(r"`+", text)), default=0)


__all__ = ["MOST", "code", "render"]
