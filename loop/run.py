"""Run: everything that one run needs, looked up and checked once, before its first step."""

from __future__ import annotations

from looplet.config import LoopConfig
from looplet.context import ToolContext
from looplet.events import TOOL_PROGRESS, Event
from looplet.hooks import HookTable
from looplet.models.adapt import model_for
from looplet.state import DefaultState
from looplet.tools import BaseToolRegistry
from looplet.types import ToolCall, arguments_in_words, printable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import Any

    from looplet.validation import Validator

FREE_STEPS = 10
"""Calls of free tools are limited too, to so many for each step: or a run might never end."""


class Run:
    """The parts of a run, and the little that changes besides the state.

    notes: texts of hooks for the next prompt.
    not_run: the calls of the current turn that did not start yet.
    late: what listeners left over while a tool ran: exceptions, and awaitables.
    blame: which part raised, as the stop reason that it makes.
    """

    def __init__(
        self,
        llm: Any,
        task: Any,
        tools: BaseToolRegistry | None,
        context: Any,
        hooks: Iterable[object] | None,
        config: LoopConfig | None,
        state: Any,
        session_log: Any,
        stream: Callable[[Event], object] | None,
        conversation: list[dict[str, Any]] | None,
        *,
        max_steps: int | None,
        system_prompt: str | None,
    ) -> None:
        self.llm = llm
        self.task = task
        self.tools = _registry(tools)
        self.context = context
        self.session_log = session_log
        self.config = _config(config, max_steps, system_prompt)
        self.state = _state(
            state, self.config, explicit=max_steps is not None or config is not None
        )
        if max_steps is not None:
            self.state.max_steps = max_steps
        self.state.task = task
        if conversation is not None:
            self.state.conversation = conversation

        self.hooks = HookTable(hooks or ())
        self.listeners = self.hooks.on_event if stream is None else (*self.hooks.on_event, stream)
        self.done_tool = self.config.done_tool
        self.schemas = self.tools.tool_schemas()
        self.model = model_for(llm, self.config, self.schemas)
        self.tool_instructions = self.model.instructions
        self.cancel_token = self.config.cancel_token
        self.concurrent = self.config.concurrent_dispatch
        self.can_ask = self.config.approval_handler is not None
        self.memory_sources = [*self.config.memory_sources]
        if isinstance(context, str) or callable(context):
            self.memory_sources.append(context)
        self.tool_context = ToolContext(
            self.config.resources,
            llm,
            self.state.metadata,
            self.cancel_token,
            approval_handler=self.config.approval_handler,
            on_progress=self._progress if self.listeners else None,
        )
        self._contract = _contract(self.config.output_schema)
        self.notes: list[str] = []
        self.not_run: list[ToolCall] = []
        self.late: list[Any] = []
        self.free_steps = 0
        self.max_free_steps = FREE_STEPS * self.state.max_steps + 100
        self.blame = "error"

    # ── what the engine asks ──────────────────────────────────────────────────────────────────

    @property
    def how_to_call(self) -> str:
        """What a model is told that did not call a tool."""
        names = ", ".join(self.tools.tool_names[:60]) or "none"
        if self.tool_instructions:
            return (
                f'Answer with one JSON object, {{"tool": …, "args": {{…}}}}. The tools are: {names}'
            )
        ends = f"; `{self.done_tool}` ends the task" if self.done_tool in self.tools else ""
        return f"Call a tool{ends}. The tools are: {names}"

    def say(self, text: str) -> None:
        self.state.conversation.append({"role": "user", "content": text})

    def is_free(self, call: ToolCall) -> bool:
        spec = self.tools.get(call.tool)
        return spec is not None and spec.free

    def effective(self, call: ToolCall) -> ToolCall:
        """The call with the defaults of its schema: what a permission has to judge.

        Its metadata says as `left_out` which parameters still have no value, if that is known.
        """
        spec = self.tools.get(call.tool)
        if spec is None:
            return call
        args = {**spec.defaults(), **call.args}
        metadata = {}
        if (names := spec.parameter_names()) is not None:
            metadata["left_out"] = [name for name in names if name not in args]
        return ToolCall(call.tool, args, call.reasoning, call.call_id, metadata)

    def in_words(self, call: ToolCall) -> str:
        return f"{printable(call.tool, 64)}({arguments_in_words(call.args, 300)})"

    def breaks_contract(self, answer: object) -> str | None:
        """What the configured `output_schema` has against the answer of `done`."""
        if self._contract is None or self._contract(answer):
            return None
        from looplet.calling import problems_in_words

        return "it does not fit the output schema: " + problems_in_words(
            self._contract, answer, "the answer"
        )

    def accept(self, answer: object) -> None:
        self.state.final_output = answer
        self.stop("done")

    def stop(self, reason: str, message: str = "") -> None:
        """Note why the run ends; the first reason stays."""
        if self.state.stop_reason is None:
            self.state.stop_reason = reason
            self.state.stop_message = message

    def fail(self, error: BaseException) -> None:
        """Note that the run ends with this exception, and by whose fault."""
        from looplet.calling import error_in_words

        reason = self.blame
        if isinstance(error, KeyboardInterrupt):
            reason = "interrupted"
        elif type(error).__name__ == "CancelledError":  # asyncio's; not imported just to ask
            reason = "cancelled"
        self.stop(reason, error_in_words(error))

    def _progress(self, call: ToolCall, text: str, data: dict[str, Any]) -> None:
        """Tell the listeners at once, in the tool's thread.

        What they raise is not the tool's fault, and what they want awaited cannot be awaited here:
        the engine sees to both, afterwards.
        """
        event = Event(TOOL_PROGRESS, tool_call=call, data={"text": text, **data})
        for listener in self.listeners:
            try:
                answer = listener(event)
            except (Exception, SystemExit) as error:
                self.late.append(error)
            else:
                if hasattr(answer, "__await__"):
                    self.late.append(answer)


def _contract(schema: Mapping[str, Any] | None) -> Validator | None:
    if schema is None:
        return None
    from looplet.validation import UnsupportedSchema, compile_schema

    try:
        return compile_schema(schema)
    except UnsupportedSchema as error:
        raise ValueError(f"output_schema: {error}") from None


def _registry(tools: Any) -> BaseToolRegistry:
    if tools is None:
        return BaseToolRegistry()
    if isinstance(tools, BaseToolRegistry):
        return tools
    if isinstance(tools, (list, tuple)):
        from looplet.tools import tools_from

        return tools_from(tools)
    raise TypeError(f"tools is a registry or a list of functions, not a {type(tools).__name__}")


def _config(config: LoopConfig | None, max_steps: int | None, prompt: str | None) -> LoopConfig:
    if config is not None and not isinstance(config, LoopConfig):
        raise TypeError(f"config is a LoopConfig, not a {type(config).__name__}")
    if config is None:
        config = LoopConfig()
    if max_steps is not None or prompt is not None:
        from copy import copy

        config = copy(config)
        if max_steps is not None:
            config.max_steps = LoopConfig(max_steps=max_steps).max_steps
        if prompt is not None:
            config.system_prompt = prompt
    return config


def _state(state: Any, config: LoopConfig, *, explicit: bool) -> Any:
    """The state, its `max_steps` the smaller of those that somebody set.

    A state of another kind is given what it lacks of a DefaultState's attributes.
    """
    if state is None:
        return DefaultState(config.max_steps)
    for name, value in vars(DefaultState(config.max_steps)).items():
        if hasattr(state, name):
            continue
        try:
            setattr(state, name, value)
        except AttributeError:
            kind = type(state).__name__
            raise TypeError(f"a {kind} is no state: it cannot have a `{name}`") from None
    if state.stop_reason is not None:
        raise ValueError("this state is of a run that has ended; every run needs its own")
    if explicit:
        most = state.max_steps if state.limited else config.max_steps
        state.max_steps = min(most, config.max_steps)
    return state
