"""Broken cartridges as data: what to change in a clean one, and what a check must then find.

A case is a folder in `broken/` with a `case.json`:

    {
      "why": "one line: what is wrong",
      "base": "base.cartridge",            the clean cartridge to start from; null for none
      "cartridge": "base.cartridge",       the folder to check, when it is not the base
      "delete": ["path"],                  files or folders to take away
      "rename": {"old": "new"},
      "replace": {"path": [["old", "new"]]},   each `old` stands in the file once
      "write": {"path": "text"},
      "expect": [{"code": "CT201", "path": "config.yaml", "line": 3}],
      "allow": ["CT999"]                   what else may be found, as it follows from the fault
    }

and, for bytes that JSON cannot hold, files in `files/` that are laid over the cartridge. Paths
are relative to the cartridge that is checked, so that `../base.cartridge/config.yaml` is a file of
its parent. No `line` means the file as a whole.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

CORPUS = Path(__file__).parent
BROKEN = CORPUS / "broken"
BASE = "base.cartridge"


@dataclass(frozen=True)
class Found:
    """A finding as a case expects it."""

    code: str
    path: str
    line: int | None = None


@dataclass(frozen=True)
class Case:
    """One broken cartridge."""

    name: str
    why: str
    expect: tuple[Found, ...]
    base: str | None = BASE
    cartridge: str = BASE
    delete: tuple[str, ...] = ()
    rename: dict[str, str] = field(default_factory=dict)
    replace: dict[str, list[list[str]]] = field(default_factory=dict)
    write: dict[str, str] = field(default_factory=dict)
    allow: tuple[str, ...] = ()

    def build(self, folder: Path) -> Path:
        """Write the broken cartridge into `folder`; the path to check."""
        root = folder / self.cartridge
        if self.base:
            for name, (data, mode) in base_files(self.base).items():
                target = folder / self.base / name
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(data)
                if mode & 0o100:
                    target.chmod(mode)
        root.mkdir(exist_ok=True)
        for name in self.delete:
            target = root / name
            shutil.rmtree(target) if target.is_dir() else target.unlink()
        for old, new in self.rename.items():
            (root / new).parent.mkdir(parents=True, exist_ok=True)
            (root / old).rename(root / new)
        for name, edits in self.replace.items():
            text = (root / name).read_text("utf-8")
            for old, new in edits:
                assert text.count(old) == 1, f"{self.name}: {old!r} stands {text.count(old)} times"
                text = text.replace(old, new)
            (root / name).write_text(text, "utf-8", newline="")
        for name, text in self.write.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text, "utf-8", newline="")
        overlay = BROKEN / self.name / "files"
        if overlay.is_dir():
            shutil.copytree(overlay, root, dirs_exist_ok=True)
        return root


@cache
def base_files(name: str) -> dict[str, tuple[bytes, int]]:
    """The bytes and modes of a clean cartridge, read once."""
    root = CORPUS / name
    return {
        path.relative_to(root).as_posix(): (path.read_bytes(), path.stat().st_mode)
        for path in sorted(root.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }


def read_case(path: Path) -> Case:
    """The case that a `case.json` describes; an unknown key in it is an error."""
    data: dict[str, Any] = json.loads(path.read_text("utf-8"))
    data["expect"] = tuple(Found(**found) for found in data["expect"])
    for key in ("delete", "allow"):
        data[key] = tuple(data.get(key, ()))
    return Case(path.parent.name, **data)


CASES = [read_case(path) for path in sorted(BROKEN.glob("*/case.json"))]
