"""The passes in their order: a path goes in, a report and, if nothing is wrong, a preset come out.

source → syntax → schema → analysis → lower
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from looplet.compiler import layout
from looplet.compiler.cache import Cache, tree_digest
from looplet.compiler.cartridge import Cartridge
from looplet.compiler.diagnostics import Diagnostic, apart, order
from looplet.compiler.inheritance import open_parent
from looplet.compiler.kept import keep, kept
from looplet.compiler.locations import Folder, Location
from looplet.compiler.portable import ignored
from looplet.compiler.report import CartridgeError, Checked, Report
from looplet.compiler.rules import ct0_files as ct0
from looplet.compiler.rules import ct1_syntax as ct1
from looplet.compiler.rules import ct7_loading as ct7
from looplet.compiler.source import Tree, tree_name
from looplet.compiler.syntax import Document
from looplet.installed import NotInstalled
from looplet.places import NoPlace, place_at, place_of
from looplet.preset import AgentPreset

_MAY_BE_EMPTY: Final = ("config", "runtime", "hook")


def folder_to_preset(
    path: str, *, strict: bool, runtime: Mapping[str, Any] | None, cache: bool
) -> AgentPreset:
    """The preset of the folder at `path`, as `cartridge_to_preset` describes it.

    Raises CartridgeError, whose `report` has every finding, when there are errors.
    """
    report = Report((check_folder(path, cache=cache),))
    preset = report.cartridges[0].preset
    if preset is None:
        raise CartridgeError(report)
    if strict and runtime is not None:
        _undeclared(report, runtime)
    return preset if runtime is None else replace(preset, runtime=dict(runtime))


def _undeclared(report: Report, runtime: Mapping[str, Any]) -> None:
    """A reference that nothing declares is an error where the caller does not give it either."""
    missing = [
        replace(found, severity="error", message=f"{found.message}; the caller does not give it")
        for found in report.diagnostics
        if found.code == "CT304" and not any(f"`{name}`" in found.message for name in runtime)
    ]
    if missing:
        checked = replace(report.cartridges[0], diagnostics=tuple(missing), preset=None)
        raise CartridgeError(Report((checked,)))


def check(path: str | os.PathLike[str], *, cache: bool = True) -> Report:
    """Check one cartridge: a folder, a package, or an installed one by its name.

    Never raises for what is there, or for its absence.
    """
    return Report((_check(os.fspath(path), cache),))


def check_all(paths: Iterable[str | os.PathLike[str]], *, cache: bool = True) -> Report:
    """Check cartridges and folders of cartridges, searched at every depth."""
    checked: list[Checked] = []
    for path in [os.fspath(given) for given in paths]:
        searched = os.path.isdir(path) and not is_cartridge(path) and not place_at(path).packed
        roots = sorted(_search(path)) if searched else [path]
        if not roots:
            checked.append(_only(path, ct0.none_found.at("")))
        checked += [_check(root, cache) for root in roots]
    return Report(tuple(checked))


def _check(named: str, cache: bool) -> Checked:
    """Check what is at a path, or is called so."""
    try:
        place = place_of(named)
    except NoPlace:
        return check_folder(named, cache=cache)
    except NotInstalled as error:
        return _only(named, ct7.unusable.at("", why=str(error)))
    if not place.packed:
        return check_folder(place.path, cache=cache)
    from looplet.compiler.checked_package import check_package

    return check_package(place, cache=cache)


def is_cartridge(path: str) -> bool:
    """Whether a folder means to be a cartridge."""
    return os.path.abspath(path).endswith(".cartridge") or any(
        os.path.isfile(os.path.join(path, name)) for name in (layout.CONFIG, layout.MANIFEST)
    )


def _search(folder: str) -> Iterator[str]:
    """The cartridges below a folder; links are not followed, nested ones belong to their outer."""
    try:
        entries = [entry for entry in os.scandir(folder) if entry.is_dir(follow_symlinks=False)]
    except OSError:
        return
    for entry in entries:
        if ignored(entry.name):
            continue
        if is_cartridge(entry.path):
            yield entry.path
        else:
            yield from _search(entry.path)


def _only(root: str, finding: Diagnostic) -> Checked:
    return Checked(root, tree_name(root), (replace(finding, cartridge=root),), {})


def check_folder(root: str, *, cache: bool = True) -> Checked:
    """Check the cartridge in the folder `root`."""
    return check_location(root, Folder(root), cache=cache)


def check_location(root: str, location: Location, *, cache: bool = True) -> Checked:
    """Check the cartridge at `location`. root: how it was asked for."""
    tree, findings = location.read()
    if not tree.files or any(finding.path == "" for finding in findings):
        found = findings or [ct0.none_found.at("")]
        return _checked(root, tree, found, None, None)
    store = Cache(root, cache)
    digest = "" if findings else tree_digest(tree)
    if digest and (known := store.result(digest)) and (one := kept(root, location, tree, known)):
        return one
    checked, cartridge = _passes(root, location, tree, store, findings)
    store.save_files()
    if digest and _settled(checked, cartridge):
        store.save_result(digest, keep(checked, cartridge))
    return checked


def _settled(checked: Checked, cartridge: Cartridge) -> bool:
    """Whether a result depends on nothing but what was read: a parent that is missing may come."""
    awaited = cartridge.chain()[-1].value(layout.CONFIG).get("extends")
    return not awaited and all(found.code[:3] != "CT0" for found in checked.diagnostics)


def check_tree(root: str, tree: Tree, store: Cache) -> Checked:
    """Check a tree as if it were what the folder `root` holds."""
    return _passes(root, Folder(root), tree, store, [])[0]


def _passes(
    root: str, location: Location, tree: Tree, store: Cache, findings: list[Diagnostic]
) -> tuple[Checked, Cartridge]:
    """The passes behind `source`, in order; `findings` are those of reading the tree."""
    from looplet.compiler.analysis import analyse
    from looplet.compiler.lower import lower
    from looplet.compiler.resolve import resolve

    cartridge, found = open_cartridge(tree, location, store)
    resolved = resolve(cartridge)
    gone = [finding for finding in findings if finding.path in tree.lost]
    findings = [*findings, *found, *apart(analyse(resolved), [*gone, *found])]
    broken = any(finding.severity == "error" for finding in findings)
    preset = None if broken else lower(resolved)
    return _checked(root, tree, findings, preset, cartridge), cartridge


def open_cartridge(
    tree: Tree, location: Location, store: Cache, place: str = "", trail: tuple[Location, ...] = ()
) -> tuple[Cartridge, list[Diagnostic]]:
    """A cartridge's documents, parsed and held against their schemas, and those of its parents."""
    cartridge = Cartridge(tree, store, place, location.root)
    found = cartridge.read_documents(check_declared)
    trail = (*trail, location)
    parent, inherited = open_parent(cartridge, location, store, trail, open_cartridge)
    cartridge.parent = parent
    return cartridge, [*map(cartridge.located, found), *inherited]


def check_declared(kind: layout.Kind, document: Document) -> list[Diagnostic]:
    """The schema pass over one file: against the schema of its kind, and the schemas it holds."""
    from looplet.compiler.author_schemas import check_schemas_in
    from looplet.compiler.schema import check_document

    if document.value is None and kind in _MAY_BE_EMPTY and document.language == "yaml":
        return [ct1.empty.at(document.path)]
    return [*check_document(kind, document), *check_schemas_in(kind, document)]


def _checked(
    root: str,
    tree: Tree,
    findings: Iterable[Diagnostic],
    preset: AgentPreset | None,
    cartridge: Cartridge | None,
) -> Checked:
    named = [replace(finding, cartridge=root) for finding in set(findings)]
    found = tuple(sorted(named, key=order))
    chain = cartridge.chain() if cartridge else []
    sources = sources_of(found, [(layer.place, layer.tree) for layer in chain] or [("", tree)])
    name = preset.name if preset else tree.name
    return Checked(root, name, found, sources, preset)


def sources_of(
    findings: Iterable[Diagnostic], layers: Iterable[tuple[str, Tree]]
) -> dict[str, bytes]:
    """The bytes of the files that findings name, and of those that their fixes edit."""
    wanted = {finding.path for finding in findings}
    wanted |= {edit.path for found in findings for fix in found.fixes for edit in fix.edits}
    sources: dict[str, bytes] = {}
    for place, tree in layers:
        prefix = place + "/" if place else ""
        for path in wanted:
            local = path.removeprefix(prefix)
            if path.startswith(prefix) and local in tree.files and path not in sources:
                sources[path] = tree.files[local].data
    return sources
