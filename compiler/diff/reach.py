"""What the code of two agents can reach, as far as reading it tells: what it gained, and lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from looplet.compiler.capabilities import Capabilities, Reason, inferred
from looplet.compiler.diff.changes import Change, Place
from looplet.compiler.diff.words import count, names, quote
from looplet.compiler.python.facts import facts
from looplet.contents import digests
from looplet.preset import AgentPreset


def compare_reach(
    old: AgentPreset, new: AgentPreset, renamed: Mapping[str, str]
) -> Iterator[Change]:
    """What the code can reach that it could not, and the other way round.

    renamed: the parts (`tools/search`) that have another name, the old one → the new one.
    """
    if _code(old) == _code(new):
        return
    known = _facts()
    before, after = _inferred(old, known), _inferred(new, known)
    yield from _gained(before, after, new, renamed)
    lost = [name for name in before.names if name not in after.names]
    for name in lost:
        message = f"its code no longer reaches {quote(name)}, as far as reading it tells"
        yield Change("capability-lost", ("capabilities", name), message)
    yield from _undecided(before, after, new, renamed)


def _code(preset: AgentPreset) -> tuple[Any, ...]:
    """All that the inference reads."""
    config = preset.config_values
    return digests(preset.files), config.get("mcp_servers"), config.get("builtin_tools")


def _inferred(preset: AgentPreset, known: Callable[[bytes], Mapping[str, Any]]) -> Capabilities:
    files = preset.files
    return inferred(files, preset.config_values, facts=lambda path: known(files[path].data))


def _facts() -> Callable[[bytes], Mapping[str, Any]]:
    """The facts of files by their bytes: most are the same on both sides."""
    known: dict[bytes, Mapping[str, Any]] = {}

    def of(data: bytes) -> Mapping[str, Any]:
        if data not in known:
            known[data] = facts(data)
        return known[data]

    return of


def _gained(
    before: Capabilities, after: Capabilities, new: AgentPreset, renamed: Mapping[str, str]
) -> Iterator[Change]:
    """Capabilities that are new; and of those that are not, who has them now."""
    for name, reasons in after.reached.items():
        had = before.reached.get(name, ())
        parts = {renamed.get(part, part) for reason in had for part in reason.entries}
        ways = {_way(reason, renamed) for reason in had}
        access = {reason.access for reason in had}
        if not had:
            found, how = list(reasons), f"its code reaches {quote(name)} now"
        elif found := [reason for reason in reasons if set(reason.entries) - parts]:
            who = sorted({part for reason in found for part in reason.entries} - parts)
            how = f"{names(who)} can reach {quote(name)} now; before, only others could"
        elif (
            "write" not in access
            and "" not in access
            and any(reason.access != "read" for reason in reasons)
        ):
            found = [reason for reason in reasons if reason.access != "read"]
            how = f"its code can write {quote(name)} now, which it only read"
        else:
            continue
        if fresh := [reason for reason in found if _way(reason, renamed) not in ways] or found:
            yield _change("capability-gained", name, how, fresh, new)


def _undecided(
    before: Capabilities, after: Capabilities, new: AgentPreset, renamed: Mapping[str, str]
) -> Iterator[Change]:
    """Places where it cannot be told what is reached, and where it could be, or nothing was."""
    known = {_way(reason, renamed) for reason in before.undecided}
    if found := [reason for reason in after.undecided if _way(reason, renamed) not in known]:
        places = count(len(found), "more place", "more places")
        how = f"what its code reaches cannot be told in {places}"
        yield _change("capability-undecided", "undecided", how, found, new)


def _way(reason: Reason, renamed: Mapping[str, str]) -> tuple[str, ...]:
    """What a reason is but for its line: code that only moved down reaches no more."""
    path = reason.path
    for folder, now in renamed.items():
        if path.startswith(f"{folder}/") or path == f"{folder}.py":
            path = now + path.removeprefix(folder)
    return reason.what, reason.why, reason.access, path


def _change(kind: str, name: str, message: str, reasons: list[Reason], new: AgentPreset) -> Change:
    first = reasons[0]
    return Change(
        kind,
        ("capabilities", name),
        message,
        notes=tuple(f"{reason.place}: {reason.sentence}" for reason in reasons),
        place=_place(first, new),
    )


def _place(reason: Reason, preset: AgentPreset) -> Place:
    """Where a reason is, in the folder that its file comes from."""
    homes = (layer.place for layer in preset.layers if reason.path in layer.files)
    home = next(homes, "")
    line, column = reason.span[:2] if reason.span else (0, 0)
    return Place("new", f"{home}/{reason.path}" if home else reason.path, line, column)


__all__ = ["compare_reach"]
