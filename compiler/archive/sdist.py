"""A package as a source distribution: what `python -m build` makes a wheel of, the same wheel.

    hello-1.0.0/PKG-INFO          the metadata that the wheel will have
    hello-1.0.0/pyproject.toml    the cartridge's own, which names the backend
    hello-1.0.0/cartridge/…, parents/…, CARTRIDGE-INFO/…      the package as it is

It is complete, as a package is: a parent that lies elsewhere on the machine of its author is in
it. What is built from it is this package, or nothing: a changed file is refused.
"""

from __future__ import annotations

import os
from typing import Final

from looplet.compiler.archive.contents import package_of
from looplet.compiler.archive.dist_info import from_folder
from looplet.compiler.archive.package import MANIFEST, Package
from looplet.compiler.archive.tar_writer import written
from looplet.compiler.archive.wheel_metadata import metadata_of
from looplet.compiler.archive.zip_writer import Stamp, stamp
from looplet.compiler.pyproject import DEFAULT, PYPROJECT
from looplet.contents import File

PKG_INFO: Final = "PKG-INFO"


def sdist_of(package: Package, root: str, at: Stamp | None = None) -> tuple[str, bytes]:
    """The file name and the bytes of the source distribution of `package`.

    root: what the package was made of, for messages. at: the date of its members, that of
    `stamp()` if left out. Raises CartridgeError with everything that
    keeps it from being a wheel.
    """
    metadata = metadata_of(package, root)
    own = f"{package.ir['layers'][0]['at']}/{PYPROJECT}"
    members = {
        PKG_INFO: File(metadata.text().encode()),
        PYPROJECT: File(package.files[own].data if own in package.files else DEFAULT.encode()),
        **package.members(),
    }
    named = {f"{metadata.stem}/{name}": file for name, file in members.items()}
    return f"{metadata.stem}.tar.gz", written(named, stamp() if at is None else at)


def is_unpacked(folder: str) -> bool:
    """Whether a folder is a source distribution that was unpacked, and no cartridge."""
    return all(os.path.isfile(os.path.join(folder, name)) for name in (PKG_INFO, MANIFEST))


def unpacked(folder: str) -> Package:
    """The package in such a folder. Raises PackageError if it is not whole."""
    return package_of(from_folder(folder), folder)


__all__ = ["is_unpacked", "sdist_of", "unpacked"]
