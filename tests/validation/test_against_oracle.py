"""The closures and the jsonschema package give the same verdict; so do the explanations."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from looplet.validation import UnsupportedSchema, compile_schema
from looplet.validation.keywords import ARRAY, NUMBER, OBJECT, STRING

names = st.sampled_from(["a", "b", "c", "xy"])
texts = st.sampled_from(["", "a", "b", "xy", "aa", "Éa", "3"])
numbers = st.one_of(
    st.integers(-4, 4),
    st.sampled_from([0.5, 1.0, 2.5, -0.0, 1e15, 10**30, 2**53 + 1, float(2**53)]),
)
scalars = st.one_of(st.none(), st.booleans(), numbers, texts)
json_values = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(names, inner, max_size=4)),
    max_leaves=8,
)
counts = st.integers(0, 3)
bounds = st.sampled_from([-2, 0, 1, 2, 0.5, 2.5])
patterns = st.sampled_from(["^a", "a$", "^[a-b]+$", "x|y", "^x-", "", r"\d", "[$]"])
types = st.sampled_from(["object", "array", "string", "integer", "number", "boolean", "null"])
references = st.sampled_from(["#", "#/$defs/a", "#/$defs/b", "#/$defs/c%25~1"])


def keywords(inner: st.SearchStrategy[Any]) -> dict[str, st.SearchStrategy[Any]]:
    some = st.lists(inner, min_size=1, max_size=3)
    named = st.dictionaries(names, inner, max_size=3)
    unique_names = st.lists(names, max_size=2, unique=True)
    return {
        "type": st.one_of(types, st.lists(types, min_size=1, max_size=3, unique=True)),
        "enum": st.lists(json_values, min_size=1, max_size=4),
        "const": json_values,
        "properties": named,
        "required": unique_names,
        "additionalProperties": inner,
        "patternProperties": st.dictionaries(patterns, inner, max_size=2),
        "propertyNames": inner,
        "minProperties": counts,
        "maxProperties": counts,
        "items": inner,
        "prefixItems": some,
        "minItems": counts,
        "maxItems": counts,
        "uniqueItems": st.booleans(),
        "contains": inner,
        "minContains": counts,
        "maxContains": counts,
        "minimum": bounds,
        "maximum": bounds,
        "exclusiveMinimum": bounds,
        "exclusiveMaximum": bounds,
        "multipleOf": st.sampled_from([1, 2, 3, 0.5]),
        "minLength": counts,
        "maxLength": counts,
        "pattern": patterns,
        "format": st.just("email"),
        "allOf": some,
        "anyOf": some,
        "oneOf": some,
        "not": inner,
        "if": inner,
        "then": inner,
        "else": inner,
        "dependentRequired": st.dictionaries(names, unique_names, max_size=2),
        "dependentSchemas": named,
        "$ref": references,
        "title": st.just("a title"),
        "x-note": json_values,
    }


def objects(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Schemas of one to four keywords; a flat choice of all forty would mostly be empty."""
    table = keywords(inner)
    chosen = st.lists(st.sampled_from(sorted(table)), min_size=1, max_size=4, unique=True)
    return chosen.flatmap(lambda keys: st.fixed_dictionaries({key: table[key] for key in keys}))


subschemas = st.recursive(st.one_of(st.booleans(), objects(st.booleans())), objects, max_leaves=6)


@st.composite
def schemas(draw: st.DrawFn) -> Any:
    schema = draw(objects(subschemas))
    schema["$defs"] = {key: draw(subschemas) for key in ("a", "b", "c%/")}
    return schema


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(schemas(), st.lists(json_values, min_size=1, max_size=5))
def test_same_verdict_as_jsonschema(schema: Any, values: list[Any]) -> None:
    Draft202012Validator.check_schema(schema)
    try:
        validator = compile_schema(schema)
    except UnsupportedSchema as refused:
        assert "without going into the value" in refused.why
        return
    oracle = Draft202012Validator(schema)
    for value in values:
        assert validator(value) is oracle.is_valid(value), (schema, value)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(schemas(), st.lists(json_values, min_size=1, max_size=5))
def test_problems_exist_exactly_for_what_is_refused(schema: Any, values: list[Any]) -> None:
    from looplet.validation.mismatch import _Reasons

    try:
        validator = compile_schema(schema)
    except UnsupportedSchema:
        return
    for value in values:
        reasons = _Reasons(schema, "the value").of(schema, value, (), ())
        assert validator(value) is (not reasons), (schema, value, reasons)
        for problem in validator.problems(value):
            assert reach(value, problem.path), (problem, value)
            assert problem.message


def reach(value: Any, path: tuple[str | int, ...]) -> bool:
    for part in path:
        value = value[part]
    return True


def one_family(*members: str) -> st.SearchStrategy[Any]:
    """Schemas of a few keywords that look at the same type, so that values sit on their edges."""
    table = keywords(st.sampled_from([True, False, {"type": "integer"}, {"minimum": 1}]))
    chosen = st.lists(st.sampled_from(members), min_size=1, max_size=2, unique=True)
    return chosen.flatmap(lambda keys: st.fixed_dictionaries({key: table[key] for key in keys}))


FAMILIES = {
    "number": (one_family("type", "enum", *sorted(NUMBER)), numbers),
    "string": (one_family("type", "const", *sorted(STRING)), texts),
    "array": (
        one_family(*sorted(ARRAY), "minContains", "maxContains", "contains"),
        st.lists(numbers, max_size=4),
    ),
    "object": (
        one_family(*sorted(OBJECT), "dependentSchemas"),
        st.dictionaries(names, numbers, max_size=4),
    ),
}


@pytest.mark.parametrize("family", FAMILIES)
@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_same_verdict_on_the_edges(family: str, data: st.DataObject) -> None:
    schemas_of, values_of = FAMILIES[family]
    schema = data.draw(schemas_of)
    validator, oracle = compile_schema(schema), Draft202012Validator(schema)
    for value in data.draw(st.lists(values_of, min_size=8, max_size=16)):
        assert validator(value) is oracle.is_valid(value), (schema, value)


@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
@given(json_values, json_values)
def test_const_is_json_equality(one: Any, other: Any) -> None:
    assert compile_schema({"const": one})(other) is Draft202012Validator({"const": one}).is_valid(
        other
    )


@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(json_values, max_size=5))
def test_unique_items(items: list[Any]) -> None:
    schema = {"uniqueItems": True}
    assert compile_schema(schema)(items) is Draft202012Validator(schema).is_valid(items)


@pytest.mark.parametrize("value", [(1, 2), ({"a": (1,)},)])
def test_tuples_are_arrays(value: Any) -> None:
    assert compile_schema({"type": "array"})(value)
