"""The one stream of events: what happened, as it happens, for hooks with `on_event`.

Nobody listens: nothing is made.
"""

from __future__ import annotations

from looplet.types import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Final

    from looplet.models.reply import Reply
    from looplet.types import Step, ToolCall, ToolResult

RUN_START: Final = "run_start"
MODEL_START: Final = "model_start"
MODEL_END: Final = "model_end"
TOOL_START: Final = "tool_start"
TOOL_PROGRESS: Final = "tool_progress"
TOOL_END: Final = "tool_end"
STEP: Final = "step"
RUN_END: Final = "run_end"


class Event(Record):
    """`event` is one of the names above; what does not belong to it is None.

    `tool_end` tells what came of every call, `tool_start` only of those that are run.

    `data` has what is special: of `tool_progress` the tool's own text and values, of `run_end`
    the stop reason.
    """

    __slots__ = ("data", "event", "reply", "step", "step_num", "tool_call", "tool_result")

    def __init__(
        self,
        event: str,
        step_num: int = 0,
        *,
        reply: Reply | None = None,
        tool_call: ToolCall | None = None,
        tool_result: ToolResult | None = None,
        step: Step | None = None,
        data: dict[str, Any] | None = None,
    ) -> None:
        self.event = event
        self.step_num = step_num
        self.reply = reply
        self.tool_call = tool_call
        self.tool_result = tool_result
        self.step = step
        self.data = data
