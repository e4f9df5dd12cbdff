"""Cold import, net of an interpreter that does nothing."""

from __future__ import annotations

from statistics import median

from bench import WORKERS, Bench
from measure import in_turns, run
from report import Table, Target, ratio, show

YARDSTICK = "import asyncio, json, dataclasses"
MODULES = "import sys; before = set(sys.modules); import looplet; print(*set(sys.modules) - before)"
UNWANTED = ("asyncio", "ssl")


def measured(bench: Bench) -> Table:
    table = Table(
        "import",
        "Cold import, net of bare `python -c pass`",
        ["", "net CPU ms", "modules loaded", "asyncio or ssl among them"],
    )
    bare = str(bench.ours.python)
    samples = {
        "bare": bench.command_sample([bare, "-c", "pass"]),
        "yardstick": bench.command_sample([bare, "-c", YARDSTICK]),
    }
    for side in bench.sides:
        python = str(side.python)
        samples[side.name] = bench.command_sample([python, "-c", "import looplet"])
        step = [python, str(WORKERS / "one_step.py")]
        samples[f"{side.name}, step"] = bench.command_sample(step)
    series = in_turns(samples, bench.rounds(21))

    def net(who: str) -> float | None:
        """The median over the rounds of what it took more than nothing did in the same round."""
        gross, nothing = series.values.get((who, "ms")), series.values.get(("bare", "ms"))
        if not gross or not nothing or who in series.failures:
            return None
        more = [a - b for a, b in zip(gross, nothing, strict=True)]
        return max(0.0, median(more))

    table.rows.append([f"`{YARDSTICK}`", net("yardstick"), None, None])
    for side in bench.sides:
        loaded: list[str] = []
        if side.name not in series.failures:
            loaded = run([str(side.python), "-c", MODULES], cwd=bench.folder("empty"))[1].split()
        unwanted = ", ".join(name for name in UNWANTED if name in loaded) or "no"
        table.rows.append(
            [f"{side.name}: `import looplet`", net(side.name), str(len(loaded)), unwanted]
        )
        table.rows.append(
            [f"{side.name}: import and one finished step", net(f"{side.name}, step"), None, None]
        )
    ours, peer = bench.ours.name, bench.peer.name
    table.targets = [
        Target("import, ours / looplet 0.4.1", ratio(net(ours), net(peer)), 1 / 10),
        Target(
            "import and one finished step, ours / looplet 0.4.1",
            ratio(net(f"{ours}, step"), net(f"{peer}, step")),
            1 / 4,
        ),
    ]
    table.notes = [f"Bare Python takes {show(series.median('bare', 'ms'))} ms."]
    table.failures = [f"{who}: {words}" for who, words in series.failures.items()]
    return table
