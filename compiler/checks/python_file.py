"""What every Python file of a cartridge must hold to: it parses, loads to its end, and its imports
lead somewhere. Pure: facts in, findings out."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Set
from typing import Final

from looplet.compiler.diagnostics import Diagnostic
from looplet.compiler.python.definitions import span_of
from looplet.compiler.python.distributions import distribution_of, normalised
from looplet.compiler.python.facts import Facts, Import
from looplet.compiler.rules import ct4_code as ct4
from looplet.compiler.suggest import closest

_ALWAYS_THERE: Final = sys.stdlib_module_names | {"looplet"}
_SHORTEST_GUESS: Final = 4
"""Names shorter than this resemble too many others."""
_MOST_GUESSES: Final = 20
"""A file with more unknown imports than this has another problem than spelling."""


class Modules:
    """The modules of a cartridge, by folder, from the paths of its files."""

    def __init__(self, paths: Iterable[str]) -> None:
        self._folders: dict[str, set[str]] = {}
        for path in paths:
            if not path.endswith(".py"):
                continue
            folder, _, file = path.rpartition("/")
            known = folder in self._folders
            self._folders.setdefault(folder, set()).add(file[:-3])
            while folder and not known:
                folder, _, name = folder.rpartition("/")
                known = folder in self._folders
                self._folders.setdefault(folder, set()).add(name)

    def inside(self, folder: str) -> Set[str]:
        """The modules and packages of a folder; the root is ``""``."""
        return self._folders.get(folder, frozenset())

    def importable(self, path: str) -> Set[str]:
        """The top-level names that `import` finds in the cartridge from a file: beside it, or at
        the root."""
        folder = path.rpartition("/")[0]
        return self.inside(folder) | self.inside("") if folder else self.inside("")


def check_module(
    path: str, facts: Facts, modules: Modules, provided: Set[str] = frozenset()
) -> list[Diagnostic]:
    """The findings on one file as a module; `provided` are the modules of its dependencies."""
    problem = facts["problem"]
    if problem:
        rule = {"encoding": ct4.encoding, "size": ct4.not_checked}.get(problem["kind"], ct4.syntax)
        placed = problem["kind"] in ("syntax", "encoding")
        return [rule.at(path, span_of(problem["span"]) if placed else None, why=problem["message"])]
    found: list[Diagnostic] = []
    exits = facts["exits"]
    if exits:
        found.append(ct4.module_exits.at(path, span_of(exits["span"]), what=exits["what"]))
    return found + _imports(path, facts["imports"], modules, provided)


def _imports(
    path: str, imports: Iterable[Import], modules: Modules, provided: Set[str]
) -> list[Diagnostic]:
    found: list[Diagnostic] = []
    unknown: set[str] = set()
    folder = path.rpartition("/")[0]
    for each in imports:
        if each["guarded"] or each["typing"]:
            continue
        if each["level"]:
            found += _relative(path, each, modules)
            continue
        top = each["module"].partition(".")[0]
        if top in _ALWAYS_THERE or top in unknown or normalised(top) in provided:
            continue
        if top in modules.inside(folder) or top in modules.inside(""):
            continue
        unknown.add(top)
        guesses = modules.importable(path) if len(unknown) <= _MOST_GUESSES else None
        found.append(_unknown(path, each, top, guesses))
    return found


def _unknown(path: str, each: Import, top: str, guesses: Set[str] | None) -> Diagnostic:
    near = None
    distribution = distribution_of(top)
    known = distribution != top.replace("_", "-")
    if guesses is not None and not known and len(top) >= _SHORTEST_GUESS:
        near = closest(top, sorted(name for name in {*_ALWAYS_THERE, *guesses} if name[0] != "_"))
    place = span_of(each["span"])
    return ct4.unknown_import.at(path, place, module=top, near=near, distribution=distribution)


def _relative(path: str, each: Import, modules: Modules) -> list[Diagnostic]:
    """`from .a.b import c`: `a/b.py`, or a folder, under the folder that the dots lead to."""
    folders = path.split("/")[:-1]
    up = each["level"] - 1
    written = "." * each["level"] + each["module"]
    if up > len(folders):
        place = span_of(each["span"])
        return [ct4.relative_import.at(path, place, written=written, leaves=True, near=None)]
    folder = "/".join(folders[: len(folders) - up])
    if each["module"]:
        names = [each["module"]]
    elif "__init__" in modules.inside(folder):
        return []
    else:
        names = [name for name in each["names"] if name != "*"]
    for name in names:
        *parents, last = name.split(".")
        inside = modules.inside("/".join(filter(None, [folder, *parents])))
        if last not in inside:
            place = span_of(each["span"])
            shown = written if each["module"] else f"{written}{name}"
            near = closest(last, sorted(inside - {"__init__"}))
            return [ct4.relative_import.at(path, place, written=shown, leaves=False, near=near)]
    return []
