"""`looplet list`: the cartridges that are installed, and those that come with looplet."""

from __future__ import annotations

import json
from typing import NamedTuple

from looplet.installed import Installed, installed, plain
from looplet.shipped import shipped, shipped_manifest, shipped_names
from looplet.types import printable


class Row(NamedTuple):
    """One cartridge. origin: "installed", "editable" or "shipped". path: where it is."""

    name: str
    version: str
    origin: str
    description: str
    path: str
    problem: str = ""


def list_cartridges(as_json: bool = False, index: str | None = None) -> int:
    """Print a line for each: its name, version and origin, and what its manifest says it does.

    index: list what it has, and nothing else. The exit code: 1 if one of them cannot be used.
    """
    if index is not None:
        from looplet.commands.indexed import list_index

        return list_index(index, as_json)
    found = installed()
    rows = [*map(_row, found), *_shipped({plain(one.name) for one in found})]
    if as_json:
        print(json.dumps([row._asdict() for row in rows], indent=2, ensure_ascii=False))
    else:
        _print(rows)
    return int(any(row.problem for row in rows))


def _row(one: Installed) -> Row:
    origin = "editable" if one.editable else "installed"
    return Row(one.name, one.version, origin, one.description, one.path, one.problem)


def _shipped(hidden: set[str]) -> list[Row]:
    """Those that come with looplet. hidden: names of installed ones, which stand before them."""
    rows = []
    for name in shipped_names():
        if plain(name) not in hidden:
            folder = shipped(name) or ""
            said = shipped_manifest(folder)
            about = said.get("description")
            words = about if isinstance(about, str) else ""
            rows.append(Row(name, str(said.get("version", "")), "shipped", words, folder))
    return rows


def _print(rows: list[Row]) -> None:
    lines = [
        (
            printable(row.name, 40),
            printable(row.version, 20),
            row.origin,
            printable(f"cannot be used: {row.problem}" if row.problem else row.description, 400),
        )
        for row in rows
    ]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)][:3]
    for *facts, about in lines:
        padded = [f"{fact:{width}}" for fact, width in zip(facts, widths, strict=True)]
        print("  ".join([*padded, about]).rstrip())
