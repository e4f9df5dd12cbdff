"""Files as data: their bytes, what a digest says of them, and how JSON holds them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Final


_UNPORTABLE: Final = r"(?m)(?:^|/)\.{0,2}(?:/|$)|[\\:\0\r]"
"""An empty part, `.` or `..`, and what some system reads as more than a name."""

_MARKS: Final = ("\n\n", "\n.", "\n/", "/\n", "/.", "//", "\\", ":", "\0", "\r")
"""Pieces of lines of paths without which none of them can be unportable."""


class PresetError(ValueError):
    """A preset that cannot be what was asked for; the message names the part and the reason."""


@dataclass(frozen=True, slots=True)
class File:
    """The bytes of one file and its executable bit."""

    data: bytes
    executable: bool = False

    def __post_init__(self) -> None:
        if type(self.data) is not bytes or type(self.executable) is not bool:
            raise PresetError("a file is bytes, and executable or not")


def sha(data: bytes) -> str:
    """The sha256 of the bytes, in hex."""
    return hashlib.sha256(data).hexdigest()


def digests(files: Mapping[str, File]) -> dict[str, Any]:
    """For each path the digest of its bytes, and whether it is executable."""
    return {
        path: {"sha256": sha(file.data)} | ({"executable": True} if file.executable else {})
        for path, file in files.items()
    }


def files_from(entries: Mapping[str, Any], blobs: Mapping[str, bytes]) -> dict[str, File]:
    """The inverse of `digests`, with the contents by digest. Raises KeyError for one missing."""
    return {
        path: File(blobs[entry["sha256"]], entry.get("executable", False))
        for path, entry in entries.items()
    }


def blob(data: bytes) -> Any:
    """Bytes as JSON data: text as itself, all else in base64."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        from base64 import b64encode  # of use to few, and slow to load

        return {"base64": b64encode(data).decode()}


def blob_data(digest: str, value: Any) -> bytes:
    """The bytes of a blob. Raises ValueError if they don't have this digest."""
    if isinstance(value, str):
        data = value.encode()
    else:
        from base64 import b64decode

        data = b64decode(value["base64"], validate=True)
    if sha(data) != digest:
        raise ValueError(f"the content with the digest {digest} was altered")
    return data


def whole_characters(what: str, text: str) -> None:
    """Refuse a text that UTF-8 cannot hold."""
    try:
        text.isascii() or text.encode()
    except UnicodeEncodeError:
        raise PresetError(f"{what} has half a character (a lone surrogate)") from None


def judge_paths(paths: list[str]) -> None:
    """Refuse a path that leads out of the folder, or that some system takes for another."""
    joined = "\n".join(["", *paths, ""])
    whole_characters("a path", joined)
    # Ordinary paths have none of these; of a thousand tools, the pattern would take longer to ask.
    if joined.count("\n") == len(paths) + 1 and not any(mark in joined for mark in _MARKS):
        return
    from re import search

    for path in paths:
        if "\n" in path or search(_UNPORTABLE, path):
            raise PresetError(f"{path!r} is no path inside a cartridge")
