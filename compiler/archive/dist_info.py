"""The members of a package that a wheel carries in its `.dist-info` folder, packed or installed.

An installer keeps neither order nor modes and adds files of its own beside them; the members are
those in three folders, and the package's own RECORD says which are executable.
"""

from __future__ import annotations

import os
import stat
from binascii import b2a_base64
from collections.abc import Iterator, Mapping
from hashlib import sha256

from looplet.compiler.archive.errors import PackageError, refused
from looplet.compiler.archive.names import LARGEST, MOST_MEMBERS
from looplet.compiler.archive.package import INFO, PARENTS, RECORD, TREE
from looplet.compiler.archive.zip_reader import judge
from looplet.compiler.portable import MAX_FILE, ignored
from looplet.contents import File

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

SUFFIX: Final = ".dist-info"
_PARTS: Final = (TREE, PARENTS, INFO)
_SMALL: Final = 1 << 15
_URL_SAFE: Final = bytes.maketrans(b"+/", b"-_")


# ── a wheel ───────────────────────────────────────────────────────────────────────────────────────


def is_wheel(members: Mapping[str, File]) -> bool:
    """Whether the members of an archive are those of a wheel."""
    return any(name.partition("/")[0].endswith(SUFFIX) for name in members)


def from_wheel(members: Mapping[str, File], file: str) -> dict[str, File]:
    """The members of the package in a wheel, once its own RECORD is right. Raises PackageError."""
    infos = {name.partition("/")[0] for name in members}
    infos = {name for name in infos if name.endswith(SUFFIX)}
    if len(infos) != 1:
        raise refused("no_cartridge", file, found=f"a wheel with {len(infos)} `.dist-info` folders")
    prefix = infos.pop() + "/"
    _check_record(members, prefix + "RECORD", file)
    inside = {
        name.removeprefix(prefix): each
        for name, each in members.items()
        if name.startswith(tuple(prefix + part for part in _PARTS))
    }
    if not inside:
        raise refused("no_cartridge", file, found="this wheel")
    return inside


def _check_record(members: Mapping[str, File], record: str, file: str) -> None:
    """Hold RECORD of a wheel, in CSV, against what is in it, both ways."""
    import csv

    if record not in members:
        raise refused("wheel_record", file, why=f"it has no `{record}`")
    wanted = {
        name: [_digest(each.data), str(len(each.data))] if name != record else ["", ""]
        for name, each in members.items()
    }
    try:
        rows = list(csv.reader(members[record].data.decode().splitlines(), strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        raise refused("wheel_record", file, record, why=f"it cannot be read ({error})") from None
    seen: set[str] = set()
    for row in rows:
        name, facts = (row[0], row[1:]) if row else ("", [])
        if name not in wanted or name in seen:
            why = f"it lists `{name:.80}`, which is not in the wheel, or twice"
            raise refused("wheel_record", file, record, why=why)
        if facts != wanted[name]:
            why = f"`{name}` has another sha256 or size than it lists"
            raise refused("wheel_record", file, record, why=why)
        seen.add(name)
    if missing := wanted.keys() - seen:
        raise refused("wheel_record", file, record, why=f"it does not list `{min(missing)}`")


def _digest(data: bytes) -> str:
    return "sha256=" + b2a_base64(sha256(data).digest()).translate(_URL_SAFE, b"=\n").decode()


# ── a folder ──────────────────────────────────────────────────────────────────────────────────────


def from_folder(path: str) -> dict[str, File]:
    """The members of the package in the `.dist-info` folder at `path`. Raises PackageError."""
    found: dict[str, bytes] = {}
    size = 0
    for name, entry in _files(path, _PARTS):
        data = _small(entry)
        if data is None:
            data = _read(entry.path, path, name)
        found[name] = data
        size += len(data)
        if len(found) > MOST_MEMBERS:
            raise refused("too_many", path, count=len(found), limit=MOST_MEMBERS)
        if size > LARGEST:
            raise refused("too_large", path, what="the package", size=size, limit=LARGEST)
    if not found:
        if not path.rstrip("/").endswith(SUFFIX):
            raise refused("not_an_archive", path, found="a folder")
        raise refused("no_cartridge", path, found="this distribution")
    executable = _executable(found.get(RECORD, b""))
    members = {name: File(data, name in executable) for name, data in found.items()}
    judge(members, path)
    return members


def _executable(record: bytes) -> set[str]:
    """The names that RECORD has with mode 755."""
    lines = record.decode("utf-8", "replace").split("\n")
    return {line[69:] for line in lines if line[64:69] == " 755 "}


def _files(top: str, folders: tuple[str, ...]) -> Iterator[tuple[str, os.DirEntry[str]]]:
    """Each file below these folders of `top` by its name, and its entry on this machine.

    Without what Python compiles when a wheel is installed, and what is never part of a tree.
    """
    waiting = [folder for folder in folders if os.path.isdir(os.path.join(top, folder))]
    while waiting:
        prefix = waiting.pop()
        try:
            with os.scandir(os.path.join(top, prefix)) as entries:
                listed = list(entries)
        except OSError as error:
            raise _unreadable(top, prefix, error) from None
        for entry in listed:
            name = entry.name
            if ignored(name):
                continue
            if entry.is_dir(follow_symlinks=False):
                waiting.append(f"{prefix}{name}/")
            else:
                yield prefix + name, entry


def _small(entry: os.DirEntry[str]) -> bytes | None:
    """The bytes of a plain file of less than _SMALL; None for any other, which `_read` judges.

    As good as all files are, and this asks the system half as much about each.
    """
    if not entry.is_file(follow_symlinks=False):
        return None
    try:
        handle = os.open(entry.path, os.O_RDONLY | os.O_NONBLOCK)
        try:
            data = os.read(handle, _SMALL)
        finally:
            os.close(handle)
    except OSError:
        return None
    return data if len(data) < _SMALL else None


def _read(full: str, top: str, name: str) -> bytes:
    try:
        # An installer may make links of files (`uv pip install --link-mode=symlink`): what they
        # lead to is read, and RECORD says whether it is the right thing.
        handle = os.open(full, os.O_RDONLY | os.O_NONBLOCK)
        try:
            facts = os.fstat(handle)
            if not stat.S_ISREG(facts.st_mode):
                raise refused("special", top, name, kind="something else")
            if facts.st_size > MAX_FILE:
                what, size = "this file", facts.st_size
                raise refused("too_large", top, name, what=what, size=size, limit=MAX_FILE)
            data = os.read(handle, facts.st_size + 1)
            while len(data) != facts.st_size and (more := os.read(handle, MAX_FILE + 1)):
                data += more
            return data
        finally:
            os.close(handle)
    except OSError as error:
        raise _unreadable(top, name, error) from None


def _unreadable(top: str, name: str, error: OSError) -> PackageError:
    return refused("missing", top, shown=name, why=error.strerror or str(error))


__all__ = ["SUFFIX", "from_folder", "from_wheel", "is_wheel"]
