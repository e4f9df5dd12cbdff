"""`looplet-compile lock`: write a cartridge's lock, hold it against the cartridge, or export it."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from looplet.compiler.cli import Answer
from looplet.compiler.locking.comparing import differences
from looplet.compiler.locking.declared import declared
from looplet.compiler.locking.environment import not_as_locked
from looplet.compiler.locking.errors import Found, LockError
from looplet.compiler.locking.holding import current
from looplet.compiler.locking.lockfile import LOCK, lock_of, read, written
from looplet.compiler.locking.making import make
from looplet.compiler.locking.requirements import requirements
from looplet.compiler.locking.resolving import Resolver, find_resolver
from looplet.compiler.report import Checked, Report
from looplet.compiler.rules import ct7_locks as ct7
from looplet.places import place_of
from looplet.preset import AgentPreset, PresetError

Render = Callable[[Report], str]


class Asked(NamedTuple):
    """The cartridge that was named, checked clean. render: shows findings."""

    root: str
    preset: AgentPreset
    render: Render

    def refuse(self, error: PresetError) -> Report:
        """What is wrong with the lock, or what keeps it from being made."""
        if isinstance(error, LockError):
            if error.place is not None:
                return self._of(error.diagnostic)
            return self.report(error.found)
        return self._of(ct7.not_resolved.at("", what="the cartridge", why=str(error)))

    def report(self, found: tuple[Found, ...] | list[Found]) -> Report:
        from looplet.compiler.locking.places import report

        return report(self.root, self.preset, found)

    def _of(self, diagnostic: Any) -> Report:
        sources = {LOCK: data} if (data := lock_of(self.preset)) else {}
        return Report((Checked(self.root, self.preset.name, (diagnostic,), sources),))


def write_lock(asked: Asked, resolver: str | None, upgrade: bool, builds: bool) -> Answer:
    """Write `cartridge.lock`, if it says anything else. Raises NotAFolder."""
    place = place_of(asked.root)
    if place.kind != "folder" or place.packed:
        raise NotAFolder(
            f"{asked.root} is no folder of an author, and a package is never changed; lock the "
            "folder it was built from, and build it again"
        )
    folder = place.path
    before = lock_of(asked.preset)
    try:
        old, remark = _old(before, upgrade)
        lock, now = make(asked.preset, old, find=_finding(resolver, builds))
    except PresetError as error:
        return Answer(1, remarks=asked.render(asked.refuse(error)))
    data = written(lock)
    # What was written has to be what is read, or no `lock --check` would ever pass.
    if again := differences(now, read(data)):
        raise RuntimeError(f"the lock that was made is stale at once: {again[0].message}")
    if data != before:
        _replace(os.path.join(folder, LOCK), data)
    remarks = asked.render(asked.report(now.loose)) if now.loose else ""
    done = f"{LOCK} is as it was" if data == before else f"wrote {os.path.join(folder, LOCK)}"
    return Answer(0, f"{done}: {_summary(lock)}\n", remark + remarks)


def check_lock(asked: Asked, installed: bool) -> Answer:
    """Hold the lock against the cartridge and, if asked for, against what is installed."""
    data = lock_of(asked.preset)
    if data is None:
        return _refused(asked, LockError("missing", shown=asked.root))
    try:
        lock = read(data)
        found = differences(declared(asked.preset), lock)
    except PresetError as error:
        return _refused(asked, error)
    if installed:
        found += not_as_locked(lock)
    if found:
        return Answer(1, asked.render(asked.report(found)))
    return Answer(0, f"{LOCK} holds: {_summary(lock)}\n")


def print_requirements(asked: Asked) -> Answer:
    """The locked Python packages, as a requirements file."""
    try:
        return Answer(0, requirements(current(asked.preset, asked.root)))
    except PresetError as error:
        return Answer(1, remarks=asked.render(asked.refuse(error)))


class NotAFolder(ValueError):
    """A lock was to be written where it cannot be."""


def _refused(asked: Asked, error: PresetError) -> Answer:
    return Answer(1, asked.render(asked.refuse(error)))


def _old(data: bytes | None, upgrade: bool) -> tuple[dict[str, Any] | None, str]:
    """The lock there is, to keep what still fits; and a remark on one that says nothing any more.

    Raises LockError for one of a format that only a newer looplet knows: it is not overwritten.
    """
    if data is None:
        return None, ""
    try:
        old = read(data)
    except LockError as error:
        if error.found[0].rule == "other_format":
            raise
        return None, f"{error}; it is made anew\n"
    return (None if upgrade else old), ""


def _finding(name: str | None, builds: bool) -> Callable[[str | None], Resolver]:
    return lambda used: find_resolver(name or used, builds=builds)


def _replace(path: str, data: bytes) -> None:
    """Write a file whole, or leave the one that is there."""
    handle, made = tempfile.mkstemp(prefix=".looplet-", dir=os.path.dirname(path))
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
        mask = os.umask(0)
        os.umask(mask)
        os.chmod(made, 0o666 & ~mask)
        os.replace(made, path)
    except BaseException:
        os.unlink(made)
        raise


def _summary(lock: Mapping[str, Any]) -> str:
    agents = lock["agents"].values()
    counts = (
        (len(lock["parents"]), "parent"),
        (len(lock["python"]["packages"]), "Python package"),
        (sum(len(each["servers"]) for each in (lock, *agents)), "server"),
    )
    words = [f"{count} {what}{'' if count == 1 else 's'}" for count, what in counts if count]
    return ", ".join(words) or "nothing beside the cartridge itself"


__all__ = ["Asked", "NotAFolder", "check_lock", "print_requirements", "write_lock"]
