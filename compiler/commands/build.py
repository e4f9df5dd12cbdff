"""`looplet-compile build`, `unpack`, `hash`: a cartridge to one file and back, and its digests."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Final

from looplet.compiler.cli import Answer
from looplet.preset import PresetError

if TYPE_CHECKING:
    from looplet.compiler.archive.given import Given
    from looplet.compiler.archive.package import Package
    from looplet.compiler.report import Report

DIST: Final = "dist"
"""Where packages are put, as those of Python are."""


def build(path: str, out: str, form: str, *, as_json: bool) -> Answer:
    """Write the package of the cartridge at `path` into the folder `out`."""
    import click

    from looplet.compiler.archive.building import put_file
    from looplet.compiler.archive.outputs import below

    try:
        made = _given(path)
        if form == "wheel":
            from looplet.compiler.archive.wheel import wheel_of

            wheel = wheel_of(made.package, made.place.path)
            name, data = wheel.filename, wheel.data()
        else:
            name, data = _archive(made.package)
    except PresetError as error:
        return _refused(error, path, as_json)
    except ValueError as error:
        return _refused_values(error, as_json)
    out = out or DIST
    if made.place.kind == "folder" and below(made.place.path, out):
        raise click.UsageError(
            f"{out} lies in the cartridge, so the next build would pack what this one wrote; "
            "put it elsewhere with -o"
        )
    target = os.path.join(out, name)
    put_file(data, target)
    if made.place.kind != "file":
        _is_mine(made.package)
    facts = _digests(made.package, data)
    if as_json:
        return Answer(0, _json({"file": target, "size": len(data), **facts}))
    files = len(made.package.files)
    head = f"wrote {target} ({len(data):,} bytes, {files:,} file{'' if files == 1 else 's'})\n"
    return Answer(0, _visible(head) + _table(facts), _warnings(made.report))


def hash_(path: str, *, as_json: bool) -> Answer:
    """The three digests of what is at `path`, or of the package that `build` would make of it."""
    from looplet.compiler.archive.opening import bytes_of

    try:
        made = _given(path)
        file = made.place.kind == "file"
        data = bytes_of(made.place.path) if file else _archive(made.package)[1]
    except PresetError as error:
        return _refused(error, path, as_json)
    except ValueError as error:
        return _refused_values(error, as_json)
    facts = _digests(made.package, data)
    return Answer(0, _json(facts) if as_json else _table(facts))


def unpack(path: str, folder: str) -> Answer:
    """Put the files of the package at `path` into the new folder `folder`."""
    from looplet.compiler.archive.errors import refused
    from looplet.compiler.archive.opening import open_package
    from looplet.compiler.archive.package import PARENTS
    from looplet.compiler.archive.unpacking import unpack as put
    from looplet.places import NoPlace, place_of

    try:
        package = open_package(place_of(path).path)
    except NoPlace as error:
        return _refused(refused("missing", path, shown=path, why=error.why), path, False)
    except PresetError as error:
        return _refused(error, path, False)
    count = put(package, folder)
    files = f"{count:,} file{'' if count == 1 else 's'}"
    entry = "" if package.entry == "." else f"; the agent is in {package.entry}"
    text = f"wrote {folder}: {package.name} {package.version}, {files}{entry}\n"
    named = sorted({name.split("/")[1] for name in package.files if name.startswith(PARENTS)})
    remarks = ""
    if named:
        remarks = f"not written: {', '.join(named)}, which it extends by name: install that, too\n"
    return Answer(0, _visible(text), _visible(remarks))


def _is_mine(package: Package) -> None:
    """Whoever built it from a folder of theirs is not asked whether it may run."""
    from looplet.compiler.signing.statement import contents_digest
    from looplet.compiler.signing.yes import remember

    # Where that cannot be kept, one is asked: no more.
    remember(contents_digest(package), f"{package.name} {package.version}, built here")


# ── what goes in ──────────────────────────────────────────────────────────────────────────────────


def _given(path: str) -> Given:
    from looplet.compiler.archive.given import given

    return given(path)


def _archive(package: Package) -> tuple[str, bytes]:
    from looplet.compiler.archive.building import archive_of, file_name

    return file_name(package), archive_of(package)


# ── what comes out ────────────────────────────────────────────────────────────────────────────────


def _digests(package: Package, data: bytes) -> dict[str, str]:
    from looplet.compiler.archive.identity import sha256

    return {
        "name": package.name,
        "version": package.version,
        "tree": package.tree_digest,
        "meaning": package.manifest["digests"]["meaning"],
        "archive": sha256(data),
    }


def _table(facts: dict[str, str]) -> str:
    return "".join(f"{key:<8} {facts[key]}\n" for key in ("tree", "meaning", "archive"))


def _json(value: dict[str, Any]) -> str:
    from looplet.compiler.render.json import ascii_json

    return ascii_json(value)


def _warnings(report: Report) -> str:
    """What `check` says, where it is more than advice."""
    if not report.warnings:
        return ""
    from looplet.compiler.render import text

    return text.render(report)


def _refused(error: PresetError, path: str, as_json: bool) -> Answer:
    """An error about the package or its lock, as `check` shows findings."""
    from dataclasses import replace

    from looplet.compiler.commands.table import _faulty
    from looplet.compiler.report import Checked, Report

    several = getattr(error, "found", ())  # of a LockError
    found = [each.diagnostic() for each in several] or [getattr(error, "diagnostic", None)]
    if found[0] is None:
        return Answer(1, remarks=_visible(f"looplet-compile: {error}"))
    root = found[0].cartridge or path
    checked = Checked(root, root, tuple(replace(each, cartridge=root) for each in found), {})
    return _faulty(Report((checked,)), "json" if as_json else "text")


def _refused_values(error: ValueError, as_json: bool) -> Answer:
    """What `check` found, or a variable of the environment that is set wrong."""
    import click

    from looplet.compiler.commands.table import _faulty
    from looplet.compiler.report import CartridgeError

    if isinstance(error, CartridgeError):
        return _faulty(error.report, "json" if as_json else "text")
    raise click.UsageError(str(error)) from None


def _visible(text: str) -> str:
    from looplet.compiler.render.visible import visible

    return "".join(f"{visible(line)}\n" for line in text.splitlines())
