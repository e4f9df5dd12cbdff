"""What a cartridge is called where it is installed: by installers, in file names, in a shell.

`my.agent_2` is the distribution `my-agent-2`, the import package `my_agent_2_cartridge` and the
command `my-agent-2`. All follow from the name alone, so that nothing of an author gets into them
but the letters and digits of a name.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from looplet.installed import plain

_NAME: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")
LONGEST: Final = 100
"""Of a name or a version: the name of a file holds both, and no system holds more than 255."""


class Names(NamedTuple):
    """distribution: as installers compare it, and the command. stem: what file names begin with.
    module: what is imported."""

    distribution: str
    stem: str
    module: str


def names_of(name: str) -> Names:
    """The names that follow from a name. Raises ValueError, which says why, for one that no
    distribution can have."""
    if not _NAME.fullmatch(name):
        raise ValueError(
            "it may have ASCII letters, digits, `.`, `_` and `-`, and begins and ends with a "
            "letter or digit"
        )
    if len(name) > LONGEST:
        raise ValueError(f"it has more than {LONGEST} characters")
    distribution = plain(name)
    stem = distribution.replace("-", "_")
    # A name may begin with a digit, and what is imported may not.
    return Names(distribution, stem, f"{'_' if stem[0].isdigit() else ''}{stem}_cartridge")


def possible_name(name: str) -> str:
    """The name nearest to `name` that a distribution can have."""
    made = re.sub(r"[^A-Za-z0-9._-]+", "_", name)[:LONGEST].strip("._-")
    return made or "my_agent"


def release_version(version: str) -> str:
    """A version as PEP 440 spells it. Raises ValueError, which says why, for one that is none."""
    from packaging.version import Version

    try:
        # Older versions of packaging take `ſ` for an `s`.
        if len(version) > LONGEST or not version.isascii():
            raise ValueError
        found = Version(version)
    except ValueError:
        raise ValueError("is no version that installers can compare") from None
    if re.search(r"\d-\d", version.partition("+")[0]):
        why = f"would be read as {found}, a correction of the release {found.base_version}"
        raise ValueError(why)
    return str(found)


def possible_version(version: str) -> str:
    """A version that may have been meant, and that installers can compare."""
    numbers = re.match(r"[vV]?([0-9]{1,9}(?:[-._/][0-9]{1,9}){0,5})", version.strip())
    if numbers is None:
        return "0.1.0"
    release = ".".join(str(int(number)) for number in re.split(r"[-._/]", numbers[1]))
    rest = version.strip()[numbers.end() :].lower()
    return f"{release}.dev0" if "dev" in rest or "snapshot" in rest else release


__all__ = ["LONGEST", "Names", "names_of", "possible_name", "possible_version", "release_version"]
