"""The second pass: a text becomes plain values that know their place.

A `Document` holds the values, and finds the span of each key and value when it is asked for one;
most never are. YAML is read by `yamltext`, JSON by `jsontext`. Nothing here knows what a cartridge
is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, Literal

from looplet.compiler.diagnostics import Diagnostic, Position, Span
from looplet.compiler.rules import ct1_syntax as ct1
from looplet.compiler.text.lines import BOM, Lines

MAX_TEXT: Final = 4 * 1024 * 1024
MAX_DEPTH: Final = 100

Step = str | int
Path = Sequence[Step]


class Node:
    """Where one value stands: offsets into the text, `end` behind its last character.

    `members` of a map are (key, key's node, value's node); of a list (index, None, value's node).
    `flow` tells `{…}` and `[…]` from a block. `alias`: the value stands elsewhere.
    """

    __slots__ = ("alias", "end", "flow", "kind", "members", "start", "style")

    def __init__(
        self,
        kind: Literal["map", "list", "scalar"],
        start: int,
        end: int,
        members: Sequence[tuple[Step, Node | None, Node]] = (),
        flow: bool = True,
        style: str = "",
        alias: bool = False,
    ) -> None:
        self.kind, self.start, self.end = kind, start, end
        self.members, self.flow, self.style, self.alias = members, flow, style, alias

    def member(self, step: Step) -> tuple[Node | None, Node] | None:
        """The nodes of the key and of the value of one member, or None."""
        for key, key_node, node in self.members:
            if key == step and type(key) is type(step):
                return key_node, node
        return None


class Document:
    """The values of one text file.

    path: posix path in the cartridge. text: without its byte order mark, if it had one.
    value: dict, list, str, int, float, bool or None. language: "yaml" or "json".
    """

    __slots__ = ("_lines", "_node", "_outline", "bom", "language", "path", "text", "value")

    def __init__(
        self,
        path: str,
        text: str,
        value: Any,
        language: Literal["yaml", "json"],
        outline: Callable[[], Node],
        bom: bool = False,
    ) -> None:
        self.path, self.text, self.value = path, text, value
        self.language, self.bom = language, bom
        self._outline = outline
        self._node: Node | None = None
        self._lines: Lines | None = None

    @property
    def node(self) -> Node:
        """The root of the outline of the text."""
        if self._node is None:
            self._node = self._outline()
        return self._node

    @property
    def lines(self) -> Lines:
        if self._lines is None:
            self._lines = Lines(self.text)
        return self._lines

    def locate(self, path: Path) -> tuple[Node | None, Node, int]:
        """The nodes of the key and the value at `path`, and how many steps of it were found."""
        key: Node | None = None
        node = self.node
        for depth, step in enumerate(path):
            found = node.member(step)
            if found is None:
                return key, node, depth
            key, node = found
        return key, node, len(path)

    def span(self, path: Path = (), key: bool = False) -> Span:
        """The place of the value at `path`, or of its key.

        For a path that is not there, the place of the innermost value that is; for a collection
        asked for as a whole, its first line only, so that a caret can stand under it.
        """
        key_node, node, found = self.locate(path)
        if found < len(path) or (key and key_node is not None):
            node = key_node or node
        elif node.start == node.end and key_node is not None:
            node = key_node  # a key without a value
        start, end = node.start, node.end
        if node.kind != "scalar":
            line_end = self.text.find("\n", start, end)
            end = end if line_end < 0 else line_end
            end = start + len(self.text[start:end].rstrip())
        return self.span_of(start, end)

    def where(self, path: Path, key: bool = False) -> Span | None:
        """Like `span`, but None for a path that is not written in the text."""
        return self.span(path, key) if self.locate(path)[2] == len(path) else None

    def span_of(self, start: int, end: int) -> Span:
        """The span of two offsets into the text."""
        return Span(self.lines.position(start), self.lines.position(max(start, end)))

    def position(self, offset: int) -> Position:
        return self.lines.position(offset)


def parse(path: str, data: bytes) -> tuple[Document | None, list[Diagnostic]]:
    """The document in `data`, and what is wrong with it; None when it cannot be read on.

    The ending of `path` decides: `.json` is JSON, all else YAML.
    """
    if len(data) > MAX_TEXT:
        return None, [ct1.text_too_large.at(path, size=len(data), limit=MAX_TEXT)]
    text, findings = decode(path, data)
    if text is None:
        return None, findings
    bom = text.startswith(BOM)
    if bom:
        text = text[1:]
    if path.endswith(".json"):
        from looplet.compiler.text.jsontext import parse_json as read
    else:
        from looplet.compiler.text.yamltext import parse_yaml as read
    document, findings = read(path, text)
    if document is not None:
        document.bom = bom
    return document, findings


def unparsed(path: str, data: bytes, value: Any) -> Document:
    """The document in `data`, known to be clean and to say `value`; parsed for its places only."""
    text = data.decode()
    bom = text.startswith(BOM)

    def outline() -> Node:
        document, _ = parse(path, data)
        assert document is not None, "a clean file is a document"
        return document.node

    language: Literal["yaml", "json"] = "json" if path.endswith(".json") else "yaml"
    return Document(path, text[1:] if bom else text, value, language, outline, bom)


def decode(path: str, data: bytes) -> tuple[str | None, list[Diagnostic]]:
    """The text in `data`, or the finding that it is not UTF-8."""
    try:
        return data.decode(), []
    except UnicodeDecodeError as error:
        before = data[: error.start].decode().removeprefix(BOM)
        place = Lines(before).position(len(before))
        span = Span(place, Position(place.line, place.column + 1))
        return None, [ct1.not_utf8.at(path, span, byte=data[error.start])]
