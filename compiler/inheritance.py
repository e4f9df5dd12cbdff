"""Finding the parent that `extends` names, and what can be wrong with the way to it."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from looplet.compiler import layout
from looplet.compiler.cartridge import Cartridge
from looplet.compiler.diagnostics import Diagnostic
from looplet.compiler.rules import ct3_references as ct3
from looplet.compiler.source import Tree, read_folder
from looplet.compiler.suggest import closest

if TYPE_CHECKING:
    from looplet.compiler.cache import Cache

MAX_PARENTS: Final = 16
_MARKS: Final = (layout.CONFIG, layout.MANIFEST)

Open = Callable[[Tree, str, "Cache", str, tuple[str, ...]], tuple[Cartridge, list[Diagnostic]]]


def open_parent(
    cartridge: Cartridge, store: Cache, trail: tuple[str, ...], open_cartridge: Open
) -> tuple[Cartridge | None, list[Diagnostic]]:
    """The parent of `cartridge`, opened, and every finding on the way; None if it has none.

    trail: the real paths of the cartridges that led here, `cartridge` last.
    """
    target = cartridge.value(layout.CONFIG).get("extends")
    document = cartridge.documents.get(layout.CONFIG)
    if not isinstance(target, str) or document is None:
        return None, []

    def refused(finding: Any, **facts: Any) -> tuple[None, list[Diagnostic]]:
        span = document.span(("extends",))
        return None, [cartridge.located(finding.at(layout.CONFIG, span, **facts))]

    if target.startswith(("/", "~")) or "\\" in target or target[1:2] == ":":
        return refused(ct3.parent_absolute, target=target)
    found = locate(cartridge.root, cartridge.place, target)
    if found is None:
        folder, name = posixpath.split(target.rstrip("/"))
        near = closest(name, _neighbours(cartridge.root, target))
        near = posixpath.join(folder, near) if near else None
        return refused(ct3.missing_parent, target=target, why="is not there", near=near)
    root, place = found
    real = os.path.realpath(root)
    if real in trail:
        names = [os.path.basename(each) for each in trail[trail.index(real) :]]
        return refused(ct3.cycle, trail=[*names, os.path.basename(real)])
    if len(trail) > MAX_PARENTS:
        return refused(ct3.too_deep, limit=MAX_PARENTS)
    if not any(os.path.isfile(os.path.join(root, name)) for name in _MARKS):
        why = "is no cartridge: it has no `config.yaml`"
        return refused(ct3.missing_parent, target=target, why=why, near=None)
    tree, findings = read_folder(root)
    parent, more = open_cartridge(tree, root, store, place, trail)
    return parent, [*map(parent.located, findings), *more]


def locate(root: str, place: str, target: str) -> tuple[str, str] | None:
    """The folder that `target` names for the cartridge in `root`, and its place; None if missing.

    A path is relative to `root`; a bare name is first a path, then a cartridge that is installed.
    """
    path = os.path.join(root, *target.split("/"))
    if "\0" not in path and os.path.isdir(path):
        return path, posixpath.normpath(posixpath.join(place, target))
    if "/" not in target and target not in (".", ".."):
        from looplet.shipped import shipped

        installed = shipped(target)
        if installed is not None:
            return installed, target
    return None


def _neighbours(root: str, target: str) -> list[str]:
    """The names that `target` may be a slip of."""
    from looplet.shipped import shipped_names

    names = [] if "/" in target else shipped_names()
    folder = os.path.dirname(os.path.join(root, target.rstrip("/")))
    try:
        with os.scandir(folder) as entries:
            return [*names, *(entry.name for entry in entries if entry.is_dir())]
    except (OSError, ValueError):
        return names
