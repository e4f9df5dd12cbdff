"""The hooks that a cartridge can name in `builtin_hooks`, and the table of their names.

Each is a plain hook over the public hook methods. What it keeps, it keeps up to date as steps go
by; none looks back over a run, but for a compaction, which is rare.
"""

from __future__ import annotations

from looplet.hooks import HookDecision
from looplet.jsontext import result_text
from looplet.types import Step, ToolCall, ToolResult

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any, Final


class Stagnation:
    """`stagnation`: the same call with the same outcome, again and again.

    At `threshold` in a row the model is told `nudge`; at `stop_after`, if given, the run ends.
    """

    def __init__(
        self,
        *,
        threshold: int = 3,
        stop_after: int | None = None,
        nudge: str = "You have made the same call {count} times with the same outcome. "
        "Do something else, or finish.",
        ignore_tools: Sequence[str] = (),
    ) -> None:
        self.threshold = _at_least("threshold", threshold, 2)
        self.stop_after = None if stop_after is None else _at_least("stop_after", stop_after, 2)
        self.nudge = nudge
        self.ignore_tools = frozenset(ignore_tools)
        self.count = 0
        self._last: object = None

    def pre_loop(self, state: Any, session_log: Any, context: Any) -> None:
        self.count, self._last = 0, None

    def post_dispatch(
        self, state: Any, session_log: Any, tool_call: ToolCall, tool_result: ToolResult, step: int
    ) -> HookDecision | None:
        if tool_call.tool in self.ignore_tools:
            return None
        # Hashes and not the texts: a result can be long.
        outcome = hash(tool_result.text())
        fingerprint = (tool_call.tool, hash(result_text(tool_call.args)), outcome)
        self.count = self.count + 1 if fingerprint == self._last else 1
        self._last = fingerprint
        if self.stop_after is not None and self.count >= self.stop_after:
            return HookDecision(stop=f"stagnation: {tool_call.tool} {self.count} times in a row")
        if self.count % self.threshold == 0:
            text = self.nudge.replace("{count}", str(self.count))
            return HookDecision(additional_context=text)
        return None


class PerToolLimit:
    """`per_tool_limit`: at most so many calls of a tool in a run; further ones are not run."""

    def __init__(
        self,
        *,
        limits: Mapping[str, int] | None = None,
        default_limit: int | None = None,
        message: str = "`{tool}` was called {limit} times, its limit. Do it another way.",
    ) -> None:
        self.limits = {
            tool: _at_least(f"limits.{tool}", most, 0) for tool, most in (limits or {}).items()
        }
        if default_limit is not None:
            _at_least("default_limit", default_limit, 0)
        self.default_limit = default_limit
        self.message = message
        self.counts: dict[str, int] = {}

    def pre_loop(self, state: Any, session_log: Any, context: Any) -> None:
        self.counts = {}

    def pre_dispatch(
        self, state: Any, session_log: Any, tool_call: ToolCall, step_num: int
    ) -> HookDecision | None:
        tool = tool_call.tool
        limit = self.limits.get(tool, self.default_limit)
        if limit is None:
            return None
        used = self.counts.get(tool, 0)
        if used >= limit:
            text = self.message.replace("{tool}", tool).replace("{limit}", str(limit))
            return HookDecision(block=text.replace("{used}", str(used)))
        self.counts[tool] = used + 1
        return None


class StaticBriefing:
    """`static_briefing`: a text that the model has before its first step, and every `every` steps.

    The conversation keeps what was said, so once is mostly enough.
    """

    def __init__(
        self, *, text: str | None = None, path: str | None = None, every: int | None = None
    ) -> None:
        self.text = _text("static_briefing", text, path)
        self.every = None if every is None else _at_least("every", every, 1)
        self._conversation: Any = None

    def pre_prompt(self, state: Any, session_log: Any, context: Any, step_num: int) -> str | None:
        # A compaction makes a new conversation, which may have lost it.
        is_new = state.conversation is not self._conversation
        self._conversation = state.conversation
        again = self.every is not None and (step_num - 1) % self.every == 0
        return self.text if is_new or again else None


class RecoveryHint:
    """`recovery_hint`: a text for the model after `after` calls in a row that came to nothing."""

    def __init__(self, *, text: str | None = None, path: str | None = None, after: int = 1) -> None:
        self.text = _text("recovery_hint", text, path)
        self.after = _at_least("after", after, 1)
        self.failures = 0

    def pre_loop(self, state: Any, session_log: Any, context: Any) -> None:
        self.failures = 0

    def post_dispatch(
        self, state: Any, session_log: Any, tool_call: ToolCall, tool_result: ToolResult, step: int
    ) -> str | None:
        self.failures = 0 if tool_result.error is None else self.failures + 1
        return self.text if self.failures and self.failures % self.after == 0 else None


class ThresholdCompact:
    """`threshold_compact`: shorten the conversation before it outgrows the model's window.

    When it is estimated at more than `threshold` of `context_window` tokens, a new one takes its
    place: the system message and the task as they were, one line for each earlier step (as many as
    fit in a quarter of the window), and the last `keep_recent` turns as they were. `state.steps`
    stays whole.
    """

    def __init__(
        self, *, threshold: float = 0.8, context_window: int = 128_000, keep_recent: int = 5
    ) -> None:
        if type(threshold) not in (int, float) or not 0 < threshold <= 1:
            raise ValueError(f"threshold is a part of the window, above 0 to 1, not {threshold!r}")
        self.threshold = threshold
        self.context_window = _at_least("context_window", context_window, 100)
        self.keep_recent = _at_least("keep_recent", keep_recent, 1)
        self.compactions = 0
        self._conversation: Any = None
        self._seen = self._tokens = 0

    def pre_prompt(self, state: Any, session_log: Any, context: Any, step_num: int) -> None:
        messages = state.conversation
        if messages is not self._conversation:
            self._conversation, self._seen, self._tokens = messages, 0, 0
        for message in messages[self._seen :]:
            self._tokens += estimated_tokens(message)
        self._seen = len(messages)
        if self._tokens > self.threshold * self.context_window:
            shorter = self._compacted(messages, state.steps)
            if len(shorter) < len(messages):
                state.conversation = shorter
                self.compactions += 1

    def _compacted(
        self, messages: list[dict[str, Any]], steps: Sequence[Step]
    ) -> list[dict[str, Any]]:
        head = 0
        while head < len(messages) and messages[head]["role"] in ("system", "user"):
            head += 1
            if messages[head - 1]["role"] == "user":
                break  # the task
        # A turn starts with what the model said; results never come without their calls.
        turns = [n for n in range(head, len(messages)) if messages[n]["role"] == "assistant"]
        tail = turns[-self.keep_recent] if len(turns) >= self.keep_recent else head
        if tail <= head:
            return messages
        kept = {m["call_id"] for m in messages[tail:] if m["role"] == "tool"}
        lines: list[str] = []
        room = self.context_window  # characters: a quarter of the window in tokens
        for step in reversed(steps):
            if step.tool_call.call_id in kept:
                continue
            line = step.summary()
            room -= len(line)
            if room < 0:
                lines.append("(earlier steps are left out)")
                break
            lines.append(line)
        text = "The steps so far, shortened:\n" + "\n".join(reversed(lines))
        return [*messages[:head], {"role": "user", "content": text}, *messages[tail:]]


class SkillActivation:
    """`skill_activation`: the model is told which skills there are, and gets the instructions of
    one when it asks for it with the tool `activate_skill`.

    skills: name → the text of its SKILL.md. manager: instead, any object with such a `skills`.
    """

    def __init__(self, *, skills: Mapping[str, str] | None = None, manager: Any = None) -> None:
        if (skills is None) == (manager is None):
            raise ValueError("skill_activation needs either `skills` or a `manager`")
        given = manager.skills if skills is None else skills
        self.skills = {name: _skill(text) for name, text in given.items()}
        self.active: list[str] = []

    def pre_loop(self, state: Any, session_log: Any, context: Any) -> str | None:
        self.active = []
        lines = [f"- {name}: {description}" for name, (description, _) in self.skills.items()]
        if not lines:
            return None
        return "Skills, each activated with `activate_skill`:\n" + "\n".join(lines)

    def post_dispatch(
        self, state: Any, session_log: Any, tool_call: ToolCall, tool_result: ToolResult, step: int
    ) -> str | None:
        name = tool_call.args.get("name")
        if tool_call.tool != "activate_skill" or tool_result.error is not None:
            return None
        if not isinstance(name, str) or name not in self.skills or name in self.active:
            return None
        self.active.append(name)
        return f"The skill {name}:\n\n{self.skills[name][1]}"


BUILTIN_HOOKS: Final[Mapping[str, type]] = {
    "stagnation": Stagnation,
    "per_tool_limit": PerToolLimit,
    "threshold_compact": ThresholdCompact,
    "static_briefing": StaticBriefing,
    "recovery_hint": RecoveryHint,
    "skill_activation": SkillActivation,
}


def builtin_hooks(
    entries: Sequence[Any], *, read: Callable[[str], str] | None = None
) -> list[object]:
    """The hooks of a `builtin_hooks:` list: names, or one-key mappings of a name to keywords."""
    hooks = []
    for entry in entries:
        if isinstance(entry, str):
            entry = {entry: {}}
        if not isinstance(entry, dict) or len(entry) != 1:
            raise ValueError(f"a builtin hook is a name or one `name: keywords`, not {entry!r:.80}")
        [(name, kwargs)] = entry.items()
        hooks.append(builtin_hook(name, kwargs or {}, read=read))
    return hooks


def builtin_hook(
    name: str, kwargs: Mapping[str, Any], *, read: Callable[[str], str] | None = None
) -> object:
    """The hook of that name. `read` gives the text of a file of the cartridge, for `path`.

    Raises ValueError for an unknown name and for keywords that the hook does not take.
    """
    if name not in BUILTIN_HOOKS:
        raise ValueError(f"no builtin hook {name!r}; there are {', '.join(BUILTIN_HOOKS)}")
    given = dict(kwargs)
    if read is not None and given.get("text") is None and isinstance(given.get("path"), str):
        given["text"] = read(given.pop("path"))
    try:
        return BUILTIN_HOOKS[name](**given)
    except TypeError as error:
        raise ValueError(f"the builtin hook {name!r}: {error}") from None


def estimated_tokens(message: Mapping[str, Any]) -> int:
    """About how many tokens a message has: four characters each, and a few around it."""
    size = len(message["content"])
    for call in message.get("tool_calls", ()):
        size += len(call["tool"]) + len(result_text(call["args"]))
    return size // 4 + 4


def _at_least(name: str, value: int, least: int) -> int:
    if type(value) is not int or value < least:
        raise ValueError(f"{name} is a whole number from {least} up, not {value!r}")
    return value


def _text(hook: str, text: str | None, path: str | None) -> str:
    if (text is None) == (path is None):
        raise ValueError(f"{hook} needs either `text` or `path`")
    if path is not None:
        with open(path, encoding="utf-8") as file:
            text = file.read()
    if not isinstance(text, str) or not text.strip():
        raise ValueError(f"the text of {hook} is empty")
    return text


def _skill(text: str) -> tuple[str, str]:
    """Description and instructions of a SKILL.md: front matter between `---`, then the text."""
    head, body = "", text
    if text.startswith("---"):
        head, _, body = text[3:].partition("\n---")
    for line in head.splitlines():
        if line.startswith("description:"):
            return line[12:].strip().strip("\"'"), body.strip()
    return (body.strip().splitlines() or [""])[0].lstrip("# "), body.strip()
