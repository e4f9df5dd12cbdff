"""The text that a hook is made with: as it stands, or in a file."""

from __future__ import annotations


def said(hook: str, text: str | None, path: str | None) -> str:
    """The one that is given. Raises ValueError for none, for both, and for nothing in it."""
    if (text is None) == (path is None):
        raise ValueError(f"{hook} needs either `text` or `path`")
    if path is not None:
        with open(path, encoding="utf-8") as file:
            text = file.read()
    if not isinstance(text, str) or not text.strip():
        raise ValueError(f"the text of {hook} is empty")
    return text
