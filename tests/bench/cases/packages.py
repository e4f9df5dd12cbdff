"""Loading a cartridge from a package, against the peer's load of the same folder, and building one.

A package is loaded from an archive, and from the folder that an installer made of its wheel. In a
warm process each of them is new to the process; a cold one is a whole `python -c`.
"""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import generate
from bench import Bench
from measure import Sample, Series, in_turns, run
from report import Cell, Table, Target, ratio

from cases.cartridges import FOLDERS

SIZES: dict[str, Callable[[int], generate.Files]] = {
    "coder-sized: 17 tools, 60 files": generate.coder,
    "1000 tools": lambda seed: generate.plain(1000, seed),
}
PEER, ARCHIVE, INSTALLED = "looplet 0.4.1, the folder", "ours, an archive", "ours, installed"
LOAD = "from looplet import cartridge_to_preset; cartridge_to_preset({!r})"
WARM, COLD = 1 / 8, 1 / 4


def measured(bench: Bench) -> Table:
    table = Table("packages", "Packages", ["CPU ms", *SIZES])
    warm: dict[str, Series] = {}
    cold: dict[str, Series] = {}
    built: dict[str, Series] = {}
    for size in SIZES:
        paths = _made(bench, size)
        warm[size] = _warm(bench, size, paths)
        cold[size] = _cold(bench, paths)
        built[size] = _built(bench, paths[PEER][0])

    def rows(words: str, series: dict[str, Series], limit: float) -> None:
        for who in (PEER, ARCHIVE, INSTALLED):
            cells: list[Cell] = [series[size].median(who, "load") for size in SIZES]
            table.rows.append([f"{words}: {who}", *cells])
        for who in (ARCHIVE, INSTALLED):
            for size in SIZES:
                peer, ours = (series[size].median(each, "load") for each in (PEER, who))
                what = f"{words}, {size}: {who} / {PEER}"
                table.targets.append(Target(what, ratio(ours, peer), limit))

    rows("warm process", warm, WARM)
    rows("whole process", cold, COLD)
    for form in ("zip", "wheel"):
        cells: list[Cell] = [built[size].median(form, "ms") for size in SIZES]
        table.rows.append([f"`looplet-compile build --format {form}`, nothing cached", *cells])
        spent = built["1000 tools"].median(form, "ms")
        table.targets.append(Target(f"building 1000 tools, {form}", spent, 3000, "ms"))
    every = [*warm.values(), *cold.values(), *built.values()]
    failures = {f"{who}: {words}" for one in every for who, words in one.failures.items()}
    table.failures = sorted(failures)
    table.notes = [
        "A package is read whole, and every digest in it is computed again, before its preset is "
        "taken. The peer has no packages, so it loads the folder that they were built from."
    ]
    return table


def _made(bench: Bench, size: str) -> dict[str, list[str]]:
    """The paths of the same cartridges in each of the three forms."""
    place = bench.folder("packages-" + size.split(":")[0].replace(" ", "-"))
    shutil.rmtree(place)
    paths: dict[str, list[str]] = {PEER: [], ARCHIVE: [], INSTALLED: []}
    for seed in range(FOLDERS):
        home = place / str(seed)
        folder = generate.write(home, SIZES[size](seed))
        for form in ("zip", "wheel"):
            run(_build(bench, folder, form, home), cwd=home)
        with zipfile.ZipFile(home / "bench-1.0.0-py3-none-any.whl") as wheel:
            wheel.extractall(home / "site")
        paths[PEER].append(str(folder))
        paths[ARCHIVE].append(str(home / "bench-1.0.0.cartridge"))
        paths[INSTALLED].append(str(home / "site" / "bench-1.0.0.dist-info"))
    return paths


def _build(bench: Bench, folder: Path | str, form: str, out: Path) -> list[str]:
    command = str(bench.ours.command("looplet-compile"))
    return [command, "build", str(folder), "--format", form, "-o", str(out)]


def _warm(bench: Bench, size: str, paths: dict[str, list[str]]) -> Series:
    tools = generate.tool_count(SIZES[size](0))
    samples: dict[str, Sample] = {}
    for who, listed in paths.items():
        side = bench.peer if who == PEER else bench.ours
        ask: dict[str, object] = {"folders": listed, "tools": tools, "bind": False}
        samples[who] = bench.worker_sample(side, "load.py", ask)
    return in_turns(samples, bench.rounds(6))


def _cold(bench: Bench, paths: dict[str, list[str]]) -> Series:
    samples: dict[str, Sample] = {}
    for who, listed in paths.items():
        side = bench.peer if who == PEER else bench.ours
        sample = bench.command_sample([str(side.python), "-c", LOAD.format(listed[0])])
        samples[who] = lambda sample=sample: {"load": sample()["ms"]}  # type: ignore[misc]
    return in_turns(samples, bench.rounds(9))


def _built(bench: Bench, folder: str) -> Series:
    cache = bench.folder("build-cache")
    out = bench.folder("build-out")

    def sample(form: str) -> Sample:
        plain = bench.command_sample(
            _build(bench, folder, form, out), {"LOOPLET_CACHE_DIR": str(cache)}
        )

        def cold() -> dict[str, float]:
            shutil.rmtree(cache, ignore_errors=True)
            return dict(plain())

        return cold

    return in_turns({form: sample(form) for form in ("zip", "wheel")}, bench.rounds(3))
