"""Calls that show whether one set of permissions is laxer than another.

Permissions are rules, each a conjunction of conditions on single arguments: it equals a value, or a
text is in it. If any call at all is decided more laxly, then so is one of the few that are made
here: take what made the old rules strict (a rule, or the default) and what makes the new ones lax;
give the arguments that these two name the least values that meet their conditions, and every other
argument one that no rule is about. Whatever rule holds for such a call holds for every other call
that meets the two as well. So a handful of calls decides about all of them, and each is an example
that a reader understands.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import product
from typing import Any, Final, NamedTuple

from looplet.permissions import EVERY_TOOL, PermissionEngine, Rule
from looplet.preset import canonical_json
from looplet.types import ToolCall

STRICTNESS: Final = {"allow": 0, "ask": 1, "deny": 2}
LISTS: Final = ("deny", "ask", "allow")
MOST_CHECKS: Final = 3_000_000
"""After so many looks at rules, in one comparison, the rest is not known, and said to be."""
_MOST_SPELLINGS: Final = 16


class Laxer(NamedTuple):
    """A call that is decided more laxly now. named: the arguments that this depends on; those that
    are not in the call are left out of it."""

    call: ToolCall
    named: tuple[str, ...]
    before: str
    after: str


class Undecided(Exception):
    """There are too many cases to look at."""


class Budget:
    """How much may still be looked at. Raises Undecided when it is used up."""

    def __init__(self, left: int = MOST_CHECKS) -> None:
        self.left = left

    def spend(self, checks: int) -> None:
        self.left -= checks
        if self.left < 0:
            raise Undecided("there are too many cases")


class Rules:
    """The rules of one engine, by list, tool and condition; what is said twice is there once."""

    def __init__(self, engine: PermissionEngine) -> None:
        self.engine = engine
        self._lists: dict[str, dict[str, dict[str, Rule]]] = {key: {} for key in LISTS}
        for key in LISTS:
            for rule in getattr(engine, key):
                self._lists[key].setdefault(rule.tool, {}).setdefault(condition(rule), rule)

    def about(self, tool: str) -> dict[str, dict[str, Rule]]:
        """The rules that can be about `tool`, by list and condition."""
        return {
            key: {**by_tool.get(EVERY_TOOL, {}), **by_tool.get(tool, {})}
            for key, by_tool in self._lists.items()
        }

    def engine_of(self, tool: str) -> PermissionEngine:
        """The engine with only those rules."""
        lists = {key: list(rules.values()) for key, rules in self.about(tool).items()}
        return PermissionEngine(self.engine.default, done_tool=self.engine.done_tool, **lists)

    def spelt(self, tool: str) -> tuple[object, ...]:
        """All that decides about a tool: where it is spelt alike, every call is decided alike."""
        conditions = (rules.keys() for rules in self.about(tool).values())
        return (self.engine.default, tool == self.engine.done_tool, *map(set, conditions))


def laxer_call(
    old: Rules,
    new: Rules,
    tool: str,
    new_tool: str | None = None,
    budget: Budget | None = None,
) -> Laxer | None:
    """A call of `tool` that `new` decides more laxly than `old`; None if there is none.

    new_tool: what the tool is called in `new`. Raises Undecided.
    """
    budget = budget or Budget()
    now_called = tool if new_tool is None else new_tool
    before, after = old.engine_of(tool), new.engine_of(now_called)
    cost = 1 + sum(len(getattr(side, key)) for side in (before, after) for key in LISTS)
    found: Laxer | None = None
    for call, named in _calls(old.about(tool), new.about(now_called), tool):
        try:
            budget.spend(cost)
        except Undecided:
            if found:
                return found
            raise
        there = ToolCall(now_called, call.args, metadata=call.metadata)
        was, now = before.evaluate(call)[0], after.evaluate(there)[0]
        if STRICTNESS[now] < STRICTNESS[was]:
            laxer = Laxer(there, named, was, now)
            if (was, now) == ("deny", "allow"):
                return laxer
            found = found or laxer  # a larger step, if there is one, is the better example
    return found


def condition(rule: Rule) -> str:
    """What a rule asks of a call: one spelling for equal conditions, whatever the tool's name."""
    return canonical_json([rule.tool == EVERY_TOOL, rule.matches, rule.contains])


def _calls(
    before: Mapping[str, Mapping[str, Rule]], after: Mapping[str, Mapping[str, Rule]], tool: str
) -> Iterator[tuple[ToolCall, tuple[str, ...]]]:
    values = _Values(
        [rule for side in (before, after) for key in LISTS for rule in side[key].values()]
    )
    # Where a rule holds that is still there, the new side is as strict: it proves nothing.
    strict = [rule for spelt, rule in before["deny"].items() if spelt not in after["deny"]]
    strict += [
        rule
        for spelt, rule in before["ask"].items()
        if spelt not in after["deny"] and spelt not in after["ask"]
    ]
    loose = [*after["ask"].values(), *after["allow"].values()]
    for held in [*_short_first(strict), None]:
        for lax in [None, *_short_first(loose)]:
            yield from values.calls(tool, [rule for rule in (held, lax) if rule])


def _short_first(rules: Iterable[Rule]) -> list[Rule]:
    return sorted(rules, key=lambda rule: len(rule.matches) + len(rule.contains))


class _LeftOut(NamedTuple):
    """In place of an argument that a call does not give. filled: the function may have a value."""

    filled: bool


class _Values:
    """The least values of arguments, given all that the rules of both sides look for."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        matched = [value for rule in rules for value in rule.matches.values()]
        texts = [text for rule in rules for text in rule.contains.values()]
        taken = "".join([*texts, canonical_json(matched)])
        # Between texts this makes sure that nothing is found that is in none of them.
        marks = (" ", ";", "|", *map(chr, range(0xE000, 0xF8FF)))
        between = next((mark for mark in marks if mark not in taken), None)
        if between is None:
            raise Undecided("the rules look for very many characters")
        self.between = between
        self.neutral: Any = []
        while any(_alike(self.neutral, value) for value in matched):
            self.neutral = [self.neutral]
        self.names = tuple(dict.fromkeys(name for rule in rules for name in _names(rule)))

    def calls(self, tool: str, rules: Sequence[Rule]) -> Iterator[tuple[ToolCall, tuple[str, ...]]]:
        """Calls for which all of `rules` hold, if there can be any, with the arguments named."""
        named = tuple(dict.fromkeys(name for rule in rules for name in _names(rule)))
        rest = {name: self.neutral for name in self.names if name not in named}
        for chosen in product(*[list(self._values(name, rules)) for name in named]):
            given = {n: value for n, value in zip(named, chosen, strict=True)}
            args = {n: value for n, value in given.items() if not isinstance(value, _LeftOut)}
            filled = [n for n, value in given.items() if value == _LeftOut(True)]
            yield ToolCall(tool, {**args, **rest}, metadata={"left_out": filled}), named

    def _values(self, name: str, rules: Sequence[Rule]) -> Iterator[Any]:
        """The values worth trying for one argument, those that read well first."""
        matches = [rule.matches[name] for rule in rules if name in rule.matches]
        texts = list(dict.fromkeys(rule.contains[name] for rule in rules if name in rule.contains))
        if texts:
            yield self.between.join(texts)
        for value in matches:
            yield from _spellings(value)
        if texts:
            # Least of all: a text that equals no value, and a list, which no `allow` looks into.
            yield f"{self.between}{self.between.join(texts)}{self.between}"
            yield [self.between, *texts]
        yield _LeftOut(True)
        yield _LeftOut(False)


def _names(rule: Rule) -> Iterator[str]:
    yield from rule.matches
    yield from rule.contains


def _alike(one: Any, two: Any) -> bool:
    """Whether an argument that is the one matches the other."""
    return Rule("x", {"value": two}).holds(ToolCall("x", {"value": one}), when_unsure=False)


def _spellings(value: Any) -> Iterator[Any]:
    """Equal values that read otherwise as text: 1 and 1.0. Raises Undecided for very many."""
    if isinstance(value, (list, tuple)):
        yield from map(list, product(*_bounded(value)))
    elif isinstance(value, dict):
        for chosen in product(*_bounded(value.values())):
            yield dict(zip(value, chosen, strict=True))
    elif type(value) in (int, float):
        yield value
        yield from _other_spellings(value)
    else:
        yield value


def _other_spellings(value: int | float) -> Iterator[int | float]:
    if isinstance(value, float):
        if value.is_integer():
            yield int(value)
    else:
        try:
            if float(value) == value:
                yield float(value)
        except OverflowError:
            pass
    if value == 0:
        yield from (0.0, -0.0)


def _bounded(values: Iterable[Any]) -> list[list[Any]]:
    found = [list(_spellings(value)) for value in values]
    count = 1
    for each in found:
        count *= len(each)
    if count > _MOST_SPELLINGS:
        raise Undecided("a rule matches a value with very many numbers")
    return found


__all__ = [
    "LISTS",
    "MOST_CHECKS",
    "STRICTNESS",
    "Budget",
    "Laxer",
    "Rules",
    "Undecided",
    "condition",
    "laxer_call",
]
