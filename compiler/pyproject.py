"""pyproject.toml of a cartridge: it names the backend that builds it, and nothing else of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from looplet.compiler.diagnostics import Diagnostic
from looplet.compiler.rules import ct7_wheels as ct7

PYPROJECT: Final = "pyproject.toml"
DEFAULT: Final = """\
# An agent for looplet. Its name, version and dependencies are in cartridge.json.
[build-system]
requires = ["looplet[compiler]>=1,<2"]
build-backend = "looplet.compiler.backend"
"""
"""What makes any folder of a cartridge something that pip installs."""


def pyproject_faults(data: bytes) -> Iterator[Diagnostic]:
    """What installers would believe, and the cartridge does not say."""
    import tomllib

    try:
        said = tomllib.loads(data.decode())
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        yield ct7.unread_pyproject.at(PYPROJECT, None, why=f"this is no TOML: {error}")
        return
    if "project" in said:
        why = "there is a table `[project]`; take it out, and say these things in cartridge.json"
        yield ct7.unread_pyproject.at(PYPROJECT, None, why=why)


__all__ = ["DEFAULT", "PYPROJECT", "pyproject_faults"]
