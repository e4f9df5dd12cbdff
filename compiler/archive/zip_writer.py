"""The bytes of an archive: the same for the same members, wherever and by whomever it is built.

Members are stored, for the bytes of a compressed one differ between versions of zlib; sorted by
name; all of one date; of mode 644 or 755; with no extra field and no comment.
"""

from __future__ import annotations

import os
import struct
import time
import zlib
from collections import namedtuple
from collections.abc import Iterator, Mapping
from operator import itemgetter

from looplet.contents import File

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

LOCAL: Final = struct.Struct("<4s5H3I2H")
CENTRAL: Final = struct.Struct("<4s6H3I5H2I")
_SHARED: Final = struct.Struct("<5H3I2H")
"""What a header and its entry in the directory have in common, in both at one stretch."""
_REST: Final = struct.Struct("<3H2I")
END: Final = struct.Struct("<4s4H2IH")
LOCAL_MAGIC: Final = b"PK\x03\x04"
CENTRAL_MAGIC: Final = b"PK\x01\x02"
END_MAGIC: Final = b"PK\x05\x06"

NEEDED: Final = 20
MADE_BY: Final = 3 << 8 | NEEDED
"""Unix, so that modes are read; version 2.0 of the format."""

_CENTRAL_HEAD: Final = CENTRAL_MAGIC + MADE_BY.to_bytes(2, "little")

UTF8: Final = 0x800
MODES: Final = {False: 0o100644, True: 0o100755}
MOST_MEMBERS: Final = 0xFFFE
MOST_BYTES: Final = 0xFFFFFFFE


class Stamp(namedtuple("Stamp", ("date", "time"))):
    """A date as the format has it: two 16-bit fields, to two seconds, without a time zone."""

    __slots__ = ()
    date: int
    time: int

    @property
    def real(self) -> bool:
        """Whether it is a date that there is, and so one that `stamp` gives."""
        year, month, day = 1980 + (self.date >> 9), self.date >> 5 & 15, self.date & 31
        leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
        days = (0, 31, 28 + leap, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31, 0, 0, 0)[month]
        clock = self.time >> 11 < 24 and self.time >> 5 & 63 < 60 and self.time & 31 < 30
        return 1 <= day <= days and clock


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
        raise ValueError(
            f"the variable SOURCE_DATE_EPOCH is a number of seconds since 1970, not {given!r:.40}"
        )
    # From 1980-01-01 to 2107-12-31.
    seconds = min(max(int(given), 315532800), 4354819198)
    at = time.gmtime(seconds)
    date = (at.tm_year - 1980) << 9 | at.tm_mon << 5 | at.tm_mday
    return Stamp(date, at.tm_hour << 11 | at.tm_min << 5 | at.tm_sec // 2)


def written(members: Mapping[str, File], at: Stamp) -> bytes:
    """The archive of these members, by name. Raises ValueError if the format cannot hold them."""
    return b"".join(pieces(members, at))


def pieces(members: Mapping[str, File], at: Stamp) -> Iterator[bytes]:
    """The archive piece by piece, so that a large one need not be in memory twice."""
    central: list[bytes] = []
    offset = 0
    named = [(name.encode(), file) for name, file in members.items()]
    for name, file in sorted(named, key=itemgetter(0)):
        head, entry = _headers(name, file, at, offset)
        yield head + name
        yield file.data
        central += (entry, name)
        offset += LOCAL.size + len(name) + len(file.data)
    directory = b"".join(central)
    size, count = len(directory), len(members)
    if count > MOST_MEMBERS or offset + size > MOST_BYTES:
        raise ValueError(f"{count} files of {offset} bytes are more than a zip can hold")
    yield directory
    yield END.pack(END_MAGIC, 0, 0, count, count, size, offset, 0)


def _headers(name: bytes, file: File, at: Stamp, offset: int) -> tuple[bytes, bytes]:
    """What stands before a member, and its entry in the directory: here a member is normalised."""
    data = file.data
    size = len(data)
    flags = 0 if name.isascii() else UTF8
    if offset > MOST_BYTES or size > MOST_BYTES or len(name) > 0xFFFF:
        raise ValueError("more than a zip can hold")
    shared = _SHARED.pack(
        NEEDED, flags, 0, at.time, at.date, zlib.crc32(data), size, size, len(name), 0
    )
    rest = _REST.pack(0, 0, 0, MODES[file.executable] << 16, offset)
    return LOCAL_MAGIC + shared, _CENTRAL_HEAD + shared + rest


__all__ = ["FIRST", "Stamp", "pieces", "stamp", "written"]
