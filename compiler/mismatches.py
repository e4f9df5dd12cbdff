"""The problems of a document with its schema, as findings at their places, with fixes."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Any, Final

from looplet.compiler import scopes
from looplet.compiler.diagnostics import Diagnostic, Fix, quote
from looplet.compiler.rules import ct2_schema as ct2
from looplet.compiler.schema_words import got, one_of_kinds, shape, takes
from looplet.compiler.suggest import closest
from looplet.compiler.syntax import Document
from looplet.compiler.text.respell import Path, correct_value, rename_key, replace_value, written
from looplet.validation import Problem
from looplet.validation.words import literal, place

MOST: Final = 200
TRUTHS: Final = {
    **dict.fromkeys(("yes", "y", "on", "true"), "true"),
    **dict.fromkeys(("no", "n", "off", "false"), "false"),
}
_INTEGER: Final = re.compile(r"[-+]?(?:0|[1-9][0-9]{0,17})\Z")
_NUMBER: Final = re.compile(r"[-+]?(?:0|[1-9][0-9]{0,17})(?:\.[0-9]{1,18})?\Z")
_NO_ITEMS: Final = frozenset(("yes", "no", "on", "off", "true", "false", "none", "null", "~"))
_ONE_WORD: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_./-]*\Z")


class Mismatches:
    """Words the problems of one document of a kind whose schema is `schema`."""

    def __init__(self, kind: str, document: Document, schema: dict[str, Any]) -> None:
        self.kind = kind
        self.document = document
        self.path = document.path
        self.schema = schema
        self.file = scopes.FILES[kind]

    def word(self, problems: Iterable[Problem]) -> list[Diagnostic]:
        """One finding a problem, without those that only follow from another.

        After `MOST`, the file is something else altogether, and a count of the rest has to do.
        """
        problems = list(problems)
        problems, left = problems[:MOST], len(problems) - MOST
        oversized = [p.path for p in problems if p.keyword == "maxProperties"]
        near = {id(p): self.near(p) for p in problems if p.keyword == "additionalProperties"}
        misspelt = {(p.path, near[id(p)]) for p in problems if id(p) in near}
        found: list[Diagnostic] = []
        for problem in problems:
            if problem.keyword == "required" and (problem.path, problem.key) in misspelt:
                continue
            if any(_follows(problem, path) for path in oversized):
                continue
            if problem.keyword == "additionalProperties":
                found.append(self.unknown(problem, near[id(problem)]))
            else:
                found.append(self.one(problem))
        if left > 0:
            note = f"there are {left} more such mistakes in this file"
            found[-1] = replace(found[-1], notes=(*found[-1].notes, note))
        return found

    def value(self, path: Path) -> Any:
        value = self.document.value
        for step in path:
            value = value[step]
        return value

    def part(self, problem: Problem) -> Any:
        """The part of the schema that refuses."""
        part: Any = self.schema
        for step in problem.schema_path[:-1]:
            part = part[step]
        return part

    # ── keys ──────────────────────────────────────────────────────────────────────────────────

    def near(self, problem: Problem) -> str | None:
        """The key of the same mapping that was probably meant."""
        key = str(problem.key)
        if not problem.path and (self.kind, key) in scopes.SYNONYMS:
            return scopes.SYNONYMS[self.kind, key]
        known, present = _texts(problem.expected), self.value(problem.path)
        return closest(key, [k for k in known if k not in present]) or closest(key, known)

    def unknown(self, problem: Problem, near: str | None) -> Diagnostic:
        key, path = str(problem.key), problem.path
        span = self.document.span((*path, key), key=True)
        if not path and (self.kind, key) in scopes.VERSION_1:
            instead = scopes.VERSION_1[self.kind, key]
            return ct2.word_of_version_1.at(self.path, span, word=key, instead=instead)
        belongs = scopes.place_of(self.kind, key, path)
        moved = scopes.MOVED.get((self.kind, key)) if not path else None
        if moved or (belongs and belongs.file and not path):
            to = moved or belongs.words  # type: ignore[union-attr]
            return ct2.key_of_another_file.at(self.path, span, key=key, here=self.file, place=to)
        scope = ""
        fixes: tuple[Fix, ...] = ()
        if belongs:
            near, scope = None, belongs.words
        elif near and near not in self.value(path):
            fixes = rename_key(self.document, (*path, key), near)
        elif not near and (elsewhere := scopes.near_elsewhere(self.kind, key, path)):
            near, scope = elsewhere
        where, known = _where(path), _texts(problem.expected)
        return ct2.unknown_key.at(
            self.path, span, fixes=fixes, key=key, where=where, near=near, scope=scope, known=known
        )

    def missing(self, problem: Problem) -> Diagnostic:
        key, path = str(problem.key), problem.path
        part = self.part(problem).get("properties", {}).get(key, {})
        notes = [part["description"]] if "description" in part else []
        span = self.document.span(path, key=bool(path) and isinstance(path[-1], str))
        what = takes(part, self.schema)
        return ct2.missing_key.at(
            self.path, span, notes=notes, key=key, where=_where(path), what=what
        )

    def bad_name(self, problem: Problem) -> Diagnostic:
        """A key that may be chosen, but not like this."""
        key, path = str(problem.key), problem.path
        span = self.document.span((*path, key), key=True)
        if not isinstance(problem.expected, list):
            name = f"a name in {quote(_where(path))}"
            words = shape(problem.expected)
            return ct2.malformed_name.at(self.path, span, what=name, got=got(key), shape=words)
        allowed = _texts(problem.expected)
        near = closest(key, allowed)
        fixes = rename_key(self.document, (*path, key), near) if near else ()
        return ct2.not_one_of.at(
            self.path,
            span,
            fixes=fixes,
            where=_where(path),
            allowed=allowed,
            got=got(key),
            near=near,
        )

    # ── values ────────────────────────────────────────────────────────────────────────────────

    def one(self, problem: Problem) -> Diagnostic:
        keyword, path = problem.keyword, problem.path
        if keyword in ("required", "dependentRequired"):
            return self.missing(problem)
        if keyword == "propertyNames":
            return self.bad_name(problem)
        value, where = self.value(path), _where(path)
        span = self.document.span(path)
        if keyword in ("type", "anyOf", "oneOf", "const", "enum"):
            if value is None and path:
                span = self.document.span(path, key=isinstance(path[-1], str))
                words = self.expected(problem)
                needed = self.needed(problem)
                return ct2.no_value.at(self.path, span, where=where, expected=words, needed=needed)
            if keyword in ("const", "enum"):
                return self.wrong_word(problem, value)
            return self.wrong_type(problem, value)
        if keyword == "pattern":
            words = shape(problem.expected)
            name = quote(where)
            return ct2.malformed_name.at(self.path, span, what=name, got=got(value), shape=words)
        if keyword == "uniqueItems":
            index, item = next((i, item) for i, item in enumerate(value) if item in value[:i])
            span = self.document.span((*path, index))
            return ct2.repeated_item.at(self.path, span, where=where, item=got(item))
        why = problem.message.removeprefix(place(path, "the value")).lstrip()
        why = why.replace("1 property", "1 key").replace("properties", "keys")
        notes = []
        if path[:1] == ("builtin_hooks",) and keyword == "maxProperties":
            notes.append("write one item for each hook: `- stagnation: {threshold: 4}`")
        return ct2.out_of_range.at(
            self.path, span, notes=notes, where=where or self.file.strip("`"), why=why
        )

    def needed(self, problem: Problem) -> bool:
        """Whether the key that a problem is about must be there."""
        owner: Any = self.schema
        for step in problem.schema_path[:-3]:
            owner = owner[step]
        required = owner.get("required") if isinstance(owner, dict) else None
        return isinstance(required, list) and problem.path[-1] in required

    def expected(self, problem: Problem) -> str:
        if problem.keyword == "type" and isinstance(problem.expected, list):
            return one_of_kinds(problem.expected)
        return takes(self.part(problem), self.schema)

    def wrong_type(self, problem: Problem, value: Any) -> Diagnostic:
        path, where = problem.path, _where(problem.path)
        span = self.document.span(path)
        if not path:
            return ct2.wrong_top_level.at(self.path, span, file=self.file, got=got(value))
        kinds = _texts(problem.expected)
        if kinds == ["boolean"] and isinstance(value, (str, int, float)):
            truth = TRUTHS.get(str(value).lower())
            fixes = replace_value(self.document, path, f"write {truth}", truth) if truth else ()
            return ct2.odd_boolean.at(
                self.path, span, fixes=fixes, where=where, got=got(value), value=truth
            )
        notes = []
        if path == ("extends",) and isinstance(value, list):
            notes.append("a cartridge has one parent, which may have a parent itself")
        fixes = self.retyped(path, value, kinds) if problem.keyword == "type" else ()
        words = self.expected(problem)
        return ct2.wrong_type.at(
            self.path, span, notes=notes, fixes=fixes, where=where, expected=words, got=got(value)
        )

    def retyped(self, path: Path, value: Any, kinds: list[str]) -> tuple[Fix, ...]:
        """The same value, spelt so that it has the type asked for."""
        raw = written(self.document, path)
        if raw is None or isinstance(value, bool):
            return ()
        if isinstance(value, str):
            number = _INTEGER if kinds == ["integer"] else _NUMBER
            if kinds in (["integer"], ["number"]) and number.match(value.strip()):
                text = value.strip().removeprefix("+")
                return replace_value(self.document, path, "write the number", text)
            if kinds == ["array"] and _ONE_WORD.match(value):
                # What is allowed is not guessed at, and `no` is no item of any list.
                safe = path != ("permissions", "allow") and value.lower() not in _NO_ITEMS
                return replace_value(self.document, path, "make it a list", f"[{raw}]", safe)
        elif kinds == ["string"]:
            return replace_value(self.document, path, "quote it", f'"{raw}"')
        return ()

    def wrong_word(self, problem: Problem, value: Any) -> Diagnostic:
        path = problem.path
        span = self.document.span(path)
        if self.kind == "cartridge" and path == ("schema_version",):
            if value > 2:
                return ct2.format_too_new.at(self.path, span, version=literal(value))
            word, instead = "schema_version: 1", "write 2 when the files are those of version 2"
            if value == 1:
                return ct2.word_of_version_1.at(self.path, span, word=word, instead=instead)
        allowed = _texts(problem.expected)
        near = closest(value, allowed) if isinstance(value, str) else None
        fixes = correct_value(self.document, path, value, near) if near else ()
        notes = []
        if self.kind == "hook" and path == ("kind",):
            notes.append("leave `kind` out for a hook that is a Python class")
        where, found = _where(path), got(value)
        return ct2.not_one_of.at(
            self.path,
            span,
            notes=notes,
            fixes=fixes,
            where=where,
            allowed=allowed,
            got=found,
            near=near,
        )


def _where(path: Path) -> str:
    return place(path, "").strip("`")


def _texts(value: object) -> list[str]:
    return [str(item) for item in value] if isinstance(value, list) else []


def _follows(problem: Problem, oversized: Path) -> bool:
    """Whether a problem lies in a mapping of several keys where one belongs."""
    inside = problem.path[: len(oversized)] == oversized
    return inside and (problem.path != oversized or problem.keyword == "propertyNames")
