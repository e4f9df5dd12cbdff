"""Many agents at once in one process: 200 async runs of 50 steps."""

from __future__ import annotations

from bench import Bench
from measure import in_turns
from report import Table, Target

AGENTS, STEPS = 200, 50


def measured(bench: Bench) -> Table:
    table = Table(
        "many",
        f"{AGENTS} scripted agents of {STEPS} steps at once, async, in one process",
        ["ours", "steps recorded", "µs CPU per step", "MB resident for each agent"],
    )
    ask: dict[str, object] = {"agents": AGENTS, "steps": STEPS}
    sample = bench.worker_sample(bench.ours, "loop_many.py", ask)
    series = in_turns({"ours": sample}, bench.rounds(3), warm_up=False)
    steps, us, mb = (series.median("ours", what) for what in ("steps", "us", "mb"))
    table.rows = [["async_composable_loop", steps, us, mb]]
    lost = None if steps is None else AGENTS * STEPS - steps
    table.targets = [
        Target("steps lost", lost, 0, "steps"),
        Target("resident memory for each agent", mb, 1, "MB"),
    ]
    table.failures = [f"{who}: {words}" for who, words in series.failures.items()]
    return table
