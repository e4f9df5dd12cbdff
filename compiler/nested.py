"""Cartridges nested in a cartridge: opened from the files of the one around them.

They are read from these files and not from a folder, so that what is checked is what is run,
wherever a preset came from. A nested cartridge is complete within the one around it: what it
extends lies there too.
"""

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from looplet.compiler import layout
from looplet.compiler.cache import Cache
from looplet.compiler.cartridge import Cartridge
from looplet.compiler.diagnostics import Diagnostic, Fix, apart, order
from looplet.compiler.inheritance import MAX_PARENTS
from looplet.compiler.rules import ct3_agents
from looplet.compiler.rules import ct3_references as ct3
from looplet.compiler.source import Tree, tree_name
from looplet.compiler.suggest import closest
from looplet.preset import AgentPreset, File, PresetError

if TYPE_CHECKING:
    from looplet.compiler.resolve import Resolved

MAX_DEPTH: Final = 5
_MARKS: Final = (layout.CONFIG, layout.MANIFEST)


def compile_nested(preset: AgentPreset, path: str) -> AgentPreset:
    """The preset of the cartridge in the folder `path` of `preset`.

    Raises PresetError if there is none, CartridgeError if it does not check clean.
    """
    from looplet.compiler.lower import lower
    from looplet.compiler.report import CartridgeError, Checked, Report

    path = posixpath.normpath(path)
    if not is_nested(preset.files, path):
        raise PresetError(f"{preset.name} has no cartridge in {path}")
    resolved, found = check_nested(preset.files, path, Cache("", enabled=False))
    if any(each.severity == "error" for each in found):
        found = sorted((within(each, path) for each in found), key=order)
        raise CartridgeError(Report((Checked(preset.name, resolved.name, tuple(found), {}),)))
    return replace(lower(resolved), roots=_roots(preset, resolved, path))


def check_nested(
    files: Mapping[str, File], path: str, store: Cache, level: int = 1
) -> tuple[Resolved, list[Diagnostic]]:
    """The agent in the folder `path`, and every finding on it, with paths in that folder.

    level: how many cartridges it is nested in. What lies in a folder has shorter paths than what is
    around it, so this ends by itself, inheritance or not; MAX_DEPTH is what a run allows.
    """
    from looplet.compiler.analysis import analyse
    from looplet.compiler.resolve import resolve

    cartridge, found = open_nested(files, path, store)
    resolved = resolve(cartridge)
    resolved.level = level
    return resolved, [*found, *apart(analyse(resolved), found)]


def is_nested(files: Mapping[str, Any], path: str) -> bool:
    """Whether the folder `path` of these files is a cartridge."""
    return any(f"{path}/{mark}" in files for mark in _MARKS)


def subtree(files: Mapping[str, File], path: str) -> Tree:
    """What lies in the folder `path` of these files."""
    prefix = path + "/"
    inside = {each[len(prefix) :]: file for each, file in files.items() if each.startswith(prefix)}
    return Tree(tree_name(path), dict(sorted(inside.items())))


def open_nested(
    files: Mapping[str, File], path: str, store: Cache, place: str = "", trail: tuple[str, ...] = ()
) -> tuple[Cartridge, list[Diagnostic]]:
    """The cartridge in the folder `path` of `files`, and its parents, which lie in `files` too.

    place: where it lies as seen from the nested cartridge that all this is about.
    """
    from looplet.compiler.pipeline import check_declared

    cartridge = Cartridge(subtree(files, path), store, place)
    found = [*map(cartridge.located, cartridge.read_documents(check_declared))]
    target = cartridge.value(layout.CONFIG).get("extends")
    document = cartridge.documents.get(layout.CONFIG)
    if not isinstance(target, str) or document is None:
        return cartridge, found
    trail = (*trail, path)
    above = posixpath.normpath(posixpath.join(path, target))
    refusal = _refusal(files, target, above, trail)
    if refusal is not None:
        finding, facts = refusal
        refused = finding.at(layout.CONFIG, document.span(("extends",)), **facts)
        return cartridge, [*found, cartridge.located(refused)]
    seen_from = posixpath.relpath(above, trail[0])
    cartridge.parent, inherited = open_nested(files, above, store, seen_from, trail)
    return cartridge, [*found, *inherited]


def _refusal(
    files: Mapping[str, File], target: str, above: str, trail: tuple[str, ...]
) -> tuple[Any, dict[str, Any]] | None:
    """The rule that a nested cartridge breaks with what it extends, and its facts."""
    if target.startswith(("/", "~")) or "\\" in target or target[1:2] == ":":
        return ct3.parent_absolute, {"target": target}
    if above in trail:
        names = [posixpath.basename(each) for each in trail[trail.index(above) :]]
        return ct3.cycle, {"trail": [*names, posixpath.basename(above)]}
    if len(trail) > MAX_PARENTS:
        return ct3.too_deep, {"limit": MAX_PARENTS}
    outside = above in (".", "..") or above.startswith("../")
    if outside or trail[-1].startswith(above + "/"):
        return ct3_agents.parent_outside, {"target": target}
    if is_nested(files, above):
        return None
    folder, name = posixpath.split(above)
    beside = {each.removeprefix(folder + "/").split("/")[0] for each in files if "/" in each}
    near = closest(name, beside)
    near = posixpath.join(posixpath.dirname(target), near) if near else None
    why = "is not there, in the cartridge around this one"
    return ct3.missing_parent, {"target": target, "why": why, "near": near}


def within(found: Diagnostic, path: str) -> Diagnostic:
    """A finding in a nested cartridge, as one of the cartridge around it.

    Its fixes stay as safe as they are: the folder belongs to the author of the one around it.
    """

    def moved(inner: str) -> str:
        return posixpath.normpath(posixpath.join(path, inner)) if inner else path

    fixes = tuple(
        Fix(
            fix.title,
            fix.safe,
            tuple(replace(edit, path=moved(edit.path)) for edit in fix.edits),
            (moved(fix.rename[0]), moved(fix.rename[1])) if fix.rename else None,
        )
        for fix in found.fixes
    )
    return replace(found, path=moved(found.path), fixes=fixes)


def _roots(preset: AgentPreset, resolved: Resolved, path: str) -> tuple[str, ...]:
    """Where the nested cartridge and its parents are on this machine; empty where nobody knows."""
    roots: list[str] = []
    for cartridge in resolved.chain:
        folder = posixpath.normpath(posixpath.join(path, cartridge.place))
        found = next(_homes(preset, folder, cartridge.tree), None)
        if found is None:
            return ()
        roots.append(found)
    return tuple(roots)


def _homes(preset: AgentPreset, folder: str, tree: Tree) -> Iterator[str]:
    """The folders on this machine that hold just this tree."""
    for layer, root in zip(preset.layers, preset.roots, strict=False):
        if root and subtree(layer.files, folder).files == tree.files:
            yield os.path.join(root, *folder.split("/"))
