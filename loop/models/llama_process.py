"""A running `llama_server`, seen from its parent: started without a shell, gone with its parent.

llama.cpp is C++ that allocates gigabytes, so it gets a process of its own: what crashes there is
an error here. (In this process it would also keep Python from exiting: its server waits for its
own main loop for ever.)
"""

from __future__ import annotations

import json
import os
import subprocess
import threading
import weakref
from collections import deque
from contextlib import suppress

from looplet.models.errors import ModelError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import IO, Any, Final

LINES: Final = 12
"""So many of the last lines that llama.cpp wrote are shown when it fails."""


class LlamaProcess:
    """Started when it is made, and loading; `address` waits until it answers."""

    def __init__(self, command: Sequence[str], settings: Mapping[str, Any]) -> None:
        """
        command: the program and its arguments. settings: what it reads from its standard input,
        and nobody else on the machine can see.
        """
        process = self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,  # Ctrl-C is for the parent, which ends it in order
        )
        assert process.stdin and process.stdout and process.stderr
        self._end = weakref.finalize(self, _end, process, os.getpid())
        self._lines: deque[str] = deque(maxlen=LINES)
        self._address: list[str] = []
        # In threads, which know nothing of this object: they must not keep it alive.
        self._told = _reading(process.stdout, self._address)
        self._silent = _reading(process.stderr, self._lines, to_the_end=True)
        with suppress(OSError):  # it ended at once; `address` says why
            process.stdin.write(json.dumps(dict(settings)).encode() + b"\n")
            process.stdin.flush()

    def address(self, timeout_s: float) -> str:
        """The URL that it listens at. Raises ModelError if it does not come to that."""
        if not self._told.wait(timeout_s):
            self.stop()
            why = f"llama.cpp did not load the model within {timeout_s:g} seconds"
            raise ModelError("timeout", f"{why}; {self._last_lines()}")
        if not self._address:
            self._process.wait()
            raise ModelError("server", f"llama.cpp cannot load the model: {self.last_words()}")
        return self._address[0]

    @property
    def is_running(self) -> bool:
        return self._process.poll() is None

    def ended(self, timeout_s: float) -> bool:
        """Whether it is gone, now or within the time."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout_s)
        return not self.is_running

    def last_words(self) -> str:
        """How it ended, and the last lines that it wrote."""
        return f"it ended with {_ending(self._process.poll())}; {self._last_lines()}"

    def stop(self) -> None:
        """End it, and wait until it is gone."""
        self._end()

    def _last_lines(self) -> str:
        self._silent.wait(1)
        lines = [f"\n  {line}" for line in self._lines if line]
        return f"its last lines are:{''.join(lines) or ' (none)'}"


def _reading(output: IO[bytes], into: Any, *, to_the_end: bool = False) -> threading.Event:
    """Read lines into a list, in a thread; the event is set after the first or after the last."""
    done = threading.Event()

    def read() -> None:
        with output:
            for line in output:
                into.append(line.decode("utf-8", "replace").rstrip()[:300])
                if not to_the_end:
                    break
        done.set()

    threading.Thread(target=read, daemon=True).start()
    return done


def _end(process: subprocess.Popen[bytes], parent: int) -> None:
    if os.getpid() != parent:
        return  # a fork of the parent; the process is not its child
    assert process.stdin is not None
    with suppress(OSError):
        process.stdin.close()
    try:
        process.wait(2)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _ending(code: int | None) -> str:
    if code is None or code >= 0:
        return f"exit code {code}"
    import signal

    try:
        return signal.Signals(-code).name
    except ValueError:
        return f"signal {-code}"


__all__ = ["LlamaProcess"]
