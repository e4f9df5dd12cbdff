"""Values and schemas in the words of a finding: YAML's words, where a model would read JSON's."""

from __future__ import annotations

from typing import Any, Final, cast

from looplet.compiler.diagnostics import quote
from looplet.validation.pointers import resolve
from looplet.validation.words import either, literal, quoted

KINDS: Final = {
    "object": "a mapping",
    "array": "a list",
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "`true` or `false`",
    "null": "nothing",
}
_SHAPES: Final = {
    "^[A-Za-z0-9_.-]+$": "letters, digits, `_`, `.` and `-`",
    "^[a-zA-Z0-9_-]{1,64}$": "1 to 64 letters, digits, `_` and `-`",
    "^[A-Za-z_][A-Za-z0-9_]*$": "the name of a Python class",
    "^[A-Za-z_][A-Za-z0-9_-]*$": "a letter or `_`, then letters, digits, `_` and `-`",
    "^(https?://.+|\\$\\{.*)$": "an address that begins with `https://` or `http://`",
    "^[A-Za-z0-9_-]+$": "letters, digits, `_` and `-`",
}


def got(value: object) -> str:
    """A value that was found."""
    if isinstance(value, str):
        return f"the text {quoted(value)}"
    if value is None:
        return "nothing"
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, (list, tuple)):
        return "a list"
    return literal(value)


def one_of_kinds(kinds: list[str]) -> str:
    """The types that a schema names."""
    return either(KINDS[kind] for kind in kinds)


def shape(pattern: object) -> str:
    """What a `pattern` of ours asks for."""
    return _SHAPES.get(str(pattern), f"what matches {quote(pattern)}")


def takes(schema: Any, root: dict[str, Any]) -> str:
    """What fits a schema of ours."""
    if not isinstance(schema, dict):
        return "a value"
    schema = _followed(schema, root)
    if "enum" in schema:
        return either(quote(word) for word in schema["enum"])
    if "const" in schema:
        return literal(schema["const"])
    if "anyOf" in schema:
        parts = [_followed(part, root) for part in schema["anyOf"]]
        return either(takes(part, root) for part in parts if "x-aside" not in part)
    kinds = schema.get("type", [])
    words = one_of_kinds([kinds] if isinstance(kinds, str) else kinds)
    if schema.get("required"):
        words += " with " + ", ".join(quote(key) for key in schema["required"])
    return words or "a value"


def _followed(schema: dict[str, Any], root: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in schema:
        schema = cast("dict[str, Any]", resolve(root, schema["$ref"])[1])
    return schema
