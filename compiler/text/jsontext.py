"""JSON text to values with spans. The values come from `json`; spans from a scan when asked for."""

from __future__ import annotations

import json
import re
from json.decoder import scanstring  # type: ignore[attr-defined]  # public, but not in typeshed
from typing import Any, Final, cast

from looplet.compiler.diagnostics import Diagnostic, Edit, Fix, Span
from looplet.compiler.rules import ct1_syntax as ct1
from looplet.compiler.syntax import MAX_DEPTH, Document, Node, Step
from looplet.compiler.text.lines import Lines

_SPACE: Final = re.compile(r"[ \t\r\n]*")
_ATOM: Final = re.compile(
    r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?|true|false|null|-?Infinity|NaN"
)
_BRACKET: Final = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{}]')
MAX_DIGITS: Final = 4000


class _Repeated(Exception):
    """A mapping has a key twice."""


class _NotFinite(Exception):
    """NaN or Infinity, which Python's reader takes and JSON does not have."""


class _TooLong(Exception):
    """A number beyond MAX_DIGITS."""


def parse_json(path: str, text: str) -> tuple[Document | None, list[Diagnostic]]:
    """The document in `text`, and what is wrong with it; None when it cannot be read on."""
    if not text.strip():
        return None, [
            ct1.json_syntax.at(path, Span.at(1, 1, 0), why="the file is empty; write a value")
        ]
    try:
        value = _READER.decode(text)
    except json.JSONDecodeError as error:
        return None, [_syntax(path, text, error)]
    except RecursionError:
        return None, [_too_deep(path, text)]
    except (_Repeated, _NotFinite, _TooLong):
        return _with_scan(path, text)
    if "\\u" in text or text.count("[") + text.count("{") > MAX_DEPTH:
        return _with_scan(path, text)
    return Document(path, text, value, "json", lambda: _Scan(path, text).node()), []


def _with_scan(path: str, text: str) -> tuple[Document | None, list[Diagnostic]]:
    """The slow way, for texts that have something wrong, or might."""
    scan = _Scan(path, text)
    try:
        node = scan.node()
        value = json.loads(text, parse_constant=lambda _: 0.0, parse_int=_lenient)
    except (RecursionError, _TooDeep):
        return None, [_too_deep(path, text)]
    return Document(path, text, value, "json", lambda: node), scan.findings


def _too_deep(path: str, text: str) -> Diagnostic:
    depth = at = 0
    for found in _BRACKET.finditer(text):
        depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(found.group(), 0)
        if depth > MAX_DEPTH:
            at = found.start()
            break
    return ct1.too_deep.at(path, Span(*_points(text, at)), limit=MAX_DEPTH)


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        raise _Repeated
    return made


def _constant(_: str) -> Any:
    raise _NotFinite


def _integer(digits: str) -> int:
    if len(digits) > MAX_DIGITS:
        raise _TooLong
    return int(digits)


def _real(digits: str) -> float:
    value = float(digits)
    if value in (float("inf"), float("-inf")):
        raise _NotFinite
    return value


def _lenient(digits: str) -> int:
    return int(digits) if len(digits) <= MAX_DIGITS else 0


_READER: Final = json.JSONDecoder(
    object_pairs_hook=_pairs, parse_constant=_constant, parse_int=_integer, parse_float=_real
)

_HINTS: Final = (
    ("Expecting property name enclosed in double quotes", "a key in double quotes must stand here"),
    ("Illegal trailing comma", "a comma before the end, which JSON does not allow; remove it"),
    ("Expecting value", "a value must stand here"),
    ("Expecting ',' delimiter", "a comma, or the closing bracket, must stand here"),
    ("Expecting ':' delimiter", "a colon must stand here"),
    ("Extra data", "the value has ended; nothing may follow"),
    ("Unterminated string", "this text has no closing quote"),
    (
        "Invalid control character",
        "a line break or control character in a text; write it as an escape",
    ),
    ("Invalid \\escape", "no such escape; write `\\\\` for a backslash"),
    ("Invalid \\uXXXX escape", "an escape `\\u` has four hexadecimal digits"),
)


def _syntax(path: str, text: str, error: json.JSONDecodeError) -> Diagnostic:
    why = next((hint for start, hint in _HINTS if error.msg.startswith(start)), error.msg)
    rest = text[error.pos : error.pos + 2]
    before = text[: error.pos].rstrip()
    if rest in ("//", "/*") or rest[:1] == "#":
        why = "JSON has no comments; remove it, or keep the note under an `x-` key"
    elif rest[:1] == "'":
        why = "JSON quotes texts with double quotes only"
    elif before.endswith(",") and rest[:1] in ("}", "]"):
        comma = Span(*_points(text, len(before) - 1))
        fix = Fix("remove the comma", True, (Edit(path, comma, ""),))
        why = "a comma before the end, which JSON does not allow; remove it"
        return ct1.json_syntax.at(path, comma, fixes=(fix,), why=why)
    elif error.pos >= len(text.rstrip()) and not why.startswith("this text"):
        why = "the text ends too early; a closing bracket is missing"
        return ct1.json_syntax.at(path, Span(*_points(text, len(text.rstrip()) - 1)), why=why)
    return ct1.json_syntax.at(path, Span(*_points(text, error.pos)), why=why)


def _points(text: str, offset: int) -> tuple[Any, Any]:
    lines = Lines(text)
    start = lines.position(min(offset, len(text)))
    wide = text[offset : offset + 1] not in ("", "\r", "\n")
    return start, type(start)(start.line, start.column + wide)


class _TooDeep(Exception):
    pass


class _Scan:
    """One walk over a text that `json` accepts (but for constants and repeated keys)."""

    def __init__(self, path: str, text: str) -> None:
        self.path, self.text = path, text
        self.findings: list[Diagnostic] = []
        self._lines: Lines | None = None

    def node(self) -> Node:
        return self.value(self.skip(0), 0)

    def skip(self, at: int) -> int:
        return cast("re.Match[str]", _SPACE.match(self.text, at)).end()

    def span(self, start: int, end: int) -> Span:
        self._lines = lines = self._lines or Lines(self.text)
        return Span(lines.position(start), lines.position(end))

    def value(self, at: int, depth: int) -> Node:
        if depth > MAX_DEPTH:
            raise _TooDeep
        char = self.text[at]
        if char == "{":
            return self.map(at, depth)
        if char == "[":
            return self.list(at, depth)
        if char == '"':
            _, end = self.string(at)
            return Node("scalar", at, end, style='"')
        end = cast("re.Match[str]", _ATOM.match(self.text, at)).end()
        word = self.text[at:end]
        if word[-1] in "yN" or ("e" in word.lower() and word[0] in "-0123456789" and _huge(word)):
            self.findings.append(ct1.not_finite.at(self.path, self.span(at, end), word=word))
        elif len(word) > MAX_DIGITS:
            self.findings.append(
                ct1.number_too_long.at(self.path, self.span(at, end), digits=len(word))
            )
        return Node("scalar", at, end)

    def string(self, at: int) -> tuple[str, int]:
        word, end = scanstring(self.text, at + 1)
        if not word.isascii():
            try:
                word.encode()
            except UnicodeEncodeError:
                half = _half(self.text, at, end)
                self.findings.append(ct1.lone_surrogate.at(self.path, self.span(*half)))
        return word, end

    def map(self, at: int, depth: int) -> Node:
        members: list[tuple[Step, Node | None, Node]] = []
        seen: dict[str, int] = {}
        place = self.skip(at + 1)
        while self.text[place] != "}":
            key, end = self.string(place)
            key_node = Node("scalar", place, end, style='"')
            node = self.value(self.skip(self.skip(end) + 1), depth + 1)
            members.append((key, key_node, node))
            if key in seen:
                span = self.span(place, end)
                line = self.span(seen[key], seen[key]).start.line
                self.findings.append(ct1.duplicate_key.at(self.path, span, key=key, line=line))
            seen.setdefault(key, place)
            place = self.skip(node.end)
            if self.text[place] == ",":
                place = self.skip(place + 1)
        return Node("map", at, place + 1, members)

    def list(self, at: int, depth: int) -> Node:
        members: list[tuple[Step, Node | None, Node]] = []
        place = self.skip(at + 1)
        while self.text[place] != "]":
            node = self.value(place, depth + 1)
            members.append((len(members), None, node))
            place = self.skip(node.end)
            if self.text[place] == ",":
                place = self.skip(place + 1)
        return Node("list", at, place + 1, members)


_ESCAPE: Final = re.compile(r"\\(?:u([0-9a-fA-F]{4})|.)")


def _half(text: str, start: int, end: int) -> tuple[int, int]:
    """Where the first escape for half a character stands, in the quoted text from start to end."""
    high: re.Match[str] | None = None
    for found in _ESCAPE.finditer(text, start + 1, end - 1):
        code = int(found[1] or "0", 16)
        if 0xDC00 <= code <= 0xDFFF:
            if high is None or high.end() != found.start():
                return (high or found).span()
            high = None
        elif high is not None:
            return high.span()
        elif 0xD800 <= code <= 0xDBFF:
            high = found
    return (start, end) if high is None else high.span()


def _huge(word: str) -> bool:
    return float(word) in (float("inf"), float("-inf"))
