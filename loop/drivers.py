"""The sync driver: does what the engine asks for, in the caller's thread, and yields its steps.

`async_composable_loop` is the other driver, in `looplet.aio`.
"""

from __future__ import annotations

from looplet.approval import Later
from looplet.context import drop
from looplet.effects import Ask, CallerLeft, CallModel, RunTools, Save, StartTools
from looplet.engine import engine
from looplet.run import Run
from looplet.types import Step

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable
    from typing import Any

    from looplet.config import LoopConfig
    from looplet.effects import Effect
    from looplet.events import Event
    from looplet.tools import BaseToolRegistry
    from looplet.types import ToolCall, ToolResult


def composable_loop(
    llm: Any,
    task: Any = None,
    tools: BaseToolRegistry | None = None,
    context: Any = None,
    hooks: Iterable[object] | None = None,
    config: LoopConfig | None = None,
    state: Any = None,
    session_log: Any = None,
    stream: Callable[[Event], object] | None = None,
    conversation: list[dict[str, Any]] | None = None,
    *,
    max_steps: int | None = None,
    system_prompt: str | None = None,
) -> Generator[Step, None, None]:
    """Run an agent, one Step at a time.

    A Step is yielded after its tool ran: breaking out of the loop stops the next one. To stop a
    call before it runs, answer in a hook's `pre_dispatch`.

    llm: an object with `generate`, see `looplet.models.reply`.
    task: a text, or a dict with a `goal`.
    tools: what `tools_from` or a preset gives.
    context: handed to the hooks; a text, or a callable that gives one, is also told to the model.
    hooks: objects with any of the hook methods, in order.
    config, state: as LoopConfig and DefaultState say. `state` is filled in as the run goes on.
    session_log: handed to the hooks.
    stream: called with each Event, like a hook's `on_event`.
    conversation: a list of messages to go on from.
    max_steps, system_prompt: in place of those of `config`.

    What the model does wrong is a Step with an error that it is told; what a hook, or the model
    object itself, raises is raised here, with everything so far in `state`.
    """
    parts = (llm, task, tools, context, hooks, config, state, session_log, stream, conversation)
    return _drive(Run(*parts, max_steps=max_steps, system_prompt=system_prompt))


def _drive(run: Run) -> Generator[Step, None, None]:
    effects = engine(run)
    try:
        step = _next_step(run, effects.send, None, effects)
        while step is not None:
            try:
                yield step
            except BaseException:  # the caller left the loop: the engine ends the run, so do we
                _next_step(run, effects.throw, CallerLeft(), effects)
                raise
            step = _next_step(run, effects.send, None, effects)
    finally:
        # A signal can raise anywhere, also where nobody could tell the engine.
        try:
            effects.close()
        finally:
            run.close()


def _next_step(
    run: Run,
    resume: Callable[[Any], Effect],
    answer: Any,
    effects: Generator[Effect, Any, None],
) -> Step | None:
    """Do what the engine asks until it has a step, or is at its end: None."""
    try:
        while type(effect := resume(answer)) is not Step:
            try:
                resume, answer = effects.send, _perform(run, effect)
            except BaseException as error:
                resume, answer = effects.throw, error
    except StopIteration:
        return None
    return effect


def _perform(run: Run, effect: Any) -> Any:
    kind = type(effect)
    if kind is CallModel:
        answer = effect.ask(effect.messages)
        if hasattr(answer, "__await__"):
            drop(answer)
            raise TypeError("this llm is async: run it with async_composable_loop")
        return answer
    if kind is RunTools:
        calls = effect.calls
        if len(calls) == 1:
            return (_dispatch(run, calls[0]),)
        from functools import partial

        from looplet.threads import run_all

        return run_all([partial(_dispatch, run, c) for c in calls], run.config.max_parallel_calls)
    if kind is StartTools:
        return run.tools.start()
    if kind is Save:
        return getattr(run.recorder, effect.method)(*effect.args)
    if kind is Ask:
        handler = run.config.approval_handler
        if handler is None and run.can_wait:
            raise Later
        answer = None if handler is None else handler(effect.question, effect.options)
        if hasattr(answer, "__await__"):
            drop(answer)
            raise TypeError("this approval handler is async: use async_composable_loop")
        return answer
    drop(effect.awaitable)
    raise TypeError(f"{effect.source} is async: run it with async_composable_loop")


def _dispatch(run: Run, call: ToolCall) -> ToolResult | Later:
    try:
        result = run.tools.dispatch(call, run.tool_context)
    except Later as later:
        return later
    if run.recorder is not None:
        run.recorder.result(call, result)
    return result
