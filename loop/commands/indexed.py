"""`--index` of `looplet run` and `list`: cartridges by their names from an index of packages."""

from __future__ import annotations

import json
import sys

from looplet.cli import Failure
from looplet.commands.show import safe
from looplet.contents import PresetError
from looplet.places import NoPlace, Place, is_name, place_at, place_of
from looplet.types import printable


def place_in(index: str, requirement: str) -> Place:
    """The package file that a name, with versions or without, means in an index, fetched.

    It is a package from elsewhere: what such a one is asked before it runs, it is still to be
    asked. Raises Failure, also for a path, which no index holds.
    """
    from looplet.compiler.index.fetch import fetch

    if not is_name(requirement):
        raise Failure(f"an index holds names, and {safe(requirement)!r} is a path; leave one out")
    try:
        got = fetch(index, requirement)
    except PresetError as error:
        raise Failure(safe(str(error))) from error
    for remark in got.remarks:
        sys.stderr.write(f"looplet: {safe(remark)}\n")
    return place_at(got.path)


def place_here_or_in(index: str, named: str) -> Place:
    """What `named` means on this machine, or in the index if nothing here has that name."""
    try:
        return place_of(named)
    except NoPlace as error:
        if is_name(named):
            return place_in(index, named)
        raise Failure(safe(str(error))) from error
    except PresetError as error:
        raise Failure(safe(str(error))) from error


def list_index(index: str, as_json: bool = False) -> int:
    """Print what an index lists, the newest release of each cartridge; the exit code."""
    from looplet.compiler.index.fetch import listed

    try:
        packages, remarks = listed(index)
    except PresetError as error:
        raise Failure(safe(str(error))) from error
    for remark in remarks:
        sys.stderr.write(f"looplet: {safe(remark)}\n")
    newest = {name: releases[0] for name, releases in packages.items() if releases}
    if as_json:
        rows = [
            {
                "name": name,
                "version": release.version,
                "versions": [each.version for each in packages[name]],
                "description": release.description,
            }
            for name, release in newest.items()
        ]
        print(json.dumps(rows, indent=2, ensure_ascii=False))
        return 0
    name_width = max(map(len, newest), default=0)
    version_width = max((len(each.version) for each in newest.values()), default=0)
    for name, release in newest.items():
        about = printable(release.description, 200)
        print(f"{name:{name_width}}  {release.version:{version_width}}  {about}".rstrip())
    return 0


__all__ = ["list_index", "place_here_or_in", "place_in"]
