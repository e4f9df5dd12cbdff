"""The one stream of events: what happened, as it happens, for hooks with `on_event`.

Nobody listens: nothing is made. A listener that raises ends the run, after what happened is
recorded; what the views and the traces of looplet itself cannot do, they leave undone.

The order is the same in every run, through either driver:

    run_start
        (model_start  (model_delta | model_retry)*  model_end)+
        question  answer
        tool_start*  (tool_progress | question answer | what a sub-agent does)*
        (tool_end  step)*
    run_end

`compacted` and `budget` may stand between these. A model that raises has no `model_end`: the run
ends, or it is asked again, shorter. An answer that was cut off is gone on with in another
`model_start`. A call that is denied or refused has no `tool_start`; each call that is recorded has
a `step`.

`tool_progress`, `model_delta`, `model_retry`, the questions of a tool that asks by itself and the
events of sub-agents are told in the thread of the tool or model that they come from, all others in
the thread that drives the run.
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
MODEL_DELTA: Final = "model_delta"
MODEL_RETRY: Final = "model_retry"
TOOL_START: Final = "tool_start"
TOOL_PROGRESS: Final = "tool_progress"
TOOL_END: Final = "tool_end"
STEP: Final = "step"
COMPACTED: Final = "compacted"
BUDGET: Final = "budget"
QUESTION: Final = "question"
ANSWER: Final = "answer"
RUN_END: Final = "run_end"

FIELDS: Final[dict[str, tuple[str, ...]]] = {
    # What each event has besides its name, its step number, and whose it is.
    RUN_START: ("data",),
    MODEL_START: (),
    MODEL_DELTA: ("data",),
    MODEL_RETRY: ("data",),
    MODEL_END: ("reply",),
    COMPACTED: ("data",),
    BUDGET: ("data",),
    QUESTION: ("tool_call", "data"),
    ANSWER: ("tool_call", "data"),
    TOOL_START: ("tool_call",),
    TOOL_PROGRESS: ("tool_call", "data"),
    TOOL_END: ("tool_call", "tool_result"),
    STEP: ("step",),
    RUN_END: ("data",),
}
DATA: Final[dict[str, tuple[str, ...]]] = {
    # The keys of `data`. A `model_delta` has one of `text`, `reasoning`, and `tool` with
    # `arguments`; a `tool_progress` has `text` and what else the tool gave; a `run_end` has an
    # `error` only where something was raised.
    RUN_START: (
        "task",
        "agent",
        "agent_version",
        "model",
        "provider",
        "max_steps",
        "steps_before",
    ),
    MODEL_DELTA: ("text", "reasoning", "tool", "arguments"),
    MODEL_RETRY: ("attempt", "delay_s", "reason"),
    COMPACTED: ("how", "tokens_before", "tokens_after"),
    BUDGET: ("what", "used", "limit"),
    QUESTION: ("question", "options"),
    ANSWER: ("question", "answer"),
    TOOL_PROGRESS: ("text",),
    RUN_END: ("stop_reason", "error"),
}


class Event(Record):
    """Something that happened in a run.

    event: one of the names above; the table FIELDS says which of the rest it has, all others are
        None. What `data` holds is in the table DATA.
    step_num: the number of the step at hand, from 1; 0 where there is none.
    reply: what the model answered. tool_call, tool_result: the call, and what came of it before
        any hook changed it. step: the finished step.
    agent: empty for the run itself; what a sub-agent does is passed up with its name, and from
        further below with a path such as `researcher/writer`.
    within: the ids of the calls in which that sub-agent runs, from the outermost: it tells two
        agents of one name apart that run at the same time.
    """

    __slots__ = (
        "agent",
        "data",
        "event",
        "reply",
        "step",
        "step_num",
        "tool_call",
        "tool_result",
        "within",
    )

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
        agent: str = "",
        within: tuple[str, ...] = (),
    ) -> None:
        self.event = event
        self.step_num = step_num
        self.reply = reply
        self.tool_call = tool_call
        self.tool_result = tool_result
        self.step = step
        self.data = data
        self.agent = agent
        self.within = within

    def to_dict(self) -> dict[str, Any]:
        """The event as data: what is None or empty is left out.

        JSON can hold it as far as it can hold what authors put into `data` and `metadata`.
        """
        data: dict[str, Any] = {"event": self.event}
        if self.step_num:
            data["step_num"] = self.step_num
        if self.agent:
            data["agent"] = self.agent
        if self.within:
            data["within"] = list(self.within)
        if self.reply is not None:
            data["reply"] = _reply_as_data(self.reply)
        for name in ("tool_call", "tool_result", "step"):
            part = getattr(self, name)
            if part is not None:
                data[name] = part.to_dict()
        if self.data is not None:
            data["data"] = self.data
        return data


def _reply_as_data(reply: Reply) -> dict[str, Any]:
    data: dict[str, Any] = {"text": reply.text}
    if reply.tool_calls:
        data["tool_calls"] = [call.to_dict() for call in reply.tool_calls]
    if reply.usage is not None:
        data["usage"] = reply.usage.to_dict()
    if reply.stop is not None:
        data["stop"] = reply.stop
    if reply.metadata:
        data["metadata"] = reply.metadata
    return data
