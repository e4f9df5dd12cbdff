"""The directory of an archive, read by somebody who trusts no number in it.

For archives that were refused already, and only to find out why: see `zip_faults`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from looplet.compiler.archive.errors import refused
from looplet.compiler.archive.names import MOST_MEMBERS, fault
from looplet.compiler.archive.zip_writer import (
    CENTRAL,
    CENTRAL_MAGIC,
    END,
    END_MAGIC,
    LOCAL_MAGIC,
)

BIG: Final = 0xFFFFFFFF
"""In a field of 32 bits, the mark that the value is elsewhere, in the zip64 form."""

_ZIP64_LOCATOR: Final = b"PK\x06\x07"
_LOOKS: Final = (
    (b"\x1f\x8b", "an archive of gzip"),
    (b"BZh", "an archive of bzip2"),
    (b"\xfd7zXZ", "an archive of xz"),
    (b"7z\xbc\xaf", "an archive of 7-Zip"),
    (b"Rar!", "an archive of RAR"),
    (b"version https://git-lfs", "the pointer that Git LFS keeps in place of a file"),
    (b"%PDF", "a PDF"),
    (b"\x7fELF", "a program"),
    (b"MZ", "a program"),
)


class Header(NamedTuple):
    """What a header before a member, and the directory, both say of it."""

    needed: int
    flags: int
    method: int
    time: int
    date: int
    crc: int
    stored: int
    size: int


class Entry(NamedTuple):
    """An entry of the directory."""

    header: Header
    made_by: int
    name: bytes
    extra: bytes
    comment: bytes
    disk: int
    internal: int
    external: int
    offset: int

    @property
    def shown(self) -> str:
        return self.name.decode("utf-8", "backslashreplace")

    @property
    def place(self) -> str:
        """The name, where it may stand for a path; a hostile one would show another file."""
        return "" if fault([self.shown]) else self.shown


class End(NamedTuple):
    """The end record, and where it is."""

    at: int
    members: int
    start: int


def end_record(data: bytes, file: str) -> End:
    at = data.rfind(END_MAGIC)
    if at < 0 or at + END.size > len(data):
        begun = data.startswith(LOCAL_MAGIC) or at >= 0
        if begun:
            raise refused("truncated", file)
        raise refused("not_an_archive", file, found=_looks(data))
    _, disk, first_disk, here, count, size, start, comment = END.unpack_from(data, at)
    if behind := len(data) - at - END.size:
        if behind == comment:
            raise refused("comment", file)
        raise refused("after", file, count=behind)
    if comment:
        raise refused("truncated", file)
    if data[at - 20 : at].startswith(_ZIP64_LOCATOR) or count == 0xFFFF or BIG in (size, start):
        raise refused("zip64", file)
    if disk or first_disk or here != count:
        raise refused("several_disks", file)
    if not count:
        raise refused("not_an_archive", file, found="an empty archive")
    if count > MOST_MEMBERS:
        raise refused("too_many", file, count=count, limit=MOST_MEMBERS)
    if start + size != at:
        real = at - size
        if start < real and data.startswith(CENTRAL_MAGIC, real):
            raise refused("before", file, count=real - start)
        if start + size < at:
            raise refused("between", file, count=at - start - size)
        raise refused("overlap", file)
    return End(at, count, start)


def _looks(data: bytes) -> str:
    """What a file that is no zip seems to be."""
    if not data:
        return "an empty file"
    if data[257:262] == b"ustar":
        return "an archive of tar"
    for magic, what in _LOOKS:
        if data.startswith(magic):
            return what
    head = data[:512]
    if head.lstrip()[:9].lower().startswith((b"<!doctype", b"<html")):
        return "a web page"
    try:
        text = head.decode()
    except UnicodeDecodeError as error:
        if error.start < len(head) - 3:
            return "a file of another kind"
        text = ""
    return "a text" if text.isprintable() or "\0" not in text else "a file of another kind"


def entries_of(data: bytes, end: End, file: str) -> Iterator[Entry]:
    at = end.start
    for _ in range(end.members):
        if at + CENTRAL.size > end.at or not data.startswith(CENTRAL_MAGIC, at):
            raise refused("not_canonical", file, what="the directory of the archive")
        _, made_by, *header, length, extra, comment, disk, internal, external, offset = (
            CENTRAL.unpack_from(data, at)
        )
        at += CENTRAL.size
        name, extra, comment = (
            data[at : at + length],
            data[at + length : at + length + extra],
            data[at + length + extra : at + length + extra + comment],
        )
        at += length + len(extra) + len(comment)
        if at > end.at:
            raise refused("not_canonical", file, what="the directory of the archive")
        yield Entry(
            Header(*header), made_by, name, extra, comment, disk, internal, external, offset
        )
    if at != end.at:
        raise refused("not_canonical", file, what="the directory of the archive")


__all__ = ["BIG", "Entry", "Header", "end_record", "entries_of"]
