"""What the tests of wheels make their cartridges with."""

from __future__ import annotations

import json
from pathlib import Path

from environments import ROOT

from looplet.compiler import cartridge_to_preset
from looplet.compiler.archive.package import Package, pack

CORPUS = ROOT / "tests" / "corpus"


def packed(root: Path) -> Package:
    """The package of the cartridge in a folder."""
    return pack(cartridge_to_preset(root))


def said(root: Path, **values: object) -> Path:
    """The cartridge, with these values in its manifest."""
    path = root / "cartridge.json"
    manifest = json.loads(path.read_text("utf-8"))
    path.write_text(json.dumps({**manifest, **values}), "utf-8")
    return root
