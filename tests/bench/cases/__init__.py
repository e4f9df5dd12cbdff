"""The cases by the name `--only` takes, in the order of the report: Bench in, Table out."""

from __future__ import annotations

from collections.abc import Callable

from bench import Bench
from report import Table

from cases import cartridges, commands, controls, imports, loop, many, memory, packages

CASES: dict[str, Callable[[Bench], Table]] = {
    "import": imports.measured,
    "command": commands.measured,
    "loop": loop.measured,
    "controls": controls.measured,
    "many": many.measured,
    "memory": memory.measured,
    "cartridges": cartridges.measured,
    "packages": packages.measured,
    "check": commands.check_measured,
}
