"""Writing to a folder in a way that can be taken back: whole files at once, and names.

Nothing is written outside the folder, not through a link either, and no file that is no longer
what its writer saw.
"""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Callable


class Rewrite:
    """The writes to one folder, remembered until it is known whether they stay."""

    def __init__(self, root: str) -> None:
        self._root = os.path.realpath(root)
        self._undo: list[Callable[[], None]] = []

    def file(self, path: str, before: bytes, after: bytes) -> None:
        """Replace a file's bytes; OSError if they are not `before` any more."""
        place = self._place(path)
        with open(place, "rb") as file:
            if file.read() != before:
                raise OSError(0, "the file has changed since it was checked", place)
        write_over(place, after)
        self._undo.append(lambda: write_over(place, before))

    def create(self, path: str, data: bytes) -> None:
        """Write a file that is not there yet; OSError if it is."""
        place = self._place(path, link=True)
        with open(place, "xb") as file:
            self._undo.append(lambda: os.unlink(place))
            file.write(data)

    def rename(self, old: str, new: str) -> None:
        """Give a file or folder another name; OSError if that is taken."""
        source, target = self._place(old, link=True), self._place(new, link=True)
        if os.path.lexists(target) and not os.path.samefile(source, target):
            raise OSError(0, "a file of that name is there already", target)
        self._make_folder(os.path.dirname(target))
        os.rename(source, target)
        self._undo.append(lambda: os.rename(target, source))

    def undo(self) -> None:
        """Take everything back, last first."""
        while self._undo:
            self._undo.pop()()

    def _make_folder(self, folder: str) -> None:
        if not os.path.isdir(folder):
            self._make_folder(os.path.dirname(folder))
            os.mkdir(folder)
            self._undo.append(lambda: os.rmdir(folder))

    def _place(self, path: str, link: bool = False) -> str:
        """Where `path` really is; `link` means the name itself, not what it may point to."""
        given = os.path.join(self._root, *path.split("/"))
        real = os.path.realpath(os.path.dirname(given) if link else given)
        if real != self._root and not real.startswith(os.path.join(self._root, "")):
            raise OSError(0, "the path leads out of the cartridge", given)
        return os.path.join(real, os.path.basename(given)) if link else real


def write_over(path: str, data: bytes) -> None:
    """Replace a file's bytes in one step, keeping its permissions; a reader sees old or new."""
    mode = stat.S_IMODE(os.stat(path).st_mode)
    if not os.access(path, os.W_OK):
        raise PermissionError(13, "the file may not be written", path)
    handle, temporary = tempfile.mkstemp(dir=os.path.dirname(path), prefix=".looplet-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        os.chmod(temporary, mode)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise
