"""cartridge.json: what people and packagers read, what is installed, what is declared."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from looplet.compiler.diff.changes import ABSENT, Change, Keys, differing
from looplet.compiler.diff.words import names, quote, turned
from looplet.preset import AgentPreset

_PROJECT: Final = re.compile(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)")
_KINDS: Final = {
    "requires_python": "python-changed",
    "schema_version": "setting-changed",
    "language": "setting-changed",
}


def compare_manifest(old: AgentPreset, new: AgentPreset) -> Iterator[Change]:
    """What changed in `cartridge.json`."""
    for key in ("name", "version", "description"):
        was, now = getattr(old, key), getattr(new, key)
        if was != now:
            message = f"{key}: {turned(was, now)}"
            yield Change(f"{key}-changed", (key,), message, old=was, new=now)
    for key, was, now in differing(old.manifest, new.manifest):
        keys = ("manifest", key)
        if key == "dependencies":
            yield from _dependencies(keys, was, now)
        elif key == "capabilities":
            yield from _capabilities(keys, was, now)
        else:
            kind = _KINDS.get(key, "manifest-changed")
            kind = "extra-changed" if key.startswith("x-") else kind
            yield Change(kind, keys, f"{key}: {turned(was, now)}", old=was, new=now)


def _dependencies(keys: Keys, old: Any, new: Any) -> Iterator[Change]:
    """Requirements by the project that they name: several of one are told apart by markers only,
    so they are compared together."""
    before, after = _projects(old), _projects(new)
    for project, was, now in differing(before, after):
        if was is ABSENT:
            message = f"needs {names(now)} now"
            yield Change("dependency-added", keys, message, new=now)
        elif now is ABSENT:
            yield Change("dependency-removed", keys, f"no longer needs {names(was)}", old=was)
        else:
            message = f"{quote(project)}: {names(was)} → {names(now)}"
            yield Change("dependency-changed", keys, message, old=was, new=now)


def _projects(value: Any) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for entry in value if isinstance(value, (list, tuple)) else ():
        project = _PROJECT.match(str(entry))
        name = re.sub(r"[-_.]+", "-", project[1]).lower() if project else str(entry)
        found.setdefault(name, []).append(str(entry))
    return found


def _capabilities(keys: Keys, old: Any, new: Any) -> Iterator[Change]:
    if old is ABSENT:
        message = f"declares its capabilities now: {names(_texts(new)) or 'none'}"
        yield Change("capabilities-closed", keys, message, new=new)
    elif new is ABSENT:
        message = "declares no capabilities any more, so no reach of its code is an error"
        yield Change("capabilities-open", keys, message, old=old)
    else:
        before, after = _texts(old), _texts(new)
        if more := [name for name in after if name not in before]:
            message = f"declares {names(more)} now"
            yield Change("capability-declared", keys, message, old=old, new=new)
        if less := [name for name in before if name not in after]:
            message = f"no longer declares {names(less)}"
            yield Change("capability-withdrawn", keys, message, old=old, new=new)


def _texts(value: Any) -> list[str]:
    return [str(one) for one in value] if isinstance(value, (list, tuple)) else [str(value)]


__all__ = ["compare_manifest"]
