"""Server-sent events: pieces of bytes in, whole events out. No I/O; knows no provider."""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

_LINE_END = re.compile(rb"\r\n|\n|\r")


class EventStream:
    """Puts the events of one response together.

    What is not complete when the response ends is no event: the half of one means nothing.
    """

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._name = ""
        self._data: list[str] = []
        self._first = True

    def feed(self, piece: bytes) -> Iterator[tuple[str, str]]:
        """The name and the data of every event that is complete now.

        Raises UnicodeDecodeError for bytes that are no UTF-8.
        """
        waits = not self._pieces or not self._pieces[-1].endswith(b"\r")
        self._pieces.append(piece)
        if waits and b"\n" not in piece and b"\r" not in piece:
            return  # joined only once, however small the pieces of a long line are
        buffer = b"".join(self._pieces)
        self._pieces = []
        start = 0
        for end in _LINE_END.finditer(buffer):
            if end.group() == b"\r" and end.end() == len(buffer):
                break  # the other half of the line's end may still come
            yield from self._line(buffer[start : end.start()])
            start = end.end()
        if start < len(buffer):
            self._pieces.append(buffer[start:])

    def _line(self, line: bytes) -> Iterator[tuple[str, str]]:
        if self._first:
            self._first = False
            line = line.removeprefix(b"\xef\xbb\xbf")
        if not line:
            if self._data:
                yield self._name, "\n".join(self._data)
            self._name, self._data = "", []
            return
        field, _, value = line.partition(b":")
        if field == b"data":
            self._data.append(value.removeprefix(b" ").decode())
        elif field == b"event":
            self._name = value.removeprefix(b" ").decode()


__all__ = ["EventStream"]
