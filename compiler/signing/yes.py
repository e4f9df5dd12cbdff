"""Packages that the user has said may run, by the digest of their contents, in the user's state.

A file for each, so that nothing has to be locked, and a yes is taken back by deleting it.
"""

from __future__ import annotations

import os

from looplet.compiler.signing.owned import others_write, user_folder


def remembered(digest: str) -> bool:
    """Whether the user has said yes to these contents.

    What somebody else could have said in the user's place does not count.
    """
    path = _path(digest)
    try:
        return path is not None and not others_write(path, path)
    except OSError:
        return False


def remember(digest: str, what: str) -> str:
    """Keep a yes; returns why that cannot be, or "". what: a word for who looks into the file."""
    path = _path(digest)
    if path is None:
        return "there is no home folder"
    folder = os.path.dirname(path)
    try:
        os.makedirs(folder, mode=0o700, exist_ok=True)
        with open(path, "w", encoding="utf-8", opener=_private) as file:
            file.write(f"{what}\n")
        return others_write(path, path)
    except OSError as error:
        return f"{folder}: {error.strerror or error}"


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _path(digest: str) -> str | None:
    folder = user_folder("XDG_STATE_HOME", os.path.join(".local", "state"))
    return os.path.join(folder, "allowed", digest) if folder else None


__all__ = ["remember", "remembered"]
