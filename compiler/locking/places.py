"""Where in the cartridge a finding on a lock stands: the file, and the line that says it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Final

from looplet.compiler.cache import Cache
from looplet.compiler.diagnostics import Diagnostic, Span
from looplet.compiler.locking.errors import Found
from looplet.compiler.locking.lockfile import LOCK
from looplet.compiler.nested import check_nested, within
from looplet.compiler.pipeline import sources_of
from looplet.compiler.reopen import reopen
from looplet.compiler.report import Checked, Report
from looplet.compiler.resolve import Resolved, resolve
from looplet.compiler.source import Tree
from looplet.preset import AgentPreset, File

_SAID_WHOLE: Final = ("command", "name", "requires_python", "schema_version", "url")
"""Keys of which the value is shown, and not the name."""


def report(root: str, preset: AgentPreset, found: Iterable[Found]) -> Report:
    """The findings with their places. root: how the cartridge was asked for."""
    layers = [(layer.place, Tree(layer.name, layer.files)) for layer in preset.layers]
    resolved = resolve(reopen(preset.layers))
    placed = {
        replace(_placed(resolved, preset.files, each), cartridge=root): None for each in found
    }
    return Report((Checked(root, preset.name, tuple(placed), sources_of(placed, layers), preset),))


def _placed(resolved: Resolved, files: Mapping[str, File], found: Found) -> Diagnostic:
    if not found.keys or found.file == LOCK:
        return found.diagnostic()
    if not found.agent:
        return found.diagnostic(*_nearest(resolved, found))
    nested, _ = check_nested(files, found.agent, Cache("", enabled=False))
    return within(found.diagnostic(*_nearest(nested, found)), found.agent)


def _nearest(resolved: Resolved, found: Found) -> tuple[str, Span | None]:
    """The place of the value, or of the nearest one around it that is written."""
    keys: tuple[Any, ...] = found.keys
    while keys:
        path, span = resolved.place(found.file, keys, key=keys[-1] not in _SAID_WHOLE)
        if span is not None:
            return path, span
        keys = keys[:-1]
    return (found.file, None) if found.file in resolved.homes else (LOCK, None)


__all__ = ["report"]
