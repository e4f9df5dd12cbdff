"""CT76: packages and installed cartridges that are whole, and still not what they seem."""

from __future__ import annotations

from looplet.compiler.diagnostics import quote, rule


@rule("CT760", "preset-differs", "error")
def preset_differs(where: str) -> str:
    """The preset that a package carries says something else than the package's files.

    Loading a package takes the preset from `CARTRIDGE-INFO/ir.json`, which is made of the files
    when the package is built. Here they disagree: the agent that would run is not the one that its
    files describe. Nobody builds such a package by accident, unless with another version of
    looplet. Don't run it; build it again from its files.
    """
    return (
        f"the preset in ir.json differs from what the files say, first at {quote(where)}; the "
        "agent that would run is not the one that these files describe"
    )


@rule("CT761", "unusable-installed", "error")
def unusable(why: str) -> str:
    """An installed cartridge of this name is there, and cannot be used.

    Its distribution is broken, or of another version than was asked for, or two distributions give
    the same name. `looplet list` shows all that are installed, with what is wrong with each.
    """
    return why
