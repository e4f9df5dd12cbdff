"""Memory a long run keeps, per 1000 steps."""

from __future__ import annotations

from bench import Bench
from measure import in_turns
from report import Table, Target, ratio


def measured(bench: Bench) -> Table:
    table = Table(
        "memory",
        "Memory growth per 1000 steps, from step 500 to step 1500",
        ["", "Python objects, MB", "resident, MB"],
    )
    samples = {}
    for side in bench.sides:
        for way in ("traced", "resident"):
            ask: dict[str, object] = {"way": way, "start": 500, "steps": 1000}
            samples[f"{side.name} {way}"] = bench.worker_sample(side, "loop_memory.py", ask)
    series = in_turns(samples, bench.rounds(2), warm_up=False)
    figures = {}
    for side in bench.sides:
        figures[side] = [
            series.median(f"{side.name} {way}", "mb") for way in ("traced", "resident")
        ]
        table.rows.append([side.name, *figures[side]])
    table.rows.append(
        ["ours / looplet 0.4.1", *map(ratio, figures[bench.ours], figures[bench.peer])]
    )
    table.targets = [
        Target("Python objects per 1000 steps", figures[bench.ours][0], 2, "MB"),
        Target("resident memory per 1000 steps", figures[bench.ours][1], 2, "MB"),
    ]
    table.failures = [f"{who}: {words}" for who, words in series.failures.items()]
    return table
