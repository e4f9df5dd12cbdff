"""The async driver: the same engine, awaiting what can be awaited. The one module with asyncio.

What may block (a sync model, a sync tool, a sync approval handler) runs in a thread, so that the
event loop never waits for it. A model with `blocking = False` is called directly.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from functools import partial

from looplet.approval import Later
from looplet.effects import Ask, CallerLeft, CallModel, RunTools, Save, StartTools
from looplet.engine import engine
from looplet.run import Run
from looplet.threads import Job
from looplet.types import Step, ToolResult

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Iterable
    from typing import Any

    from looplet.calling import Invocation
    from looplet.config import LoopConfig
    from looplet.effects import Effect
    from looplet.events import Event
    from looplet.tools import BaseToolRegistry
    from looplet.types import ToolCall


def async_composable_loop(
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
) -> AsyncGenerator[Step, None]:
    """`composable_loop` for `async for`: the model, tools, hooks and handlers may be async too."""
    parts = (llm, task, tools, context, hooks, config, state, session_log, stream, conversation)
    return _drive(Run(*parts, max_steps=max_steps, system_prompt=system_prompt))


async def _drive(run: Run) -> AsyncGenerator[Step, None]:
    run.is_async = True
    effects = engine(run)
    try:
        step = await _next_step(run, effects.send, None, effects)
        while step is not None:
            try:
                yield step
            except BaseException:  # the caller left the loop: the engine ends the run, so do we
                await _next_step(run, effects.throw, CallerLeft(), effects)
                raise
            step = await _next_step(run, effects.send, None, effects)
    finally:
        # A signal can raise anywhere, also where nobody could tell the engine.
        try:
            effects.close()
        finally:
            run.close()


async def _next_step(
    run: Run,
    resume: Callable[[Any], Effect],
    answer: Any,
    effects: Generator[Effect, Any, None],
) -> Step | None:
    """Do what the engine asks until it has a step, or is at its end: None."""
    try:
        while type(effect := resume(answer)) is not Step:
            try:
                resume, answer = effects.send, await _perform(run, effect)
            except BaseException as error:
                resume, answer = effects.throw, error
    except StopIteration:
        return None
    return effect


async def _perform(run: Run, effect: Any) -> Any:
    kind = type(effect)
    if kind is CallModel:
        ask = partial(effect.ask, effect.messages)
        return await _value(ask, in_thread=effect.model.waits)
    if kind is RunTools:
        calls = effect.calls
        if len(calls) == 1:
            return (await _dispatch(run, calls[0]),)
        slots = asyncio.Semaphore(run.config.max_parallel_calls)
        return await asyncio.gather(*(_dispatch(run, call, slots) for call in calls))
    if kind is StartTools:
        return await _value(run.tools.start, in_thread=True)
    if kind is Save:  # a short write to a file: not worth a thread
        return getattr(run.recorder, effect.method)(*effect.args)
    if kind is Ask:
        handler = run.config.approval_handler
        if handler is None and run.can_wait:
            raise Later
        if handler is None:
            return None
        return await _value(partial(handler, effect.question, effect.options), in_thread=True)
    return await effect.awaitable


async def _dispatch(
    run: Run, call: ToolCall, slots: asyncio.Semaphore | None = None
) -> ToolResult | Later:
    if slots is not None:
        async with slots:
            return await _dispatch(run, call)
    try:
        result = await _result(run, call)
    except Later as later:
        return later
    if run.recorder is not None:
        run.recorder.result(call, result)
    return result


async def _result(run: Run, call: ToolCall) -> ToolResult:
    """`BaseToolRegistry.dispatch`, awaiting the tool."""
    ready = run.tools.prepare(call, run.tool_context)
    if isinstance(ready, ToolResult):
        return ready
    timeout_s = ready.bound.spec.timeout_s
    return await (_finished(ready) if timeout_s is None else _in_time(ready, timeout_s))


async def _finished(ready: Invocation) -> ToolResult:
    try:
        return ready.finish(await _value(ready.start, in_thread=not ready.bound.calling.is_async))
    except (KeyboardInterrupt, GeneratorExit, Later):
        raise
    except BaseException as error:
        task = asyncio.current_task()
        if isinstance(error, asyncio.CancelledError) and task is not None and task.cancelling():
            raise  # we are cancelled; otherwise the tool made it up, and it is an error like any
        return ready.failed(error)


async def _in_time(ready: Invocation, timeout_s: float) -> ToolResult:
    # Not wait_for: that waits on for a task that does not let itself be cancelled.
    task = asyncio.ensure_future(_finished(ready))
    try:
        done, _ = await asyncio.wait({task}, timeout=timeout_s)
    except asyncio.CancelledError:
        task.cancel()
        raise
    if done:
        return task.result()
    task.add_done_callback(_forget)
    task.cancel()
    return ready.timed_out()


def _forget(task: asyncio.Future[Any]) -> None:
    """Look at what an abandoned task raised, so that asyncio does not complain of it."""
    if not task.cancelled():
        task.exception()


async def _value(function: Callable[[], Any], *, in_thread: bool) -> Any:
    """What a function returns, awaited if it is awaitable."""
    value = await _threaded(function) if in_thread else function()
    return await value if hasattr(value, "__await__") else value


async def _threaded(function: Callable[[], Any]) -> Any:
    # A thread of ours and not asyncio.to_thread: one that never returns must not keep the
    # process, nor use up a pool.
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()

    def when_done() -> None:
        with suppress(RuntimeError):  # given up long ago, and the loop is closed
            loop.call_soon_threadsafe(ended.set)

    job = Job(function, when_done)
    await ended.wait()
    return job.result()


def run_to_completion(awaitable: Awaitable[Any]) -> Any:
    """The value of an awaitable, for the sync driver; also where an event loop is running."""

    async def main() -> Any:
        return await awaitable

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(main())
    return Job(lambda: asyncio.run(main())).result()
