"""Runs that end from outside, and states of other kinds."""

import asyncio
from typing import Any

import pytest
from loop_doubles import Go, Script, add

from looplet import (
    Cancelled,
    CancelToken,
    DefaultState,
    HookDecision,
    LoopConfig,
    Reply,
    ToolCall,
    ToolSpec,
    async_composable_loop,
    composable_loop,
    tools_from,
)

DONE = ("done", {"summary": "ok"})


class Ends:
    def __init__(self) -> None:
        self.reasons: list[str] = []

    async def on_loop_end(self, state: Any, log: Any, context: Any, llm: Any) -> None:
        await asyncio.sleep(0)
        self.reasons.append(state.stop_reason)


cancelled: list[bool] = []


async def forever() -> None:
    try:
        await asyncio.sleep(60)
    except asyncio.CancelledError:
        cancelled.append(True)
        raise


def blocks() -> None:
    import time

    time.sleep(0.3)


@pytest.mark.parametrize("where", ["model", "tool", "tool in time", "tools", "thread"])
def test_cancelling_the_task_ends_the_run_properly(where: str) -> None:
    class Slow:
        async def generate(self, messages: Any, *, tools: Any) -> Reply:
            if where == "model":
                await forever()
            return Reply("", [ToolCall("wait")] * (2 if where == "tools" else 1))

    tool = ToolSpec(
        "wait",
        "",
        {},
        blocks if where == "thread" else forever,
        concurrent_safe=True,
        timeout_s=60 if where == "tool in time" else None,
    )
    cancelled.clear()
    state, end = DefaultState(), Ends()
    config = LoopConfig(concurrent_dispatch=True)

    async def run() -> None:
        loop = async_composable_loop(
            Slow(), "t", tools_from([tool]), state=state, hooks=[end], config=config
        )
        async for _ in loop:
            raise AssertionError

    async def main() -> None:
        task = asyncio.create_task(run())
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await asyncio.sleep(0)
        assert len(cancelled) == {"thread": 0, "tools": 2}.get(where, 1)

    asyncio.run(main())
    assert state.stop_reason == "cancelled" and end.reasons == ["cancelled"]
    assert len(state.steps) == {"model": 0, "tools": 2}.get(where, 1), "what was under way is told"


def test_an_exception_in_the_callers_loop_is_the_caller_leaving() -> None:
    state, end = DefaultState(), Ends()

    async def main() -> None:
        llm = Script(("add", {"a": 1, "b": 1}), DONE)
        loop = async_composable_loop(
            llm, "t", tools_from([add], include_done=True), state=state, hooks=[end]
        )
        async for _ in loop:
            await loop.aclose()

    asyncio.run(main())
    assert state.stop_reason == "stopped_by_caller" and end.reasons == ["stopped_by_caller"]
    state = DefaultState()
    loop = composable_loop(
        Script(("add", {"a": 1, "b": 1})), "t", tools_from([add], include_done=True), state=state
    )
    next(loop)
    with pytest.raises(LookupError):
        loop.throw(LookupError())
    assert state.stop_reason == "stopped_by_caller"


def test_async_approval_is_for_the_async_driver(go: Go) -> None:
    class Asks:
        def check_permission(self, call: ToolCall) -> HookDecision | None:
            return HookDecision(permission="ask") if call.tool == "add" else None

    async def handler(question: str, options: list[str]) -> str:
        await asyncio.sleep(0)
        return "yes"

    config = LoopConfig(approval_handler=handler)
    run = go(Script(("add", {"a": 1, "b": 1}), DONE), hooks=[Asks()], config=config)
    if run.error is None:
        assert run.data[0] == {"sum": 2}
    else:
        assert "async_composable_loop" in str(run.error)
        assert run.state.stop_reason == "approval_error"


def test_progress_can_be_awaited_by_an_async_listener(go: Go) -> None:
    heard: list[str] = []

    def talk(ctx: Any) -> int:
        ctx.report_progress("half")
        return 1

    class Listener:
        async def on_event(self, event: Any) -> None:
            if event.event == "tool_progress":
                heard.append(event.data["text"])

    run = go(Script(("talk", {}), DONE), [talk], hooks=[Listener()])
    assert heard == ["half"] or "is async" in str(run.error)


def test_both_ends_of_a_failing_run_are_told(go: Go) -> None:
    class Fails:
        def on_loop_end(self, *args: Any) -> None:
            raise ValueError("at the end")

    run = go(Script(KeyError("model")), hooks=[Fails()])
    assert isinstance(run.error, KeyError)
    assert "at the end" in run.error.__notes__[0]


def test_a_cancel_token_cancels_those_made_from_it() -> None:
    token = CancelToken()
    child = CancelToken(token)
    other = CancelToken(token)
    other.cancel()
    assert other.is_cancelled and not token.is_cancelled and not child.is_cancelled
    child.raise_if_cancelled()
    token.cancel()
    with pytest.raises(Cancelled):
        child.raise_if_cancelled()


def test_a_state_of_another_kind_is_given_what_it_lacks(go: Go) -> None:
    class Mine:
        max_steps = 2

    state = Mine()
    run = go(Script(*[("add", {"a": 1, "b": 1})] * 5), state=state, config=LoopConfig(max_steps=9))
    assert run.error is None and len(run.steps) == 2
    assert run.state.stop_reason == "max_steps" and run.state.steps == run.steps


def test_a_step_costs_the_same_however_long_the_run() -> None:
    """No timing: how often the engine touches a list that grows is counted."""

    class Watched(list[Any]):
        scans = 0

        def __iter__(self) -> Any:
            Watched.scans += 1
            return super().__iter__()

        def __getitem__(self, index: Any) -> Any:
            Watched.scans += isinstance(index, slice)
            return super().__getitem__(index)

    class Quick:
        n = 0

        def generate(self, messages: Any, *, tools: Any) -> Reply:
            self.n += 1
            name, args = ("add", {"a": 1, "b": 1}) if self.n < 300 else DONE
            return Reply("", [ToolCall(name, args)])

    state = DefaultState(400)
    state.steps = Watched()
    state.conversation = Watched()
    for _ in composable_loop(Quick(), "t", tools_from([add], include_done=True), state=state):
        pass
    assert len(state.steps) == 300 and Watched.scans == 0
