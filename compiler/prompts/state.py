"""What holds at one place of a template: what each name is, and what the conditions around say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

from looplet.compiler.prompts.shapes import Shape, either

Path = tuple[str | int, ...]
# What a condition says of a path: it is (or is not) of this kind; "undefined" is one of the kinds.
Fact = tuple[Path, bool, str]

TASK: Final = Shape({"type": ["string", "object"], "additionalProperties": True})
"""A text, of which `goal` is the same text, or a mapping with at least a `goal`."""


class Value(NamedTuple):
    """What an expression gives. `why` says how it can be missing; "" when it can't."""

    shape: Shape
    why: str = ""


class Verdict(NamedTuple):
    """A condition: its own shape, what is known when it is true, and when it is false."""

    shape: Shape
    yes: frozenset[Fact] = frozenset()
    no: frozenset[Fact] = frozenset()


@dataclass(frozen=True)
class State:
    """What holds at one place of the template."""

    names: Mapping[str, Value]
    facts: frozenset[Fact] = frozenset()
    in_loop: bool = False

    def knowing(self, facts: Iterable[Fact]) -> State:
        return replace(self, facts=self.facts | frozenset(facts))

    def having(self, name: str, value: Value) -> State:
        """With a name set; what was known of an older one by that name is forgotten."""
        facts = frozenset(fact for fact in self.facts if fact[0][0] != name)
        return replace(self, names={**self.names, name: value}, facts=facts)

    def meet(self, other: State) -> State:
        """After two branches, one of which was taken."""
        names = {}
        for name in [*self.names, *(name for name in other.names if name not in self.names)]:
            here, there = self.names.get(name), other.names.get(name)
            if here and there:
                names[name] = Value(either(here.shape, there.shape), here.why or there.why)
            else:
                only = here or there
                assert only is not None
                names[name] = Value(only.shape, only.why or "it is set in only one branch")
        return replace(self, names=names, facts=self.facts & other.facts)


def narrowed(value: Value, path: Path, facts: frozenset[Fact]) -> Value:
    kinds = value.shape.kinds
    why = value.why
    for where, positive, kind in facts:
        if where != path:
            continue
        if kind == "undefined":
            why = why if positive else ""
        elif positive:
            kinds, why = kinds & {kind} or kinds, ""
        else:
            kinds = kinds - {kind} or kinds
    if kinds == value.shape.kinds and why == value.why:
        return value
    return Value(value.shape.but(kinds), why)
