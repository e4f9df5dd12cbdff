"""Environments with looplet installed in them, made offline and in seconds.

looplet gets there as a wheel of this tree, put together here: building one takes a newer setuptools
than an environment begins with, and `.ci/run` does that. There are two kinds: `bare` has the core
alone, `full` also sees what the tests themselves run with.
"""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import tomllib
import venv
from dataclasses import dataclass
from pathlib import Path

from looplet.compiler.archive.wheel import record_text
from looplet.compiler.archive.zip_writer import FIRST, written
from looplet.contents import File

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Environment:
    """A virtual environment in `folder`. wheels: the only place where its installers look."""

    folder: Path
    wheels: Path

    @property
    def python(self) -> Path:
        return self.folder / "bin" / "python"

    @property
    def site(self) -> Path:
        version = f"python{sys.version_info.major}.{sys.version_info.minor}"
        return self.folder / "lib" / version / "site-packages"

    def pip(self, *arguments: str, check: bool = True) -> str:
        """Run pip for this environment; what it said."""
        offline = ["--no-index", "--find-links", str(self.wheels)]
        if arguments[0] == "uninstall":
            offline = []
        pip = [sys.executable, "-m", "pip", "--python", str(self.python), "--no-input"]
        return run([*pip, arguments[0], *offline, *arguments[1:]], check=check)

    def uv(self, *arguments: str, check: bool = True) -> str:
        """Run `uv pip` for this environment; what it said."""
        command = [sys.executable, "-m", "uv", "pip", arguments[0], "--python", str(self.python)]
        command += ["--cache-dir", str(self.wheels.parent / "uv")]
        if arguments[0] != "uninstall":
            command += ["--no-index", "--find-links", str(self.wheels)]
        return run([*command, *arguments[1:]], check=check)

    def run(self, command: str, *arguments: str, status: int = 0, cwd: Path | None = None) -> str:
        """Run a command of this environment, which must end with `status`; what it said."""
        return run([str(self.folder / "bin" / command), *arguments], status=status, cwd=cwd)


def make(folder: Path, wheels: Path, *, full: bool) -> Environment:
    """A new environment with looplet in it; `full`, and what the tests run with."""
    venv.create(folder, with_pip=False, symlinks=True)
    made = Environment(folder, wheels)
    if full:
        # Only what is there as a package: a `.pth` file in that folder is not read.
        (made.site / "zz_tests.pth").write_text(sysconfig.get_path("purelib") + "\n")
    made.uv("install", "--no-deps", "--reinstall", "looplet")
    return made


def run(command: list[str], *, status: int = 0, cwd: Path | None = None, check: bool = True) -> str:
    """Run a command; what it said on both streams. It must end with `status`."""
    foreign = ("PYTHON", "PIP_", "UV_", "VIRTUAL_ENV", "LOOPLET")
    kept = {key: value for key, value in os.environ.items() if not key.startswith(foreign)}
    known = {
        **kept,
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_CONFIG_FILE": os.devnull,
        "UV_OFFLINE": "1",
        "UV_NO_CONFIG": "1",
        "NO_COLOR": "1",
        "COLUMNS": "100",
    }
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        cwd=cwd,
        env=known,
        timeout=120,
        stdin=subprocess.DEVNULL,
    )
    said = done.stdout + done.stderr
    if check:
        assert done.returncode == status, (
            f"{' '.join(command)} left with {done.returncode}:\n{said}"
        )
    return said


def looplet_wheel(folder: Path) -> Path:
    """A wheel of this tree, in `folder`."""
    said = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    project = said["project"]
    info = f"looplet-{project['version']}.dist-info"
    members = {name: File(data.encode()) for name, data in _metadata(project, info).items()}
    for package in said["tool"]["setuptools"]["packages"]:
        source = _source(package, said["tool"]["setuptools"]["package-dir"])
        whole = package == "looplet.cartridges"
        for path in source.rglob("*") if whole else source.glob("*.*"):
            inside = path.relative_to(source)
            if path.is_file() and "__pycache__" not in inside.parts:
                name = "/".join([*package.split("."), *inside.parts])
                members[name] = File(path.read_bytes(), os.access(path, os.X_OK))
    members[f"{info}/RECORD"] = File(record_text(members, f"{info}/RECORD").encode())
    made = folder / f"looplet-{project['version']}-py3-none-any.whl"
    made.write_bytes(written(members, FIRST))
    return made


def _source(package: str, mapping: dict[str, str]) -> Path:
    above = max((each for each in mapping if f"{package}.".startswith(f"{each}.")), key=len)
    return ROOT.joinpath(mapping[above], *package[len(above) :].split("."))


def _metadata(project: dict[str, object], info: str) -> dict[str, str]:
    extras: dict[str, list[str]] = project["optional-dependencies"]  # type: ignore[assignment]
    lines = ["Metadata-Version: 2.4", "Name: looplet", f"Version: {project['version']}"]
    for extra, needed in extras.items():
        lines.append(f"Provides-Extra: {extra}")
        lines += [f"Requires-Dist: {each}; extra == '{extra}'" for each in needed]
    scripts: dict[str, str] = project["scripts"]  # type: ignore[assignment]
    commands = [f"{name} = {target}" for name, target in scripts.items()]
    wheel = "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    return {
        f"{info}/METADATA": "\n".join(lines) + "\n",
        f"{info}/WHEEL": wheel,
        f"{info}/entry_points.txt": "\n".join(["[console_scripts]", *commands, ""]),
    }
