"""A change between two agents, as frozen data, and the table of the kinds there are.

Nothing here knows how a change is found or shown.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal, NamedTuple

from looplet.compiler.diff.textdiff import TextDiff
from looplet.preset import canonical_json

Severity = Literal["risk", "behaviour", "info"]
Verdict = Literal["identical", "same-meaning", "different"]
Keys = tuple[str, ...]
"""The way to a value in `AgentPreset.values()`: `("tools", "search", "description")`."""

SEVERITIES: Final[tuple[Severity, ...]] = ("risk", "behaviour", "info")


class Kind(NamedTuple):
    """How much a kind of change matters to a reviewer, and what it says."""

    severity: Severity
    meaning: str


def _kinds(severity: Severity, **meanings: str) -> dict[str, Kind]:
    return {name.replace("_", "-"): Kind(severity, meaning) for name, meaning in meanings.items()}


KINDS: Final[Mapping[str, Kind]] = {
    **_kinds(
        "risk",
        permissions_widened="A call is decided more laxly: denied before, asked or allowed now.",
        permissions_undecided="Whether a call is decided more laxly depends on what is not known.",
        tool_added="The agent has a tool more.",
        parameter_added="A tool takes an argument more.",
        parameter_widened="An argument may be what it could not be before.",
        parameter_changed="An argument's schema changed, and not only to something narrower.",
        builtin_tool_added="A tool that looplet brings along was switched on.",
        builtin_tool_changed="A built-in tool has other settings: folders, agents, limits.",
        agent_added="An agent nested in this one is new.",
        server_added="A server of tools is new: a program that is started, or an address.",
        server_changed="What is started, with which surroundings, or reached, is another thing.",
        server_tools_widened="More of a server's tools can be called.",
        provider_changed="Another company or machine gets to read the conversation.",
        limit_raised="The agent may take more steps, tokens, money or time.",
        limit_changed="A limit changed, and by how much is not known before a run.",
        hook_removed="A hook is gone. It may be what held the agent back.",
        hook_disabled="A hook is no longer used. It may be what held the agent back.",
        hook_changed="A hook is another class, or is made with other arguments. It may hold less.",
        builtin_hook_removed="A built-in hook is no longer used; some of them are limits.",
        capability_gained="Its code can reach what it could not: files, network, processes, …",
        capability_undecided="What its code can reach can no longer be told from reading it.",
        capability_declared="It declares a reach that it did not declare.",
        capabilities_open="It declares no capabilities any more, so that no reach is an error.",
        dependency_added="A package more is installed with it: other people's code.",
        dependency_changed="Another version of a package may be installed.",
        lock_changed="What the lock pins changed: other code is run.",
        executable_gained="A file can now be run as a program.",
        runtime_reach_changed="Where a run is written or read, or who is asked with what, changed.",
    ),
    **_kinds(
        "behaviour",
        permissions_narrowed="A call is decided more strictly: asked or denied now.",
        permission_reason_changed="What is said of a call that is denied or asked about changed.",
        prompt_added="A prompt is new.",
        prompt_removed="A prompt is gone.",
        prompt_changed="The words of a prompt changed.",
        prompt_template_changed="A prompt became a template, or a template plain text.",
        tool_removed="The agent has a tool less.",
        tool_renamed="A tool has another name.",
        tool_described="What the model is told of a tool changed.",
        tool_setting_changed="How the loop treats a tool changed: time, retries, concurrency.",
        tool_code_moved="A tool's code is another file.",
        parameter_removed="A tool takes an argument less.",
        parameter_required="An argument has to be given that could be left out.",
        parameter_optional="An argument can be left out that had to be given.",
        parameter_narrowed="An argument may no longer be what it could be before.",
        parameter_described="What the model is told of an argument changed, or its default.",
        output_schema_changed="What a tool gives back, or the answer, has another contract.",
        builtin_tool_removed="A built-in tool was switched off.",
        agent_removed="An agent nested in this one is gone.",
        server_removed="A server of tools is gone.",
        server_tools_narrowed="Fewer of a server's tools can be called.",
        server_setting_changed="How long a server may take, or a setting of that weight.",
        model_changed="The model, or how it is asked, changed.",
        limit_lowered="The agent may take fewer steps, tokens, money or time.",
        done_tool_changed="Another tool ends the run.",
        hook_added="A hook is new.",
        hook_enabled="A hook that was there is now used.",
        hook_renamed="A hook's folder has another name.",
        hook_moved="A hook runs at another place among the hooks.",
        builtin_hook_added="A built-in hook was switched on.",
        builtin_hook_changed="A built-in hook has other settings.",
        builtin_hooks_moved="The built-in hooks run in another order.",
        input_added="A caller may, or must, give an input more.",
        input_removed="A caller can no longer give an input.",
        input_changed="What an input may be changed.",
        memory_changed="What the agent is told to know changed.",
        skill_changed="A skill is new, gone or changed.",
        code_added="A Python file is new.",
        code_removed="A Python file is gone.",
        code_changed="A Python file does something else.",
        file_added="A file is new.",
        file_removed="A file is gone.",
        file_changed="The bytes of a file changed.",
        file_moved="A file is at another path, with the same bytes.",
        executable_lost="A file can no longer be run as a program.",
        runtime_changed="A setting of the host changed.",
        setting_changed="A setting changed.",
        python_changed="Other versions of Python are asked for.",
        value_changed="A value changed that no other kind is about.",
    ),
    **_kinds(
        "info",
        name_changed="The agent has another name.",
        version_changed="The agent has another version.",
        description_changed="What people are told of the agent changed; the model does not see it.",
        manifest_changed="Something that only people and packagers read changed.",
        permissions_rewritten="The permissions are written otherwise and decide every call alike.",
        code_reformatted="A Python file changed in comments and layout only.",
        nested_rewritten="A file of a nested agent is written otherwise and means the same.",
        document_changed="A text for people changed, such as the README.",
        eval_changed="An evaluation is new, gone or changed; it judges the agent, and is no part.",
        capability_lost="Its code can no longer reach something.",
        capability_withdrawn="It no longer declares a reach.",
        capabilities_closed="It declares its capabilities now; a reach beyond them is an error.",
        dependency_removed="A package less is installed with it.",
        extra_changed="A key of the author's own (`x-…`) changed; looplet does not read it.",
        file_rewritten="A file is written otherwise and means the same.",
        parent_added="It extends a cartridge now.",
        parent_removed="It extends a cartridge no more.",
        parent_changed="The cartridge that it extends is another one, or has other files.",
    ),
}
"""Every kind of change. A name is stable: programs may rely on it."""

Fits = Literal["", "yes", "no", "unknown"]


class _Absent:
    """What stands for no value at all, where None is a value."""

    def __repr__(self) -> str:
        return "ABSENT"

    def __bool__(self) -> bool:
        return False


ABSENT: Final = _Absent()


class Place(NamedTuple):
    """Where a change stands. side: of the new cartridge, or of the old one for what is gone.

    path: relative to the cartridge. line, column: from 1; 0 for a file as a whole.
    """

    side: Literal["old", "new"]
    path: str
    line: int = 0
    column: int = 0


@dataclass(frozen=True, slots=True)
class Change:
    """One change.

    kind: a key of KINDS. keys: the value it is about. old, new: that value on either side, ABSENT
    where there is none; long texts are in `text` only. fits: whether what used the old agent, a
    caller of its tools or of itself, can use the new one as before; "" where that is no question.
    notes: further lines, such as a call that shows it. covers: the values whose difference this
    tells, if they are not `keys`. place: where it stands, once `places` looked.
    """

    kind: str
    keys: Keys
    message: str
    old: Any = ABSENT
    new: Any = ABSENT
    fits: Fits = ""
    notes: tuple[str, ...] = ()
    text: TextDiff | None = field(default=None, repr=False)
    covers: tuple[Keys, ...] = field(default=(), repr=False)
    place: Place | None = None

    @property
    def severity(self) -> Severity:
        return KINDS[self.kind].severity

    @property
    def subject(self) -> str:
        """The value it is about, dotted, as `looplet-compile show` names it."""
        return ".".join(self.keys)

    @property
    def told(self) -> tuple[Keys, ...]:
        """The values whose difference this change tells."""
        return self.covers or (self.keys,)


@dataclass(frozen=True, slots=True)
class Comparison:
    """What changed from one agent to another.

    changes: what the new one means otherwise, the riskiest first; empty if, and only if, the
    digests of the meaning are equal. rewrites: what is only written otherwise.
    """

    changes: tuple[Change, ...]
    rewrites: tuple[Change, ...] = ()

    @property
    def verdict(self) -> Verdict:
        if self.changes:
            return "different"
        return "same-meaning" if self.rewrites else "identical"

    def count(self, severity: Severity) -> int:
        return sum(change.severity == severity for change in self.changes)


def same(old: Any, new: Any) -> bool:
    """Whether two values are spelt alike as canonical JSON, as the digest compares them: here
    `True` is not 1, and 1.0 is not 1."""
    if old is ABSENT or new is ABSENT:
        return old is new
    return canonical_json(old) == canonical_json(new)


def differing(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    """Each key whose values differ, sorted, with both of them."""
    for key in sorted({*old, *new}):
        before, after = old.get(key, ABSENT), new.get(key, ABSENT)
        if not same(before, after):
            yield key, before, after


def riskiest_first(changes: list[Change]) -> tuple[Change, ...]:
    """Changes in the order in which a reviewer wants them; those of one weight stay in theirs."""
    return tuple(sorted(changes, key=lambda change: SEVERITIES.index(change.severity)))


__all__ = [
    "ABSENT",
    "KINDS",
    "SEVERITIES",
    "Change",
    "Comparison",
    "Fits",
    "Keys",
    "Kind",
    "Place",
    "Severity",
    "Verdict",
    "differing",
    "riskiest_first",
    "same",
]
