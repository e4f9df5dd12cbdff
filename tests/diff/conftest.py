"""Two versions of one cartridge in two folders: `old`, and `new`, which a test edits."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from two_versions import ALSO, HELLO, put

from looplet.compiler.diff.review import Review, read, review


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
