"""Package: what a built cartridge holds, whichever file carries it.

cartridge/…               the tree as it is
parents/…                 the trees of parents that `extends` names and not paths lead to
CARTRIDGE-INFO/manifest.json, ir.json, lock.json, attestations/*.json, RECORD
"""

from __future__ import annotations

import os
import posixpath
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from looplet.compiler.archive.identity import tree_digest
from looplet.compiler.archive.record import lines
from looplet.contents import File
from looplet.frozen import EMPTY
from looplet.preset import AgentPreset, PresetError, canonical_json

FORMAT: Final = 1
"""The version of the package format. docs/package.md is its specification."""

TREE: Final = "cartridge/"
PARENTS: Final = "parents/"
INFO: Final = "CARTRIDGE-INFO/"
MANIFEST: Final = INFO + "manifest.json"
IR: Final = INFO + "ir.json"
LOCK: Final = INFO + "lock.json"
RECORD: Final = INFO + "RECORD"
ATTESTATIONS: Final = INFO + "attestations/"

INSTALLED: Final = "@/"
"""What the place of a layer begins with that `extends` names, and to which no path leads."""


@dataclass(frozen=True, slots=True)
class Package:
    """manifest: what the file says of itself, JSON data. files: the trees, by name in the archive.
    ir: the preset, as `ir.json` has it. lock: the bytes of `lock.json`, if there is one.
    attestations: by file name.
    """

    manifest: Mapping[str, Any]
    files: Mapping[str, File] = field(repr=False)
    ir: Mapping[str, Any] = field(repr=False)
    lock: bytes | None = field(default=None, repr=False)
    attestations: Mapping[str, bytes] = field(default=EMPTY, repr=False)

    @property
    def name(self) -> str:
        return str(self.manifest["name"])

    @property
    def version(self) -> str:
        return str(self.manifest["version"])

    @property
    def entry(self) -> str:
        """Where below `cartridge/` the cartridge itself lies; "." if it is all of it."""
        return str(self.manifest["entry"])

    @property
    def tree_digest(self) -> str:
        """The tree digest, computed from the files."""
        return tree_digest(self.entry, lines(self.files))

    def members(self) -> dict[str, File]:
        """Every file of the package by its name, RECORD included."""
        members = {
            **self.files,
            MANIFEST: File(json_bytes(self.manifest)),
            IR: File(json_bytes(self.ir)),
        }
        if self.lock is not None:
            members[LOCK] = File(self.lock)
        for name, data in self.attestations.items():
            members[ATTESTATIONS + name] = File(data)
        return {**members, RECORD: File("".join(lines(members)).encode())}


def json_bytes(value: Any) -> bytes:
    """Canonical JSON and a line end, in UTF-8."""
    return (canonical_json(value) + "\n").encode()


def pack(preset: AgentPreset, *, entry: str | None = None, lock: bytes | None = None) -> Package:
    """The package of a preset that was read from folders or a package, and not changed since.

    entry: where below `cartridge/` the cartridge goes, if it has parents beside it; without it, as
    its folder is called. Raises PresetError for a preset that has no layers: write it first.
    """
    if not preset.layers:
        raise PresetError(f"{preset.name} was never a folder; write it with preset_to_cartridge")
    places = [layer.place for layer in preset.layers]
    own = entry if entry is not None else _own_folder(preset, places)
    homes = [_home(own, place) for place in places]
    files: dict[str, File] = {}
    for layer, home in zip(preset.layers, homes, strict=True):
        for path, file in layer.files.items():
            if files.setdefault(name := f"{home}/{path}", file) != file:
                raise PresetError(f"{preset.name}: {name} is there twice, with other bytes")
    entry = own or "."
    digest = tree_digest(entry, lines(files))
    layers = [
        {"name": layer.name, "place": layer.place, "at": home}
        for layer, home in zip(preset.layers, homes, strict=True)
    ]
    ir = {"looplet": FORMAT, "tree": digest, "layers": layers, "preset": preset.values()}
    manifest = {
        "format": FORMAT,
        "name": preset.name,
        "version": preset.version,
        "description": preset.description,
        "entry": entry,
        "digests": {"tree": digest, "meaning": preset.digest},
    }
    return Package(manifest, files, ir, lock)


def _own_folder(preset: AgentPreset, places: list[str]) -> str:
    """The path of the cartridge in the smallest folder that holds it and what relative paths lead
    to; "" if that is the cartridge itself."""
    up = max(place.split("/").count("..") for place in places)
    if not up:
        return ""
    if preset.roots:
        return "/".join(os.path.realpath(preset.roots[0]).split(os.sep)[-up:])
    return "/".join([*(f"folder{depth}" for depth in range(up, 1, -1)), f"{preset.name}.cartridge"])


def _home(own: str, place: str) -> str:
    """The folder in the archive for the layer at `place`."""
    if place.startswith(INSTALLED):
        return PARENTS + place.removeprefix(INSTALLED)
    return posixpath.normpath(posixpath.join(TREE, own, place))


__all__ = ["FORMAT", "Package", "json_bytes", "pack"]
