"""Now: what is going on in a run at this moment, kept up to date by its events. Draws nothing."""

from __future__ import annotations

from looplet.events import (
    BUDGET,
    MODEL_DELTA,
    MODEL_END,
    MODEL_RETRY,
    MODEL_START,
    RUN_END,
    RUN_START,
    STEP,
    TOOL_END,
    TOOL_PROGRESS,
    TOOL_START,
)
from looplet.models.reply import Usage
from looplet.types import arguments_in_words, printable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeAlias

    from looplet.events import Event
    from looplet.types import ToolCall

    Agent: TypeAlias = tuple[tuple[str, ...], str]
    """Whose events these are: the calls that it runs in, and its name."""

KEPT = 4000
"""So many characters of what a model says are kept: more do not fit on any screen."""


class Speaking:
    """A model that is asked. `text` is the end of what it has said, `doing` what it does else."""

    __slots__ = ("doing", "is_thought", "since", "text")

    def __init__(self, since: float) -> None:
        self.since = since
        self.text = ""
        self.is_thought = False
        self.doing = "waiting for the model"


class Running:
    """A tool that runs."""

    __slots__ = ("call", "progress", "since")

    def __init__(self, call: ToolCall, since: float) -> None:
        self.call = call
        self.since = since
        self.progress = ""

    def in_words(self) -> str:
        call = self.call
        return f"{printable(call.tool, 64)}({arguments_in_words(call.args)})"


class Now:
    """
    speaking, running: by whose they are, in the order in which they began.
    usage: tokens and money so far, those of sub-agents included.
    step, max_steps: of the run itself. budget: the last warning of each budget, by its name.
    """

    def __init__(self) -> None:
        self.speaking: dict[Agent, Speaking] = {}
        self.running: dict[tuple[Agent, str], Running] = {}
        self.since: float | None = None
        self.step = 0
        self.max_steps = 0
        self.budget: dict[str, str] = {}
        self._charged = Usage()
        self._uncharged = Usage()
        self._handlers: dict[str, Callable[[Agent, Event, float], None]] = {
            RUN_START: self._run_start,
            MODEL_START: self._model_start,
            MODEL_DELTA: self._model_delta,
            MODEL_RETRY: self._model_retry,
            MODEL_END: self._model_end,
            TOOL_START: self._tool_start,
            TOOL_PROGRESS: self._tool_progress,
            TOOL_END: self._tool_end,
            STEP: self._step,
            BUDGET: self._budget,
            RUN_END: self._run_end,
        }

    @property
    def usage(self) -> Usage:
        total = Usage()
        total.add(self._charged)
        total.add(self._uncharged)
        return total

    def follow(self, event: Event, time: float) -> None:
        """Take in an event that is told at `time`."""
        handler = self._handlers.get(event.event)
        if handler is not None:
            handler((event.within, event.agent), event, time)

    def _run_start(self, agent: Agent, event: Event, time: float) -> None:
        if not event.agent:
            data = event.data or {}
            self.since = time
            self.step = data.get("steps_before") or 0
            self.max_steps = data.get("max_steps") or 0

    def _model_start(self, agent: Agent, event: Event, time: float) -> None:
        self.speaking[agent] = Speaking(time)

    def _model_delta(self, agent: Agent, event: Event, time: float) -> None:
        speaking = self.speaking.get(agent)
        if speaking is None:
            return
        data: dict[str, Any] = event.data or {}
        if (text := data.get("text")) is not None:
            if speaking.is_thought:
                speaking.text, speaking.is_thought = "", False
            speaking.text = (speaking.text + str(text))[-KEPT:]
        elif (thought := data.get("reasoning")) is not None:
            if not speaking.text or speaking.is_thought:
                speaking.text = (speaking.text + str(thought))[-KEPT:]
                speaking.is_thought = True
        elif (tool := data.get("tool")) is not None:
            speaking.doing = f"writing a call of {printable(str(tool), 64)}"

    def _model_retry(self, agent: Agent, event: Event, time: float) -> None:
        # What it said before is not part of the answer.
        self.speaking[agent] = Speaking(time)
        self.speaking[agent].doing = "asking the model again"

    def _model_end(self, agent: Agent, event: Event, time: float) -> None:
        self.speaking.pop(agent, None)
        if event.reply is not None and event.reply.usage is not None:
            self._uncharged.add(event.reply.usage)

    def _tool_start(self, agent: Agent, event: Event, time: float) -> None:
        if event.tool_call is not None:
            call = event.tool_call
            self.running[agent, call.call_id] = Running(call, time)

    def _tool_progress(self, agent: Agent, event: Event, time: float) -> None:
        if event.tool_call is not None and event.data:
            running = self.running.get((agent, event.tool_call.call_id))
            if running is not None:
                running.progress = str(event.data.get("text", ""))

    def _tool_end(self, agent: Agent, event: Event, time: float) -> None:
        if event.tool_call is not None:
            self.running.pop((agent, event.tool_call.call_id), None)

    def _step(self, agent: Agent, event: Event, time: float) -> None:
        if event.agent or event.step is None:
            return
        self.step = event.step.number
        if event.step.usage is not None:
            # The step carries what its turn cost, sub-agents and compactions included.
            self._charged.add(event.step.usage)
            self._uncharged = Usage()

    def _budget(self, agent: Agent, event: Event, time: float) -> None:
        if event.data:
            what = printable(str(event.data.get("what")), 60)
            used, limit = event.data.get("used"), event.data.get("limit")
            self.budget[what] = printable(f"{what}: {used} of {limit}", 80)

    def _run_end(self, agent: Agent, event: Event, time: float) -> None:
        """Forget what it and those below it were at: whatever it was, it is over."""
        calls, name = agent

        def is_its(other: Agent) -> bool:
            return other[0][: len(calls)] == calls and (not name or other[1].startswith(name))

        self.speaking = {who: each for who, each in self.speaking.items() if not is_its(who)}
        self.running = {who: each for who, each in self.running.items() if not is_its(who[0])}
