"""Keys, packages, and a machine with or without what verifies."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from signing_files import Desk
from signing_keys import Keys

from looplet.compiler import cartridge_to_preset
from looplet.compiler.archive.package import Package, pack
from looplet.compiler.signing import ed25519, ssh_keygen

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def package() -> Package:
    """A package of a cartridge that ships."""
    return pack(cartridge_to_preset(ROOT / "cartridges/hello.cartridge"))


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Keys:
    return Keys(tmp_path_factory.mktemp("keys"))


@pytest.fixture
def without_cryptography(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a machine with the core alone."""
    import sys

    for name in [name for name in sys.modules if name.partition(".")[0] == "cryptography"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "cryptography", None)
    assert not ed25519.available()


@pytest.fixture
def without_ssh_keygen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", os.devnull)
    assert ssh_keygen.program() is None


@pytest.fixture
def ssh() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run ssh-keygen; skips where there is none."""
    found = shutil.which("ssh-keygen")
    if found is None:
        pytest.skip("ssh-keygen is not installed")

    def run(*words: str | Path, data: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [found, *map(str, words)], input=data, capture_output=True, text=True, check=False
        )

    return run


@pytest.fixture
def desk(tmp_path: Path, keys: Keys, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A folder to work in, with settings and state of its own."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    monkeypatch.chdir(tmp_path)
    return Desk(tmp_path, keys)
