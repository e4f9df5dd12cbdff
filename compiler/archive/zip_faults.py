"""Why an archive is not one that `zip_writer` would have written: the most telling reason.

Only read when an archive is refused already. From the end to the front: the end record, the
directory, each entry of it, the header before each member, what lies between, names, contents.
Nothing here trusts a number before it is known to lie inside the file.
"""

from __future__ import annotations

import stat
import struct
import zlib
from itertools import pairwise
from typing import Any, Final

from looplet.compiler.archive.errors import PackageError, refused
from looplet.compiler.archive.names import beyond, fault
from looplet.compiler.archive.zip_directory import BIG, Entry, Header, end_record, entries_of
from looplet.compiler.archive.zip_writer import LOCAL, LOCAL_MAGIC, MADE_BY, MODES, UTF8, Stamp

_ZIP64_FIELD: Final = 1
_ENCRYPTED: Final = 1 | 1 << 6 | 1 << 13
_DESCRIPTOR: Final = 1 << 3
_AES: Final = 99
_MOST_RATIO: Final = 100
_KINDS: Final = {
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
}


def explained(data: bytes, file: str) -> PackageError:
    """What to raise about an archive that was refused."""
    try:
        _judge(data, file)
    except PackageError as error:
        return error
    except struct.error:
        return refused("truncated", file)
    return refused("not_canonical", file, what="this archive")


def _judge(data: bytes, file: str) -> None:
    end = end_record(data, file)
    entries = list(entries_of(data, end, file))
    for entry in entries:
        _entry(entry, file)
    for entry in entries:
        _local(data, entry, end.start, file)
    _between(entries, end.start, file)
    if found := fault([entry.shown for entry in entries]):
        rule, facts = found
        raise refused(rule, file, **facts)
    if over := beyond({entry.shown: entry.header.size for entry in entries}):
        rule, member, facts = over
        raise refused(rule, file, member, **facts)
    for entry in entries:
        stop = entry.offset + LOCAL.size + len(entry.name) + entry.header.size
        if zlib.crc32(data[stop - entry.header.size : stop]) != entry.header.crc:
            raise refused("damaged", file, entry.place)
    _spelling(entries, file)


# ── one member ────────────────────────────────────────────────────────────────────────────────────


def _entry(entry: Entry, file: str) -> None:
    """What the directory says of a member."""

    def refuse(rule: str, **facts: Any) -> PackageError:
        return refused(rule, file, entry.place, **facts)

    header = entry.header
    _flags(header, entry, file)
    if BIG in (header.stored, header.size, entry.offset) or _zip64(entry.extra):
        raise refuse("zip64")
    if header.method:
        if header.size > _MOST_RATIO * header.stored:
            raise refuse("bomb", size=header.size, stored=header.stored)
        raise refuse("compressed", method=header.method)
    if entry.extra:
        raise refuse("extra_field")
    if entry.comment:
        raise refuse("comment")
    if entry.disk:
        raise refuse("several_disks")
    _kind(entry, file)
    if header.stored != header.size:
        raise refuse("disagree", what="size")
    try:
        entry.name.decode()
    except UnicodeDecodeError:
        raise refused("not_utf8", file, name=entry.shown) from None
    if not entry.name.isascii() and not header.flags & UTF8:
        raise refused("not_utf8", file, name=entry.shown)


def _flags(header: Header, entry: Entry, file: str) -> None:
    if header.flags & _ENCRYPTED or header.method == _AES:
        raise refused("encrypted", file, entry.place)
    if header.flags & _DESCRIPTOR:
        raise refused("data_descriptor", file, entry.place)


def _zip64(extra: bytes) -> bool:
    """Whether one of the extra fields is that of zip64."""
    at = 0
    while at + 4 <= len(extra):
        kind, size = struct.unpack_from("<2H", extra, at)
        if kind == _ZIP64_FIELD:
            return True
        at += 4 + size
    return False


def _kind(entry: Entry, file: str) -> None:
    """Refuse what is no plain file of one of the two modes."""
    mode = entry.external >> 16
    kind = stat.S_IFMT(mode)
    if kind == stat.S_IFLNK:
        raise refused("link", file, entry.place)
    if kind in _KINDS:
        raise refused("special", file, entry.place, kind=_KINDS[kind])
    if kind == stat.S_IFDIR or entry.name.endswith(b"/") or entry.external & 0x10:
        raise refused("folder", file, entry.place.rstrip("/"))
    if mode not in MODES.values():
        raise refused(
            "mode", file, entry.place, shown=f"{mode & 0o7777:o}" if kind else "not given"
        )
    if entry.made_by >> 8 != MADE_BY >> 8:
        raise refused("mode", file, entry.place, shown="not one of Unix")


def _local(data: bytes, entry: Entry, stop: int, file: str) -> None:
    """What the header before a member says, against what the directory says."""
    where = entry.place
    if entry.offset + LOCAL.size > stop or not data.startswith(LOCAL_MAGIC, entry.offset):
        raise refused("overlap", file, where)
    _, *fields, length, extra = LOCAL.unpack_from(data, entry.offset)
    header = Header(*fields)
    begin = entry.offset + LOCAL.size
    name = data[begin : begin + length]
    _flags(header, entry, file)
    if _zip64(data[begin + length : begin + length + extra]):
        raise refused("zip64", file, where)
    if name != entry.name:
        raise refused("disagree", file, where, what="name")
    for what, field in (
        ("size", "size"),
        ("size", "stored"),
        ("checksum", "crc"),
        ("compression", "method"),
        ("flags", "flags"),
        ("date", "date"),
        ("date", "time"),
        ("version", "needed"),
    ):
        if getattr(header, field) != getattr(entry.header, field):
            raise refused("disagree", file, where, what=what)
    if extra:
        raise refused("extra_field", file, where)
    if begin + length + header.size > stop:
        raise refused("overlap", file, where)


def _between(entries: list[Entry], stop: int, file: str) -> None:
    """Every byte before the directory belongs to exactly one member."""
    ordered = sorted(entries, key=lambda entry: entry.offset)
    if ordered[0].offset:
        raise refused("before", file, count=ordered[0].offset)
    starts = [(entry.offset, entry.place) for entry in ordered[1:]]
    for entry, (start, place) in zip(ordered, [*starts, (stop, "")], strict=True):
        over = start - entry.offset - LOCAL.size - len(entry.name) - entry.header.size
        if over < 0:
            raise refused("overlap", file, place)
        if over:
            raise refused("between", file, place, count=over)


def _spelling(entries: list[Entry], file: str) -> None:
    """What is right, and not the one spelling that a package has."""
    if any(one.name >= other.name for one, other in pairwise(entries)):
        raise refused("not_canonical", file, what="the order of the members")
    if any(one.offset >= other.offset for one, other in pairwise(entries)):
        raise refused("not_canonical", file, what="the order of the members")
    first = entries[0].header
    for entry in entries:
        header = entry.header
        dated = (header.date, header.time) == (first.date, first.time)
        if not dated or not Stamp(header.date, header.time).real:
            raise refused("not_canonical", file, entry.place, what="its date")
    for entry in entries:
        if entry.header.flags & ~UTF8 or entry.internal or entry.made_by != MADE_BY:
            raise refused("not_canonical", file, entry.place, what="its header")


__all__ = ["explained"]
