"""Versions as the packaging standards compare them. The core does without this."""

from __future__ import annotations

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version


def fits(version: str, versions: str) -> bool:
    """Whether `version` is one of `versions` (`>=1.2,<2`). Raises ValueError for what is neither.

    A version that is installed was chosen: one before its release fits, if it is new enough.
    """
    try:
        return SpecifierSet(versions).contains(Version(version), prereleases=True)
    except InvalidSpecifier:
        raise ValueError(f"{versions!r:.60} says no versions; write them as >=1.2,<2") from None
    except InvalidVersion:
        raise ValueError(f"{version!r:.60} is no version that can be compared") from None


__all__ = ["fits"]
