"""The documentation as data: its pages, and the fenced blocks in them with what is said of each.

A comment on the line before a fence says how the block is meant:

    <!-- not run: why -->          it cannot run here; `test_not_run` lists them all
    <!-- exits 1 -->               its last command leaves with this code
    <!-- file: a/b.yaml -->        a whole file, written to the folder that the page works in
    <!-- part of: config.yaml -->  a piece of such a file, held against its schema
    <!-- output -->                what the Python block before it prints

A block inside a comment runs as well and is not shown: it starts what stands in for something that
a test has not (`stand_ins.py`), and the page says so.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
GENERATED = ("errors.md", "benchmarks.md")
"""Pages that a program wrote: their blocks are examples of mistakes, or tables of figures."""

_FENCE = re.compile(r"^(?P<indent> *)```(?P<language>[\w-]*)\s*$")
_COMMENT = re.compile(r"<!--\s*(not run|exits|file|part of|output)\b:?\s*(.*?)\s*-->$")


@dataclass(frozen=True)
class Block:
    """One fenced block. `line` is that of its first line of content, from 1."""

    page: Path
    line: int
    language: str
    text: str
    kind: str = ""
    said: str = ""

    @property
    def where(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def pages() -> list[Path]:
    """Every page for people, the README first."""
    own = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md"]
    return own + sorted((ROOT / "docs").glob("*.md"))


def written_by_hand() -> list[Path]:
    return [page for page in pages() if page.name not in GENERATED]


def blocks(page: Path) -> list[Block]:
    return list(_blocks(page))


def _blocks(page: Path) -> Iterator[Block]:
    lines = page.read_text(encoding="utf-8").splitlines()
    number = 0
    while number < len(lines):
        opened = _FENCE.match(lines[number])
        if not opened:
            number += 1
            continue
        start = number + 1
        indent = opened["indent"]
        end = start
        while lines[end] != f"{indent}```":
            end += 1
        text = "\n".join(line.removeprefix(indent) for line in lines[start:end])
        before = next((line for line in reversed(lines[:number]) if line.strip()), "")
        comment = _COMMENT.search(before)
        kind, said = (comment[1], comment[2]) if comment else ("", "")
        yield Block(page, start + 1, opened["language"], text, kind, said)
        number = end + 1


def prose(page: Path) -> str:
    """A page without its fenced blocks."""
    kept, inside = [], False
    for line in page.read_text(encoding="utf-8").splitlines():
        if _FENCE.match(line):
            inside = not inside
        elif not inside:
            kept.append(line)
    return "\n".join(kept)


def anchors(page: Path) -> set[str]:
    """The anchors that headings of a page make, as GitHub spells them."""
    found: dict[str, int] = {}
    names = set()
    for line in prose(page).splitlines():
        heading = re.match(r"#{1,6} +(.*?)\s*#*$", line)
        if not heading:
            continue
        text = (
            re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", html.unescape(heading[1]))
            .replace("`", "")
            .replace("*", "")
        )
        name = re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-")
        count = found.get(name, 0)
        found[name] = count + 1
        names.add(name if not count else f"{name}-{count}")
    return names
