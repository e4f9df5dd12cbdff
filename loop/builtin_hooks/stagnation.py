"""Stagnation: an agent that goes round in circles."""

from __future__ import annotations

from hashlib import blake2b

from looplet.hooks import HookDecision
from looplet.jsontext import result_text
from looplet.settings import at_least, text, tool_names

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from looplet.types import ToolCall, ToolResult


class Stagnation:
    """`stagnation`: the same call with the same outcome, or the same round of calls, again and
    again.

    At `threshold` times the model is told `nudge`, and at each multiple of it; at `stop_after`
    times, if given, the run ends with the stop reason `stagnation`. `longest_round`: rounds of up
    to so many calls are seen, 2 being A, B, A, B; 1 looks for the single call in a row alone.
    Calls of `ignore_tools` are passed over. A call that changes something has another outcome or
    other arguments the next time, and is not the same.
    """

    def __init__(
        self,
        *,
        threshold: int = 3,
        stop_after: int | None = None,
        nudge: str = "You have made the same {what} {count} times with the same outcome. "
        "Do something else, or finish.",
        ignore_tools: Sequence[str] = (),
        longest_round: int = 2,
    ) -> None:
        self.threshold = at_least("threshold", threshold, 2)
        self.stop_after = None if stop_after is None else at_least("stop_after", stop_after, 2)
        self.nudge = text("nudge", nudge)
        self.ignore_tools = tool_names("ignore_tools", ignore_tools)
        self.longest_round = at_least("longest_round", longest_round, 1)
        self._last: list[str] = []
        # At index n: how many calls in a row were the same as the one n + 1 before.
        self._same = [0] * longest_round

    @property
    def count(self) -> int:
        """How often the last call was made in a row."""
        return self._same[0] + 1 if self._last else 0

    def pre_loop(self, state: Any, session_log: Any, context: Any) -> None:
        self._last, self._same = [], [0] * self.longest_round

    def post_dispatch(
        self, state: Any, session_log: Any, tool_call: ToolCall, tool_result: ToolResult, step: int
    ) -> HookDecision | None:
        if tool_call.tool in self.ignore_tools:
            return None
        self._note(tool_call, tool_result)
        # From the shortest on: one call alone, over and over, is a round of two as well.
        for length, same in enumerate(self._same, 1):
            times, rest = divmod(same, length)
            if rest or not times:
                continue
            times += 1
            what = "call" if length == 1 else f"round of {length} calls"
            if self.stop_after is not None and times >= self.stop_after:
                stop = f"stagnation: the same {what} ({tool_call.tool}) {times} times in a row"
                return HookDecision(stop=stop, stop_reason="stagnation")
            if times % self.threshold == 0:
                told = self.nudge.replace("{count}", str(times)).replace("{what}", what)
                return HookDecision(additional_context=told)
        return None

    def save_state(self) -> dict[str, Any]:
        return {"last": [*self._last], "same": [*self._same]}

    def restore_state(self, data: dict[str, Any]) -> None:
        self._last, self._same = list(data["last"]), list(data["same"])

    def _note(self, call: ToolCall, result: ToolResult) -> None:
        # A short print and not the texts: a result can be long. Of bytes, so that it is the same in
        # the process that goes on from a checkpoint.
        known = blake2b(digest_size=12)
        for part in (call.tool, result_text(call.args), result.text()):
            known.update(part.encode("utf-8", "backslashreplace"))
            known.update(b"\0")
        mark = known.hexdigest()
        for back in range(self.longest_round):
            same = len(self._last) > back and self._last[-1 - back] == mark
            self._same[back] = self._same[back] + 1 if same else 0
        self._last = [*self._last, mark][-self.longest_round :]
