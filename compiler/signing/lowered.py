"""Whether a package says of itself what its files say: they are checked and packed again.

A signature tells who stands behind a package, and not that this is so; without one, nobody does.
"""

from __future__ import annotations

from looplet.compiler.archive.package import Package
from looplet.compiler.signing.errors import CannotVerify

_PIP = "pip install 'looplet[compiler]'"


def disagreement(package: Package, path: str) -> str:
    """Where the preset or the manifest in `package` first differs from what `build` would make of
    its files; "" if they are the same. path: of its file, for messages.

    Raises CartridgeError for files that don't check clean, and CannotVerify where the compiler's
    own dependencies are missing.
    """
    try:
        from looplet.compiler.checked_package import disagreement as differing
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
    return differing(package, checked.preset)


__all__ = ["disagreement"]
