"""`looplet-compile index`: makes a folder of packages a registry that any web server hands out."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING

from looplet.compiler.cli import Answer
from looplet.compiler.index.gather import gather
from looplet.compiler.index.listing import NAME, Packages, to_json
from looplet.compiler.index.page import page
from looplet.compiler.index.place import NotOurs, place
from looplet.compiler.index.simple import simple
from looplet.compiler.render.place import shown_path
from looplet.compiler.render.visible import visible

if TYPE_CHECKING:
    from looplet.compiler.diagnostics import Diagnostic


def index(folder: str, *, skip_bad: bool) -> Answer:
    """Write `index.json`, `index.html` and `simple/` into `folder`, which list the packages there.

    skip_bad: leave out what is no package; without it nothing is written then. Packages that cannot
    stand beside each other are an error in any case. Raises OSError.
    """
    found = gather(folder)
    remarks = _lines((*found.refused, *found.clashes))
    if found.clashes or (found.refused and not skip_bad):
        hint = "" if found.clashes else "; --skip-bad leaves such files out"
        return Answer(1, remarks=f"{remarks}nothing was written{hint}\n")
    files = {"index.html": page(found.packages), **simple(found.packages)}
    try:
        # The index last: what it lists is whole when it has its name.
        place(folder, {**files, NAME: to_json(found.packages)})
    except NotOurs as error:
        there = visible(error.path)
        why = f"{there} is not of `looplet-compile index`, so it was not replaced; move it away\n"
        return Answer(1, remarks=f"{remarks}{why}")
    return Answer(0, _wrote(folder, found.packages), remarks)


def _wrote(folder: str, packages: Packages) -> str:
    releases = sum(map(len, packages.values()))
    shown = visible(os.path.join(folder, NAME))
    return f"wrote {shown}: {_some(len(packages), 'cartridge')}, {_some(releases, 'release')}\n"


def _some(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"


def _lines(found: Iterable[Diagnostic]) -> str:
    return "".join(
        visible(f"{shown_path(each.cartridge, each.path)}: {each.code} {each.message}") + "\n"
        for each in found
    )


__all__ = ["index"]
