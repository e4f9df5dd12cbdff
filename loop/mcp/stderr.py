"""The standard error of a server: read to the end, so that it never blocks, and its end kept."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from typing import IO

KEPT = 2000


class LastWords:
    """A pipe for a child's standard error. `text` is the end of what came through it.

    file: the end to hand to the child; None where an event loop cannot watch a pipe, and then the
        child is given nothing to write to.
    """

    def __init__(self, at_end: Callable[[], object]) -> None:
        self._kept = b""
        self._at_end = at_end
        self._loop = asyncio.get_running_loop()
        self._read, write = os.pipe()
        os.set_blocking(self._read, False)
        self.file: IO[bytes] = os.fdopen(write, "wb", buffering=0)
        try:
            self._loop.add_reader(self._read, self._more)
        except NotImplementedError:
            os.close(self._read)
            self._read = -1
            self.file.close()
            self.file = os.fdopen(os.open(os.devnull, os.O_WRONLY), "wb", buffering=0)

    @property
    def text(self) -> str:
        """The last lines, in one."""
        lines = self._kept.decode(errors="replace").splitlines()
        return " / ".join(line.strip() for line in lines[-5:] if line.strip())[-500:]

    def handed_over(self) -> None:
        """The child has its own copy: with ours closed, the end of the pipe is the child's end."""
        self.file.close()

    def close(self) -> None:
        self.file.close()
        if self._read >= 0:
            self._more()
            self._stop()

    def _more(self) -> None:
        try:
            data = os.read(self._read, 65536)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        self._kept = (self._kept + data)[-KEPT:]
        if not data:
            self._stop()
            self._at_end()

    def _stop(self) -> None:
        if self._read >= 0:
            self._loop.remove_reader(self._read)
            os.close(self._read)
            self._read = -1


__all__ = ["LastWords"]
