"""The packages in a folder, as an index lists them, and what is wrong with the rest."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from looplet.compiler.archive.errors import PackageError
from looplet.compiler.archive.identity import sha256
from looplet.compiler.archive.opening import bytes_of, package_in
from looplet.compiler.capabilities import inferred
from looplet.compiler.index.listing import SUFFIXES, Listed, Packages, Release, unlistable
from looplet.compiler.index.refusals import refused
from looplet.compiler.index.versions import newest_first
from looplet.compiler.pipeline import check
from looplet.compiler.signing.dsse import from_bytes
from looplet.compiler.signing.errors import BadAttestation
from looplet.contents import PresetError
from looplet.installed import plain

if TYPE_CHECKING:
    from looplet.compiler.diagnostics import Diagnostic
    from looplet.preset import AgentPreset


class Gathered(NamedTuple):
    """packages: what can be listed. refused: files that are no packages. clashes: packages that
    cannot stand beside each other, which makes the whole index wrong."""

    packages: Packages
    refused: tuple[Diagnostic, ...]
    clashes: tuple[Diagnostic, ...]


class _Found(NamedTuple):
    name: str
    release: Release


def gather(folder: str) -> Gathered:
    """What lies in `folder`: files called `.cartridge` and `.whl`, not those of folders in it.

    Each is checked, and nothing of it runs. Raises OSError if the folder cannot be read.
    """
    found: list[_Found] = []
    problems: list[Diagnostic] = []
    for file in _files(folder):
        try:
            found.append(_found(folder, file))
        except PackageError as error:
            problems.append(error.diagnostic)
    clashes = [*_alike(folder, found), *_twice(folder, found)]
    return Gathered(_listed(found), tuple(problems), tuple(clashes))


def _files(folder: str) -> list[str]:
    with os.scandir(folder) as entries:
        return sorted(
            entry.name
            for entry in entries
            # A folder of that name is what a package is built from.
            if entry.name.endswith(SUFFIXES) and entry.name[0] != "." and not entry.is_dir()
        )


# ── one file ──────────────────────────────────────────────────────────────────────────────────────


def _found(folder: str, file: str) -> _Found:
    """The release that one file is. Raises PackageError."""
    path = os.path.join(folder, file)
    data = bytes_of(path)
    package = package_in(data, path)
    if why := unlistable(package.name, package.version, file):
        raise refused("unlistable", path, why=why)
    # First of all: what holds no agent, or another than its files are, is not listed.
    preset = _preset(path)
    manifest = preset.manifest
    reached, undecided = _reach(preset)
    release = Release(
        package.version,
        package.tree_digest,
        package.manifest["digests"]["meaning"],
        (Listed(file, len(data), sha256(data), _key_ids(package.attestations.values())),),
        str(package.manifest["description"]),
        _text(manifest.get("requires_python")),
        _declared(manifest),
        reached,
        undecided,
    )
    return _Found(package.name, release)


def _preset(path: str) -> AgentPreset:
    """The preset that the package carries. Raises PackageError unless its files say the same."""
    checked = check(path).cartridges[0]
    if checked.preset is None:
        raise PackageError(next(each for each in checked.diagnostics if each.severity == "error"))
    return checked.preset


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _declared(manifest: Mapping[str, Any]) -> tuple[str, ...] | None:
    said = manifest.get("capabilities")
    return tuple(sorted(map(str, said))) if isinstance(said, (list, tuple)) else None


def _reach(preset: AgentPreset) -> tuple[tuple[str, ...] | None, int]:
    """What its code can reach, and how many places of it cannot be decided; None if unknown."""
    try:
        found = inferred(preset)
    except PresetError:
        return None, 0
    return found.names, len(found.undecided)


def _key_ids(attestations: Iterable[bytes]) -> tuple[str, ...]:
    """Fingerprints of keys that say they signed it; whether they did, `verify` tells."""
    found: set[str] = set()
    for data in attestations:
        with suppress(BadAttestation):
            found |= {each.key.fingerprint for each in from_bytes(data).signatures}
    return tuple(sorted(found))


# ── all of them ───────────────────────────────────────────────────────────────────────────────────


def _alike(folder: str, found: Iterable[_Found]) -> Iterator[Diagnostic]:
    names: dict[str, str] = {}
    for name, release in found:
        other = names.setdefault(plain(name), name)
        if other != name:
            yield _finding(folder, "alike", release, name=name, other=other)


def _twice(folder: str, found: Iterable[_Found]) -> Iterator[Diagnostic]:
    """Files that say they are the same version: of one kind and not the same bytes, or of two kinds
    and not the same tree."""
    known: dict[tuple[str, str], list[Release]] = {}
    for name, release in found:
        others = known.setdefault((name, release.version), [])
        other = next((each for each in others if _differ(each, release)), None)
        if other is not None:
            version = release.version
            yield _finding(
                folder, "twice", release, name=name, version=version, other=other.files[0].file
            )
        others.append(release)


def _differ(one: Release, other: Release) -> bool:
    return one.tree != other.tree or (
        _kind(one) == _kind(other) and one.files[0].sha256 != other.files[0].sha256
    )


def _kind(release: Release) -> str:
    return os.path.splitext(release.files[0].file)[1]


def _finding(folder: str, rule: str, release: Release, **facts: str) -> Diagnostic:
    return refused(rule, os.path.join(folder, release.files[0].file), **facts).diagnostic


def _listed(found: Iterable[_Found]) -> dict[str, tuple[Release, ...]]:
    by_name: dict[str, dict[str, list[Release]]] = {}
    for name, release in found:
        by_name.setdefault(name, {}).setdefault(release.version, []).append(release)
    return {
        name: tuple(_one(releases[version]) for version in newest_first(releases))
        for name, releases in sorted(by_name.items())
    }


def _one(releases: list[Release]) -> Release:
    """One release of several files; of those with the same bytes the first by name."""
    by_bytes: dict[str, Listed] = {}
    for release in releases:
        (file,) = release.files
        by_bytes.setdefault(file.sha256, file)
    return replace(releases[0], files=tuple(by_bytes.values()))


__all__ = ["Gathered", "gather"]
