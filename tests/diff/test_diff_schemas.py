"""What two schemas accept, with a validator as the oracle."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from looplet.compiler.diff.schemas import compare_schemas, effects, fits_givers, fits_takers


def effect(old: Any, new: Any) -> set[str]:
    return set(effects(list(compare_schemas(old, new))))


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ({"type": "integer"}, {"type": "number"}, "wider"),
        ({"type": "number"}, {"type": "integer"}, "narrower"),
        ({"type": "string"}, {"type": ["string", "null"]}, "wider"),
        ({"type": "string"}, {"type": "integer"}, "wider narrower"),
        ({}, {"type": "string"}, "narrower"),
        ({"enum": ["a"]}, {"enum": ["a", "b"]}, "wider"),
        ({"enum": ["a", "b"]}, {"const": "b"}, "narrower"),
        ({"enum": [1]}, {"enum": [1.0]}, ""),
        ({"enum": [1]}, {"enum": [True]}, "wider narrower"),
        ({"maximum": 10}, {"maximum": 100}, "wider"),
        ({"minLength": 1}, {"minLength": 2}, "narrower"),
        ({"minimum": 1}, {}, "wider"),
        ({"pattern": "a"}, {"pattern": "b"}, "unsure"),
        ({}, {"pattern": "b"}, "narrower"),
        ({"multipleOf": 4}, {"multipleOf": 2}, "wider"),
        ({"items": {"maximum": 1}}, {"items": {"maximum": 2}}, "wider"),
        ({"required": ["a"]}, {"required": []}, "wider"),
        ({"anyOf": [{"type": "null"}]}, {"anyOf": [{"type": "null"}, {"const": 1}]}, "wider"),
        ({"allOf": [{"maximum": 1}]}, {"allOf": [{"maximum": 1}, {"minimum": 0}]}, "narrower"),
        ({"additionalProperties": False}, {"additionalProperties": True}, "wider"),
        (
            {"properties": {}, "additionalProperties": False},
            {"properties": {"a": {}}, "additionalProperties": False},
            "wider",
        ),
        ({"properties": {}}, {"properties": {"a": {"type": "string"}}}, "narrower"),
        ({"$ref": "#/$defs/a"}, {"$ref": "#/$defs/b"}, "unsure"),
        ({"description": "a"}, {"description": "b"}, ""),
        ({"maximum": "x"}, {"maximum": 1}, "unsure"),
        (True, {"type": "string"}, "narrower"),
        (False, {}, "wider"),
        (7, {}, "unsure"),
    ],
)
def test_what_a_difference_does(old: Any, new: Any, expected: str) -> None:
    assert effect(old, new) == set(expected.split())


VALUES: list[Any] = [
    *(
        None,
        True,
        False,
        0,
        1,
        2,
        1.5,
        -1,
        4,
        "",
        "a",
        "b",
        "ab",
        [],
        [1],
        ["a"],
        [1, 1],
        [None, 2],
    ),
    *(
        [None, 2],
        {},
        {"a": 1},
        {"b": "a"},
        {"a": "a", "b": None},
        {"c": 1},
        {"a": {"a": 1}},
        [[1], {"a": 2}],
    ),
]
TYPES = ["null", "boolean", "integer", "number", "string", "array", "object"]


def schemas(depth: int = 2) -> st.SearchStrategy[Any]:
    inner = schemas(depth - 1) if depth else st.sampled_from([True, False, {}])
    numbers = st.sampled_from([0, 1, 2, 1.5])
    sizes = st.integers(0, 2)
    names = st.lists(st.sampled_from("abc"), unique=True, max_size=2)
    several = st.lists(inner, min_size=1, max_size=2)
    keywords = {
        "type": st.sampled_from(TYPES) | st.lists(st.sampled_from(TYPES), min_size=1, unique=True),
        "enum": st.lists(st.sampled_from(VALUES), min_size=1, max_size=3),
        "const": st.sampled_from(VALUES),
        **dict.fromkeys(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"), numbers),
        **dict.fromkeys(("minLength", "maxLength", "minItems", "maxItems"), sizes),
        **dict.fromkeys(("minProperties", "maxProperties"), sizes),
        "multipleOf": st.sampled_from([1, 2, 4, 0.5]),
        "uniqueItems": st.booleans(),
        "pattern": st.sampled_from(["a", "b", "^a$"]),
        "required": names,
        "properties": st.dictionaries(st.sampled_from("ab"), inner, max_size=2),
        "patternProperties": st.dictionaries(st.sampled_from("ab"), inner, max_size=1),
        "additionalProperties": inner,
        "propertyNames": inner,
        "items": inner,
        "prefixItems": several,
        "contains": inner,
        "anyOf": several,
        "allOf": several,
        "oneOf": several,
        "not": inner,
        "if": inner,
        "then": inner,
        "dependentRequired": st.dictionaries(st.sampled_from("ab"), names, max_size=1),
        "unevaluatedProperties": st.booleans(),
        "unevaluatedItems": st.booleans(),
        "title": st.sampled_from(["x", "y"]),
        "default": st.sampled_from(VALUES),
    }
    common = ("type", "enum", "properties", "additionalProperties", "required", "minimum", "items")
    chosen = st.lists(st.sampled_from([*keywords, *common, *common]), max_size=3, unique=True)
    return st.booleans() | chosen.flatmap(
        lambda keys: st.fixed_dictionaries({key: keywords[key] for key in keys})
    )


PAIRS = schemas().flatmap(
    lambda one: st.tuples(
        st.just(one),
        # Mostly one keyword apart, as an author's next version is.
        schemas() | schemas(1).map(lambda two: _laid_over(one, two)),
    )
)


def _laid_over(one: Any, two: Any) -> Any:
    return {**one, **two} if isinstance(one, dict) and isinstance(two, dict) else two


@given(PAIRS)
@settings(max_examples=150, deadline=None)
def test_nothing_is_called_compatible_that_is_not(pair: tuple[Any, Any]) -> None:
    old, new = pair
    before, after = Draft202012Validator(old), Draft202012Validator(new)
    found = effects(list(compare_schemas(old, new)))
    refused = [v for v in VALUES if before.is_valid(v) and not after.is_valid(v)]
    gained = [v for v in VALUES if after.is_valid(v) and not before.is_valid(v)]
    if refused:
        assert found & {"narrower", "unsure"}
        assert fits_givers(found) != "yes"
    if gained:
        assert found & {"wider", "unsure"}
        assert fits_takers(found) != "yes"
