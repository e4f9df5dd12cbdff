"""What every case gets: the two sides, a folder to work in, and how much to measure."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import measure
from environment import Environment

WORKERS = Path(__file__).resolve().parent / "workers"


@dataclass(frozen=True)
class Bench:
    peer: Environment
    ours: Environment
    home: Path
    quick: bool

    @property
    def sides(self) -> tuple[Environment, Environment]:
        return self.peer, self.ours

    def rounds(self, full: int) -> int:
        """How often to measure: a quick run takes a third, at least two."""
        return max(2, full // 3) if self.quick else full

    def folder(self, name: str) -> Path:
        path = self.home / "work" / name
        path.mkdir(parents=True, exist_ok=True)
        return path

    def command_sample(
        self, command: list[str], extra: dict[str, str] | None = None
    ) -> measure.Sample:
        """A sample that runs one command and yields its CPU milliseconds as `ms`."""
        cwd = self.folder("empty")
        return lambda: {"ms": measure.run(command, cwd=cwd, extra=extra)[0]}

    def worker_sample(
        self,
        side: Environment,
        script: str,
        arguments: dict[str, object],
        extra: dict[str, str] | None = None,
    ) -> measure.Sample:
        """A sample that runs a worker on one side and yields the figures it printed."""
        cwd = self.folder("empty")
        return lambda: measure.worker(
            side.python, WORKERS / script, arguments, cwd=cwd, extra=extra
        )
