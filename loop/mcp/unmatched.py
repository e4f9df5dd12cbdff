"""A server's schema without its regular expressions.

To match a text with an expression that a stranger wrote can take for ever, and no clock of ours
stops it. So the model is told of the expression in words, and the server, which is the one to
know, matches. What is left accepts all that the whole schema accepts, and more.
"""

from __future__ import annotations

from typing import Any, Final

from looplet.validation.keywords import KEYWORDS

_NARROWS: Final = {"not", "if", "then", "else", "contains", "minContains", "maxContains"}
"""A part of these that accepts more makes the whole accept less: they go, too."""

_PATTERNS: Final = {"patternProperties", "propertyNames"}


def without_patterns(schema: Any) -> Any:
    """schema: one in which an expression may stand anywhere, behind a `$ref` too."""
    if not isinstance(schema, dict):
        return schema
    kept: dict[str, Any] = {}
    for keyword, value in schema.items():
        shape = KEYWORDS.get(keyword)
        if keyword == "pattern" or keyword in _NARROWS or keyword in _PATTERNS:
            continue
        if keyword == "additionalProperties" and "patternProperties" in schema:
            continue  # it would be asked of what an expression allows
        if shape == "map of schemas" and isinstance(value, dict):
            value = {name: without_patterns(part) for name, part in value.items()}
        elif shape == "list of schemas" and isinstance(value, list):
            value = [without_patterns(part) for part in value]
        elif shape == "schema":
            value = without_patterns(value)
        kept[keyword] = value
    if "oneOf" in kept:  # of two that were told apart by an expression, both may fit now
        kept["allOf"] = [*kept.get("allOf", ()), {"anyOf": kept.pop("oneOf")}]
    if isinstance(pattern := schema.get("pattern"), str):
        said = str(schema.get("description") or "").strip()
        kept["description"] = f"{said} Matches the regular expression {pattern}".strip()
    return kept


__all__ = ["without_patterns"]
