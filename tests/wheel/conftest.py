"""Cartridges to make wheels of, and environments to install them into, once for all tests here."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import environments
import pytest
from environments import Environment
from wheel_cases import CORPUS, said


@pytest.fixture
def minimal(tmp_path: Path) -> Path:
    """A copy of the smallest cartridge: no template, no dependency, a script to run it with."""
    root = tmp_path / "minimal.cartridge"
    shutil.copytree(CORPUS / "valid" / "minimal.cartridge", root)
    script = [{"tool": "done", "args": {"summary": "as asked"}}]
    (root / "evals" / "scripts").mkdir(parents=True)
    (root / "evals" / "scripts" / "demo.json").write_text(json.dumps(script))
    return root


@pytest.fixture(scope="session")
def odd(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cartridge with one of each thing, and names that are hard on archives and installers."""
    root = tmp_path_factory.mktemp("odd") / "odd.cartridge"
    shutil.copytree(CORPUS / "valid" / "everything.cartridge", root)
    said(root, name="My.Agent_2", version="1.0.0-beta.2", capabilities=["files", "processes"])
    for name in ("data/a, b.csv", "data/Schnee ☃.md", "lib/10_x.py", "empty/RECORD", "METADATA"):
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_text(f"# {name}\n")
    (root / "bin").mkdir(exist_ok=True)
    (root / "bin" / "run.sh").write_text("#!/bin/sh\n")
    (root / "bin" / "run.sh").chmod(0o755)
    tool = root / "tools" / "git-log"
    tool.mkdir()
    (tool / "tool.yaml").write_text("name: git-log\ndescription: Reads it.\nparameters: {}\n")
    (tool / "execute.py").write_text("def execute() -> str:\n    return ''\n")
    return root


@pytest.fixture(scope="session")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of wheels, for installers that may ask nobody else; looplet is in it."""
    folder = tmp_path_factory.mktemp("offline") / "wheels"
    folder.mkdir()
    environments.looplet_wheel(folder)
    return folder


@pytest.fixture(scope="session")
def bare(tmp_path_factory: pytest.TempPathFactory, wheels: Path) -> Environment:
    """An environment with nothing but looplet's core."""
    return environments.make(tmp_path_factory.mktemp("bare") / "venv", wheels, full=False)


@pytest.fixture(scope="session")
def full(tmp_path_factory: pytest.TempPathFactory, wheels: Path) -> Environment:
    """An environment where cartridges can be compiled, too."""
    return environments.make(tmp_path_factory.mktemp("full") / "venv", wheels, full=True)
