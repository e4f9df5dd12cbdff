"""Truncate: old turns go, and a line for each step of them stays."""

from __future__ import annotations

from looplet.compaction.clip import clipped, shortened
from looplet.compaction.service import Compaction
from looplet.compaction.turns import COMPACTED, LINES, SUMMARY, choose, flat, made, outline
from looplet.settings import at_least, tool_names
from looplet.types import arguments_in_words, printable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any, Final

    from looplet.compaction.service import Goal, Messages
    from looplet.compaction.turns import Choice, Outline

_HEADING: Final = "Earlier in this task, in short (the messages themselves were left out):"
_MORE: Final = "(what came before is left out)"


class Truncate(Compaction):
    """`truncate`: the last turns stay; of the older ones a line for each thing said and done.

    keep_recent: so many turns stay, as far as there is room. keep_tools: turns that call one of
    these stay (a plan, a list of what is to be done, decisions). `threshold`, `target`,
    `context_window`: see Compaction.

    Of what the model said, its decisions among it, the first words stay: 160 characters for each
    turn, the oldest dropped first when a quarter of the target is full of them. Where even the last
    turn is too long, its results are cut in the middle.
    """

    name = "truncate"

    def __init__(
        self,
        *,
        keep_recent: int = 5,
        keep_tools: Iterable[str] = (),
        threshold: float = 0.8,
        target: float | None = None,
        context_window: int | None = None,
    ) -> None:
        super().__init__(threshold=threshold, target=target, context_window=context_window)
        self.keep_recent = at_least("keep_recent", keep_recent, 1)
        self.keep_tools = tool_names("keep_tools", keep_tools)

    def shorten(self, messages: Messages, goal: Goal) -> Messages:
        if goal.met_by(messages):
            return messages
        parts = outline(messages)
        choice = choose(parts, goal, self.keep_recent, self.keep_tools)
        rest = [*flat(choice.kept), *flat(choice.recent)]
        room = goal.tokens - goal.size([*parts.head, *rest])
        room = max(min(room, goal.tokens // 4), goal.tokens // 16)
        digest = _digest(parts, choice, goal.window.chars(room))
        shorter = clipped([*parts.head, *digest, *rest], goal, untouched=len(parts.head))
        return shorter if goal.size(shorter) < goal.size(messages) else messages


def _digest(parts: Outline, choice: Choice, chars: int) -> Messages:
    """What is said of all that is left out, in about so many characters, the newest lines first.

    A summary that the model once wrote is older and worth more: it stays, in half of the room.
    """
    summaries, lines = [], []
    for message in parts.earlier:
        if message[COMPACTED] == SUMMARY:
            content = shortened(message["content"], max(chars // 2, 200))
            summaries = [{**message, "content": content}]
        else:
            said = message["content"].splitlines()
            lines += [line for line in said if line not in (_HEADING, _MORE)]
    for turn in choice.left_out:
        lines += lines_of(turn)
    if not lines:
        return summaries
    room = chars - len(_HEADING) - len(_MORE) - sum(len(m["content"]) for m in summaries)
    newest: list[str] = []
    for line in reversed(lines):
        room -= len(line) + 1
        if room < 0:
            newest.append(_MORE)
            break
        newest.append(line)
    return [*summaries, made("\n".join([_HEADING, *reversed(newest)]), LINES)]


def lines_of(turn: Messages) -> Iterator[str]:
    """A turn in a few lines: what was said to the model, what it said, what it did."""
    outcomes = {m["call_id"]: m["content"] for m in turn if m["role"] == "tool"}
    for message in turn:
        text = message.get("content") or ""
        if message["role"] == "assistant":
            if text.strip():
                yield "- you: " + printable(_joined(text), 160)
            for call in message.get("tool_calls") or ():
                yield _line(call, outcomes.get(call["call_id"], ""))
        elif message["role"] != "tool":
            yield "- told: " + printable(_joined(text), 160)


def _line(call: dict[str, Any], outcome: str) -> str:
    mark = "✗" if outcome.startswith("error: ") else "✓"
    what = f"{printable(call['tool'], 64)}({arguments_in_words(call['args'])})"
    return f"- {mark} {what} → {printable(_joined(outcome), 80)}"


def _joined(text: str) -> str:
    return " ".join(text[:400].split())
