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

try:
    from yaml._yaml import CParser as _Parser
except ImportError as error:  # pragma: no cover - every wheel of PyYAML has it
    raise ImportError("PyYAML here was built without libyaml, which looplet needs") from error

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
# Private-use characters of the same length stand in for what YAML reserves.
_STAND_IN: Final = {"@": "\uf8fa", "`": "\uf8fb"}
_STOOD_FOR: Final = {ord(stand_in): char for char, stand_in in _STAND_IN.items()}
MAX_DIGITS: Final = 4000
MAX_NODES: Final = 100_000
_DEEP: Final = 1000
"""Texts that could nest deeper than this are counted first: libyaml's composer recurses in C."""


class _Composer(_Parser):
    """Marks every value without an explicit tag as such, and resolves nothing."""

    def __init__(self, text: str) -> None:
        _Parser.__init__(self, text)

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
    for _ in range(200):
        try:
            root = _Composer(readable).get_single_node()
            break
        except yaml.MarkedYAMLError as error:
            mended = _mend(path, readable, error, findings)
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
    parser = _Parser(text)
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


# ── mistakes that end the reading ─────────────────────────────────────────────────────────────────

_HINTS: Final = (
    (
        "mapping values are not allowed",
        "a colon and a space begin a mapping, which cannot stand"
        " here; quote the text, or mend the indentation",
    ),
    ("could not find expected ':'", "a colon is missing after this key"),
    ("did not find expected key", "a key must stand here; is the indentation of this line right?"),
    (
        "did not find expected '-' indicator",
        "this line is no item of the list above; begin it with `- `, or mend its indentation",
    ),
    ("did not find expected ',' or '}'", "a comma or `}` is missing before this"),
    ("did not find expected ',' or ']'", "a comma or `]` is missing before this"),
    ("did not find expected node content", "a value must stand here"),
    ("found unexpected end of stream", "the file ends inside a quoted text; close the quote"),
    ("found unexpected document indicator", "a `---` or `...` inside a quoted text; indent it"),
    ("found undefined alias", "this alias has no anchor before it; quote the text if it is none"),
    (
        "found unknown escape character",
        "no such escape in a double-quoted text;"
        " write `\\\\` for a backslash, or use single quotes",
    ),
    ("found incompatible YAML document", "only YAML 1.1 and 1.2 are read; remove the directive"),
    ("found undefined tag handle", "this tag is not known; quote the text if it is none"),
    (
        "block sequence entries are not allowed",
        "a list cannot begin on this line; put `- ` on a line of its own",
    ),
    (
        "did not find expected alphabetic",
        "an anchor or alias needs a name; quote the text if it is none",
    ),
    ("did not find URI escaped octet", "not a tag; quote the text"),
    ("did not find expected hexdecimal number", "this escape has too few hexadecimal digits"),
    ("found invalid Unicode character escape code", "no character has this number"),
)


_GLUED: Final = re.compile(r"([\w-]+:)(?!//)[^\s:]\S*[ \t]*(?:#.*)?(?:\r?\n|\Z)")


# A plain text of several words with a colon in it, behind its key.
_PROSE: Final = re.compile(
    r"[ \t]*(?:- +)*[\w-]+:[ \t]+(?P<text>[A-Za-z0-9(][^\"\\\r\n#]*?)[ \t]*(?:\r?\n|\Z)"
)
_SURROGATE: Final = re.compile(r"\\(?:u|U0000)[dD][89a-fA-F][0-9a-fA-F]{2}")
_INSIDE: Final = (
    ("flow sequence", "the `[`"),
    ("flow mapping", "the `{`"),
    ("block mapping", "the mapping"),
    ("block collection", "the list"),
    ("block sequence", "the list"),
    ("quoted scalar", "the quoted text"),
    ("simple key", "the key"),
    ("block scalar", "the text"),
)


def _prose(path: str, text: str, at: int) -> tuple[Fix, ...]:
    """The fix that quotes a text with a colon in it, which at `at` was read as that of a key."""
    start = text.rfind("\n", 0, at) + 1
    found = _PROSE.match(text, start)
    if found is None or not found.start("text") < at < found.end("text"):
        return ()
    lines = Lines(text)
    span = Span(lines.position(found.start("text")), lines.position(found.end("text")))
    # One word before the colon could be meant as a key; several are a text.
    sure = " " in text[found.start("text") : at].strip()
    return (Fix("quote the text", sure, (Edit(path, span, f'"{found["text"]}"'),)),)


def _mend(
    path: str, text: str, error: yaml.MarkedYAMLError, findings: list[Diagnostic]
) -> str | None:
    """Record the mistake; the text to read on with, or None when the reading ends here."""
    mark = error.problem_mark or error.context_mark
    if (error.problem or "").startswith("found unexpected end of stream"):
        mark = error.context_mark or mark  # the opening quote, not the end of the file
    elif (error.problem or "").startswith("could not find expected ':'"):
        mark = error.context_mark or mark  # the key, not what comes after it
    at = min(mark.index, len(text)) if mark is not None else 0
    problem = error.problem or ""
    lines = Lines(text)
    place = lines.position(at)
    span = Span(place, lines.position(min(at + 1, len(text))))
    char = text[at : at + 1]
    if char in _STAND_IN and "cannot start any token" in problem:
        end = _plain_end(text, at)
        word = text[at:end]
        whole = Span(place, lines.position(end))
        fix = Fix("quote it", True, (Edit(path, whole, f'"{word}"'),))
        safe = '"' not in word and "\\" not in word
        findings.append(
            ct1.reserved.at(path, whole, fixes=(fix,) if safe else (), char=char, word=word)
        )
        return text[:at] + _STAND_IN[char] + text[at + 1 :]
    if char == "\t" or (problem.startswith(("found character", "found a tab")) and "\t" in char):
        findings.append(ct1.tab.at(path, span))
        return None
    if problem.startswith("but found another document"):
        findings.append(ct1.several_documents.at(path, span))
        return None
    indent = text[text.rfind("\n", 0, at) + 1 : at]
    if "\t" in indent and not indent.strip():
        findings.append(ct1.tab.at(path, span))
        return None
    if problem.startswith("found invalid Unicode character escape code"):
        escape = next((m for m in _SURROGATE.finditer(text) if m.start() < at <= m.end()), None)
        if escape is not None:
            half = Span(lines.position(escape.start()), lines.position(escape.end()))
            findings.append(ct1.lone_surrogate.at(path, half))
            blank = r"\u0020" if escape.end() - escape.start() == 6 else r"\U00000020"
            return text[: escape.start()] + blank + text[escape.end() :]
    if "could not find expected ':'" in problem and (found := _GLUED.match(text, at)):
        behind = Span(lines.position(at), lines.position(found.end(1)))
        blank = Span(lines.position(found.end(1)), lines.position(found.end(1)))
        fix = Fix("put a space behind the colon", True, (Edit(path, blank, " "),))
        why = "a space is missing behind the colon"
        findings.append(ct1.yaml_syntax.at(path, behind, fixes=(fix,), why=why))
        return None
    why = next((hint for start, hint in _HINTS if problem.startswith(start)), "")
    if not why:
        shown = char if char.isprintable() and char.strip() else ""
        why = f"`{shown}` cannot stand here; quote the text" if shown else f"not YAML: {problem}"
    if not text[at:].strip() and not char.strip() and "quote" not in why:
        at = len(text.rstrip())
        span = Span(lines.position(max(at - 1, 0)), lines.position(at))
        why = "the file ends too early: a value, a `]` or a `}` is missing"
    notes = []
    if error.context and error.context_mark:
        begun = lines.position(min(error.context_mark.index, len(text)))
        if begun.line != place.line:
            inside = next((words for part, words in _INSIDE if part in error.context), "")
            notes.append(f"{inside or error.context} begins on line {begun.line}")
    fixes = _prose(path, text, at) if problem.startswith("mapping values are not") else ()
    findings.append(ct1.yaml_syntax.at(path, span, notes=notes, fixes=fixes, why=why))
    return None


def _plain_end(text: str, at: int) -> int:
    """Where the plain text that begins at `at` ends: on its line, before a comment or a bracket."""
    line_end = text.find("\n", at)
    line = text[at : line_end if line_end >= 0 else len(text)]
    cut = re.search(r"\s+#|\s*[,\]}]|:\s|\s*\r?$", line)
    return at + (cut.start() if cut else len(line))


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
