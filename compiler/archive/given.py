"""What a person names, as a package: of a folder that checks clean, or one that is a package."""

from __future__ import annotations

from typing import NamedTuple

from looplet.compiler.archive.outputs import outputs_in
from looplet.compiler.archive.package import Package, pack
from looplet.compiler.loading import opened
from looplet.compiler.locking.holding import carried
from looplet.compiler.pipeline import check
from looplet.compiler.report import CartridgeError, Checked, Report
from looplet.places import Place, place_of
from looplet.preset import AgentPreset


class Given(NamedTuple):
    """report: of the check, which has no errors. place: where the package was found."""

    package: Package
    report: Report
    place: Place


def given(path: str) -> Given:
    """The package that `path` is, or that `build` makes of it; it may be the name of one, too.

    Raises CartridgeError, with the whole report, for what does not check clean, and PresetError
    (PackageError, LockError) for what cannot be packed.
    """
    report = check(path)
    preset = report.cartridges[0].preset
    if preset is None:
        raise CartridgeError(report)
    place = place_of(path)
    if (package := opened(place)) is None:
        _nothing_built(path, preset)
        package = pack(preset, lock=carried(preset), root=place.path)
    return Given(package, report, place)


def _nothing_built(path: str, preset: AgentPreset) -> None:
    """Refuse to pack a package of the cartridge with it: each build would hold the one before."""
    if found := tuple(outputs_in(preset.name, preset.layers[0].files)):
        raise CartridgeError(Report((Checked(path, preset.name, found, {}),)))


__all__ = ["Given", "given"]
