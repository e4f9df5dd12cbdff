"""Cartridges that are installed, found by what their distributions say; none is imported.

A distribution that holds a cartridge names it in `entry_points.txt`, in the group
`looplet.cartridges`. Its package lies beside that file, as it lies in an archive (`cartridge/`,
`CARTRIDGE-INFO/` …); an editable install has a pointer to the folder in its place. What is wrong
with one is told as a problem of that one, and hides none of the others.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterable, Iterator
from typing import Any, Final, NamedTuple

from looplet.contents import PresetError

GROUP: Final = "looplet.cartridges"
ENTRY_POINTS: Final = "entry_points.txt"
_AT_ONCE: Final = getattr(os, "O_NONBLOCK", 0)
MANIFEST: Final = "CARTRIDGE-INFO/manifest.json"
EDITABLE: Final = "CARTRIDGE-INFO/editable.json"
"""`{"folder": …}`: where the folder of an editable install is."""

_NAME: Final = r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?"
_REQUIREMENT: Final = re.compile(rf"\s*({_NAME})\s*((?:[<>=!~].*)?)", re.DOTALL)


class Installed(NamedTuple):
    """One installed cartridge.

    path: its `*.dist-info` folder; of an editable one its own folder. distribution: what pip calls
    it. problem: why it cannot be used, "" if it can.
    """

    name: str
    version: str
    path: str
    distribution: str
    editable: bool = False
    problem: str = ""
    description: str = ""


class NotInstalled(PresetError):
    """No installed cartridge can be meant.

    rule: what is wrong: "missing", "version", "twice", "broken" or "requirement". why: the same in
    words, for who says by itself what cannot be used.
    """

    def __init__(self, text: str, rule: str, why: str = "") -> None:
        super().__init__(text)
        self.rule = rule
        self.why = why or text


# ── finding ───────────────────────────────────────────────────────────────────────────────────────


def installed(path: Iterable[str] | None = None) -> list[Installed]:
    """Every installed cartridge, by name, the broken ones too. path: in place of `sys.path`."""
    found: list[Installed] = []
    seen: set[str] = set()
    for folder in sys.path if path is None else path:
        here: dict[str, list[str]] = {}
        for info in _distributions(folder):
            here.setdefault(plain(os.path.basename(info).partition("-")[0]), []).append(info)
        for distribution in here.keys() - seen:
            for info in here[distribution]:
                found += _cartridges(info, len(here[distribution]) > 1)
        # As Python has it: what comes first on the path hides what is of the same name behind it.
        seen |= here.keys()
    return _ambiguous(sorted(found, key=lambda one: (plain(one.name), one.distribution)))


def find(requirement: str) -> Installed:
    """The installed cartridge that a name, or a name with versions (`hello>=1.2`), means.

    Raises NotInstalled when there is none, none of that version, more than one, or a broken one.
    """
    name, versions = split(requirement)
    found = [one for one in installed() if plain(one.name) == plain(name)]
    if not found:
        raise NotInstalled(f"no cartridge {name!r} is installed", "missing")
    for one in found:
        if one.problem:
            rule = "twice" if len(found) > 1 else "broken"
            text = f"the installed cartridge {name!r} cannot be used: {one.problem}"
            raise NotInstalled(text, rule, one.problem)
    (one,) = found
    if not fits(one.version, versions):
        raise NotInstalled(
            f"{name} {one.version} is installed, and {requirement.strip()} is asked for; "
            f"pip install '{one.distribution}{versions}'",
            "version",
        )
    return one


def split(requirement: str) -> tuple[str, str]:
    """The name and the versions (`>=1.2,<2`, or "") of a requirement. Raises NotInstalled."""
    match = _REQUIREMENT.fullmatch(requirement)
    if match is None:
        raise NotInstalled(
            f"{requirement!r:.80} is no name of a cartridge, with versions or without, such as "
            "hello or hello>=1.2",
            "requirement",
        )
    return match[1], "".join(match[2].split())


def fits(version: str, versions: str) -> bool:
    """Whether a version is one of `versions`. Raises NotInstalled for what says no versions."""
    if not versions:
        return True
    try:
        from looplet.compiler.versions import fits as judged
    except ImportError as error:
        if error.name != "packaging":
            raise
        raise NotInstalled(
            f"comparing versions ({versions}) needs packaging: pip install 'looplet[compiler]'",
            "requirement",
        ) from error
    try:
        return judged(version, versions)
    except ValueError as error:
        raise NotInstalled(str(error), "requirement") from None


def plain(name: str) -> str:
    """A name as distributions are compared by: `git_detective` and `Git-Detective` are one."""
    return re.sub(r"[-_.]+", "-", name).lower()


# ── one distribution ──────────────────────────────────────────────────────────────────────────────


def _distributions(folder: str) -> Iterator[str]:
    """The `*.dist-info` folders in one folder of the path that say that they hold a cartridge."""
    # Not the folder that one happens to stand in: what lies there nobody has installed.
    if not folder:
        return
    try:
        with os.scandir(folder) as entries:
            names = [entry.path for entry in entries if entry.name.endswith(".dist-info")]
    except OSError:
        return
    group = GROUP.encode()
    for info in sorted(names):
        try:
            # Not to wait for what writes into a pipe of that name.
            handle = os.open(f"{info}/{ENTRY_POINTS}", os.O_RDONLY | _AT_ONCE)
        except OSError:
            continue  # most distributions have none
        try:
            data = os.read(handle, 1 << 20)
        except OSError:
            continue
        finally:
            os.close(handle)
        if group in data:
            yield info


def _cartridges(info: str, twice: bool) -> Iterator[Installed]:
    """The cartridges of one distribution. twice: it is there in two versions."""
    stem = os.path.basename(info).removesuffix(".dist-info")
    distribution, _, version = stem.partition("-")
    distribution = distribution.replace("_", "-")
    try:
        with open(f"{info}/{ENTRY_POINTS}", encoding="utf-8") as stream:
            names = list(_entries(stream.read()))
    except (OSError, ValueError) as error:
        problem = f"its {ENTRY_POINTS} cannot be read: {_why(error)}"
        yield Installed(stem, version, info, distribution, problem=problem)
        return
    for name in names:
        one = _one(name, version, info, distribution)
        if twice and not one.problem:
            one = one._replace(
                problem=f"{distribution} is installed in two versions; pip install it again"
            )
        yield one


def _entries(text: str) -> Iterator[str]:
    """The names in the group of an `entry_points.txt`."""
    inside = False
    for line in map(str.strip, text.splitlines()):
        if line.startswith("["):
            inside = line.strip("[] \t") == GROUP
        elif inside and line and line[0] not in "#;":
            name, equals, _ = line.partition("=")
            if not equals:
                raise ValueError(f"{line!r:.60} is no entry")
            yield name.strip()


def _one(name: str, version: str, info: str, distribution: str) -> Installed:
    """What the metadata of one cartridge says of it."""

    def known(problem: str = "", **more: Any) -> Installed:
        values = {"name": name, "version": version, "path": info, "distribution": distribution}
        return Installed(**{**values, **more}, problem=problem)

    if not re.fullmatch(_NAME, name):
        return known("its entry point has no name of a cartridge")
    try:
        if os.path.lexists(f"{info}/{EDITABLE}"):
            folder = _json(f"{info}/{EDITABLE}")["folder"]
            if not isinstance(folder, str) or not os.path.isabs(folder):
                return known(f"{EDITABLE} names no folder")
            if not os.path.isdir(folder):
                return known(f"its folder {folder} is gone; pip install -e it again")
            return known(path=folder, editable=True, **_manifest(folder))
        said = _json(f"{info}/{MANIFEST}")
        if plain(str(said["name"])) != plain(name):
            return known(f"its package is {said['name']!r:.60}, not {name!r}")
        return known(version=str(said["version"]), description=str(said["description"]))
    except FileNotFoundError as error:
        missing = os.path.relpath(str(error.filename), info)
        return known(f"its {missing} is missing; pip install {distribution} again")
    except (OSError, LookupError, TypeError, ValueError, RecursionError) as error:
        return known(f"its metadata is broken: {_why(error)}; pip install {distribution} again")


def _json(path: str) -> dict[str, Any]:
    with open(path, encoding="utf-8-sig") as stream:
        value = json.load(stream)
    if not isinstance(value, dict):
        raise ValueError(f"{os.path.basename(path)} is no mapping")
    return value


def _manifest(folder: str) -> dict[str, str]:
    """What the manifest in a folder says now, which may be more than when it was installed."""
    try:
        said = _json(os.path.join(folder, "cartridge.json"))
    except (OSError, ValueError, RecursionError):
        return {}  # the check of the folder says what is wrong with it
    return {key: said[key] for key in ("version", "description") if isinstance(said.get(key), str)}


def _ambiguous(found: list[Installed]) -> list[Installed]:
    """With a problem for each cartridge that more than one distribution gives."""
    owners: dict[str, list[str]] = {}
    for one in found:
        known = owners.setdefault(plain(one.name), [])
        if one.distribution not in known:
            known.append(one.distribution)
    return [
        one
        if len(owners[plain(one.name)]) == 1 or one.problem
        else one._replace(
            problem=f"{' and '.join(owners[plain(one.name)])} both give it; pip uninstall one"
        )
        for one in found
    ]


def _why(error: Exception) -> str:
    if isinstance(error, OSError):
        return error.strerror or str(error)
    return f"there is no {error}" if isinstance(error, LookupError) else str(error)


__all__ = ["Installed", "NotInstalled", "find", "fits", "installed", "plain", "split"]
