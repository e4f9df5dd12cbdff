"""Files that llama.cpp can read: whether a path is one, and which one may have been meant."""

from __future__ import annotations

import os

from looplet.models.errors import ModelError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

MAGIC: Final = b"GGUF"


def check_file(path: str) -> None:
    """Raise ModelError if `path` is no GGUF file that can be read."""
    try:
        if os.path.isdir(path):
            raise ModelError(
                "not_configured", f"{path} is a folder; name the model's file{_beside(path, '')}"
            )
        with open(path, "rb") as file:
            magic = file.read(len(MAGIC))
    except FileNotFoundError:
        folder, name = os.path.split(path)
        raise ModelError(
            "not_configured", f"there is no file {path}{_beside(folder or '.', name)}"
        ) from None
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise ModelError("not_configured", f"{path} cannot be read: {why}") from None
    if magic != MAGIC:
        raise ModelError(
            "not_configured",
            f"{path} is no GGUF file (it does not begin with `GGUF`); llama.cpp reads models in "
            "that format only",
        )


def _beside(folder: str, name: str) -> str:
    """The models in a folder, as the end of a sentence: the one that was meant, or all."""
    from difflib import get_close_matches

    try:
        there = sorted(entry for entry in os.listdir(folder) if entry.endswith(".gguf"))
    except OSError:
        return "; there is no such folder either" if name else ""
    if near := get_close_matches(name, there, 1):
        return f"; did you mean {os.path.join(folder, near[0])}?"
    if there:
        return f"; {folder} has {', '.join(there[:10])}"
    return f"; {folder} has no .gguf file" if name else "; it has no .gguf file"


__all__ = ["check_file"]
