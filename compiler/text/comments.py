"""The comments of a YAML text: what an edit must leave where it is."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any, Final

from yaml import ScalarToken
from yaml._yaml import CParser

_COMMENT: Final = re.compile(r"#[^\r\n]*")
_BLOCK_HEADER: Final = re.compile(r"[|>][-+0-9]*[ \t]+(#[^\r\n]*)")


def comments(text: str) -> Iterator[tuple[int, str]]:
    """Every comment of a YAML text, with its offset. The text must be one that can be read."""
    scanner: Any = CParser(text)
    behind = 0
    while (token := scanner.get_token()) is not None:
        start = token.start_mark.index
        # Between two tokens there is nothing but space and comments.
        yield from _between(text, behind, start)
        if isinstance(token, ScalarToken) and token.style in ("|", ">"):
            header = _BLOCK_HEADER.match(text, start)
            if header:
                yield header.start(1), header.group(1)
        behind = max(behind, token.end_mark.index)
    yield from _between(text, behind, len(text))


def _between(text: str, start: int, end: int) -> Iterator[tuple[int, str]]:
    for found in _COMMENT.finditer(text, start, end):
        yield found.start(), found.group()


def loses_comments(before: str, after: str, owned: tuple[int, int]) -> bool:
    """Whether `after` misses a comment that `before` has outside the offsets `owned`."""
    if "#" not in before:
        return False
    start, end = owned
    kept = Counter(comment for at, comment in comments(before) if not start <= at < end)
    return bool(kept - Counter(comment for _, comment in comments(after)))
