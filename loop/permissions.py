"""Permissions as data, decided fail-closed.

    default: deny
    deny:  [{tool: bash, contains: {command: "rm -rf"}, reason: "nothing is deleted here"}]
    ask:   [write_file]
    allow: [bash, read_file]

Every `deny` is looked at, then every `ask`, then every `allow`; what none of them names gets
`default`, but for the done tool: a run may end unless a rule says otherwise. A rule that cannot be
read is an error when the engine is made. A `deny` or `ask` that depends on an argument which the
call leaves out holds: what the function would put there is not known. The tool `*` is every tool,
the done tool too; its conditions are about the tools that have such an argument.
"""

from __future__ import annotations

from looplet.hooks import PERMISSIONS, HookDecision
from looplet.tools import is_tool_name
from looplet.types import Record, ToolCall

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from typing import Any, Final

_KEYS: Final = ("default", "deny", "ask", "allow")
_RULE_KEYS: Final = ("tool", "matches", "contains", "reason")
EVERY_TOOL: Final = "*"


class Rule(Record):
    """One entry of a list: a tool, and what its arguments have to be for the rule to hold.

    matches: argument → the value it equals. contains: argument → a text that is in it.
    """

    __slots__ = ("contains", "matches", "reason", "tool")

    def __init__(
        self,
        tool: str,
        matches: Mapping[str, Any] | None = None,
        contains: Mapping[str, str] | None = None,
        reason: str = "",
    ) -> None:
        self.tool = tool
        self.matches = dict(matches or {})
        self.contains = dict(contains or {})
        self.reason = reason

    def holds(self, call: ToolCall, *, when_unsure: bool) -> bool:
        """Whether the rule is about this call; `when_unsure`: what a missing argument means."""
        if self.tool not in (call.tool, EVERY_TOOL):
            return False
        args = call.args
        for name, value in self.matches.items():
            if name not in args:
                if not (when_unsure and self._may_be_filled_in(name, call)):
                    return False
            elif not _equal(args[name], value):
                return False
        for name, text in self.contains.items():
            if name not in args:
                if not (when_unsure and self._may_be_filled_in(name, call)):
                    return False
            elif not _contains(args[name], text, anywhere=when_unsure):
                return False
        return True

    def _may_be_filled_in(self, name: str, call: ToolCall) -> bool:
        """Whether the function may have a value of its own for an argument that is not given."""
        left_out = call.metadata.get("left_out")
        return self.tool != EVERY_TOOL or left_out is None or name in left_out


class PermissionEngine:
    """The rules of one agent. `evaluate` says what they say of a call."""

    __slots__ = ("allow", "ask", "default", "deny", "done_tool")

    def __init__(
        self,
        default: str = "allow",
        *,
        deny: Iterable[Any] = (),
        ask: Iterable[Any] = (),
        allow: Iterable[Any] = (),
        done_tool: str = "done",
    ) -> None:
        if default not in PERMISSIONS:
            raise ValueError(f"permissions: default is allow, deny or ask, not {default!r}")
        self.default = default
        self.done_tool = done_tool
        self.deny = tuple(_rules("deny", deny))
        self.ask = tuple(_rules("ask", ask))
        self.allow = tuple(_rules("allow", allow))

    @classmethod
    def from_config(cls, data: Mapping[str, Any], done_tool: str = "done") -> PermissionEngine:
        """The engine of a `permissions:` block. Raises ValueError for what it cannot read."""
        if not isinstance(data, dict):
            raise ValueError(f"permissions is a mapping, not {data!r:.80}")
        for key in data:
            if key not in _KEYS:
                raise ValueError(f"permissions: no key {key!r}; there are {', '.join(_KEYS)}")
        lists = {key: data[key] for key in _KEYS[1:] if key in data}
        return cls(data.get("default", "allow"), done_tool=done_tool, **lists)

    def to_config(self) -> dict[str, Any]:
        """The same block again."""
        data: dict[str, Any] = {"default": self.default}
        for key in _KEYS[1:]:
            if rules := getattr(self, key):
                data[key] = [_entry(rule) for rule in rules]
        return data

    def evaluate(self, call: ToolCall) -> tuple[str, str]:
        """`("allow" | "deny" | "ask", the reason or "")` for a call with all its arguments."""
        for rule in self.deny:
            if rule.holds(call, when_unsure=True):
                return "deny", rule.reason or _why_unsure(rule, call)
        for rule in self.ask:
            if rule.holds(call, when_unsure=True):
                return "ask", rule.reason
        for rule in self.allow:
            if rule.holds(call, when_unsure=False):
                return "allow", rule.reason
        return ("allow" if call.tool == self.done_tool else self.default), ""


def permission_hook(data: Mapping[str, Any], done_tool: str = "done") -> PermissionHook:
    """The hook of a `permissions:` block. Raises ValueError for what it cannot read."""
    return PermissionHook(PermissionEngine.from_config(data, done_tool))


class PermissionHook:
    """The engine as a hook. Its word is the last before a tool runs, whatever other hooks say."""

    def __init__(self, engine: PermissionEngine) -> None:
        self.engine = engine

    def check_permission(self, tool_call: ToolCall) -> HookDecision | None:
        verdict, reason = self.engine.evaluate(tool_call)
        if verdict == "allow":
            return None
        if verdict == "deny":
            why = reason or f"`{tool_call.tool}` is not permitted with these arguments"
            return HookDecision(permission="deny", block=why)
        return HookDecision(permission="ask", block=reason or None)

    def to_config(self) -> dict[str, Any]:
        return self.engine.to_config()


def _rules(key: str, entries: Iterable[Any]) -> Iterator[Rule]:
    if not isinstance(entries, (list, tuple)):
        raise ValueError(f"permissions: {key} is a list, not {entries!r:.80}")
    for number, entry in enumerate(entries):
        yield _rule(f"permissions.{key}[{number}]", entry)


def _rule(place: str, entry: Any) -> Rule:
    if isinstance(entry, Rule):
        return entry
    if isinstance(entry, str):
        entry = {"tool": entry}
    if not isinstance(entry, dict):
        raise ValueError(f"{place} is a tool's name or a mapping, not {entry!r:.80}")
    for key in entry:
        if key not in _RULE_KEYS:
            raise ValueError(f"{place}: no key {key!r}; there are {', '.join(_RULE_KEYS)}")
    tool = entry.get("tool")
    if not isinstance(tool, str) or (tool != EVERY_TOOL and not is_tool_name(tool)):
        raise ValueError(f"{place}: `tool` is a tool's name, or `*` for every tool, not {tool!r}")
    for key in ("matches", "contains"):
        if not isinstance(entry.get(key, {}), dict):
            raise ValueError(f"{place}: `{key}` is a mapping of arguments")
        if key in entry and not entry[key]:
            raise ValueError(f"{place}: `{key}` is empty; leave it out to mean every call")
    for name, text in entry.get("contains", {}).items():
        if not isinstance(text, str) or not text:
            raise ValueError(f"{place}: `contains.{name}` is a text, not {text!r}")
    reason = entry.get("reason", "")
    if not isinstance(reason, str):
        raise ValueError(f"{place}: `reason` is a text, not {reason!r}")
    return Rule(tool, entry.get("matches"), entry.get("contains"), reason)


def _entry(rule: Rule) -> Any:
    parts = {name: getattr(rule, name) for name in _RULE_KEYS}
    kept = {name: value for name, value in parts.items() if value}
    return rule.tool if list(kept) == ["tool"] else kept


def _why_unsure(rule: Rule, call: ToolCall) -> str:
    missing = [name for name in (*rule.matches, *rule.contains) if name not in call.args]
    if not missing:
        return ""
    return f"it depends on `{missing[0]}`, which the call leaves out; give it"


def _equal(given: Any, value: Any) -> bool:
    """Equal as JSON: 1 is 1.0, and True is not 1."""
    if isinstance(given, bool) or isinstance(value, bool):
        return given is value
    if isinstance(value, (list, tuple)):
        return (
            isinstance(given, (list, tuple))
            and len(given) == len(value)
            and all(_equal(a, b) for a, b in zip(given, value, strict=True))
        )
    if isinstance(value, dict):
        return (
            isinstance(given, dict)
            and given.keys() == value.keys()
            and all(_equal(given[key], value[key]) for key in value)
        )
    return bool(given == value)


def _contains(given: Any, text: str, *, anywhere: bool) -> bool:
    """Whether `text` is in the argument; `anywhere`: also deep inside a list or mapping."""
    if isinstance(given, str):
        return text in given
    if not anywhere:
        return False
    if isinstance(given, dict):
        return any(_contains(part, text, anywhere=True) for pair in given.items() for part in pair)
    if isinstance(given, (list, tuple)):
        return any(_contains(part, text, anywhere=True) for part in given)
    return text in str(given)
