"""Packages that are refused before anything of them is used: CT701 to CT748."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from corpus_outcomes import add, base, outcome
from hostile_archives import HOSTILE, package

from looplet.compiler import cartridge_to_preset
from looplet.compiler.archive.building import file_name
from looplet.compiler.archive.opening import open_package
from looplet.compiler.archive.package import Package, pack
from looplet.compiler.archive.wheel import wheel_of


def _opened(make: Callable[[], bytes]) -> Callable[[Path], None]:
    def opened(folder: Path) -> None:
        (folder / "small-1.0.0.cartridge").write_bytes(make())
        open_package("small-1.0.0.cartridge")

    return opened


for _each in HOSTILE.values():
    add(f"archive-{_each.name}", _each.why, _opened(_each.make), _each.code)


@outcome("CT701")
def package_missing(folder: Path) -> None:
    "no file of that name"
    open_package("small-1.0.0.cartridge")


@outcome("CT702")
def package_is_a_folder(folder: Path) -> None:
    "a folder in place of a package"
    base(folder)
    open_package("base.cartridge")


def _installed(folder: Path) -> Path:
    """A wheel as an installer leaves it: files, without their modes and order."""
    wheel = wheel_of(package(), "small")
    for name, file in wheel.members.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(file.data)
    return folder / wheel.info


@outcome("CT746")
def distribution_without_cartridge(folder: Path) -> None:
    "an installed distribution that holds no cartridge"
    (folder / "other-1.0.dist-info").mkdir()
    open_package("other-1.0.dist-info")


@outcome("CT748")
def installed_file_edited(folder: Path) -> None:
    "a file of an installed cartridge that somebody edited"
    prompt = _installed(folder) / "cartridge/prompts/system.md"
    prompt.write_text("Say something else.\n")
    open_package("small-1.0.0.dist-info")


@outcome("CT748")
def installed_file_removed(folder: Path) -> None:
    "a file of an installed cartridge that somebody removed"
    (_installed(folder) / "cartridge/run.sh").unlink()
    open_package("small-1.0.0.dist-info")


@outcome("CT748")
def installed_file_added(folder: Path) -> None:
    "a file that somebody put beside those of an installed cartridge"
    (_installed(folder) / "cartridge/more.txt").write_text("x\n")
    open_package("small-1.0.0.dist-info")


def _packed(root: str) -> Package:
    return pack(cartridge_to_preset(root, cache=False), root=root)


@outcome("CT744")
def name_to_pack_not_nfc(folder: Path) -> None:
    "a file to be packed whose name has its accent apart"
    (base(folder) / "prompts/cafe\u0301.md").write_text("x\n")
    _packed("base.cartridge")


@outcome("CT745")
def name_to_pack_in_capitals(folder: Path) -> None:
    "a folder that some systems take for one of git"
    root = base(folder)
    (root / ".GIT").mkdir()
    (root / ".GIT/config").write_text("x\n")
    _packed("base.cartridge")


@outcome("CT745")
def version_with_a_slash(folder: Path) -> None:
    "a version that cannot stand in the name of a file"
    manifest = base(folder) / "cartridge.json"
    manifest.write_text('{"name": "base", "schema_version": 2, "version": "2026/03"}\n')
    file_name(_packed("base.cartridge"))
