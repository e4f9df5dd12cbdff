"""Loop overhead: CPU per step, one `add(a, b)` call a step, a model that answers at once."""

from __future__ import annotations

from bench import Bench
from measure import Series, in_turns
from report import Cell, Table, Target, ratio

# steps -> how many runs one worker takes the median of
RUNS = {10: 50, 100: 15, 1000: 3, 3000: 1, 10000: 3}
QUICK = (10, 100, 1000)
# The peer's step gets dearer as its run grows: 10 000 steps would take minutes a sample.
PEER_AT_MOST = 3000
LIMITS = {100: 1 / 10, 1000: 1 / 25, 3000: 1 / 80}
FLAT_WITHIN = 1.25
MODELS = {"native": "native tool calls", "mock": "MockLLMBackend"}


def measured(bench: Bench) -> Table:
    sizes = QUICK if bench.quick else tuple(RUNS)
    columns = ["µs CPU per step", *(f"N={steps}" for steps in sizes)]
    table = Table("loop", "Loop overhead, one tool call a step", columns)
    every = {(model, steps): _series(bench, model, steps) for model in MODELS for steps in sizes}
    for side in bench.sides:
        for model, words in MODELS.items():
            cells: list[Cell] = [every[model, n].median(side.name, "us") for n in sizes]
            table.rows.append([f"{side.name}, {words}", *cells])
    native = {steps: every["native", steps] for steps in sizes}
    ours = {steps: native[steps].median(bench.ours.name, "us") for steps in sizes}
    ratios = {n: ratio(ours[n], native[n].median(bench.peer.name, "us")) for n in sizes}
    table.rows.append(["ours / looplet 0.4.1, native", *(ratios[n] for n in sizes)])
    for steps, limit in LIMITS.items():
        words = f"a step at N={steps}, ours / looplet 0.4.1"
        table.targets.append(Target(words, ratios.get(steps), limit))
    longest = sizes[-1]
    table.targets.append(
        Target(
            f"flat: a step at N={longest} / at N=100", ratio(ours[longest], ours[100]), FLAT_WITHIN
        )
    )
    table.notes = [
        f"“Flat” has no figure in the plan; {FLAT_WITHIN} is this benchmark's reading of it."
    ]
    failures = {f"{who}: {words}" for one in every.values() for who, words in one.failures.items()}
    table.failures = sorted(failures)
    return table


def _series(bench: Bench, model: str, steps: int) -> Series:
    samples = {}
    for side in bench.sides:
        if side is bench.peer and steps > PEER_AT_MOST:
            continue
        ask: dict[str, object] = {"model": model, "steps": steps, "runs": RUNS[steps]}
        samples[side.name] = bench.worker_sample(side, "loop_steps.py", ask)
    return in_turns(samples, bench.rounds(3 if steps == 3000 else 6), warm_up=False)
