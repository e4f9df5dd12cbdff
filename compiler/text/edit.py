"""Changing values in a text by splicing: what is not the value stays as the author wrote it.

`rewrite` is the way in. Every splice is parsed again and compared with what was wanted; a splice
that says anything else, or loses a comment, is not used; when none is left the edit is refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from difflib import SequenceMatcher
from typing import Any

from looplet.compiler.syntax import Document, Step, parse
from looplet.compiler.text.comments import loses_comments
from looplet.compiler.text.lines import BOM
from looplet.compiler.text.splices import Change, owned, splices
from looplet.frozen import thaw
from looplet.preset import canonical_json


class EditRefused(ValueError):
    """A value that cannot be spliced in without touching more than its own bytes."""


def rewrite(path: str, data: bytes, value: Any) -> bytes:
    """`data` changed so that it reads as `value`, and in nothing else.

    Raises EditRefused when the text cannot be read, or no splice gives exactly `value`.
    """
    document = _read(path, data)
    wanted = thaw(value)
    for change in changes(document.value, wanted):
        document = _apply(document, change)
    if canonical_json(document.value) != canonical_json(wanted):
        raise EditRefused(f"{path}: the edited text does not read as the value that was asked for")
    return ((BOM if document.bom else "") + document.text).encode()


def _read(path: str, data: bytes) -> Document:
    document, findings = parse(path, data)
    if document is None or any(finding.severity == "error" for finding in findings):
        raise EditRefused(f"{path} has mistakes of its own: {findings[0].message}")
    return document


# ── what changes ──────────────────────────────────────────────────────────────────────────────────


def changes(old: Any, new: Any, path: tuple[Step, ...] = ()) -> Iterator[Change]:
    """The steps from `old` to `new`, few and deep; each holds after those before it."""
    if isinstance(old, dict) and isinstance(new, dict) and (new or len(old) < 2):
        for key in [key for key in old if key not in new]:
            yield Change("delete", (*path, key))
        for key, item in new.items():
            if key in old:
                yield from changes(old[key], item, (*path, key))
            else:
                yield Change("insert", (*path, key), item)
    elif isinstance(old, list) and isinstance(new, list) and (new or len(old) < 2):
        yield from _list_changes(old, new, path)
    elif canonical_json(old) != canonical_json(new):
        yield Change("set", path, new)


def _list_changes(old: list[Any], new: list[Any], path: tuple[Step, ...]) -> Iterator[Change]:
    was, now = [canonical_json(item) for item in old], [canonical_json(item) for item in new]
    if len(was) == len(now):
        for index, item in enumerate(new):
            yield from changes(old[index], item, (*path, index))
        return
    moved = 0  # by how much the changes so far have moved what follows
    for tag, at, end, start, stop in SequenceMatcher(None, was, now, autojunk=False).get_opcodes():
        if tag == "equal":
            continue
        shared = min(end - at, stop - start)
        for index in range(shared):
            yield from changes(old[at + index], new[start + index], (*path, at + index + moved))
        for _ in range(at + shared, end):
            yield Change("delete", (*path, at + shared + moved))
        for index in range(start + shared, stop):
            yield Change("insert", (*path, at + moved + index - start), new[index])
        moved += (stop - start) - (end - at)


# ── making them ───────────────────────────────────────────────────────────────────────────────────


def _apply(document: Document, change: Change) -> Document:
    wanted = canonical_json(_after(change, document.value))
    change = _above_alias(document, change)
    theirs = owned(document, change)
    for text in splices(document, change):
        made, findings = parse(document.path, text.encode())
        if made is None or any(finding.severity == "error" for finding in findings):
            continue
        if canonical_json(made.value) != wanted:
            continue
        if made.language == "json" or not loses_comments(document.text, text, theirs):
            made.bom = document.bom
            return made
    where = ".".join(map(str, change.path)) or "the whole value"
    raise EditRefused(f"{document.path}: cannot {change.kind} {where} without rewriting more of it")


def _after(change: Change, value: Any) -> Any:
    """`value` with a change made in it."""
    if not change.path:
        return change.value
    made = thaw(value)
    parent = made
    for step in change.path[:-1]:
        parent = parent[step]
    last = change.path[-1]
    if change.kind == "delete":
        del parent[last]
    elif isinstance(parent, list) and isinstance(last, int) and change.kind == "insert":
        parent.insert(last, change.value)
    else:
        parent[last] = change.value
    return made


def _above_alias(document: Document, change: Change) -> Change:
    """A value that an alias stands for is changed where the alias is, not where its anchor is."""
    for depth in range(len(change.path)):
        _, node, found = document.locate(change.path[:depth])
        if found == depth and node.alias:
            value = document.value
            for step in change.path[:depth]:
                value = value[step]
            inner = Change(change.kind, change.path[depth:], change.value)
            return Change("set", change.path[:depth], _after(inner, value))
    return change
