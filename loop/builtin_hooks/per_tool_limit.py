"""PerToolLimit: so many calls of a tool, and no more."""

from __future__ import annotations

from looplet.events import BUDGET, Event
from looplet.hooks import HookDecision
from looplet.settings import at_least, part_of_one, text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from looplet.types import ToolCall


class PerToolLimit:
    """`per_tool_limit`: at most so many calls of a tool in a run; further ones are not run.

    limits: tool → how many. default_limit: for the tools that it does not name.
    message: what the model is told instead of a further call.
    warn_at: at this part of a limit the model is told, once for each tool, how many are left; None:
        it is not.
    stop_after: after so many calls that were not run, the run ends with the stop reason
        `per_tool_limit`; without it, the agent goes on otherwise.
    """

    def __init__(
        self,
        *,
        limits: Mapping[str, int] | None = None,
        default_limit: int | None = None,
        message: str = "`{tool}` was called {limit} times, its limit. Do it another way.",
        warn_at: float | None = 0.8,
        stop_after: int | None = None,
    ) -> None:
        self.limits = {
            tool: at_least(f"limits.{tool}", most, 0) for tool, most in (limits or {}).items()
        }
        if default_limit is not None:
            at_least("default_limit", default_limit, 0)
        self.default_limit = default_limit
        self.message = text("message", message)
        self.warn_at = None if warn_at is None else part_of_one("warn_at", warn_at, "a limit")
        self.stop_after = None if stop_after is None else at_least("stop_after", stop_after, 1)
        self.counts: dict[str, int] = {}
        self.refused = 0

    def pre_loop(self, state: Any, session_log: Any, context: Any) -> None:
        self.counts, self.refused = {}, 0

    def pre_dispatch(
        self, state: Any, session_log: Any, tool_call: ToolCall, step_num: int
    ) -> HookDecision | None:
        tool = tool_call.tool
        limit = self.limits.get(tool, self.default_limit)
        if limit is None:
            return None
        used = self.counts.get(tool, 0)
        if used >= limit:
            return self._no_more(tool, limit, used)
        used += 1
        self.counts[tool] = used
        if self.warn_at is None or not used - 1 < self.warn_at * limit <= used:
            return None
        data = {"what": f"calls of {tool}", "used": used, "limit": limit}
        told = _what_is_left(tool, limit - used, limit)
        return HookDecision(additional_context=told, events=[Event(BUDGET, step_num, data=data)])

    def save_state(self) -> dict[str, Any]:
        return {"counts": {**self.counts}, "refused": self.refused}

    def restore_state(self, data: dict[str, Any]) -> None:
        self.counts, self.refused = dict(data["counts"]), data["refused"]

    def _no_more(self, tool: str, limit: int, used: int) -> HookDecision:
        self.refused += 1
        if self.stop_after is not None and self.refused >= self.stop_after:
            stop = f"{self.refused} calls beyond a limit, the last one of {tool} (limit {limit})"
            return HookDecision(stop=stop, stop_reason="per_tool_limit")
        told = self.message.replace("{tool}", tool).replace("{limit}", str(limit))
        return HookDecision(block=told.replace("{used}", str(used)))


def _what_is_left(tool: str, left: int, limit: int) -> str:
    if not left:
        return f"`{tool}` may be called no more: that was number {limit} of {limit}."
    if left == 1:
        return f"1 call of `{tool}` is left, of {limit}: use it well."
    return f"{left} calls of `{tool}` are left, of {limit}: use them well."
