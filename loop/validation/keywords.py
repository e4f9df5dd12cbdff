"""The keywords understood, and what the value of each must look like. Knows no closures."""

from __future__ import annotations

from looplet.validation import values

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Path = tuple[str | int, ...]

DIALECTS = (
    "https://json-schema.org/draft/2020-12/schema",
    "https://json-schema.org/draft/2019-09/schema",
    "http://json-schema.org/draft-07/schema",
)
"""Accepted as `$schema`: within the keywords below they say the same."""

KEYWORDS: dict[str, str] = {
    "$schema": "dialect",
    "$id": "string",
    "$comment": "string",
    "$ref": "reference",
    "$defs": "map of schemas",
    "definitions": "map of schemas",
    "type": "type",
    "enum": "array",
    "const": "anything",
    "allOf": "list of schemas",
    "anyOf": "list of schemas",
    "oneOf": "list of schemas",
    "not": "schema",
    "if": "schema",
    "then": "schema",
    "else": "schema",
    "properties": "map of schemas",
    "patternProperties": "map of schemas",
    "additionalProperties": "schema",
    "propertyNames": "schema",
    "required": "names",
    "minProperties": "count",
    "maxProperties": "count",
    "dependentRequired": "map of names",
    "dependentSchemas": "map of schemas",
    "prefixItems": "list of schemas",
    "items": "schema",
    "contains": "schema",
    "minContains": "count",
    "maxContains": "count",
    "minItems": "count",
    "maxItems": "count",
    "uniqueItems": "boolean",
    "minimum": "number",
    "maximum": "number",
    "exclusiveMinimum": "number",
    "exclusiveMaximum": "number",
    "multipleOf": "positive number",
    "minLength": "count",
    "maxLength": "count",
    "pattern": "pattern",
    "format": "string",
    "title": "string",
    "description": "string",
    "default": "anything",
    "examples": "array",
    "deprecated": "boolean",
    "readOnly": "boolean",
    "writeOnly": "boolean",
    "contentEncoding": "string",
    "contentMediaType": "string",
    "contentSchema": "schema",
}
"""Every keyword understood, and the shape of its value. Keys that start with `x-` are free."""

OBJECT = frozenset(
    (
        "required",
        "properties",
        "patternProperties",
        "additionalProperties",
        "propertyNames",
        "minProperties",
        "maxProperties",
        "dependentRequired",
    )
)
ARRAY = frozenset(("prefixItems", "items", "contains", "minItems", "maxItems", "uniqueItems"))
STRING = frozenset(("minLength", "maxLength", "pattern"))
COMBINED = frozenset(
    ("$ref", "allOf", "anyOf", "oneOf", "not", "if", "then", "else", "dependentSchemas")
)
BOUNDS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf")
NUMBER = frozenset(BOUNDS)


def _anything(value: object) -> bool:
    return True


def _is_count(value: object) -> bool:
    return isinstance(value, (int, float)) and values.is_integer(value) and value >= 0


def _is_positive(value: object) -> bool:
    return isinstance(value, (int, float)) and values.is_number(value) and value > 0


def _is_names(value: object) -> bool:
    return (
        isinstance(value, (list, tuple))
        and all([isinstance(item, str) for item in value])
        and values.all_different(value)
    )


def _is_type(value: object) -> bool:
    if isinstance(value, (list, tuple)):
        return bool(value) and _is_names(value) and all([item in values.TYPES for item in value])
    return isinstance(value, str) and value in values.TYPES


def _is_dialect(value: object) -> bool:
    return isinstance(value, str) and value.rstrip("#") in DIALECTS


def _is_schema(value: object) -> bool:
    return isinstance(value, (dict, bool))


def _is_schema_list(value: object) -> bool:
    return isinstance(value, (list, tuple)) and len(value) > 0


def _is_map(value: object) -> bool:
    return isinstance(value, dict) and all([isinstance(key, str) for key in value])


def _is_map_of_names(value: object) -> bool:
    return isinstance(value, dict) and all([_is_names(names) for names in value.values()])


SHAPES: dict[str, tuple[Callable[[object], bool], str]] = {
    "anything": (_anything, "anything"),
    "array": (values.is_array, "an array"),
    "boolean": (values.is_boolean, "`true` or `false`"),
    "count": (_is_count, "a whole number, zero or more"),
    "dialect": (_is_dialect, f"`{DIALECTS[0]}`"),
    "list of schemas": (_is_schema_list, "an array of one or more schemas"),
    "map of names": (_is_map_of_names, "an object whose values are arrays of property names"),
    "map of schemas": (_is_map, "an object whose values are schemas"),
    "names": (_is_names, "an array of property names, each given once"),
    "number": (values.is_number, "a number"),
    "pattern": (values.is_string, "a regular expression"),
    "positive number": (_is_positive, "a number above zero"),
    "reference": (values.is_string, "a string such as `#/$defs/name`"),
    "schema": (_is_schema, "a schema: an object, `true` or `false`"),
    "string": (values.is_string, "a string"),
    "type": (_is_type, "one or more of " + ", ".join(f"`{name}`" for name in values.TYPES)),
}
"""What the value of a keyword of each shape must be: a test and its words."""


def subschemas(schema: dict[str, object]) -> Iterator[tuple[Path, object]]:
    """The schemas right inside a schema, each with the path that leads to it."""
    for keyword, value in schema.items():
        shape = KEYWORDS.get(keyword)
        if shape == "map of schemas" and isinstance(value, dict):
            for name, part in value.items():
                yield (keyword, name), part
        elif shape == "list of schemas" and isinstance(value, (list, tuple)):
            for index, part in enumerate(value):
                yield (keyword, index), part
        elif shape == "schema" and isinstance(value, dict):
            yield (keyword,), value
