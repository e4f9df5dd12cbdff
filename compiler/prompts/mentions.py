"""Tool names that a prompt mentions and no tool has.

Careful rather than complete: a word counts when it stands in backticks outside a code block and is
called (`search_file(`), or named as a tool in the prose around it, or close to a tool's name.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final, NamedTuple

from looplet.compiler.suggest import closest

_CODE: Final = re.compile(r"(?<!`)`([A-Za-z_][A-Za-z0-9_-]{1,63})(\((?:[^`\n]*\))?)?`(?!`)")
_FENCE: Final = re.compile(r"^ {0,3}(```|~~~).*?^ {0,3}\1", re.MULTILINE | re.DOTALL)
_BEFORE: Final = re.compile(r"\b(?:tools?|call|calling|invoke)\s+$", re.IGNORECASE)
_AFTER: Final = re.compile(r"\s+tool\b", re.IGNORECASE)


class Mention(NamedTuple):
    """A word and its place in the text; the tool that was probably meant, if one is near."""

    word: str
    nearest: str | None
    start: int
    end: int


def mentioned_tools(text: str, tool_names: Collection[str]) -> list[Mention]:
    """The words of a prompt that are meant as tools and name none."""
    known = frozenset(tool_names)
    fences = [match.span() for match in _FENCE.finditer(text)]
    mentions: list[Mention] = []
    for match in _CODE.finditer(text):
        word, (start, end) = match[1], match.span(1)
        if word in known or any(first <= start < last for first, last in fences):
            continue
        nearest = closest(word, tool_names)
        named = bool(_BEFORE.search(text, max(0, start - 24), start - 1)) or bool(
            _AFTER.match(text, match.end())
        )
        called = match[2] is not None
        if named or (called and "_" in word) or (nearest and (called or "_" in word)):
            mentions.append(Mention(word, nearest, start, end))
    return mentions
