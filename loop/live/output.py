"""Output: a text stream that can be written to from any thread, and never raises.

A view must not end the run that it shows: what cannot be written is left out, and `gone` tells.
"""

from __future__ import annotations

from threading import RLock

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TextIO


class Output:
    """As much of a file as a writer of lines, and rich, need."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        # Re-entrant: a signal handler may write while its own thread is writing.
        self._lock = RLock()
        self.gone = False
        self.encoding = getattr(stream, "encoding", None) or "utf-8"

    def write(self, text: str) -> int:
        if not self.gone:
            try:
                with self._lock:
                    self._write(text)
            except BlockingIOError:
                pass  # a pipe that is full and does not wait: a line is lost, not the reader
            except (OSError, ValueError):  # nobody reads it; it is closed
                self.gone = True
        return len(text)

    def _write(self, text: str) -> None:
        try:
            self._stream.write(text)
        except UnicodeEncodeError:
            known = text.encode(self.encoding, "backslashreplace").decode(self.encoding)
            self._stream.write(known)

    def line(self, text: str) -> None:
        """Write a line, and let it be seen at once."""
        self.write(f"{text}\n")
        self.flush()

    def flush(self) -> None:
        if self.gone:
            return
        try:
            with self._lock:
                self._stream.flush()
        except BlockingIOError:
            pass
        except (OSError, ValueError):
            self.gone = True

    def isatty(self) -> bool:
        try:
            return self._stream.isatty()
        except (AttributeError, ValueError):
            return False

    def fileno(self) -> int:
        return self._stream.fileno()
