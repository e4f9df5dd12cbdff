"""A cartridge to change."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from archive_places import HELLO


@pytest.fixture
def hello(tmp_path: Path) -> Path:
    """A copy of the cartridge `hello`, to be changed."""
    copy = tmp_path / "hello.cartridge"
    shutil.copytree(HELLO, copy, ignore=shutil.ignore_patterns("__pycache__"))
    return copy
