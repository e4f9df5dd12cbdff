"""A real terminal in memory: what a view writes to it, and what a reader then sees."""

import os
import pty
import re
import select
import threading
import time
from collections.abc import Callable
from typing import TextIO

ESCAPE = re.compile(r"\x1b\[([0-9;?]*)([A-Za-z])|\r\n|\r|\n|.", re.S)


class Terminal:
    """A pseudo-terminal. `stream` is its end for programs; `written` all that came out of it."""

    def __init__(self) -> None:
        self._master, slave = pty.openpty()
        self.stream: TextIO = os.fdopen(slave, "w", encoding="utf-8")
        self._pieces: list[bytes] = []
        self._closing = threading.Event()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        while True:
            ready, _, _ = select.select([self._master], [], [], 0.02)
            if ready:
                try:
                    piece = os.read(self._master, 65536)
                except OSError:
                    return
                self._pieces.append(piece)
            elif self._closing.is_set():
                return

    def wait_for(self, is_there: Callable[[str], bool], timeout_s: float = 5) -> str:
        """What is written, once it is as it should be; AssertionError if that takes too long."""
        ends = time.monotonic() + timeout_s
        while not is_there(self.written):
            assert time.monotonic() < ends, f"not on the terminal: {self.written[-2000:]!r}"
            time.sleep(0.01)
        return self.written

    @property
    def written(self) -> str:
        return b"".join(self._pieces).decode("utf-8", "replace")

    def close(self) -> str:
        """Everything that was written."""
        if not self.stream.closed:
            self.stream.flush()
            self.stream.close()
        self._closing.set()
        self._reader.join(5)
        os.close(self._master)
        return self.written


def on_screen(written: str) -> list[str]:
    """The lines that a terminal shows after this, without a limit to their length or number.

    Knows what a drawing needs: moving up, and clearing a line. Anything else that would move or
    clear is an AssertionError: nobody may send it.
    """
    rows, row, column = [""], 0, 0
    for match in ESCAPE.finditer(written):
        text, args, command = match[0], match[1], match[2]
        if command is not None:
            if command == "A":
                row = max(0, row - int(args or 1))
            elif command == "K":
                rows[row] = "" if args == "2" else rows[row][:column]
            else:
                assert command in "mhl", f"{text!r} is sent to the terminal"
                assert command == "m" or args == "?25", f"{text!r} is sent to the terminal"
        elif text == "\r":
            column = 0
        elif text in ("\n", "\r\n"):
            row, column = row + 1, 0
            if row == len(rows):
                rows.append("")
        else:
            assert text.isprintable(), f"{text!r} is sent to the terminal"
            line = rows[row].ljust(column)
            rows[row] = line[:column] + text + line[column + 1 :]
            column += 1
    while rows and not rows[-1].strip():
        rows.pop()
    return [line.rstrip() for line in rows]


def cursor_is_shown(written: str) -> bool:
    return written.rfind("\x1b[?25h") >= written.rfind("\x1b[?25l")
