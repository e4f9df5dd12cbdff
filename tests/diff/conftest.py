"""Two versions of one cartridge: the small one that ships, and an edit of it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from looplet.compiler.diff.changes import Change
from looplet.compiler.diff.review import Review, read, review

HELLO = Path(__file__).parents[2] / "cartridges" / "hello.cartridge"
ALSO = {
    "config.yaml": HELLO.joinpath("config.yaml").read_text("utf-8")
    + """\
permissions:
  default: deny
  allow: [greet, done]
mcp_servers:
  docs:
    command: docs-server
    tools: [search]
builtin_hooks:
  - stagnation
  - budget_cap: {max_tokens: 1000}
""",
    "cartridge.json": """\
{
  "name": "hello",
  "schema_version": 2,
  "version": "1.0.0",
  "description": "Greets people.",
  "dependencies": ["rich>=13"]
}
""",
    "runtime.yaml": "max_tokens: 500\n",
    "memory/long_term.md": "Everybody has a name.\n",
    "data/names.bin": b"\x00\x01",
}
"""What the shipped one has not, and a review has to be able to tell."""

Contents = Mapping[str, str | bytes | None]


def put(folder: Path, files: Contents) -> None:
    """Write files; None takes one away."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if content is None:
            path.unlink()
        elif isinstance(content, bytes):
            path.write_bytes(content)
        else:
            path.write_bytes(content.encode())


@pytest.fixture
def old(tmp_path: Path) -> Path:
    folder = tmp_path / "old" / "hello.cartridge"
    shutil.copytree(HELLO, folder, ignore=shutil.ignore_patterns("__pycache__"))
    put(folder, ALSO)
    return folder


@pytest.fixture
def new(old: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "new" / "hello.cartridge"
    shutil.copytree(old, folder)
    return folder


@pytest.fixture
def edit(new: Path) -> Callable[..., None]:
    """edit("config.yaml", "old text", "new text"): once, in the new version."""

    def change(name: str, before: str, after: str) -> None:
        path = new / name
        text = path.read_bytes().decode()
        assert text.count(before) == 1, f"{before!r} in {name}"
        path.write_bytes(text.replace(before, after).encode())

    return change


@pytest.fixture
def reviewed(old: Path, new: Path) -> Callable[[], Review]:
    def compared() -> Review:
        return review(read(str(old)), read(str(new)))

    return compared


def only(found: Review, kind: str) -> Change:
    """The one change of a kind."""
    listed = [change for change in found.changes if change.kind == kind]
    assert len(listed) == 1, [change.kind for change in found.changes]
    return listed[0]


def kinds(found: Any) -> list[str]:
    return [change.kind for change in found]
