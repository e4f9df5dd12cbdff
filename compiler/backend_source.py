"""What the build backend builds from: a cartridge's folder, or an unpacked source distribution.

Everything wrong with it is one report, as `looplet-compile check` has it.
"""

from __future__ import annotations

from dataclasses import replace

from looplet.compiler import layout
from looplet.compiler.archive.outputs import below, holds_outputs_alone, outputs_in
from looplet.compiler.archive.package import Package, pack
from looplet.compiler.archive.sdist import is_unpacked, unpacked
from looplet.compiler.diagnostics import Diagnostic
from looplet.compiler.inheritance import MAX_PARENTS
from looplet.compiler.locations import Folder, Location, Packed, is_path, tree_folder
from looplet.compiler.locking.holding import carried
from looplet.compiler.pipeline import check_location
from looplet.compiler.pyproject import PYPROJECT, pyproject_faults
from looplet.compiler.report import CartridgeError, Checked, Report
from looplet.compiler.source import Tree
from looplet.compiler.syntax import parse
from looplet.installed import NotInstalled, plain, split
from looplet.places import NoPlace


class Without(Folder):
    """A folder without one below it: the one that a build was told to write to.

    Unless that holds something else, which may be meant to be part of the cartridge.
    """

    def __init__(self, path: str, left_out: str) -> None:
        super().__init__(path)
        self.prefix = left_out + "/"

    def read(self) -> tuple[Tree, list[Diagnostic]]:
        tree, findings = super().read()
        inside = [path for path in tree.files if path.startswith(self.prefix)]
        if not holds_outputs_alone(path.removeprefix(self.prefix) for path in inside):
            return tree, findings
        files = {path: file for path, file in tree.files.items() if path not in inside}
        return replace(tree, files=files), findings


def package_in(folder: str, out: str = "", *, strict: bool = False) -> Package:
    """The package of what lies in `folder`.

    out: where the build will write, "" if nowhere in the folder. strict: warnings are errors.
    Raises CartridgeError with every finding; PresetError for what no package can hold.
    """
    if is_unpacked(folder):
        return _of_sdist(folder)
    inside = below(folder, out) if out else ""
    apart = inside not in ("", ".")  # a folder of its own, so all of it can be left out
    checked = check_location(folder, Without(folder, inside) if apart else Folder(folder))
    warned = strict and any(each.severity == "warning" for each in checked.diagnostics)
    if checked.preset is None or warned:
        raise CartridgeError(Report((checked,)))
    own = checked.preset.layers[0].files
    found = [*outputs_in(checked.name, own)]
    if PYPROJECT in own:
        found += pyproject_faults(own[PYPROJECT].data)
    if found:
        named = tuple(replace(each, cartridge=folder) for each in found)
        raise CartridgeError(Report((Checked(folder, checked.name, named, {}),)))
    return pack(checked.preset, lock=carried(checked.preset))


def _of_sdist(folder: str) -> Package:
    """The package in an unpacked source distribution, if it carries what its files say."""
    from looplet.compiler.checked_package import disagreement
    from looplet.compiler.rules import ct7_loading

    package = unpacked(folder)
    location = Packed(package, folder, tree_folder(package), on_disk=True)
    checked = check_location(folder, location)
    if checked.preset is None:
        raise CartridgeError(Report((checked,)))
    if where := disagreement(package, checked.preset):
        found = replace(ct7_loading.preset_differs.at("", where=where), cartridge=folder)
        raise CartridgeError(Report((replace(checked, diagnostics=(found,), preset=None),)))
    return package


# ── parents that must be installed first ──────────────────────────────────────────────────────────


def parents_to_install(folder: str) -> list[str]:
    """The requirements of parents that `extends` names and that are not there.

    What is wrong with the cartridge is for the build to say.
    """
    if is_unpacked(folder):
        return []
    location: Location | None = Folder(folder)
    for _ in range(MAX_PARENTS):
        if location is None:
            break
        target = _extends(location)
        if not target:
            break
        try:
            beside = location.beside(target)
            if beside is None and is_path(target):
                break
            location = beside or location.named(target)[0]
        except (NoPlace, NotInstalled):
            return _requirement(target)
        except ValueError:
            break
    return []


def _requirement(target: str) -> list[str]:
    try:
        name, versions = split(target)
    except NotInstalled:
        return []
    return [plain(name) + versions]


def _extends(location: Location) -> str:
    file = location.read()[0].files.get(layout.CONFIG)
    document = parse(layout.CONFIG, file.data)[0] if file is not None else None
    value = document.value if document is not None else None
    target = value.get("extends") if isinstance(value, dict) else None
    return target if isinstance(target, str) else ""


__all__ = ["package_in", "parents_to_install"]
