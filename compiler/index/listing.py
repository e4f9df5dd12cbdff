"""The index as data: `index.json` of format 1, written in one spelling, and read as a stranger's.

    {"looplet-index": 1, "packages": {"hello": [{"version": "1.0.0", "files": [...], ...}, ...]}}

An index says which file is which package, and nothing in it is proof of that: the sha256 is what
the bytes are held against, and what a package says of itself is read from the package.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from looplet.installed import plain

FORMAT: Final = 1
"""The version of the format of the index; docs/package-format.md describes it."""

MARK: Final = "looplet-index"
HEAD: Final = f'{{\n "{MARK}"'.encode()
"""What an index that `to_json` wrote begins with."""

NAME: Final = "index.json"
SUFFIXES: Final = (".cartridge", ".whl")
"""What the files of packages are called."""

MAX_FILE: Final = 1 << 30
"""The most bytes that a listed file may have: over what the largest package of any format has."""

# Names and versions are typed into a shell, so nothing that one reads as more is among them.
_CARTRIDGE: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,198}[A-Za-z0-9])?")
_VERSION: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+!-]{0,199}")
_SHA256: Final = re.compile(r"[0-9a-f]{64}")
# No separator of any system, no drive, nothing that a URL or a shell reads as more than a name.
_FILE: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+!-]{0,230}")


class NotAnIndex(ValueError):
    """What was read is no index that can be used. `kind`: `json`, `format`, `shape` or `file`."""

    def __init__(self, kind: str, why: str) -> None:
        super().__init__(why)
        self.kind = kind
        self.why = why


@dataclass(frozen=True, slots=True)
class Listed:
    """One file of a release: its name beside the index, how long it is, and its sha256.

    signed_by: fingerprints of the keys that its attestations name, which nobody has verified.
    """

    file: str
    size: int
    sha256: str
    signed_by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Release:
    """One version of a cartridge, in one file or in two: its archive and its wheel.

    declared, inferred: capabilities; None where its author, or the compiler, says nothing of them.
    undecided: how many places of its code may reach more, which the compiler could not decide.
    """

    version: str
    tree: str
    meaning: str
    files: tuple[Listed, ...]
    description: str = ""
    requires_python: str = ""
    declared: tuple[str, ...] | None = None
    inferred: tuple[str, ...] | None = None
    undecided: int = 0


Packages = Mapping[str, tuple[Release, ...]]
"""The releases of each cartridge by its name, newest first."""


# ── writing ───────────────────────────────────────────────────────────────────────────────────────


def to_json(packages: Packages) -> bytes:
    """The same bytes for the same packages, a value a line, so that a diff shows what is new."""
    listed = {name: [_release(each) for each in packages[name]] for name in sorted(packages)}
    document = {MARK: FORMAT, "packages": listed}
    return (json.dumps(document, indent=1, ensure_ascii=False) + "\n").encode()


def _release(release: Release) -> dict[str, Any]:
    return {
        "version": release.version,
        "description": release.description,
        "requires_python": release.requires_python,
        "digests": {"tree": release.tree, "meaning": release.meaning},
        "capabilities": {
            "declared": release.declared,
            "inferred": release.inferred,
            "undecided": release.undecided,
        },
        "files": [
            {
                "file": each.file,
                "size": each.size,
                "sha256": each.sha256,
                "signed_by": each.signed_by,
            }
            for each in release.files
        ],
    }


# ── reading ───────────────────────────────────────────────────────────────────────────────────────


def from_json(data: bytes) -> dict[str, tuple[Release, ...]]:
    """What the bytes of an `index.json` list. Raises NotAnIndex, whatever they are.

    Keys that are not known are passed over: an index of this format may gain some.
    """
    try:
        document = json.loads(data, object_pairs_hook=_once)
    except NotAnIndex:
        raise
    except (ValueError, RecursionError):
        raise NotAnIndex("json", _looks_like(data)) from None
    if not isinstance(document, dict) or MARK not in document:
        raise NotAnIndex("json", f"it is JSON without {MARK}, so no index")
    if document[MARK] != FORMAT or isinstance(document[MARK], bool):
        raise NotAnIndex("format", f"{document[MARK]!r:.40}")
    packages = _typed(document, "packages", dict, "the index")
    names: dict[str, str] = {}
    for name in packages:
        if (other := names.setdefault(plain(_name(name)), name)) != name:
            raise NotAnIndex("shape", f"{other} and {name} are one name, and it lists both")
    return {name: _releases(name, found) for name, found in packages.items()}


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise NotAnIndex("shape", "a key stands twice in it, and readers differ in which counts")
    return found


def _looks_like(data: bytes) -> str:
    head = data[:512].lstrip().lower()
    if not head:
        return "it is empty"
    if head.startswith((b"<!doctype", b"<html", b"<head", b"<?xml")):
        return "it is a web page and no JSON"
    return "it is no JSON, or was cut off"


def _name(name: str) -> str:
    if not _CARTRIDGE.fullmatch(name):
        raise NotAnIndex("shape", f"{name!r:.60} is no name of a cartridge")
    return name


def _releases(name: str, found: Any) -> tuple[Release, ...]:
    if not isinstance(found, list):
        raise NotAnIndex("shape", f"{name} lists no releases")
    releases = tuple(_read_release(name, each) for each in found)
    if len({each.version for each in releases}) != len(releases):
        raise NotAnIndex("shape", f"it lists a version of {name} twice")
    return releases


def _read_release(name: str, found: Any) -> Release:
    if not isinstance(found, dict):
        raise NotAnIndex("shape", f"{name} lists {found!r:.40}, and no release")
    version = _typed(found, "version", str, name)
    if not _VERSION.fullmatch(version):
        raise NotAnIndex("shape", f"{version!r:.60} of {name} is no version")
    what = f"{name} {version}"
    digests = _typed(found, "digests", dict, what)
    known = _typed(found, "capabilities", dict, what, default={})
    files = _typed(found, "files", list, what)
    return Release(
        version,
        _sha256(digests, "tree", what),
        _sha256(digests, "meaning", what),
        tuple(_listed(each, what) for each in files),
        _typed(found, "description", str, what, default=""),
        _typed(found, "requires_python", str, what, default=""),
        _words(known, "declared", what),
        _words(known, "inferred", what),
        _typed(known, "undecided", int, what, default=0),
    )


def _listed(found: Any, what: str) -> Listed:
    if not isinstance(found, dict):
        raise NotAnIndex("shape", f"{what} lists {found!r:.40}, and no file")
    file = _typed(found, "file", str, what)
    if not is_file_name(file):
        raise NotAnIndex("file", f"{what} names the file {file!r:.80}")
    size = found.get("size")
    if type(size) is not int or not 0 < size <= MAX_FILE:
        raise NotAnIndex("shape", f"{file} of {what} has the size {size!r:.40}")
    signed_by = _words(found, "signed_by", what) or ()
    return Listed(file, size, _sha256(found, "sha256", what), signed_by)


def is_file_name(file: str) -> bool:
    """Whether `file` may be the name of a package beside an index: a plain name, and no path."""
    return _FILE.fullmatch(file) is not None and file.endswith(SUFFIXES)


def unlistable(name: str, version: str, file: str) -> str | None:
    """Why a package cannot stand in an index; None if it can."""
    if not _CARTRIDGE.fullmatch(name):
        return f"{name!r:.60} is no name of a cartridge"
    if not _VERSION.fullmatch(version):
        return f"the version {version!r:.60} has more in it than letters, digits, ._+! and -"
    if not is_file_name(file):
        return f"the name of the file, {file!r:.80}, cannot be part of an address; rename it"
    return None


def _typed(found: Mapping[str, Any], key: str, kind: type, what: str, default: Any = None) -> Any:
    value = found.get(key, default)
    if type(value) is not kind:
        raise NotAnIndex("shape", f"`{key}` of {what} is {value!r:.40}")
    return value


def _sha256(found: Mapping[str, Any], key: str, what: str) -> str:
    value = found.get(key)
    if not isinstance(value, str) or not _SHA256.fullmatch(value):
        raise NotAnIndex("shape", f"`{key}` of {what} is {value!r:.40}, and no sha256")
    return value


def _words(found: Mapping[str, Any], key: str, what: str) -> tuple[str, ...] | None:
    value = found.get(key)
    if value is None:
        return None
    if not isinstance(value, list) or not all(isinstance(word, str) for word in value):
        raise NotAnIndex("shape", f"`{key}` of {what} is {value!r:.40}, and no list of texts")
    return tuple(value)


__all__ = [
    "FORMAT",
    "NAME",
    "Listed",
    "NotAnIndex",
    "Packages",
    "Release",
    "from_json",
    "to_json",
    "unlistable",
]
