"""Locks that do not hold, and what cannot be locked."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from corpus_made import edited
from corpus_outcomes import base, outcome

from looplet.compiler import cartridge_to_preset
from looplet.compiler.locking import environment
from looplet.compiler.locking.asking import Said
from looplet.compiler.locking.comparing import differences
from looplet.compiler.locking.declared import declared
from looplet.compiler.locking.errors import LockError
from looplet.compiler.locking.holding import hold
from looplet.compiler.locking.lockfile import LOCK, lock_of, read, written
from looplet.compiler.locking.making import make
from looplet.compiler.locking.places import report
from looplet.compiler.locking.resolving import Resolver
from looplet.compiler.report import Checked, Report

HERE = "base.cartridge"
NPX = "mcp_servers:\n  docs: {command: npx -y @acme/docs@1.4.2}\n"


def answers(argv: Sequence[str], files: Mapping[str, str]) -> Said:
    """An npm and an installer that know everything, without a network."""
    if argv[1] == "view":
        return Said(0, '"sha512-AAAA"', "")
    names = [line.partition(">")[0] for line in files["requirements.in"].splitlines()]
    pins = [f"{name}==1.0 --hash=sha256:{'0' * 64}" for name in names]
    return Said(0, "\n".join(pins), "")


def installer(name: str | None) -> Resolver:
    return Resolver("uv", ("uv",), answers)


def locked(folder: Path, servers: str = "") -> Path:
    """The base with these servers, and its lock."""
    root = base(folder)
    added(root, servers)
    made, _ = make(cartridge_to_preset(HERE), find=installer, ask=answers)
    (root / LOCK).write_bytes(written(made))
    return root


def added(root: Path, servers: str) -> None:
    """Put these servers in the place of none, and declare what starting them takes."""
    if servers:
        edited(root, "config.yaml", "mcp_servers: {}\n", servers)
        edited(root, "cartridge.json", '["files"]', '["files", "network", "processes"]')


def checked() -> Report:
    """What `lock --check` finds."""
    preset = cartridge_to_preset(HERE)
    data = lock_of(preset) or b""
    try:
        return report(HERE, preset, differences(declared(preset), read(data)))
    except LockError as error:
        return Report((Checked(HERE, preset.name, (error.diagnostic,), {LOCK: data}),))


@outcome("CT780")
def lock_missing(folder: Path) -> None:
    "`looplet run --locked` on a cartridge that has no lock"
    base(folder)
    hold(cartridge_to_preset(HERE), shown=HERE)


@outcome("CT781")
def lock_in_a_merge(folder: Path) -> Report:
    "two branches changed the lock, and nobody has chosen"
    root = locked(folder)
    lines = (root / LOCK).read_text().splitlines()
    (root / LOCK).write_text("\n".join([*lines[:2], "<<<<<<< HEAD", *lines[2:]]))
    return checked()


@outcome("CT781")
def lock_with_a_comma_too_many(folder: Path) -> Report:
    "the lock is no JSON any more"
    root = locked(folder)
    (root / LOCK).write_text((root / LOCK).read_text().replace('"parents": []', '"parents": [],,'))
    return checked()


@outcome("CT781")
def lock_edited_by_hand(folder: Path) -> Report:
    "a version was changed in the lock itself"
    root = locked(folder)
    (root / LOCK).write_text((root / LOCK).read_text().replace("<2", "<3"))
    return checked()


@outcome("CT781")
def lock_with_a_key_twice(folder: Path) -> Report:
    "one key of the lock is there twice"
    root = locked(folder)
    (root / LOCK).write_text('{"format": 1, "format": 1}')
    return checked()


@outcome("CT782")
def lock_of_a_newer_format(folder: Path) -> Report:
    "a newer looplet wrote the lock"
    root = locked(folder)
    (root / LOCK).write_text('{"format": 2}')
    return checked()


@outcome("CT783")
def lock_of_another_cartridge(folder: Path) -> Report:
    "the cartridge was renamed after it was locked"
    root = locked(folder)
    manifest = json.loads((root / "cartridge.json").read_text())
    manifest["name"] = "renamed"
    (root / "cartridge.json").write_text(json.dumps(manifest, indent=2))
    return checked()


@outcome("CT784")
def lock_stale_server(folder: Path) -> Report:
    "a server's version was raised, and the lock was not written again"
    root = locked(folder, NPX)
    edited(root, "config.yaml", "@1.4.2", "@1.5.0")
    return checked()


@outcome("CT785", "CT785")
def lock_parent_differs(folder: Path) -> Report:
    "a parent was changed after the child was locked, and another parent came between"
    root = locked(folder)
    for name in ("parent", "child"):
        (folder / f"{name}.cartridge").mkdir()
    child = folder / "child.cartridge"
    (child / "config.yaml").write_text(f"extends: ../{HERE}\n")
    made, _ = make(cartridge_to_preset(child), find=installer, ask=answers)
    (child / LOCK).write_bytes(written(made))
    (folder / "parent.cartridge" / "config.yaml").write_text(f"extends: ../{HERE}\n")
    (child / "config.yaml").write_text("extends: ../parent.cartridge\n")
    (root / "prompts" / "briefing.md").write_text("Another one.\n")
    preset = cartridge_to_preset("child.cartridge")
    lock = read((child / LOCK).read_bytes())
    return report("child.cartridge", preset, differences(declared(preset), lock))


@outcome("CT786", "CT786", "CT786")
def lock_floating_servers(folder: Path) -> Report:
    "servers that start whatever is the newest"
    root = base(folder)
    added(
        root,
        "mcp_servers:\n"
        "  docs: {command: npx -y @acme/docs@latest}\n"
        "  clock: {command: uvx clock}\n"
        "  logs: {command: docker run -i --rm acme/logs}\n",
    )
    preset = cartridge_to_preset(HERE)
    return report(HERE, preset, declared(preset).problems)


@outcome("CT787")
def lock_without_a_network(folder: Path) -> None:
    "npm cannot reach its registry"
    root = base(folder)
    added(root, NPX)

    def nowhere(argv: Sequence[str], files: Mapping[str, str]) -> Said:
        if argv[1] != "view":
            return answers(argv, files)
        told = {"code": "ENOTFOUND", "summary": "request to the registry failed"}
        return Said(1, json.dumps({"error": told}), "")

    make(cartridge_to_preset(HERE), find=installer, ask=nowhere)


@outcome("CT788")
def lock_not_installed(folder: Path) -> Report:
    "a distribution that is pinned is not installed here"
    locked(folder)
    preset = cartridge_to_preset(HERE)
    lock = read(lock_of(preset) or b"")
    pin = {"name": "no-such-distribution", "version": "1.0", "hashes": [f"sha256:{'0' * 64}"]}
    lock["python"]["packages"] = [pin]
    return report(HERE, preset, environment.not_as_locked(lock))


@outcome("CT789")
def lock_loosely(folder: Path) -> Report:
    "a server at an address, which the lock cannot hold"
    root = base(folder)
    added(root, 'mcp_servers:\n  web: {url: "https://docs.example.com/mcp"}\n')
    preset = cartridge_to_preset(HERE)
    return report(HERE, preset, declared(preset).loose[:1])
