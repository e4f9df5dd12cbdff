"""A cartridge as it was in a revision of a git repository, read without checking it out.

Git's own commands list and print the objects; nothing is written, fetched, filtered or run, and
what they print is judged as a folder is.
"""

from __future__ import annotations

import os
import posixpath
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import Final, NamedTuple

from looplet.compiler.diagnostics import Diagnostic
from looplet.compiler.locations import Location
from looplet.compiler.portable import (
    MAX_DEPTH,
    MAX_FILE,
    MAX_FILES,
    MAX_TREE,
    bad_name,
    collisions,
    ignored,
    plain,
)
from looplet.compiler.rules import ct0_files as ct0
from looplet.compiler.source import Tree, tree_name
from looplet.contents import File
from looplet.places import names, place_named

_QUIET: Final = {
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "LC_ALL": "C",
}
_SETTINGS: Final = ("-c", "protocol.allow=never", "-c", "core.fsmonitor=false")
"""No transport, so nothing is fetched and none of its programs started; no program on the index."""
_MOST_LINKS: Final = 8


class NoRevision(ValueError):
    """There is no such revision, or no repository, or no git."""


class Repository:
    """The repository around a path. Raises NoRevision if there is none."""

    def __init__(self, path: str) -> None:
        self.folder = os.path.realpath(path)
        while not os.path.isdir(self.folder):
            self.folder = os.path.dirname(self.folder)
        top = os.fsdecode(self.git("rev-parse", "--show-toplevel"))
        self.top = os.path.realpath(top.rstrip("\n"))

    def inside(self, path: str) -> str:
        """`path` as the repository calls it; "" for the repository itself."""
        found = os.path.relpath(os.path.realpath(path), self.top).replace(os.sep, "/")
        return "" if found == "." else found

    def commit(self, revision: str) -> str:
        """The commit that is meant. Raises NoRevision."""
        try:
            return self._name(f"{revision}^{{commit}}")
        except NoRevision:
            raise NoRevision(f"git knows no revision {revision!r:.100}") from None

    def fork(self, one: str, other: str) -> str:
        """The commit from which both went on: where a branch began. Raises NoRevision."""
        try:
            found = self.git("merge-base", "--end-of-options", self.commit(one), self.commit(other))
        except subprocess.SubprocessError:
            found = b""
        if not found:
            raise NoRevision(f"{one!r:.100} and {other!r:.100} have no commit in common")
        return os.fsdecode(found).strip()

    def _name(self, revision: str) -> str:
        found = self.git("rev-parse", "--verify", "--quiet", "--end-of-options", revision)
        return os.fsdecode(found).strip()

    def git(self, *words: str, given: bytes = b"") -> bytes:
        """What a command of git prints. Raises NoRevision with what it complains of."""
        command = ["git", "--no-pager", *_SETTINGS, "-C", self.folder, *words]
        try:
            ran = subprocess.run(
                command, input=given, capture_output=True, env={**os.environ, **_QUIET}, check=False
            )
        except (OSError, ValueError) as error:
            raise NoRevision(f"git cannot be started: {error}") from None
        if ran.returncode:
            lines = ran.stderr.decode("utf-8", "replace").strip().splitlines()
            why = lines[0] if lines else f"git {words[0]} failed"
            raise NoRevision(why.removeprefix("fatal: "))
        return ran.stdout


class _Entry(NamedTuple):
    """One line of `git ls-tree`."""

    mode: str
    object: str
    size: int
    path: str


class Revision:
    """A folder of the repository in a commit: a location, as the passes ask for one.

    shown: how it is called in findings. folder: its path in the repository.
    """

    def __init__(self, repository: Repository, commit: str, shown: str, folder: str) -> None:
        self.repository = repository
        self.commit = commit
        self.shown = shown
        self.folder = folder

    @property
    def key(self) -> str:
        return f"{self.commit}:{self.folder}"

    @property
    def root(self) -> str:
        return ""

    @property
    def there(self) -> bool:
        """Whether the commit has such a folder."""
        return bool(self._entries)

    @cached_property
    def _entries(self) -> list[_Entry]:
        tree = f"{self.commit}:{self.folder}"
        try:
            kind = self.repository.git("cat-file", "-t", tree).strip()
        except NoRevision:
            return []
        if kind != b"tree":
            raise NoRevision(f"{self.folder} is a file in that revision; folders are compared")
        listed = self.repository.git("ls-tree", "-r", "-z", "-l", "--full-tree", tree)
        return list(_listed(listed))

    def read(self) -> tuple[Tree, list[Diagnostic]]:
        findings: list[Diagnostic] = []
        wanted = list(_judged(self._entries, findings))
        contents = self._contents({entry.object for entry in wanted})
        files: dict[str, File] = {}
        links: dict[str, str] = {}
        for entry in wanted:
            data = contents[entry.object]
            if entry.mode == "120000":
                links[entry.path] = os.fsdecode(data)
            else:
                files[entry.path] = File(data, entry.mode == "100755")
        findings += _follow(links, files)
        findings += [ct0.collision.at(path, other=other) for path, other in collisions(files)]
        lost = frozenset(found.path for found in findings) - files.keys()
        return Tree(
            tree_name(self.folder or self.repository.top), dict(sorted(files.items())), lost
        ), findings

    def _contents(self, objects: set[str]) -> dict[str, bytes]:
        """The bytes of objects by their names. Raises NoRevision if one is missing."""
        asked = sorted(objects)
        printed = self.repository.git(
            "cat-file", "--batch", given="".join(f"{name}\n" for name in asked).encode()
        )
        found: dict[str, bytes] = {}
        at = 0
        for name in asked:
            end = printed.index(b"\n", at)
            words = printed[at:end].split()
            if len(words) != 3:
                raise NoRevision(f"git has no object {name}; is this a partial clone?")
            at = end + 1 + int(words[2])
            found[name] = printed[end + 1 : at]
            at += 1
        return found

    def beside(self, target: str) -> Location | None:
        path = posixpath.normpath(posixpath.join("/", self.folder, target)).lstrip("/")
        if posixpath.normpath(posixpath.join(self.folder, target)).startswith(".."):
            return None  # out of the repository, whose revision says nothing of what is there
        found = Revision(self.repository, self.commit, self.shown, path)
        return found if found.there else None

    def named(self, requirement: str) -> tuple[Location, str]:
        # What is installed was never in the repository: it is as it is now.
        from looplet.compiler.locations import location_of

        place = place_named(requirement)
        return location_of(place), place.name

    def near(self, target: str) -> list[str]:
        return [] if "/" in target else names()


def _listed(printed: bytes) -> Iterator[_Entry]:
    for line in printed.split(b"\0"):
        if line:
            facts, _, path = line.partition(b"\t")
            mode, _, name, size = facts.decode().split()
            number = int(size) if size.isdigit() else 0
            yield _Entry(mode, name, number, path.decode("utf-8", "surrogateescape"))


def _judged(entries: Iterable[_Entry], findings: list[Diagnostic]) -> Iterator[_Entry]:
    """The entries that can be files of a tree; of the others there is a finding."""
    total = count = 0
    for entry in entries:
        parts = entry.path.split("/")
        if any(map(ignored, parts)):
            continue
        shown = entry.path.encode("utf-8", "backslashreplace").decode()
        why = next((why for part in parts if not plain(part) and (why := _bad(part))), None)
        if why:
            findings.append(ct0.bad_name.at(shown, why=why))
        elif len(parts) > MAX_DEPTH:
            findings.append(ct0.too_deep.at(shown, limit=MAX_DEPTH))
        elif entry.mode == "160000":
            findings.append(ct0.not_a_file.at(shown, found="a submodule"))
        elif entry.size > MAX_FILE or total + entry.size > MAX_TREE:
            findings.append(ct0.too_large.at(shown, size=entry.size, limit=MAX_FILE))
        elif count >= MAX_FILES:
            findings.append(ct0.too_many_files.at("", limit=MAX_FILES))
            return
        else:
            total += entry.size
            count += 1
            yield entry


def _bad(part: str) -> str | None:
    return "it is no name" if part in ("", ".", "..") else bad_name(part)


def _follow(links: Mapping[str, str], files: dict[str, File]) -> Iterator[Diagnostic]:
    """Put what links lead to in their place; what leads out of the folder, or nowhere, is found."""
    for path in links:
        target = _target(path, links[path])
        for _ in range(_MOST_LINKS):
            if target is None or target not in links:
                break
            target = _target(target, links[target])
        if target is None:
            yield ct0.link_leaves.at(path)
        elif target in links:
            yield ct0.broken_link.at(path, why="it leads in a circle")
        elif target in files:
            files[path] = files[target]
        elif inside := [one for one in files if one.startswith(f"{target}/")]:
            if f"{path}/".startswith(f"{target}/"):
                yield ct0.broken_link.at(path, why="it leads in a circle")
                continue
            for one in inside:
                files[path + one.removeprefix(target)] = files[one]
        else:
            yield ct0.broken_link.at(path, why="what it leads to is missing")


def _target(path: str, link: str) -> str | None:
    """Where a link leads, as a path in the folder; None if out of it."""
    found = posixpath.normpath(posixpath.join(posixpath.dirname(path), link))
    return None if found.startswith(("/", "../")) or found in ("..", ".") else found


__all__ = ["NoRevision", "Repository", "Revision"]
