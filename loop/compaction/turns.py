"""A conversation in its parts: what stays first, what an earlier compaction left, and the turns.

A turn is what the model said with the results of what it called, and the notes that it had read
before. It is kept or left out as a whole: so no result loses its call, and no call its result.
"""

from __future__ import annotations

from looplet.types import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any, Final

    from looplet.compaction.service import Goal, Messages

COMPACTED: Final = "compacted"
"""The key that marks a message as one that a compaction made: the next one takes it up."""

LINES: Final = "lines"
SUMMARY: Final = "summary"
"""What such a message is, as the value under that key."""

PINNED: Final = "pinned"
"""The key that keeps a message, and the turn that it is in, word for word."""


class Outline(Record):
    """head: system message and task. earlier: messages that compactions made. turns: the rest."""

    __slots__ = ("earlier", "head", "turns")

    def __init__(self, head: Messages, earlier: Messages, turns: list[Messages]) -> None:
        self.head = head
        self.earlier = earlier
        self.turns = turns


def outline(messages: Messages) -> Outline:
    """The parts of a conversation; together, in this order, they are the whole."""
    start = 0
    while start < len(messages) and messages[start]["role"] == "system":
        start += 1
    if start < len(messages) and messages[start]["role"] == "user":
        start += 1
    earlier = []
    turns: list[Messages] = [[]]
    answered = False
    for message in messages[start:]:
        if COMPACTED in message:
            earlier.append(message)
            continue
        if answered and message["role"] != "tool":
            turns.append([])
            answered = False
        answered = answered or message["role"] == "assistant"
        turns[-1].append(message)
    return Outline(messages[:start], earlier, [turn for turn in turns if turn])


def is_held(turn: Messages, tools: frozenset[str], task: str | None) -> bool:
    """Whether a turn stays: it is pinned, calls one of these tools, or says the task."""
    for message in turn:
        if message.get(PINNED) is True or (task is not None and message.get("content") == task):
            return True
        if tools and any(call["tool"] in tools for call in message.get("tool_calls") or ()):
            return True
    return False


class Choice(Record):
    """What becomes of the turns. left_out: oldest first. kept: before the recent ones, in order."""

    __slots__ = ("kept", "left_out", "recent")

    def __init__(
        self, left_out: list[Messages], kept: list[Messages], recent: list[Messages]
    ) -> None:
        self.left_out = left_out
        self.kept = kept
        self.recent = recent


def choose(parts: Outline, goal: Goal, keep_recent: int, tools: frozenset[str]) -> Choice:
    """The last turns, at most `keep_recent` and as many as there is room for, and what is held.

    A quarter of the goal stays free, for what is to be said of the others. The last turn stays
    however long it is: the model has not answered it yet.
    """
    held = [is_held(turn, tools, goal.task) for turn in parts.turns]
    always = [turn for turn, holds in zip(parts.turns, held, strict=True) if holds]
    room = goal.tokens * 3 // 4 - goal.size([*parts.head, *flat(always)])
    first, answers = len(parts.turns), 0
    nothing = goal.size([])
    while first > 0:
        turn = parts.turns[first - 1]
        if any(message["role"] == "assistant" for message in turn):
            if answers == keep_recent:
                break
            answers += 1
        takes = 0 if held[first - 1] else goal.size(turn) - nothing
        if takes > room and answers > 1:
            break
        room -= takes
        first -= 1
    old = list(zip(parts.turns[:first], held[:first], strict=True))
    return Choice(
        [turn for turn, holds in old if not holds],
        [turn for turn, holds in old if holds],
        parts.turns[first:],
    )


def flat(turns: Sequence[Messages]) -> Messages:
    return [message for turn in turns for message in turn]


def made(text: str, kind: str) -> dict[str, Any]:
    """A message that a compaction made: LINES, or a SUMMARY."""
    return {"role": "user", "content": text, COMPACTED: kind}
