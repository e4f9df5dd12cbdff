"""Where JSON, Python and JSON Schema part, and what must never hang or crash."""

from __future__ import annotations

import subprocess
import sys
from collections import OrderedDict
from typing import Any

import pytest

from looplet.validation import MAX_DEPTH, UnsupportedSchema, compile_schema, faults_of
from looplet.validation.keywords import KEYWORDS, SHAPES

NAN = float("nan")
INF = float("inf")
TREE = {"type": "object", "properties": {"kids": {"items": {"$ref": "#"}}}}


@pytest.mark.parametrize("value", [NAN, INF, -INF])
def test_nan_and_infinity_are_no_numbers(value: float) -> None:
    assert not compile_schema({"type": "number"})(value)
    assert not compile_schema({"type": "integer"})(value)


def test_nan_is_within_no_bound() -> None:
    for keyword in ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"):
        assert not compile_schema({keyword: 1})(NAN)


@pytest.mark.parametrize(
    ("schema", "value", "fits"),
    [
        ({"type": "integer"}, 1.0, True),
        ({"type": "integer"}, True, False),
        ({"type": "number"}, False, False),
        ({"enum": [1]}, True, False),
        ({"enum": [[0]]}, [False], False),
        ({"const": {"a": 1}}, {"a": 1.0}, True),
        ({"uniqueItems": True}, [1, True, "1", [1], [True]], True),
        ({"multipleOf": 0.01}, 19.99, True),
        ({"multipleOf": 0.01}, 19.995, False),
        ({"multipleOf": 0.1}, 10**400, True),
        ({"pattern": "^a$"}, "a\n", False),
        ({"pattern": r"[$]\$"}, "$$", True),
        ({"type": "object"}, OrderedDict(a=1), True),
        ({"items": {"type": "string"}}, (1,), False),
        ({"patternProperties": {"^x-": False}}, {1: 2}, True),
        ({"additionalProperties": False}, {1: 2}, False),
        ({"maxLength": 2}, "\U0001f600\U0001f600", True),
    ],
)
def test_values_are_json_values(schema: Any, value: Any, fits: bool) -> None:
    assert compile_schema(schema)(value) is fits


def nest(depth: int) -> Any:
    value: Any = {}
    for _ in range(depth):
        value = {"kids": [value]}
    return value


@pytest.mark.parametrize("depth", [MAX_DEPTH, 1000, 100_000])
def test_a_value_nested_too_deeply_is_one_problem(depth: int) -> None:
    validator = compile_schema(TREE)
    value = nest(depth)
    assert validator(value) is False
    (problem,) = validator.problems(value)
    assert problem.keyword == "depth"
    while value:  # taken apart by hand: freeing it would recurse
        value = value["kids"].pop()


def test_a_value_nested_just_enough_is_read_to_the_bottom() -> None:
    value = nest(MAX_DEPTH // 2 - 1)
    assert compile_schema(TREE)(value)
    bottom = value
    while bottom:
        bottom = bottom["kids"][0]
    bottom["kids"] = [3]
    (problem,) = compile_schema(TREE).problems(value)
    assert len(problem.path) == MAX_DEPTH


def test_equality_of_deep_values_does_not_crash() -> None:
    validator = compile_schema({"uniqueItems": True})
    assert validator([nest(30_000), nest(30_000)]) is False
    assert compile_schema({"enum": [1]})(nest(30_000)) is False


REFUSED: list[tuple[Any, tuple[Any, ...], str | None, str]] = [
    ({"unevaluatedProperties": False}, (), "unevaluatedProperties", "not supported"),
    ({"properties": {"a": {"desciption": "x"}}}, ("properties", "a"), "desciption", "not supp"),
    ({"$ref": "https://example.org/x.json"}, (), "$ref", "only local"),
    ({"$ref": "#/$defs/nope"}, (), "$ref", "leads nowhere"),
    ({"$ref": "#name"}, (), "$ref", "anchors are not supported"),
    ({"required": ["a"], "items": {"$ref": "#/required"}}, ("items",), "$ref", "no schema"),
    ({"$ref": "#"}, (), "$ref", "without going into"),
    ({"pattern": "("}, (), "pattern", "not a regular expression"),
    ({"patternProperties": {"*": True}}, (), "patternProperties", "not a regular expression"),
    ({"type": "int"}, (), "type", "one or more of `object`"),
    ({"type": []}, (), "type", "one or more of"),
    ({"type": ["string", "string"]}, (), "type", "one or more of"),
    ({"required": "a"}, (), "required", "array of property names"),
    ({"required": ["a", "a"]}, (), "required", "each given once"),
    ({"minLength": -1}, (), "minLength", "whole number"),
    ({"minLength": True}, (), "minLength", "whole number"),
    ({"minimum": "1"}, (), "minimum", "a number"),
    ({"minimum": NAN}, (), "minimum", "a number"),
    ({"multipleOf": 0}, (), "multipleOf", "above zero"),
    ({"anyOf": []}, (), "anyOf", "one or more schemas"),
    ({"items": [{}]}, (), "items", "a schema"),
    ({"properties": {"a": "string"}}, ("properties", "a"), None, "a schema is an object"),
    ({"allOf": [{"items": {"$id": "x"}}]}, ("allOf", 0, "items"), "$id", "only the outermost"),
    ({"$schema": "https://json-schema.org/draft/3000"}, (), "$schema", "2020-12"),
    ({"$defs": {"a": {"type": "x"}}}, ("$defs", "a"), "type", "one or more"),
    ({"if": True, "then": 3}, (), "then", "a schema"),
    ("object", (), None, "a schema is an object"),
]


@pytest.mark.parametrize(("schema", "path", "keyword", "why"), REFUSED)
def test_what_is_not_understood_is_refused_with_its_place(
    schema: Any, path: tuple[Any, ...], keyword: str | None, why: str
) -> None:
    with pytest.raises(UnsupportedSchema) as caught:
        compile_schema(schema)
    assert (caught.value.path, caught.value.keyword) == (path, keyword)
    assert why in caught.value.why


def test_all_faults_come_at_once() -> None:
    schema = {
        "typ": "object",
        "properties": {"a": {"type": "str"}, "b": {"items": {"minimum": "x"}, "pattern": "["}},
        "anyOf": [{"$ref": "#/nope"}],
    }
    assert {(fault.path, fault.keyword) for fault in faults_of(schema)} == {
        ((), "typ"),
        (("properties", "a"), "type"),
        (("properties", "b"), "pattern"),
        (("properties", "b", "items"), "minimum"),
        (("anyOf", 0), "$ref"),
    }


def test_a_cycle_that_goes_into_the_value_is_no_cycle() -> None:
    assert faults_of(TREE) == []
    idle = {
        "$ref": "#/$defs/a",
        "$defs": {
            "a": {"allOf": [{"properties": {"x": {"$ref": "#/$defs/b"}}}, {"$ref": "#/$defs/b"}]},
            "b": {"anyOf": [True, {"if": {"$ref": "#/$defs/a"}}]},
        },
    }
    assert [fault.keyword for fault in faults_of(idle)] == ["$ref"]


@pytest.mark.parametrize("keyword", ["not", "items", "properties", "allOf"])
def test_a_schema_nested_too_deeply_is_refused(keyword: str) -> None:
    schema: Any = {}
    for _ in range(5000):
        inner = {"properties": {"a": schema}, "allOf": [schema]}.get(keyword, schema)
        schema = {keyword: inner}
    assert [fault.why for fault in faults_of(schema)] == ["the schema is nested too deeply"]


def test_a_long_chain_of_references_is_refused_not_crashed() -> None:
    schema = {"$defs": {f"d{n}": {"items": {"$ref": f"#/$defs/d{n + 1}"}} for n in range(2000)}}
    schema["$defs"]["d2000"] = {}
    assert "nested too deeply" in {fault.why for fault in faults_of(schema)}.pop()


def test_every_keyword_has_a_shape() -> None:
    assert set(KEYWORDS.values()) == set(SHAPES)


def test_importing_loads_nothing_but_itself() -> None:
    program = (
        "import sys; before = set(sys.modules); from looplet.validation import compile_schema;"
        "v = compile_schema({'type': 'object', 'patternProperties': {'^x-': True}});"
        "v({'x-a': 1});"
        "print(*sorted(m for m in set(sys.modules) - before if not m.startswith('looplet')))"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert run.stdout.split() in ([], ["__future__"]), run.stderr


def test_a_part_is_compiled_with_the_references_of_the_whole() -> None:
    schema = {"properties": {"a": {"$ref": "#/$defs/n"}}, "$defs": {"n": {"type": "integer"}}}
    part = compile_schema(schema, at=("properties", "a"))
    assert part(3)
    (problem,) = part.problems("3")
    assert (problem.path, problem.schema_path) == ((), ("$defs", "n", "type"))


def test_a_recursive_union_takes_no_exponential_time() -> None:
    def operation(name: str) -> Any:
        return {
            "type": "object",
            "properties": {"left": {"$ref": "#"}, "right": {"$ref": "#"}, "op": {"const": name}},
            "required": ["op", "left", "right"],
        }

    names = ("add", "sub", "mul", "div")
    validator = compile_schema({"oneOf": [{"type": "integer"}, *map(operation, names)]})
    value: Any = 1
    for _ in range(MAX_DEPTH // 2):
        value = {"left": value, "right": 2, "op": "div"}
    assert validator(value)
    value["right"] = "2"
    (problem,) = validator.problems(value)
    assert problem.path == ("right",)
