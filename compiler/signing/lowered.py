"""Whether a package says of itself what its files say: they are checked and packed again.

A signature tells who stands behind a package, and not that this is so; without one, nobody does.
"""

from __future__ import annotations

import json

from looplet.compiler.archive.package import IR, MANIFEST, Package, pack
from looplet.compiler.signing.errors import CannotVerify
from looplet.preset import PresetError

_PIP = "pip install 'looplet[compiler]'"


def disagreement(package: Package, path: str) -> str:
    """Where the preset or the manifest in `package` first differs from what `build` would make of
    its files; "" if they are the same. path: of its file, for messages.

    Raises CartridgeError for files that don't check clean, and CannotVerify where the compiler's
    own dependencies are missing.
    """
    try:
        from looplet.compiler.emit import difference
        from looplet.compiler.locations import Packed, tree_folder
        from looplet.compiler.pipeline import check_location
        from looplet.compiler.report import CartridgeError, Report

        location = Packed(package, path, tree_folder(package), False)
        checked = check_location(path, location, cache=False)
    except ImportError as error:
        if (error.name or "looplet").partition(".")[0] == "looplet":
            raise
        raise CannotVerify(f"reading its files again needs {error.name}: {_PIP}") from None
    if checked.preset is None:
        raise CartridgeError(Report((checked,)))
    entry = "" if package.entry == "." else package.entry
    try:
        made = pack(checked.preset, entry=entry, lock=package.lock)
    except PresetError as error:
        return str(error)
    for name in (IR, MANIFEST):
        mine, theirs = _read(package, name), _read(made, name)
        if mine != theirs:
            return difference(json.loads(mine), json.loads(theirs)) or name
    return "" if package.files == made.files else "its files"


def _read(package: Package, name: str) -> bytes:
    return package.members()[name].data


__all__ = ["disagreement"]
