"""Changing values in a text by splicing: what is not the value stays as the author wrote it.

`rewrite` is the way in. Every splice is parsed again and compared with what was wanted; a splice
that says anything else is not used, and when none is left the edit is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from looplet.compiler.syntax import Document, Node, Path, Step, parse
from looplet.compiler.text import spell
from looplet.compiler.text.lines import BOM
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


class Change:
    """One step from the old value to the new: `set`, `insert` or `delete` at `path`."""

    __slots__ = ("kind", "path", "value")

    def __init__(self, kind: str, path: tuple[Step, ...], value: Any = None) -> None:
        self.kind, self.path, self.value = kind, path, value

    def applied_to(self, value: Any) -> Any:
        """`value` after this change."""
        if not self.path:
            return self.value
        made = thaw(value)
        parent = made
        for step in self.path[:-1]:
            parent = parent[step]
        last = self.path[-1]
        if self.kind == "delete":
            del parent[last]
        elif isinstance(parent, list) and isinstance(last, int) and self.kind == "insert":
            parent.insert(last, self.value)
        else:
            parent[last] = self.value
        return made


def changes(old: Any, new: Any, path: tuple[Step, ...] = ()) -> Iterator[Change]:
    """The steps from `old` to `new`, few and deep; each holds after those before it."""
    if isinstance(old, dict) and isinstance(new, dict) and (new or not old):
        for key in [key for key in old if key not in new]:
            yield Change("delete", (*path, key))
        for key, item in new.items():
            if key in old:
                yield from changes(old[key], item, (*path, key))
            else:
                yield Change("insert", (*path, key), item)
    elif isinstance(old, list) and isinstance(new, list) and old and new:
        yield from _list_changes(old, new, path)
    elif canonical_json(old) != canonical_json(new):
        yield Change("set", path, new)


def _list_changes(old: list[Any], new: list[Any], path: tuple[Step, ...]) -> Iterator[Change]:
    was, now = [canonical_json(item) for item in old], [canonical_json(item) for item in new]
    head = 0
    while head < min(len(was), len(now)) and was[head] == now[head]:
        head += 1
    tail = 0
    while tail < min(len(was), len(now)) - head and was[-1 - tail] == now[-1 - tail]:
        tail += 1
    shared = min(len(was), len(now)) - head - tail
    for index in range(head, head + shared):
        yield from changes(old[index], new[index], (*path, index))
    at = head + shared
    for _ in range(len(was) - tail - at):
        yield Change("delete", (*path, at))
    for index in range(at, len(now) - tail):
        yield Change("insert", (*path, index), new[index])


# ── splices ───────────────────────────────────────────────────────────────────────────────────────


def _apply(document: Document, change: Change) -> Document:
    wanted = canonical_json(change.applied_to(document.value))
    change = _above_alias(document, change)
    for text in _splices(document, change):
        made, findings = parse(document.path, text.encode())
        if made is None or any(finding.severity == "error" for finding in findings):
            continue
        if canonical_json(made.value) == wanted:
            made.bom = document.bom
            return made
    where = ".".join(map(str, change.path)) or "the whole value"
    raise EditRefused(f"{document.path}: cannot {change.kind} {where} without rewriting more of it")


def _above_alias(document: Document, change: Change) -> Change:
    """A value that an alias stands for is changed where the alias is, not where its anchor is."""
    for depth in range(len(change.path)):
        _, node, found = document.locate(change.path[:depth])
        if found == depth and node.alias:
            value = document.value
            for step in change.path[:depth]:
                value = value[step]
            inner = Change(change.kind, change.path[depth:], change.value)
            return Change("set", change.path[:depth], inner.applied_to(value))
    return change


def _splices(document: Document, change: Change) -> Iterator[str]:
    """Texts in which the change may have been made, the most faithful first."""
    if change.kind == "set" or not change.path:
        yield from _set(document, change.path, change.value)
        return
    _, parent, found = document.locate(change.path[:-1])
    if found < len(change.path) - 1 or parent.kind == "scalar":
        return
    if change.kind == "insert":
        yield from _insert(document, parent, change.path[-1], change.value)
    else:
        yield from _delete(document, change.path, parent)


def _set(document: Document, path: Path, value: Any) -> Iterator[str]:
    key, node, found = document.locate(path)
    if found < len(path):
        return
    text = document.text
    start, end = node.start, node.end
    if properties := re.compile(r"(?:&\S+\s+)+").match(text, start, end):
        start = properties.end()  # an anchor stays
    full = isinstance(value, (dict, list)) and bool(value)
    if not path and document.value is None and document.language == "yaml":
        glue = "" if not text or text.endswith("\n") else "\n"
        yield text + glue + "\n".join(spell.block(value)) + "\n"
        return
    if node.kind != "scalar" and not node.flow:
        if full:
            column = _column(text, start)
            lines = spell.block(value, column)
            yield text[:start] + _joined(document, lines)[column:] + text[end:]
        elif key is not None and "\n" in text[key.end : start]:
            colon = text.index(":", key.end) + 1
            line = text.rfind("\n", 0, start) + 1
            after = text.find("\n", end)
            rest = text[after + 1 :] if after >= 0 else ""
            yield text[:colon] + " " + spell.flow(value) + text[colon:line] + rest
        else:
            yield text[:start] + spell.flow(value) + text[end:]
        return
    gap = " " if start == end and start and not text[start - 1].isspace() else ""
    if node.style in ("|", ">") and isinstance(value, str):
        inner = re.compile(r"[^\n]*\n(?:[ ]*\r?\n)*([ ]*)").match(text, start)
        indent = len(inner.group(1)) if inner else 2
        if literal := spell.literal_block(value, indent):
            yield text[:start] + _joined(document, literal) + text[end:]
    style = node.style if node.style in ("'", '"') else ""
    spelt = spell.flow(value, document.language) if full else ""
    spelt = spelt or (
        spell.scalar(value, document.language, style)
        if not isinstance(value, (dict, list))
        else spell.flow(value, document.language)
    )
    yield text[:start] + gap + spelt + text[end:]
    if isinstance(value, str):
        yield text[:start] + gap + spell.double_quoted(value) + text[end:]


def _insert(document: Document, parent: Node, step: Step, value: Any) -> Iterator[str]:
    text, language = document.text, document.language
    if parent.flow and text[parent.start : parent.start + 1] in ("{", "["):
        spelt = spell.flow(value, language)
        if isinstance(step, str):
            spelt = f"{spell.scalar(step, language)}: {spelt}"
        yield from _insert_flow(text, parent, step, spelt)
        return
    if not parent.members:  # an empty file
        yield from _set(document, (), {step: value})
        return
    column = _column(text, parent.start)
    if isinstance(step, str):
        lines = spell.member(f"{' ' * column}{spell.scalar(step)}:", value, column)
        at = _line_end(text, parent.end)
    else:
        lines = spell.block([value], column)
        before = parent.members[step - 1][2] if step else None
        if before is None:
            at = text.rfind("\n", 0, parent.start) + 1
            yield text[:at] + _joined(document, lines) + _newline(document) + text[at:]
            return
        at = _line_end(text, before.end)
    yield text[:at] + _newline(document) + _joined(document, lines) + text[at:]


def _insert_flow(text: str, parent: Node, step: Step, spelt: str) -> Iterator[str]:
    if not parent.members:
        yield text[: parent.start + 1] + spelt + text[parent.end - 1 :]
        return
    index = step if isinstance(step, int) else len(parent.members)
    _, key, first = parent.members[max(index - 1, 0)]
    start = (key or first).start
    line = text.rfind("\n", 0, start) + 1
    # A member on a line of its own gets a neighbour on a line of its own.
    apart = text[line - 1 : start] if line and not text[line:start].strip() else " "
    if apart != " " and text[max(line - 2, 0) : line] == "\r\n":
        apart = "\r" + apart
    if index == 0:
        yield text[:start] + spelt + "," + apart + text[start:]
    else:
        yield text[: first.end] + "," + apart + spelt + text[first.end :]


def _delete(document: Document, path: Path, parent: Node) -> Iterator[str]:
    text = document.text
    found = parent.member(path[-1])
    if found is None:
        return
    if len(parent.members) == 1:
        yield from _set(document, path[:-1], {} if parent.kind == "map" else [])
        return
    key, node = found
    start, end = (key or node).start, node.end
    index = next(i for i, (step, _, _) in enumerate(parent.members) if step == path[-1])
    if parent.flow:
        if index:
            start = parent.members[index - 1][2].end
        else:
            _, next_key, next_node = parent.members[1]
            end = (next_key or next_node).start
        yield text[:start] + text[end:]
        return
    line = text.rfind("\n", 0, start) + 1
    after = _line_end(text, max(end, start))
    if text[line:start].strip(" -") or (key is not None and "-" in text[line:start]):
        # The first key of a list's item: its dash stays, the next key moves up to it.
        _, next_key, next_node = parent.members[1]
        yield text[:start] + text[(next_key or next_node).start :]
    elif after < len(text):
        yield text[:line] + text[after:].removeprefix("\r").removeprefix("\n")
    else:
        yield text[:line].removesuffix("\n").removesuffix("\r")


def _column(text: str, offset: int) -> int:
    return offset - (text.rfind("\n", 0, offset) + 1)


def _line_end(text: str, offset: int) -> int:
    """Where the line of `offset` ends, before its line break."""
    end = text.find("\n", offset)
    if end < 0:
        return len(text)
    return end - 1 if text[end - 1 : end] == "\r" and end - 1 >= offset else end


def _newline(document: Document) -> str:
    return "\r\n" if "\r\n" in document.text else "\n"


def _joined(document: Document, lines: list[str]) -> str:
    """Lines of a block, with the line breaks that the document has."""
    return _newline(document).join(lines)
