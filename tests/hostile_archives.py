"""Archives that somebody made to be taken for packages: each with the code that must refuse it.

    python tests/hostile_archives.py DIR      writes them all

They are made byte by byte, by a writer that writes whatever it is told, from the package of a small
agent. Each has one fault, so that its code says whether that very fault was seen.
"""

from __future__ import annotations

import json
import stat
import struct
import sys
import tempfile
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

from looplet.compiler import cartridge_to_preset
from looplet.compiler.archive.package import Package, json_bytes, pack
from looplet.compiler.archive.record import lines
from looplet.compiler.archive.wheel import record_text, wheel_of
from looplet.compiler.archive.zip_writer import FIRST, written
from looplet.contents import File

AGENT = {
    "cartridge.json": '{"name": "small", "schema_version": 2, "version": "1.0.0"}\n',
    "config.yaml": "max_steps: 3\n",
    "prompts/system.md": "Say the answer.\n",
    "tools/done/tool.yaml": "name: done\ndescription: End.\nparameters:\n  type: object\n",
    "tools/done/execute.py": "def execute(ctx):\n    return {}\n",
    "run.sh": "#!/bin/sh\n",
}


@dataclass(frozen=True)
class Hostile:
    """One archive. code: what refuses it. why: what is wrong, in a few words."""

    name: str
    code: str
    why: str
    make: Callable[[], bytes]


HOSTILE: dict[str, Hostile] = {}


def hostile(code: str) -> Callable[[Callable[[], bytes]], Callable[[], bytes]]:
    """Enter a function into the table; its docstring says what is wrong."""

    def enter(make: Callable[[], bytes]) -> Callable[[], bytes]:
        name = make.__name__.replace("_", "-")
        assert name not in HOSTILE and make.__doc__
        HOSTILE[name] = Hostile(name, code, make.__doc__, make)
        return make

    return enter


# ── a writer that writes whatever it is told ──────────────────────────────────────────────────────


@dataclass(frozen=True)
class Member:
    """A member, and what its headers say instead of the truth.

    both, local, central: fields by name, for both headers or one of them. before: bytes in front.
    """

    name: bytes
    data: bytes
    both: Mapping[str, int] = field(default_factory=dict)
    local: Mapping[str, Any] = field(default_factory=dict)
    central: Mapping[str, Any] = field(default_factory=dict)
    before: bytes = b""
    behind: bytes = b""
    listed: bool = True


def zipped(
    members: list[Member],
    *,
    prefix: bytes = b"",
    gap: bytes = b"",
    comment: bytes = b"",
    suffix: bytes = b"",
    shift: int = 0,
    **end: int,
) -> bytes:
    """prefix: before all. gap: before the directory. shift: added to every offset."""
    body, directory = bytearray(prefix), bytearray()
    for member in members:
        body += member.before
        facts: dict[str, Any] = {
            **{"made_by": 0x0314, "needed": 20, "method": 0, "time": 0, "date": 33},
            **{"flags": 0 if member.name.isascii() else 0x800, "crc": zlib.crc32(member.data)},
            **{"stored": len(member.data), "size": len(member.data), "name": member.name},
            **{"extra": b"", "comment": b"", "disk": 0, "internal": 0},
            **{"external": 0o100644 << 16, "offset": len(body) + shift},
            **member.both,
        }
        if member.listed:
            directory += _central({**facts, **member.central})
        body += _local({**facts, **member.local}) + member.data + member.behind
    body += gap
    listed = sum(member.listed for member in members)
    said = {
        **{"disk": 0, "first_disk": 0, "here": listed, "count": listed},
        **{"size": len(directory), "start": len(body) + shift, "comment": len(comment)},
        **end,
    }
    return (
        bytes(body + directory)
        + b"PK\5\6"
        + struct.pack("<4H2IH", *said.values())
        + comment
        + suffix
    )


def _local(fact: Mapping[str, Any]) -> bytes:
    numbers = [fact[key] for key in ("needed", "flags", "method", "time", "date")]
    sizes = [fact[key] for key in ("crc", "stored", "size")]
    name, extra = fact["name"], fact["extra"]
    head = struct.pack("<4s5H3I2H", b"PK\3\4", *numbers, *sizes, len(name), len(extra))
    return bytes(head + name + extra)


def _central(fact: Mapping[str, Any]) -> bytes:
    numbers = [fact[key] for key in ("made_by", "needed", "flags", "method", "time", "date")]
    sizes = [fact[key] for key in ("crc", "stored", "size")]
    name, extra, comment = fact["name"], fact["extra"], fact["comment"]
    lengths = [len(name), len(extra), len(comment)]
    rest = [fact[key] for key in ("disk", "internal", "external", "offset")]
    head = struct.pack("<4s6H3I5H2I", b"PK\1\2", *numbers, *sizes, *lengths, *rest)
    return bytes(head + name + extra + comment)


# ── what they are made of ─────────────────────────────────────────────────────────────────────────


@cache
def package() -> Package:
    """The package of the small agent."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "small.cartridge"
        for path, text in AGENT.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text)
        (root / "run.sh").chmod(0o755)
        return pack(cartridge_to_preset(root, cache=False))


def good() -> list[Member]:
    """Its members, as they are to be."""
    return [
        Member(
            name.encode(),
            file.data,
            central={"external": (0o100755 if file.executable else 0o100644) << 16},
        )
        for name, file in sorted(package().members().items())
    ]


def changed(at: int = 2, **changes: Any) -> bytes:
    """The archive with one member changed; the third is a text of the agent."""
    members = good()
    members[at] = replace(members[at], **changes)
    return zipped(members)


def added(*more: Member) -> bytes:
    """The archive with members more, in the order of the names."""
    return zipped(sorted([*good(), *more], key=lambda member: member.name))


def named(name: str | bytes, **said: Any) -> bytes:
    """The archive with a file of this name more."""
    return added(Member(name if isinstance(name, bytes) else name.encode(), b"x\n", **said))


def moded(mode: int, data: bytes = b"x\n", name: bytes = b"cartridge/x") -> bytes:
    return added(Member(name, data, central={"external": mode << 16}))


def sealed(files: Mapping[str, File | None], *, record: bool = True) -> bytes:
    """A proper archive, with other files in it (None: without it), and RECORD to match."""
    members = {**package().members(), **files}
    kept = {name: file for name, file in members.items() if file is not None}
    if record:
        kept.pop("CARTRIDGE-INFO/RECORD")
        kept["CARTRIDGE-INFO/RECORD"] = File("".join(lines(kept)).encode())
    return written(kept, FIRST)


def with_record(edit: Callable[[str], str]) -> bytes:
    text = package().members()["CARTRIDGE-INFO/RECORD"].data.decode()
    assert edit(text) != text
    return sealed({"CARTRIDGE-INFO/RECORD": File(edit(text).encode())}, record=False)


def with_info(name: str, edit: Callable[[dict[str, Any]], object]) -> bytes:
    """The archive with `manifest` or `ir` changed in place, and RECORD to match."""
    path = f"CARTRIDGE-INFO/{name}.json"
    value = json.loads(package().members()[path].data)
    edit(value)
    return sealed({path: File(json_bytes(value))})


def with_bytes(name: str, data: bytes) -> bytes:
    return sealed({f"CARTRIDGE-INFO/{name}.json": File(data)})


def as_wheel(edit: Callable[[dict[str, File]], object]) -> bytes:
    members = dict(wheel_of(package(), "small").members)
    edit(members)
    return written(members, FIRST)


# ── the file ──────────────────────────────────────────────────────────────────────────────────────


@hostile("CT702")
def empty_file() -> bytes:
    "an empty file"
    return b""


@hostile("CT702")
def web_page() -> bytes:
    "a page that asks to log in"
    return b"<!DOCTYPE html>\n<title>Sign in</title>\n"


@hostile("CT702")
def lfs_pointer() -> bytes:
    "the pointer that Git LFS keeps"
    return b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 12\n"


@hostile("CT702")
def gzip_archive() -> bytes:
    "an archive of gzip"
    return b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\x03\x00"


@hostile("CT702")
def tar_archive() -> bytes:
    "an archive of tar"
    return b"cartridge/config.yaml".ljust(257, b"\0") + b"ustar\0" + bytes(249)


@hostile("CT702")
def noise() -> bytes:
    "bytes that are nothing"
    return bytes(range(128, 256)) * 4


@hostile("CT702")
def archive_of_nothing() -> bytes:
    "a zip archive without members"
    return zipped([])


@hostile("CT703")
def cut_in_a_member() -> bytes:
    "an archive that ends inside a member"
    return zipped(good())[:400]


@hostile("CT703")
def cut_at_the_end() -> bytes:
    "an archive whose last byte is missing"
    return zipped(good())[:-1]


@hostile("CT704")
def program_before() -> bytes:
    "a shell script before the archive, with offsets that were moved"
    return zipped(good(), prefix=b"#!/bin/sh\nrm -rf ~\n")


@hostile("CT704")
def program_before_unmoved() -> bytes:
    "a shell script before the archive, with the offsets as they were"
    return b"#!/bin/sh\nrm -rf ~\n" + zipped(good())


@hostile("CT705")
def bytes_behind() -> bytes:
    "bytes after the end"
    return zipped(good(), suffix=b"more")


@hostile("CT704")
def two_archives() -> bytes:
    "an archive behind another one: readers differ in which they take"
    return zipped(good()) + zipped(good())


@hostile("CT706")
def bytes_between() -> bytes:
    "bytes between two members"
    return changed(before=b"hidden")


@hostile("CT706")
def hidden_member() -> bytes:
    "a member that the directory does not list"
    members = good()
    members.insert(2, Member(b"cartridge/b.py", b"import os\n", listed=False))
    return zipped(members)


@hostile("CT706")
def bytes_before_directory() -> bytes:
    "bytes before the directory"
    return zipped(good(), gap=b"hidden")


@hostile("CT706")
def bytes_behind_directory() -> bytes:
    "bytes between the directory and the end record"
    whole = zipped(good())
    return whole[:-22] + b"hidden" + whole[-22:]


@hostile("CT707")
def comment_of_archive() -> bytes:
    "a comment of the archive"
    return zipped(good(), comment=b"hello")


@hostile("CT704")
def archive_in_comment() -> bytes:
    "a whole archive in the comment of another: readers differ in which they take"
    return zipped(good(), comment=zipped(good()))


@hostile("CT707")
def comment_of_member() -> bytes:
    "a comment of a member"
    return changed(central={"comment": b"hello", "external": 0o100644 << 16})


@hostile("CT708")
def zip64_locator() -> bytes:
    "a zip64 locator before the end record"
    whole = zipped(good())
    record = struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, 1, 1, 46, 0)
    locator = struct.pack("<4sLQL", b"PK\6\7", 0, len(whole) - 22, 1)
    return whole[:-22] + record + locator + whole[-22:]


@hostile("CT708")
def zip64_count() -> bytes:
    "the mark of zip64 in place of the count"
    return zipped(good(), here=0xFFFF, count=0xFFFF)


@hostile("CT708")
def zip64_start() -> bytes:
    "the mark of zip64 in place of where the directory starts"
    return zipped(good(), start=0xFFFFFFFF)


@hostile("CT708")
def zip64_size() -> bytes:
    "the mark of zip64 in place of a size, and the size in an extra field"
    extra = struct.pack("<2HQQ", 1, 16, 5, 5)
    sizes = {"stored": 0xFFFFFFFF, "size": 0xFFFFFFFF, "extra": extra}
    return changed(central={**sizes, "external": 0o100644 << 16})


@hostile("CT708")
def zip64_field_beside_sizes() -> bytes:
    "an extra field of zip64 beside sizes that are given already: which of them counts?"
    return changed(local={"extra": struct.pack("<2HQQ", 1, 16, 5, 5)})


@hostile("CT709")
def second_disk() -> bytes:
    "an end record that is on the second disk"
    return zipped(good(), disk=1, first_disk=1)


@hostile("CT709")
def fewer_here() -> bytes:
    "an end record with fewer entries here than there are"
    return zipped(good(), here=1)


@hostile("CT709")
def member_on_another_disk() -> bytes:
    "a member that begins on another disk"
    return changed(central={"disk": 1, "external": 0o100644 << 16})


# ── members ───────────────────────────────────────────────────────────────────────────────────────


@hostile("CT710")
def encrypted() -> bytes:
    "the flag of encryption"
    return changed(both={"flags": 1})


@hostile("CT710")
def strongly_encrypted() -> bytes:
    "the flag of strong encryption"
    return changed(both={"flags": 0x40})


@hostile("CT710")
def encrypted_before_only() -> bytes:
    "the flag of encryption in the header only that stands before the member"
    return changed(local={"flags": 1})


@hostile("CT710")
def encrypted_by_method() -> bytes:
    "the method of encryption with AES"
    return changed(both={"method": 99})


@hostile("CT711")
def sizes_behind() -> bytes:
    "a member with its sizes behind it"
    member = good()[2]
    crc, size = zlib.crc32(member.data), len(member.data)
    zero = {"flags": 8, "crc": 0, "stored": 0, "size": 0}
    said = {"flags": 8, "external": 0o100644 << 16}
    descriptor = struct.pack("<4s3I", b"PK\7\x08", crc, size, size)
    return changed(local=zero, central=said, behind=descriptor)


def _deflated(data: bytes) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(data) + packer.flush()


def _inflating(data: bytes) -> bytes:
    facts = {"method": 8, "size": len(data), "crc": zlib.crc32(data)}
    return added(Member(b"cartridge/x", _deflated(data), both=facts))


@hostile("CT712")
def compressed() -> bytes:
    "a compressed member"
    return _inflating(b"the quick brown fox\n")


@hostile("CT712")
def unknown_method() -> bytes:
    "a method of compression that nobody knows"
    return changed(both={"method": 77})


@hostile("CT713")
def bomb() -> bytes:
    "a member of a kilobyte that inflates to a megabyte"
    return _inflating(bytes(1_000_000))


@hostile("CT713")
def bomb_in_words() -> bytes:
    "a member that says it inflates to 4 GB"
    facts = {"method": 8, "size": 0xFFFFFFFE}
    return added(Member(b"cartridge/x", _deflated(b"x"), both=facts))


@hostile("CT714")
def extra_field() -> bytes:
    "an extra field with the user and group of whoever built it"
    extra = struct.pack("<2HBBIBI", 0x7875, 11, 1, 4, 1000, 4, 1000)
    return changed(both={"extra": extra})  # type: ignore[dict-item]


@hostile("CT714")
def extra_field_before_only() -> bytes:
    "an extra field in the header before the member, with another name for it"
    name = b"cartridge/other"
    extra = struct.pack("<2HBI", 0x7075, 5 + len(name), 1, 0) + name
    return changed(local={"extra": extra})


@hostile("CT715")
def names_disagree() -> bytes:
    "two names for one member"
    return changed(local={"name": b"cartridge/other.py"})


@hostile("CT715")
def sizes_disagree() -> bytes:
    "two sizes for one member"
    return changed(local={"size": 1, "stored": 1})


@hostile("CT715")
def checksums_disagree() -> bytes:
    "two checksums for one member"
    return changed(local={"crc": 1})


@hostile("CT715")
def flags_disagree() -> bytes:
    "two sets of flags for one member"
    return changed(local={"flags": 0x800})


@hostile("CT715")
def methods_disagree() -> bytes:
    "stored in the directory, compressed before the member"
    return changed(local={"method": 8})


@hostile("CT715")
def dates_disagree() -> bytes:
    "two dates for one member"
    return changed(local={"date": 34})


@hostile("CT715")
def versions_disagree() -> bytes:
    "two versions of the format for one member"
    return changed(local={"needed": 10})


@hostile("CT715")
def stored_and_size_disagree() -> bytes:
    "a stored member that is to be longer than it is"
    return changed(both={"size": 1_000})


@hostile("CT716")
def one_member_twice_listed() -> bytes:
    "two entries for the same bytes"
    members = good()
    return _with_entry(members, {"offset": 0, "name": members[0].name})


@hostile("CT716")
def member_in_a_member() -> bytes:
    "a member inside the data of another"
    inner = Member(b"cartridge/zz", b"x\n")
    head = {"time": 0, "date": 33, "needed": 20, "flags": 0, "method": 0, "extra": b""}
    facts = {**head, "crc": zlib.crc32(inner.data), "stored": 2, "size": 2, "name": inner.name}
    outer = Member(b"cartridge/outer", _local(facts) + inner.data)
    members = sorted([*good(), outer], key=lambda member: member.name)
    at = sum(30 + len(each.name) + len(each.data) for each in members if each.name < outer.name)
    return _with_entry(members, {**facts, "offset": at + 30 + len(outer.name)})


def _with_entry(members: list[Member], facts: Mapping[str, Any]) -> bytes:
    """An archive with one entry more in its directory."""
    whole = zipped(members)
    first = members[0]
    entry = _central(
        {
            **{"made_by": 0x0314, "needed": 20, "flags": 0, "method": 0, "time": 0, "date": 33},
            **{"crc": zlib.crc32(first.data), "stored": len(first.data), "size": len(first.data)},
            **{"extra": b"", "comment": b"", "disk": 0, "internal": 0},
            **{"external": 0o100644 << 16, **facts},
        }
    )
    end = list(struct.unpack("<4s4H2IH", whole[-22:]))
    end[3:6] = end[3] + 1, end[4] + 1, end[5] + len(entry)
    return whole[:-22] + entry + struct.pack("<4s4H2IH", *end)


@hostile("CT716")
def offset_outside() -> bytes:
    "a member that lies behind the end of the file"
    return changed(central={"offset": 0x7FFFFFFF, "external": 0o100644 << 16})


@hostile("CT716")
def offset_into_a_text() -> bytes:
    "a member that begins where no header is"
    return changed(central={"offset": 7, "external": 0o100644 << 16})


@hostile("CT716")
def longer_than_the_file() -> bytes:
    "a member that is longer than the file"
    return changed(both={"stored": 0x7FFFFFFF, "size": 0x7FFFFFFF})


@hostile("CT716")
def directory_outside() -> bytes:
    "a directory that lies behind the end"
    return zipped(good(), start=0x7FFFFFFF)


@hostile("CT717")
def link() -> bytes:
    "a symbolic link to a file of the machine"
    return moded(stat.S_IFLNK | 0o777, b"/etc/passwd")


@hostile("CT717")
def link_then_file_through_it() -> bytes:
    "a link out of the folder, and a file through it"
    link = Member(b"cartridge/x", b"/tmp", central={"external": (stat.S_IFLNK | 0o777) << 16})
    return added(link, Member(b"cartridge/x/y", b"x\n"))


@hostile("CT718")
def device() -> bytes:
    "a device"
    return moded(stat.S_IFBLK | 0o644)


@hostile("CT718")
def pipe() -> bytes:
    "a named pipe"
    return moded(stat.S_IFIFO | 0o644, b"")


@hostile("CT718")
def socket() -> bytes:
    "a socket"
    return moded(stat.S_IFSOCK | 0o644, b"")


@hostile("CT719")
def folder_entry() -> bytes:
    "an entry for a folder"
    return moded(stat.S_IFDIR | 0o755, b"", b"cartridge/")


@hostile("CT719")
def folder_of_dos() -> bytes:
    "an entry that is a folder by its attribute of DOS only"
    said = {"external": 0o100644 << 16 | 0x10}
    return added(Member(b"cartridge/x", b"x\n", central=said))


@hostile("CT720")
def setuid() -> bytes:
    "a file that runs as its owner, whoever starts it"
    return moded(0o104755)


@hostile("CT720")
def private() -> bytes:
    "a file that only its owner may read"
    return moded(0o100600)


@hostile("CT720")
def no_mode() -> bytes:
    "a file without a mode"
    return moded(0)


@hostile("CT720")
def mode_of_another_system() -> bytes:
    "a mode from a system that has none"
    said = {"made_by": 20, "external": 0o100644 << 16}
    return changed(central=said)


@hostile("CT720")
def executable_manifest() -> bytes:
    "a manifest that is executable"
    data = package().members()["CARTRIDGE-INFO/manifest.json"].data
    return sealed({"CARTRIDGE-INFO/manifest.json": File(data, True)})


@hostile("CT721")
def wrong_checksum() -> bytes:
    "bytes that do not have the checksum"
    return changed(both={"crc": 0x12345678})


# ── names ─────────────────────────────────────────────────────────────────────────────────────────


@hostile("CT722")
def same_name_twice() -> bytes:
    "two files of the same name"
    return added(Member(b"cartridge/x", b"good\n"), Member(b"cartridge/x", b"bad\n"))


@hostile("CT723")
def same_but_for_case() -> bytes:
    "two names that differ in case"
    return named("cartridge/Config.yaml")


@hostile("CT723")
def folders_same_but_for_case() -> bytes:
    "two folders whose names differ in case"
    return named("cartridge/Prompts/other.md")


@hostile("CT723")
def same_but_for_folding() -> bytes:
    "two names that are one to a system that folds case as Unicode does"
    return added(*(Member(f"cartridge/{name}".encode(), b"x\n") for name in ("straße", "strasse")))


@hostile("CT724")
def name_not_nfc() -> bytes:
    "a name with its accent apart"
    return named("cartridge/cafe\u0301.md")


@hostile("CT725")
def name_of_another_encoding() -> bytes:
    "a name in Latin-1"
    return named(b"cartridge/caf\xe9.md", both={"flags": 0})


@hostile("CT725")
def name_not_marked_as_utf8() -> bytes:
    "a name in UTF-8 that does not say so"
    return named("cartridge/café.md", both={"flags": 0})


@hostile("CT725")
def name_marked_and_not_utf8() -> bytes:
    "a name that says it is UTF-8, and is not"
    return named(b"cartridge/\xff\xfe.md")


@hostile("CT726")
def climbing() -> bytes:
    "a name that climbs out of the folder"
    return named("cartridge/../../../.bashrc")


@hostile("CT726")
def climbing_at_once() -> bytes:
    "a name that begins with `..`"
    return named("../x")


@hostile("CT726")
def empty_part() -> bytes:
    "a name with an empty part"
    return named("cartridge//etc/passwd")


@hostile("CT726")
def dot_part() -> bytes:
    "a name with a part that is a full stop"
    return named("cartridge/./config.yaml")


@hostile("CT727")
def absolute() -> bytes:
    "an absolute path"
    return named("/etc/passwd")


@hostile("CT727")
def drive() -> bytes:
    "a path with the letter of a drive"
    return named("C:/Windows/win.ini")


@hostile("CT727")
def drive_relative() -> bytes:
    "a path in the current folder of a drive"
    return named("c:x")


@hostile("CT728")
def backslashes() -> bytes:
    "a name that climbs out with backslashes"
    return named("cartridge\\..\\..\\x")


@hostile("CT728")
def share() -> bytes:
    "a share of the network"
    return named("\\\\host\\share\\x")


@hostile("CT729")
def device_name() -> bytes:
    "a name that Windows keeps for a device"
    return named("cartridge/nul")


@hostile("CT729")
def device_name_with_suffix() -> bytes:
    "a name that Windows keeps for a device, with a suffix"
    return named("cartridge/COM1.txt")


@hostile("CT729")
def device_name_of_a_folder() -> bytes:
    "a folder with a name that Windows keeps for a device"
    return named("cartridge/aux/x.md")


@hostile("CT730")
def null_in_name() -> bytes:
    "a name with a null, behind which some readers see nothing"
    return named("cartridge/x.md\0.py")


@hostile("CT730")
def line_break_in_name() -> bytes:
    "a name with a line break, which would be a line more in RECORD"
    return named("cartridge/x\n" + "0" * 64 + " 644 cartridge/y")


@hostile("CT730")
def escape_in_name() -> bytes:
    "a name that paints over the terminal"
    return named("cartridge/x\x1b[2K\x1b[1Gall is well")


@hostile("CT731")
def stream_name() -> bytes:
    "a second stream of a file, as Windows has it"
    return named("cartridge/config.yaml:hidden")


@hostile("CT731")
def full_stop_at_the_end() -> bytes:
    "a name that Windows takes for another, without its full stop"
    return named("cartridge/config.yaml.")


@hostile("CT731")
def long_name() -> bytes:
    "a name of 300 bytes"
    return named("cartridge/" + "x" * 300)


@hostile("CT731")
def deep_name() -> bytes:
    "folders 100 deep"
    return named("cartridge/" + "d/" * 100 + "x")


@hostile("CT732")
def git_folder() -> bytes:
    "a folder of git, which runs commands when somebody looks at it"
    return named("cartridge/.git/config")


@hostile("CT732")
def git_folder_in_capitals() -> bytes:
    "the same, as a system that does not mind case would read it"
    return named("cartridge/.GIT/config")


@hostile("CT732")
def compiled_python() -> bytes:
    "compiled Python, which need not be what its source says"
    return named("cartridge/tools/done/__pycache__/execute.cpython-311.pyc")


@hostile("CT733")
def file_and_folder() -> bytes:
    "a name that is a file and a folder"
    return named("cartridge/config.yaml/x")


# ── limits, and the one spelling ──────────────────────────────────────────────────────────────────


@hostile("CT734")
def count_of_sixty_thousand() -> bytes:
    "more members than a package may have"
    return zipped([Member(b"cartridge/%05d" % number, b"") for number in range(50_101)])


@hostile("CT735")
def member_of_65_megabytes() -> bytes:
    "a member that is larger than a file may be"
    return sealed({"cartridge/x": File(bytes(65 * 1024 * 1024))})


@hostile("CT736")
def order() -> bytes:
    "members in another order"
    return zipped(good()[::-1])


@hostile("CT736")
def order_of_the_directory() -> bytes:
    "a directory in another order than the members"
    members = good()
    whole = zipped(members)
    start = struct.unpack("<I", whole[-6:-2])[0]
    first = 46 + len(members[0].name)
    directory = whole[start + first : -22] + whole[start : start + first]
    return whole[:start] + directory + whole[-22:]


@hostile("CT736")
def count_too_low() -> bytes:
    "an end record with one member less than there are"
    count = len(good()) - 1
    return zipped(good(), here=count, count=count)


@hostile("CT736")
def another_date() -> bytes:
    "one member of another date"
    return changed(both={"date": 34})


@hostile("CT736")
def no_such_date() -> bytes:
    "the thirtieth of February"
    return zipped([replace(each, both={"date": 2 << 5 | 30}) for each in good()])


@hostile("CT736")
def marked_as_text() -> bytes:
    "an attribute that asks readers to change line ends"
    return changed(central={"internal": 1, "external": 0o100644 << 16})


@hostile("CT736")
def needless_flag() -> bytes:
    "a name in ASCII that says it is UTF-8"
    return changed(both={"flags": 0x800})


@hostile("CT736")
def attribute_of_dos() -> bytes:
    "a file that is hidden on DOS"
    return changed(central={"external": 0o100644 << 16 | 2})


@hostile("CT736")
def newer_writer() -> bytes:
    "a writer of another version of the format"
    return changed(central={"made_by": 0x033F, "external": 0o100644 << 16})


# ── what it says of itself ────────────────────────────────────────────────────────────────────────


@hostile("CT737")
def file_beside() -> bytes:
    "a file that is in no part of a package"
    return sealed({"README.md": File(b"hello\n")})


@hostile("CT737")
def unknown_info() -> bytes:
    "a file in CARTRIDGE-INFO that no package has"
    return sealed({"CARTRIDGE-INFO/run.py": File(b"import os\n")})


@hostile("CT737")
def attestation_in_a_folder() -> bytes:
    "an attestation in a folder of its own"
    return sealed({"CARTRIDGE-INFO/attestations/a/b.json": File(b"{}\n")})


@hostile("CT737")
def tree_in_no_layer() -> bytes:
    "a parent that nothing extends"
    name = "parents/other/config.yaml"
    return _consistent({**package().files, name: File(b"max_steps: 9\n")})


def _consistent(files: Mapping[str, File]) -> bytes:
    """An archive of other files, with every digest to match and the preset as it was."""
    made = replace(package(), files=files)
    ir = {**made.ir, "tree": made.tree_digest}
    digests = {**made.manifest["digests"], "tree": made.tree_digest}
    made = replace(made, ir=ir, manifest={**made.manifest, "digests": digests})
    return written(made.members(), FIRST)


@hostile("CT738")
def zipped_by_hand() -> bytes:
    "a folder that was zipped, and not built"
    return written({name: File(text.encode()) for name, text in AGENT.items()}, FIRST)


@hostile("CT738")
def without_ir() -> bytes:
    "a package without the lowered agent"
    return sealed({"CARTRIDGE-INFO/ir.json": None})


@hostile("CT738")
def without_manifest() -> bytes:
    "a package without its manifest"
    return sealed({"CARTRIDGE-INFO/manifest.json": None})


@hostile("CT738")
def without_record() -> bytes:
    "a package without RECORD"
    return sealed({"CARTRIDGE-INFO/RECORD": None}, record=False)


@hostile("CT738")
def without_a_tree() -> bytes:
    "a package without files"
    return sealed(dict.fromkeys(package().files))


@hostile("CT739")
def newer_format() -> bytes:
    "a package of format 2"
    return with_info("manifest", lambda manifest: manifest.update(format=2))


@hostile("CT739")
def newer_ir() -> bytes:
    "a package whose agent is of format 2"
    return with_info("ir", lambda ir: ir.update(looplet=2))


@hostile("CT740")
def manifest_no_json() -> bytes:
    "a manifest that is no JSON"
    return with_bytes("manifest", b"{")


@hostile("CT740")
def manifest_a_list() -> bytes:
    "a manifest that is a list"
    return with_bytes("manifest", b"[]\n")


@hostile("CT740")
def manifest_with_more() -> bytes:
    "a manifest with a key that none has"
    return with_info("manifest", lambda manifest: manifest.update(trusted=True))


@hostile("CT740")
def manifest_with_spaces() -> bytes:
    "a manifest that is not canonical"
    value = json.loads(package().members()["CARTRIDGE-INFO/manifest.json"].data)
    return with_bytes("manifest", json.dumps(value, indent=2).encode())


@hostile("CT740")
def key_twice() -> bytes:
    "an agent with a key twice, of which readers take one or the other"
    data = package().members()["CARTRIDGE-INFO/ir.json"].data
    return with_bytes("ir", data.replace(b'"tree":', b'"tree":"","tree":'))


@hostile("CT740")
def deeply_nested() -> bytes:
    "an agent of a hundred thousand brackets"
    return with_bytes("ir", b"[" * 100_000)


@hostile("CT740")
def entry_outside() -> bytes:
    "a manifest by which the agent lies outside the tree"
    return with_info("manifest", lambda manifest: manifest.update(entry="../CARTRIDGE-INFO"))


@hostile("CT740")
def half_a_character() -> bytes:
    "an agent with half a character in a text"
    data = package().members()["CARTRIDGE-INFO/ir.json"].data
    return with_bytes("ir", data.replace(b"Say the", b"\\ud800 the"))


@hostile("CT740")
def no_layers() -> bytes:
    "an agent that lies nowhere"
    return with_info("ir", lambda ir: ir.update(layers=[]))


@hostile("CT741")
def record_with_another_digest() -> bytes:
    "RECORD with another digest"
    return with_record(lambda text: ("1" if text[0] == "0" else "0") + text[1:])


@hostile("CT741")
def record_with_another_mode() -> bytes:
    "RECORD with another mode"
    return with_record(lambda text: text.replace(" 755 ", " 644 "))


@hostile("CT741")
def record_with_a_line_less() -> bytes:
    "RECORD without a file that is there"
    return with_record(lambda text: text.partition("\n")[2])


@hostile("CT741")
def record_with_a_line_more() -> bytes:
    "RECORD with a file that is not there"
    return with_record(lambda text: text + "0" * 64 + " 644 parents/x\n")


@hostile("CT741")
def record_with_a_line_twice() -> bytes:
    "RECORD with a line twice"
    return with_record(lambda text: text + text.splitlines(keepends=True)[-1])


@hostile("CT741")
def record_in_another_order() -> bytes:
    "RECORD in another order"
    return with_record(lambda text: "".join(text.splitlines(keepends=True)[::-1]))


@hostile("CT741")
def record_of_windows() -> bytes:
    "RECORD with line ends of Windows"
    return with_record(lambda text: text.replace("\n", "\r\n"))


@hostile("CT741")
def record_that_is_empty() -> bytes:
    "an empty RECORD"
    return with_record(lambda text: "")


@hostile("CT741")
def file_exchanged() -> bytes:
    "a file that was exchanged, with its checksum"
    code = File(b"import os\nos.system('id')\n")
    return sealed({"cartridge/tools/done/execute.py": code}, record=False)


@hostile("CT742")
def file_exchanged_in_record_too() -> bytes:
    "a file that was exchanged, in RECORD as well"
    code = File(b"import os\nos.system('id')\n")
    return sealed({"cartridge/tools/done/execute.py": code})


@hostile("CT742")
def file_exchanged_everywhere_but_in_the_agent() -> bytes:
    "a file that was exchanged, and every digest of the tree with it"
    code = File(b"import os\nos.system('id')\n")
    return _consistent({**package().files, "cartridge/tools/done/execute.py": code})


@hostile("CT742")
def agent_of_more_files() -> bytes:
    "an agent with a file that is not there"
    return with_info("ir", lambda ir: ir["preset"]["files"].update(x={"sha256": "0" * 64}))


@hostile("CT742")
def agent_elsewhere() -> bytes:
    "an agent that is said to lie in CARTRIDGE-INFO"
    return with_info("ir", lambda ir: ir["layers"][0].update(at="CARTRIDGE-INFO"))


@hostile("CT743")
def another_name() -> bytes:
    "a manifest with the name of another agent"
    return with_info("manifest", lambda manifest: manifest.update(name="bank"))


@hostile("CT743")
def another_version() -> bytes:
    "a manifest with another version"
    return with_info("manifest", lambda manifest: manifest.update(version="9.9.9"))


@hostile("CT743")
def another_digest() -> bytes:
    "a manifest with another digest of the tree"
    return with_info("manifest", lambda manifest: manifest["digests"].update(tree="0" * 64))


@hostile("CT743")
def another_meaning() -> bytes:
    "an agent that was changed after its meaning was digested"
    return with_info("ir", lambda ir: ir["preset"]["config"].update(max_steps=9999))


# ── wheels ────────────────────────────────────────────────────────────────────────────────────────


@hostile("CT746")
def wheel_of_no_cartridge() -> bytes:
    "a wheel that holds no cartridge"
    own = "other-1.0.dist-info/RECORD"
    members = {"other-1.0.dist-info/METADATA": File(b"Metadata-Version: 2.4\n\n")}
    return written({**members, own: File(record_text(members, own).encode())}, FIRST)


@hostile("CT746")
def wheel_with_two_of_it() -> bytes:
    "a wheel with two folders of metadata"
    return as_wheel(lambda members: members.update({"a-1.dist-info/RECORD": File(b"")}))


@hostile("CT747")
def wheel_with_code_exchanged() -> bytes:
    "a wheel whose own command was exchanged"
    return as_wheel(
        lambda members: members.update({"small_cartridge/__init__.py": File(b"import os\n")})
    )


@hostile("CT747")
def wheel_with_a_file_more() -> bytes:
    "a wheel with a module that its RECORD does not list"
    return as_wheel(lambda members: members.update({"sitecustomize.py": File(b"import os\n")}))


@hostile("CT747")
def wheel_with_a_file_less() -> bytes:
    "a wheel without a file that its RECORD lists"
    return as_wheel(lambda members: members.pop("small_cartridge/__main__.py"))


@hostile("CT747")
def wheel_without_record() -> bytes:
    "a wheel without its RECORD"
    return as_wheel(lambda members: members.pop("small-1.0.0.dist-info/RECORD"))


if __name__ == "__main__":
    target = Path(sys.argv[1])
    target.mkdir(parents=True)
    for each in HOSTILE.values():
        (target / f"{each.code}-{each.name}.cartridge").write_bytes(each.make())
