"""What draft-07 spells differently, and what it cannot say."""

from __future__ import annotations

from typing import Any

import pytest
from jsonschema import Draft7Validator, Draft202012Validator

from looplet.compiler.draft7 import DRAFT_7, to_draft7

CASES: list[tuple[Any, Any]] = [
    ({"$defs": {"a": {"$defs": {}}}}, {"definitions": {"a": {"definitions": {}}}}),
    ({"$ref": "#/$defs/a"}, {"$ref": "#/definitions/a"}),
    ({"$ref": "#/$defs/a", "title": "t"}, {"title": "t", "allOf": [{"$ref": "#/definitions/a"}]}),
    (
        {"prefixItems": [{"prefixItems": [True]}], "items": False},
        {"items": [{"items": [True]}], "additionalItems": False},
    ),
    ({"items": {"type": "null"}}, {"items": {"type": "null"}}),
    ({"dependentRequired": {"a": ["b"]}}, {"dependencies": {"a": ["b"]}}),
    ({"dependentSchemas": {"a": False}}, {"dependencies": {"a": False}}),
    (
        {"dependentRequired": {"a": ["b"]}, "dependentSchemas": {"a": False}},
        {"dependencies": {"a": {"allOf": [{"required": ["b"]}, False]}}},
    ),
    ({"contains": True, "minContains": 0}, {}),
    ({"contains": True, "minContains": 1}, {"contains": True}),
    ({"const": {"$defs": 1, "prefixItems": 2}}, {"const": {"$defs": 1, "prefixItems": 2}}),
]


@pytest.mark.parametrize(("schema", "rendered"), CASES)
def test_the_words_of_draft_7(schema: Any, rendered: Any) -> None:
    assert to_draft7(schema) == {"$schema": DRAFT_7, **rendered}


def test_it_is_another_schema_of_another_dialect() -> None:
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": "urn:a"}
    assert to_draft7(schema) == {"$schema": DRAFT_7, "$id": "urn:a:draft-07"}
    assert schema["$id"] == "urn:a"


@pytest.mark.parametrize("bounds", [{"minContains": 2}, {"maxContains": 2}])
def test_what_it_cannot_say_is_refused(bounds: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="cannot count"):
        to_draft7({"contains": True, **bounds})


VALUES: list[Any] = [
    [],
    [1],
    [1, "a"],
    ["a"],
    {},
    {"a": 1},
    {"a": 1, "b": 2},
    {"b": 1},
    3,
    "a",
    None,
]


@pytest.mark.parametrize("schema", [schema for schema, _ in CASES if "$ref" not in schema])
def test_the_verdicts_are_the_same(schema: Any) -> None:
    rendered = to_draft7(schema)
    Draft7Validator.check_schema(rendered)
    for value in VALUES:
        assert Draft7Validator(rendered).is_valid(value) is Draft202012Validator(schema).is_valid(
            value
        )
