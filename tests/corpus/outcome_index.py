"""CT79: an index that cannot be written, and one that is not to be trusted."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from corpus_outcomes import Shown, base, outcome

from looplet.compiler import cartridge_to_preset
from looplet.compiler.archive.package import pack
from looplet.compiler.archive.zip_writer import FIRST, written
from looplet.compiler.index.fetch import fetch
from looplet.compiler.index.gather import gather
from looplet.compiler.index.listing import to_json


def packed(folder: Path, file: str, name: str = "base", version: str = "1.0.0") -> None:
    """The base as a package in `dist/`, under another name or version."""
    root = base(folder)
    manifest = root / "cartridge.json"
    said = json.loads(manifest.read_text("utf-8"))
    manifest.write_text(json.dumps({**said, "name": name, "version": version}), "utf-8")
    preset = cartridge_to_preset(root)
    (folder / "dist").mkdir(exist_ok=True)
    (folder / "dist" / file).write_bytes(written(pack(preset).members(), FIRST))


def index(folder: Path, **changes: Any) -> Path:
    """The index of `dist/`, with other values in its one file, or its one `release`."""
    path = folder / "dist" / "index.json"
    path.write_bytes(to_json(gather("dist").packages))
    document = json.loads(path.read_bytes())
    (release,) = document["packages"]["base"]
    release.update(changes.pop("release", {}))
    release["files"][0].update(changes)
    path.write_text(json.dumps(document))
    return path


def _fetched(folder: Path, requirement: str = "base") -> None:
    fetch("dist", requirement)


@outcome("CT790")
def index_with_a_version_twice(folder: Path) -> Shown:
    """two packages that say they are one version, with other files in them"""
    packed(folder, "base-1.0.0.cartridge")
    (folder / "base.cartridge" / "more.txt").write_text("more\n")
    packed(folder, "again.cartridge")
    return gather("dist").clashes


@outcome("CT791")
def index_with_names_alike(folder: Path) -> Shown:
    """two packages whose names installers take for one"""
    packed(folder, "a.cartridge", "git_agent")
    packed(folder, "b.cartridge", "Git-Agent")
    return gather("dist").clashes


@outcome("CT792")
def index_of_a_name_with_spaces(folder: Path) -> Shown:
    """a package whose file has a name that cannot be part of an address"""
    packed(folder, "my base.cartridge")
    return gather("dist").refused


@outcome("CT793")
def index_that_is_a_page(folder: Path) -> None:
    """a page that asks to log in, in place of the index"""
    (folder / "dist").mkdir()
    (folder / "dist" / "index.json").write_text("<!DOCTYPE html><title>Log in</title>")
    _fetched(folder)


@outcome("CT794")
def index_of_a_newer_format(folder: Path) -> None:
    """an index that a newer looplet wrote"""
    (folder / "dist").mkdir()
    (folder / "dist" / "index.json").write_text('{"looplet-index": 2}')
    _fetched(folder)


@outcome("CT795")
def index_without_that_name(folder: Path) -> None:
    """a name that is not in the index, and one that is spelt alike"""
    packed(folder, "base-1.0.0.cartridge")
    index(folder)
    _fetched(folder, "bsae")


@outcome("CT796")
def index_that_is_not_there(folder: Path) -> None:
    """a folder that has no index"""
    (folder / "dist").mkdir()
    _fetched(folder)


@outcome("CT797")
def index_of_other_bytes(folder: Path) -> None:
    """a file that was changed after it was listed"""
    packed(folder, "base-1.0.0.cartridge")
    index(folder)
    path = folder / "dist" / "base-1.0.0.cartridge"
    path.write_bytes(path.read_bytes()[:-1])
    _fetched(folder)


@outcome("CT798")
def index_that_leads_elsewhere(folder: Path) -> None:
    """an index whose file is a path out of its folder"""
    packed(folder, "base-1.0.0.cartridge")
    index(folder, file="../base-1.0.0.cartridge")
    _fetched(folder)


@outcome("CT799")
def index_that_lies(folder: Path) -> None:
    """an index that lists a package as another version than it is"""
    packed(folder, "base-1.0.0.cartridge")
    index(folder, release={"version": "2.0.0"})
    _fetched(folder)
