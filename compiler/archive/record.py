"""RECORD: every file of a package with its sha256 and mode, a line each.

    3b5d5c3712955042212316173ccf37be800f4a4f7e3b5d7b2c8c1c7e6c1b2d3e 644 cartridge/config.yaml

As `sha256sum` prints it, but for the mode. Sorted by the bytes of the names, without itself.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping

from looplet.contents import File


def line(name: str, file: File) -> str:
    mode = "755" if file.executable else "644"
    return f"{hashlib.sha256(file.data).hexdigest()} {mode} {name}\n"


def lines(files: Mapping[str, File]) -> list[str]:
    """The line of each file, in the order of the names' bytes."""
    return [line(name, files[name]) for name in in_order(files)]


def in_order(names: Iterable[str]) -> list[str]:
    """Names by their bytes: for what is not ASCII, another order than Python's own of texts."""
    return sorted(names, key=str.encode)


__all__ = ["in_order", "line", "lines"]
