"""How a run looks on a terminal: text that cannot drive the terminal, and answers to read."""

from __future__ import annotations

from typing import Any

from looplet.types import printable


def safe(text: str) -> str:
    """`text` with its lines and indentation, and every other control character escaped."""
    return "\n".join(printable(line.expandtabs(4), len(line) * 4 + 1) for line in text.splitlines())


def readable(value: Any) -> str:
    """An answer for people: a text as it is, members as `name: value`, entries as `- value`."""
    if isinstance(value, dict) and len(value) == 1:
        (only,) = value.values()
        if isinstance(only, str):
            value = only  # {"summary": …}: there is nothing to tell it from
    return safe("\n".join(_lines(value)))


def _lines(value: Any) -> list[str]:
    if isinstance(value, dict) and value:
        return [line for key, item in value.items() for line in _member(f"{key}:", item)]
    if isinstance(value, (list, tuple)) and value:
        return [line for item in value for line in _entry(_lines(item))]
    return _scalar(value).splitlines() or [""]


def _member(head: str, item: Any) -> list[str]:
    lines = _lines(item)
    nested = isinstance(item, (dict, list, tuple)) and bool(item)
    if len(lines) == 1 and not nested:
        return [f"{head} {lines[0]}"]
    return [head, *(f"  {line}" for line in lines)]


def _entry(lines: list[str]) -> list[str]:
    return [f"- {lines[0]}", *(f"  {line}" for line in lines[1:])]


def _scalar(value: Any) -> str:
    if isinstance(value, str):
        return value
    words = {None: "none", True: "yes", False: "no"}
    if value is None or isinstance(value, bool):
        return words[value]
    return {"{}": "none", "[]": "none"}.get(str(value), str(value))
