"""PruneResults: the bulk of old tool results goes, the calls and what was said stay."""

from __future__ import annotations

from looplet.compaction.service import Compaction
from looplet.compaction.turns import is_held, outline
from looplet.settings import at_least, tool_names
from looplet.types import arguments_in_words, printable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from looplet.compaction.service import Goal, Messages


class PruneResults(Compaction):
    """`prune`: long results of old calls are replaced by a line that says what they were.

    keep_recent: the results of the last so many turns stay. min_chars: shorter ones stay too.
    keep_tools: tools whose results always stay. `threshold`, `target`, `context_window`: see
    Compaction.

    The oldest go first, and only until it fits.
    """

    name = "prune"

    def __init__(
        self,
        *,
        keep_recent: int = 5,
        min_chars: int = 500,
        keep_tools: Iterable[str] = (),
        threshold: float = 0.8,
        target: float | None = None,
        context_window: int | None = None,
    ) -> None:
        super().__init__(threshold=threshold, target=target, context_window=context_window)
        self.keep_recent = at_least("keep_recent", keep_recent, 1)
        self.min_chars = at_least("min_chars", min_chars, 100)
        self.keep_tools = tool_names("keep_tools", keep_tools)

    def shorten(self, messages: Messages, goal: Goal) -> Messages:
        if goal.met_by(messages):
            return messages
        parts = outline(messages)
        answered = [turn for turn in parts.turns if any(m["role"] == "tool" for m in turn)]
        too_much = goal.size(messages) - goal.tokens
        short: dict[int, dict[str, Any]] = {}
        for turn in answered[: -self.keep_recent]:
            if too_much <= 0:
                break
            if is_held(turn, self.keep_tools, goal.task):
                continue
            for message in turn:
                if message["role"] != "tool" or len(message["content"]) < self.min_chars:
                    continue
                stub = {**message, "content": stub_of(message, turn)}
                saved = goal.size([message]) - goal.size([stub])
                if saved > 0:
                    short[id(message)] = stub
                    too_much -= saved
        return [short.get(id(message), message) for message in messages] if short else messages


def stub_of(message: dict[str, Any], turn: Messages) -> str:
    """One line in the place of a result: which call it was of, and how it is to be had again."""
    tool, args = message["tool"], {}
    for said in turn:
        for call in said.get("tool_calls") or ():
            if call["call_id"] == message["call_id"]:
                args = call["args"]
    content = message["content"]
    where = message.get("kept_in")
    again = f"it is kept in {where}" if where else "ask again if you need it"
    return (
        f"(The result of {printable(tool, 64)}({arguments_in_words(args)}), {len(content)} "
        f"characters, was left out to save room; {again}. It began: {printable(content, 80)})"
    )
