"""Capabilities: what the code reaches, held against what cartridge.json declares."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from looplet.compiler import layout
from looplet.compiler.capabilities.infer import inferred
from looplet.compiler.capabilities.reach import Capabilities, Place, Reason
from looplet.compiler.capabilities.words import CAPABILITIES, WHY
from looplet.compiler.diagnostics import Diagnostic, Edit, Fix, Rule, Span
from looplet.compiler.resolve import Resolved
from looplet.compiler.rules import ct6_capabilities as ct6

PLAIN_TO_SEE: Final = frozenset(("nested", "package", "server", "unread"))
"""What is undecided and stands in a declaration, or is a finding of another rule."""

_MOST_PLACES: Final = 4


def check_capabilities(resolved: Resolved) -> Iterator[Diagnostic]:
    """The findings on `capabilities`: one for each that is missing or unused, and no more than one
    where nothing is declared, or where something cannot be decided."""
    manifest = resolved.cartridge.documents.get(layout.MANIFEST)
    if manifest is None or not isinstance(manifest.value, dict):
        return
    if resolved.cartridge.unread(layout.MANIFEST, "capabilities"):
        return
    declared = resolved.manifest.get("capabilities")
    if "capabilities" in resolved.manifest and not _is_list(declared):
        return  # which the schema says
    found = capabilities_of(resolved, declared)
    if declared is None:
        if resolved.level == 0:
            yield from _not_declared(resolved, found)
        return
    for name in found.undeclared:
        yield _undeclared(resolved, found, name)
    if not found.undecided and resolved.complete:
        for name in found.unused:
            span = manifest.span(("capabilities", declared.index(name)))
            yield ct6.unused.at(layout.MANIFEST, span, capability=name)
    if doubtful := _doubtful(found):
        first, *more = doubtful
        why = WHY[first.why]
        yield _at(resolved, first, ct6.undecided, _also(resolved, more), said=first.said, why=why)


def capabilities_of(resolved: Resolved, declared: list[str] | None) -> Capabilities:
    """What the agent reaches, its parents' code included."""
    homes = resolved.homes

    def facts(path: str) -> Mapping[str, Any]:
        return homes[path].facts(path)

    def where(keys: tuple[str, ...]) -> tuple[str, Place | None]:
        path, span = resolved.place(layout.CONFIG, keys, key=True)
        return path, _bounds(span)

    files = {path: home.tree.files[path] for path, home in homes.items()}
    return inferred(files, resolved.config, declared, facts=facts, where=where)


def _is_list(declared: Any) -> bool:
    return isinstance(declared, list) and all(name in CAPABILITIES for name in declared)


def _doubtful(found: Capabilities) -> list[Reason]:
    """What is undecided, and is said nowhere else."""
    return [reason for reason in found.undecided if reason.why not in PLAIN_TO_SEE]


def _undeclared(resolved: Resolved, found: Capabilities, name: str) -> Diagnostic:
    first, *more = found.reached[name]
    every: list[str] = [
        each for each in CAPABILITIES if each in (found.declared or ()) or each == name
    ]
    notes = [
        f'if it is meant to, write `"capabilities": {json.dumps(every)}` in cartridge.json',
        *_also(resolved, more),
    ]
    finding = _at(resolved, first, ct6.undeclared, notes, capability=name, said=first.said)
    return replace(finding, fixes=tuple(_declare(resolved, every)))


def _not_declared(resolved: Resolved, found: Capabilities) -> Iterator[Diagnostic]:
    doubtful = _doubtful(found)
    if not found.names and not doubtful:
        return
    notes = [
        f"`{name}`: {reasons[0].said} ({_shown(resolved, reasons[0])})"
        for name, reasons in found.reached.items()
    ]
    notes += _also(resolved, doubtful, "undecided at")
    fixes = _declare(resolved, list(found.names))
    yield ct6.not_declared.at(
        layout.MANIFEST, notes=notes, fixes=fixes, names=found.names, undecided=len(doubtful)
    )


def _declare(resolved: Resolved, names: list[str]) -> Iterator[Fix]:
    """The edit that writes the list. It is never safe: a declaration is somebody's word, and a
    program that gives it by itself makes it worth nothing."""
    document = resolved.cartridge.documents[layout.MANIFEST]
    assert document is not None
    listed = json.dumps(names)
    if "capabilities" in document.value:
        span = document.span(("capabilities",))
        text = listed
    elif document.value:
        last = (list(document.value)[-1],)
        end = document.span(last).end
        span = Span(end, end)
        key = document.span(last, key=True).start
        opened = document.span(()).start
        between = " " if key.line == opened.line else "\n" + " " * (key.column - 1)
        text = f',{between}"capabilities": {listed}'
    else:
        return
    yield Fix(f"declare {', '.join(names) or 'nothing'}", False, (Edit(document.path, span, text),))


def _at(
    resolved: Resolved, reason: Reason, rule: Rule, notes: list[str], **facts: Any
) -> Diagnostic:
    """A finding where a reason stands."""
    span = Span.of(*reason.span) if reason.span else None
    finding = rule.at(reason.path, span, notes=notes, **facts)
    home = resolved.homes.get(reason.path)
    return finding if home is None or _is_declared(reason) else home.located(finding)


def _is_declared(reason: Reason) -> bool:
    """Whether a reason stands in config.yaml, whose path is that of the folder it is of."""
    return not reason.path.endswith(".py") and reason.why != "nested"


def _also(resolved: Resolved, reasons: list[Reason], word: str = "also at") -> list[str]:
    if not reasons:
        return []
    shown = list(dict.fromkeys(_shown(resolved, reason) for reason in reasons))
    more = f" and {len(shown) - _MOST_PLACES} more" if len(shown) > _MOST_PLACES else ""
    return [f"{word} {', '.join(shown[:_MOST_PLACES])}{more}"]


def _shown(resolved: Resolved, reason: Reason) -> str:
    home = resolved.homes.get(reason.path)
    place = home.place + "/" if home is not None and home.place and not _is_declared(reason) else ""
    return place + reason.place


def _bounds(span: Span | None) -> Place | None:
    if span is None:
        return None
    return (span.start.line, span.start.column, span.end.line, span.end.column)


__all__ = ["capabilities_of", "check_capabilities"]
