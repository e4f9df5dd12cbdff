"""The two ways to write a tool's parameters, and the one JSON Schema that both stand for.

Short form: parameter name → JSON Schema.

    parameters:
      path: {type: string}
      limit: {type: integer, default: 50}

Long form: the JSON Schema of the whole, taken word for word.

    parameters:
      type: object
      properties: {path: {type: string}, limit: {type: integer, default: 50}}
      required: [path]
"""

from __future__ import annotations

from collections.abc import Set
from typing import Any


def is_short_form(value: Any) -> bool:
    """Whether `value`, what stands under `parameters`, is the short form; nothing at all is.

    A mapping is the long form if, and only if, one of these holds: `type` is a text or a list;
    `properties` is a mapping that holds only mappings, `true` and `false`; `required`, `allOf`,
    `anyOf` or `oneOf` is a list; a key begins with `$`. None of them can be said of parameters that
    merely have these names: then the value is a schema, which is a mapping, and the schema of a
    parameter called `properties` holds a text such as `type: object`.
    """
    if not isinstance(value, dict):
        return value is None
    if isinstance(value.get("type"), (str, list, tuple)):
        return False
    properties = value.get("properties")
    if isinstance(properties, dict) and all(
        isinstance(schema, (dict, bool)) for schema in properties.values()
    ):
        return False
    if any(isinstance(value.get(key), (list, tuple)) for key in _LISTS):
        return False
    return not any(isinstance(key, str) and key.startswith("$") for key in value)


_LISTS = ("required", "allOf", "anyOf", "oneOf")


def normalise_parameters(value: Any, defaulted: Set[str] = frozenset()) -> dict[str, Any]:
    """The JSON Schema of the parameters written as `value`; never fails, whatever it is.

    The long form comes back as it was written. In the short form a parameter is required unless its
    schema has a `default` or it is one of `defaulted`, for which the function has one. Whether
    unknown arguments are refused is left to the loop, which knows if the function takes any.
    """
    if isinstance(value, dict) and not is_short_form(value):
        return value
    properties = dict(value) if isinstance(value, dict) else {}
    schema: dict[str, Any] = {"type": "object", "properties": properties}
    required = [
        name
        for name, part in properties.items()
        if not (isinstance(part, dict) and "default" in part) and name not in defaulted
    ]
    return schema | ({"required": required} if required else {})
