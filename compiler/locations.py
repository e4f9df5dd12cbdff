"""Where a cartridge lies, and what lies beside it: a folder on this machine, or one in a package.

The passes ask a location for its tree, and for the parent that `extends` means from there. What is
in a package stays in it: no path leads out, and a named parent is the one that it carries.
"""

from __future__ import annotations

import json
import os
import posixpath
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, Protocol

from looplet.compiler import layout
from looplet.compiler.diagnostics import Diagnostic
from looplet.compiler.source import Tree, read_folder, tree_name
from looplet.installed import NotInstalled, fits, plain, split
from looplet.places import NoPlace, Place, beside, is_package_file, names, place_at, place_named

if TYPE_CHECKING:
    from looplet.compiler.archive.package import Package

MARKS: Final = (layout.CONFIG, layout.MANIFEST)
NAMED: Final = "@"
"""The folder, in places, of parents that are named: `extends: hello` is the place `@/hello`."""


class Location(Protocol):
    """key: what tells it from any other. root: its folder on this machine, "" if it has none."""

    @property
    def key(self) -> str: ...
    @property
    def root(self) -> str: ...

    def read(self) -> tuple[Tree, list[Diagnostic]]:
        """Its tree, and what is wrong with it."""

    def beside(self, target: str) -> Location | None:
        """What is at a path relative to it; None if nothing is. Raises PackageError for a package
        that is not whole."""

    def named(self, requirement: str) -> tuple[Location, str]:
        """The cartridge of a name, with versions or without, and its own name. Raises NoPlace,
        NotInstalled, and PackageError for a package that is not whole."""

    def near(self, target: str) -> list[str]:
        """What the last part of a path, or the name, may be a slip of."""


def location_of(place: Place) -> Location:
    """The location of what was found. Raises PackageError for a package that is not whole."""
    from looplet.compiler.loading import opened

    package = opened(place)
    if package is None:
        return Folder(place.path)
    return Packed(package, place.path, tree_folder(package), place.kind != "file")


def is_path(target: str) -> bool:
    """Whether `extends` gives a path and cannot give a name."""
    return "/" in target or target in ("", ".", "..")


# ── on this machine ───────────────────────────────────────────────────────────────────────────────


class Folder:
    """A folder on this machine."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.root = os.path.realpath(path) if "\0" not in path else path

    @property
    def key(self) -> str:
        return self.root

    def read(self) -> tuple[Tree, list[Diagnostic]]:
        return read_folder(self.path)

    def beside(self, target: str) -> Location | None:
        path = os.path.join(self.root, *target.split("/"))
        if "\0" in path:
            return None
        if os.path.isdir(path):
            return Folder(path)
        return location_of(place_at(path)) if is_package_file(path) else None

    def named(self, requirement: str) -> tuple[Location, str]:
        place = place_named(requirement)
        return location_of(place), place.name

    def near(self, target: str) -> list[str]:
        found = beside(os.path.dirname(os.path.join(self.root, target.rstrip("/"))))
        return found if is_path(target) else [*found, *names()]


# ── in a package ──────────────────────────────────────────────────────────────────────────────────


class Packed:
    """A folder in a package: `cartridge/…` or `parents/…`. file: where the package is."""

    def __init__(self, package: Package, file: str, folder: str, on_disk: bool) -> None:
        self.package = package
        self.file = file
        self.folder = folder
        self.on_disk = on_disk

    @property
    def key(self) -> str:
        return f"{os.path.realpath(self.file)}/{self.folder}"

    @property
    def root(self) -> str:
        return self.key if self.on_disk else ""

    def read(self) -> tuple[Tree, list[Diagnostic]]:
        prefix = self.folder + "/"
        files = {
            name.removeprefix(prefix): file
            for name, file in self.package.files.items()
            if name.startswith(prefix)
        }
        return Tree(self._name(), dict(sorted(files.items()))), []

    def _name(self) -> str:
        """What its folder was called, which names a cartridge that has no manifest."""
        for layer in self.package.ir["layers"]:
            if layer["at"] == self.folder:
                return str(layer["name"])
        return tree_name(self.folder)

    def beside(self, target: str) -> Location | None:
        top, _, inner = self.folder.partition("/")
        # As in `cartridge/`, so among the parents: what is beside one of them is one of them.
        found = posixpath.normpath(posixpath.join("/" + inner, target)).lstrip("/")
        up = posixpath.normpath(posixpath.join(inner, target))
        if top == "cartridge" and (up == ".." or up.startswith("../")):
            return None
        return self._at(posixpath.normpath(f"{top}/{found}"))

    def named(self, requirement: str) -> tuple[Location, str]:
        name, versions = split(requirement)
        folders = {path.split("/")[1] for path in self.package.files if path.startswith("parents/")}
        own = next((each for each in sorted(folders) if plain(each) == plain(name)), None)
        found = self._at(f"parents/{own}") if own else None
        if own is None or found is None:
            raise NoPlace(requirement, None, f"the package does not carry the parent {name!r}")
        if not fits(version := _version(found), versions):
            raise NotInstalled(
                f"the package carries {name} {version}, and {requirement.strip()} is asked for",
                "version",
            )
        return found, own

    def near(self, target: str) -> list[str]:
        return []

    def _at(self, folder: str) -> Packed | None:
        if any(f"{folder}/{mark}" in self.package.files for mark in MARKS):
            return Packed(self.package, self.file, folder, self.on_disk)
        return None


def tree_folder(package: Package) -> str:
    """The folder of a package's own cartridge."""
    return posixpath.normpath(f"cartridge/{package.entry}")


def _version(location: Location) -> str:
    return str(_manifest(location.read()[0]).get("version", "0.0.0"))


def _manifest(tree: Tree) -> Mapping[str, Any]:
    try:
        said = json.loads(tree.files[layout.MANIFEST].data)
    except (KeyError, ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


__all__ = [
    "MARKS",
    "NAMED",
    "Folder",
    "Location",
    "Packed",
    "is_path",
    "location_of",
    "tree_folder",
]
