"""Members to a Package, once RECORD, manifest and IR agree with the files and with each other."""

from __future__ import annotations

import json
import posixpath
from collections.abc import Mapping

from looplet.compiler.archive.errors import refused
from looplet.compiler.archive.identity import sha256, tree_digest
from looplet.compiler.archive.package import (
    ATTESTATIONS,
    FORMAT,
    INFO,
    IR,
    LOCK,
    MANIFEST,
    PARENTS,
    RECORD,
    TREE,
    Package,
    home,
    json_bytes,
)
from looplet.compiler.archive.record import lines
from looplet.contents import File
from looplet.frozen import EMPTY
from looplet.preset import canonical_json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Final

_MANIFEST_KEYS: Final = ["description", "digests", "entry", "format", "name", "version"]


def package_of(members: Mapping[str, File], file: str, *, installed: bool = False) -> Package:
    """The package that these members are. Raises PackageError; `file` is its name for that.

    installed: they lie on this machine, where whoever uses it may have edited them.
    """
    for name in (MANIFEST, IR, RECORD):
        if name not in members:
            raise refused("incomplete", file, name=name)
    manifest = _json(members, MANIFEST, file)
    _format(manifest, MANIFEST, "format", file)
    files, attestations = _sorted_out(members, file)
    listed = _record(members, file, "installed_changed" if installed else "record")
    ir = _json(members, IR, file)
    _format(ir, IR, "looplet", file)
    _shapes(manifest, ir, file)
    tree = tree_digest(manifest["entry"], (line for line in listed if _loaded(line[69:])))
    _belongs(ir, tree, files, manifest["entry"], listed, file)
    _agree(manifest, ir, members[IR].data, tree, file)
    lock = members[LOCK].data if LOCK in members else None
    if lock != _own_lock(files, manifest["entry"]):
        raise refused("manifest_differs", file, LOCK, what="the lock")
    package = Package(manifest, files, ir, lock, attestations or EMPTY)
    package.know_tree(tree)
    return package


def _own_lock(files: Mapping[str, File], entry: str) -> bytes | None:
    """The lock that lies in the cartridge: what is pinned is said once."""
    name = posixpath.normpath(f"{TREE}{entry}/cartridge.lock")
    return files[name].data if name in files else None


def _loaded(name: str) -> bool:
    return name.startswith((TREE, PARENTS))


def _sorted_out(members: Mapping[str, File], file: str) -> tuple[dict[str, File], dict[str, bytes]]:
    """The files of the trees, and the attestations by their file names."""
    files: dict[str, File] = {}
    attestations: dict[str, bytes] = {}
    for name, each in members.items():
        if name.startswith((TREE, PARENTS)):
            files[name] = each
        elif name.startswith(ATTESTATIONS) and name.endswith(".json") and name.count("/") == 2:
            attestations[name.removeprefix(ATTESTATIONS)] = each.data
        elif name not in (MANIFEST, IR, LOCK, RECORD):
            raise refused("unknown", file, name=name)
        if name.startswith(INFO) and each.executable:
            raise refused("mode", file, name, shown="755")
    if not any(name.startswith(TREE) for name in files):
        raise refused("incomplete", file, name=TREE)
    return files, attestations


# ── RECORD ────────────────────────────────────────────────────────────────────────────────────────


def _record(members: Mapping[str, File], file: str, rule: str) -> list[str]:
    """The lines of RECORD, computed from the members and equal to what it says."""
    wanted = lines({name: each for name, each in members.items() if name != RECORD})
    text = "".join(wanted)
    if members[RECORD].data != text.encode():
        raise refused(rule, file, RECORD, why=_difference(members[RECORD].data, wanted))
    return wanted


def _difference(data: bytes, wanted: list[str]) -> str:
    """What RECORD says otherwise, in words."""
    known = {line[69:-1]: line for line in wanted}
    seen: set[str] = set()
    for line in data.decode("utf-8", "backslashreplace").splitlines(keepends=True):
        name = line[69:].rstrip("\n")
        if name not in known:
            shown = name if len(line) > 69 else line.strip()
            return f"it lists `{shown:.80}`, which is not in the package"
        if name in seen:
            return f"it lists `{name}` twice"
        seen.add(name)
        if line[:64] != known[name][:64]:
            return f"`{name}` has another sha256 than it lists"
        if line != known[name]:
            return f"`{name}` has another mode than it lists, or its line is spelt otherwise"
    if missing := known.keys() - seen:
        return f"it does not list `{min(missing)}`"
    return "its lines are not in the order of the names"


# ── manifest and IR ───────────────────────────────────────────────────────────────────────────────


def _json(members: Mapping[str, File], name: str, file: str) -> dict[str, Any]:
    try:
        value = json.loads(members[name].data.decode())
        # Only the canonical spelling: no key twice, of which a reader could take either.
        canonical = json_bytes(value) == members[name].data
    except (ValueError, RecursionError) as error:
        raise refused("malformed", file, name, why=_why_no_json(error)) from None
    if not isinstance(value, dict):
        raise refused("malformed", file, name, why="it is no JSON object")
    if not canonical:
        raise refused("malformed", file, name, why="it is not in the canonical form of JSON")
    return value


def _why_no_json(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"it is no JSON (line {error.lineno}, column {error.colno})"
    if isinstance(error, UnicodeError):
        return "a text in it is not UTF-8, or has half a character"
    if isinstance(error, RecursionError):
        return "it is nested too deep"
    return "it has a number that JSON does not have, or one that is too long"


def _format(value: Mapping[str, Any], name: str, key: str, file: str) -> None:
    found = value.get(key)
    if type(found) is not int:
        raise refused("malformed", file, name, why=f"it has no number `{key}`")
    if found != FORMAT:
        raise refused("unknown_format", file, name, found=found, known=FORMAT)


def _shapes(manifest: Mapping[str, Any], ir: Mapping[str, Any], file: str) -> None:
    texts = ("name", "version", "description", "entry")
    digests = manifest.get("digests")
    if (
        sorted(manifest) != _MANIFEST_KEYS
        or any(type(manifest[key]) is not str for key in texts)
        or not _inside(manifest["entry"])
        or not isinstance(digests, dict)
        or sorted(digests) != ["meaning", "tree"]
    ):
        why = f"it must have the keys {', '.join(_MANIFEST_KEYS)}, and no others"
        raise refused("malformed", file, MANIFEST, why=why)
    layers, preset = ir.get("layers"), ir.get("preset")
    if (
        sorted(ir.keys() - {"nested"}) != ["layers", "looplet", "preset", "tree"]
        or ("nested" in ir and not (isinstance(ir["nested"], dict) and ir["nested"]))
        or not isinstance(preset, dict)
        or not isinstance(preset.get("files"), dict)
        or not isinstance(layers, list)
        or not layers
        or not all(
            isinstance(layer, dict)
            and sorted(layer) == ["at", "name", "place"]
            and all(type(value) is str for value in layer.values())
            for layer in layers
        )
    ):
        raise refused("malformed", file, IR, why="it does not have the shape of an agent")


def _inside(entry: str) -> bool:
    """Whether this names a folder below `cartridge/`, or "." for that itself."""
    return posixpath.normpath(entry) == entry and not f"{entry}/".startswith(("/", "../"))


def _belongs(
    ir: Mapping[str, Any],
    tree: str,
    files: Mapping[str, File],
    entry: str,
    listed: list[str],
    file: str,
) -> None:
    """The IR is that of these files: by their digest, by where its layers lie, by each file."""
    if ir["tree"] != tree:
        raise refused("other_tree", file, IR, why="it was made of other files than these")
    layers = ir["layers"]
    own = "" if entry == "." else entry
    if layers[0]["place"] or any(layer["at"] != home(own, layer["place"]) for layer in layers):
        raise refused("other_tree", file, IR, why="its folders are not where it says")
    places = [layer["at"] + "/" for layer in layers]
    for name in files:
        if not name.startswith(tuple(places)):
            raise refused("unknown", file, name=name)
    known = {line[69:-1]: line[:68] for line in listed}
    for path, facts in ir["preset"]["files"].items():
        found = next((known[at + path] for at in places if at + path in known), None)
        if found is None:
            raise refused("other_tree", file, IR, why=f"it has a file `{path}`, which is not here")
        mode = "755" if found.endswith("755") else "644"
        wanted = {"sha256": found[:64]} | ({"executable": True} if mode == "755" else {})
        if facts != wanted:
            raise refused("other_tree", file, IR, why=f"its file `{path}` is another one")


def _agree(
    manifest: Mapping[str, Any], ir: Mapping[str, Any], data: bytes, tree: str, file: str
) -> None:
    """What the manifest says is so."""
    for key in ("name", "version", "description"):
        if ir["preset"].get(key) != manifest[key]:
            raise refused("manifest_differs", file, MANIFEST, what=f"the {key}")
    if manifest["digests"]["tree"] != tree:
        raise refused("manifest_differs", file, MANIFEST, what="the digest of the tree")
    if manifest["digests"]["meaning"] != _meaning(ir, data):
        raise refused("manifest_differs", file, MANIFEST, what="the digest of the meaning")


def _meaning(ir: Mapping[str, Any], data: bytes) -> str:
    """The digest of the meaning, of the very bytes of `ir.json`: they are canonical, so that the
    preset's own canonical text stands in them."""
    before = {key: ir[key] for key in ("layers", "looplet", "nested") if key in ir}
    head = canonical_json(before)[:-1] + ',"preset":'
    tail = f',"tree":{canonical_json(ir["tree"])}' + "}\n"
    return sha256(data[len(head.encode()) : len(data) - len(tail.encode())])


__all__ = ["package_of"]
