"""Where a change stands: the file and line, in the new cartridge or, of what is gone, in the old.

The files of declarations are parsed again for this, and nothing else is done with them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Literal, NamedTuple

from looplet.compiler import layout
from looplet.compiler.cartridge import Cartridge
from looplet.compiler.diff.changes import Change, Comparison, Keys, Place
from looplet.compiler.diff.nested_agents import NESTED
from looplet.compiler.reopen import reopen
from looplet.compiler.resolve import Resolved, resolve
from looplet.compiler.syntax import Document
from looplet.nested import nested_preset
from looplet.preset import AgentPreset, PresetError

Side = Literal["old", "new"]


class _Found(NamedTuple):
    """exact: whether it is the value itself, and not what is around it."""

    place: Place
    exact: bool


def placed(comparison: Comparison, old: AgentPreset, new: AgentPreset) -> Comparison:
    """The comparison with the place of each change that has one."""
    sides = Places(new, "new"), Places(old, "old")

    def each(changes: Iterable[Change]) -> tuple[Change, ...]:
        return tuple(replace(change, place=_best(change, *sides)) for change in changes)

    return Comparison(each(comparison.changes), each(comparison.rewrites))


def _best(change: Change, new: Places, old: Places) -> Place | None:
    """Where it is known to be, or in the new cartridge if the value is there, else in the old one;
    else what is around it."""
    if change.place:
        return change.place
    found = [one for one in (new.find(change), old.find(change)) if one]
    exact = [one for one in found if one.exact]
    return next((one.place for one in (*exact, *found)), None)


class Places:
    """The places of the values of one preset. side: what its places are said to be in."""

    def __init__(self, preset: AgentPreset, side: Side, folder: str = "") -> None:
        self.preset = preset
        self.side: Side = side
        self.folder = folder
        self._resolved: Resolved | None = None
        self._nested: dict[str, Places | None] = {}

    def find(self, change: Change) -> _Found | None:
        """Where `change` stands, if there is anything of it here."""
        keys = change.keys
        if keys[0] == NESTED:
            inner = self._inner(keys[1])
            if inner and len(keys) > 2:
                return inner.find(replace(change, keys=keys[2:]))
            return self._first(f"{keys[1]}/{name}" for name in (layout.CONFIG, layout.MANIFEST))
        found = self._find(keys)
        if found and change.text and found.exact and keys[0] in ("prompts", "files"):
            line = change.text.first if self.side == "new" else change.text.old_first
            return _Found(found.place._replace(line=line, column=1), True)
        return found

    def _inner(self, folder: str) -> Places | None:
        if folder not in self._nested:
            try:
                preset = nested_preset(self.preset, folder)
                self._nested[folder] = Places(preset, self.side, f"{self.folder}{folder}/")
            except PresetError:
                self._nested[folder] = None
        return self._nested[folder]

    def resolved(self) -> Resolved | None:
        """The cartridge's documents, opened again; None for a preset that was never a folder."""
        if self._resolved is None and self.preset.layers:
            try:
                self._resolved = resolve(reopen(self.preset.layers))
            except PresetError:
                return None
        return self._resolved

    def _find(self, keys: Keys) -> _Found | None:
        top, rest = keys[0], keys[1:]
        if top in ("name", "version", "description"):
            return self._value(layout.MANIFEST, keys)
        if top in ("manifest", "config", "runtime"):
            file = {"manifest": layout.MANIFEST, "runtime": layout.RUNTIME}.get(top, layout.CONFIG)
            return self._value(file, rest)
        if top == "prompts":
            return self._first(layout.prompt_path(rest[0], form) for form in (False, True))
        if top == "files":
            return self._first([rest[0]])
        return self._part(top, rest[0], rest[1:])

    def _first(self, paths: Iterable[str]) -> _Found | None:
        """The first of these files that is there."""
        resolved = self.resolved()
        for path in paths:
            if resolved and path in resolved.homes:
                return _Found(self._place(resolved.homes[path], path), True)
        return None

    def _value(self, file: str, keys: Keys) -> _Found | None:
        """A value of a file that parents have, too: the nearest that says it."""
        resolved = self.resolved()
        if resolved is None:
            return None
        around: _Found | None = None
        layers = resolved.chain if file != layout.MANIFEST else resolved.chain[:1]
        for layer in layers:
            if document := layer.documents.get(file):
                found = self._in(layer, document, keys)
                if found.exact:
                    return found
                around = around or found
        return around

    def _part(self, top: str, name: str, keys: Keys) -> _Found | None:
        """A value of a tool or a hook."""
        resolved = self.resolved()
        if resolved is None or top not in ("tools", "hooks"):
            return None
        if top == "tools":
            tool = resolved.tools.get(name)
            described = f"tools/{name}/description.md"
            if keys == ("description",) and described in resolved.homes:
                return self._first([described])
            if tool is None or tool.document is None:
                return self._first([tool.path]) if tool else None
            return self._in(tool.home, tool.document, keys)
        hook = resolved.hooks.get(name)
        if hook is None or hook.home is None or hook.document is None:
            return self._first([hook.code]) if hook else None
        return self._in(hook.home, hook.document, [key for key in keys if key != "extra"])

    def _in(self, home: Cartridge, document: Document, keys: Iterable[str]) -> _Found:
        steps = tuple(keys)
        for path in _readings(steps):
            if path and document.locate(path)[2] == len(path):
                start = document.span(path, key=True).start
                return _Found(
                    self._place(home, document.path, start.line, start.column),
                    path == steps or "properties" in steps,
                )
        return _Found(self._place(home, document.path), not steps)

    def _place(self, home: Cartridge, path: str, line: int = 0, column: int = 0) -> Place:
        inside = f"{home.place}/{path}" if home.place else path
        return Place(self.side, f"{self.folder}{inside}", line, column)


def _readings(steps: Keys) -> Iterator[Keys]:
    """The paths in a document that keys can mean, the fullest first: parameters have a short form,
    and of what is not written there is what is around it."""
    for size in range(len(steps), 0, -1):
        yield steps[:size]
        if "properties" in steps[:size]:
            at = steps.index("properties")
            yield (*steps[:at], *steps[at + 1 : size])


__all__ = ["Places", "placed"]
