"""What a person names, found: a folder, a package file, an installed cartridge, a shipped one.

This looks at names and metadata only. Nothing that it finds is opened here, and nothing is judged:
`looplet.compiler.loading` makes a preset of a place, `looplet run` asks for consent in between.
"""

from __future__ import annotations

import os
import stat

from looplet.contents import PresetError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final, Literal

    Kind = Literal["folder", "file", "installed", "shipped"]

SUFFIXES: Final = (".cartridge", ".whl", ".zip")
"""What the name of a package file ends in; a folder may be called `.cartridge` as well."""

_MARKS: Final = ("config.yaml", "cartridge.json")


class Place:
    """Where a cartridge is.

    kind: how it was found. "folder" and "file" were named by their path; "installed" and "shipped"
        by their name, and `named` is what finds them again.
    path: the folder or the file; of an installed package its `*.dist-info` folder.
    name: of one that was found by its name, as its author spells it.
    """

    __slots__ = ("kind", "name", "named", "path")

    def __init__(self, kind: Kind, path: str, named: str, name: str = "") -> None:
        self.kind = kind
        self.path = path
        self.named = named
        self.name = name

    @property
    def packed(self) -> bool:
        """Whether it is a package, to be opened, and not a folder of declarations, to be read."""
        return self.kind == "file" or self.path.endswith(".dist-info")

    @property
    def lasting(self) -> str:
        """What names it from any folder: an absolute path, or the name of an installed one."""
        by_path = self.kind in ("folder", "file")
        return os.path.abspath(self.path) if by_path else self.named


class NoPlace(PresetError):
    """Nothing is where, or called what, a person named. `near`: what they may have meant."""

    def __init__(self, named: str, near: str | None, why: str = "") -> None:
        self.named = named
        self.near = near
        self.why = why or f"there is no folder or file {named!r:.200}"
        if not why and is_name(named):
            self.why += ", and no cartridge of that name is installed"
        super().__init__(f"{self.why}; did you mean `{near}`?" if near else self.why)


def place_of(named: str) -> Place:
    """The place that `named` means: what is at that path, or else the cartridge of that name.

    Raises NoPlace, NotInstalled (of `looplet.installed`).
    """
    if "\0" not in named and os.path.lexists(named):
        return place_at(named)
    if not is_name(named):
        raise NoPlace(named, near(named))
    return place_named(named)


def place_at(path: str) -> Place:
    """The place at a path that is there."""
    return Place("file" if is_package_file(path) else "folder", path, path)


def place_named(requirement: str) -> Place:
    """The installed cartridge that is meant, or else the shipped one. Raises what `place_of` does.

    One that was installed stands before the shipped one of the same name.
    """
    from looplet.installed import NotInstalled, find, fits, split
    from looplet.shipped import shipped, shipped_version

    try:
        one = find(requirement)
        return Place("installed", one.path, requirement, one.name)
    except NotInstalled as error:
        if error.rule != "missing":
            raise
    name, versions = split(requirement)
    folder = shipped(name)
    if folder is None:
        raise NoPlace(requirement, near(requirement))
    if not fits(version := shipped_version(folder), versions):
        raise NotInstalled(
            f"{name} {version} comes with looplet, and {requirement.strip()} is asked for",
            "version",
        )
    return Place("shipped", folder, requirement, name.removesuffix(".cartridge"))


def is_package_file(path: str) -> bool:
    """Whether a path leads to a file that is, or is called, a package."""
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):
            return False
        if path.endswith(SUFFIXES):
            return True
        with open(path, "rb") as stream:
            return stream.read(2) == b"PK"
    except OSError:
        return False


# ── what may have been meant ──────────────────────────────────────────────────────────────────────


def beside(folder: str) -> list[str]:
    """The names of the cartridges and package files in a folder."""
    try:
        with os.scandir(folder or os.curdir) as entries:
            listed = sorted(entries, key=lambda entry: entry.name)
    except (OSError, ValueError):
        return []
    return [
        entry.name
        for entry in listed
        if entry.name.endswith(SUFFIXES)
        or any(os.path.isfile(os.path.join(entry.path, mark)) for mark in _MARKS)
    ]


def names() -> list[str]:
    """The names of all cartridges, installed and shipped."""
    from looplet.installed import installed
    from looplet.shipped import shipped_names

    return [*(one.name for one in installed()), *shipped_names()]


def near(named: str) -> str | None:
    """What may have been meant: the path beside it, or the name, that is spelt most alike."""
    from looplet.compiler.suggest import closest

    folder, wanted = os.path.split(named.rstrip("/"))
    known = {name: os.path.join(folder, name) for name in beside(folder)}
    if is_name(named):
        known |= {name: name for name in names()}
    # `hello` is as near to `helo.cartridge` as to `helo`.
    stems = {name.removesuffix(".cartridge"): name for name in reversed(known)}
    wanted = wanted.removesuffix(".cartridge")
    found = wanted if wanted in stems else closest(wanted, stems)
    return known[stems[found]] if found else None


def is_name(named: str) -> bool:
    """Whether it may be a name, and is no path."""
    return not any(mark in named for mark in ("/", os.sep, "\0")) and named not in ("", ".", "..")


__all__ = [
    "NoPlace",
    "Place",
    "beside",
    "is_name",
    "is_package_file",
    "names",
    "near",
    "place_at",
    "place_named",
    "place_of",
]
