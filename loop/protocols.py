"""One protocol for each hook method: `isinstance(obj, PreDispatch)` asks for that one alone.

A hook need not name them: having the method is enough. Any method may also be `async def`; then the
run must be driven by `async_composable_loop`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol, runtime_checkable

from looplet.events import Event
from looplet.hooks import HookDecision
from looplet.types import Step, ToolCall, ToolResult


@runtime_checkable
class PreLoop(Protocol):
    def pre_loop(self, state: Any, session_log: Any, context: Any, /) -> Any:
        """Before the first model call. A text goes into the first prompt."""


@runtime_checkable
class PrePrompt(Protocol):
    def pre_prompt(self, state: Any, session_log: Any, context: Any, step_num: int, /) -> Any:
        """Before each model call. A text goes into the prompt."""


@runtime_checkable
class Compact(Protocol):
    def compact(self, state: Any, step_num: int, /) -> Any:
        """Before each model call, after `pre_prompt`: a shorter list of messages, or None.

        A generator may ask the model on its way, without tools: it yields a list of messages, is
        sent the text of the answer, and returns the list. What the model raises is raised in it.
        """


@runtime_checkable
class PreDispatch(Protocol):
    def pre_dispatch(
        self, state: Any, session_log: Any, tool_call: ToolCall, step_num: int, /
    ) -> ToolResult | HookDecision | None:
        """Before a tool runs: the first answer wins. This is the place to stop a call."""


@runtime_checkable
class CheckPermission(Protocol):
    def check_permission(self, tool_call: ToolCall, /) -> HookDecision | None:
        """The last word before a tool runs, on the arguments that it will get.

        `tool_call.metadata["left_out"]`, if it is there, names the parameters without a value.
        """


@runtime_checkable
class PostDispatch(Protocol):
    def post_dispatch(
        self, state: Any, session_log: Any, tool_call: ToolCall, result: ToolResult, step: int, /
    ) -> str | HookDecision | None:
        """After a tool ran; `state.steps` does not have the step yet."""


@runtime_checkable
class CheckDone(Protocol):
    def check_done(self, state: Any, session_log: Any, context: Any, step_num: int, /) -> Any:
        """After the done tool ran. A text rejects it. May take the call as a fifth argument."""


@runtime_checkable
class ShouldStop(Protocol):
    def should_stop(self, state: Any, step_num: int, new_entities: Any, /) -> bool | HookDecision:
        """After each step. `new_entities` is there for older hooks, and empty."""
        ...


@runtime_checkable
class OnEvent(Protocol):
    def on_event(self, payload: Event, /) -> Any:
        """Everything that happens, as it happens. The answer does not matter."""


@runtime_checkable
class OnLoopEnd(Protocol):
    def on_loop_end(self, state: Any, session_log: Any, context: Any, llm: Any, /) -> Any:
        """When the run is over, however it ended."""


@runtime_checkable
class SaveState(Protocol):
    def save_state(self) -> Any:
        """What a checkpoint is to keep of this hook, as JSON-able data; None for nothing."""


@runtime_checkable
class RestoreState(Protocol):
    def restore_state(self, data: Any, /) -> None:
        """When a saved run goes on, after `pre_loop`: what `save_state` had given."""


@runtime_checkable
class State(Protocol):
    """What the loop keeps in a `state`. DefaultState has it; others are given what they lack."""

    steps: list[Step]
    max_steps: int
    budget_used: int
    metadata: dict[str, Any]
    conversation: list[dict[str, Any]]
    stop_reason: str | None
    stop_message: str
    final_output: Any


Task = str | Mapping[str, Any] | None
