"""Permissions compared by what they decide, not by how they are written.

Widened means: some call is decided more laxly than before. It is never missed; where it cannot be
told before a run, that is said instead. A tool that was renamed is compared with what it was.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from looplet.compiler.diff.calls import (
    LISTS,
    Budget,
    Laxer,
    Rules,
    Undecided,
    condition,
    laxer_call,
)
from looplet.compiler.diff.changes import ABSENT, Change, Keys, same
from looplet.compiler.diff.words import names, quote, shown, turned
from looplet.permissions import EVERY_TOOL, PermissionEngine, Rule
from looplet.preset import AgentPreset, canonical_json
from looplet.references import references_in

_BLOCK: Final[Keys] = ("config", "permissions")
_REST: Final = ""
"""In place of a name: every tool that no rule names."""


class _Side(NamedTuple):
    """One agent's permissions. open: the tools for which they depend on a run's inputs."""

    engine: PermissionEngine
    rules: Rules
    open: frozenset[str]

    def is_open(self, tool: str) -> bool:
        return tool in self.open or EVERY_TOOL in self.open


def compare_permissions(
    old: AgentPreset, new: AgentPreset, renamed: Mapping[str, str]
) -> Iterator[Change]:
    """What the permissions of two agents decide otherwise. renamed: tools, old name → new."""
    before, after = (one.config_values.get("permissions", ABSENT) for one in (old, new))
    blocks_alike = same(before, after)
    done_alike = same(old.config_values["done_tool"], new.config_values["done_tool"])
    if (blocks_alike and done_alike and not renamed) or before is after is ABSENT:
        return
    keys = _keys(before, after)
    try:
        sides = _side(old), _side(new)
    except ValueError as error:
        if not (blocks_alike and done_alike):
            yield _change("permissions-undecided", keys, f"they cannot be read: {error}")
        return
    found = [*_decided(*sides, renamed, keys), *_reasons(*sides)]
    yield from found
    if not found and not blocks_alike:
        yield _change("permissions-rewritten", keys, "every call is decided as before")


def _change(kind: str, keys: Keys, message: str, **parts: Any) -> Change:
    return Change(kind, keys, message, covers=(_BLOCK,), **parts)


def _keys(before: Any, after: Any) -> Keys:
    """The one part of the block that differs, or the block."""
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        differ = [
            key
            for key in sorted({*before, *after})
            if not same(before.get(key, ABSENT), after.get(key, ABSENT))
        ]
        if len(differ) == 1:
            return (*_BLOCK, differ[0])
    return _BLOCK


def _side(preset: AgentPreset) -> _Side:
    """Raises ValueError for a block that the engine does not take."""
    block = preset.config_values.get("permissions") or {}
    done = preset.config_values["done_tool"]
    if not isinstance(done, str):
        raise ValueError(f"done_tool is a tool's name, not {shown(done)}")
    engine = PermissionEngine.from_config(block, done)
    rules = [rule for key in LISTS for rule in getattr(engine, key)]
    unsure = {rule.tool for rule in rules if _refers([rule.matches, rule.contains])}
    return _Side(engine, Rules(engine), frozenset(unsure))


def _refers(value: Any) -> bool:
    """Whether something in `value` is put there when a run starts."""
    if isinstance(value, str):
        return value.startswith("@") or bool(references_in(value))
    if isinstance(value, Mapping):
        return any(map(_refers, value.values()))
    return isinstance(value, (list, tuple)) and any(map(_refers, value))


# ── what is decided ───────────────────────────────────────────────────────────────────────────────


def _decided(old: _Side, new: _Side, renamed: Mapping[str, str], keys: Keys) -> Iterator[Change]:
    """What is wider, what is narrower, and what cannot be told, alike tools together."""
    groups: dict[tuple[Any, ...], list[str]] = {}
    laxer: dict[tuple[Any, ...], Laxer] = {}
    undecided: dict[str, list[str]] = {}
    budget = Budget()
    for tool, now in _tools(old.engine, new.engine, renamed):
        if old.rules.spelt(tool) == new.rules.spelt(now):
            continue
        found: dict[str, Laxer | None] = {}
        try:
            found["widened"] = laxer_call(old.rules, new.rules, tool, now, budget)
            found["narrowed"] = laxer_call(new.rules, old.rules, now, tool, budget)
        except Undecided as error:
            undecided.setdefault(str(error), []).append(now)
        else:
            if not found["widened"] and (old.is_open(tool) or new.is_open(now)):
                undecided.setdefault("a rule depends on what a caller gives", []).append(now)
        for kind, one in found.items():
            if one:
                key = (kind, one.before, one.after, *_arguments(one))
                groups.setdefault(key, []).append(now)
                laxer[key] = one
    for key, tools in groups.items():
        yield _group(key[0], laxer[key], tools, keys, _rules(old, new, tools, renamed))
    for why, tools in undecided.items():
        message = f"{_subject(tools)}: {why}, so whether more is allowed is not known"
        notes = _rules(old, new, tools, renamed)
        yield _change("permissions-undecided", keys, message, notes=notes)


def _tools(
    old: PermissionEngine, new: PermissionEngine, renamed: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    """The tools to compare, each with its old and its new name: every one that is named somewhere,
    and one for all others, which are treated alike."""
    named = {rule.tool for side in (old, new) for key in LISTS for rule in getattr(side, key)} - {
        EVERY_TOOL
    }
    named |= {old.done_tool, new.done_tool}
    for tool in sorted(named - {*renamed} - {*renamed.values()}):
        yield tool, tool
    yield from sorted(renamed.items())
    yield _REST, _REST


def _group(kind: str, found: Laxer, tools: list[str], keys: Keys, notes: tuple[str, ...]) -> Change:
    before, after = found.before, found.after
    if kind == "narrowed":
        before, after = after, before
    example = _example(found)
    message = f"{_subject(tools)}{example}: {before} → {after}"
    return _change(f"permissions-{kind}", keys, message, old=before, new=after, notes=notes)


def _subject(tools: list[str]) -> str:
    listed = [tool for tool in tools if tool != _REST]
    rest = "every tool that no rule names" if _REST in tools else ""
    return " and ".join(part for part in (names(listed), rest) if part)


def _arguments(found: Laxer) -> tuple[str, ...]:
    """The arguments that the decision depends on, as a reader is shown them."""
    return tuple(
        f"{name} = {shown(found.call.args[name])}" if name in found.call.args else f"no {name}"
        for name in found.named
    )


def _example(found: Laxer) -> str:
    arguments = ", ".join(_arguments(found))
    return f" with {quote(arguments, 200)}" if arguments else ""


def _rules(
    old: _Side, new: _Side, tools: Iterable[str], renamed: Mapping[str, str]
) -> tuple[str, ...]:
    """The rules about these tools that are on one side only, a line each."""
    earlier = {now: tool for tool, now in renamed.items()}
    lines: dict[str, None] = {}
    if old.engine.default != new.engine.default:
        lines[f"default: {turned(old.engine.default, new.engine.default)}"] = None
    for tool in tools:
        before = old.rules.about(earlier.get(tool, tool))
        after = new.rules.about(tool)
        for key in LISTS:
            gone, come = before[key], after[key]
            for spelt in gone.keys() - come.keys():
                lines[f"gone: {key} {_entry(gone[spelt])}"] = None
            for spelt in come.keys() - gone.keys():
                lines[f"new: {key} {_entry(come[spelt])}"] = None
    return tuple(sorted(lines))


def _entry(rule: Rule) -> str:
    """A rule as a reader is shown it."""
    conditions = [f"{name} = {shown(value)}" for name, value in rule.matches.items()]
    conditions += [f"{shown(text)} in {name}" for name, text in rule.contains.items()]
    tool = "every tool" if rule.tool == EVERY_TOOL else rule.tool
    return f"{tool} where {' and '.join(conditions)}" if conditions else tool


# ── what is said ──────────────────────────────────────────────────────────────────────────────────


def _reasons(old: _Side, new: _Side) -> Iterator[Change]:
    """Rules that are on both sides and give another reason, which the model or a person reads."""
    for key in LISTS:
        before, after = (_by_condition(getattr(side.engine, key)) for side in (old, new))
        for spelt, rule in after.items():
            if spelt in before and before[spelt].reason != rule.reason:
                yield _change(
                    "permission-reason-changed",
                    (*_BLOCK, key),
                    f"{key} {_entry(rule)}: {turned(before[spelt].reason, rule.reason)}",
                    old=before[spelt].reason,
                    new=rule.reason,
                )


def _by_condition(rules: Iterable[Rule]) -> dict[str, Rule]:
    return {canonical_json([rule.tool, condition(rule)]): rule for rule in rules}


__all__ = ["compare_permissions"]
