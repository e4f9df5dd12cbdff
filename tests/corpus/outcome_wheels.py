"""What keeps a cartridge from being a wheel, or what the build backend refuses: CT750 to CT759."""

from __future__ import annotations

from pathlib import Path

from corpus_made import edited
from corpus_outcomes import Shown, base, outcome

from looplet.compiler.archive.wheel import wheel_of
from looplet.compiler.backend_source import package_in
from looplet.compiler.report import CartridgeError


def _built(root: Path) -> Shown:
    """The report that building a wheel of a folder ends with."""
    try:
        wheel_of(package_in(root.name), root.name)
    except CartridgeError as error:
        return error.report
    return None


def _named(folder: Path, name: str) -> Shown:
    root = base(folder)
    edited(root, "cartridge.json", '"name": "base"', f'"name": "{name}"')
    return _built(root)


@outcome("CT750")
def wheel_name_begins_with_underscore(folder: Path) -> Shown:
    "a name that begins with an underscore"
    return _named(folder, "_reviewer")


@outcome("CT750")
def wheel_name_of_signs_alone(folder: Path) -> Shown:
    "a name without a letter"
    return _named(folder, "__")


@outcome("CT750")
def wheel_name_of_the_folder(folder: Path) -> Shown:
    "no manifest, and a folder whose name no distribution can have"
    root = base(folder).rename(folder / "mein Agent.cartridge")
    (root / "cartridge.json").unlink()
    return _built(root)


@outcome("CT751")
def wheel_named_as_a_command(folder: Path) -> Shown:
    "a wheel whose command would hide the one that tools call"
    return _named(folder, "git")


@outcome("CT751")
def wheel_named_as_looplet(folder: Path) -> Shown:
    "a wheel that would replace looplet"
    return _named(folder, "Looplet")


@outcome("CT751")
def wheel_named_as_its_dependency(folder: Path) -> Shown:
    "a wheel that would replace what it depends on"
    root = base(folder)
    edited(root, "cartridge.json", '"dependencies": []', '"dependencies": ["base>=2"]')
    return _built(root)


def _of_version(folder: Path, version: str) -> Shown:
    root = base(folder)
    edited(root, "cartridge.json", '"version": "1.2.0"', f'"version": "{version}"')
    return _built(root)


@outcome("CT752")
def wheel_version_is_a_date(folder: Path) -> Shown:
    "a date as the version"
    return _of_version(folder, "2026-03-14")


@outcome("CT752")
def wheel_version_is_a_month(folder: Path) -> Shown:
    "a month as the version, which counts as a correction of the year"
    return _of_version(folder, "2026-03")


@outcome("CT752")
def wheel_version_is_a_word(folder: Path) -> Shown:
    "a word as the version"
    return _of_version(folder, "latest")


@outcome("CT757")
def wheel_readme_not_utf8(folder: Path) -> Shown:
    "a README.md that is Latin-1"
    root = base(folder)
    (root / "README.md").write_bytes("Für Ada\n".encode("latin-1"))
    return _built(root)


@outcome("CT758", "CT758")
def wheel_holds_earlier_wheels(folder: Path) -> Shown:
    "what an earlier build wrote, in the cartridge"
    root = base(folder)
    (root / "dist").mkdir()
    (root / "dist" / "base-1.1.0-py3-none-any.whl").write_bytes(b"PK")
    (root / "dist" / "base-1.1.0.tar.gz").write_bytes(b"\x1f\x8b")
    return _built(root)


@outcome("CT759")
def pyproject_with_a_project(folder: Path) -> Shown:
    "a pyproject.toml with a name and a version of its own"
    root = base(folder)
    (root / "pyproject.toml").write_text('[project]\nname = "base"\nversion = "1"\n')
    return _built(root)


@outcome("CT759")
def pyproject_without_a_closing_bracket(folder: Path) -> Shown:
    "a pyproject.toml that is no TOML"
    root = base(folder)
    (root / "pyproject.toml").write_text("[build-system\n")
    return _built(root)
