"""Checks of the values that people write down as settings; a wrong one is a ValueError.

Each message begins with the setting's name: the compiler points at it by that.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def at_least(name: str, value: Any, least: int) -> int:
    """A whole number from `least` up. A bool is none, although it is an int to Python."""
    if type(value) is not int or value < least:
        raise ValueError(f"{name} is a whole number from {least} up, not {value!r:.80}")
    return value


def above_zero(name: str, value: Any) -> float:
    """A number above 0, not infinite."""
    if type(value) not in (int, float) or not 0 < value < float("inf"):
        raise ValueError(f"{name} is a number above 0, not {value!r:.80}")
    return float(value)


def part_of_one(name: str, value: Any, of: str) -> float:
    """A share: above 0, up to 1."""
    if type(value) not in (int, float) or not 0 < value <= 1:
        raise ValueError(f"{name} is a part of {of}, above 0 to 1, not {value!r:.80}")
    return float(value)


def text(name: str, value: Any) -> str:
    """A text that is not empty."""
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"{name} is a text, not {value!r:.80}")
    return value


def tool_names(name: str, value: Any) -> frozenset[str]:
    """A list of the names of tools."""
    listed = isinstance(value, (list, tuple, set, frozenset))
    if not listed or not all(isinstance(tool, str) for tool in value):
        raise ValueError(f"{name} is a list of names of tools, not {value!r:.80}")
    return frozenset(value)
