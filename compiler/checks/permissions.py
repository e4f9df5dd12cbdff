"""Permission rules: about real tools and real arguments, and never weaker than the parent's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from looplet.compiler import layout
from looplet.compiler.checks.references import open_names, tool_names
from looplet.compiler.checks.tool_schemas import tool_schemas
from looplet.compiler.diagnostics import Diagnostic, Span, quote
from looplet.compiler.resolve import STRICTNESS, Resolved, resolve
from looplet.compiler.rules import ct6_safety as ct6
from looplet.compiler.suggest import closest, correction
from looplet.permissions import EVERY_TOOL
from looplet.preset import canonical_json
from looplet.tools import ELSEWHERE
from looplet.validation.values import TYPES

ORDER = ("deny", "ask", "allow")


def check_permissions(resolved: Resolved) -> Iterator[Diagnostic]:
    """The findings on every layer's rules, against the tools of the whole agent."""
    names = tool_names(resolved)
    schemas = tool_schemas(resolved)
    unsure = open_names(resolved)
    for home in resolved.chain:
        document = home.documents.get(layout.CONFIG)
        permissions = home.value(layout.CONFIG).get("permissions")
        if document is None or not isinstance(permissions, dict):
            continue
        for key in ORDER:
            rules = permissions.get(key)
            for index, rule in enumerate(rules if isinstance(rules, list) else ()):
                path = ("permissions", key, index)
                for found in _rule(document, path, rule, names, schemas, unsure):
                    yield home.located(found)
    yield from _default(resolved)
    yield from _contradictions(resolved)
    yield from _done(resolved)


def _rule(
    document: Any,
    path: tuple[str | int, ...],
    rule: Any,
    names: set[str],
    schemas: Mapping[str, Mapping[str, Any]],
    unsure: bool,
) -> Iterator[Diagnostic]:
    tool = rule.get("tool") if isinstance(rule, dict) else rule
    if not isinstance(tool, str):
        return
    place = (*path, "tool") if isinstance(rule, dict) else path
    if tool == EVERY_TOOL:
        if isinstance(rule, dict) and not unsure and schemas.keys() >= names:
            yield from _nowhere(schemas, document, path, rule)
        return
    if tool not in names:
        near = closest(tool, names)
        if unsure and near is None:
            return
        span = document.span(place)
        fixes = correction(document.path, span, tool, near)
        yield ct6.unknown_tool.at(
            document.path, span, fixes=fixes, name=tool, near=near, tools=sorted(names)
        )
        return
    if not isinstance(rule, dict) or tool not in schemas:
        return
    schema = schemas[tool]
    properties = schema.get("properties")
    properties = properties if isinstance(properties, dict) else {}
    closed = schema.get("additionalProperties", True) is False or bool(properties)
    for how in ("matches", "contains"):
        wanted = rule.get(how)
        for name, value in wanted.items() if isinstance(wanted, dict) else ():
            if name not in properties:
                if not closed and properties == {} and schema.get("additionalProperties", True):
                    continue
                near = closest(name, properties)
                span = document.span((*path, how, name), key=True)
                fixes = correction(document.path, span, name, near)
                yield ct6.unknown_argument.at(
                    document.path,
                    span,
                    fixes=fixes,
                    tool=tool,
                    name=name,
                    near=near,
                    known=list(properties),
                )
            elif why := _never(properties[name], how, value):
                span = document.span((*path, how, name))
                yield ct6.never_matches.at(document.path, span, tool=tool, name=name, why=why)


def _nowhere(
    schemas: Mapping[str, Mapping[str, Any]],
    document: Any,
    path: tuple[str | int, ...],
    rule: dict[str, Any],
) -> Iterator[Diagnostic]:
    """Of a rule about every tool, the arguments that no tool has."""
    known: dict[str, None] = {}
    for schema in schemas.values():
        properties = schema.get("properties")
        if not isinstance(properties, dict) or ELSEWHERE.intersection(schema):
            return
        known.update(dict.fromkeys(properties))
    for how in ("matches", "contains"):
        wanted = rule.get(how)
        for name in wanted if isinstance(wanted, dict) else ():
            if name not in known:
                near = closest(name, known)
                span = document.span((*path, how, name), key=True)
                yield ct6.unknown_argument.at(
                    document.path,
                    span,
                    fixes=correction(document.path, span, name, near),
                    tool=EVERY_TOOL,
                    name=name,
                    near=near,
                    known=list(known),
                )


def _types(types: list[Any]) -> str:
    return " or ".join(quote(kind) for kind in types)


def _never(schema: Any, how: str, value: Any) -> str | None:
    """Why an argument of `schema` can never be, or contain, `value`; None if it can."""
    declared = schema.get("type") if isinstance(schema, dict) else None
    types = [declared] if isinstance(declared, str) else declared
    if not isinstance(types, list) or not all(str(kind) in TYPES for kind in types):
        return None
    if how == "contains":
        return (
            None
            if {"string", "array"} & set(types)
            else f"is of type {_types(types)}, never a text"
        )
    if isinstance(value, str) and "${" in value:
        return None
    found = {
        bool: {"boolean"},
        int: {"integer", "number"},
        float: {"number"} | ({"integer"} if value == value // 1 else set())
        if isinstance(value, float)
        else set(),
        str: {"string"},
        type(None): {"null"},
        list: {"array"},
        dict: {"object"},
    }.get(type(value), set())
    if not found & set(types):
        return f"is of type {_types(types)}, never `{canonical_json(value)}`"
    choices = schema.get("enum")
    if isinstance(choices, list) and value not in choices:
        return f"is one of {canonical_json(choices)}, never `{canonical_json(value)}`"
    return None


def _default(resolved: Resolved) -> Iterator[Diagnostic]:
    for home in resolved.chain:
        if home.parent is None:
            return
        inherited = resolve(home.parent).config.get("permissions")
        own = home.value(layout.CONFIG).get("permissions")
        if not isinstance(inherited, dict) or not isinstance(own, dict):
            continue
        above, here = inherited.get("default"), own.get("default")
        document = home.documents.get(layout.CONFIG)
        if above in STRICTNESS and here in STRICTNESS and STRICTNESS[here] < STRICTNESS[above]:
            span = document.span(("permissions", "default")) if document else None
            yield home.located(ct6.weaker.at(layout.CONFIG, span, default=here, parent=above))


def _contradictions(resolved: Resolved) -> Iterator[Diagnostic]:
    permissions = resolved.config.get("permissions")
    if not isinstance(permissions, dict):
        return
    seen: dict[str, str] = {}
    for key in ORDER:
        rules = permissions.get(key)
        for rule in rules if isinstance(rules, list) else ():
            bare = (
                {k: v for k, v in rule.items() if k != "reason"} if isinstance(rule, dict) else rule
            )
            plain = bare["tool"] if isinstance(bare, dict) and set(bare) == {"tool"} else bare
            spelt = canonical_json(plain)
            if seen.setdefault(spelt, key) != key:
                path, span = _place(resolved, key, rule)
                name = plain if isinstance(plain, str) else spelt
                yield ct6.contradiction.at(path, span, name=name, winner=seen[spelt], loser=key)


def _done(resolved: Resolved) -> Iterator[Diagnostic]:
    permissions = resolved.config.get("permissions")
    done = resolved.config.get("done_tool", "done")
    denied = permissions.get("deny") if isinstance(permissions, dict) else None
    for rule in denied if isinstance(denied, list) else ():
        plain = (
            rule.get("tool") if isinstance(rule, dict) and set(rule) <= {"tool", "reason"} else rule
        )
        if plain in (done, EVERY_TOOL):
            path, span = _place(resolved, "deny", rule)
            yield ct6.done_denied.at(path, span, name=done)
            return


def _place(resolved: Resolved, key: str, rule: Any) -> tuple[str, Span | None]:
    """Where a rule of the merged permissions stands: in which folder's list, and where in it."""
    spelt = canonical_json(rule)
    for home in resolved.chain:
        permissions = home.value(layout.CONFIG).get("permissions")
        rules = permissions.get(key) if isinstance(permissions, dict) else None
        for index, written in enumerate(rules if isinstance(rules, list) else ()):
            document = home.documents.get(layout.CONFIG)
            if document is not None and canonical_json(written) == spelt:
                path = f"{home.place}/{layout.CONFIG}" if home.place else layout.CONFIG
                return path, document.span(("permissions", key, index))
    return layout.CONFIG, None
