"""The two installed packages under measurement, each in an environment of its own.

In: a folder to keep them in.  Out: two `Environment`s.  The peer comes from the package registry;
ours is a wheel built from a copy of this tree, so the benchmark measures what a user would install
and no leftover of an earlier build gets in.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import venv
from dataclasses import dataclass
from pathlib import Path

PEER = "looplet==0.4.1"
ROOT = Path(__file__).resolve().parents[2]
SOURCES = ("loop", "compiler", "schema", "cartridges")
SINGLE_FILES = ("pyproject.toml", "README.md", "LICENSE")


@dataclass(frozen=True)
class Environment:
    """One virtual environment, and the name its column has in the tables."""

    name: str
    folder: Path

    @property
    def python(self) -> Path:
        return self.folder / "bin" / "python"

    def command(self, name: str) -> Path:
        return self.folder / "bin" / name


def prepare(home: Path) -> tuple[Environment, Environment]:
    """Create or reuse both environments below `home` -> (peer, ours)."""
    home.mkdir(parents=True, exist_ok=True)
    (home / ".gitignore").write_text("*\n")  # the folder may lie inside the repository
    return _peer(home), _ours(home)


def _peer(home: Path) -> Environment:
    environment = Environment("looplet 0.4.1", home / "peer")
    _install(environment, stamp=PEER, requirements=[PEER])
    return environment


def _ours(home: Path) -> Environment:
    environment = Environment("ours", home / "ours")
    digest = _tree_digest()
    if _stamp(environment) != digest:
        wheel = _build_wheel(home)
        _install(environment, stamp=digest, requirements=[f"{wheel}[compiler]"])
    return environment


def _install(environment: Environment, *, stamp: str, requirements: list[str]) -> None:
    """Install into a fresh environment, unless the stamp says that it was done."""
    if _stamp(environment) == stamp:
        return
    shutil.rmtree(environment.folder, ignore_errors=True)
    print(f"installing {environment.name} into {environment.folder} …", file=sys.stderr)
    venv.create(environment.folder, with_pip=True, symlinks=True)
    _quietly([str(environment.python), "-m", "pip", "install", *requirements])
    (environment.folder / "stamp").write_text(stamp)


def _stamp(environment: Environment) -> str:
    file = environment.folder / "stamp"
    return file.read_text() if file.is_file() else ""


def _build_wheel(home: Path) -> Path:
    """Build ours from a copy: setuptools leaves a build/ folder behind and would reuse it."""
    copy, out = home / "source", home / "wheel"
    for folder in (copy, out):
        shutil.rmtree(folder, ignore_errors=True)
    ignore = shutil.ignore_patterns("__pycache__", "*.pyc", "*.egg-info")
    for name in SOURCES:
        shutil.copytree(ROOT / name, copy / name, symlinks=True, ignore=ignore)
    for name in SINGLE_FILES:
        shutil.copy2(ROOT / name, copy / name)
    print("building our wheel …", file=sys.stderr)
    _quietly([sys.executable, "-m", "pip", "wheel", "--no-deps", "-w", str(out), str(copy)])
    return next(out.glob("looplet-*.whl"))


def _tree_digest() -> str:
    """What the wheel is made of, as one digest: a changed tree is built anew."""
    digest = hashlib.sha256()
    files = [ROOT / name for name in SINGLE_FILES]
    for name in SOURCES:
        files += sorted(path for path in (ROOT / name).rglob("*") if path.is_file())
    for path in files:
        if "__pycache__" in path.parts or path.suffix == ".pyc":
            continue
        digest.update(f"{path.relative_to(ROOT)}\0".encode() + path.read_bytes() + b"\0")
    return digest.hexdigest()


def _quietly(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stdout[-1000:]}{done.stderr[-3000:]}")
