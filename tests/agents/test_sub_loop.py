"""`run_sub_loop`: a run of a tool's own, inside a run and outside of one."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from agents_made import Runner, call, done

from looplet import (
    CancelToken,
    FileCheckpointStore,
    Later,
    LoopConfig,
    MockLLMBackend,
    run_sub_loop,
    run_sub_loop_async,
    tools_from,
)
from looplet.context import ToolContext


def add(a: int) -> int:
    """One more."""
    return a + 1


def tools() -> Any:
    return tools_from([add], include_done=True)


def script(*replies: Any) -> MockLLMBackend:
    return MockLLMBackend([*replies], cycle=False)


@pytest.fixture(params=["sync", "async"])
def sub_loop(request: pytest.FixtureRequest) -> Any:
    if request.param == "sync":
        return run_sub_loop
    return lambda *args, **options: asyncio.run(run_sub_loop_async(*args, **options))


def test_how_it_ended(sub_loop: Any) -> None:
    ended = sub_loop(script(call("add", a=1), done("two")), "t", tools())
    assert ended["completed"] is True
    assert (ended["result"], ended["summary"]) == ({"summary": "two"}, "two")
    assert (ended["stop_reason"], ended["stop_message"]) == ("done", "")
    assert [step.tool_call.tool for step in ended["steps"]] == ["add", "done"]
    assert ended["usage"].total_tokens == 0


def test_without_an_answer(sub_loop: Any) -> None:
    ended = sub_loop(MockLLMBackend([call("add", a=1)]), "t", tools(), max_steps=2)
    assert (ended["completed"], ended["result"]) == (False, None)
    assert (ended["stop_reason"], len(ended["steps"])) == ("max_steps", 2)
    assert ended["summary"] == "it stopped: max_steps"


def test_an_answer_that_has_no_summary(sub_loop: Any) -> None:
    def finish(value: list[int]) -> list[int]:
        """End."""
        return value

    config = LoopConfig(done_tool="finish")
    ended = sub_loop(script(call("finish", value=[1])), "t", tools_from([finish]), config=config)
    assert (ended["result"], ended["summary"]) == ([1], "[1]")


@pytest.mark.parametrize(("own", "given", "steps"), [(3, 9, 3), (9, 3, 3)])
def test_the_smaller_max_steps_holds(sub_loop: Any, own: int, given: int, steps: int) -> None:
    config = LoopConfig(max_steps=own)
    llm = MockLLMBackend([call("add", a=1)])
    ended = sub_loop(llm, "t", tools(), config=config, max_steps=given, system_prompt="Add.")
    assert len(ended["steps"]) == steps
    assert llm.last_messages is not None
    assert llm.last_messages[0]["content"].startswith("Add.")  # type: ignore[index]
    assert config.max_steps == own and config.system_prompt == ""  # the caller's is not touched


def test_what_it_raises_is_raised(sub_loop: Any) -> None:
    with pytest.raises(ConnectionError):
        sub_loop(script(ConnectionError("x")), "t", tools())
    with pytest.raises(ValueError, match="max_steps"):
        sub_loop(script(done()), "t", tools(), max_steps=0)


def test_a_token_of_its_own_cancels_it_too(sub_loop: Any) -> None:
    token = CancelToken()
    token.cancel()
    config = LoopConfig(cancel_token=token)
    for ctx in (None, ToolContext()):
        ended = sub_loop(script(done()), "t", tools(), config=config, ctx=ctx)
        assert ended["stop_reason"] == "cancelled"


def test_alone_it_waits_as_any_run_does(sub_loop: Any, tmp_path: Path) -> None:
    from looplet.permissions import permission_hook

    def later(question: str, options: list[str]) -> Any:
        raise Later

    config = LoopConfig(approval_handler=later, checkpoint_dir=str(tmp_path / "saved"))
    hooks = [permission_hook({"ask": ["add"]})]
    ended = sub_loop(script(call("add", a=1)), "t", tools(), config=config, hooks=hooks)
    assert ended["stop_reason"] == "waiting"
    assert FileCheckpointStore(tmp_path / "saved").load().question is not None


def test_in_a_tool_it_is_a_part_of_the_run(run: Runner) -> None:
    async def count(ctx: Any) -> Any:
        ended = await run_sub_loop_async(ctx.llm, "t", tools(), ctx=ctx, name="counter")
        return ended["summary"]

    seen: list[Any] = []
    llm = script(call("count"), call("add", a=1), done("two"), done("p"))
    ran = run(llm, tools_from([count], include_done=True), stream=seen.append)
    assert ran.steps[0].tool_result.data == "two"
    steps = [(e.agent, e.step.tool_call.tool) for e in seen if e.event == "step"]
    assert steps == [("counter", "add"), ("counter", "done"), ("", "count"), ("", "done")]
