"""The result of a check as data for the cache, and back."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from looplet.compiler import layout
from looplet.compiler.cache import tree_digest
from looplet.compiler.cartridge import Cartridge
from looplet.compiler.diagnostics import Diagnostic, Edit, Fix, Span
from looplet.compiler.inheritance import locate
from looplet.compiler.locations import Location
from looplet.compiler.lower import roots_of
from looplet.compiler.report import Checked
from looplet.compiler.source import Tree
from looplet.preset import AgentPreset, Layer


def keep(checked: Checked, cartridge: Cartridge) -> dict[str, Any]:
    """`checked` as JSON data. Parents are named as their children name them, with their places and
    digests, to be looked for again."""
    chain = cartridge.chain()
    return {
        "parents": [
            [child.value(layout.CONFIG)["extends"], parent.place, tree_digest(parent.tree)]
            for child, parent in pairwise(chain)
        ],
        "name": checked.name,
        "diagnostics": [_diagnostic(found) for found in checked.diagnostics],
        "preset": checked.preset.values() if checked.preset else None,
    }


def kept(root: str, location: Location, tree: Tree, known: dict[str, Any]) -> Checked | None:
    """The result in `known` for the tree at `location`; None if a parent is not what it was."""
    from looplet.compiler.pipeline import sources_of

    try:
        layers = [("", tree, location.root)]
        for target, place, digest in known["parents"]:
            found_at = locate(location, layers[-1][0], target)
            if found_at is None or found_at[1] != place:
                return None
            location = found_at[0]
            parent, findings = location.read()
            if findings or tree_digest(parent) != digest:
                return None
            layers.append((place, parent, location.root))
        found = tuple(_found(each, root) for each in known["diagnostics"])
        sources = sources_of(found, [(place, each) for place, each, _ in layers]) if found else {}
        values = known["preset"]
        preset = _preset(values, layers) if values else None
        return Checked(root, known["name"], found, sources, preset)
    except (AttributeError, LookupError, StopIteration, TypeError, ValueError):
        return None  # an entry of another shape is a damaged one; so is a parent that is not whole


def _preset(values: dict[str, Any], layers: list[tuple[str, Tree, str]]) -> AgentPreset:
    files = {}
    for path in values["files"]:
        files[path] = next(tree.files[path] for _, tree, _ in layers if path in tree.files)
    kept_layers = [Layer(tree.name, tree.files, place) for place, tree, _ in layers]
    return AgentPreset.from_values(values, files, kept_layers, roots_of(r for _, _, r in layers))


def _diagnostic(found: Diagnostic) -> list[Any]:
    fixes = [
        [
            fix.title,
            fix.safe,
            [[edit.path, _bounds(edit.span), edit.text] for edit in fix.edits],
            fix.rename,
        ]
        for fix in found.fixes
    ]
    return [
        found.code,
        found.severity,
        found.message,
        found.path,
        _bounds(found.span),
        found.notes,
        fixes,
    ]


def _bounds(span: Span | None) -> list[int] | None:
    if span is None:
        return None
    return [span.start.line, span.start.column, span.end.line, span.end.column]


def _found(data: list[Any], root: str) -> Diagnostic:
    code, severity, message, path, bounds, notes, fixes = data
    return Diagnostic(
        code,
        severity,
        message,
        path,
        Span.of(*bounds) if bounds else None,
        tuple(notes),
        tuple(
            Fix(
                title,
                safe,
                tuple(Edit(path, Span.of(*span), text) for path, span, text in edits),
                tuple(rename) if rename else None,
            )
            for title, safe, edits, rename in fixes
        ),
        root,
    )
