"""Digests of a cartridge: of its files, of its meaning, of the archive. Each is 64 hex digits.

- tree: sha256 of the text that `tree_text` gives, in UTF-8: the names, modes and bytes of all that
  can be loaded, parents included.
- meaning: sha256 of the canonical JSON of the preset's values (`AgentPreset.digest`).
- archive: sha256 of the bytes of the file.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

TREE_FORMAT = "looplet tree 1"


def tree_text(entry: str, lines: Iterable[str]) -> str:
    """What the tree digest is of.

    entry: where below `cartridge/` the cartridge itself lies, "." if it is all of it. lines: those
    of RECORD on the files below `cartridge/` and `parents/`, in their order.
    """
    return f"{TREE_FORMAT}\nentry {entry}\n{''.join(lines)}"


def tree_digest(entry: str, lines: Iterable[str]) -> str:
    return sha256(tree_text(entry, lines).encode())


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


__all__ = ["TREE_FORMAT", "sha256", "tree_digest", "tree_text"]
