"""The lines of source that a finding is about, with carets under its words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from looplet.compiler.diagnostics import Span
from looplet.compiler.render.visible import visible_character, width
from looplet.compiler.text.lines import Lines

WIDTH: Final = 100
_TAB: Final = " " * 4


@dataclass(frozen=True, slots=True)
class Row:
    """A line of an excerpt: its number (None where lines are left out), its text, its carets."""

    number: int | None
    text: str
    carets: str


def excerpt(lines: Lines, span: Span, limit: int = WIDTH) -> list[Row]:
    """At most three lines, each cut to `limit` cells around the span; none if it isn't there."""
    span = _trimmed(lines, span)
    first, last = span.start.line, span.end.line
    if not 1 <= first <= len(lines):
        return []
    start, end = max(0, span.start.column - 1), max(0, span.end.column - 1)
    if first == last:
        return [_row(lines, first, start, end, limit)]
    line = lines[last]
    indent = len(line) - len(line.lstrip())
    between: list[Row] = []
    if last - first == 2:
        middle = lines[first + 1]
        blank = len(middle) - len(middle.lstrip())
        between = [_row(lines, first + 1, blank, len(middle.rstrip()), limit)]
    elif last - first > 2:
        between = [Row(None, "", "")]
    return [
        _row(lines, first, start, len(lines[first]), limit),
        *between,
        _row(lines, last, min(indent, end), end, limit),
    ]


def _trimmed(lines: Lines, span: Span) -> Span:
    """`span` without the blank that it ends in: block values end where the next one starts."""
    start, end = lines.offset(span.start), lines.offset(span.end)
    if start is None or end is None or end <= start:
        return Span(span.start, span.start)
    body = lines.text[start:end]
    return Span(span.start, lines.position(start + max(1, len(body.rstrip()))))


def _row(lines: Lines, number: int, first: int, last: int, limit: int) -> Row:
    """Line `number` with carets under the offsets `first` to `last`, cut around them."""
    line = lines[number]
    first = min(first, len(line))
    last = min(max(last, first), len(line))
    begin, end = _window(line, first, last, limit)
    before = _drawn(line[begin:first])
    if begin:
        before = "…" + before
    inside = _drawn(line[first : min(last, end)])
    after = _drawn(line[min(last, end) : end]) + ("…" if end < len(line) else "")
    carets = " " * width(before) + "^" * max(1, width(inside))
    return Row(number, (before + inside + after).rstrip(), carets)


def _window(line: str, first: int, last: int, limit: int) -> tuple[int, int]:
    """The part of `line` to show: the span, some text before it, the rest behind, and before."""
    begin = end = first
    end, room = _reach(line, range(first, last), end, limit)
    context = min(room, limit // 4)
    begin, left = _reach(line, range(first - 1, -1, -1), begin, context)
    room -= context - left
    if end >= last:
        end, room = _reach(line, range(end, len(line)), end, room)
        begin, _ = _reach(line, range(begin - 1, -1, -1), begin, room)
    return begin, end


def _reach(line: str, walk: range, reached: int, room: int) -> tuple[int, int]:
    """Take the characters along `walk` while they fit: the bound reached, and the room left."""
    for index in walk:
        cells = width(_draw(line[index]))
        if cells > room:
            break
        room -= cells
        reached = index + 1 if walk.step > 0 else index
    return reached, room


def _draw(character: str) -> str:
    return _TAB if character == "\t" else visible_character(character)


def _drawn(text: str) -> str:
    return "".join(map(_draw, text))


def shown(rows: list[Row]) -> Iterator[tuple[str, str]]:
    """The rows as (gutter, text) pairs; the gutter is as wide as the largest number."""
    size = max((len(str(row.number)) for row in rows if row.number), default=0)
    for row in rows:
        if row.number is None:
            yield "." * size, ""
            continue
        yield f"{row.number:>{size}}", row.text
        yield " " * size, row.carets
