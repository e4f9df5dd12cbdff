"""The check of a package: it is whole, its files check clean, and what it carries is what they say.

The archive is judged before anything in it is read; then the tree in it is checked as a folder is;
then the preset of that is held against the one that loading the package would give.
"""

from __future__ import annotations

from dataclasses import replace

from looplet.compiler.archive.errors import PackageError, refused
from looplet.compiler.archive.package import IR
from looplet.compiler.diagnostics import Diagnostic
from looplet.compiler.loading import opened, packed_preset
from looplet.compiler.locations import Packed, tree_folder
from looplet.compiler.report import Checked
from looplet.compiler.rules import ct7_loading as ct7
from looplet.compiler.source import tree_name
from looplet.places import Place
from looplet.preset import AgentPreset, PresetError


def check_package(place: Place, *, cache: bool = True) -> Checked:
    """Check the package at `place`. Never raises for what is in it."""
    from looplet.compiler.pipeline import check_location

    root = place.path
    try:
        package = opened(place)
        assert package is not None
        carried = packed_preset(package, place)
    except PackageError as error:
        return _refused(root, error.diagnostic)
    except PresetError as error:
        return _refused(root, refused("malformed", root, IR, why=str(error)).diagnostic)
    location = Packed(package, root, tree_folder(package), place.kind != "file")
    checked = check_location(root, location, cache=cache)
    checked = replace(checked, diagnostics=tuple(map(_unmended, checked.diagnostics)))
    if checked.preset is None:
        return checked
    if where := disagreement(carried, checked.preset):
        found = replace(ct7.preset_differs.at(IR, where=where), cartridge=root)
        return replace(checked, diagnostics=(found, *checked.diagnostics), preset=None)
    return checked


def disagreement(carried: AgentPreset, made: AgentPreset) -> str:
    """The first value in which the preset of a package differs from that of its files; "" if none.

    The layers count here as well, for they are what is written when the preset is, and so do the
    agents nested in it, which would run as they are carried.
    """
    from looplet.nested import nested_agents

    return _differing(carried, replace(made, nested=nested_agents(made)))


def _differing(carried: AgentPreset, made: AgentPreset) -> str:
    if carried != made:
        from looplet.compiler.emit import difference

        return difference(carried.values(), made.values())
    for mine, theirs in zip(carried.layers, made.layers, strict=False):
        if mine != theirs:
            return f"layers.{theirs.place or theirs.name}"
    if len(carried.layers) != len(made.layers):
        return "layers"
    for path in sorted({*carried.nested, *made.nested}):
        where = f"nested.{path}"
        if path not in carried.nested or path not in made.nested:
            return where
        if inner := _differing(carried.nested[path], made.nested[path]):
            return f"{where}.{inner}"
    return ""


def _refused(root: str, diagnostic: Diagnostic) -> Checked:
    name = tree_name(root)
    return Checked(root, name, (replace(diagnostic, cartridge=root),), {})


def _unmended(found: Diagnostic) -> Diagnostic:
    """A package is never edited, only built again: no fix of what is in it is safe."""
    return replace(found, fixes=tuple(replace(fix, safe=False) for fix in found.fixes))


__all__ = ["check_package", "disagreement"]
