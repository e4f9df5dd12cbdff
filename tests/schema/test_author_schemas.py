"""The schemas an author writes: parameters in both forms, answers and inputs."""

from __future__ import annotations

from typing import Any

import pytest

from looplet.compiler.author_schemas import check_schemas_in
from looplet.compiler.diagnostics import RULES, Diagnostic
from looplet.compiler.parameters import is_short_form, normalise_parameters
from looplet.compiler.syntax import parse
from looplet.validation import compile_schema


def check(text: str, kind: str = "tool") -> list[Diagnostic]:
    document, findings = parse("tools/t/tool.yaml", text.encode())
    assert document is not None and not findings
    return check_schemas_in(kind, document)


CASES = [
    ("parameters: {n: {type: integer, minimun: 1}}", "CT220 1:33 did you mean `minimum`?"),
    ("parameters: {n: {desciption: x}}", "CT220 1:18 in `parameters.n`; did you mean"),
    ("output_schema: {type: object, propertis: {}}", "CT220 1:31 did you mean `properties`?"),
    ("parameters: {n: {foo: x}}", "CT220 1:18 `foo` is not a JSON Schema keyword"),
    ("parameters: {n: {type: int}}", "CT221 1:24 one or more of `object`"),
    ("parameters: {n: {minimum: '1'}}", "CT221 1:27 its value must be a number"),
    ("parameters: {n: {type: string, required: true}}", "CT221 1:42 array of property names"),
    ("parameters: {n: {items: [{}]}}", "CT221 1:25 a schema: an object"),
    ("parameters: {n: {enum: a}}", "CT221 1:24 its value must be an array"),
    ("parameters: {n: {$ref: 'https://a/b'}}", "CT222 1:24 only local references"),
    ("parameters: {n: {$ref: '#/$defs/n'}}", "CT222 1:24 leads nowhere"),
    ("parameters: {n: {$ref: '#/properties/n'}}", "CT222 1:24 without going into the value"),
    ("parameters: {n: {pattern: '[a'}}", "CT223 1:27 is not a regular expression"),
    ("parameters: {n: {patternProperties: {'(': {}}}}", "CT223 1:38 is not a regular expression"),
    ("parameters: {n: {type: integer, default: x}}", "CT224 1:42 must be an integer"),
    ("parameters: {n: {type: string, default: null}}", "CT224 1:41 must be a string, not null"),
    (
        "parameters: {n: {items: {type: integer}, default: [1, x]}}",
        "CT224 1:55 `[1]` must be an integer",
    ),
    ("parameters: {path: string}", "CT225 1:20 write `{type: string}`"),
    ("parameters: {n: int}", "CT225 1:17 write `{type: integer}`"),
    ("parameters: {n: the number}", "CT225 1:17 write `{type: string, description: …}`"),
    ("parameters: {n: [a]}", "CT225 1:17 must be a JSON Schema, not a list"),
    ("parameters: {n: {items: {type: string, properties: {a: 3}}}}", "CT225 1:56 not 3"),
    ("parameters: {type: string}", "CT226 1:20 `type: object`, not `type: string`"),
    ("parameters: {type: [object, 'null']}", "CT226 1:20 not of several types"),
    (
        "parameters: {type: object, properties: {abc: {}}, required: [abd]}",
        "CT227 1:62 did you mean `abc`?",
    ),
    ("parameters: {properties: {a: {}}}", "CT228 1:1 without `type: object`"),
    ("parameters: {n: {type: string, nullable: true}}", 'CT229 1:32 write `type: [string, "null"]'),
    ("parameters: {n: {unevaluatedProperties: false}}", "CT229 1:18 write `additionalProp"),
]


@pytest.mark.parametrize(("text", "expected"), CASES)
def test_one_mistake_is_one_finding(text: str, expected: str) -> None:
    (found,) = check(text + "\n")
    code, place, words = expected.split(" ", 2)
    assert found.span is not None
    assert (found.code, f"{found.span.start.line}:{found.span.start.column}") == (code, place)
    assert words in found.message


def test_every_code_has_a_case() -> None:
    seen = {expected[:5] for _, expected in CASES}
    assert seen == {code for code in RULES if code.startswith("CT22")}


@pytest.mark.parametrize(
    "text",
    [
        "parameters: {}",
        "parameters:",
        "parameters: 3",
        "description: d",
        "parameters: {type: {type: string}, properties: {type: array}}",
        "parameters: {type: object}",
        "parameters: {type: object, properties: {a: {$ref: '#/$defs/a'}}, $defs: {a: {}}}",
        "parameters: {a: true, b: {x-shown: no, type: [string, 'null'], default: null}}",
        "parameters: {type: object, required: [a], patternProperties: {a: {}}}",
        "parameters: {a: {format: email, examples: [x], default: x}}",
        "parameters: {kids: {type: array, items: {$ref: '#/properties/kids'}}}",
    ],
)
def test_good_schemas(text: str) -> None:
    assert check(text + "\n") == []


def test_inputs_are_schemas_too() -> None:
    text = "inputs: {repo: {type: strin}, n: {typ: integer}, ok: true, bad: string}\n"
    assert [found.code for found in check(text, "config")] == ["CT221", "CT220"]


def test_all_mistakes_come_in_one_run() -> None:
    text = "parameters: {a: {type: int, minimun: 1}, b: string, c: {type: string, default: 3}}\n"
    assert sorted(found.code for found in check(text)) == ["CT220", "CT221", "CT224", "CT225"]


def test_the_fix_of_a_missing_type_keeps_the_layout() -> None:
    (found,) = check("parameters:\n    # the query\n    properties: {q: {}}\n")
    (edit,) = found.fixes[0].edits
    assert (edit.span.start, edit.span.end) == (edit.span.end, edit.span.start)
    assert edit.text == "type: object\n    "
    (found,) = check("parameters: {properties: {q: {}}}\n")
    assert found.fixes[0].edits[0].text == "type: object, "


SHORT: list[Any] = [
    None,
    {},
    {"q": {"type": "string"}},
    {"type": {"type": "string"}},
    {"properties": {"type": "object"}},
    {"required": {"type": "boolean"}},
    {"q": True},
    {"q": "string"},
]
LONG: list[Any] = [
    {"type": "object"},
    {"type": "string"},
    {"type": ["object", "null"]},
    {"properties": {}},
    {"properties": {"q": {}}},
    {"required": ["q"]},
    {"anyOf": [{}]},
    {"$ref": "#/$defs/a"},
]


def test_which_form_is_which() -> None:
    assert all(is_short_form(value) for value in SHORT)
    assert not any(is_short_form(value) for value in LONG)


@pytest.mark.parametrize("value", LONG)
def test_the_long_form_is_taken_as_written(value: Any) -> None:
    assert normalise_parameters(value, {"q"}) is value


def test_the_short_form_becomes_the_long_one() -> None:
    value = {"q": {"type": "string"}, "n": {"default": 3}, "m": {"type": "integer"}}
    assert normalise_parameters(value, {"m"}) == {
        "type": "object",
        "properties": value,
        "required": ["q"],
    }
    assert normalise_parameters(None) == {"type": "object", "properties": {}}
    assert normalise_parameters("nonsense") == {"type": "object", "properties": {}}
    assert compile_schema(normalise_parameters(value))({"q": "a", "m": 1})
