"""What every file system holds: which names may be in a tree, and how many and how large files.

No rule is worded here, so that packages are read without loading any.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Mapping

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

    from looplet.contents import File

IGNORED: Final = frozenset(
    {
        *("__pycache__", ".git", ".venv", ".DS_Store"),
        *(".pytest_cache", ".mypy_cache", ".ruff_cache"),
    }
)
MAX_FILE: Final = 64 * 1024 * 1024
MAX_TREE: Final = 512 * 1024 * 1024
MAX_FILES: Final = 50_000
MAX_NAME: Final = 240
MAX_DEPTH: Final = 32

_WINDOWS_RESERVED: Final = frozenset(
    ["con", "prn", "aux", "nul", *(f"{name}{n}" for name in ("com", "lpt") for n in range(1, 10))]
)


def ignored(name: str) -> bool:
    """Whether a file or folder of this name is never part of a tree."""
    return name in IGNORED or name.endswith(".pyc")


def plain(name: str) -> bool:
    """Whether a name is so ordinary that `bad_name` need not be asked."""
    return (
        name.isascii()
        and len(name) <= 64
        and name.replace(".", "").isidentifier()
        and name[-1] != "."
        and name.partition(".")[0].lower() not in _WINDOWS_RESERVED
    )


def device(name: str) -> bool:
    """Whether Windows takes `name`, one part of a path, for a device."""
    # It looks at what stands before the first full stop, without the blanks at its end.
    return name.split(".")[0].rstrip(" ").lower() in _WINDOWS_RESERVED


def bad_name(name: str) -> str | None:
    """Why `name`, one part of a path, cannot travel to every system; None if it can."""
    try:
        size = len(name.encode())
    except UnicodeEncodeError:
        return "it is not UTF-8"
    if size > MAX_NAME:
        return f"it has {size} bytes, more than the {MAX_NAME} that every system holds"
    if any(ord(char) < 32 or 127 <= ord(char) < 160 for char in name):
        return "it has a control character"
    if bad := next((char for char in name if char in '\\:*?"<>|'), None):
        return f"it has the character `{bad}`, which some systems refuse"
    if name[-1] in " .":
        return "it ends in a space or a full stop, which some systems drop"
    if device(name):
        return "Windows keeps this name for a device"
    return None


def collisions(paths: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Paths that another file system takes for one, by case or by Unicode form: (path, other)."""
    listed = sorted(paths)
    joined = "\n".join(listed)
    if joined.isascii() and joined == joined.lower():
        return
    seen: dict[str, str] = {}
    for path in listed:
        parts = path.split("/")
        for depth in range(1, len(parts) + 1):
            part = "/".join(parts[:depth])
            key = unicodedata.normalize("NFC", part).casefold()
            if seen.setdefault(key, part) != part:
                yield path, seen[key]
                break


def unwritable(files: Mapping[str, File]) -> str | None:
    """Why `files` could not be read back from a folder they are written to; None if they can."""
    folders = {path[:at] for path in files for at in range(len(path)) if path[at] == "/"}
    for path in files:
        parts = path.split("/")
        for part in parts:
            if ignored(part):
                return f"{path!r}: `{part}` is never part of a cartridge"
            if not plain(part) and (why := bad_name(part)):
                return f"{path!r}: {why}"
        if len(parts) > MAX_DEPTH:
            return f"{path!r} nests deeper than {MAX_DEPTH} folders"
        if path in folders:
            return f"{path!r} is both a file and a folder"
        if len(files[path].data) > MAX_FILE:
            return f"{path!r} has more than {MAX_FILE} bytes"
    for path, other in collisions(files):
        return f"{path!r} and {other!r} are one name on some systems"
    return None
