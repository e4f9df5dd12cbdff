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
from unicodedata import normalize

from looplet.compiler.archive.errors import PackageError, refused
from looplet.compiler.archive.identity import tree_digest
from looplet.compiler.archive.names import beyond, fault
from looplet.compiler.archive.record import lines
from looplet.contents import File
from looplet.frozen import EMPTY
from looplet.preset import AgentPreset, PresetError, canonical_json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Final

FORMAT: Final = 1
"""The version of the package format. docs/package-format.md is its specification."""

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
    _tree: str = field(default="", init=False, repr=False, compare=False)

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
        """The tree digest, computed from the files, once."""
        if not self._tree:
            self.know_tree(tree_digest(self.entry, lines(self.files)))
        return self._tree

    def know_tree(self, digest: str) -> None:
        """Keep the tree digest, where whoever read the files has computed it from them."""
        object.__setattr__(self, "_tree", digest)

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


def pack(
    preset: AgentPreset, *, entry: str | None = None, lock: bytes | None = None, root: str = ""
) -> Package:
    """The package of a preset that was read from folders or a package, and not changed since.

    entry: where below `cartridge/` the cartridge goes, if it has parents beside it; without it, as
    its folder is called. root: what the preset was read from, for messages.

    Raises PresetError for a preset that has no layers (write it first), and PackageError, which is
    one, for files that no package can hold.
    """
    if not preset.layers:
        raise PresetError(f"{preset.name} was never a folder; write it with preset_to_cartridge")
    root = root or preset.name
    places = [layer.place for layer in preset.layers]
    own = entry if entry is not None else _own_folder(preset, places)
    homes = [home(own, place) for place in places]
    files: dict[str, File] = {}
    for layer, at in zip(preset.layers, homes, strict=True):
        for path, file in layer.files.items():
            if files.setdefault(f"{at}/{path}", file) != file:
                raise _unpackable(root, f"the file `{path}` is there twice, with other bytes")
    entry = own or "."
    digest = tree_digest(entry, lines(files))
    layers = [
        {"name": _layer_name(preset, at, place), "place": place, "at": at}
        for at, place in zip(homes, places, strict=True)
    ]
    ir = {"looplet": FORMAT, "tree": digest, "layers": layers, "preset": preset.values()}
    from looplet.nested import nested_agents

    if agents := nested_agents(preset):
        from looplet.compiler.archive.carried import nested_ir

        ir["nested"] = nested_ir(agents)
    manifest = {
        "format": FORMAT,
        "name": preset.name,
        "version": preset.version,
        "description": preset.description,
        "entry": entry,
        "digests": {"tree": digest, "meaning": preset.digest},
    }
    package = Package(manifest, files, ir, lock)
    package.know_tree(digest)
    _judge(root, package, dict(zip(homes, places, strict=True)))
    return package


def _layer_name(preset: AgentPreset, at: str, place: str) -> str:
    """The name of a layer, which is not that of its folder: a package does not depend on how the
    folder was called that it was built from."""
    return posixpath.basename(at).removesuffix(".cartridge") if place else preset.name


def _judge(root: str, package: Package, places: Mapping[str, str]) -> None:
    """Refuse to make what no reader would take. `places`: of the layers, by their folder here."""
    members = {**package.files, MANIFEST: File(b""), IR: File(json_bytes(package.ir))}
    if found := fault(members):
        rule, facts = found
        name = facts["name"]
        if rule != "not_nfc":
            words = refused(rule, "", **facts).diagnostic.message
            raise _unpackable(root, words.partition("; ")[0])
        at = max((at for at in places if name.startswith(at + "/")), key=len, default="")
        path = name.removeprefix(at + "/")
        facts = {"name": path, "nfc": normalize("NFC", path)}
        raise refused("rename", root, posixpath.join(places.get(at, ""), path), **facts)
    if why := beyond({name: len(file.data) for name, file in members.items()}):
        rule, member, facts = why
        raise _unpackable(root, refused(rule, "", member, **facts).diagnostic.message)


def _unpackable(root: str, why: str) -> PackageError:
    return refused("cannot_pack", root, why=why)


def _own_folder(preset: AgentPreset, places: list[str]) -> str:
    """The path of the cartridge in the smallest folder that holds it and what relative paths lead
    to; "" if that is the cartridge itself."""
    up = max(place.split("/").count("..") for place in places)
    if not up:
        return ""
    if preset.roots:
        parts = os.path.realpath(preset.roots[0]).split(os.sep)[1:]
        if len(parts) >= up:
            return "/".join(parts[-up:])
    return "/".join([*(f"folder{depth}" for depth in range(up, 1, -1)), f"{preset.name}.cartridge"])


def home(own: str, place: str) -> str:
    """The folder in the archive for the layer at `place`."""
    if place.startswith(INSTALLED):
        return PARENTS + place.removeprefix(INSTALLED)
    return posixpath.normpath(posixpath.join(TREE, own, place))


__all__ = ["FORMAT", "Package", "json_bytes", "pack"]
