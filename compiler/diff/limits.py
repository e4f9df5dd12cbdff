"""Limits of a run, raised or lowered: steps, tokens, money, time, calls of a tool."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from looplet.compiler.diff.changes import ABSENT, Change, Keys, differing
from looplet.compiler.diff.words import turned

LIMITING: Final = ("budget_cap", "per_tool_limit")
"""The built-in hooks whose settings are limits."""
_NO_LIMITS: Final = ("warn_at", "message", "done_tool", "clock")


def limit(keys: Keys, name: str, old: Any, new: Any, covers: tuple[Keys, ...] = ()) -> Change:
    """One limit that changed; none at all is more than any."""
    kind = "limit-changed"
    if all(value in (ABSENT, None) or type(value) in (int, float) for value in (old, new)):
        before, after = (float("inf") if v in (ABSENT, None) else v for v in (old, new))
        kind = "limit-raised" if after > before else "limit-lowered"
    message = f"{name}: {turned(old, new)}"
    return Change(kind, keys, message, old=old, new=new, covers=covers)


def limits_in(
    keys: Keys, hook: str, old: Any, new: Any, covers: tuple[Keys, ...]
) -> Iterator[Change]:
    """Each limit in the settings of a limiting hook that changed."""
    before, after = (value if isinstance(value, Mapping) else {} for value in (old, new))
    for name, was, now in differing(before, after):
        if name in _NO_LIMITS:
            message = f"{hook}.{name}: {turned(was, now)}"
            yield Change("builtin-hook-changed", keys, message, old=was, new=now, covers=covers)
        elif isinstance(was, Mapping) or isinstance(now, Mapping):
            both = (value if isinstance(value, Mapping) else {} for value in (was, now))
            for tool, one, two in differing(*both):
                yield limit(keys, f"{hook}.{name}.{tool}", one, two, covers)
        else:
            yield limit(keys, f"{hook}.{name}", was, now, covers)


__all__ = ["LIMITING", "limit", "limits_in"]
