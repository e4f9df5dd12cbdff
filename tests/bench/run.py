"""Measure looplet against the published package, in one run: `python tests/bench/run.py`.

Prints one table a case, with ratios, and whether each target is met.  It asserts nothing about
times: the exit code is 0 when everything could be measured, 1 when something could not.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
from datetime import UTC, datetime
from pathlib import Path

import environment
import measure
import report
from bench import Bench
from cases import CASES


def main(arguments: list[str] | None = None) -> int:
    options = _parse(arguments)
    home = options.home.resolve()
    peer, ours = environment.prepare(home)
    bench = Bench(peer, ours, home, quick=options.quick)
    tables = []
    for name, case in CASES.items():
        if options.only and name not in options.only:
            continue
        print(f"measuring {name} …", file=sys.stderr)
        try:
            table = case(bench)
        except measure.Failed as failure:
            table = report.Table(name, name, ["", ""], failures=[str(failure)])
        print(report.as_text([table]), flush=True)
        tables.append(table)
    about = _about(quick=options.quick)
    if options.json:
        options.json.write_text(report.as_json(tables, about))
    if options.markdown:
        head = "\n".join(f"- {key}: {value}" for key, value in about.items())
        options.markdown.write_text(f"{head}\n\n{report.as_markdown(tables)}")
    return 1 if any(table.failures for table in tables) else 0


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="fewer rounds and smaller sizes")
    parser.add_argument("--only", action="append", choices=list(CASES), help="one case; repeatable")
    parser.add_argument("--json", type=Path, metavar="OUT", help="also write everything as JSON")
    parser.add_argument("--markdown", type=Path, metavar="OUT", help="also write Markdown tables")
    parser.add_argument(
        "--home",
        type=Path,
        default=environment.ROOT / ".bench",
        help="where the environments are kept (default: .bench, which git ignores)",
    )
    return parser.parse_args(arguments)


def _about(*, quick: bool) -> dict[str, str]:
    """What a reader must know to compare two reports."""
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "python": platform.python_version(),
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
        "peer": environment.PEER,
        "figures": "CPU time (user + system), medians, sides taking turns"
        + (", quick run" if quick else ""),
    }


if __name__ == "__main__":
    sys.exit(main())
