"""Environment markers and version specifiers, as far as locks hold them, with nothing but Python.

    holds("sys_platform == 'win32' and python_version < '3.13'", environment())

A resolver writes markers of variables, texts, comparisons, `and`, `or` and brackets. Versions in
them are those of Pythons: numbers and dots.
"""

from __future__ import annotations

import os
import platform
import re
import sys
from collections.abc import Iterator, Mapping
from typing import Final

_TOKEN: Final = re.compile(
    r"\s*(?:(?P<text>'[^']*'|\"[^\"]*\")|(?P<op>===|~=|[<>=!]=|[<>])|(?P<bracket>[()])"
    r"|(?P<word>[a-z_][a-z_.]*))"
)
_VERSIONS: Final = ("python_version", "python_full_version", "implementation_version")
_RELEASE: Final = re.compile(r"\d+(?:\.\d+)*")
_WANTED: Final = re.compile(r"\d+(?:\.\d+)*(?:\.\*|(?:a|b|rc)\d+|\.(?:dev|post)\d+)?")


class BadMarker(ValueError):
    """A marker or specifier that cannot be judged; the message has it."""


def environment() -> dict[str, str]:
    """What markers can ask of this Python and machine."""
    here = sys.implementation.version
    full = f"{here.major}.{here.minor}.{here.micro}"
    if here.releaselevel != "final":
        full += f"{here.releaselevel[0]}{here.serial}"
    return {
        "implementation_name": sys.implementation.name,
        "implementation_version": full,
        "os_name": os.name,
        "platform_machine": platform.machine(),
        "platform_python_implementation": platform.python_implementation(),
        "platform_release": platform.release(),
        "platform_system": platform.system(),
        "platform_version": platform.version(),
        "python_full_version": platform.python_version(),
        "python_version": ".".join(platform.python_version_tuple()[:2]),
        "sys_platform": sys.platform,
        "extra": "",
    }


def holds(marker: str, here: Mapping[str, str]) -> bool:
    """Whether `marker` is true in the environment `here`; an empty one is. Raises BadMarker."""
    if not marker.strip():
        return True
    tokens = list(_tokens(marker))
    tokens.reverse()
    value = _either(tokens, here, marker)
    if tokens:
        raise BadMarker(marker)
    return value


def satisfies(version: str, specifier: str) -> bool:
    """Whether a release such as `3.12.1` is in `>=3.11,<4`. Raises BadMarker."""
    return all(
        _compared(*_clause(clause), version, specifier)
        for clause in specifier.split(",")
        if clause.strip()
    )


def _tokens(marker: str) -> Iterator[tuple[str, str]]:
    at = 0
    while marker[at:].strip():
        found = _TOKEN.match(marker, at)
        if not found or not found.lastgroup:
            raise BadMarker(marker)
        yield found.lastgroup, found[found.lastgroup]
        at = found.end()


def _either(tokens: list[tuple[str, str]], here: Mapping[str, str], whole: str) -> bool:
    value = _both(tokens, here, whole)
    while tokens and tokens[-1] == ("word", "or"):
        tokens.pop()
        value = _both(tokens, here, whole) or value
    return value


def _both(tokens: list[tuple[str, str]], here: Mapping[str, str], whole: str) -> bool:
    value = _one(tokens, here, whole)
    while tokens and tokens[-1] == ("word", "and"):
        tokens.pop()
        value = _one(tokens, here, whole) and value
    return value


def _one(tokens: list[tuple[str, str]], here: Mapping[str, str], whole: str) -> bool:
    try:
        if tokens[-1] == ("bracket", "("):
            tokens.pop()
            value = _either(tokens, here, whole)
            if tokens.pop() != ("bracket", ")"):
                raise BadMarker(whole)
            return value
        left, op = tokens.pop(), tokens.pop()[1]
        if op == "not":
            op += " " + tokens.pop()[1]
        right = tokens.pop()
        values = [_value(each, here) for each in (left, right)]
    except (IndexError, KeyError):
        raise BadMarker(whole) from None
    if op in ("in", "not in"):
        return (values[0] in values[1]) == (op == "in")
    if any(kind == "word" and name in _VERSIONS for kind, name in (left, right)):
        if left[0] == "word":
            return _compared(op, values[1], values[0], whole)
        return _compared(_MIRRORED.get(op, op), values[0], values[1], whole)
    if op not in ("==", "!=", "==="):
        raise BadMarker(whole)
    return (values[0] == values[1]) == (op != "!=")


_MIRRORED: Final = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}


def _value(token: tuple[str, str], here: Mapping[str, str]) -> str:
    kind, text = token
    if kind == "text":
        return text[1:-1]
    if kind != "word":
        raise KeyError(text)
    return here[text]


def _clause(clause: str) -> tuple[str, str]:
    found = re.fullmatch(r"\s*(===|~=|[<>=!]=|[<>])\s*(\S+)\s*", clause)
    if not found:
        raise BadMarker(clause)
    return found[1], found[2]


def _compared(op: str, wanted: str, version: str, whole: str) -> bool:
    """`version op wanted`, for releases; what comes before a release counts as the release."""
    star = wanted.endswith(".*")
    if op == "===":
        return version == wanted
    if not _WANTED.fullmatch(wanted):
        raise BadMarker(whole)
    here, there = (_release(text, whole) for text in (version, wanted.removesuffix(".*")))
    if star and op not in ("==", "!="):
        raise BadMarker(whole)
    if op == "~=":
        if len(there) < 2:
            raise BadMarker(whole)
        return _padded(here, there) >= _padded(there, here) and _begins(here, there[:-1])
    if op in ("==", "!="):
        same = _begins(here, there) if star else _padded(here, there) == _padded(there, here)
        return same == (op == "==")
    one, other = _padded(here, there), _padded(there, here)
    return {"<": one < other, "<=": one <= other, ">": one > other, ">=": one >= other}[op]


def _release(text: str, whole: str) -> tuple[int, ...]:
    found = _RELEASE.match(text)
    if not found:
        raise BadMarker(whole)
    return tuple(map(int, found[0].split(".")))


def _padded(one: tuple[int, ...], other: tuple[int, ...]) -> tuple[int, ...]:
    return one + (0,) * (len(other) - len(one))


def _begins(version: tuple[int, ...], start: tuple[int, ...]) -> bool:
    return _padded(version, start)[: len(start)] == start


__all__ = ["BadMarker", "environment", "holds", "satisfies"]
