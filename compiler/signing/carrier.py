"""The file that carries a package: read once, and written again with an attestation more.

There is nothing in such a file that does not follow from the package and one date. That is how the
rest of it is known to stay as it is when it is signed, and how a wheel is known to have no code in
it that no signature covers: what follows is made again, and compared.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from looplet.compiler.archive.dist_info import is_wheel
from looplet.compiler.archive.opening import bytes_of, package_in
from looplet.compiler.archive.package import Package
from looplet.compiler.archive.zip_reader import read_archive
from looplet.compiler.archive.zip_writer import Stamp, written
from looplet.compiler.signing.errors import SigningError
from looplet.contents import File

_DATE: Final = struct.Struct("<10xHH")  # in the header of the first member


@dataclass(frozen=True, slots=True)
class Carrier:
    """path: of the file. data: its bytes. package: what it carries."""

    path: str
    data: bytes = field(repr=False)
    package: Package

    def rewritten(self, package: Package) -> bytes:
        """This kind of file, of this date, with `package`. Raises CartridgeError for a package that
        no wheel can hold."""
        time, date = _DATE.unpack_from(self.data)
        return written(self._members(package), Stamp(date, time))

    def beyond(self) -> str:
        """The first member that does not follow from the package, or lacks; "" if all do."""
        members, due = self._found(), self._members(self.package)
        wrong = [name for name in {*members, *due} if members.get(name) != due.get(name)]
        # RECORD follows from the others: it is the fault only where nothing else is.
        return min(wrong, key=lambda name: (name.endswith("/RECORD"), name), default="")

    def _found(self) -> Mapping[str, File]:
        return read_archive(self.data, self.path)

    def _members(self, package: Package) -> Mapping[str, File]:
        if not is_wheel(self._found()):
            return package.members()
        from looplet.compiler.archive.wheel import wheel_of

        return wheel_of(package, self.path).members


def read_carrier(path: str) -> Carrier:
    """Raises PackageError for what is no package, SigningError for one that is no file."""
    if os.path.isdir(path):
        raise SigningError(f"{path} is a folder; build it first: looplet-compile build {path}")
    data = bytes_of(path)
    return Carrier(path, data, package_in(data, path))


__all__ = ["Carrier", "read_carrier"]
