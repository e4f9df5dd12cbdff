"""The schemas themselves: valid, closed, and good to hover over."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from jsonschema import Draft202012Validator

from looplet.compiler.schema import KINDS, WRITTEN, raw_schema
from looplet.validation import compile_schema
from looplet.validation.keywords import subschemas


def parts(kind: str) -> Iterator[tuple[tuple[str | int, ...], dict[str, Any]]]:
    todo: list[tuple[tuple[str | int, ...], Any]] = [((), raw_schema(kind))]
    while todo:
        path, schema = todo.pop()
        if isinstance(schema, dict):
            yield path, schema
            todo += [(path + steps, part) for steps, part in subschemas(schema)]


def properties(kind: str) -> Iterator[tuple[tuple[str | int, ...], dict[str, Any]]]:
    root = raw_schema(kind)
    for path, schema in parts(kind):
        if len(path) > 1 and path[-2] == "properties":
            reference = schema.get("$ref")
            yield path, root["$defs"][reference.rpartition("/")[2]] if reference else schema


def test_valid_under_the_metaschema(kind: str) -> None:
    schema = raw_schema(kind)
    Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["title"] and schema["description"]


def test_every_property_explains_itself(kind: str) -> None:
    for path, schema in properties(kind):
        assert schema.get("description", "").endswith("."), path
        unread = "not run by this loader" in schema["description"] or path[-1] == "$schema"
        inside_unread = "state_services" in path
        assert unread or inside_unread or schema.get("examples"), path


def test_examples_and_defaults_fit(kind: str) -> None:
    root = raw_schema(kind)
    for path, schema in parts(kind):
        validator = compile_schema(root, at=path)
        defaults = [schema["default"]] if "default" in schema else []
        for value in [*schema.get("examples", []), *defaults]:
            assert validator(value), (path, value, validator.problems(value))


def test_a_default_is_also_said_in_words(kind: str) -> None:
    for path, schema in properties(kind):
        default = schema.get("default")
        if isinstance(default, bool):
            default = str(default).lower()
        if default and not isinstance(default, (dict, list)):
            assert str(default) in schema["description"], path


def test_every_mapping_of_keys_is_closed(kind: str) -> None:
    for path, schema in parts(kind):
        if "properties" in schema:
            assert schema.get("additionalProperties") is False, path
    if kind in WRITTEN:
        assert "^x-" in raw_schema(kind)["patternProperties"]


def test_each_is_a_file_of_its_own(kind: str) -> None:
    for _, schema in parts(kind):
        assert schema.get("$ref", "#/$defs/").startswith("#/$defs/")
    assert len({raw_schema(other)["$id"] for other in KINDS}) == len(KINDS)


def test_no_key_belongs_to_both_config_and_runtime() -> None:
    shared = raw_schema("config")["properties"].keys() & raw_schema("runtime")["properties"].keys()
    assert not shared


def test_permission_rules_have_no_free_keys() -> None:
    definitions = raw_schema("config")["$defs"]
    rule = definitions["permission_rule"]["anyOf"][1]
    assert "patternProperties" not in rule
    assert "patternProperties" not in definitions["permissions"]
