"""All broken cartridges by name, and what examining one gives."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import corpus_outcomes
from corpus_cases import CASES, Case
from corpus_made import MADE, Made
from corpus_outcomes import Outcome

from looplet.compiler.report import Report

FOLDERS: dict[str, Case | Made] = {case.name: case for case in [*CASES, *MADE]}
"""Those that a check of a folder finds."""

EVERY: dict[str, Case | Made | Outcome] = {**FOLDERS, **corpus_outcomes.load()}


@dataclass(frozen=True)
class Examined:
    """A case, the folder it was made in, and what a check from there found.

    before, after: every name below the folder, so that a test sees whether anything was written.
    """

    case: Case | Made | Outcome
    folder: Path
    root: Path
    report: Report
    before: frozenset[str]
    after: frozenset[str]
