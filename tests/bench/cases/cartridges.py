"""Loading and checking by size, in a warm process, each folder new to the process.

One turn is: the peer loads the folders, then ours does with an empty cache, then ours again in a
new process, so that only what is on disk, looked up by content, can help; then one file is edited.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import generate
from bench import Bench
from measure import Sample, Series, in_turns
from report import Cell, Table, Target, ratio

SIZES: dict[str, Callable[[int], generate.Files]] = {
    "10 tools": lambda seed: generate.plain(10, seed),
    "coder-sized: 17 tools, 60 files": generate.coder,
    "100 tools": lambda seed: generate.plain(100, seed),
    "1000 tools": lambda seed: generate.plain(1000, seed),
}
QUICK = ("10 tools", "coder-sized: 17 tools, 60 files", "100 tools")
LINEAR_WITHIN = 1.25
FOLDERS = 4  # the first warms the process up, the others are measured
PEER, FIRST, AGAIN, EDITED = "peer", "ours, first", "ours, again", "ours, edited"


def measured(bench: Bench) -> Table:
    sizes = [size for size in SIZES if not bench.quick or size in QUICK]
    table = Table("cartridges", "Cartridges, warm process", ["CPU ms", *sizes])
    every = {size: _series(bench, size) for size in sizes}

    def row(words: str, who: str, what: str = "load") -> dict[str, float | None]:
        values = {size: every[size].median(who, what) for size in sizes}
        cells: list[Cell] = [values[size] for size in sizes]
        table.rows.append([words, *cells])
        return values

    peer = row("looplet 0.4.1 load", PEER)
    first = row("ours, from source, first time, with the whole check", FIRST)
    again = row("ours, unchanged since the last check", AGAIN)
    row("… and its tools, hooks and state bound", AGAIN, "load and bind")
    row("ours, one tool changed since", EDITED)
    table.rows.append(["first / looplet 0.4.1", *(ratio(first[s], peer[s]) for s in sizes)])
    table.rows.append(["unchanged / looplet 0.4.1", *(ratio(again[s], peer[s]) for s in sizes)])
    for size in sizes:
        words = f"first time, {size}, ours / looplet 0.4.1"
        table.targets.append(Target(words, ratio(first[size], peer[size]), 1.5))
    for size in sizes:
        words = f"unchanged, {size}, ours / looplet 0.4.1"
        table.targets.append(Target(words, ratio(again[size], peer[size]), 1 / 5))
    table.targets += _linear(first)
    table.notes = [
        "The tools of the 10, 100 and 1000 are small (two parameters, eight lines); the coder's "
        "have real size. The peer's load also runs the author's code; ours runs none of it before "
        "it is bound, and a tool's own not before its first call.",
        f"“Linear” has no figure in the plan; {LINEAR_WITHIN} is this benchmark's reading of it.",
    ]
    failures = {f"{who}: {words}" for one in every.values() for who, words in one.failures.items()}
    table.failures = sorted(failures)
    return table


def _linear(first: Mapping[str, float | None]) -> list[Target]:
    """A tool among a thousand costs what a tool among a hundred does (or ten, in a quick run)."""
    few, many = (10, 100) if "1000 tools" not in first else (100, 1000)
    one_of_few = ratio(first[f"{few} tools"], few)
    one_of_many = ratio(first[f"{many} tools"], many)
    words = f"linear: per tool at {many} / at {few}, first time"
    return [Target(words, ratio(one_of_many, one_of_few), LINEAR_WITHIN)]


def _series(bench: Bench, size: str) -> Series:
    place = bench.folder("cartridges-" + size.split(":")[0].replace(" ", "-"))
    shutil.rmtree(place)
    files = [SIZES[size](seed) for seed in range(FOLDERS)]
    folders = [str(generate.write(place / str(n), each)) for n, each in enumerate(files)]
    cache = bench.folder("cartridge-cache")
    ask: dict[str, object] = {"folders": folders, "tools": generate.tool_count(files[0])}
    theirs: dict[str, object] = {**ask, "bind": False}
    known = {"LOOPLET_CACHE_DIR": str(cache)}
    plain = bench.worker_sample(bench.ours, "load.py", ask | {"bind": False}, known)
    bound = bench.worker_sample(bench.ours, "load.py", ask | {"bind": True}, known)

    def first() -> Mapping[str, float]:
        shutil.rmtree(cache, ignore_errors=True)
        return plain()

    def again() -> Mapping[str, float]:
        return {**plain(), "load and bind": bound()["load"]}

    def edited() -> Mapping[str, float]:
        for folder in folders:
            with (Path(folder) / "tools/done/execute.py").open("a") as file:
                file.write("# one more line\n")
        return plain()

    samples: dict[str, Sample] = {
        PEER: bench.worker_sample(bench.peer, "load.py", theirs),
        FIRST: first,
        AGAIN: again,
        EDITED: edited,
    }
    return in_turns(samples, bench.rounds(6))
