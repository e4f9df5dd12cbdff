"""One run inside a tool call of another: what it is handed down, and what it hands back.

Handed down: the model, the approval handler, cancellation, a share of the budgets, a checkpoint
folder. Handed back: events, under the name of the agent; usage; a question that waits for a
human. Everything else is its own: state, conversation, tools, hooks, permissions.
"""

from __future__ import annotations

from copy import copy

from looplet.approval import Later
from looplet.cancel import CancelToken
from looplet.config import LoopConfig
from looplet.state import DefaultState

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any, Final

    from looplet.context import ToolContext
    from looplet.events import Event
    from looplet.tools import BaseToolRegistry

MAX_DEPTH: Final = 5
"""How many runs may lie in one another; agents that call one another would go on for ever."""


class TooDeep(RuntimeError):
    """A run in a run in a run …; the message says in which."""


def run_sub_loop(
    llm: Any,
    task: Any = None,
    tools: BaseToolRegistry | None = None,
    *,
    ctx: ToolContext | None = None,
    name: str = "sub",
    max_steps: int | None = None,
    system_prompt: str | None = None,
    hooks: Iterable[object] | None = None,
    context: Any = None,
    config: LoopConfig | None = None,
    state: Any = None,
    conversation: list[dict[str, Any]] | None = None,
) -> dict[str, Any]:
    """Run a loop to its end, and say how it ended. For tools that need a run of their own.

    ctx: of the tool call that this is a part of; without it, nothing is handed down or back.
    name: what the run is called in events and questions. The rest is as in `composable_loop`.

    Returns `{"completed", "result", "summary", "stop_reason", "stop_message", "steps", "usage"}`:
    `result` is what the done tool returned, or None; `steps` are Steps. Raises what the loop
    raises; TooDeep; and Later where the run waits for a human, which a tool lets pass: it is called
    again when there is an answer.
    """
    from looplet.drivers import composable_loop

    run = SubRun(llm, ctx, name, config, state, hooks, max_steps, system_prompt)
    steps = run.start(composable_loop, task, tools, context, conversation)
    try:
        for _ in steps:
            pass
    finally:
        steps.close()
        run.give_back()
    return run.outcome()


async def run_sub_loop_async(
    llm: Any,
    task: Any = None,
    tools: BaseToolRegistry | None = None,
    *,
    ctx: ToolContext | None = None,
    name: str = "sub",
    max_steps: int | None = None,
    system_prompt: str | None = None,
    hooks: Iterable[object] | None = None,
    context: Any = None,
    config: LoopConfig | None = None,
    state: Any = None,
    conversation: list[dict[str, Any]] | None = None,
) -> dict[str, Any]:
    """`run_sub_loop`, awaiting what is async in it."""
    from looplet.aio import async_composable_loop

    run = SubRun(llm, ctx, name, config, state, hooks, max_steps, system_prompt)
    steps = run.start(async_composable_loop, task, tools, context, conversation)
    try:
        async for _ in steps:
            pass
    finally:
        await steps.aclose()
        run.give_back()
    return run.outcome()


class SubRun:
    """The sub-loop of either driver, before and after it runs."""

    def __init__(
        self,
        llm: Any,
        ctx: ToolContext | None,
        name: str,
        config: LoopConfig | None,
        state: Any,
        hooks: Iterable[object] | None,
        max_steps: int | None,
        system_prompt: str | None,
    ) -> None:
        self.llm = llm
        self.ctx = ctx
        self.name = name
        self.path = path_below(ctx, name)
        self.hooks = list(hooks or ())
        self.config = copy(config) if config is not None else LoopConfig()
        if max_steps is not None:
            # The smaller of both: nobody below may do more than it was made for.
            most = LoopConfig(max_steps=max_steps).max_steps
            self.config.max_steps = min(self.config.max_steps, most) if config else most
        if system_prompt is not None:
            self.config.system_prompt = system_prompt
        self.state = DefaultState(self.config.max_steps) if state is None else state
        if ctx is not None:
            self._hand_down(ctx)

    def _hand_down(self, ctx: ToolContext) -> None:
        config = self.config
        config.cancel_token = _Both(ctx.cancel_token, config.cancel_token)
        if config.approval_handler is None:
            config.approval_handler = self._asking(ctx.approval_handler)
        self.hooks = [*ctx.hooks_handed_down, *self.hooks]
        if config.checkpoint_dir is None and (folder := ctx.checkpoint_dir) is not None:
            from looplet.checkpoint.store import FileCheckpointStore

            # What an earlier try of this very call left there, it goes on with.
            config.checkpoint_dir = FileCheckpointStore(folder)
            if config.checkpoint_dir.is_used:
                config.initial_checkpoint = saved = config.checkpoint_dir.load()
                if saved.question is not None:
                    said = ctx.take_answer(self._worded(saved.question["question"]))
                    if said is not None:
                        saved.answer(said)
            if ctx.config is not None:
                config.in_flight = ctx.config.in_flight

    def _asking(self, handler: Callable[..., Any] | None) -> Callable[..., Any] | None:
        """The approval handler of the run above, told who asks."""
        if handler is None:
            return None

        def ask(question: str, options: list[str]) -> Any:
            return handler(self._worded(question), options)

        return ask

    def _worded(self, question: str) -> str:
        return f"{self.name}: {question}"

    def start(
        self,
        loop: Callable[..., Any],
        task: Any,
        tools: BaseToolRegistry | None,
        context: Any,
        conversation: list[dict[str, Any]] | None,
    ) -> Any:
        """The generator of the loop's steps."""
        heard = self.ctx is not None and self.ctx.is_heard
        steps = loop(
            self.llm,
            task,
            tools,
            context,
            self.hooks,
            self.config,
            self.state,
            stream=self._pass_up if heard else None,
            conversation=conversation,
        )
        self.state.metadata["agent"] = self.path
        return steps

    def _pass_up(self, event: Event) -> None:
        own = copy(event)
        own.agent = f"{self.name}/{event.agent}" if event.agent else self.name
        assert self.ctx is not None
        self.ctx.emit(own)

    def give_back(self) -> None:
        """Let what this spent count above, however it ended."""
        if self.ctx is not None:
            self.ctx.add_usage(self.state.usage)

    def outcome(self) -> dict[str, Any]:
        """How it ended. Raises Later where it waits for a human, and somebody above can."""
        state = self.state
        if self.ctx is not None and state.stop_reason == "waiting" and state.question:
            asked = state.question
            raise Later(self._worded(asked["question"]), asked["options"])
        return {
            "completed": state.stop_reason == "done",
            "result": state.final_output,
            "summary": _summary(state),
            "stop_reason": state.stop_reason,
            "stop_message": state.stop_message,
            "steps": state.steps,
            "usage": state.usage,
        }


class _Both(CancelToken):
    """Cancelled when the call above is, or when the token that the run was given is."""

    __slots__ = ("_own",)

    def __init__(self, above: CancelToken, own: CancelToken | None) -> None:
        super().__init__(above)
        self._own = own

    @property
    def is_cancelled(self) -> bool:
        return super().is_cancelled or (self._own is not None and self._own.is_cancelled)


def path_below(ctx: ToolContext | None, name: str) -> str:
    """The path of the agent `name` below the run of `ctx`. Raises TooDeep."""
    above = str(ctx.metadata.get("agent", "")) if ctx is not None else ""
    path = f"{above}/{name}" if above else name
    if path.count("/") >= MAX_DEPTH:
        raise TooDeep(
            f"agents are nested {MAX_DEPTH} deep here already ({above}), which is the most; do the "
            "task yourself"
        )
    return path


def _summary(state: Any) -> str:
    """The end of a run in a few words."""
    output = state.final_output
    if isinstance(output, dict) and isinstance(output.get("summary"), str):
        return str(output["summary"])
    if state.stop_reason == "done":
        from looplet.jsontext import result_text

        return result_text(output)
    return str(state.stop_message or f"it stopped: {state.stop_reason}")


__all__ = ["run_sub_loop", "run_sub_loop_async"]
