"""ResultsCap: all tool results together take at most so many characters of a question."""

from __future__ import annotations

from looplet.compaction.clip import clipped
from looplet.compaction.prune import PruneResults
from looplet.compaction.service import Compaction, Goal, task_of
from looplet.settings import at_least
from looplet.tokens import Tally, window_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from looplet.compaction.service import Messages


class ResultsCap(Compaction):
    """`context_window_total_chars` of runtime.yaml: what tools returned takes at most `max_chars`.

    More than that: the oldest results are pruned, down to half of it; if the last one alone is
    longer, it is cut in the middle.
    """

    name = "results cap"

    def __init__(self, max_chars: int) -> None:
        super().__init__()
        self.max_chars = at_least("context_window_total_chars", max_chars, 1)
        self._tally = Tally()
        self._prune = PruneResults(keep_recent=1, min_chars=100)

    def compact(self, state: Any, step_num: int) -> Any:
        if self._tally.of(state.conversation, _of_result) <= max(self.max_chars, self._in_vain):
            return None
        goal = Goal(self.max_chars // 2, _of_results, window_of(state), task_of(state))
        shorter = self.shorten(state.conversation, goal)
        after = _of_results(shorter)
        self._in_vain = after + self.max_chars // 10 if after > self.max_chars else 0
        if shorter is not state.conversation:
            self.compactions += 1
        return shorter

    def shorten(self, messages: Messages, goal: Goal) -> Messages:
        messages = self._prune.shorten(messages, goal)
        if _of_results(messages) <= self.max_chars:
            return messages
        most = Goal(self.max_chars, _of_results, goal.window, goal.task)
        return clipped(messages, most, untouched=0)


def _of_result(message: dict[str, Any]) -> int:
    return len(message["content"]) if message["role"] == "tool" else 0


def _of_results(messages: Messages) -> int:
    return sum(map(_of_result, messages))
