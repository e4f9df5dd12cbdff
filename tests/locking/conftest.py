"""A cartridge to lock, installers that know a wheelhouse only, and an npm that knows a table."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from locked_folders import FILES, NPM, Lock, write
from wheelhouse import index, sdist, settings, wheel

from looplet import AgentPreset
from looplet.compiler import cartridge_to_preset
from looplet.compiler.cli import main


@pytest.fixture(scope="session")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheelhouse")
    for version in ("1.0", "1.1"):
        wheel(folder, "alpha", version)
    wheel(folder, "alpha", "2.0", ["beta>=1"])
    for version in ("1.0", "1.4", "1.5"):
        wheel(folder, "beta", version)
    wheel(folder, "gamma", "1.0", ["winonly; sys_platform == 'win32'"])
    wheel(folder, "winonly", "3.0")
    wheel(folder, "delta", "0.1", ["alpha"])
    wheel(folder, "clock", "2.0", ["nowhere-to-be-found"])
    sdist(folder, "built", "1.0", folder / "it_was_built")
    index(folder)
    return folder


@pytest.fixture(autouse=True)
def alone(
    wheels: Path, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: Any
) -> None:
    """Nothing outside is asked: neither an index, nor npm's registry, nor the user's settings."""
    for name in list(os.environ):
        if name.startswith(("PIP_", "UV_", "OPENAI_", "LOOPLET_")):
            monkeypatch.delenv(name)
    for name, value in settings(wheels).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("LOOPLET_CACHE_DIR", str(tmp_path / "cache"))
    shims = tmp_path_factory.mktemp("bin")
    npm = shims / "npm"
    npm.write_text(
        f"#!{sys.executable}\nimport json, sys\nknown = {NPM!r}\n"
        "words = sys.argv[1:]\n"
        "assert words[0] == 'view' and words[2:] == ['dist.integrity', '--json'], words\n"
        "if words[1] not in known:\n"
        "    print(json.dumps({'error': {'code': 'E404'}}))\n"
        "    sys.exit('npm error code E404')\n"
        "print(json.dumps(known[words[1]]))\n"
    )
    npm.chmod(0o755)
    monkeypatch.setenv("PATH", f"{shims}{os.pathsep}{os.environ['PATH']}")


@pytest.fixture
def child(tmp_path: Path) -> Path:
    """The folder of the cartridge; its parents lie beside it."""
    return write(tmp_path, FILES) / "child.cartridge"


@pytest.fixture
def preset(child: Path) -> AgentPreset:
    return cartridge_to_preset(child)


@pytest.fixture
def lock(child: Path, capsys: Any) -> Lock:
    """lock("--check", …): the command on the child; its exit code, stdout and stderr."""

    def run(*options: str, path: Any = child) -> tuple[int, str, str]:
        capsys.readouterr()
        code = main(["lock", str(path), *options])
        return (code, *capsys.readouterr())

    return run


@pytest.fixture
def edit(child: Path) -> Callable[[Mapping[str, str | None]], Path]:
    """edit({path: text}): change files, by their path from the folder above the child."""
    return lambda files: write(child.parent, files)
