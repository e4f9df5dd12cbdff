"""A JSON Schema as a choice between simple ones: no `$ref`, `allOf`, `anyOf` or `oneOf` is left.

Only at the top: what stands in `properties` or `items` stays as it is. Keywords that no grammar
can say are dropped, so a value that fits the schema always fits one of the alternatives.
"""

from __future__ import annotations

from looplet.validation.pointers import resolve

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Final

MAX_ALTERNATIVES: Final = 100
"""Beyond these, a combination is left out: all of them would be a product of products."""

_KEPT: Final = ("properties", "required", "additionalProperties", "prefixItems", "items")
_LARGER: Final = ("minItems", "minLength", "minimum", "exclusiveMinimum")
_SMALLER: Final = ("maxItems", "maxLength", "maximum", "exclusiveMaximum")


def alternatives(schema: Any, root: Any) -> list[dict[str, Any]]:
    """The simple schemas, `type` a set and `enum` a list of values in them; none if nothing fits.

    `root` is what references in `schema` start from. It has to be a schema that looplet compiles.
    """
    if isinstance(schema, bool):
        return [{}] if schema else []
    found = [_simple(schema)]
    if "$ref" in schema:
        found = _both(found, alternatives(resolve(root, schema["$ref"])[1], root))
    for part in schema.get("allOf", ()):
        found = _both(found, alternatives(part, root))
    for keyword in ("anyOf", "oneOf"):
        if keyword in schema:
            found = _both(found, [a for part in schema[keyword] for a in alternatives(part, root)])
    return found


def _simple(schema: dict[str, Any]) -> dict[str, Any]:
    simple: dict[str, Any] = {
        key: schema[key] for key in (*_KEPT, *_LARGER, *_SMALLER) if key in schema
    }
    if "type" in schema:
        given = schema["type"]
        simple["type"] = {given} if isinstance(given, str) else set(given)
        if "number" in simple["type"]:
            simple["type"].add("integer")
    if "enum" in schema:
        simple["enum"] = list(schema["enum"])
    if "const" in schema:
        simple["enum"] = [schema["const"]]
    return simple


def _both(some: list[dict[str, Any]], others: list[dict[str, Any]]) -> list[dict[str, Any]]:
    if len(some) * len(others) > MAX_ALTERNATIVES:
        return some
    pairs = [_merged(one, other) for one in some for other in others]
    return [merged for merged in pairs if merged is not None]


def _merged(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any] | None:
    """A schema for what fits both; None if their types or values rule each other out."""
    merged = {**one, **other}
    for key in one.keys() & other.keys():
        here, there = one[key], other[key]
        if key == "type":
            merged[key] = here & there
        elif key == "enum":
            merged[key] = [item for item in here if item in there]
        elif key == "required":
            merged[key] = [*here, *(name for name in there if name not in here)]
        elif key == "properties":
            merged[key] = here | there
            for name in here.keys() & there.keys():
                merged[key][name] = _all(here[name], there[name])
        elif key in _LARGER:
            merged[key] = max(here, there)
        elif key in _SMALLER:
            merged[key] = min(here, there)
        elif key == "prefixItems":
            merged[key] = max(here, there, key=len)
        else:
            merged[key] = _all(here, there)
    return None if merged.get("type") == set() or merged.get("enum") == [] else merged


def _all(here: Any, there: Any) -> Any:
    if isinstance(here, bool):
        return there if here else False
    if isinstance(there, bool):
        return here if there else False
    return {"allOf": [here, there]}
