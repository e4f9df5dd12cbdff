"""A path to a Package: of the archive `build` writes, of a wheel, of a wheel that is installed.

Whichever it is, it is read once, and judged whole before anything of it is given out.
"""

from __future__ import annotations

import os
import stat

from looplet.compiler.archive.contents import package_of
from looplet.compiler.archive.dist_info import from_folder, from_wheel, is_wheel
from looplet.compiler.archive.errors import PackageError, refused
from looplet.compiler.archive.names import LARGEST, MOST_MEMBERS
from looplet.compiler.archive.package import Package
from looplet.compiler.archive.zip_reader import read_archive

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

_HEADERS: Final = MOST_MEMBERS * 1024
"""What the headers of an archive may take, besides what is in it."""


def open_package(path: str | os.PathLike[str]) -> Package:
    """The package at `path`: an archive, a wheel, or the `.dist-info` folder of an installed one.

    Raises PackageError, whose `diagnostic` says what is wrong, for anything else.
    """
    shown = os.fspath(path)
    if os.path.isdir(shown):
        return package_of(from_folder(shown), shown, installed=True)
    return package_in(bytes_of(shown), shown)


def package_in(data: bytes, file: str) -> Package:
    """The package in the bytes of an archive or a wheel. Raises PackageError about `file`."""
    members = read_archive(data, file)
    if is_wheel(members):
        members = from_wheel(members, file)
    return package_of(members, file)


def bytes_of(path: str) -> bytes:
    """The bytes of a file that may be a package. Raises PackageError."""
    try:
        # Non-blocking, so that a named pipe does not hang.
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    except (OSError, ValueError) as error:
        raise _missing(path, error) from None
    facts = os.fstat(handle)
    if not stat.S_ISREG(facts.st_mode):
        os.close(handle)  # `open` does not take the handle of a folder
        raise refused("missing", path, shown=path, why="it is no file")
    with open(handle, "rb", buffering=0) as stream:
        if facts.st_size > LARGEST + _HEADERS:
            what = "the package"
            raise refused("too_large", path, what=what, size=facts.st_size, limit=LARGEST)
        try:
            return stream.readall()
        except OSError as error:
            raise _missing(path, error) from None


def _missing(path: str, error: OSError | ValueError) -> PackageError:
    why = getattr(error, "strerror", None) or str(error)
    return refused("missing", path, shown=path, why=why[:1].lower() + why[1:])


__all__ = ["bytes_of", "open_package", "package_in"]
