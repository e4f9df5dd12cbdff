"""Each broken cartridge is made and checked once, when a test first asks for it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from corpus_every import EVERY, Examined
from corpus_outcomes import Outcome

from looplet.compiler import check, source


@pytest.fixture(scope="session")
def examine(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Examined]:
    """Make and check the case of a name; paths in the report are relative to its folder."""

    @cache
    def examined(name: str) -> Examined:
        case = EVERY[name]
        folder = tmp_path_factory.mktemp("case")
        if isinstance(case, Outcome):
            report = case.report(folder)
            return Examined(case, folder, folder, report, frozenset(), frozenset())
        root = case.build(folder)
        before = _names(folder)
        with contextlib.chdir(folder), pytest.MonkeyPatch.context() as patch:
            for limit, value in getattr(case, "limits", ()):
                patch.setattr(source, limit, value)
            shown = root.relative_to(folder) if root.is_relative_to(folder) else root
            report = check(str(shown), cache=False)
        return Examined(case, folder, root, report, before, _names(folder))

    return examined


def _names(folder: Path) -> frozenset[str]:
    """Every name below a folder, to see that nothing was written."""
    return frozenset(str(path) for path in folder.rglob("*"))
