"""Where the nodes of a syntax tree stand in the text, in code points instead of `ast`'s bytes."""

from __future__ import annotations

import ast
import re
from bisect import bisect_left, bisect_right
from functools import cached_property
from itertools import accumulate
from typing import Final

_LINE_END: Final = re.compile(r"\r\n|\r|\n")
_GAP: Final = r"(?:[ \t\f]|\\(?:\r\n|\r|\n))+"
_HEAD: Final = re.compile(rf"(?:async{_GAP})?(?:def|class){_GAP}")
_FROM: Final = re.compile(r"from(?:[. \t\f]|\\(?:\r\n|\r|\n))+")
_NAME: Final = re.compile(r"\w+")
_MODULE: Final = re.compile(r"\w+(?:\.\w+)*")

Located = ast.stmt | ast.expr | ast.arg | ast.alias


class Places:
    """One Python text. A place is `[line, column, end line, end column]`, from 1, end exclusive."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._ascii = text.isascii()
        self._firsts: dict[int, list[int]] = {}
        """By line, where in its UTF-8 each character begins."""

    @cached_property
    def starts(self) -> list[int]:
        """The offset of the first character of each line."""
        if "\r" in self.text:
            return [0, *[end.end() for end in _LINE_END.finditer(self.text)]]
        lengths = [len(line) + 1 for line in self.text.split("\n")]
        return [0, *accumulate(lengths[:-1])]

    def line(self, number: int) -> str:
        """A line by number, its end included."""
        starts = self.starts
        end = starts[number] if number < len(starts) else len(self.text)
        return self.text[starts[number - 1] : end]

    def line_at(self, offset: int) -> int:
        return bisect_right(self.starts, offset)

    def between(self, start: int, end: int) -> list[int]:
        """The place of `text[start:end]`."""
        first, last = self.line_at(start), self.line_at(end)
        return [
            first,
            start - self.starts[first - 1] + 1,
            last,
            end - self.starts[last - 1] + 1,
        ]

    def column(self, line: int, byte: int) -> int:
        """The column from 1 of a byte offset in a line, as `ast` counts them."""
        if self._ascii:
            return byte + 1
        firsts = self._firsts.get(line)
        if firsts is None:
            encoded = self.line(line).encode("utf-8", "surrogatepass")
            firsts = [at for at, unit in enumerate(encoded) if unit & 0xC0 != 0x80]
            self._firsts[line] = firsts
        return bisect_left(firsts, byte) + 1

    def whole(self, node: Located) -> list[int]:
        """The place of all of a node."""
        line, end_line = node.lineno, node.end_lineno or node.lineno
        end = node.col_offset if node.end_col_offset is None else node.end_col_offset
        return [line, self.column(line, node.col_offset), end_line, self.column(end_line, end)]

    def source(self, node: ast.expr) -> str:
        """The text of a node as the author wrote it."""
        line, column, end_line, end_column = self.whole(node)
        starts = self.starts
        return self.text[starts[line - 1] + column - 1 : starts[end_line - 1] + end_column - 1]

    def name(self, node: Located, pattern: re.Pattern[str] = _NAME) -> list[int]:
        """The place of the name that a node begins with, as long as the author spelt it."""
        line, column = node.lineno, self.column(node.lineno, node.col_offset)
        start = self.starts[line - 1] + column - 1
        found = pattern.match(self.text, start)
        return [line, column, line, column + (len(found[0]) if found else 1)]

    def module(self, alias: ast.alias) -> list[int]:
        """The place of `a.b` in `import a.b as c`."""
        return self.name(alias, _MODULE)

    def defined(self, node: ast.stmt) -> list[int]:
        """The place of the name after `def`, `async def` or `class`."""
        start = self._offset(node)
        head = _HEAD.match(self.text, start)
        return self._word(head.end() if head else start, _NAME)

    def imported_from(self, node: ast.ImportFrom) -> list[int]:
        """The place of `a.b` in `from ..a.b import c`; of the dots if nothing follows them."""
        start = self._offset(node)
        head = _FROM.match(self.text, start)
        end = head.end() if head else start
        if node.module:
            return self._word(end, _MODULE)
        dots = self.text.index(".", start)
        return self.between(dots, self.text.rindex(".", dots, end) + 1)

    def _offset(self, node: Located) -> int:
        return self.starts[node.lineno - 1] + self.column(node.lineno, node.col_offset) - 1

    def _word(self, start: int, pattern: re.Pattern[str]) -> list[int]:
        found = pattern.match(self.text, start)
        return self.between(start, found.end() if found else start + 1)
