"""The ways to write one change into a text, the tidiest first. None is known to be right:
`edit` reads each again, and takes the first that says what it should and loses no comment.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final, Literal

from looplet.compiler.syntax import Document, Node, Path, Step
from looplet.compiler.text import spell

_PROPERTIES: Final = re.compile(r"(?:&\S+\s+)+")
_HEADER: Final = re.compile(r"[|>][-+0-9]*([ \t]+#[^\r\n]*)?[^\n]*\n(?:[ ]*\r?\n)*([ ]*)")
_BLANK_LINES: Final = re.compile(r"(?:\r?\n[ \t]*(?=\r?\n|\Z))*")
_END_OF_MEMBER: Final = re.compile(r"([ \t]*)(,?)([ \t]*#[^\r\n]*)")
_COMMENT: Final = re.compile(r"#[^\n]*")


class Change:
    """One step from the old value to the new: `set`, `insert` or `delete` at `path`."""

    __slots__ = ("kind", "path", "value")

    def __init__(
        self, kind: Literal["set", "insert", "delete"], path: tuple[Step, ...], value: Any = None
    ) -> None:
        self.kind, self.path, self.value = kind, path, value


def splices(document: Document, change: Change) -> Iterator[str]:
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


def owned(document: Document, change: Change) -> tuple[int, int]:
    """The stretch of the text whose comments go with what the change takes away."""
    text = document.text
    if change.kind == "insert":
        return 0, 0
    _, node, found = document.locate(change.path)
    if found < len(change.path):
        return 0, 0
    start, end = node.start, node.end
    flow = node.flow or node.kind == "scalar"
    if change.kind == "delete":
        _, parent, _ = document.locate(change.path[:-1])
        start, end = _extent(text, parent, _index(parent, change.path[-1]))
        flow = parent.flow
    return start, end if flow else _line_end(text, end)


# ── setting ───────────────────────────────────────────────────────────────────────────────────────


def _set(document: Document, path: Path, value: Any) -> Iterator[str]:
    key, node, found = document.locate(path)
    if found < len(path):
        return
    text = document.text
    start, end = node.start, node.end
    if properties := _PROPERTIES.match(text, start, end):
        start = properties.end()  # an anchor stays
    full = isinstance(value, (dict, list)) and bool(value)
    if not path and document.value is None and document.language == "yaml":
        glue = "" if not text or text.endswith("\n") else "\n"
        yield text + glue + "\n".join(spell.block(value)) + "\n"
        return
    if node.kind != "scalar" and not node.flow:
        if full:
            column = _column(text, start)
            yield text[:start] + _joined(document, spell.block(value, column))[column:] + text[end:]
            if not text[start - column : start].strip():
                # A list may stand as far left as its key; a mapping may not.
                deeper = spell.block(value, column + 2)
                yield text[: start - column] + _joined(document, deeper) + text[end:]
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
        header = _HEADER.match(text, start)
        comment, indent = (header.group(1) or "", header.group(2)) if header else ("", "  ")
        if lines := spell.literal_block(value, len(indent)):
            yield text[:start] + _joined(document, [lines[0] + comment, *lines[1:]]) + text[end:]
    style = node.style if node.style in ("'", '"') else ""
    if isinstance(value, (dict, list)):
        spelt = spell.flow(value, document.language)
    else:
        spelt = spell.scalar(value, document.language, style)
    yield text[:start] + gap + spelt + text[end:]
    if isinstance(value, str):
        yield text[:start] + gap + spell.double_quoted(value) + text[end:]


# ── inserting ─────────────────────────────────────────────────────────────────────────────────────


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
        if not step:
            at = text.rfind("\n", 0, parent.start) + 1
            yield text[:at] + _joined(document, lines) + _newline(document) + text[at:]
            return
        at = _line_end(text, parent.members[step - 1][2].end)
    written = _newline(document) + _joined(document, lines)
    yield text[:at] + written + text[at:]
    if at == len(text):
        yield text + written + _newline(document)  # a `|` text needs the end of its last line
    # Blank lines below a `|+` text belong to it.
    below = _below_blank_lines(text, at)
    yield text[:below] + written + text[below:]
    yield text[:below] + _joined(document, lines) + _newline(document) + text[below:]


def _insert_flow(text: str, parent: Node, step: Step, spelt: str) -> Iterator[str]:
    if not parent.members:
        yield text[: parent.start + 1] + spelt + text[parent.end - 1 :]
        yield text[: parent.end - 1] + spelt + text[parent.end - 1 :]
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
        return
    end = first.end
    if "\n" in apart and (rest := _END_OF_MEMBER.match(text, end)):
        # The comment beside the neighbour stays beside it.
        space, comma, comment = rest.groups()
        yield text[:end] + "," + space + comment + apart + spelt + comma + text[rest.end() :]
    yield text[:end] + "," + apart + spelt + text[end:]


# ── deleting ──────────────────────────────────────────────────────────────────────────────────────


def _delete(document: Document, path: Path, parent: Node) -> Iterator[str]:
    text = document.text
    if parent.member(path[-1]) is None:
        return
    index = _index(parent, path[-1])
    if len(parent.members) == 1:
        yield from _set(document, path[:-1], {} if parent.kind == "map" else [])
    if parent.flow:
        yield from _delete_flow(text, parent, index)
        return
    start, end = _extent(text, parent, index)
    line = text.rfind("\n", 0, start) + 1
    after = _line_end(text, end)
    if text[line:start].strip():
        # It shares its line with a dash: the next member moves up to that.
        if index + 1 < len(parent.members):
            yield text[:start] + text[_extent(text, parent, index + 1)[0] :]
        yield text[:start].rstrip(" ") + text[after:]
        return
    for stop in (after, _below_blank_lines(text, after)):
        if stop < len(text):
            yield text[:line] + text[stop:].removeprefix("\r").removeprefix("\n")
        else:
            yield text[:line].removesuffix("\n").removesuffix("\r")


def _delete_flow(text: str, parent: Node, index: int) -> Iterator[str]:
    start, end = _extent(text, parent, index)
    following = (
        _extent(text, parent, index + 1)[0] if index + 1 < len(parent.members) else parent.end - 1
    )
    if index:
        yield text[: parent.members[index - 1][2].end] + text[end:]
    elif len(parent.members) > 1:
        yield text[:start] + text[following:]
    # With comments around: it and one comma go, and nothing else.
    comma = _outside_comments(text, ",", end, following)
    if comma is not None:
        yield text[:start] + text[end:comma] + text[comma + 1 :]
    elif index:
        before = _outside_comments(text, ",", parent.members[index - 1][2].end, start)
        if before is not None:
            yield text[:before] + text[before + 1 : start] + text[end:]
    else:
        yield text[:start] + text[end:]


def _index(parent: Node, step: Step) -> int:
    return next(i for i, (each, _, _) in enumerate(parent.members) if each == step)


def _extent(text: str, parent: Node, index: int) -> tuple[int, int]:
    """The offsets of a whole member: with its key, and with the `?` or the dash before it."""
    _, key, node = parent.members[index]
    start = (key or node).start
    mark = "-" if key is None else "?"
    if key is not None or not parent.flow:
        behind = parent.members[index - 1][2].end if index else parent.start
        if index:
            behind = max(behind, (parent.members[index - 1][1] or parent.members[index - 1][2]).end)
        found = _outside_comments(text, mark, behind, start)
        start = start if found is None else found
    return start, max(start, node.end, key.end if key else 0)


def _outside_comments(text: str, mark: str, start: int, end: int) -> int | None:
    """Where `mark` stands first between two offsets that hold no value."""
    at = start
    while at < end:
        if text[at] == mark:
            return at
        comment = _COMMENT.match(text, at, end)
        at = comment.end() if comment else at + 1
    return None


# ── lines ─────────────────────────────────────────────────────────────────────────────────────────


def _column(text: str, offset: int) -> int:
    return offset - (text.rfind("\n", 0, offset) + 1)


def _line_end(text: str, offset: int) -> int:
    """Where the line of `offset` ends, before its line break."""
    end = text.find("\n", offset)
    if end < 0:
        return len(text)
    return end - 1 if text[end - 1 : end] == "\r" and end - 1 >= offset else end


def _below_blank_lines(text: str, line_end: int) -> int:
    """Where the last of the blank lines behind a line's end ends."""
    found = _BLANK_LINES.match(text, line_end)
    return found.end() if found else line_end


def _newline(document: Document) -> str:
    return "\r\n" if "\r\n" in document.text else "\n"


def _joined(document: Document, lines: list[str]) -> str:
    """Lines of a block, with the line breaks that the document has."""
    return _newline(document).join(lines)
