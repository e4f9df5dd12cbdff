"""What a name of a Python file stands for, judged from its facts; None where it is not certain."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from looplet.compiler.diagnostics import Diagnostic, Edit, Fix, Span
from looplet.compiler.python.facts import Assigned, Class, Facts, Function, Parameter, Place
from looplet.compiler.rules import ct4_code as ct4
from looplet.compiler.suggest import closest, distance, one_slip

# Decorators that leave a function's parameters as they are.
_TRANSPARENT: Final = {
    *("cache", "lru_cache", "functools.cache", "functools.lru_cache"),
    *("override", "typing.override", "final", "typing.final"),
    *("abstractmethod", "abc.abstractmethod"),
    *("deprecated", "warnings.deprecated", "no_type_check"),
}


def span_of(place: Place) -> Span:
    """A place of the facts as a span."""
    return Span.of(*place)


def word_at(place: Place, text: str, path: str, title: str, *, safe: bool) -> Fix:
    """A fix that writes another word at a place."""
    return Fix(title, safe, (Edit(path, span_of(place), text),))


def defined_function(facts: Facts, name: str) -> Function | None:
    """The function that a name stands for, if it is plainly one."""
    found = [each for each in facts["functions"] if each["name"] == name]
    if len(found) != 1 or found[0]["conditional"]:
        return None
    rebound = facts["assigned"].get(name)
    if rebound and rebound["span"] > found[0]["span"]:
        return None
    return found[0]


def signature_known(function: Function) -> bool:
    """Does calling the function mean its own parameters, or may a decorator have changed them?"""
    return all(each in _TRANSPARENT for each in function["decorators"])


def defined_class(facts: Facts, name: str) -> Class | None:
    """The class that a name stands for, if it is plainly one."""
    found = [each for each in facts["classes"] if each["name"] == name]
    if len(found) != 1 or name in facts["assigned"]:
        return None
    return found[0]


def entry_point(
    path: str, facts: Facts, name: str, role: str
) -> tuple[Function | None, list[Diagnostic]]:
    """The function `name` that makes a file what it is, and what is wrong with its definition.

    None without a finding means that it is there, but what it takes cannot be told.
    """
    if facts["problem"]:
        return None, []
    if name not in facts["names"]:
        return None, [] if facts["open"] else [_missing(path, facts, name, role)]
    function = defined_function(facts, name)
    if function is None:
        found = _other_kind(facts, name)
        if found is None:
            return None, []
        kind, place = found
        return None, [ct4.not_a_function.at(path, span_of(place), function=name, found=kind)]
    if function["is_generator"]:
        return function, [ct4.generator.at(path, span_of(function["span"]), function=name)]
    return function, []


def _missing(path: str, facts: Facts, name: str, role: str) -> Diagnostic:
    near = closest(name, [each["name"] for each in facts["functions"]])
    if near is None:
        return ct4.missing_function.at(path, function=name, role=role, near=None)
    other = next(each for each in facts["functions"] if each["name"] == near)
    fixes = [renamed(path, other, name)]
    place = span_of(other["span"])
    return ct4.missing_function.at(path, place, fixes=fixes, function=name, role=role, near=near)


def misspelt(word: str, candidates: Iterable[str]) -> str | None:
    """The candidate that a word must be a typo of; a merely shorter name is the author's."""
    near = closest(word, candidates)
    return near if near and distance(word.lower(), near.lower(), 2) <= 2 else None


def renamed(path: str, function: Function, name: str) -> Fix:
    """A fix that gives a function another name; safe if nothing else in the file may mean it."""
    title = f"rename `{function['name']}` to `{name}`"
    safe = function["mentions"] == 1 and one_slip(function["name"], name)
    return word_at(function["span"], name, path, title, safe=safe)


def _other_kind(facts: Facts, name: str) -> tuple[str, Place] | None:
    """What a name is that certainly is no function, and where."""
    assigned = facts["assigned"].get(name)
    if assigned is not None:
        if "value" not in assigned or assigned["conditional"]:
            return None
        return kind_of(assigned), assigned["span"]
    named = [each for each in facts["classes"] if each["name"] == name]
    if len(named) == 1 and not any(each["name"] == name for each in facts["functions"]):
        return "a class", named[0]["span"]
    return None


def kind_of(assigned: Assigned) -> str:
    """`a text`, `a number`, …: what an assigned literal is, for a message."""
    if "value" not in assigned:
        return "the result of an expression"
    value = assigned["value"]
    if value is None or isinstance(value, bool):
        return f"`{value}`"
    names = {str: "a text", int: "a number", float: "a number", list: "a list", dict: "a mapping"}
    return names[type(value)]


def misfit(parameters: Iterable[Parameter], fewest: int, most: int) -> str:
    """Why a call with so many positional arguments fails; empty if it does not.

    The caller gives `most` arguments to what takes them, and `fewest` to what takes no more.
    """
    positional = required = 0
    for each in parameters:
        if each["kind"] == "args":
            positional += most
        elif each["kind"] == "keyword" and each["required"]:
            return f"`{each['name']}` can only be given by name"
        elif each["kind"] in ("positional", "positional_only"):
            positional += 1
            required += each["required"]
    if required > most:
        return f"it requires {required} arguments"
    if positional < fewest:
        return f"it takes {'only ' * bool(positional)}{positional or 'none'}"
    return ""


def always_fails(path: str, function: Function, shown: str) -> list[Diagnostic]:
    """A finding if every call of a function that a start needs raises or exits."""
    exits = function["exits"]
    if exits is None:
        return []
    return [ct4.always_fails.at(path, span_of(exits["span"]), function=shown, what=exits["what"])]
