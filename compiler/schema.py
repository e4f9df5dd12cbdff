"""The schema pass: a document against the JSON Schema of its kind, every mistake at once.

A good document costs microseconds: the compiled schema says yes and nothing else is asked. A bad
one is read again, slowly, to say what is wrong where (`mismatches`). What a file refers to, in
other files, is no concern of this pass.
"""

from __future__ import annotations

import json
from functools import cache
from importlib import import_module
from typing import Any, Final

from looplet.compiler.diagnostics import Diagnostic
from looplet.compiler.layout import Kind
from looplet.compiler.rules import ct2_schema as ct2
from looplet.compiler.syntax import Document
from looplet.link.limits import NO_EFFECT, NOT_RUN
from looplet.validation import Validator, compile_schema

WRITTEN: Final[tuple[Kind, ...]] = ("cartridge", "config", "runtime", "tool", "hook", "eval-case")
"""The kinds of files that people write."""

KINDS: Final[tuple[Kind, ...]] = (*WRITTEN, "lock")
"""All of which there is a schema."""

_OUTSIDE: Final = "hooks outside of the process"
_NOT_RUN: Final[dict[str, dict[str, str]]] = {
    "config": {"state_services": "state services", "llm_gateway": "a gateway to the model"},
    "hook": dict.fromkeys(("kind", "server", "command", "view", "on_failure"), _OUTSIDE),
}


@cache
def raw_schema(kind: str) -> dict[str, Any]:
    """The JSON Schema of a kind of file, as it ships; don't change it."""
    folders = import_module("looplet.schema").__path__
    for folder in folders:
        try:
            with open(f"{folder}/{kind}.schema.json", encoding="utf-8") as file:
                schema: dict[str, Any] = json.load(file)
                return schema
        except FileNotFoundError:
            continue
    raise FileNotFoundError(f"{kind}.schema.json is missing from the installation of looplet")


@cache
def schema_for(kind: str) -> Validator:
    """The schema of a kind of file, compiled."""
    return compile_schema(raw_schema(kind))


def check_document(kind: str, document: Document) -> list[Diagnostic]:
    """Everything that is wrong with `document` as a file of this kind."""
    value = document.value
    if value is None and document.language == "yaml":
        value = {}  # an empty file says nothing, which is allowed where nothing has to be said
    validator = schema_for(kind)
    found: list[Diagnostic] = []
    if not validator(value):
        from looplet.compiler.mismatches import Mismatches

        found = Mismatches(kind, document, raw_schema(kind)).word(validator.problems(value))
    if "${py:" in document.text:
        found += _python_in_values(document)
    if isinstance(value, dict):
        found += _not_run(kind, document, value) or ([] if found else _not_yet(document, value))
    return found


def _python_in_values(document: Document) -> list[Diagnostic]:
    """`${py:…}`, with which version 1 put Python expressions into values."""
    instead = 'build the value in `resources/<name>.py` and write `"@name"`'
    found: list[Diagnostic] = []
    todo: list[tuple[tuple[str | int, ...], Any]] = [((), document.value)]
    while todo:
        path, value = todo.pop()
        if isinstance(value, str) and "${py:" in value and path:
            span = document.span(path)
            found.append(
                ct2.word_of_version_1.at(document.path, span, word="${py:…}", instead=instead)
            )
        elif isinstance(value, dict):
            todo.extend(((*path, key), item) for key, item in value.items())
        elif isinstance(value, list):
            todo.extend(((*path, index), item) for index, item in enumerate(value))
    return found


def _not_run(kind: str, document: Document, value: dict[str, Any]) -> list[Diagnostic]:
    """What is written well and still can't be had here."""
    if kind == "cartridge":
        language = value.get("language", "python")
        if language == "python" or not isinstance(language, str):
            return []
        what = "code in other languages than Python"
        span = document.span(("language",))
        return [ct2.not_run_here.at(document.path, span, word=language, what=what)]
    words = _NOT_RUN.get(kind)
    if words is None or words.keys().isdisjoint(value):
        return []
    asked = [key for key in words if key in value and value[key] is not False]
    if kind == "hook":
        if value.get("enabled") is False or value.get("kind", "lep") != "lep":
            return []
        asked = asked[:1]  # the words of one hook say one thing
    file = document.path
    return [
        ct2.not_run_here.at(file, document.span((key,), key=True), word=key, what=words[key])
        for key in asked
    ]


def _not_yet(document: Document, value: dict[str, Any]) -> list[Diagnostic]:
    """Keys that say something which this version refuses to run without, or passes over."""
    file = document.path
    refused = [key for key in NOT_RUN.get(file, ()) if value.get(key)]
    passed = [key for key in NO_EFFECT.get(file, ()) if value.get(key)]
    return [
        rule.at(file, document.span((key,), key=True), word=key)
        for rule, keys in ((ct2.not_run_yet, refused), (ct2.no_effect_yet, passed))
        for key in keys
    ]


__all__ = ["KINDS", "WRITTEN", "check_document", "raw_schema", "schema_for"]
