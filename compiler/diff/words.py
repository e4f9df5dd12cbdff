"""Values and names in a sentence about a change."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from looplet.compiler.diagnostics import quote
from looplet.compiler.diff.changes import ABSENT
from looplet.preset import canonical_json

_LONGEST: Final = 80


def shown(value: Any) -> str:
    """A value, in short: `20`, `"all"`, `{"a":1}`; `nothing` where there is none."""
    if value is ABSENT:
        return "nothing"
    text = canonical_json(value)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def turned(old: Any, new: Any) -> str:
    """`20 → 30`."""
    return f"{shown(old)} → {shown(new)}"


def names(words: Iterable[str], limit: int = 8) -> str:
    """`a`, `b` and `c`, in the order given."""
    listed = [quote(word) for word in words]
    if len(listed) > limit:
        listed = [*listed[: limit - 1], f"{len(listed) - limit + 1} more"]
    if len(listed) < 2:
        return "".join(listed)
    return ", ".join(listed[:-1]) + " and " + listed[-1]


def count(number: int, one: str, many: str = "") -> str:
    return f"{number} {one if number == 1 else many or one + 's'}"


__all__ = ["count", "names", "quote", "shown", "turned"]
