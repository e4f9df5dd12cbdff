"""A step with every control on: four hooks, permissions, events and a checkpoint journal."""

from __future__ import annotations

from bench import Bench
from measure import in_turns
from report import Table, Target, ratio

from cases.loop import FLAT_WITHIN

RUNS = {100: 10, 1000: 2, 10000: 1}
WITH = {
    "nothing": "nothing but the loop",
    "hooks": "four hooks",
    "permissions": "… and permissions",
    "events": "… and a listener to events",
    "journal": "… and a checkpoint journal on tmpfs",
}
MOST_US = 250


def measured(bench: Bench) -> Table:
    sizes = (100, 1000) if bench.quick else tuple(RUNS)
    table = Table(
        "controls",
        "A step with every control on",
        ["ours, µs CPU per step", *(f"N={steps}" for steps in sizes)],
    )
    samples = {
        f"{controls} {steps}": bench.worker_sample(
            bench.ours,
            "loop_controls.py",
            {"with": controls, "steps": steps, "runs": RUNS[steps]},
        )
        for controls in WITH
        for steps in sizes
    }
    series = in_turns(samples, bench.rounds(3), warm_up=False)
    for controls, words in WITH.items():
        table.rows.append([words, *(series.median(f"{controls} {steps}", "us") for steps in sizes)])
    full = {steps: series.median(f"journal {steps}", "us") for steps in sizes}
    table.targets = [
        Target("all of it, N=1000", full[1000], MOST_US, "µs"),
        Target(
            f"flat: all of it, N={sizes[-1]} / N=100",
            ratio(full[sizes[-1]], full[100]),
            FLAT_WITHIN,
        ),
    ]
    table.failures = [f"{who}: {words}" for who, words in series.failures.items()]
    return table
