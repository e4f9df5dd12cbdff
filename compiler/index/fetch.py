"""A package by its name, from an index: found, fetched, held against the sha256 that is listed.

What is fetched is a package from elsewhere. Nothing of it is opened here but to see that it is the
one that the index calls so, and nothing runs.
"""

from __future__ import annotations

import os
from typing import Final, NamedTuple

from looplet.compiler.index.listing import NAME, Listed, NotAnIndex, Packages, Release, from_json
from looplet.compiler.index.look_up import NotListed, file_of, look_up
from looplet.compiler.index.refusals import refused
from looplet.compiler.index.source import BadSource, Folder, Source, source_of
from looplet.compiler.index.store import Store, WrongBytes
from looplet.compiler.index.web import Unreachable
from looplet.installed import NotInstalled, plain

VARIABLE: Final = "LOOPLET_INDEX"
"""The environment variable that names the index to use when no other is given."""

MAX_INDEX: Final = 64 * 1024 * 1024
"""The most bytes of an index.json."""


class Fetched(NamedTuple):
    """A package on this machine. remarks: what whoever asked should know, a line each."""

    path: str
    name: str
    version: str
    sha256: str
    remarks: tuple[str, ...] = ()


def fetch(index: str, requirement: str, *, suffix: str = "") -> Fetched:
    """The package that a requirement (`hello`, `hello==1.0.0`, `hello>=1.2`) means in an index.

    index: a folder or a URL. suffix: `.cartridge` or `.whl`, where the one or the other is wanted.
    A file that was fetched before is not fetched again. Raises PackageError.
    """
    source = _source(index)
    store = _store(source.shown)
    packages, remarks = _packages(source, store)
    try:
        name, release = look_up(packages, requirement)
        file = file_of(release, suffix)
    except NotListed as error:
        raise refused("not_listed", source.shown, why=str(error), near=error.near) from None
    except (NotInstalled, ValueError) as error:
        raise refused("not_listed", source.shown, why=str(error), near="") from None
    kept = store.kept(file)
    path = kept or _got(source, store, file)
    try:
        # Also what was kept: it may have come by another name, or from another index.
        _confirm(path, source, file, name, release)
    except BaseException:
        if kept is None:
            store.forget(file)
        raise
    return Fetched(path, name, release.version, file.sha256, tuple(remarks))


def listed(index: str) -> tuple[Packages, list[str]]:
    """What an index lists, and what to know of that. Raises PackageError."""
    source = _source(index)
    return _packages(source, _store(source.shown))


def index_of_environment() -> str | None:
    """The index that the environment names, if it names one."""
    return os.environ.get(VARIABLE) or None


# ── the index ─────────────────────────────────────────────────────────────────────────────────────


def _source(index: str) -> Source:
    try:
        return source_of(index)
    except BadSource as error:
        raise refused("no_index", error.shown, why=str(error)) from None


def _packages(source: Source, store: Store) -> tuple[Packages, list[str]]:
    remarks = [source.remark] if source.remark else []
    try:
        data = b"".join(source.read(NAME, MAX_INDEX))
    except Unreachable as error:
        # A server that answers is believed. Without one, what was read last is better than nothing:
        # what it lists is still known by its sha256.
        kept = None if error.answered else store.index(source.shown)
        if kept is None:
            hint = "; `looplet-compile index` writes one" if isinstance(source, Folder) else ""
            raise refused("unreachable", source.shown, NAME, why=error.why + hint) from None
        remarks.append(f"{source.shown}: {error.why}; going by the index as it was read last")
        return _read(source, kept), remarks
    packages = _read(source, data)
    store.keep_index(source.shown, data)
    return packages, remarks


def _read(source: Source, data: bytes) -> Packages:
    try:
        return from_json(data)
    except NotAnIndex as error:
        rule = {"format": "newer_index", "file": "file_elsewhere"}.get(error.kind, "no_index")
        raise refused(rule, source.shown, NAME, why=error.why) from None


# ── its files ─────────────────────────────────────────────────────────────────────────────────────


def _store(where: str) -> Store:
    from looplet.compiler.cache import cache_folder

    folder = cache_folder()
    if folder is None:
        raise refused(
            "unreachable", where, why="there is no folder to keep it in; set LOOPLET_CACHE_DIR"
        )
    return Store(folder)


def _got(source: Source, store: Store, listed: Listed) -> str:
    """The path of a file that was not there yet, judged by its bytes."""
    try:
        return store.keep(listed, source.read(listed.file, listed.size))
    except WrongBytes as error:
        raise refused("other_bytes", source.shown, listed.file, found=error.found) from None
    except Unreachable as error:
        raise refused("unreachable", source.shown, listed.file, why=error.why) from None
    except OSError as error:
        why = f"it cannot be kept in {store.folder}: {error.strerror or error}"
        raise refused("unreachable", source.shown, listed.file, why=why) from None


def _confirm(path: str, source: Source, listed: Listed, name: str, release: Release) -> None:
    from looplet.compiler.archive.opening import open_package

    package = open_package(path)
    said = {
        "name": (plain(package.name), plain(name)),
        "version": (package.version, release.version),
        "tree digest": (package.tree_digest, release.tree),
    }
    for what, (inside, outside) in said.items():
        if inside != outside:
            raise refused(
                "another_package",
                source.shown,
                listed.file,
                what=what,
                inside=inside,
                outside=outside,
            )


__all__ = ["VARIABLE", "Fetched", "fetch", "index_of_environment", "listed"]
