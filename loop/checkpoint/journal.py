"""The journal: one line for each thing that happened, only ever appended to.

    <crc32 of the JSON text, 8 hex digits> <JSON text>\\n

A line is written by one call, and either is there or is not: a process can be killed at any
instant, and what is left of a line that was cut off is told by its checksum and dropped.
"""

from __future__ import annotations

import json
import os
from _thread import allocate_lock
from zlib import crc32

from looplet.checkpoint.errors import CheckpointError
from looplet.jsontext import NotJSON, json_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Entry = dict[str, Any]


class Journal:
    """A journal open for appending; `size` is where its last whole line ends."""

    def __init__(self, path: str, size: int) -> None:
        self.path = path
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        for name in ("O_CLOEXEC", "O_NOFOLLOW", "O_BINARY"):  # the last on Windows, alone there
            flags |= getattr(os, name, 0)
        self._file = os.open(path, flags, 0o600)
        self._whole = False
        self._lock = allocate_lock()  # calls that run at the same time tell their results here
        self._mend(size)

    def append(self, entry: Entry, *, sync: bool = False) -> None:
        """Write one entry. `sync`: wait until the disk has it, so that a power cut cannot lose it.

        Raises CheckpointError for what JSON cannot hold, OSError for a disk that does not take it.
        """
        try:
            text = json_text(entry).encode()
        except NotJSON as error:
            raise CheckpointError("no_json", f"the run cannot be saved: {error}") from None
        line = memoryview(b"%08x %s\n" % (crc32(text), text))
        with self._lock:
            if not self._whole:
                self._mend(os.fstat(self._file).st_size)
            # A signal can raise here after the line was written; that shows when it is mended.
            self._whole = False
            while line:
                line = line[os.write(self._file, line) :]
            self._whole = True
            if sync:
                os.fsync(self._file)

    def close(self) -> None:
        with self._lock:  # a call that nobody waits for may be telling its result
            # In this order: a signal may raise in between, and what was closed is soon another's.
            file, self._file = self._file, -1
            if file >= 0:
                os.close(file)

    def _mend(self, size: int) -> None:
        """Cut off what stands behind the last whole line of the first `size` bytes."""
        with open(self.path, "rb") as file:
            position = size
            while position:
                start = max(0, position - 65536)
                file.seek(start)
                at = file.read(position - start).rfind(b"\n")
                if at >= 0:
                    position = start + at + 1
                    break
                position = start
        os.ftruncate(self._file, position)
        self._whole = True


def read_journal(path: str) -> tuple[list[Entry], int]:
    """The entries of a journal, and where the last whole one ends.

    Raises CheckpointError if anything but its last line is broken.
    """
    try:
        with open(path, "rb") as file:
            data = file.read()
    except FileNotFoundError:
        return [], 0
    entries: list[Entry] = []
    end = 0
    lines = data.split(b"\n")
    for number, line in enumerate(lines, 1):
        if number == len(lines):
            break  # empty, or what is left of a line that was cut off
        entry = _entry(line)
        if entry is None:
            if number == len(lines) - 1 and not lines[-1]:
                break  # the last line, half of it on the disk: a power cut can do that
            raise CheckpointError(
                "damaged", f"{path}:{number}: this line was changed after it was written"
            )
        entries.append(entry)
        end += len(line) + 1
    return entries, end


def _entry(line: bytes) -> Entry | None:
    checksum, _, text = line.partition(b" ")
    if checksum != b"%08x" % crc32(text):
        return None
    try:
        entry = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return entry if isinstance(entry, dict) else None
