"""`looplet list`: the cartridges that come with looplet."""

from __future__ import annotations

import json
import os

from looplet.shipped import shipped, shipped_names
from looplet.types import printable


def list_cartridges() -> int:
    """Print a line for each: its name, and what its manifest says that it does."""
    names = shipped_names()
    width = max(map(len, names), default=0)
    for name in names:
        print(f"{name:{width}}  {printable(_description(name), 200)}".rstrip())
    return 0


def _description(name: str) -> str:
    try:
        with open(
            os.path.join(shipped(name) or "", "cartridge.json"), encoding="utf-8-sig"
        ) as file:
            said = json.load(file)["description"]
    except (OSError, ValueError, KeyError, TypeError):
        return ""
    return said if isinstance(said, str) else ""
