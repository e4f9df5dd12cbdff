"""What a person or a model is told, and where it points."""

from __future__ import annotations

from typing import Any

import pytest

from looplet.validation import compile_schema

ADD = {
    "type": "object",
    "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}},
    "required": ["a", "b"],
    "additionalProperties": False,
}

CASES: list[tuple[Any, Any, str]] = [
    ({"type": "integer"}, "3", 'the value must be an integer, not the string "3"'),
    ({"type": "integer"}, True, "the value must be an integer, not true"),
    ({"type": "integer"}, 2.5, "the value must be an integer, not the number 2.5"),
    ({"type": ["string", "null"]}, [], "the value must be a string or null, not an empty array"),
    ({"type": "number"}, float("nan"), "the value must be a number, not NaN, which JSON has no"),
    ({"type": "string"}, {1, 2}, "the value must be a string, not a Python set"),
    ({"enum": ["a", "b"]}, "c", 'the value must be "a" or "b", not the string "c"'),
    ({"const": 3}, 4, "the value must be 3, not the number 4"),
    ({"minimum": 1}, 0, "the value must be at least 1, not 0"),
    ({"exclusiveMaximum": 1}, 1, "the value must be less than 1, not 1"),
    ({"multipleOf": 5}, 7, "the value must be a multiple of 5, not 7"),
    ({"minLength": 1}, "", "the value must not be empty"),
    ({"maxLength": 2}, "abc", "the value must have at most 2 characters, not 3"),
    ({"pattern": "^a"}, "b", 'the value must match `^a`, which "b" does not'),
    ({"minItems": 2}, [1], "the value must have at least 2 items, not 1"),
    ({"uniqueItems": True}, [1, 2, 1.0], "holds an item twice: items 0 and 2 are equal"),
    ({"contains": {"type": "null"}}, [1], "must hold at least 1 item that is null, not 0"),
    ({"minProperties": 2}, {}, "the value must have at least 2 properties, not 0"),
    ({"propertyNames": {"maxLength": 2}}, {"abc": 1}, 'the name "abc" must have at most 2'),
    ({"not": {"type": "string"}}, "a", "the value must not be a string"),
    ({"dependentRequired": {"a": ["b"]}}, {"a": 1}, "`b` is missing, because `a` is given"),
    (ADD, {"a": 1}, "`b` is missing; it must be an integer"),
    (ADD, {"a": 1, "b": 2, "bb": 3}, "`bb` is not known; known are `a`, `b`"),
    ({"properties": {"x": False}}, {"x": 1}, "`x` is not allowed"),
    ({"properties": {"x": ADD}}, {"x": {"a": 1}}, "`x.b` is missing; it must be an integer"),
    ({"items": {"items": ADD}}, [[{"a": 1, "b": "2"}]], "`[0][0].b` must be an integer"),
    ({"oneOf": [{"type": "integer"}, {"minimum": 3}]}, 5, "fits more than one of the forms"),
    ({"anyOf": [{"type": "string"}, {"type": "null"}]}, 5, "must be a string or null, not the"),
    ({"anyOf": [{"type": "string"}, ADD]}, {"a": 1}, "`b` is missing; it must be an integer"),
    ({"anyOf": [{"const": "a"}, {"enum": ["b"]}]}, "c", 'must be "a" or "b", not the string "c"'),
]


@pytest.mark.parametrize(("schema", "value", "words"), CASES)
def test_one_cause_gives_one_sentence(schema: Any, value: Any, words: str) -> None:
    (problem,) = compile_schema(schema).problems(value)
    assert words in problem.message


def test_all_problems_come_at_once_with_their_places() -> None:
    problems = compile_schema(ADD).problems({"a": "1", "c": 2, "d": 3})
    assert [(p.path, p.keyword, p.key) for p in problems] == [
        ((), "required", "b"),
        (("a",), "type", None),
        ((), "additionalProperties", "c"),
        ((), "additionalProperties", "d"),
    ]
    assert problems[1].expected == ["integer"]
    assert problems[1].schema_path == ("properties", "a", "type")
    assert problems[2].expected == ["a", "b"]


def test_a_tagged_union_is_explained_by_the_branch_that_was_meant() -> None:
    def tagged(kind: str, **properties: Any) -> Any:
        return {
            "type": "object",
            "properties": {"kind": {"const": kind}, **properties},
            "required": ["kind"],
        }

    schema = {"oneOf": [tagged("a", n={"type": "integer"}), tagged("b", n={"type": "string"})]}
    (problem,) = compile_schema(schema).problems({"kind": "b", "n": 1})
    assert problem.path == ("n",)
    assert problem.schema_path == ("oneOf", 1, "properties", "n", "type")


def test_the_whole_can_be_given_a_name() -> None:
    (problem,) = compile_schema(ADD).problems([], name="the arguments of `add`")
    assert problem.message == "the arguments of `add` must be an object, not an empty array"


def test_a_reference_is_named_by_where_it_leads() -> None:
    schema = {"$defs": {"n": {"type": "integer"}}, "items": {"$ref": "#/$defs/n"}}
    (problem,) = compile_schema(schema).problems(["a"])
    assert problem.schema_path == ("$defs", "n", "type")


def test_a_number_too_long_to_print_is_not_printed() -> None:
    (problem,) = compile_schema({"type": "string"}).problems(10**5000)
    assert problem.message.endswith("not a number with thousands of digits")


def test_an_aside_branch_is_valid_but_never_explained() -> None:
    aside = {"type": "string", "pattern": "^@", "x-aside": True}
    schema = {"$defs": {"ref": aside}, "anyOf": [{"type": "integer"}, {"$ref": "#/$defs/ref"}]}
    validator = compile_schema(schema)
    assert validator("@n")
    (problem,) = validator.problems("3")
    assert (problem.keyword, problem.expected) == ("type", ["integer"])


def test_a_name_or_a_mapping_of_names() -> None:
    names = {"enum": ["red", "green"]}
    schema = {"anyOf": [names, {"type": "object", "propertyNames": names}]}
    validator = compile_schema(schema)
    (problem,) = validator.problems("gren")
    assert (problem.keyword, problem.expected) == ("enum", ["red", "green"])
    (problem,) = validator.problems({"gren": 1})
    assert (problem.keyword, problem.key) == ("propertyNames", "gren")
    (problem,) = validator.problems(3)
    assert problem.message == 'the value must be "red" or "green" or an object, not the number 3'
