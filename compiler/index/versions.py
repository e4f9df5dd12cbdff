"""The order of versions, as the packaging standards compare them; this needs packaging."""

from __future__ import annotations

from collections.abc import Iterable

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version


def newest_first(versions: Iterable[str]) -> list[str]:
    """Versions from the newest down; behind them what cannot be compared, by text."""
    comparable: list[tuple[Version, str]] = []
    others: list[str] = []
    for text in versions:
        version = _version(text)
        if version is None:
            others.append(text)
        else:
            comparable.append((version, text))
    return [text for _, text in sorted(comparable, reverse=True)] + sorted(others, reverse=True)


def fitting(versions: Iterable[str], wanted: str) -> str | None:
    """The newest of those that `wanted` (`>=1.2,<2`) allows, pre-releases last; None for none.

    Raises ValueError for what says no versions.
    """
    try:
        allowed = SpecifierSet(wanted)
    except InvalidSpecifier:
        raise ValueError(f"{wanted!r:.60} says no versions; write them as >=1.2,<2") from None
    comparable = [text for text in newest_first(versions) if _version(text) is not None]
    return next(iter(allowed.filter(comparable)), None)


def _version(text: str) -> Version | None:
    try:
        return Version(text)
    except InvalidVersion:
        return None


__all__ = ["fitting", "newest_first"]
