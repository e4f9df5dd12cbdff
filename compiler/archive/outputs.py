"""What a build wrote, where it would become part of the next one: in the cartridge's own folder."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from typing import Final

from looplet.compiler.archive.wheel_names import names_of
from looplet.compiler.diagnostics import Diagnostic
from looplet.compiler.rules import ct7_wheels as ct7
from looplet.installed import plain

_BUILT: Final = re.compile(r"(?:\A|/)([A-Za-z0-9._-]+?)-[0-9v][^/]*\.(?:whl|tar\.gz|cartridge)\Z")


def outputs_in(name: str, files: Iterable[str]) -> Iterator[Diagnostic]:
    """The packages of a cartridge among the files of its folder. name: its own."""
    try:
        distribution = names_of(name).distribution
    except ValueError:
        distribution = name  # no wheel was ever built of it, but archives may have been
    for path in files:
        found = _BUILT.search(path)
        if found is not None and plain(found[1]) == distribution:
            yield ct7.output_inside.at(path, None, path=path)


def holds_outputs_alone(names: Iterable[str]) -> bool:
    """Whether files of these names are all such as builds write, into a folder of their own."""
    # uv puts a `.gitignore` there.
    return all(name == ".gitignore" or _BUILT.search(name) is not None for name in names)


def below(folder: str, out: str) -> str:
    """The path of the folder `out` as seen from `folder`: "." for itself, "" for one outside."""
    inside = os.path.relpath(os.path.realpath(out), os.path.realpath(folder))
    return "" if inside.split(os.sep)[0] == os.pardir else inside.replace(os.sep, "/")


__all__ = ["below", "holds_outputs_alone", "outputs_in"]
