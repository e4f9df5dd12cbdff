"""The JSON Schemas that an author writes: `parameters`, `output_schema` and `inputs`.

Whether each is a schema that looplet understands, down to misspelt keywords (which JSON Schema
itself ignores), references, patterns and defaults. A good one is walked once.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

from looplet.compiler.diagnostics import Diagnostic, Edit, Fix, Span
from looplet.compiler.parameters import is_short_form
from looplet.compiler.rules import ct2_author_schemas as ct2
from looplet.compiler.schema_words import got
from looplet.compiler.suggest import closest
from looplet.compiler.syntax import Document
from looplet.compiler.text.respell import Path, correct_value, rename_key, replace_value, written
from looplet.validation import UnsupportedSchema, compile_schema, faults_of
from looplet.validation.keywords import KEYWORDS, subschemas
from looplet.validation.values import TYPES, searcher
from looplet.validation.words import place

ALIASES: Final = {
    "str": "string",
    "text": "string",
    "int": "integer",
    "float": "number",
    "double": "number",
    "bool": "boolean",
    "list": "array",
    "tuple": "array",
    "dict": "object",
    "map": "object",
    "None": "null",
    "none": "null",
}
INSTEAD: Final = {
    "unevaluatedProperties": "`additionalProperties`",
    "unevaluatedItems": "`items`",
    "additionalItems": "`prefixItems` for the first items and `items` for the rest",
    "dependencies": "`dependentRequired` or `dependentSchemas`",
    "$anchor": "`$ref` with a path such as `#/$defs/name`",
    "$dynamicRef": "`$ref`",
    "$dynamicAnchor": "`$defs`",
    "$recursiveRef": "`$ref`",
    "$vocabulary": "nothing",
    "nullable": '`type: [string, "null"]`',
    "discriminator": "`oneOf` with a `const` in each branch",
    "example": "`examples`, a list",
    "id": "`$id`",
}


def check_schemas_in(kind: str, document: Document) -> list[Diagnostic]:
    """The findings on every schema that a document of this kind holds."""
    value = document.value
    if not isinstance(value, dict):
        return []
    if kind == "tool":
        return [
            *check_parameters(document, ("parameters",)),
            *check_schema(document, ("output_schema",)),
        ]
    if kind == "config" and isinstance(value.get("inputs"), dict):
        return [
            found for name in value["inputs"] for found in check_schema(document, ("inputs", name))
        ]
    return []


def check_schema(document: Document, path: Path) -> list[Diagnostic]:
    """The findings on the schema at `path`; none if nothing, or no mapping, stands there."""
    schema = _value(document, path)
    return _Schema(document, path, schema).check() if isinstance(schema, dict) else []


def check_parameters(document: Document, path: Path = ("parameters",)) -> list[Diagnostic]:
    """The findings on a tool's parameters, in either form; where no mapping stands, none."""
    value = _value(document, path)
    if not isinstance(value, dict):
        return []
    if is_short_form(value):
        whole = {"type": "object", "properties": value}
        return _Schema(document, path, whole, short=True).check()
    schema = _Schema(document, path, value)
    return [*schema.object_type(), *schema.required(), *schema.check()]


def _value(document: Document, path: Path) -> Any:
    value = document.value
    for step in path:
        if not isinstance(value, (dict, list)):
            return None
        try:
            value = value[step]  # type: ignore[index]
        except (LookupError, TypeError):
            return None
    return value


class _Schema:
    """One schema at `path` of a document. `short`: only its `properties` are written there."""

    def __init__(
        self, document: Document, path: Path, schema: dict[str, Any], short: bool = False
    ) -> None:
        self.document = document
        self.path = path
        self.schema = schema
        self.short = short

    def written_at(self, path: Path) -> Path:
        """Where in the document a part of the schema is written."""
        return self.path + (path[1:] if self.short and path[:1] == ("properties",) else path)

    def part(self, path: Path) -> Any:
        part: Any = self.schema
        for step in path:
            part = part[step]
        return part

    def name(self, path: Path) -> str:
        return place(self.written_at(path), "").strip("`")

    def check(self) -> list[Diagnostic]:
        faults = faults_of(self.schema)
        found = [self.fault(fault) for fault in faults]
        # Below a faulty schema a default can't be judged.
        broken = {fault.path for fault in faults}
        for path, part in _defaults((), self.schema):
            if not any(path[: len(bad)] == bad or bad[: len(path)] == path for bad in broken):
                found += self.default(path, part["default"])
        return found

    # ── what the parameters of a tool need besides ────────────────────────────────────────────

    def object_type(self) -> Iterator[Diagnostic]:
        kind = self.schema.get("type")
        if kind is None and not self.schema.keys() & {"$ref", "allOf", "anyOf", "oneOf"}:
            span = self.document.span(self.path, key=True)
            yield ct2.no_object_type.at(self.document.path, span, fixes=self.insert_type())
        elif kind not in (None, "object") and (isinstance(kind, list) or str(kind) in TYPES):
            span = self.document.span((*self.path, "type"))
            words = f"`type: {kind}`" if isinstance(kind, str) else "of several types"
            yield ct2.parameters_not_an_object.at(self.document.path, span, got=words)

    def insert_type(self) -> tuple[Fix, ...]:
        """`type: object` before the first key, on a line of its own or inside the braces."""
        first = next(iter(self.schema), None)
        _, home, steps = self.document.locate(self.path)
        if first is None or steps < len(self.path) or home.alias:
            return ()
        start = self.document.span((*self.path, first), key=True).start
        if self.document.language == "json":
            text = '"type": "object", '
        else:
            text = "type: object, " if home.flow else "type: object\n" + " " * (start.column - 1)
        edit = Edit(self.document.path, Span(start, start), text)
        return (Fix("add type: object", True, (edit,)),)

    def required(self) -> Iterator[Diagnostic]:
        properties, names = self.schema.get("properties", {}), self.schema.get("required")
        open_keys = {"$ref", "allOf", "anyOf", "oneOf", "patternProperties"}
        if not isinstance(properties, dict) or not isinstance(names, list):
            return
        if self.schema.keys() & open_keys or self.schema.get("additionalProperties"):
            return
        for index, name in enumerate(names):
            if isinstance(name, str) and name not in properties:
                path = (*self.path, "required", index)
                near = closest(name, [key for key in properties if key not in names])
                fixes = correct_value(self.document, path, name, near) if near else ()
                # Which of the two is the typo, only the function could tell.
                fixes = tuple(replace(fix, safe=False) for fix in fixes)
                span = self.document.span(path)
                yield ct2.required_not_declared.at(
                    self.document.path, span, fixes=fixes, key=name, near=near
                )

    # ── one fault ─────────────────────────────────────────────────────────────────────────────

    def fault(self, fault: UnsupportedSchema) -> Diagnostic:
        file, keyword, where = self.document.path, fault.keyword, self.name(fault.path)
        here = self.written_at(fault.path)
        part = self.part(fault.path)
        if keyword is None:
            return self.no_schema(here, part, where, fault.why)
        path = (*here, keyword)
        value = part[keyword]
        if keyword not in KEYWORDS:
            span = self.document.span(path, key=True)
            if keyword in INSTEAD:
                return ct2.unsupported_keyword.at(
                    file, span, keyword=keyword, where=where, instead=INSTEAD[keyword]
                )
            near = closest(keyword, [word for word in KEYWORDS if word not in part])
            fixes = rename_key(self.document, path, near) if near else ()
            return ct2.unknown_keyword.at(
                file, span, fixes=fixes, keyword=keyword, where=where, near=near
            )
        span = self.document.span(path)
        if keyword == "$ref" and isinstance(value, str):
            return ct2.bad_reference.at(file, span, reference=value, where=where, why=fault.why)
        if keyword == "pattern" and isinstance(value, str):
            return ct2.bad_pattern.at(file, span, pattern=value, where=where, why=fault.why)
        if keyword == "patternProperties" and isinstance(value, dict):
            for pattern in value:
                if not _is_pattern(pattern):
                    span = self.document.span((*path, pattern), key=True)
                    return ct2.bad_pattern.at(
                        file, span, pattern=pattern, where=where, why=fault.why
                    )
        notes, fixes = [], ()
        if keyword == "type" and isinstance(value, str):
            near = ALIASES.get(value) or closest(value, TYPES)
            if near:
                title = f"write {near}"
                raw = written(self.document, path) or ""
                text = f'"{near}"' if raw.startswith('"') else near
                fixes = replace_value(self.document, path, title, text)
                notes.append(f"did you mean `{near}`?")
        if keyword == "required" and isinstance(value, bool):
            notes.append(
                "a parameter is required unless it has a `default`; in the long form `required` is"
                " a list of names beside `properties`"
            )
        return ct2.bad_keyword_value.at(
            file, span, notes=notes, fixes=fixes, keyword=keyword, where=where, why=fault.why
        )

    def no_schema(self, here: Path, part: Any, where: str, why: str) -> Diagnostic:
        file, span = self.document.path, self.document.span(here)
        if isinstance(part, (dict, bool)):  # a schema, and yet refused: it is too deep
            key = str(here[-1]) if here else "the schema"
            return ct2.bad_keyword_value.at(file, span, keyword=key, where="", why=why)
        kind = ALIASES.get(part, part) if isinstance(part, str) else None
        fixes: tuple[Fix, ...] = ()
        write = "{type: string}"
        if kind in TYPES:
            json = self.document.language == "json"
            text = f'{{"type": "{kind}"}}' if json else f"{{type: {kind}}}"
            write = f"{{type: {kind}}}"
            fixes = replace_value(self.document, here, "make it a schema", text)
        elif isinstance(part, str):
            write = "{type: string, description: …}"
        return ct2.not_a_schema.at(file, span, fixes=fixes, where=where, got=got(part), write=write)

    def default(self, path: Path, value: Any) -> Iterator[Diagnostic]:
        try:
            problems = compile_schema(self.schema, at=path).problems(value, name="it")
        except UnsupportedSchema:
            return
        for problem in problems[:1]:
            here = self.written_at(path)
            span = self.document.span((*here, "default", *problem.path))
            why = problem.message
            yield ct2.bad_default.at(self.document.path, span, where=self.name(path), why=why)


def _is_pattern(pattern: str) -> bool:
    try:
        return bool(searcher(pattern))
    except ValueError:
        return False


def _defaults(path: Path, schema: object) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Every schema with a `default`, from the outside in."""
    todo: list[tuple[Path, object]] = [(path, schema)]
    while todo:
        path, schema = todo.pop()
        if isinstance(schema, dict):
            if "default" in schema:
                yield path, schema
            todo.extend((path + steps, part) for steps, part in subschemas(schema))
