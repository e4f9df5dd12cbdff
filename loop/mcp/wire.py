"""Standard input and output, kept for the protocol alone.

What else prints goes to standard error, also from C code and from programs that a tool starts; what
else reads finds nothing.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress

from looplet.threads import Job

AHEAD = 100
"""Messages that are read before anybody asked for them; a client that sends more has to wait."""


class Wire:
    """The client at the other end: lines that come, and texts that go."""

    def __init__(self, come: int, go: int) -> None:
        self._come, self._go = come, go

    async def lines(self) -> AsyncIterator[str]:
        """What the client sends. It is read in a thread that need not end: a read cannot be called
        off, and a signal must not have to wait for the client's next word."""
        loop = asyncio.get_running_loop()
        queue: asyncio.Queue[str | None] = asyncio.Queue(AHEAD)

        def put(line: str | None) -> None:
            work = queue.put(line)
            try:
                asyncio.run_coroutine_threadsafe(work, loop).result()
            except RuntimeError:  # nobody serves any more, and the loop is closed
                work.close()
                raise

        def read() -> None:
            for line in self._lines():
                put(line)
            put(None)

        Job(read)
        while (line := await queue.get()) is not None:
            yield line

    async def write(self, text: str) -> None:
        """Send all of it. A client that does not read holds up nobody else, and no signal: the
        thread need not end, as those of asyncio have to."""
        loop, ended = asyncio.get_running_loop(), asyncio.Event()

        def when_done() -> None:
            with suppress(RuntimeError):  # given up, and the loop is closed
                loop.call_soon_threadsafe(ended.set)

        job = Job(lambda: self._write(text.encode()), when_done)
        await ended.wait()
        job.result()

    async def flush(self) -> None:
        """Nothing is kept back."""

    def _lines(self) -> Iterator[str]:
        # Not a file object: closing one that another thread reads from takes a lock, at exit too.
        left = b""
        while data := os.read(self._come, 65536):
            *lines, left = (left + data).split(b"\n")
            for line in lines:
                yield line.decode(errors="replace")
        if left:
            yield left.decode(errors="replace")

    def _write(self, data: bytes) -> None:
        with suppress(BrokenPipeError):  # the client has left, which the end of its words tells
            while data:
                data = data[os.write(self._go, data) :]


@contextmanager
def claimed() -> Iterator[Wire]:
    """The wire of this process. Standard input and output are somewhere else from now on."""
    sys.stdout.flush()
    wire = Wire(os.dup(0), os.dup(1))
    nowhere = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nowhere, 0)
    os.close(nowhere)
    os.dup2(2, 1)
    printed, sys.stdout = sys.stdout, sys.stderr
    try:
        yield wire
    finally:
        # The descriptors stay where they are: what a tool's thread still prints is no answer.
        sys.stdout = printed


__all__ = ["Wire", "claimed"]
