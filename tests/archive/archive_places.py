"""Where the repository is, and a cartridge of it to build."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[2]
HELLO = ROOT / "cartridges" / "hello.cartridge"
