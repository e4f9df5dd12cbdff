"""The author's text made safe for a terminal, and how wide it stands there.

Control characters, bidirectional overrides and everything else that draws nothing but does
something is written as an escape, so no cartridge can paint over a report or hide in one.
"""

from __future__ import annotations

import unicodedata
from typing import Final

# Controls, format characters (bidi, zero width, tags), lone surrogates, line and paragraph breaks.
_UNSAFE: Final = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_NAMED: Final = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def visible(text: str) -> str:
    """`text` on one line, with every character that is not plainly visible escaped."""
    if text.isprintable():
        return text
    return "".join(map(visible_character, text))


def visible_character(character: str) -> str:
    """One character, or its escape: `\\x1b`, `\\u202e`, `\\U000e0001`."""
    if character.isprintable() or unicodedata.category(character) not in _UNSAFE:
        return character
    code = ord(character)
    if character in _NAMED:
        return _NAMED[character]
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def width(text: str) -> int:
    """How many terminal cells visible `text` takes."""
    if text.isascii():
        return len(text)
    return sum(map(_cells, text))


def _cells(character: str) -> int:
    if unicodedata.category(character) in ("Mn", "Me"):
        return 0  # combining marks stand on the character before
    if "\u1160" <= character <= "\u11ff":
        return 0  # so do the vowels and finals of decomposed Korean
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
