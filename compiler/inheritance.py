"""Finding the parent that `extends` names, and what can be wrong with the way to it."""

from __future__ import annotations

import posixpath
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from looplet.compiler import layout
from looplet.compiler.archive.errors import PackageError
from looplet.compiler.cartridge import Cartridge
from looplet.compiler.diagnostics import Diagnostic
from looplet.compiler.locations import MARKS, NAMED, Location, is_path
from looplet.compiler.rules import ct3_references as ct3
from looplet.compiler.source import Tree
from looplet.compiler.suggest import closest
from looplet.installed import NotInstalled, split
from looplet.places import NoPlace

if TYPE_CHECKING:
    from looplet.compiler.cache import Cache

MAX_PARENTS: Final = 16
_UNFIT: Final = {"version": ct3.parent_version, "twice": ct3.parent_twice}

Open = Callable[
    [Tree, Location, "Cache", str, tuple[Location, ...]], tuple[Cartridge, list[Diagnostic]]
]


def open_parent(
    cartridge: Cartridge,
    location: Location,
    store: Cache,
    trail: tuple[Location, ...],
    open_cartridge: Open,
) -> tuple[Cartridge | None, list[Diagnostic]]:
    """The parent of `cartridge`, opened, and every finding on the way; None if it has none.

    location: where `cartridge` lies. trail: of the cartridges that led here, `cartridge` last.
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
    try:
        found = locate(location, cartridge.place, target)
    except NoPlace:
        found = None  # no path, and no name
    except NotInstalled as error:
        return refused(_UNFIT.get(error.rule, ct3.parent_unusable), target=target, why=error.why)
    except PackageError as error:
        return refused(ct3.parent_unusable, target=target, why=_words(error.diagnostic))
    if found is None:
        why = "is not there"
        return refused(ct3.missing_parent, target=target, why=why, near=_near(location, target))
    parent_at, place = found
    keys = [each.key for each in trail]
    if parent_at.key in keys:
        names = [posixpath.basename(key) for key in keys[keys.index(parent_at.key) :]]
        return refused(ct3.cycle, trail=[*names, posixpath.basename(parent_at.key)])
    if len(trail) > MAX_PARENTS:
        return refused(ct3.too_deep, limit=MAX_PARENTS)
    tree, findings = parent_at.read()
    if not findings and not any(mark in tree.files for mark in MARKS):
        why = "is no cartridge: it has no `config.yaml`"
        return refused(ct3.missing_parent, target=target, why=why, near=None)
    parent, more = open_cartridge(tree, parent_at, store, place, trail)
    return parent, [*map(parent.located, findings), *more]


def _words(found: Diagnostic) -> str:
    """A finding about a package, in a finding about who extends it."""
    return f"{found.path + ': ' if found.path else ''}{found.code} {found.message}"


def _near(location: Location, target: str) -> str | None:
    """What `target` may be a slip of, in its terms."""
    folder, name = posixpath.split(target.rstrip("/"))
    versions = ""
    if not is_path(target):
        with suppress(NotInstalled):
            name, versions = split(target)
    near = closest(name, location.near(target))
    return posixpath.join(folder, near + versions) if near else None


def locate(location: Location, place: str, target: str) -> tuple[Location, str] | None:
    """Where the parent `target` of the cartridge at `location` is, and its place; None if missing.

    A path is relative to the cartridge; what may be a name is first a path, then a cartridge that
    is installed. place: that of the cartridge. Raises NotInstalled, and PackageError for a package
    that is not whole.
    """
    found = location.beside(target)
    if found is not None:
        return found, place_beside(place, target)
    if is_path(target):
        return None
    found, name = location.named(target)
    return found, f"{NAMED}/{name}"


def place_beside(place: str, target: str) -> str:
    """The place of what is at the path `target` as seen from `place`.

    What a named parent extends by a path is a parent of that name's kind: it lies below `@` too.
    """
    if place.startswith(f"{NAMED}/"):
        inner = posixpath.normpath(posixpath.join(place.removeprefix(NAMED), target))
        return NAMED + inner
    return posixpath.normpath(posixpath.join(place, target))
