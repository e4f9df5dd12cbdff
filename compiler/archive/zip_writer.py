"""The bytes of an archive: the same for the same members, wherever and by whomever it is built.

Members are stored, for the bytes of a compressed one differ between versions of zlib; sorted by
name; all of one date; of mode 644 or 755; with no extra field and no comment.
"""

from __future__ import annotations

import os
import struct
import time
import zlib
from collections.abc import Mapping
from typing import Final, NamedTuple

from looplet.contents import File

LOCAL: Final = struct.Struct("<4s5H3I2H")
CENTRAL: Final = struct.Struct("<4s6H3I5H2I")
END: Final = struct.Struct("<4s4H2IH")
LOCAL_MAGIC: Final = b"PK\x03\x04"
CENTRAL_MAGIC: Final = b"PK\x01\x02"
END_MAGIC: Final = b"PK\x05\x06"

NEEDED: Final = 20
MADE_BY: Final = 3 << 8 | NEEDED
"""Unix, so that modes are read; version 2.0 of the format."""

UTF8: Final = 0x800
MODES: Final = {False: 0o100644, True: 0o100755}
MOST_MEMBERS: Final = 0xFFFE
MOST_BYTES: Final = 0xFFFFFFFE


class Stamp(NamedTuple):
    """A date as the format has it: two 16-bit fields, to two seconds, without a time zone."""

    date: int
    time: int


FIRST: Final = Stamp(1 << 5 | 1, 0)
"""1980-01-01 00:00:00, the first that the format can say."""


def stamp() -> Stamp:
    """The date of every member: `SOURCE_DATE_EPOCH` (seconds, UTC) if it is set, else FIRST.

    Raises ValueError for one that is no number. What the format cannot say becomes its first or
    last date.
    """
    given = os.environ.get("SOURCE_DATE_EPOCH")
    if not given:
        return FIRST
    if not (given.isascii() and given.isdigit() and len(given) < 16):
        raise ValueError(f"SOURCE_DATE_EPOCH is a number of seconds since 1970, not {given!r:.40}")
    # From 1980-01-01 to 2107-12-31.
    seconds = min(max(int(given), 315532800), 4354819198)
    at = time.gmtime(seconds)
    date = (at.tm_year - 1980) << 9 | at.tm_mon << 5 | at.tm_mday
    return Stamp(date, at.tm_hour << 11 | at.tm_min << 5 | at.tm_sec // 2)


def written(members: Mapping[str, File], at: Stamp) -> bytes:
    """The archive of these members, by name. Raises ValueError if the format cannot hold them."""
    local: list[bytes] = []
    central: list[bytes] = []
    offset = 0
    for name, file in sorted((name.encode(), file) for name, file in members.items()):
        head, entry = _headers(name, file, at, offset)
        local += (head, name, file.data)
        central += (entry, name)
        offset += LOCAL.size + len(name) + len(file.data)
    size = sum(map(len, central))
    if len(members) > MOST_MEMBERS or offset + size > MOST_BYTES:
        raise ValueError(f"{len(members)} files of {offset} bytes are more than a zip can hold")
    count = len(members)
    end = END.pack(END_MAGIC, 0, 0, count, count, size, offset, 0)
    return b"".join((*local, *central, end))


def _headers(name: bytes, file: File, at: Stamp, offset: int) -> tuple[bytes, bytes]:
    """What stands before a member, and its entry in the directory: here a member is normalised."""
    size = len(file.data)
    flags = 0 if name.isascii() else UTF8
    same = (NEEDED, flags, 0, at.time, at.date, zlib.crc32(file.data), size, size, len(name), 0)
    if offset > MOST_BYTES or size > MOST_BYTES or len(name) > 0xFFFF:
        raise ValueError("more than a zip can hold")
    attributes = MODES[file.executable] << 16
    return (
        LOCAL.pack(LOCAL_MAGIC, *same),
        CENTRAL.pack(CENTRAL_MAGIC, MADE_BY, *same, 0, 0, 0, attributes, offset),
    )


__all__ = ["FIRST", "Stamp", "stamp", "written"]
