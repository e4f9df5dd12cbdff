"""YAML text to values with spans: YAML 1.2, core schema, composed by libyaml.

Where libyaml would stop at a mistake that has an obvious reading (a bare `@name`), the text is read
on with a stand-in of the same length, so that one run finds the mistakes behind it too.
"""

from __future__ import annotations

import re
from typing import Any, Final

import yaml
from yaml.nodes import MappingNode, ScalarNode, SequenceNode

from looplet.compiler.diagnostics import Diagnostic, Edit, Fix, Span
from looplet.compiler.rules import ct1_syntax as ct1
from looplet.compiler.syntax import MAX_DEPTH, Document, Node, Step
from looplet.compiler.text.lines import Lines
from looplet.compiler.text.yaml_mistakes import STAND_IN, Parser, mend

_UNPRINTABLE: Final = re.compile(
    "[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
)
_INT: Final = re.compile(r"[-+]?[0-9]+\Z")
_FLOAT: Final = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?\Z")
_BASED: Final = re.compile(r"0o[0-7]+\Z|0x[0-9a-fA-F]+\Z")
_SPECIAL: Final = re.compile(r"[-+]?\.(?:inf|Inf|INF)\Z|\.(?:nan|NaN|NAN)\Z")
_CONSTANTS: Final[dict[str, Any]] = {
    **dict.fromkeys(("null", "Null", "NULL", "~", ""), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_CORE: Final = "tag:yaml.org,2002:"
_CORE_TAGS: Final = frozenset(
    _CORE + name for name in ("str", "int", "float", "bool", "null", "map", "seq")
)
_STOOD_FOR: Final = {ord(stand_in): char for char, stand_in in STAND_IN.items()}
MAX_DIGITS: Final = 4000
MAX_NODES: Final = 100_000
_ROUNDS: Final = 20_000_000
"""How many characters are composed again in all, to read on behind mistakes."""
_DEEP: Final = 1000
"""Texts that could nest deeper than this are counted first: libyaml's composer recurses in C."""


class _Composer(Parser):
    """Marks every value without an explicit tag as such, and resolves nothing."""

    def __init__(self, text: str) -> None:
        Parser.__init__(self, text)

    def resolve(self, kind: object, value: object, implicit: object) -> str:
        return "?"

    def descend_resolver(self, node: object, index: object) -> None:
        pass

    def ascend_resolver(self) -> None:
        pass


def parse_yaml(path: str, text: str) -> tuple[Document | None, list[Diagnostic]]:
    """The document in `text`, and what is wrong with it; None when it cannot be read on."""
    findings: list[Diagnostic] = []
    readable = text
    if _UNPRINTABLE.search(text):
        lines = Lines(text)
        for found in _UNPRINTABLE.finditer(text):
            char_span = Span(lines.position(found.start()), lines.position(found.end()))
            findings.append(ct1.control_character.at(path, char_span, char=found.group()))
            if len(findings) == 20:
                break
        readable = _UNPRINTABLE.sub(" ", text)
    if (deep := _too_deep(readable)) is not None:
        place = Lines(text).position(min(deep, len(text)))
        return None, [*findings, ct1.too_deep.at(path, Span(place, place), limit=MAX_DEPTH)]
    for _ in range(max(5, min(200, _ROUNDS // (len(text) + 1)))):
        try:
            root = _Composer(readable).get_single_node()
            break
        except yaml.MarkedYAMLError as error:
            mended = mend(path, readable, error, findings)
            if mended is None:
                return None, findings
            readable = mended
        except yaml.YAMLError as error:
            findings.append(ct1.yaml_syntax.at(path, None, why=f"this is not YAML: {error}"))
            return None, findings
    else:
        return None, findings
    reading = _Reading(path, text, findings)
    value = None if root is None else reading.value(root)
    if reading.hopeless:
        return None, findings
    if readable is not text:
        value = _restore(value)
    return Document(path, text, value, "yaml", lambda: _outline(root, text)), findings


def _too_deep(text: str) -> int | None:
    """Where `text` nests too deep for the composer, counted over its events; None if nowhere."""
    if len(text) < _DEEP:
        return None
    brackets = text.count("[") + text.count("{")
    if brackets < _DEEP and brackets + max(map(len, text.split("\n"))) < _DEEP:
        return None
    depth = 0
    parser = Parser(text)
    try:
        while (event := parser.get_event()) is not None:
            if isinstance(event, yaml.CollectionStartEvent):
                depth += 1
                if depth > MAX_DEPTH:
                    return event.start_mark.index if event.start_mark else 0
            elif isinstance(event, yaml.CollectionEndEvent):
                depth -= 1
    except yaml.YAMLError:
        return None  # the composer meets the same mistake, at the same depth, and words it
    return None


def _restore(value: Any) -> Any:
    if isinstance(value, str):
        return value.translate(_STOOD_FOR)
    if isinstance(value, list):
        return [_restore(item) for item in value]
    if isinstance(value, dict):
        return {_restore(key): _restore(item) for key, item in value.items()}
    return value


# ── values ────────────────────────────────────────────────────────────────────────────────────────


class _Reading:
    """Nodes to values, with the rules that libyaml leaves to us."""

    def __init__(self, path: str, text: str, findings: list[Diagnostic]) -> None:
        self.path, self.text, self.findings = path, text, findings
        self.visits = 0
        self.limit = MAX_NODES + len(text)
        self.open: list[int] = []
        self.top: Any = None  # the key at the top of the file whose value is being read
        self.hopeless = False
        self._lines: Lines | None = None

    def span(self, start: int, end: int) -> Span:
        self._lines = lines = self._lines or Lines(self.text)
        return Span(lines.position(start), lines.position(end))

    def place(self, node: Any) -> Span:
        return self.span(*_trim(self.text, node.start_mark.index, node.end_mark.index))

    def value(self, node: Any) -> Any:
        self.visits += 1
        if self.visits > self.limit and not self.hopeless:
            self.hopeless = True
            span = self.place(self.top) if self.top is not None else Span.at(1, 1)
            self.findings.append(ct1.alias_bomb.at(self.path, span, limit=MAX_NODES))
        if self.hopeless:
            return None
        kind = node.__class__
        if kind is ScalarNode:
            word: str = node.value
            if node.tag != "?":
                return self.tagged(node)
            if node.style:
                return word
            first = word[:1]
            if first.isalpha():
                return _CONSTANTS.get(word, word)
            if word and first in "0123456789+-.":
                return self.number(node, word)
            return _CONSTANTS.get(word, word)
        identity = id(node)
        if identity in self.open or len(self.open) >= MAX_DEPTH:
            self.hopeless = True
            if identity in self.open:
                self.findings.append(ct1.recursive_alias.at(self.path, self.place(node)))
            else:
                self.findings.append(ct1.too_deep.at(self.path, self.place(node), limit=MAX_DEPTH))
            return None
        if node.tag != "?" and node.tag not in _CORE_TAGS:
            self.findings.append(ct1.tag.at(self.path, self.place(node), name=_tag_name(node.tag)))
        self.open.append(identity)
        made = self.map(node) if kind is MappingNode else [self.value(item) for item in node.value]
        self.open.pop()
        return made

    def map(self, node: Any) -> dict[str, Any]:
        made: dict[str, Any] = {}
        for key_node, value_node in node.value:
            if key_node.__class__ is ScalarNode:
                key = self.value(key_node)
            else:
                key = None
            if type(key) is not str:
                if not self.hopeless:
                    start, end = key_node.start_mark.index, key_node.end_mark.index
                    word = self.text[start:end].strip()
                    fixes: tuple[Fix, ...] = ()
                    if key_node.__class__ is ScalarNode and not key_node.style and word:
                        quoted = Edit(self.path, self.place(key_node), f'"{word}"')
                        fixes = (Fix("quote the key", True, (quoted,)),)
                    self.findings.append(
                        ct1.key_not_text.at(self.path, self.place(key_node), fixes=fixes, word=word)
                    )
                key = self.text[key_node.start_mark.index : key_node.end_mark.index].strip()
            elif key == "<<" and not key_node.style:
                self.findings.append(ct1.merge_key.at(self.path, self.place(key_node)))
            if len(self.open) == 1:
                self.top = key_node
            value = self.value(value_node)
            if key in made:
                same = (k for k, _ in node.value if k.__class__ is ScalarNode and k.value == key)
                line = self.place(next(same, key_node)).start.line
                self.findings.append(
                    ct1.duplicate_key.at(self.path, self.place(key_node), key=key, line=line)
                )
            else:
                made[key] = value
        return made

    def number(self, node: Any, word: str) -> Any:
        if _INT.match(word):
            if len(word) > MAX_DIGITS:
                span = self.place(node)
                self.findings.append(ct1.number_too_long.at(self.path, span, digits=len(word)))
                return 0
            value = int(word)
            bare = word.lstrip("+-")
            if bare[0] == "0" and len(bare) > 1:
                span = self.place(node)
                fix = Fix(f"write {value}", False, (Edit(self.path, span, str(value)),))
                self.findings.append(
                    ct1.leading_zero.at(self.path, span, fixes=(fix,), word=word, value=value)
                )
            return value
        if _FLOAT.match(word):
            real = float(word)
            if real in (float("inf"), float("-inf")):
                self.findings.append(ct1.not_finite.at(self.path, self.place(node), word=word))
                return 0.0
            return real
        if _BASED.match(word):
            return int(word, 0)
        if _SPECIAL.match(word):
            self.findings.append(ct1.not_finite.at(self.path, self.place(node), word=word))
            return 0.0
        return word

    def tagged(self, node: Any) -> Any:
        """A scalar with an explicit tag: those of the core schema are read, others refused."""
        word: str = node.value
        name = node.tag.removeprefix(_CORE)
        if node.tag not in _CORE_TAGS or name in ("map", "seq"):
            span = self.place(node)
            self.findings.append(ct1.tag.at(self.path, span, name=_tag_name(node.tag)))
            return word
        if name == "str":
            return word
        value = _CONSTANTS.get(word, word)
        value = self.number(node, word) if value is word and word[:1] in "0123456789+-." else value
        if name == "float" and type(value) is int:
            return float(value)
        wanted = {"int": int, "float": float, "bool": bool, "null": type(None)}[name]
        if type(value) is not wanted:
            why = f"`{word}` is not what its tag `!!{name}` says; write the value without the tag"
            self.findings.append(ct1.yaml_syntax.at(self.path, self.place(node), why=why))
        return value


def _tag_name(tag: str) -> str:
    return "!!" + tag.removeprefix(_CORE) if tag.startswith(_CORE) else tag


# ── places ────────────────────────────────────────────────────────────────────────────────────────


def _trim(text: str, start: int, end: int) -> tuple[int, int]:
    """libyaml ends a block at the next token; here it ends at its last character."""
    return start, start + len(text[start:end].rstrip())


def _outline(root: Any, text: str) -> Node:
    if root is None:
        return Node("map", len(text), len(text), flow=False)
    return _node(root, text, -1, 0)


def _node(node: Any, text: str, after: int, depth: int) -> Node:
    """The outline of `node`, which stands behind the offset `after`, unless it is an alias."""
    start, end = _trim(text, node.start_mark.index, node.end_mark.index)
    if start < after:
        found = re.compile(r"[\s:\-,?\[{]*(\*[^\s,\[\]{}]+)").match(text, after)
        if found:
            return Node("scalar", found.start(1), found.end(1), alias=True)
    kind = node.__class__
    if kind is ScalarNode:
        return Node("scalar", start, end, style=node.style or "")
    flow = bool(node.flow_style)
    members: list[tuple[Step, Node | None, Node]] = []
    last = start
    if kind is MappingNode:
        for key, value in node.value:
            key_node = _node(key, text, last, depth + 1)
            value_node = _node(value, text, key_node.end, depth + 1)
            name = key.value.translate(_STOOD_FOR) if isinstance(key, ScalarNode) else ""
            members.append((name, key_node, value_node))
            last = max(last, value_node.end, key_node.end)
    elif kind is SequenceNode:
        for index, item in enumerate(node.value):
            item_node = _node(item, text, last, depth + 1)
            members.append((index, None, item_node))
            last = max(last, item_node.end)
    if not flow and members:
        end = last
    return Node("map" if kind is MappingNode else "list", start, end, members, flow)
