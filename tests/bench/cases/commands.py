"""Whole processes: how long a command takes to start, and a cold check of one cartridge."""

from __future__ import annotations

import shutil

import generate
from bench import Bench
from measure import Sample, in_turns
from report import Table, Target, ratio


def measured(bench: Bench) -> Table:
    """`--help` of each command, against an interpreter that does nothing."""
    table = Table("command", "Command start, whole process", ["", "CPU ms", "× bare Python"])
    bare = "python -c pass"
    samples = {bare: bench.command_sample([str(bench.ours.python), "-c", "pass"])}
    commands = [(bench.peer, "looplet"), (bench.ours, "looplet"), (bench.ours, "looplet-compile")]
    for side, name in commands:
        help_of = [str(side.command(name)), "--help"]
        samples[f"{side.name}: {name} --help"] = bench.command_sample(help_of)
    series = in_turns(samples, bench.rounds(21))
    for who in samples:
        spent = series.median(who, "ms")
        table.rows.append([f"`{who}`", spent, ratio(spent, series.median(bare, "ms"))])
    for name, limit in (("looplet", 4), ("looplet-compile", 6)):
        spent = series.median(f"{bench.ours.name}: {name} --help", "ms")
        words = f"{name} --help / bare Python"
        table.targets.append(Target(words, ratio(spent, series.median(bare, "ms")), limit))
    table.failures = [f"{who}: {words}" for who, words in series.failures.items()]
    return table


def check_measured(bench: Bench) -> Table:
    """One check as a person types it: process start, imports and all."""
    table = Table(
        "check",
        "A cold check of the coder-sized folder (17 tools, 60 files), whole process",
        ["", "CPU ms"],
    )
    folder = generate.write(bench.folder("check"), generate.coder(seed=0))
    cache = bench.folder("check-cache")
    inspect = [str(bench.peer.command("looplet")), "inspect", str(folder)]
    check = [str(bench.ours.command("looplet-compile")), "check", str(folder)]
    plain = bench.command_sample(check, {"LOOPLET_CACHE_DIR": str(cache)})

    def cold() -> dict[str, float]:
        shutil.rmtree(cache, ignore_errors=True)
        return dict(plain())

    peer = "looplet 0.4.1: `looplet inspect`"
    first = "ours: `looplet-compile check`, nothing cached"
    again = "ours: `looplet-compile check`, unchanged"
    samples: dict[str, Sample] = {peer: bench.command_sample(inspect), first: cold, again: plain}
    series = in_turns(samples, bench.rounds(9))
    table.rows = [[who, series.median(who, "ms")] for who in samples]
    table.targets = [
        Target("cold check of the coder-sized folder", series.median(first, "ms"), 300, "ms")
    ]
    table.failures = [f"{who}: {words}" for who, words in series.failures.items()]
    return table
