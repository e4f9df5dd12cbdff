"""The package as pyproject.toml declares it, and the files of a wheel that follow from it."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("loop", "compiler", "schema", "cartridges")
METADATA = ("METADATA", "RECORD", "WHEEL", "entry_points.txt", "licenses/LICENSE", "top_level.txt")


def pyproject() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def setuptools() -> dict[str, Any]:
    tool: dict[str, Any] = pyproject()["tool"]["setuptools"]
    return tool


def folder_of(package: str) -> Path:
    """Where a package lies, by the longest mapping that is about it."""
    mapping = setuptools()["package-dir"]
    parts = package.split(".")
    for length in range(len(parts), 0, -1):
        above = ".".join(parts[:length])
        if above in mapping:
            return ROOT.joinpath(mapping[above], *parts[length:])
    return ROOT.joinpath(*parts)


def modules() -> list[Path]:
    """Every Python file of the package itself."""
    return sorted(
        path
        for folder in ("loop", "compiler")
        for path in (ROOT / folder).rglob("*.py")
        if "__pycache__" not in path.parts
    )


def name_of(module: Path) -> str:
    """`looplet.compiler.source` for compiler/source.py."""
    parts = list(module.relative_to(ROOT).with_suffix("").parts)
    parts = ["looplet", *(parts[1:] if parts[0] == "loop" else parts)]
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def wheel_files() -> list[str]:
    """The files that a wheel of this tree holds, sorted; its metadata under `looplet.dist-info`."""
    found = {f"looplet.dist-info/{name}" for name in METADATA}
    for package in setuptools()["packages"]:
        folder = folder_of(package)
        inside = PurePosixPath(*package.split("."))
        found |= {str(inside / path.name) for path in folder.glob("*.py")}
        found |= {str(inside / path) for path in _data(package, folder)}
    return sorted(found)


def _data(package: str, folder: Path) -> Iterator[PurePosixPath]:
    patterns = setuptools()["package-data"].get(package, [])
    for pattern in patterns:
        for path in folder.glob(pattern):
            if path.is_file() and not _excluded(path.relative_to(folder)):
                yield PurePosixPath(path.relative_to(folder).as_posix())


def _excluded(path: Path) -> bool:
    patterns = setuptools()["exclude-package-data"]["*"]
    whole = "/" + path.as_posix()
    return any(fnmatch(whole, "/*" + pattern.removeprefix("**")) for pattern in patterns)
