"""CPU time of commands and of workers, sampled in turns.

In: argument lists.  Out: plain figures.  Nothing here knows what looplet is, and
nothing compares or judges: see `report`.

CPU time (user + system) is what a machine shared with others can still measure; the two sides
take turns (A B A B …) so that a slow minute hits both alike, and medians drop the odd sample.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

Sample = Callable[[], Mapping[str, float]]
"""Measures once; one sample may yield several figures, each with a name."""


class Failed(Exception):
    """A measured command did not succeed; the text is the end of what it said."""


def clean_environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """The variables a measured process sees: ours minus everything that changes Python."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    # One hash seed for all: the layout of dicts and sets is then no source of noise.
    return kept | {"PYTHONHASHSEED": "0"} | dict(extra or {})


def run(
    command: Sequence[str], *, cwd: Path, extra: Mapping[str, str] | None = None
) -> tuple[float, str]:
    """Run one command to its end -> (its CPU milliseconds, its standard output).

    `os.wait4` counts this child alone, with the children it waited for itself.
    """
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        process = subprocess.Popen(
            list(command),
            cwd=cwd,
            env=clean_environment(extra),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
        )
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)  # it is reaped: say so to Popen
        text = _text(out)
        if process.returncode != 0:
            said = (_text(err) or text).strip()
            raise Failed(f"exit {process.returncode}: {said[-400:]}")
    return (usage.ru_utime + usage.ru_stime) * 1000, text


def _text(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode("utf-8", "replace")


def worker(
    python: Path,
    script: Path,
    arguments: object,
    *,
    cwd: Path,
    extra: Mapping[str, str] | None = None,
) -> dict[str, float]:
    """Run a worker script: one JSON argument in, one JSON object of figures out."""
    _, text = run([str(python), str(script), json.dumps(arguments)], cwd=cwd, extra=extra)
    try:
        result = json.loads(text)
    except ValueError:
        result = None
    if not isinstance(result, dict):
        raise Failed(f"{script.name} printed no JSON object: {text[:200]}")
    return result


@dataclass
class Series:
    """All that was sampled: values by (who, what), and who failed with which words."""

    values: dict[tuple[str, str], list[float]] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)

    def median(self, who: str, what: str) -> float | None:
        """The only statistic the tables show; None where nothing could be measured."""
        values = self.values.get((who, what))
        return statistics.median(values) if values else None


def in_turns(samples: Mapping[str, Sample], rounds: int, *, warm_up: bool = True) -> Series:
    """Take every sample once a round, in the order given.

    A first round, which fills the system's caches, is lost unless the workers warm up themselves.
    Whoever fails drops out, and the others go on.
    """
    series = Series()
    for number in range(0 if warm_up else 1, rounds + 1):
        for who, sample in samples.items():
            if who in series.failures:
                continue
            try:
                measured = sample()
            except Failed as failure:
                series.failures[who] = str(failure)
                continue
            if number > 0:
                for what, value in measured.items():
                    series.values.setdefault((who, what), []).append(value)
    return series
