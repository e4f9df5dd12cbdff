"""One core, two drivers: every conversation gives the same steps, events and journal with both."""

from __future__ import annotations

import asyncio
import gc
import json
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from looplet import (
    DefaultState,
    HookDecision,
    LoopConfig,
    MockLLMBackend,
    Reply,
    ToolCall,
    ToolSpec,
    Usage,
    async_composable_loop,
    cartridge_to_preset,
    composable_loop,
    tools_from,
)

ROOT = Path(__file__).parents[2]
DONE = {"tool": "done", "args": {"summary": "ok"}}


def tools() -> Any:
    def add(a: int, b: int) -> dict[str, int]:
        return {"sum": a + b}

    def fail(how: str) -> Any:
        if how == "raise":
            raise ValueError("it went wrong")
        if how == "exit":
            raise SystemExit(3)
        return {1, 2}

    def look(ctx: Any, name: str) -> Any:
        ctx.report_progress(f"looking for {name}")
        ctx.warn("it is dark")
        ctx.add_usage(Usage(1, 2, cost=0.5))
        return ctx.approve(f"Take {name}?")

    async def later(n: int) -> int:
        await asyncio.sleep(0)
        return n

    number = {"n": {"type": "integer"}}
    return tools_from(
        [
            ToolSpec("add", "", {"a": {"type": "integer"}, "b": {"type": "integer"}}, add,
                     concurrent_safe=True, idempotency="idempotent"),
            ToolSpec("fail", "", {"how": {"type": "string"}}, fail, free=True),
            ToolSpec("look", "", {"name": {"type": "string"}}, look),
            ToolSpec("later", "", number, later, timeout_s=20, concurrent_safe=True),
        ],
        include_done=True,
    )  # fmt: skip


class Steers:
    """A hook with an opinion on many things, depending only on what it is asked."""

    def pre_prompt(self, state: Any, log: Any, context: Any, number: int) -> str | None:
        return f"step {number}" if number % 3 == 0 else None

    def pre_dispatch(self, state: Any, log: Any, call: ToolCall, number: int) -> Any:
        a = call.args.get("a")
        if a == 1:
            return HookDecision(updated_args={"a": 10, "b": 0})
        if a == 2:
            return HookDecision(permission="ask", block="two")
        if a == 3:
            return HookDecision(block="no threes")
        return HookDecision(stop="enough") if a == 4 else None

    def post_dispatch(self, state: Any, log: Any, call: Any, result: Any, number: int) -> Any:
        return "remember this" if result.error else None

    def check_done(self, state: Any, log: Any, context: Any, number: int) -> str | None:
        return "too early" if number < 3 else None

    def compact(self, state: Any, number: int) -> Any:
        if number % 5 == 0 and len(state.conversation) > 4:
            summary = yield [{"role": "user", "content": "Sum it up."}]
            return [*state.conversation[:1], {"role": "user", "content": f"Before: {summary}"}]
        return None


CALLS = st.one_of(
    st.builds(
        lambda a, b: {"tool": "add", "args": {"a": a, "b": b}}, st.integers(0, 6), st.integers()
    ),
    st.sampled_from(
        [
            {"tool": "add", "args": {"a": "x"}},
            {"tool": "fail", "args": {"how": "raise"}},
            {"tool": "fail", "args": {"how": "exit"}},
            {"tool": "fail", "args": {"how": "set"}},
            {"tool": "look", "args": {"name": "key"}},
            {"tool": "later", "args": {"n": 1}},
            {"tool": "no_such_tool", "args": {}},
            DONE,
        ]
    ),
)
REPLIES = st.one_of(
    CALLS,
    st.lists(CALLS, min_size=2, max_size=4),
    st.sampled_from(["", "prose", '{"tool": "add", "args": {', json.dumps(DONE)]),
    st.builds(
        lambda n, stop: Reply("hm", [ToolCall("add", {"a": n, "b": 1}, "", "id")], Usage(n, 1),
                              stop),
        st.integers(0, 5),
        st.sampled_from([None, "length", "refusal", "tool_calls"]),
    ),
    st.just(TimeoutError("the model hangs")),
)  # fmt: skip


def outcome(
    script: list[Any], folder: Path, *, is_async: bool, most: int, preset: Any = None
) -> dict[str, Any]:
    """Everything that can be seen of a run, but for times."""
    state = DefaultState(most)
    told: list[Any] = []
    steps: list[Any] = []
    error = ""
    asked: list[str] = []

    def handler(question: str, options: list[str]) -> bool:
        asked.append(question)
        return len(asked) % 2 == 1

    llm = MockLLMBackend(script, cycle=False)
    config = LoopConfig(max_steps=most, checkpoint_dir=folder, approval_handler=handler)
    options: dict[str, Any] = {"hooks": [Steers()], "config": config, "tools": tools()}
    if preset is not None:
        config = preset.config
        config.checkpoint_dir = folder
        state = preset.state
        options = {"hooks": preset.hooks, "config": config, "tools": preset.tools}
    options |= {"state": state, "stream": told.append}

    async def run_async() -> None:
        async for step in async_composable_loop(llm, "the task", **options):
            steps.append(step)

    try:
        if is_async:
            asyncio.run(run_async())
        else:
            steps.extend(composable_loop(llm, "the task", **options))
    except Exception as raised:
        error = repr(raised)
    for step in state.steps:
        step.tool_result.duration_ms = 0
    return {
        "steps": [step.to_dict() for step in steps],
        "state": [step.to_dict() for step in state.steps],
        "conversation": state.conversation,
        "events": [without_times(event) for event in told],
        "journal": list(journal(folder)),
        "end": (state.stop_reason, state.stop_message, state.final_output, state.usage),
        "error": error,
        "asked": asked,
        "calls": llm.calls,
    }


def without_times(event: Any) -> tuple[Any, ...]:
    for result in (event.tool_result, event.step and event.step.tool_result):
        if result is not None:
            result.duration_ms = 0
    call = event.tool_call
    shown = event.step and event.step.to_dict()
    return (event.event, event.step_num, event.agent, event.data, call, event.reply, shown,
            event.tool_result)  # fmt: skip


def journal(folder: Path) -> Iterator[Any]:
    for line in (folder / "journal.jsonl").read_text().splitlines():
        entry = json.loads(line[9:])
        entry.pop("ms", None)
        entry.get("result", {}).pop("ms", None)
        if entry["is"] == "result":  # of calls at the same time, in the order in which they ended
            entry = {"is": "result"}
        yield entry


@given(script=st.lists(REPLIES, max_size=8), most=st.integers(1, 9))
def test_both_drivers_agree_on_any_conversation(
    tmp_path_factory: pytest.TempPathFactory, script: list[Any], most: int
) -> None:
    folder = tmp_path_factory.mktemp("run")
    script = [*script, DONE, DONE, DONE]
    sync = outcome(script, folder / "sync", is_async=False, most=most)
    both = outcome(script, folder / "async", is_async=True, most=most)
    for part, value in sync.items():
        assert both[part] == value, part
    # Every step that was yielded was recorded, in the order of the calls.
    assert sync["steps"] == sync["state"][: len(sync["steps"])]
    assert [step["step"] for step in sync["state"]] == list(range(1, len(sync["state"]) + 1))


SCRIPTS = sorted(ROOT.glob("cartridges/*/evals/scripts/*.json"))


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: f"{path.parents[2].stem}-{path.stem}")
def test_both_drivers_agree_on_every_shipped_script(path: Path, tmp_path: Path) -> None:
    def run(is_async: bool) -> dict[str, Any]:
        preset = cartridge_to_preset(path.parents[2], runtime={})
        with preset.bind({}) as binding:
            return outcome(
                json.loads(path.read_text()),
                tmp_path / str(is_async),
                is_async=is_async,
                most=9,
                preset=binding_as_preset(binding),
            )

    sync, both = run(False), run(True)
    assert sync["end"][0] == "done"
    for part, value in sync.items():
        assert both[part] == value, part


def binding_as_preset(binding: Any) -> Any:
    """A binding with a `state` to read, as a preset has it."""
    return type(
        "Bound",
        (),
        {
            "config": binding.config,
            "hooks": binding.hooks,
            "tools": binding.tools,
            "state": binding.state(),
        },
    )


@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
def test_nothing_of_a_run_waits_for_the_garbage_collector(tmp_path: Path, is_async: bool) -> None:
    def run() -> weakref.ref[Any]:
        llm = MockLLMBackend([{"tool": "add", "args": {"a": 1, "b": 2}}, DONE])
        config = LoopConfig(max_steps=5, checkpoint_dir=str(tmp_path / "run"))
        state = DefaultState(5)
        if is_async:

            async def drive() -> None:
                async for _ in async_composable_loop(llm, "add", tools(), None, [], config, state):
                    pass

            asyncio.run(drive())
        else:
            assert len([*composable_loop(llm, "add", tools(), None, [], config, state)]) == 2
        return weakref.ref(state)

    gc.collect()
    gc.disable()
    try:
        assert run()() is None
    finally:
        gc.enable()
