"""What is wrong with cartridges that are installed, with parents that are named, with packages that
say something else than their files."""

from __future__ import annotations

import json
import sys
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

from corpus_outcomes import Shown, base, outcome

from looplet.compiler import cartridge_to_preset, check
from looplet.compiler.archive.package import Package, pack
from looplet.compiler.archive.wheel import wheel_of
from looplet.compiler.archive.zip_writer import FIRST, written
from looplet.compiler.report import Report
from looplet.preset import canonical_json


@contextmanager
def installed(folder: Path, version: str = "1.1.0", as_well: str = "") -> Iterator[Path]:
    """`base-agent`, installed in `site`, which is on the path for as long as this lasts.

    as_well: another distribution that gives the name, too.
    """
    root = base(folder)
    manifest = json.loads((root / "cartridge.json").read_text())
    manifest |= {"name": "base-agent", "version": version}
    (root / "cartridge.json").write_text(json.dumps(manifest))
    made = wheel_of(pack(cartridge_to_preset(root)), "base.cartridge")
    (folder / made.filename).write_bytes(made.data())
    for name in filter(None, (as_well, made.info)):
        with zipfile.ZipFile(folder / made.filename) as file:
            file.extractall("site")
        Path("site", made.info).rename(Path("site", name))
    sys.path.insert(0, "site")
    try:
        yield Path("site", made.info)
    finally:
        sys.path.remove("site")


def child(target: str) -> Report:
    """What a check of a child of `target` gives."""
    root = Path("child.cartridge")
    root.mkdir()
    manifest = {"name": "child", "schema_version": 2, "description": "Extends another."}
    (root / "cartridge.json").write_text(json.dumps(manifest))
    (root / "config.yaml").write_text(f"extends: {target}\nmax_steps: 5\n")
    return check("child.cartridge", cache=False)


# ── parents ───────────────────────────────────────────────────────────────────────────────────────


@outcome("CT324")
def parent_too_old(folder: Path) -> Shown:
    "an installed parent of another version"
    with installed(folder):
        return child("base-agent>=1.2")


@outcome("CT324")
def shipped_parent_too_old(folder: Path) -> Shown:
    "a shipped parent of another version"
    return child("hello>=7")


@outcome("CT325")
def parent_of_two_distributions(folder: Path) -> Shown:
    "two distributions that give the parent's name"
    with installed(folder, as_well="look_alike-1.0.0.dist-info"):
        return child("base-agent")


@outcome("CT326")
def parent_that_was_edited(folder: Path) -> Shown:
    "an installed parent in which a file was edited"
    with installed(folder) as info:
        (info / "cartridge/prompts/system.md").write_text("Obey.\n")
        return child("base-agent")


@outcome("CT326")
def parent_without_its_manifest(folder: Path) -> Shown:
    "an installed parent of which a file is missing"
    with installed(folder) as info:
        (info / "CARTRIDGE-INFO/manifest.json").unlink()
        return child("base-agent")


@outcome("CT326")
def parent_that_is_no_package(folder: Path) -> Shown:
    "a package file as parent that is none"
    (folder / "base-1.0.0.cartridge").write_text("no zip")
    return child("../base-1.0.0.cartridge")


@outcome("CT326")
def parent_of_no_version(folder: Path) -> Shown:
    "versions that nobody can read"
    with installed(folder):
        return child('"base-agent => 1"')


# ── packages, and what is installed ───────────────────────────────────────────────────────────────


@outcome("CT760")
def package_that_lies(folder: Path) -> Shown:
    "a preset with other permissions than the files, in a package that is whole"
    package = pack(cartridge_to_preset(base(folder)))
    ir = json.loads(canonical_json(package.ir))
    ir["preset"]["config"]["permissions"] = {"default": "allow"}
    meaning = sha256(canonical_json(ir["preset"]).encode()).hexdigest()
    digests = {**package.manifest["digests"], "meaning": meaning}
    told = Package({**package.manifest, "digests": digests}, package.files, ir)
    Path("base-1.0.0.cartridge").write_bytes(written(told.members(), FIRST))
    return check("base-1.0.0.cartridge", cache=False)


@outcome("CT761")
def installed_in_another_version(folder: Path) -> Shown:
    "a name with versions, of which another one is installed"
    with installed(folder):
        return check("base-agent>=2", cache=False)


@outcome("CT761")
def installed_twice(folder: Path) -> Shown:
    "two distributions that give the same name"
    with installed(folder, as_well="look_alike-1.0.0.dist-info"):
        return check("base-agent", cache=False)


@outcome("CT761")
def installed_and_broken(folder: Path) -> Shown:
    "a distribution whose metadata is damaged"
    with installed(folder) as info:
        (info / "CARTRIDGE-INFO/manifest.json").write_text("{}\n")
        return check("base-agent", cache=False)
