"""Pieces of code and what they reach: `snippets.txt`, read as data.

    == files:read  |  processes ?            what it reaches, `?` for undecided, `-` for nothing
    import subprocess
    -- helper.py                             what follows is in another file of the cartridge

The first file is the code of a tool. Whatever else is found makes a test fail, too.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from looplet.compiler.capabilities import Capabilities, inferred
from looplet.preset import File

TOOL = "tools/probe/execute.py"


@dataclass(frozen=True)
class Snippet:
    """A piece of code. reached: the words that it is expected to come to. file: the group."""

    name: str
    reached: frozenset[str]
    files: tuple[tuple[str, str], ...]

    def inferred(self) -> Capabilities:
        return of(dict(self.files))


def of(sources: dict[str, str]) -> Capabilities:
    """What files of Python, by path, are found to reach."""
    return inferred({path: File(text.encode()) for path, text in sources.items()})


def words(found: Capabilities) -> set[str]:
    """The capabilities, with `?` for what is undecided."""
    return {*found.names, *("?" for _ in found.undecided)}


def read(name: str) -> list[Snippet]:
    """The snippets of one file, named by it and their line."""
    found: list[Snippet] = []
    head, number, files = "", 0, {TOOL: ""}
    path = TOOL
    lines = (Path(__file__).parent / name).read_text("utf-8").splitlines()
    for at, line in enumerate([*lines, "== end"], start=1):
        if line.startswith("== "):
            if head:
                expected = frozenset(head.split()) - {"-"}
                found.append(Snippet(f"{number}-{head}", expected, tuple(files.items())))
            head, number, files, path = line[3:], at, {TOOL: ""}, TOOL
        elif line.startswith("-- "):
            path = line[3:]
            files[path] = ""
        else:
            files[path] += line + "\n"
    return found
