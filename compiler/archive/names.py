"""Names and sizes of members: whether they can be written below a folder, on every system.

A name is judged as a text, before any path of the machine is made of it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping

from looplet.compiler.portable import (
    IGNORED,
    MAX_DEPTH,
    MAX_FILE,
    MAX_FILES,
    MAX_NAME,
    MAX_TREE,
    bad_name,
    device,
    ignored,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Final

    Fault = tuple[str, dict[str, Any]]
    """A rule of `ct7_archives` by the name of its function, and its facts."""

DEEPEST: Final = 2 * MAX_DEPTH
"""Parts of a name: those of the tree, and the folders above that hold parents."""

MOST_MEMBERS: Final = MAX_FILES + 100
LARGEST: Final = MAX_TREE + 2 * MAX_FILE
"""Of a whole package: the tree, and what `CARTRIDGE-INFO/` has besides."""

# Parts of names so ordinary that none has to be looked at alone; one to a line.
_ORDINARY: Final = re.compile(r"(?:[\w.-]*[\w-](?:\n|\Z))*", re.ASCII)
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_DRIVE: Final = re.compile(r"[A-Za-z]:")
_IGNORED: Final = frozenset(map(str.casefold, IGNORED))


def fault(names: Collection[str]) -> Fault | None:
    """The first thing wrong with these names, alone or beside each other; None if nothing is."""
    parts = {part for name in names for part in name.split("/")}
    deepest = max((name.count("/") for name in names), default=0)
    if deepest >= DEEPEST or not _ordinary(parts):
        for name in names:
            if found := _alone(name):
                return found
    return _together(names)


def _ordinary(parts: set[str]) -> bool:
    """Whether no part of a name needs a second look."""
    return (
        _ORDINARY.fullmatch("\n".join(parts)) is not None
        and max(map(len, parts), default=0) <= MAX_NAME
        and "" not in parts
        and not any(part.endswith(".pyc") or device(part) for part in parts)
        and _IGNORED.isdisjoint(map(str.lower, parts))
    )


def _alone(name: str) -> Fault | None:
    parts = name.split("/")
    if "\\" in name:
        return "backslash", {"name": name}
    if name.startswith("/") or _DRIVE.match(name):
        return "absolute", {"name": name}
    if not {"", ".", ".."}.isdisjoint(parts):
        return "leaves", {"name": name}
    if _CONTROL.search(name):
        return "control", {"name": name}
    if not unicodedata.is_normalized("NFC", name):
        return "not_nfc", {"name": name}
    if any(ignored(part) or part.casefold() in _IGNORED for part in parts):
        return "ignored", {"name": name}
    if any(map(device, parts)):
        return "device", {"name": name}
    if len(parts) > DEEPEST:
        return "unportable", {"name": name, "why": f"it nests deeper than {DEEPEST} folders"}
    why = next(filter(None, map(bad_name, parts)), None)
    return ("unportable", {"name": name, "why": why}) if why else None


def _together(names: Collection[str]) -> Fault | None:
    whole = set(names)
    if len(whole) != len(names):
        seen: set[str] = set()
        twice = next(name for name in names if name in seen or seen.add(name))  # type: ignore[func-returns-value]
        return "duplicate", {"name": twice}
    above = folders(names)
    if both := whole & above:
        return "file_and_folder", {"name": min(both)}
    every = whole | above
    fold = str.lower if all(map(str.isascii, every)) else _folded
    if len(set(map(fold, every))) == len(every):
        return None
    first: dict[str, str] = {}
    for name in sorted(every):
        if first.setdefault(fold(name), name) != name:
            return "colliding", {"name": name, "other": first[fold(name)]}
    return None


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()


def beyond(sizes: Mapping[str, int]) -> tuple[str, str, dict[str, Any]] | None:
    """What is beyond the limits, by the sizes of the members: the rule, the member, the facts."""
    if len(sizes) > MOST_MEMBERS:
        return "too_many", "", {"count": len(sizes), "limit": MOST_MEMBERS}
    largest = max(sizes, key=sizes.__getitem__, default="")
    if largest and sizes[largest] > MAX_FILE:
        facts = {"what": "this file", "size": sizes[largest], "limit": MAX_FILE}
        return "too_large", largest, facts
    if (total := sum(sizes.values())) > LARGEST:
        return "too_large", "", {"what": "the package", "size": total, "limit": LARGEST}
    return None


def folders(names: Iterable[str]) -> set[str]:
    """Every folder that the names lie in, at any depth."""
    found: set[str] = set()
    for name in names:
        above = name.rpartition("/")[0]
        while above and above not in found:
            found.add(above)
            above = above.rpartition("/")[0]
    return found


__all__ = ["LARGEST", "MOST_MEMBERS", "beyond", "fault", "folders"]
