"""Findings that no check of a folder gives: those of archives, wheels, signatures, locks, commands.

A module `outcome_*.py` beside this one holds them, each a function whose docstring says what is
wrong and which makes that, in an empty folder that is also the working directory:

    @outcome("CT701")
    def archive_that_is_a_text(folder: Path) -> None:
        "a text in place of an archive"
        (folder / "hello.cartridge").write_text("no zip")
        open_package("hello.cartridge")

The finding is what it returns (a Diagnostic, several, or a whole Report), or what it raises, if
that has a `diagnostic`. The golden of the code shows it as people and programs get to read it.
"""

from __future__ import annotations

import contextlib
import importlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from corpus_cases import Case, Found

from looplet.compiler.diagnostics import Diagnostic, order
from looplet.compiler.report import Checked, Report

Shown = Diagnostic | Iterable[Diagnostic] | Report | None
Make = Callable[[Path], Shown]


@dataclass(frozen=True)
class Outcome:
    """A case whose finding a function brings about."""

    name: str
    why: str
    make: Make
    expect: tuple[Found, ...]

    def report(self, folder: Path) -> Report:
        with contextlib.chdir(folder):
            try:
                shown = self.make(folder)
            except Exception as error:
                shown = getattr(error, "diagnostic", None)
                if shown is None:
                    raise
        assert shown is not None, f"{self.name} shows nothing"
        if isinstance(shown, Report):
            return shown
        found = [shown] if isinstance(shown, Diagnostic) else list(shown)
        root = found[0].cartridge
        return Report((Checked(root, self.name, tuple(sorted(found, key=order)), {}),))


OUTCOMES: dict[str, Outcome] = {}


def outcome(*codes: str) -> Callable[[Make], Make]:
    """Enter a function into the table. codes: of all that it shows; the first is what it is for."""

    def enter(make: Make) -> Make:
        add(make.__name__.replace("_", "-"), make.__doc__ or "", make, *codes)
        return make

    return enter


def add(name: str, why: str, make: Make, *codes: str) -> None:
    """The same, for one of many that a loop makes."""
    assert why and codes and name not in OUTCOMES, name
    OUTCOMES[name] = Outcome(name, why, make, tuple(Found(code, "") for code in codes))


def base(folder: Path) -> Path:
    """The clean cartridge `base.cartridge` of the corpus, written into `folder`."""
    return Case("base", "", ()).build(folder)


def load() -> dict[str, Outcome]:
    """The table, once every module has entered what it has."""
    for path in sorted(Path(__file__).parent.glob("outcome_*.py")):
        importlib.import_module(path.stem)
    return OUTCOMES
