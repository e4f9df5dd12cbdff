"""`looplet-compile capabilities`: what a cartridge's code can reach, against what it declares.

Shown also where a check finds mistakes, of which an undeclared capability is one. Exit codes: 0 for
nothing undeclared, 1 for a finding of that kind, or a cartridge that does not check clean.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from looplet.compiler.capabilities import Capabilities, Reason
from looplet.compiler.capabilities.words import CAPABILITIES
from looplet.compiler.cli import Answer
from looplet.compiler.render.visible import visible

if TYPE_CHECKING:
    from looplet.compiler.report import Report

_SHOWN: Final = 5
"""So many reasons of each kind, unless all are asked for."""


class Broken(Exception):
    """There is nothing to read the capabilities of; `report` says why."""

    def __init__(self, report: Report) -> None:
        self.report = report
        super().__init__("there is no cartridge to read")


def capabilities(path: str, *, as_json: bool, every: bool) -> Answer:
    """The table, or JSON, for the cartridge at `path`. every: all reasons and not the first few.

    Raises Broken where there is no cartridge.
    """
    from looplet.compiler.pipeline import check

    report = check(path)
    found = read(path)
    if found is None:
        raise Broken(report)
    others = [each for each in report.diagnostics if each.severity == "error"]
    others = [each for each in others if each.code != "CT621"]
    status = int(bool(found.undeclared or others))
    remarks = ""
    if others:
        remarks = (
            f"looplet-compile capabilities: {visible(path)} does not check clean, so this may not "
            f"be all; type: looplet-compile check {visible(path)}\n"
        )
    if as_json:
        text = json.dumps({"version": 1, **found.to_dict()}, indent=2, ensure_ascii=False) + "\n"
        return Answer(status, text.replace("\x7f", "\\u007f"), remarks)
    return Answer(status, "".join(f"{visible(line)}\n" for line in _lines(found, every)), remarks)


def read(path: str) -> Capabilities | None:
    """The capabilities of what is at `path`, whether it checks clean or not; None if nothing is."""
    from looplet.compiler.cache import Cache
    from looplet.compiler.checks.reach import capabilities_of
    from looplet.compiler.locations import location_of
    from looplet.compiler.pipeline import open_cartridge
    from looplet.compiler.resolve import resolve
    from looplet.places import place_of
    from looplet.preset import PresetError

    try:
        location = location_of(place_of(path))
    except PresetError:
        return None
    tree, findings = location.read()
    if not tree.files or any(finding.path == "" for finding in findings):
        return None
    cartridge, _ = open_cartridge(tree, location, Cache(location.root))
    resolved = resolve(cartridge)
    declared = resolved.manifest.get("capabilities")
    return capabilities_of(resolved, _texts(declared))


def _texts(declared: object) -> list[str] | None:
    """What is declared, as far as it is a list; what is wrong with it is a finding of the check."""
    return [one for one in declared if type(one) is str] if isinstance(declared, list) else None


# -- the table ---------------------------------------------------------------------------------


def _lines(found: Capabilities, every: bool) -> Iterator[str]:
    yield from _columns([("capability", "declared", "found"), *_rows(found)])
    for name, reasons in found.reached.items():
        yield from ("", f"{name}:", *_reasons(reasons, every))
    if found.undecided:
        yield from ("", "undecided:", *_reasons(found.undecided, every))
    if found.undeclared:
        listed = json.dumps([*(found.declared or ()), *found.undeclared])
        yield from ("", f'not declared; if it is meant to be, write "capabilities": {listed}')


def _rows(found: Capabilities) -> Iterator[tuple[str, str, str]]:
    for name in CAPABILITIES:
        declared = "–" if found.declared is None else "yes" if name in found.declared else "no"
        reached = (found.access(name) or "yes") if name in found.reached else "no"
        yield name, declared, reached
    yield "undecided", "", str(len(found.undecided)) if found.undecided else "no"


def _columns(rows: Sequence[tuple[str, str, str]]) -> Iterator[str]:
    widths = [max(len(row[at]) for row in rows) for at in range(2)]
    for one, two, three in rows:
        yield f"{one:<{widths[0]}}  {two:<{widths[1]}}  {three}".rstrip()


def _reasons(reasons: Sequence[Reason], every: bool) -> Iterator[str]:
    shown = reasons if every else reasons[:_SHOWN]
    for reason in shown:
        access = f" ({reason.access})" if reason.access else ""
        by = f"  [{', '.join(reason.entries)}]" if reason.entries else ""
        if reason.path.endswith(".py") and not reason.entries:
            by = "  [nothing loads it]"
        yield f"  {reason.place}  {reason.sentence}{access}{by}"
    if len(shown) < len(reasons):
        yield f"  and {len(reasons) - len(shown)} more; --all shows them"


__all__ = ["Broken", "capabilities", "read"]
