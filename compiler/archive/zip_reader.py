"""An archive's bytes to its members, taken only if `zip_writer` would have written these bytes.

So there is nothing to interpret: what two readers could see differently is refused. The members
are found by the directory at the end and written again; where that gives other bytes, `zip_faults`
looks for the reason. Nothing is inflated, and no member is larger than the file.
"""

from __future__ import annotations

import struct

from looplet.compiler.archive.errors import refused
from looplet.compiler.archive.names import beyond, fault
from looplet.compiler.archive.zip_writer import (
    CENTRAL,
    CENTRAL_MAGIC,
    END,
    END_MAGIC,
    LOCAL,
    MODES,
    Stamp,
    pieces,
)
from looplet.contents import File


def read_archive(data: bytes, file: str) -> dict[str, File]:
    """The members of an archive by name. Raises PackageError; `file` is its name for that."""
    found = _parsed(data)
    if found is None or not _as_written(data, *found):
        from looplet.compiler.archive.zip_faults import explained

        raise explained(data, file)
    members, _ = found
    judge(members, file)
    return members


def judge(members: dict[str, File], file: str) -> None:
    """Refuse names that no package has, and what is beyond the limits. Raises PackageError."""
    if found := fault(members):
        rule, facts = found
        raise refused(rule, file, **facts)
    if over := beyond({name: len(each.data) for name, each in members.items()}):
        rule, member, facts = over
        raise refused(rule, file, member, **facts)


def _parsed(data: bytes) -> tuple[dict[str, File], Stamp] | None:
    """The members by the directory, and the date of the first; None where that is not plain."""
    end = len(data) - END.size
    if end < 0 or not data.startswith(END_MAGIC, end):
        return None
    at = END.unpack_from(data, end)[6]
    members: dict[str, File] = {}
    stamp = None
    start = 0  # where the next member is to begin: none shares a byte with another
    try:
        while at < end:
            entry = CENTRAL.unpack_from(data, at)
            _, _, _, _, _, time, date, _, _, size, length, _, _, _, _, attributes, offset = entry
            stop = start + LOCAL.size + length + size
            if entry[0] != CENTRAL_MAGIC or offset != start or stop > end:
                return None
            at += CENTRAL.size
            name = data[at : at + length].decode()
            at += length
            members[name] = File(data[stop - size : stop], attributes >> 16 == MODES[True])
            stamp = stamp or Stamp(date, time)
            start = stop
    except (UnicodeDecodeError, struct.error):  # no such name, or the directory ends too early
        return None
    return (members, stamp) if stamp and stamp.real else None


def _as_written(data: bytes, members: dict[str, File], stamp: Stamp) -> bool:
    try:
        at = 0
        for piece in pieces(members, stamp):
            if not data.startswith(piece, at):
                return False
            at += len(piece)
    except ValueError:
        return False
    return at == len(data)


__all__ = ["judge", "read_archive"]
