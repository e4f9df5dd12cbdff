"""A package to a folder: all of it at once, or nothing.

The package was judged whole when it was opened. Its files are written to a new folder beside the
one that is asked for, read again, and put in place by one rename.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Mapping

from looplet.compiler.archive.package import TREE, Package
from looplet.contents import File


def unpack(package: Package, folder: str | os.PathLike[str]) -> int:
    """Write the cartridge in `package`, and the parents beside it, to `folder`: how many files.

    Parents that `extends` names are not written: no path leads to where they lie. Raises
    FileExistsError if something is at `folder` that is not an empty folder, OSError if it cannot
    be written; then nothing of it is left.
    """
    files = {
        name.removeprefix(TREE): file
        for name, file in package.files.items()
        if name.startswith(TREE)
    }
    put(files, os.path.abspath(folder))
    return len(files)


def put(files: Mapping[str, File], target: str) -> None:
    """Make `target` a folder with these files. Raises what `unpack` does."""
    if os.path.lexists(target) and not _empty(target):
        raise _taken(target)
    parent = os.path.dirname(target)
    above: list[str] = []
    try:
        _make_folders(parent, above)
        workplace = tempfile.mkdtemp(prefix=".looplet-", dir=parent)
        try:
            made = os.path.join(workplace, "new")
            _write(files, made)
            _check(files, made)
            _rename(made, target)
        finally:
            shutil.rmtree(workplace, ignore_errors=True)
    except BaseException as error:
        for folder in reversed(above):
            # Only what was made here, and only while nothing else has come into it.
            try:
                os.rmdir(folder)
            except OSError:
                break
        if isinstance(error, OSError):
            blame(error, target)
        raise


def blame(error: OSError, path: str) -> None:
    """Make `error` one about the path that was asked for: that on the way to it is gone."""
    if error.errno is not None:  # else it is in our own words
        error.filename = path
        error.filename2 = None


def _rename(made: str, target: str) -> None:
    """Put a folder in place; an empty one that is there gives way, in the same step."""
    try:
        os.rename(made, target)
    except OSError:
        # Somebody else was as quick: what they put there stays.
        if os.path.lexists(target) and not _empty(target):
            raise _taken(target) from None
        raise


def _taken(target: str) -> FileExistsError:
    what = "there already" if os.path.isdir(target) else "there already, and no folder"
    return FileExistsError(f"{target} is {what}; give a new folder, or an empty one")


def _empty(path: str) -> bool:
    return os.path.isdir(path) and not os.path.islink(path) and not os.listdir(path)


def _make_folders(path: str, made: list[str]) -> None:
    """Make a folder and those above it; those that were not there are added to `made`."""
    missing = []
    while not os.path.lexists(path):
        missing.append(path)
        path = os.path.dirname(path)
    for folder in reversed(missing):
        try:
            os.mkdir(folder)
        except FileExistsError:  # by somebody else, just now
            if not os.path.isdir(folder):
                raise
        else:
            made.append(folder)


def _write(files: Mapping[str, File], folder: str) -> None:
    os.mkdir(folder)
    made = {folder}
    for name, file in files.items():
        full = os.path.join(folder, *name.split("/"))
        if (above := os.path.dirname(full)) not in made:
            os.makedirs(above, exist_ok=True)
            made.add(above)
        with open(full, "xb", buffering=0) as stream:
            data = memoryview(file.data)
            while data:
                data = data[stream.write(data) :]
            if file.executable:
                mode = os.fstat(stream.fileno()).st_mode
                # Whoever may read it may run it.
                os.chmod(full, mode | (mode & 0o444) >> 2)


def _check(files: Mapping[str, File], folder: str) -> None:
    """Read again what was written. Raises OSError where the disk holds something else."""
    for name, file in files.items():
        full = os.path.join(folder, *name.split("/"))
        with open(full, "rb", buffering=0) as stream:
            same = stream.readall() == file.data
            executable = bool(os.fstat(stream.fileno()).st_mode & 0o100)
        if not same:
            raise OSError(f"{name} was written and reads otherwise; is the disk in order?")
        if executable != file.executable and os.name == "posix":
            raise OSError(f"the disk does not keep whether {name} is executable; take another one")


__all__ = ["blame", "put", "unpack"]
