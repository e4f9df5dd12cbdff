"""The bytes of a `.tar.gz`: the same for the same members, as `zip_writer` does it for a zip.

The tar is ustar with pax headers for names that it cannot hold; owners are nobody, all dates are
one. The gzip around it stores and does not compress, for what another version of zlib would
compress otherwise, and has no date and no name.
"""

from __future__ import annotations

import calendar
import struct
import zlib
from collections.abc import Iterator, Mapping
from typing import Final

from looplet.compiler.archive.zip_writer import Stamp
from looplet.contents import File

BLOCK: Final = 512
RECORD: Final = 20 * BLOCK
_STORED: Final = 0xFFFF
"""The bytes that a stored block of deflate holds at most."""

_MODES: Final = {False: 0o644, True: 0o755}


def written(members: Mapping[str, File], at: Stamp) -> bytes:
    """The archive of these members, by name."""
    return zipped(b"".join(_tar(members, _seconds(at))))


def _seconds(at: Stamp) -> int:
    """The same date as a zip has it, in seconds since 1970."""
    day = 1980 + (at.date >> 9), at.date >> 5 & 15, at.date & 31
    return calendar.timegm((*day, at.time >> 11, at.time >> 5 & 63, (at.time & 31) * 2))


def _tar(members: Mapping[str, File], seconds: int) -> Iterator[bytes]:
    size = 0
    for name, file in sorted((name.encode(), file) for name, file in members.items()):
        for piece in _member(name, file, seconds):
            size += len(piece)
            yield piece
    # Two empty blocks end it, and as many more as fill the last record.
    yield bytes(2 * BLOCK + -(size + 2 * BLOCK) % RECORD)


def _member(name: bytes, file: File, seconds: int) -> Iterator[bytes]:
    short = name
    if len(name) > 100 or not name.isascii():
        record = _pax(b"path", name)
        yield _header(b"PaxHeader", len(record), 0o644, seconds, b"x")
        yield _padded(record)
        # Whoever knows no pax headers gets what fits, and not half of a character.
        short = name[:100].decode("ascii", "replace").replace("\ufffd", "_").encode()
    yield _header(short, len(file.data), _MODES[file.executable], seconds, b"0")
    yield _padded(file.data)


def _pax(key: bytes, value: bytes) -> bytes:
    """`LENGTH key=value\\n`, where the length counts its own digits."""
    rest = len(key) + len(value) + 3
    length = rest
    while length != rest + len(str(length)):
        length = rest + len(str(length))
    return b"%d %s=%s\n" % (length, key, value)


def _header(name: bytes, size: int, mode: int, seconds: int, kind: bytes) -> bytes:
    """A header of ustar; its checksum counts itself as blanks."""
    fields = struct.pack(
        "100s8s8s8s12s12s8sc100s6s2s32s32s8s8s155s12x",
        *(name, b"%07o" % mode, b"%07o" % 0, b"%07o" % 0, b"%011o" % size, b"%011o" % seconds),
        *(b" " * 8, kind, b"", b"ustar\0", b"00", b"", b"", b"", b"", b""),
    )
    return fields[:148] + b"%06o\0 " % sum(fields) + fields[156:]


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % BLOCK)


def zipped(data: bytes) -> bytes:
    """`data` in a gzip that stores it."""
    pieces = [b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"]
    for start in range(0, max(len(data), 1), _STORED):
        block = data[start : start + _STORED]
        last = start + _STORED >= len(data)
        pieces += (struct.pack("<BHH", last, len(block), len(block) ^ _STORED), block)
    pieces.append(struct.pack("<II", zlib.crc32(data), len(data) & 0xFFFFFFFF))
    return b"".join(pieces)


__all__ = ["written", "zipped"]
