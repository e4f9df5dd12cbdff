"""Files put beside the packages: all of them written first, and only then given their names."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from contextlib import suppress

from looplet.compiler.index.listing import HEAD
from looplet.compiler.index.page import MARK
from looplet.compiler.index.simple import FOLDER


class NotOurs(Exception):
    """A file that somebody else wrote is where one is to be put. `path` is where."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.path = path


def place(folder: str, files: Mapping[str, bytes]) -> None:
    """Write `files`, by path below `folder`; remove our pages in `simple/` that are not of them.

    Each gets its name in one step, in the order of `files`. Raises NotOurs before anything is
    written, OSError when something cannot be; then what has its name is whole.
    """
    for path in files:
        _judge(os.path.join(folder, path), path)
    stale = _stale(folder, files)
    ready: list[tuple[str, str]] = []
    try:
        for path, data in files.items():
            target = os.path.join(folder, path)
            ready.append((_written(target, data), target))
        while ready:
            os.replace(*ready[0])
            del ready[0]
    finally:
        for temporary, _ in ready:
            with suppress(OSError):
                os.unlink(temporary)
    for path in stale:
        os.unlink(path)
        with suppress(OSError):  # a folder with something else in it stays
            os.rmdir(os.path.dirname(path))


def _judge(target: str, path: str) -> None:
    if os.path.islink(target) or (os.path.exists(target) and not os.path.isfile(target)):
        raise NotOurs(target)
    if os.path.exists(target) and not _ours(target):
        raise NotOurs(target)
    if path.startswith(FOLDER + "/"):
        for at in (os.path.dirname(os.path.dirname(target)), os.path.dirname(target)):
            if os.path.islink(at) or (os.path.exists(at) and not os.path.isdir(at)):
                raise NotOurs(at)


def _stale(folder: str, files: Mapping[str, bytes]) -> list[str]:
    """Our pages in `simple/` that are not among `files`, the deepest first."""
    top = os.path.join(folder, FOLDER)
    try:
        with os.scandir(top) as entries:
            names = sorted(e.name for e in entries if e.is_dir(follow_symlinks=False))
    except OSError:
        return []
    wanted = {os.path.join(folder, path) for path in files}
    pages = [os.path.join(top, name, "index.html") for name in names]
    pages.append(os.path.join(top, "index.html"))
    return [path for path in pages if path not in wanted and _ours(path)]


def _ours(path: str) -> bool:
    try:
        with open(path, "rb") as stream:
            return stream.read(64).startswith((MARK.encode(), HEAD))
    except OSError:
        return False


def _written(target: str, data: bytes) -> str:
    """The path of a new file beside `target`, readable by all, as what a server hands out."""
    folder = os.path.dirname(target)
    os.makedirs(folder, exist_ok=True)
    handle, made = tempfile.mkstemp(dir=folder, prefix=".looplet-")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        os.chmod(made, 0o644)
    except BaseException:
        os.unlink(made)
        raise
    return made


__all__ = ["NotOurs", "place"]
