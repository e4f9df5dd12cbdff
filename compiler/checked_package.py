"""The check of a package: it is whole, its files check clean, and what it carries is what they say.

The archive is judged before anything in it is read; then the tree in it is checked as a folder is;
then the preset of that is held against the one that loading the package would give.
"""

from __future__ import annotations

from dataclasses import replace

from looplet.compiler.archive.errors import PackageError, refused
from looplet.compiler.archive.package import IR, Package, pack
from looplet.compiler.diagnostics import Diagnostic
from looplet.compiler.emit import difference
from looplet.compiler.loading import opened, packed_preset
from looplet.compiler.locations import Packed, tree_folder
from looplet.compiler.report import CartridgeError, Checked
from looplet.compiler.rules import ct7_loading as ct7
from looplet.compiler.source import tree_name
from looplet.places import Place
from looplet.preset import AgentPreset, PresetError, canonical_json


def check_package(place: Place, *, cache: bool = True) -> Checked:
    """Check the package at `place`. Never raises for what is in it."""
    from looplet.compiler.pipeline import check_location

    root = place.path
    try:
        package = opened(place)
        assert package is not None
        packed_preset(package, place)
    except PackageError as error:
        return _refused(root, error.diagnostic)
    except PresetError as error:
        return _refused(root, refused("malformed", root, IR, why=str(error)).diagnostic)
    location = Packed(package, root, tree_folder(package), place.kind != "file")
    checked = check_location(root, location, cache=cache)
    checked = replace(checked, diagnostics=tuple(map(_unmended, checked.diagnostics)))
    if checked.preset is None:
        return checked
    if where := disagreement(package, checked.preset):
        found = replace(ct7.preset_differs.at(IR, where=where), cartridge=root)
        return replace(checked, diagnostics=(found, *checked.diagnostics), preset=None)
    if place.kind == "file" and (found_beside := _beside(root)):
        return replace(checked, diagnostics=(*found_beside, *checked.diagnostics), preset=None)
    return checked


def _beside(path: str) -> tuple[Diagnostic, ...]:
    """What a wheel has besides the package: pip would install it, and nothing here would see it."""
    from looplet.compiler.rules import ct7_signing
    from looplet.compiler.signing.carrier import read_carrier

    try:
        name = read_carrier(path).beyond()
    except CartridgeError as error:  # no wheel can be made of it, and yet it is one
        return error.report.diagnostics
    found = (ct7_signing.more_in_wheel.at(name, name=name),) if name else ()
    return tuple(replace(each, cartridge=path) for each in found)


def disagreement(package: Package, made: AgentPreset) -> str:
    """Where what `package` says of itself first differs from what its files say; "" if nowhere.

    made: the preset of its files. It is packed again: then all counts that loading the package
    takes, the layers, the agents nested in it and the manifest too.
    """
    entry = "" if package.entry == "." else package.entry
    try:
        again = pack(made, entry=entry, lock=package.lock)
    except PresetError as error:
        return str(error)
    for mine, theirs in (
        (package.ir["preset"], again.ir["preset"]),
        (package.ir, again.ir),
        (package.manifest, again.manifest),
    ):
        # By the text and not by `==`: True is not 1 here.
        if canonical_json(mine) != canonical_json(theirs):
            return difference(mine, theirs)
    return "" if package.files == again.files else "its files"


def _refused(root: str, diagnostic: Diagnostic) -> Checked:
    name = tree_name(root)
    return Checked(root, name, (replace(diagnostic, cartridge=root),), {})


def _unmended(found: Diagnostic) -> Diagnostic:
    """A package is never edited, only built again: no fix of what is in it is safe."""
    return replace(found, fixes=tuple(replace(fix, safe=False) for fix in found.fixes))


__all__ = ["check_package", "disagreement"]
