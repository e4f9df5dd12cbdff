"""A package to the bytes of its file, and to the disk: whole, under its own name, in one step."""

from __future__ import annotations

import os
import tempfile
from typing import Final

from looplet.compiler.archive.errors import refused
from looplet.compiler.archive.names import fault
from looplet.compiler.archive.opening import package_in
from looplet.compiler.archive.package import Package
from looplet.compiler.archive.unpacking import blame
from looplet.compiler.archive.zip_writer import stamp, written

SUFFIX: Final = ".cartridge"


def archive_of(package: Package) -> bytes:
    """The archive that holds `package`. Raises ValueError for a date that is none."""
    data = written(package.members(), stamp())
    # What could not be opened is never given out: a mistake here must not travel.
    package_in(data, file_name(package))
    return data


def file_name(package: Package) -> str:
    """The name of its file: `hello-1.0.0.cartridge`. Raises PackageError if none can be."""
    name = f"{package.name}-{package.version}{SUFFIX}"
    if "/" in name or fault([name]):
        why = f"its name and version, `{package.name}` and `{package.version}`, cannot name a file"
        raise refused("cannot_pack", package.name, why=why)
    return name


def put_file(data: bytes, path: str) -> None:
    """Write a file in one step, over one of that name; folders above it are made.

    Raises OSError about `path`; then what was there is there still, and nothing else.
    """
    try:
        _put_file(data, path)
    except OSError as error:
        blame(error, path)
        raise


def _put_file(data: bytes, path: str) -> None:
    folder = os.path.dirname(path) or os.curdir
    made = not os.path.isdir(folder)
    os.makedirs(folder, exist_ok=True)
    workplace = ""
    try:
        workplace = tempfile.mkdtemp(prefix=".looplet-", dir=folder)
        beside = os.path.join(workplace, "new")
        with open(beside, "xb") as stream:
            stream.write(data)
        os.replace(beside, path)
    finally:
        if workplace:
            _remove(workplace)
        if made and not os.listdir(folder):
            os.rmdir(folder)


def _remove(workplace: str) -> None:
    for name in os.listdir(workplace):
        os.unlink(os.path.join(workplace, name))
    os.rmdir(workplace)


__all__ = ["SUFFIX", "archive_of", "file_name", "put_file"]
