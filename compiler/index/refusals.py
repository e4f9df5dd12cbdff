"""What to raise when an index, or a file that it lists, cannot be used."""

from __future__ import annotations

from typing import Any

from looplet.compiler.archive.errors import PackageError


def refused(rule: str, where: str, file: str = "", **facts: Any) -> PackageError:
    """The finding of a rule of `ct7_index` about the index at `where`, or a file beside it.

    rule: the name of its function. The rules are loaded here, when there is something to say.
    """
    from dataclasses import replace

    from looplet.compiler.rules import ct7_index

    found = getattr(ct7_index, rule).at("", **facts)
    # One text, for an address is no path that could be made shorter.
    return PackageError(replace(found, cartridge=f"{where.rstrip('/')}/{file}" if file else where))


__all__ = ["refused"]
