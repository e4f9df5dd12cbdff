"""What was fetched, in the user's cache folder: each package below its sha256, each index below the
sha256 of its address. Nothing gets its name before its bytes were checked.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import suppress

from looplet.compiler.index.listing import Listed


class WrongBytes(Exception):
    """The bytes are not those that the index lists: `found` says what they are."""

    def __init__(self, found: str) -> None:
        super().__init__(found)
        self.found = found


class Store:
    """`folder`: that of the cache. Raises OSError where it cannot be written."""

    def __init__(self, folder: str) -> None:
        self.folder = folder
        self._packages = os.path.join(folder, "packages")
        self._indexes = os.path.join(folder, "indexes")

    # ── packages ──────────────────────────────────────────────────────────────────────────────

    def path_of(self, listed: Listed) -> str:
        """Where the file is, when it is kept. It keeps its name, for a wheel says much in it."""
        return os.path.join(self._packages, listed.sha256, listed.file)

    def kept(self, listed: Listed) -> str | None:
        """The path of the file, if it is kept and still has its bytes."""
        path = self.path_of(listed)
        try:
            with open(path, "rb") as stream:
                if os.fstat(stream.fileno()).st_size != listed.size:
                    return None
                found = hashlib.file_digest(stream, "sha256").hexdigest()
        except OSError:
            return None
        return path if found == listed.sha256 else None

    def keep(self, listed: Listed, pieces: Iterator[bytes]) -> str:
        """Write what comes, and give it its name if it has the bytes of `listed`.

        Raises WrongBytes, OSError, and what `pieces` raises; then nothing is left of it.
        """
        path = self.path_of(listed)
        made = _temporary(os.path.dirname(path))
        try:
            whole = hashlib.sha256()
            size = 0
            with open(made, "wb") as stream:
                for piece in pieces:
                    whole.update(piece)
                    size += len(piece)
                    stream.write(piece)
            if size != listed.size:
                raise WrongBytes(f"{size:,} bytes, and {listed.size:,} are listed")
            if whole.hexdigest() != listed.sha256:
                raise WrongBytes(f"sha256 {whole.hexdigest()}, and {listed.sha256} is listed")
            os.replace(made, path)
        except BaseException:
            _remove(made)
            raise
        return path

    def forget(self, listed: Listed) -> None:
        """Remove the file: it has the bytes that are listed, and is refused for what it is."""
        _remove(self.path_of(listed))

    # ── indexes ───────────────────────────────────────────────────────────────────────────────

    def index(self, address: str) -> bytes | None:
        """The index that was read from this address last."""
        try:
            with open(self._index_path(address), "rb") as stream:
                return stream.read()
        except OSError:
            return None

    def keep_index(self, address: str, data: bytes) -> None:
        """For a time without a network; if it cannot be kept, that is no error."""
        path = self._index_path(address)
        with suppress(OSError):
            made = _temporary(os.path.dirname(path))
            try:
                with open(made, "wb") as stream:
                    stream.write(data)
                os.replace(made, path)
            except BaseException:
                os.unlink(made)
                raise

    def _index_path(self, address: str) -> str:
        name = hashlib.sha256(address.encode("utf-8", "surrogateescape")).hexdigest()
        return os.path.join(self._indexes, name + ".json")


def _remove(path: str) -> None:
    with suppress(OSError):
        os.unlink(path)
    with suppress(OSError):  # the folder stays if something else is in it
        os.rmdir(os.path.dirname(path))


def _temporary(folder: str) -> str:
    os.makedirs(os.path.dirname(folder), mode=0o700, exist_ok=True)
    os.makedirs(folder, mode=0o700, exist_ok=True)
    handle, made = tempfile.mkstemp(dir=folder, prefix=".looplet-")
    os.close(handle)
    return made


__all__ = ["Store", "WrongBytes"]
