"""The code of a shipped cartridge, loaded, and a real repository to run it on."""

import os
from pathlib import Path
from types import SimpleNamespace

import pytest
from real_git import Repo

from looplet.link.namespace import Namespace
from looplet.preset import File

CARTRIDGES = Path(__file__).resolve().parents[2] / "cartridges"


class Cartridge:
    """The Python files of one shipped cartridge, in a namespace of their own."""

    def __init__(self, name):
        self.root = CARTRIDGES / f"{name}.cartridge"
        files = {
            path.relative_to(self.root).as_posix(): File(path.read_bytes())
            for path in self.root.rglob("*.py")
        }
        self._namespace = Namespace(files, lambda path: str(self.root / path), on_disk=True)

    def load(self, path):
        return self._namespace.load(path)

    def resource(self, name, **runtime):
        return self.load(f"resources/{name}.py").build(runtime)

    def call(self, tool, resources, **args):
        ctx = SimpleNamespace(resources=resources)
        return self.load(f"tools/{tool}/execute.py").execute(ctx, **args)


@pytest.fixture(autouse=True)
def plain_git(monkeypatch, tmp_path):
    """No configuration of this machine or its user, and no repository around the temporary one."""
    for name in list(os.environ):
        if name.startswith("GIT_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.setenv("HOME", str(tmp_path))


@pytest.fixture
def repo(tmp_path):
    return Repo(tmp_path / "project")


@pytest.fixture(scope="session")
def detective():
    return Cartridge("git_detective")


@pytest.fixture(scope="session")
def hello():
    return Cartridge("hello")


@pytest.fixture
def ask(detective, repo):
    """ask("hotspots", limit=3): what the tool says of `repo`; `runtime` holds further inputs."""

    def ask(tool, runtime=None, **args):
        built = detective.resource("repository", **{"repo": str(repo.path), **(runtime or {})})
        return detective.call(tool, {"repository": built}, **args)

    return ask
