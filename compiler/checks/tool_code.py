"""Does a tool's `execute` fit what is declared of it? Pure: facts and a schema in, findings out."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from looplet.compiler.diagnostics import Diagnostic, Rule, Span
from looplet.compiler.python.definitions import entry_point, signature_known, span_of
from looplet.compiler.python.facts import Facts, Function, Parameter
from looplet.compiler.rules import ct4_tools as ct4
from looplet.compiler.suggest import closest

Declared = Callable[[str], tuple[str, Span] | None]
"""Where a parameter is declared: file and span, for a note."""

_CONTEXT: Final = "ctx"
_CONTEXT_LOOKALIKES: Final = {"context", "_ctx", "ctx_", "tool_ctx", "tool_context", "cxt"}
_OPEN_KEYWORDS: Final = {"$ref", "allOf", "anyOf", "oneOf", "patternProperties", "if"}

# What a value of each JSON type may be annotated as.
_FITS: Final = {
    "string": {"str"},
    "integer": {"int", "float"},
    "number": {"int", "float"},
    "boolean": {"bool", "int"},
    "array": {"list", "tuple", "set", "frozenset", "sequence", "iterable", "collection"},
    "object": {"dict", "mapping", "mutablemapping"},
    "null": {"none"},
}
_JUDGED: Final = frozenset().union(*_FITS.values())


def defaults(facts: Facts) -> frozenset[str]:
    """The parameters of `execute` that have a default: in the short form they are optional."""
    found = [each for each in facts["functions"] if each["name"] == "execute"]
    parameters = found[-1]["parameters"] if found else []
    return frozenset(each["name"] for each in parameters if "default_span" in each)


def check_tool(
    path: str,
    facts: Facts,
    schema: Mapping[str, Any] | None,
    *,
    where: str = "tool.yaml",
    inferred: bool = False,
    declared: Declared | None = None,
) -> list[Diagnostic]:
    """The findings on the `execute` in `path`.

    `schema` is the JSON Schema of the parameters, None if it could not be read; `inferred` says
    that its `required` came from the short form and so may follow the function's defaults. `where`
    is how messages call the declaration.
    """
    function, found = entry_point(path, facts, "execute", "a tool")
    if function is None:
        return found
    if function["exits"]:
        exits = function["exits"]
        found.append(ct4.always_fails.at(path, span_of(exits["span"]), what=exits["what"]))
    if signature_known(function):
        found += _Signature(path, function, where, declared).check(schema, inferred)
    return found


class _Signature:
    """The parameters of one `execute`, held against a schema."""

    def __init__(
        self, path: str, function: Function, where: str, declared: Declared | None
    ) -> None:
        self.path = path
        self.function = function
        self.where = where
        self.declared = declared

    def check(self, schema: Mapping[str, Any] | None, inferred: bool) -> list[Diagnostic]:
        named: dict[str, Parameter] = {}
        open_ended = False
        found: list[Diagnostic] = []
        for index, each in enumerate(self.function["parameters"]):
            kind = each["kind"]
            if kind == "args":
                found.append(ct4.star_args.at(self.path, span_of(each["span"]), name=each["name"]))
            elif kind == "kwargs":
                open_ended = True
            elif kind == "positional_only" and not (each["name"] == _CONTEXT and index == 0):
                place = span_of(each["span"])
                found.append(ct4.positional_only.at(self.path, place, name=each["name"]))
                named[each["name"]] = each
            else:
                named[each["name"]] = each
        if schema is None:
            return found
        properties = schema.get("properties", {})
        if not isinstance(properties, Mapping):
            return found
        if _CONTEXT in properties:
            found.append(self.context_declared(named.get(_CONTEXT)))
        own = {name: each for name, each in named.items() if name != _CONTEXT}
        wanted = [name for name in properties if name != _CONTEXT and isinstance(name, str)]
        paired: set[str] = set()
        if not _OPEN_KEYWORDS & schema.keys() and not schema.get("additionalProperties"):
            for name, each in own.items():
                if name not in properties:
                    found.append(self.undeclared(each, [w for w in wanted if w not in own], paired))
        if not open_ended:
            for name in wanted:
                if name not in own and name not in paired:
                    found.append(self.unaccepted(name))
        required = schema.get("required", ())
        required = required if isinstance(required, (list, tuple)) else ()
        for name in wanted:
            if name in own and isinstance(part := properties[name], Mapping):
                found += self.one(own[name], part, name in required, inferred)
        return found

    def notes(self, name: str) -> list[str]:
        """Where the parameter is declared."""
        place = self.declared(name) if self.declared else None
        if place is None:
            return []
        return [f"`{name}` is declared in {place[0]}, line {place[1].start.line}"]

    def context_declared(self, parameter: Parameter | None) -> Diagnostic:
        place = self.declared(_CONTEXT) if self.declared else None
        if place:
            return ct4.ctx_declared.at(*place)
        span = (parameter or self.function)["span"]
        return ct4.ctx_declared.at(self.path, span_of(span))

    def undeclared(self, each: Parameter, free: list[str], paired: set[str]) -> Diagnostic:
        """A parameter that is not declared; if it is a typo of a declared one, those are a pair."""
        near = _CONTEXT if each["name"] in _CONTEXT_LOOKALIKES else closest(each["name"], free)
        notes: list[str] = []
        if near and near != _CONTEXT:
            paired.add(near)
            notes = self.notes(near)
        return ct4.undeclared.at(
            self.path,
            span_of(each["span"]),
            notes=notes,
            name=each["name"],
            where=self.where,
            required=each["required"],
            near=near,
        )

    def unaccepted(self, name: str) -> Diagnostic:
        place = span_of(self.function["span"])
        notes = self.notes(name)
        return ct4.unaccepted.at(
            self.path, place, notes=notes, name=name, where=self.where, near=None
        )

    def one(
        self, each: Parameter, part: Mapping[str, Any], required: bool, inferred: bool
    ) -> list[Diagnostic]:
        """One parameter that both sides have."""
        found: list[Diagnostic] = []
        name, place = each["name"], span_of(each["span"])

        def report(rule: Rule, span: Span = place, **facts: Any) -> None:
            # Where it is declared is looked up here and not before: most parameters are good.
            notes = self.notes(name)
            found.append(
                rule.at(self.path, span, notes=notes, name=name, where=self.where, **facts)
            )

        if each["required"] and not required and "default" not in part and not inferred:
            report(ct4.no_default)
        if not each["required"] and required and not inferred:
            report(ct4.required_default)
        if "default" in each and "default" in part and _differ(each["default"], part["default"]):
            at = span_of(each["default_span"])
            report(ct4.different_default, at, here=each["default"], declared=part["default"])
        annotation, types = each["annotation"], _types(part)
        if annotation and types and _contradicts(annotation, types):
            report(ct4.annotation, annotation=annotation, declared=" or ".join(types))
        return found


def _differ(here: Any, declared: Any) -> bool:
    """Are two defaults different? `None` for a list or mapping is how Python writes a fresh one."""
    if here is None and isinstance(declared, (list, tuple, Mapping)):
        return False
    if isinstance(here, bool) or isinstance(declared, bool):
        return here is not declared
    if isinstance(here, list) and isinstance(declared, (list, tuple)):
        return len(here) != len(declared) or any(map(_differ, here, declared))
    if isinstance(here, dict) and isinstance(declared, Mapping):
        return here.keys() != declared.keys() or any(_differ(here[k], declared[k]) for k in here)
    return bool(here != declared)


def _types(part: Mapping[str, Any]) -> list[str]:
    """The JSON types that a parameter's schema names, if it names only known ones."""
    types = part.get("type")
    listed = [types] if isinstance(types, str) else types
    if not isinstance(listed, (list, tuple)):
        return []
    known = [each for each in listed if isinstance(each, str) and each in _FITS]
    return known if len(known) == len(listed) else []


def _contradicts(annotation: str, types: list[str]) -> bool:
    """Can no value that the schema lets through be of the annotated type? False if unsure."""
    names = _annotated(annotation)
    if not names or not names <= _JUDGED:
        return False
    values = names - {"none"} or names
    return not any(values & _FITS[each] for each in types)


def _annotated(annotation: str) -> set[str]:
    """The plain type names of `int`, `"int | None"`, `list[str]`, in lower case."""
    text = re.sub(r"[\"'\s]", "", annotation)
    wrapped = re.fullmatch(r"(?:typing\.|t\.)?(Optional|Union|Annotated)\[(.*)\]", text)
    if wrapped:
        inner = _split(wrapped[2], ",")
        if wrapped[1] == "Annotated":
            inner = inner[:1]
        extra = {"none"} if wrapped[1] == "Optional" else set()
        return extra.union(*(_annotated(each) for each in inner))
    parts = _split(text, "|")
    if len(parts) > 1:
        return set().union(*(_annotated(each) for each in parts))
    return {text.partition("[")[0].rpartition(".")[2].lower()}


def _split(text: str, mark: str) -> list[str]:
    """Split at a mark that stands in no brackets."""
    parts, depth = [""], 0
    for character in text:
        depth += (character in "[(") - (character in "])")
        if character == mark and depth == 0:
            parts.append("")
        else:
            parts[-1] += character
    return parts
