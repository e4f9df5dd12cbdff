"""Folders of small packages, made in a moment: archives of a two-file cartridge, and wheels."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from looplet.compiler import cartridge_to_preset
from looplet.compiler.archive.package import Package, pack
from looplet.compiler.archive.zip_writer import stamp, written

DONE = "name: done\ndescription: Finish.\nparameters: {}\n"
EXECUTE = "def execute() -> str:\n    return 'done'\n"


def cartridge(folder: Path, name: str = "hello", version: str = "1.0.0", **manifest: Any) -> Path:
    """A cartridge that checks clean. manifest: more of its keys; `extra`: a file with that text."""
    extra = manifest.pop("extra", None)
    root = folder / f"{name}.cartridge"
    files = {
        "cartridge.json": json.dumps(
            {"name": name, "schema_version": 2, "version": version, **manifest}
        ),
        "config.yaml": "max_steps: 3\n",
        "prompts/system.md": "Be brief.\n",
        "tools/done/tool.yaml": DONE,
        "tools/done/execute.py": EXECUTE,
    }
    if extra is not None:
        files["notes.txt"] = extra
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")
    return root


def package(source: Path, name: str = "hello", version: str = "1.0.0", **manifest: Any) -> Package:
    root = cartridge(source / version, name, version, **manifest)
    return pack(cartridge_to_preset(root))


def archive(
    folder: Path,
    source: Path,
    name: str = "hello",
    version: str = "1.0.0",
    file: str = "",
    **manifest: Any,
) -> Path:
    """The archive of such a cartridge in `folder`; `source` is where the cartridge is written."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / (file or f"{name}-{version}.cartridge")
    path.write_bytes(written(package(source, name, version, **manifest).members(), stamp()))
    return path
