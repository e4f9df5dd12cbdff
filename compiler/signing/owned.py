"""Files that decide what is run belong to whoever runs it: where they are, and who writes them."""

from __future__ import annotations

import os
import stat


def user_folder(variable: str, below_home: str) -> str | None:
    """looplet's folder of the kind that an XDG variable names; None where there is no home."""
    base = os.environ.get(variable) or ""
    if not os.path.isabs(base):  # as the standard says: a relative one does not count
        base = os.path.join(os.path.expanduser("~"), below_home)
    return os.path.join(base, "looplet") if os.path.isabs(base) else None


def others_write(file: int | str, path: str, *, own: bool = True) -> str:
    """Why somebody else could write `file` (open, or a path), or put another in its place at
    `path`; "" if nobody can.

    own: whether it has to belong to the user, or to root, and every folder above it as well; else
    it was named, and its own folder is enough. Where a folder is sticky, as /tmp is, only the owner
    of a file replaces it. Windows has no such bits, and there a folder of the user's own is nobody
    else's.
    """
    if os.name == "nt":
        return ""
    mine = {os.geteuid(), 0}
    known = os.stat(file)
    if own and known.st_uid not in mine:
        return "it belongs to another user"
    if known.st_mode & 0o022:
        return "others can write it (chmod go-w)"
    folders = {os.path.dirname(os.path.abspath(path)), os.path.dirname(os.path.realpath(path))}
    for folder in [each for start in sorted(folders) for each in _up(start, own)]:
        known = os.stat(folder)
        if own and known.st_uid not in mine:
            return f"the folder {folder} belongs to another user"
        if known.st_mode & 0o022 and not known.st_mode & stat.S_ISVTX:
            return f"others can write the folder {folder} (chmod go-w)"
    return ""


def _up(folder: str, whole: bool) -> list[str]:
    """A folder and, for the whole way, all above it."""
    found = [folder]
    while whole and (above := os.path.dirname(folder)) != folder:
        found.append(folder := above)
    return found


__all__ = ["others_write", "user_folder"]
