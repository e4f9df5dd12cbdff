"""The first pass: a folder becomes a tree, `{posix path: bytes and executable bit}`.

It reads and never parses. What cannot belong to a portable tree is a finding, not an exception:
links that leave the folder, devices, names another system cannot hold, files beyond the limits.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from looplet.compiler.diagnostics import Diagnostic
from looplet.compiler.portable import (
    IGNORED,
    MAX_DEPTH,
    MAX_FILE,
    MAX_FILES,
    MAX_TREE,
    bad_name,
    collisions,
    plain,
)
from looplet.compiler.rules import ct0_files as ct0
from looplet.preset import File


@dataclass(frozen=True, slots=True)
class Tree:
    """What a folder holds. `name` is the folder's, without the suffix `.cartridge`.

    lost: the paths of what is there and could not be read, each of which is a finding.
    """

    name: str
    files: Mapping[str, File]
    lost: frozenset[str] = frozenset()


def tree_name(path: str) -> str:
    """The name of the cartridge that the folder `path` would hold, were there no manifest."""
    return os.path.basename(os.path.abspath(path)).removesuffix(".cartridge")


def read_folder(path: str) -> tuple[Tree, list[Diagnostic]]:
    """The tree of the folder at `path`, and what was wrong; what is wrong is left out of it."""
    reader = _Reader()
    try:
        root = os.path.realpath(path)
        mode = os.stat(root).st_mode
    except (OSError, ValueError) as error:
        return Tree(tree_name(path), {}), [_unusable(path, error)]
    if not stat.S_ISDIR(mode):
        return Tree(tree_name(path), {}), [ct0.not_a_folder.at("", **_instead(path, mode))]
    reader.root = root
    reader.folder(root, "", (root,))
    for found, other in collisions(reader.files):
        reader.findings.append(ct0.collision.at(found, other=other))
    lost = frozenset(found.path for found in reader.findings) - reader.files.keys()
    return Tree(tree_name(path), dict(sorted(reader.files.items())), lost), reader.findings


def _unusable(path: str, error: OSError | ValueError) -> Diagnostic:
    if isinstance(error, PermissionError):
        return ct0.unreadable.at("", why=error.strerror)
    if isinstance(error, OSError) and not isinstance(error, FileNotFoundError | NotADirectoryError):
        return ct0.unreadable.at("", why=error.strerror or str(error), given=True)
    from looplet.places import beside, is_name, names

    parent = os.path.dirname(os.path.abspath(path)) if "\0" not in path else ""
    try:
        neighbours = [entry.name for entry in os.scandir(parent) if entry.is_dir()]
    except OSError:
        neighbours = []
    named = is_name(path)
    near = [*neighbours, *beside(parent), *(names() if named else ())]
    return ct0.missing.at("", shown=path, neighbours=near, named=named)


def _instead(path: str, mode: int) -> dict[str, Any]:
    """What is there in place of a folder."""
    from looplet.places import is_package_file

    return {"found": _kind(mode), "packed": is_package_file(path)}


def _kind(mode: int) -> str:
    for test, name in (
        (stat.S_ISREG, "a file"),
        (stat.S_ISFIFO, "a named pipe"),
        (stat.S_ISSOCK, "a socket"),
        (stat.S_ISCHR, "a device"),
        (stat.S_ISBLK, "a device"),
    ):
        if test(mode):
            return name
    return "of an unknown kind"


class _Reader:
    """One walk; `files` and `findings` grow as it goes."""

    def __init__(self) -> None:
        self.root = ""
        self.files: dict[str, File] = {}
        self.findings: list[Diagnostic] = []
        self.total = 0
        self.folders = 0  # links can make 2**32 of a few, and none of them needs to hold a file
        self.full = False

    def folder(self, path: str, prefix: str, trail: tuple[str, ...]) -> None:
        """Read one folder; `trail` holds the real paths of the folders above, against loops."""
        self.folders += 1
        try:
            with os.scandir(path) as entries:
                listed = list(entries)
        except OSError as error:
            self.findings.append(ct0.unreadable.at(prefix.rstrip("/"), why=error.strerror or ""))
            return
        for entry in listed:
            name = entry.name
            if name in IGNORED or name.endswith(".pyc"):
                continue
            if len(self.files) >= MAX_FILES or self.folders > MAX_FILES:
                if not self.full:
                    self.full = True
                    self.findings.append(ct0.too_many_files.at("", limit=MAX_FILES))
                return
            if not plain(name):
                why = bad_name(name)
                if why:
                    shown = (prefix + name).encode("utf-8", "backslashreplace").decode()
                    self.findings.append(ct0.bad_name.at(shown, why=why))
                    continue
            if entry.is_symlink():
                self.link(entry.path, prefix + name, trail)
            elif entry.is_dir(follow_symlinks=False):
                self.subfolder(entry.path, prefix + name, (*trail, entry.path))
            else:
                self.file(entry.path, prefix + name)

    def subfolder(self, path: str, relative: str, trail: tuple[str, ...]) -> None:
        if len(trail) > MAX_DEPTH:
            self.findings.append(ct0.too_deep.at(relative, limit=MAX_DEPTH))
        else:
            self.folder(path, relative + "/", trail)

    def link(self, path: str, relative: str, trail: tuple[str, ...]) -> None:
        """A link is followed when what it leads to is inside the folder; it is read, not kept."""
        try:
            real = os.path.realpath(path, strict=True)
            mode = os.stat(real).st_mode
        except OSError as error:
            why = "it leads in a circle" if error.errno == 40 else "what it leads to is missing"
            self.findings.append(ct0.broken_link.at(relative, why=why))
            return
        if not (real + os.sep).startswith(self.root + os.sep):
            self.findings.append(ct0.link_leaves.at(relative))
        elif not stat.S_ISDIR(mode):
            self.file(real, relative)
        elif real in trail:
            self.findings.append(ct0.broken_link.at(relative, why="it leads in a circle"))
        else:
            self.subfolder(real, relative, (*trail, real))

    def file(self, path: str, relative: str) -> None:
        try:
            # Non-blocking, so that a named pipe does not hang; no link, so that none slips in.
            handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW)
        except OSError as error:
            mode = _mode(path)
            if mode and not stat.S_ISREG(mode):
                self.findings.append(ct0.not_a_file.at(relative, found=_kind(mode)))
            else:
                self.findings.append(ct0.unreadable.at(relative, why=error.strerror or ""))
            return
        try:
            facts = os.fstat(handle)
            if not stat.S_ISREG(facts.st_mode):
                found = _kind(facts.st_mode)
                self.findings.append(ct0.not_a_file.at(relative, found=found))
                return
            size = facts.st_size
            self.total += size
            if size > MAX_FILE or self.total > MAX_TREE:
                self.total -= size
                self.findings.append(ct0.too_large.at(relative, size=size, limit=MAX_FILE))
                return
            data = os.read(handle, size + 1)
            # It may shrink or grow while it is read; what counts is where it ends.
            while len(data) != size and (more := os.read(handle, MAX_FILE + 1 - len(data))):
                data += more
            self.files[relative] = File(data, bool(facts.st_mode & 0o100))
        except OSError as error:
            self.findings.append(ct0.unreadable.at(relative, why=error.strerror or ""))
        finally:
            os.close(handle)


def _mode(path: str) -> int:
    try:
        return os.lstat(path).st_mode
    except OSError:
        return 0
