"""The path of a finding as a person or a machine outside the cartridge needs it."""

from __future__ import annotations

import os
import posixpath


def shown_path(root: str, path: str) -> str:
    """`path` of the cartridge at `root`, in the terms in which `root` was given."""
    root = root.replace(os.sep, "/")
    if path in ("", "."):
        return root
    return posixpath.normpath(posixpath.join(root, path))


def from_here(root: str, path: str, here: str | None = None) -> str:
    """The same, relative to the folder `here` (the working directory), or absolute outside it."""
    here = os.path.abspath(here or os.getcwd())
    absolute = os.path.abspath(os.path.join(here, shown_path(root, path)))
    inside = os.path.join(here, "")
    found = absolute.removeprefix(inside) if absolute != here else "."
    return found.replace(os.sep, "/")
