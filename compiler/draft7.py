"""A schema of draft 2020-12 in the words of draft-07, which most editors read.

Only spelling changes: `$defs`, tuples, dependencies and contains bounds have other names there, and
beside `$ref` draft-07 ignores everything, so such a schema goes into an `allOf`. What draft-07
cannot say (`minContains` above 1, `maxContains`) is refused.
"""

from __future__ import annotations

from typing import Any, Final

from looplet.validation.keywords import subschemas

DRAFT_7: Final = "http://json-schema.org/draft-07/schema#"


def to_draft7(schema: dict[str, Any]) -> dict[str, Any]:
    """The draft-07 rendering of `schema`; raises ValueError for what draft-07 has no words for."""
    rendered = _render(schema)
    # An `$id` names one schema; this is another.
    identity = {"$id": f"{rendered.pop('$id')}:draft-07"} if "$id" in rendered else {}
    rendered.pop("$schema", None)
    return {"$schema": DRAFT_7, **identity, **rendered}


def _render(schema: Any) -> Any:
    if not isinstance(schema, dict):
        return schema
    made = dict(schema)
    for steps, part in subschemas(schema):
        home = made
        for step in steps[:-1]:
            if home[step] is schema[step]:
                home[step] = type(schema[step])(schema[step])
            home = home[step]
        home[steps[-1]] = _render(part)
    if "$defs" in made:
        made["definitions"] = {**made.get("definitions", {}), **made.pop("$defs")}
    if "prefixItems" in made:
        if "items" in made:
            made["additionalItems"] = made.pop("items")
        made["items"] = made.pop("prefixItems")
    _render_contains(made)
    needs = {**made.pop("dependentSchemas", {})}
    for key, names in made.pop("dependentRequired", {}).items():
        needs[key] = {"allOf": [{"required": names}, needs[key]]} if key in needs else names
    if needs:
        made["dependencies"] = needs
    if "$ref" in made:
        made["$ref"] = made["$ref"].replace("#/$defs/", "#/definitions/")
        if len(made) > 1:
            made["allOf"] = [{"$ref": made.pop("$ref")}, *made.get("allOf", [])]
    return made


def _render_contains(made: dict[str, Any]) -> None:
    low, high = made.pop("minContains", 1), made.pop("maxContains", None)
    if "contains" not in made:
        return
    if low > 1 or high is not None:
        raise ValueError("draft-07 cannot count what an array contains")
    if low == 0:
        del made["contains"]
