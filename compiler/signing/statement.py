"""What is signed: an in-toto statement that this package is this release of this cartridge.

It binds all of the package but its attestations: the tree, the meaning, and by `contents` each byte
of what the package says of itself (manifest, preset, lock) as well, so that none of them can be
exchanged under a signature.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from looplet.compiler.archive.identity import sha256
from looplet.compiler.archive.package import ATTESTATIONS, RECORD, Package
from looplet.compiler.archive.record import lines
from looplet.compiler.signing.errors import BadAttestation
from looplet.compiler.signing.strict import canonical, read_canonical
from looplet.compiler.signing.times import is_moment

TYPE: Final = "https://in-toto.io/Statement/v1"
PREDICATE: Final = "urn:looplet:cartridge-release:1"
CONTENTS: Final = "looplet contents 1\n"


def contents_digest(package: Package) -> str:
    """sha256 of a line that names the format, and RECORD's lines of all but the attestations."""
    kept = {
        name: file
        for name, file in package.members().items()
        if name != RECORD and not name.startswith(ATTESTATIONS)
    }
    return sha256((CONTENTS + "".join(lines(kept))).encode())


def statement(
    package: Package, expires: str | None = None, contents: str | None = None
) -> dict[str, Any]:
    """The statement of `package`. expires: the moment from which on it does not hold any more.
    contents: its `contents_digest`, for who has it already."""
    digests = {
        "tree": package.tree_digest,
        "meaning": package.manifest["digests"]["meaning"],
        "contents": contents_digest(package) if contents is None else contents,
    }
    predicate = {
        "name": package.name,
        "version": package.version,
        "format": package.manifest["format"],
        "digests": digests,
    }
    if expires is not None:
        predicate["expires"] = expires
    return {
        "_type": TYPE,
        "subject": [
            {"name": f"{package.name}-{package.version}", "digest": {"sha256": digests["tree"]}}
        ],
        "predicateType": PREDICATE,
        "predicate": predicate,
    }


def expiry(payload: bytes, package: Package, contents: str | None = None) -> str | None:
    """When the statement in `payload` ceases to hold, if it says so. contents: as for `statement`.

    Raises BadAttestation unless it is, byte for byte, that of this package.
    """
    value = read_canonical(payload, "the statement")
    predicate = value.get("predicate") if isinstance(value, dict) else None
    expires = predicate.get("expires") if isinstance(predicate, dict) else None
    if expires is not None and not is_moment(expires):
        raise BadAttestation(f"the statement's expiry is no date: {expires!r:.40}")
    expected = statement(package, expires, contents)
    if canonical(expected) != payload:
        raise BadAttestation(_difference(value, expected), "CT772")
    return expires if isinstance(expires, str) else None


def _difference(value: Any, expected: Mapping[str, Any]) -> str:
    """The first part, in the order of what matters most, that is not this package's."""
    for name in ("_type", "predicateType"):
        if (said := _at(value, (name,))) != expected[name]:
            return f"its {name} is {said!r:.60}, and this looplet knows {expected[name]!r} alone"
    for name in ("name", "version"):
        said, due = _at(value, ("predicate", name)), expected["predicate"][name]
        if said != due:
            return f"it is about another package: its {name} is {said!r:.60}, here it is {due!r}"
    for name, what in _DIGESTS.items():
        said, due = (_at(each, ("predicate", "digests", name)) for each in (value, expected))
        if said != due:
            was = f"the digest of its {name} is {said!s:.12}…"
            return f"it is about {what}: {was}, here it is {due:.12}…"
    return "it is no statement about a package of this format"


_DIGESTS: Final = {
    "tree": "other files",
    "meaning": "other values",
    "contents": "another manifest, preset or lock",
}


def _at(value: Any, way: tuple[str, ...]) -> Any:
    for name in way:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


__all__ = ["PREDICATE", "contents_digest", "expiry", "statement"]
