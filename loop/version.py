"""The version of the looplet that is installed."""

from __future__ import annotations


def version() -> str:
    """As the package's metadata says; `0+unknown` for a tree that is not installed."""
    from importlib.metadata import PackageNotFoundError
    from importlib.metadata import version as recorded

    try:
        return recorded("looplet")
    except PackageNotFoundError:
        return "0+unknown"
