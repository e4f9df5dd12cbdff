"""The calls that a set of tools allows, as a grammar of llama.cpp (GBNF). Pure; no I/O.

Decoding under `call_grammar(tools)`, the smallest model can only answer

    {"tool": "<one of the tools>", "args": {<arguments that fit its schema>}}

on one line, arguments in the order of the schema. What GBNF cannot say (`pattern`, `format`,
`uniqueItems`, `not`, `if`, …) is left out, so the grammar is wider than the schema there and never
narrower; the loop validates every call anyway. Arguments that the schema allows without naming
them can be given only where it says so with `additionalProperties`.
"""

from __future__ import annotations

from looplet.jsontext import json_text
from looplet.models import numerals
from looplet.models.alternatives import alternatives
from looplet.validation import UnsupportedSchema, compile_schema

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Any, Final

MAX_REPEAT: Final = 500
"""llama.cpp unrolls a counted repetition; a higher limit is left to the loop's own check."""

_ANY: Final = "value"
_COMMON: Final = {
    "value": 'object | array | string | number | "true" | "false" | "null"',
    "object": '"{" (string ": " value (", " string ": " value)*)? "}"',
    "array": '"[" (value (", " value)*)? "]"',
    "string": r'"\"" char* "\""',
    # Half of a surrogate pair cannot be written so, and no other character needs its number.
    "char": r'[^"\\\x00-\x1F] | "\\" (["\\/bfnrt] | "u00" [01] [0-9a-fA-F])',
    "number": numerals.NUMBER,
    "integer": numerals.INTEGER,
}
_TYPES: Final = ("string", "integer", "number", "boolean", "object", "array", "null")
_IMPLIED: Final = (
    ("object", {"properties", "required", "additionalProperties"}),
    ("array", {"items", "prefixItems", "minItems", "maxItems"}),
    ("string", {"minLength", "maxLength"}),
    ("number", set(numerals.BOUNDS)),
)
"""The type that a schema without `type` is about, by its keywords."""


def call_grammar(tools: Iterable[Mapping[str, Any]]) -> str:
    """The grammar of one call of one of `tools`, each with `name` and `parameters`.

    A tool whose parameters are no schema that looplet understands takes any object. Raises
    ValueError if there are no tools.
    """
    rules = dict(_COMMON)
    calls = []
    for tool in tools:
        name = json_text(tool["name"])[1:-1]
        begin = _literal(name + '", "args": ')
        calls.append(f"{begin} {_arguments(tool['parameters'], rules)}")
    if not calls:
        raise ValueError("without tools there is no call")
    head = {"root": _literal('{"tool": "') + ' call "}"', "call": " | ".join(calls)}
    return "".join(f"{name} ::= {body}\n" for name, body in (head | rules).items())


def _arguments(schema: Mapping[str, Any], rules: dict[str, str]) -> str:
    try:
        compile_schema(schema)
    except UnsupportedSchema:
        return "object"
    return _Writer(schema, rules).value({"allOf": [schema], "type": "object"})


class _Writer:
    """Writes the rules of one schema, into rules that it may share with others.

    A schema that compiles refers to itself only inside of a value; so no rule begins with itself,
    which llama.cpp would refuse.
    """

    def __init__(self, root: Mapping[str, Any], rules: dict[str, str]) -> None:
        self._root = root
        self._rules = rules
        self._names = {body: name for name, body in rules.items()}
        self._targets: dict[str, str] = {}

    def value(self, schema: Any) -> str:
        """An expression for the JSON text of a value that fits."""
        reference = schema.get("$ref") if isinstance(schema, dict) else None
        if reference is None:
            return self._fitting(schema)
        if reference not in self._targets:
            name = self._targets[reference] = self._new()
            self._rules[name] = ""  # the name is taken, for the schema may be about itself
            self._rules[name] = self._fitting(schema)
        return self._targets[reference]

    def _fitting(self, schema: Any) -> str:
        if schema is True or schema == {}:
            return _ANY
        found = [text for option in alternatives(schema, self._root) for text in self._of(option)]
        # Where nothing fits, or nothing that can be written: the loop will say what is wrong.
        return self._rule(_either(found)) if found else _ANY

    def _of(self, schema: dict[str, Any]) -> list[str]:
        """Expressions for one alternative, which has no more references and combinations."""
        types = _types(schema)
        if "enum" in schema:
            return [_literal(json_text(item)) for item in schema["enum"] if _kind(item) & types]
        if types == set(_TYPES):
            return [_ANY]
        return [
            getattr(self, f"_{kind}")(schema)
            for kind in _TYPES
            if kind in types and not (kind == "integer" and "number" in types)
        ]

    # ── one type each ─────────────────────────────────────────────────────────────────────────

    def _null(self, schema: dict[str, Any]) -> str:
        return '"null"'

    def _boolean(self, schema: dict[str, Any]) -> str:
        return '("true" | "false")'

    def _integer(self, schema: dict[str, Any]) -> str:
        return numerals.integer(schema)

    def _number(self, schema: dict[str, Any]) -> str:
        return numerals.number(schema)

    def _string(self, schema: dict[str, Any]) -> str:
        times = _times(schema.get("minLength", 0), schema.get("maxLength"))
        return "string" if times == "*" else rf'"\"" char{times} "\""'

    def _array(self, schema: dict[str, Any]) -> str:
        first = [self.value(item) for item in schema.get("prefixItems", ())]
        rest = schema.get("items", True)
        least, most = int(schema.get("minItems", 0)), schema.get("maxItems")
        if rest is False or (most is not None and most <= len(first)):
            first = first[: len(first) if most is None else int(most)]
            tail = ""
        else:
            item = self.value(rest)
            if not first:
                return _list(item, least, most)
            left = None if most is None else most - len(first)
            tail = f'(", " {item}){_times(max(0, least - len(first)), left)}'
        # From the last to the first: what follows an item that may be left out may be, too.
        for index in range(len(first) - 1, -1, -1):
            text = " ".join(filter(None, ('", "' if index else "", first[index], tail)))
            tail = text if index < least else self._rule(f"({text})?")
        return f'"[" {tail} "]"' if tail else '"[]"'

    def _object(self, schema: dict[str, Any]) -> str:
        properties = dict(schema.get("properties", {}))
        required = schema.get("required", ())
        more = schema.get("additionalProperties", not properties)
        for name in required:
            properties.setdefault(name, more if isinstance(more, dict) else True)
        members = [
            (f"{_literal(json_text(name) + ': ')} {self.value(part)}", name in required)
            for name, part in properties.items()
            if part is not False
        ]
        extra = f'string ": " {self.value(more)}' if more is not False else ""
        # `after`: what may follow a member; `begin`: the same with no member before it.
        after = self._rule(f'(", " {extra})*') if extra else ""
        begin = self._rule(f'({extra} (", " {extra})*)?') if extra else ""
        for member, needed in reversed(members):
            here = f"{member} {after}".rstrip()
            begin = here if needed else f"({here} | {begin})" if begin else f"({here})?"
            after = f'", " {here}' if needed else f'(", " {member})? {after}'.rstrip()
            begin, after = self._rule(begin), self._rule(after)
        return f'"{{" {begin} "}}"' if begin else '"{}"'

    # ── rules ─────────────────────────────────────────────────────────────────────────────────

    def _rule(self, body: str) -> str:
        """The name of a rule for `body`; one body has one name."""
        if body in self._rules:
            return body
        if body not in self._names:
            name = self._names[body] = self._new()
            self._rules[name] = body
        return self._names[body]

    def _new(self) -> str:
        return f"r{len(self._rules)}"


def _types(schema: dict[str, Any]) -> set[str]:
    if "type" in schema:
        return set(schema["type"])
    if "enum" not in schema:
        for kind, keywords in _IMPLIED:
            if not keywords.isdisjoint(schema):
                return {kind}
    return set(_TYPES)


def _kind(value: object) -> set[str]:
    """The types that a value is of."""
    if isinstance(value, bool):
        return {"boolean"}
    if isinstance(value, (int, float)):
        return {"number", "integer"} if float(value).is_integer() else {"number"}
    if isinstance(value, str):
        return {"string"}
    if value is None:
        return {"null"}
    return {"object"} if isinstance(value, dict) else {"array"}


def _list(item: str, least: int, most: float | None) -> str:
    if most == 0:
        return '"[]"'
    more = _times(max(0, least - 1), None if most is None else most - 1)
    text = f'{item} (", " {item}){more}'
    return f'"[" {text} "]"' if least else f'"[" ({text})? "]"'


def _times(least: float, most: float | None) -> str:
    """How often something is repeated; what would be unrolled too often is left open."""
    low = min(int(least), MAX_REPEAT)
    if most is None or most > MAX_REPEAT:
        return f"{{{low},}}" if low else "*"
    return f"{{{low},{max(low, int(most))}}}"


def _either(texts: Sequence[str]) -> str:
    return " | ".join(dict.fromkeys(texts))


def _literal(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


__all__ = ["call_grammar"]
