"""Lines of a text: where each begins, as every pass counts them.

A line ends at `\\n`, `\\r\\n` or `\\r`, and at nothing else; a byte order mark is part of no line.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Mapping
from typing import Final

from looplet.compiler.diagnostics import Position

BOM: Final = "\ufeff"
_BREAK: Final = re.compile(r"\r\n|\r|\n")


def decode(data: bytes) -> str:
    """The text of a file for people to look at: no BOM, and a `�` for what is not UTF-8."""
    return data.decode("utf-8", "replace").removeprefix(BOM)


class Lines:
    """A text and its lines; positions count from 1, offsets into `text` from 0."""

    __slots__ = ("_bounds", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        bounds = [(0, 0)]  # of each line: where it starts; where its content ends is filled in next
        for found in _BREAK.finditer(text):
            bounds[-1] = (bounds[-1][0], found.start())
            bounds.append((found.end(), found.end()))
        bounds[-1] = (bounds[-1][0], len(text))
        self._bounds = bounds

    def __len__(self) -> int:
        return len(self._bounds)

    def __getitem__(self, number: int) -> str:
        """Line `number` without its end; empty for a line that is not there."""
        if not 1 <= number <= len(self._bounds):
            return ""
        start, end = self._bounds[number - 1]
        return self.text[start:end]

    def offset(self, position: Position) -> int | None:
        """Where `position` is in `text`, or None when the text has no such place.

        A column may point just behind the line's last character; the first column of the line after
        the last one is the end of the text, since block values end there.
        """
        if position.line == len(self._bounds) + 1 and position.column == 1:
            return len(self.text)
        if not 1 <= position.line <= len(self._bounds):
            return None
        start, end = self._bounds[position.line - 1]
        place = start + position.column - 1
        return place if start <= place <= end else None

    def position(self, offset: int) -> Position:
        """The place of `offset`."""
        line = bisect_right(self._bounds, offset, key=lambda bounds: bounds[0])
        return Position(line, offset - self._bounds[line - 1][0] + 1)


class Texts:
    """The lines of a cartridge's files by path, each split once, when first asked for."""

    def __init__(self, sources: Mapping[str, bytes]) -> None:
        self._sources = sources
        self._lines: dict[str, Lines | None] = {}

    def __getitem__(self, path: str) -> Lines | None:
        """The file's lines, or None for a file that was not read."""
        if path not in self._lines:
            data = self._sources.get(path)
            self._lines[path] = None if data is None else Lines(decode(data))
        return self._lines[path]
