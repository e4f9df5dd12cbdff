"""Tables and targets as data, and the text, Markdown and JSON they are shown as.

In: what the cases measured.  Out: strings.  A figure that could not be taken is `None` and shows
as a dash; a target whose figures are missing is neither met nor missed.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field

Cell = str | float | None


@dataclass(frozen=True)
class Target:
    """One promise: `value` (a ratio, or a figure with its unit) is at most `limit`."""

    what: str
    value: float | None
    limit: float
    unit: str = "×"

    @property
    def met(self) -> bool | None:
        return None if self.value is None else self.value <= self.limit


@dataclass
class Table:
    """One table of the report, the targets it decides, and what went wrong on the way."""

    name: str
    title: str
    columns: list[str]
    rows: list[list[Cell]] = field(default_factory=list)
    targets: list[Target] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)


def ratio(ours: float | None, theirs: float | None) -> float | None:
    """ours / theirs, where both were measured."""
    return ours / theirs if ours is not None and theirs else None


def number(value: float) -> str:
    """Three significant digits, without an exponent: 0.0123, 1.23, 12.3, 1234."""
    if value == 0:
        return "0"
    for limit, digits in ((0.1, 4), (1, 3), (10, 2), (100, 1)):
        if abs(value) < limit:
            return f"{value:.{digits}f}"
    return f"{value:.0f}"


def show(cell: Cell) -> str:
    """A cell as text."""
    if cell is None:
        return "–"
    return cell if isinstance(cell, str) else number(cell)


def verdict(target: Target) -> list[str]:
    """A target as a row: what, measured, at most, whether it is met."""
    words = {True: "met", False: "MISSED", None: "not measured"}
    measured = "–" if target.value is None else f"{number(target.value)} {target.unit}"
    return [target.what, measured, f"{number(target.limit)} {target.unit}", words[target.met]]


VERDICT_COLUMNS = ["target", "measured", "at most", ""]


def as_text(tables: Sequence[Table]) -> str:
    """The report for a terminal."""
    parts = []
    for table in tables:
        parts.append(f"{table.title}\n{'=' * len(table.title)}")
        parts.append(_aligned([table.columns, *([show(c) for c in row] for row in table.rows)]))
        if table.targets:
            parts.append(_aligned([VERDICT_COLUMNS, *map(verdict, table.targets)]))
        parts += table.notes
        parts += [f"not measured: {failure}" for failure in table.failures]
    return "\n\n".join(parts) + "\n"


def as_markdown(tables: Sequence[Table]) -> str:
    """The report for docs/benchmarks.md."""
    parts = []
    for table in tables:
        parts.append(f"## {table.title}")
        parts.append(_piped([table.columns, *([show(c) for c in row] for row in table.rows)]))
        if table.targets:
            parts.append(_piped([VERDICT_COLUMNS, *map(verdict, table.targets)]))
        parts += table.notes
        parts += [f"Not measured: {failure}" for failure in table.failures]
    return "\n\n".join(parts) + "\n"


def as_json(tables: Sequence[Table], about: dict[str, str]) -> str:
    """Everything, for machines; a target carries its verdict."""
    data = []
    for table in tables:
        entry = asdict(table)
        for plain, target in zip(entry["targets"], table.targets, strict=True):
            plain["met"] = target.met
        data.append(entry)
    return json.dumps({"version": 1, "about": about, "tables": data}, indent=2) + "\n"


def _aligned(rows: Sequence[Sequence[str]]) -> str:
    """Columns padded to their widest cell; the first to the left, figures to the right."""
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    lines = []
    for row in rows:
        cells = [row[0].ljust(widths[0])]
        cells += [cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)]
        lines.append("  ".join(cells).rstrip())
    lines.insert(1, "  ".join("-" * width for width in widths))
    return "\n".join(lines)


def _piped(rows: Sequence[Sequence[str]]) -> str:
    lines = ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]
    rule = "|" + "|".join([" --- "] + [" ---: "] * (len(rows[0]) - 1)) + "|"
    return "\n".join([lines[0], rule, *lines[1:]])
