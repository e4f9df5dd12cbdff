"""Files as data: their bytes, what a digest says of them, and how JSON holds them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


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
