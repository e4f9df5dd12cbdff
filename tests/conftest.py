"""For every test: a cache of its own, steady hypothesis settings, and links that are up to date."""

from __future__ import annotations

import os
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

import looplet

ROOT = Path(__file__).parents[1]
MOUNTS = {"loop": ".", "compiler": "compiler", "schema": "schema", "cartridges": "cartridges"}

# No deadline: how long an example takes says more of the machine than of the code.
settings.register_profile(
    "default", deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)
settings.load_profile("default")


def _files(root: Path) -> set[str]:
    return {
        path.relative_to(root).as_posix()
        for path in root.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def pytest_configure() -> None:
    """Fail early, and say what to do, when the tree of links of an editable install is stale."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        # Begun in the background by a shell: the programs that tests start would ignore it too.
        signal.signal(signal.SIGINT, signal.default_int_handler)
    package = Path(looplet.__file__).parent
    if "__editable__" not in package.parent.name:
        return
    linked = _files(package)
    source = {
        (Path(mount) / name).as_posix()
        for folder, mount in MOUNTS.items()
        for name in _files(ROOT / folder)
    }
    if missing := sorted(source - linked):
        pytest.exit(f"not linked: {missing[0]}; run `pip install -e .` again", returncode=4)


@pytest.fixture(autouse=True, scope="session")
def own_folders() -> Iterator[None]:
    """No test reads or writes the cache, the trust file or the answers of whoever runs it."""
    names = ("LOOPLET_CACHE_DIR", "XDG_CONFIG_HOME", "XDG_STATE_HOME")
    before = {name: os.environ.get(name) for name in names}
    with tempfile.TemporaryDirectory(prefix="looplet-own-") as folder:
        for name in names:
            os.environ[name] = os.path.join(folder, name.lower())
        yield
    for name, value in before.items():
        if value is None:
            del os.environ[name]
        else:
            os.environ[name] = value
