"""The last resort: a turn that must stay and is longer than all the room there is, cut inside."""

from __future__ import annotations

from looplet.compaction.turns import PINNED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Final

    from looplet.compaction.service import Goal, Messages

_LEAST: Final = 120
"""No text is cut to fewer characters than this."""


def clipped(messages: Messages, goal: Goal, *, untouched: int) -> Messages:
    """`messages` with the middle of their longest texts cut out, until the goal is met.

    Results are cut first; then what was said, and texts in the arguments of calls. The first
    `untouched` messages stay as they are, and so do pinned ones and the task.
    """
    for cut in (_result, _anything):
        if goal.met_by(messages):
            return messages
        messages = _cut_to_fit(messages, goal, untouched, cut)
    return messages


def _cut_to_fit(messages: Messages, goal: Goal, untouched: int, cut: Any) -> Messages:
    """With the greatest limit on each text that fits; with the least one, if none does."""

    def within(limit: int) -> Messages:
        free = [m if _stays(m, goal) else cut(m, limit) for m in messages[untouched:]]
        return [*messages[:untouched], *free]

    low, high = _LEAST, max((len(m.get("content") or "") for m in messages), default=0)
    high = max(high, goal.window.chars(goal.tokens), low)
    while low < high - 16:  # a few characters more or less are not worth another try
        middle = (low + high) // 2
        if goal.met_by(within(middle)):
            low = middle
        else:
            high = middle
    return within(low)


def _stays(message: dict[str, Any], goal: Goal) -> bool:
    return message.get(PINNED) is True or (
        goal.task is not None and message.get("content") == goal.task
    )


def _result(message: dict[str, Any], limit: int) -> dict[str, Any]:
    if message["role"] != "tool" or len(message["content"]) <= limit:
        return message
    return {**message, "content": shortened(message["content"], limit)}


def _anything(message: dict[str, Any], limit: int) -> dict[str, Any]:
    cut = dict(message)
    if len(message.get("content") or "") > limit:
        cut["content"] = shortened(message["content"], limit)
    if calls := message.get("tool_calls"):
        cut["tool_calls"] = [{**call, "args": _value(call["args"], limit)} for call in calls]
    return cut


def _value(value: Any, limit: int) -> Any:
    if isinstance(value, str):
        return shortened(value, limit)
    if isinstance(value, dict):
        return {key: _value(part, limit) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        kept = [_value(part, limit) for part in value[: max(1, limit // 8)]]
        return kept if len(kept) == len(value) else [*kept, f"({len(value) - len(kept)} more)"]
    return value


def shortened(text: str, limit: int) -> str:
    """The beginning and the end of a text, with a word on what is missing between them."""
    if len(text) <= limit:
        return text
    told = f"\n… ({len(text) - limit} characters left out to save room) …\n"
    keep = max(limit - len(told), 0)
    first = keep * 2 // 3
    return text[:first] + told + text[len(text) - (keep - first) :]
