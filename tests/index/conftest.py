"""For the tests of indexes: a cache of their own, a folder of packages, no proxies, no index."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The cache folder of this test, not there yet; and no setting of whoever runs it."""
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)
    monkeypatch.delenv("LOOPLET_INDEX", raising=False)
    folder = tmp_path / "cache"
    monkeypatch.setenv("LOOPLET_CACHE_DIR", str(folder))
    return folder


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Where cartridges are written that packages are made of."""
    return tmp_path / "source"


@pytest.fixture
def dist(tmp_path: Path) -> Path:
    """A folder for packages."""
    folder = tmp_path / "dist"
    folder.mkdir()
    return folder
