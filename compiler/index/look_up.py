"""What a name, with versions or without, means in an index: one release, one file of it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from looplet.compiler.index.listing import Listed, Packages, Release
from looplet.installed import plain, split

_FINAL: Final = re.compile(r"\d+(\.\d+)*(\.post\d+)?(\+[a-z0-9.]+)?")
"""A version that is no trial: neither a pre-release nor one of a developer."""

_EXACTLY: Final = re.compile(r"={2,3}([^,*]+)")


class NotListed(LookupError):
    """No release of the index is meant. `near`: what stands there and may be."""

    def __init__(self, why: str, near: str = "") -> None:
        super().__init__(why)
        self.near = near


def look_up(packages: Packages, requirement: str) -> tuple[str, Release]:
    """The name and release that `hello`, `hello==1.0.0` or `hello>=1.2,<2` means: the newest.

    A pre-release is taken only if it is named, or if there is nothing else. Names are compared as
    pip does. Raises NotListed; NotInstalled of `looplet.installed` for what is no requirement.
    """
    name, versions = split(requirement)
    known = {plain(each): each for each in packages}
    if plain(name) not in known:
        raise NotListed(f"there is no {name} in it", _near(name, known))
    listed = known[plain(name)]
    releases = packages[listed]
    found = _fitting(releases, versions)
    if found is None:
        there = ", ".join(each.version for each in releases[:8]) or "none"
        raise NotListed(f"no release of {listed} fits {versions or name}", f"there are {there}")
    return listed, found


def file_of(release: Release, suffix: str = "") -> Listed:
    """The file to fetch: that with the suffix, or without one the archive before the wheel.

    Raises NotListed.
    """
    for wanted in (suffix,) if suffix else (".cartridge", ".whl"):
        for each in release.files:
            if each.file.endswith(wanted):
                return each
    there = ", ".join(each.file for each in release.files) or "none"
    raise NotListed(f"{release.version} has no {suffix or 'file'}", f"there are {there}")


def _fitting(releases: Iterable[Release], versions: str) -> Release | None:
    listed = {each.version: each for each in releases}
    if (exact := _EXACTLY.fullmatch(versions)) and exact[1] in listed:
        return listed[exact[1]]
    if not versions:
        # In the order of the index, so that nothing is needed that compares versions.
        final = next((each for each in listed.values() if _FINAL.fullmatch(each.version)), None)
        return final or next(iter(listed.values()), None)
    return _compared(listed, versions)


def _compared(listed: dict[str, Release], versions: str) -> Release | None:
    """The newest of those that fit, as the packaging standards compare."""
    try:
        from looplet.compiler.index.versions import fitting
    except ImportError as error:
        if (error.name or "").partition(".")[0] != "packaging":
            raise
        why = f"comparing versions ({versions}) needs packaging: pip install 'looplet[compiler]'"
        raise NotListed(why, "a name alone means the newest, == an exact one") from None
    found = fitting(listed, versions)
    return None if found is None else listed[found]


def _near(name: str, known: dict[str, str]) -> str:
    from looplet.compiler.suggest import closest

    near = closest(plain(name), known)
    if near:
        return f"did you mean {known[near]}?"
    there = sorted(known.values())
    if not there:
        return "it is empty"
    more = f", and {len(there) - 8} more" if len(there) > 8 else ""
    return f"there are {', '.join(there[:8])}{more}"


__all__ = ["NotListed", "file_of", "look_up"]
