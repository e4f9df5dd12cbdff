"""Two texts compared line by line, and the changed lines word by word.

What is long is compared in time that is linear in it: where too many lines differ for a minimal
answer, the old ones are shown as gone and the new ones as come, which is true, too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Final, NamedTuple

CONTEXT: Final = 3
_MOST_LINES: Final = 1500
"""Beyond so many differing lines on each side the comparison, which is quadratic, is not tried."""
_MOST_PAIRS: Final = 100
"""In a larger block of lines, the n-th old one has little to do with the n-th new one."""
_MOST_WORDS: Final = 300
_ALIKE: Final = 0.4
"""Lines less alike than this are two lines, and not one that changed."""
_LINE: Final = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+\Z")
_WORD: Final = re.compile(r"\w+|\s+|[^\w\s]")

Block = tuple[str, int, int, int, int]
Words = tuple[tuple[int, int], ...]


class Line(NamedTuple):
    """A line of a diff. mark: `@` (a hunk's head), ` `, `-`, `+`, or `\\` for a remark.

    words: the stretches of it that changed, as offsets, where the line has a counterpart.
    """

    mark: str
    text: str
    words: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class TextDiff:
    """lines: of a unified diff. first: the line of the new text where it begins, from 1.

    old_first: the same of the old text. only: what all of it comes to, if that is little: "" or
    "line ends" or "spaces".
    """

    lines: tuple[Line, ...]
    first: int
    old_first: int
    added: int
    removed: int
    only: str = ""


def compare_texts(old: str, new: str) -> TextDiff:
    """The difference of two texts; no lines if there is none."""
    before, after = _LINE.findall(old), _LINE.findall(new)
    blocks = [block for block in _blocks(before, after) if block[0] != "equal"]
    lines: list[Line] = []
    for group in _hunks(blocks, len(before)):
        lines += _hunk(group, before, after)
    return TextDiff(
        tuple(lines),
        blocks[0][3] + 1 if blocks else 1,
        blocks[0][1] + 1 if blocks else 1,
        sum(block[4] - block[3] for block in blocks),
        sum(block[2] - block[1] for block in blocks),
        _only(old, new),
    )


def _only(old: str, new: str) -> str:
    if old == new:
        return ""
    if old.splitlines() == new.splitlines():
        return "line ends"
    return "spaces" if old.split() == new.split() else ""


def _blocks(before: Sequence[str], after: Sequence[str]) -> list[Block]:
    """What becomes of the lines, as SequenceMatcher tells it; equal ends are set aside first."""
    start = 0
    while start < min(len(before), len(after)) and before[start] == after[start]:
        start += 1
    end = 0
    room = min(len(before), len(after)) - start
    while end < room and before[-1 - end] == after[-1 - end]:
        end += 1
    old, new = before[start : len(before) - end], after[start : len(after) - end]
    if not old and not new:
        return []
    if len(old) > _MOST_LINES or len(new) > _MOST_LINES or not old or not new:
        return [("replace", start, start + len(old), start, start + len(new))]
    found = SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    return [(tag, a + start, b + start, c + start, d + start) for tag, a, b, c, d in found]


def _hunks(blocks: list[Block], count: int) -> Iterator[list[Block]]:
    """The changes, those together between which the context would run together."""
    group: list[Block] = []
    for block in blocks:
        if group and block[1] - group[-1][2] > 2 * CONTEXT:
            yield group
            group = []
        group.append(block)
    if group:
        yield group


def _hunk(group: list[Block], before: Sequence[str], after: Sequence[str]) -> Iterator[Line]:
    lead = min(CONTEXT, group[0][1], group[0][3])
    tail = min(CONTEXT, len(before) - group[-1][2], len(after) - group[-1][4])
    old, new = (group[0][1] - lead, group[-1][2] + tail), (group[0][3] - lead, group[-1][4] + tail)
    yield Line("@", f"@@ -{_range(*old)} +{_range(*new)} @@")
    reached = old[0]
    for _, a, b, c, d in group:
        yield from (Line(" ", _body(line)) for line in before[reached:a])
        yield from _changed(before[a:b], after[c:d])
        reached = b
    yield from (Line(" ", _body(line)) for line in before[reached : old[1]])


def _range(start: int, end: int) -> str:
    """A stretch of lines as a unified diff has it: one that is empty is behind the line before."""
    size = end - start
    return f"{start + (size > 0)}" + ("" if size == 1 else f",{size}")


def _changed(old: Sequence[str], new: Sequence[str]) -> Iterator[Line]:
    """Lines that are gone and those that came, with the words that differ between counterparts."""
    pairs: list[tuple[Words, Words]] = []
    if max(len(old), len(new)) <= _MOST_PAIRS:
        pairs = [_words(_body(one), _body(two)) for one, two in zip(old, new, strict=False)]
    for mark, lines in (("-", old), ("+", new)):
        for number, line in enumerate(lines):
            words = pairs[number][mark == "+"] if number < len(pairs) else ()
            yield Line(mark, _body(line), words)
            if not line.endswith(("\n", "\r")):
                yield Line("\\", "no line end here")
    if [_body(line) for line in old] == [_body(line) for line in new]:
        yield Line("\\", "only the line ends differ")


def _body(line: str) -> str:
    return line.rstrip("\r\n")


def _words(old: str, new: str) -> tuple[Words, Words]:
    """The stretches of two lines that differ; none if they have too little in common."""
    before, after = _WORD.findall(old), _WORD.findall(new)
    if max(len(before), len(after)) > _MOST_WORDS:
        return (), ()
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    if matcher.ratio() < _ALIKE:
        return (), ()
    blocks = [block for block in matcher.get_opcodes() if block[0] != "equal"]
    return (
        _stretches(before, [(a, b) for _, a, b, _, _ in blocks]),
        _stretches(after, [(c, d) for _, _, _, c, d in blocks]),
    )


def _stretches(words: list[str], ranges: list[tuple[int, int]]) -> Words:
    """Ranges of words as offsets; those with nothing but a blank between them are one."""
    joined: list[tuple[int, int]] = []
    for a, b in ranges:
        if joined and "".join(words[joined[-1][1] : a]).isspace():
            joined[-1] = (joined[-1][0], b)
        elif a < b:
            joined.append((a, b))
    offsets = [0]
    for word in words:
        offsets.append(offsets[-1] + len(word))
    return tuple((offsets[a], offsets[b]) for a, b in joined)


__all__ = ["Line", "TextDiff", "compare_texts"]
