"""Agents nested in an agent, compared by what they mean, as the one around them is."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from looplet.compiler.diff.changes import Change, Comparison, Keys
from looplet.compiler.diff.words import count, quote
from looplet.contents import digests
from looplet.nested import nested_preset
from looplet.preset import AgentPreset, PresetError

_MARKS: Final = ("config.yaml", "cartridge.json")
NESTED: Final = "nested"
"""What the keys of a change in a nested agent begin with; then its folder, then its own keys."""

Compare = Callable[[AgentPreset, AgentPreset], Comparison]


def compare_nested(
    old: AgentPreset, new: AgentPreset, compare: Compare
) -> tuple[list[Change], list[str]]:
    """What changed in nested agents, and the folders of which that is all there is to say.

    One that is not to be read, on either side, is left to be compared as files.
    """
    before, after = nested_folders(old), nested_folders(new)
    found: list[Change] = []
    done: list[str] = []
    alike = digests(old.files) == digests(new.files)
    for folder in sorted(before | after):
        paths = _differing(old, new, folder)
        if not paths and alike:
            continue
        try:
            one = nested_preset(old, folder) if folder in before else None
            two = nested_preset(new, folder) if folder in after else None
        except PresetError:
            continue
        # With the same files it is another agent when what it extends, elsewhere, is another one.
        if not paths and one == two:
            continue
        if one and two:
            inner = list(_inner(folder, compare(one, two), paths))
        else:
            inner = [_one_sided(folder, one, two, paths)]
        found += inner
        done.append(folder)
    return found, done


def nested_folders(preset: AgentPreset) -> set[str]:
    """The folders of a preset's files that hold agents; what is nested in those is theirs."""
    found = {
        path.rpartition("/")[0] for path in preset.files if path.rpartition("/")[2] in _MARKS
    } - {""}
    meant = {posixpath.normpath(each) for each in _named(preset)}  # as the one who runs it reads it
    agents = {
        folder
        for folder in found
        if folder in meant or folder.endswith(".cartridge") or folder.startswith("agents/")
    }
    return {one for one in agents if not any(one.startswith(f"{other}/") for other in agents)}


def _named(preset: AgentPreset) -> Iterator[str]:
    """The folders that the settings of built-in tools name."""
    entries: Any = preset.config_values.get("builtin_tools")
    listed = entries if isinstance(entries, tuple) else ()
    mappings = [one for one in listed if isinstance(one, Mapping)]
    for settings in [settings for one in mappings for settings in one.values()]:
        folder = settings.get("cartridge") if isinstance(settings, Mapping) else None
        if isinstance(folder, str):
            yield folder


def _differing(old: AgentPreset, new: AgentPreset, folder: str) -> list[str]:
    before, after = (
        digests({path: f for path, f in one.files.items() if path.startswith(f"{folder}/")})
        for one in (old, new)
    )
    return [path for path in sorted({*before, *after}) if before.get(path) != after.get(path)]


def _inner(folder: str, comparison: Comparison, paths: list[str]) -> Iterator[Change]:
    """The changes of a nested agent, as ones of the agent around it. Each file that differs is told
    of by one of them: by its own, or by that of the values in it, or as written otherwise."""
    left = dict.fromkeys(paths)
    inner: list[Change] = []
    for change in comparison.changes:
        told = [f"{folder}/{keys[1]}" for keys in change.told if keys[0] == "files"]
        for path in told:
            left.pop(path, None)
        inner.append(_lifted(folder, change, told))
    values = next((at for at, change in enumerate(inner) if not change.covers), None)
    if values is not None and left:
        covers: tuple[Keys, ...] = tuple(("files", path) for path in left)
        inner[values] = replace(inner[values], covers=covers)
        left.clear()
    yield from inner
    for path in left:
        message = f"{quote(path, 200)} is written otherwise, and means the same"
        yield Change("nested-rewritten", ("files", path), message)


def _lifted(folder: str, change: Change, paths: Iterable[str]) -> Change:
    return replace(
        change,
        keys=(NESTED, folder, *change.keys),
        message=f"{folder}: {change.message}",
        covers=tuple(("files", path) for path in paths),
    )


def _one_sided(
    folder: str, old: AgentPreset | None, new: AgentPreset | None, paths: list[str]
) -> Change:
    covers: tuple[Keys, ...] = tuple(("files", path) for path in paths)
    keys = (NESTED, folder)
    if new is None:
        message = f"the agent in {quote(folder)} is gone"
        return Change("agent-removed", keys, message, covers=covers)
    message = f"the agent {quote(new.name)} in {quote(folder)} is new: "
    message += count(len(paths), "file")
    tools = ", ".join(sorted(new.tool_defs)) or "none"
    return Change("agent-added", keys, message, covers=covers, notes=(f"its tools: {tools}",))


__all__ = ["NESTED", "compare_nested", "nested_folders"]
