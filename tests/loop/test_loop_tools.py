"""Tools that misbehave, and tools that run at the same time, through both drivers."""

import asyncio
import json
import sys
import threading
import time
from typing import Any

import pytest
from loop_doubles import Go, Script

from looplet import (
    BaseToolRegistry,
    LoopConfig,
    Reply,
    ToolCall,
    ToolContext,
    ToolResult,
    ToolSpec,
    Usage,
    tools_from,
)

DONE = ("done", {"summary": "ok"})


class Odd(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no text")


class Base(BaseException):
    pass


@pytest.mark.parametrize(
    ("error", "kind", "says"),
    [
        (ValueError("bad luck"), "raised", "ValueError: bad luck"),
        (ValueError(), "raised", "ValueError"),
        (Odd(), "raised", "Odd: (its text cannot be read)"),
        (Base("deep"), "raised", "Base: deep"),
        (StopIteration(3), "raised", "StopIteration: 3"),
        (RecursionError("deep"), "raised", "RecursionError: deep"),
        (asyncio.CancelledError(), "raised", "CancelledError"),
        (SystemExit(2), "exited", "`broken` called sys.exit(2)"),
        (ValueError("x" * 100_000), "raised", "ValueError: xxx"),
    ],
)
@pytest.mark.parametrize("is_async", [False, True])
@pytest.mark.parametrize("timeout_s", [None, 20])
def test_a_tool_that_raises_or_exits_is_a_step(
    go: Go, error: BaseException, kind: str, says: str, is_async: bool, timeout_s: float | None
) -> None:
    def broken() -> None:
        raise error

    async def broken_async() -> None:
        raise error

    function = broken_async if is_async else broken
    tool = ToolSpec("broken", "", {}, function, timeout_s=timeout_s)
    run = go(Script(("broken", {}), DONE), [tool])
    assert run.error is None and run.state.stop_reason == "done"
    detail = run.steps[0].tool_result.error_detail
    assert detail and detail.kind == kind and says in detail.message
    assert len(detail.message) < 2100
    assert "test_loop_tools" in detail.detail


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ({1, 2}, "it is a value of type `set`"),
        (object(), "it is a value of type `object`"),
        ({"a": [1, {"b": b"x"}]}, "a value of type `bytes` at `a[1].b`"),
        (float("nan"), "it is nan"),
        ({"x": float("inf")}, "it has inf at `x`"),
        ({(1, 2): 3}, "a key of type `tuple` at `the top`"),
        ((n for n in range(3)), "`generator`"),
        (ToolResult("x", data={1}), "`set`"),
    ],
)
def test_a_result_that_json_cannot_hold_is_an_error_that_names_it(
    go: Go, value: Any, says: str
) -> None:
    def odd() -> Any:
        return value

    run = go(Script(("odd", {}), DONE), [ToolSpec("odd", "", {}, odd)])
    assert "returned what JSON cannot hold" in str(run.errors[0]) and says in str(run.errors[0])
    assert run.steps[0].tool_result.error_detail.detail  # type: ignore[union-attr]
    json.dumps([step.to_dict() for step in run.steps])


def test_a_result_that_contains_itself_or_is_too_deep_is_an_error(go: Go) -> None:
    def loop() -> Any:
        value: list[Any] = []
        value.append(value)
        return value

    def deep() -> Any:
        value: Any = 1
        for _ in range(100_000):
            value = [value]
        return value

    run = go(Script(("loop", {}), ("deep", {}), DONE), [loop, deep])
    assert "contains itself" in str(run.errors[0]) and "too deeply" in str(run.errors[1])


def test_text_that_is_half_of_a_character_does_not_break_the_conversation(go: Go) -> None:
    def half() -> Any:
        return {"text": "\ud800"}

    run = go(Script(("half", {}), DONE), [half])
    assert run.errors == [None, None]
    for message in run.state.conversation:
        message["content"].encode()


@pytest.mark.parametrize("kind", ["sync", "async", "async that blocks"])
def test_a_tool_that_never_returns_is_left_behind(go: Go, kind: str) -> None:
    release = threading.Event()
    seen: list[bool] = []

    def hang(ctx: ToolContext) -> None:
        release.wait(10)
        seen.append(ctx.cancel_token.is_cancelled)

    async def hang_async() -> None:
        try:
            await asyncio.sleep(10)
        except asyncio.CancelledError:
            await asyncio.sleep(0.01)
            raise

    async def deaf() -> None:
        while True:
            try:
                await asyncio.sleep(1)
                return
            except asyncio.CancelledError:
                if release.is_set():
                    raise

    function = {"sync": hang, "async": hang_async, "async that blocks": deaf}[kind]
    tool = ToolSpec("hang", "", {}, function, timeout_s=0.05)
    started = time.monotonic()
    run = go(Script(("hang", {}), DONE), [tool])
    release.set()
    assert time.monotonic() - started < 5
    assert "did not return within 0.05 s" in str(run.errors[0])
    assert run.state.stop_reason == "done"
    if kind == "sync":
        for _ in range(100):
            if seen:
                break
            time.sleep(0.01)
        assert seen == [True], "the tool can see that nobody waits any longer"


def test_a_tool_that_hangs_does_not_keep_the_process(tmp_path: Any) -> None:
    import subprocess

    code = (
        "import time\n"
        "from looplet import *\n"
        "from looplet import composable_loop, tools_from, ToolSpec, Reply, ToolCall\n"
        "class M:\n"
        "    n = 0\n"
        "    def generate(self, messages, *, tools):\n"
        "        self.n += 1\n"
        "        return Reply('', [ToolCall('hang' if self.n == 1 else 'done', "
        "{} if self.n == 1 else {'summary': 'x'})])\n"
        "hang = ToolSpec('hang', '', {}, lambda: time.sleep(60), timeout_s=0.05)\n"
        "print([s.tool_result.error for s in composable_loop(M(), 't', tools_from([hang], "
        "include_done=True))])\n"
    ).replace("from looplet import *\n", "")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=20, text=True)
    assert done.returncode == 0 and "did not return" in done.stdout, done.stderr


def test_a_tool_within_its_time_is_as_any(go: Go) -> None:
    async def quick_async(n: int) -> int:
        return n

    def quick(n: int) -> int:
        return n

    def raises() -> None:
        raise ValueError("x")

    tools = [
        ToolSpec("quick", "", {"n": "int"}, quick, timeout_s=5),
        ToolSpec("quick_async", "", {"n": "int"}, quick_async, timeout_s=5),
        ToolSpec("raises", "", {}, raises, timeout_s=5),
    ]
    run = go(Script(("quick", {"n": 1}), ("quick_async", {"n": 2}), ("raises", {}), DONE), tools)
    assert run.data[:2] == [1, 2] and run.errors[2] == "ValueError: x"


def test_an_async_tool_runs_in_both_drivers_also_inside_a_running_loop(go: Go) -> None:
    async def later(n: int) -> int:
        await asyncio.sleep(0)
        return n

    run = go(Script(("later", {"n": 4}), DONE), [later])
    assert run.data[0] == 4

    async def outer() -> Any:
        return tools_from([later]).dispatch(ToolCall("later", {"n": 5})).data

    assert asyncio.run(outer()) == 5


@pytest.mark.parametrize("is_async", [False, True])
def test_safe_calls_of_one_turn_run_at_the_same_time_and_are_recorded_in_order(
    go: Go, is_async: bool
) -> None:
    barrier = threading.Barrier(3, timeout=5)
    waiting: list[int] = []

    def meet(n: int) -> int:
        barrier.wait()
        time.sleep(0.03 / (n + 1))
        return n

    async def meet_async(n: int) -> int:
        waiting.append(n)
        for _ in range(500):
            if len(waiting) == 3:
                return n
            await asyncio.sleep(0.01)
        raise TimeoutError

    # The sync driver gives each its own event loop, in threads that run at the same time.
    function = meet_async if is_async else meet
    tool = ToolSpec("meet", "", {"n": "int"}, function, concurrent_safe=True)
    run = go(
        Script([("meet", {"n": n}) for n in range(3)], DONE),
        [tool],
        config=LoopConfig(concurrent_dispatch=True),
    )
    assert run.data[:3] == [0, 1, 2]
    assert [step.number for step in run.steps] == [1, 2, 3, 4]


@pytest.mark.parametrize(("safe", "asked"), [(False, True), (True, False)])
def test_without_both_consents_calls_run_one_after_the_other(
    go: Go, safe: bool, asked: bool
) -> None:
    running = [0, 0]

    def alone() -> int:
        running[0] += 1
        running[1] = max(running)
        time.sleep(0.01)
        running[0] -= 1
        return 1

    tool = ToolSpec("alone", "", {}, alone, concurrent_safe=safe)
    config = LoopConfig(concurrent_dispatch=asked)
    go(Script([("alone", {})] * 3, DONE), [tool], config=config)
    assert running[1] == 1


def test_an_unsafe_tool_between_safe_ones_runs_alone_and_in_its_place(go: Go) -> None:
    order: list[str] = []

    def safe(n: int) -> int:
        order.append(f"safe{n}")
        return n

    def unsafe() -> int:
        order.append("unsafe")
        return 0

    tools = [ToolSpec("safe", "", {"n": "int"}, safe, concurrent_safe=True), unsafe]
    turn = [("safe", {"n": 1}), ("safe", {"n": 2}), ("unsafe", {}), ("safe", {"n": 3})]
    run = go(Script(turn, DONE), tools, config=LoopConfig(concurrent_dispatch=True))
    assert run.data[:4] == [1, 2, 0, 3]
    assert order[2:] == ["unsafe", "safe3"]


def test_no_more_than_max_parallel_calls_at_a_time(go: Go) -> None:
    lock, now, most = threading.Lock(), [0], [0]

    def busy() -> int:
        with lock:
            now[0] += 1
            most[0] = max(most[0], now[0])
        time.sleep(0.02)
        with lock:
            now[0] -= 1
        return 1

    tool = ToolSpec("busy", "", {}, busy, concurrent_safe=True)
    config = LoopConfig(concurrent_dispatch=True, max_parallel_calls=2)
    run = go(Script([("busy", {})] * 5, DONE), [tool], config=config)
    assert most[0] == 2 and len(run.steps) == 6


def test_leaving_the_loop_among_calls_that_all_ran_records_them_all(go: Go) -> None:
    tool = ToolSpec("one", "", {}, lambda: 1, concurrent_safe=True)
    config = LoopConfig(concurrent_dispatch=True)
    run = go(Script([("one", {})] * 3), [tool], config=config, leave_after=1)
    assert len(run.steps) == 1 and len(run.state.steps) == 3
    assert run.state.stop_reason == "stopped_by_caller"


def test_a_context_of_its_own_for_each_call(go: Go) -> None:
    events: list[Any] = []

    def talk(ctx: ToolContext, n: int) -> Any:
        ctx.warn(f"careful {n}")
        ctx.report_progress("half", done=n)
        return [ctx.resources["db"], ctx.metadata["who"], ctx.approve("Sure?"), ctx.llm is llm]

    class Listener:
        def on_event(self, event: Any) -> None:
            if event.event == "tool_progress":
                events.append((event.tool_call.args, event.data))

    llm = Script(("talk", {"n": 1}), ("talk", {"n": 2}), DONE)
    config = LoopConfig(resources={"db": "D"}, approval_handler=lambda question, options: "Yes ")
    from looplet import DefaultState

    state = DefaultState()
    state.metadata["who"] = "W"
    run = go(llm, [talk], config=config, hooks=[Listener()], state=state)
    assert run.data[:2] == [["D", "W", True, True]] * 2
    assert [step.tool_result.warnings for step in run.steps] == [["careful 1"], ["careful 2"], []]
    assert run.state.conversation[2]["content"].endswith("\nwarning: careful 1")
    assert events == [
        ({"n": 1}, {"text": "half", "done": 1}),
        ({"n": 2}, {"text": "half", "done": 2}),
    ]


@pytest.mark.parametrize("error", [ValueError("listener"), SystemExit("listener")])
def test_progress_listeners_that_raise_end_the_run_after_the_record(
    go: Go, error: BaseException
) -> None:
    def talk(ctx: ToolContext) -> int:
        ctx.report_progress("half")
        return 1

    class Listener:
        def on_event(self, event: Any) -> None:
            if event.event == "tool_progress":
                raise error

    run = go(Script(("talk", {}), DONE), [talk], hooks=[Listener()])
    assert str(run.error) == "listener" and run.state.stop_reason == "hook_error"
    assert run.state.steps[0].tool_result.data == 1


def test_without_a_handler_the_answer_is_no() -> None:
    assert ToolContext().approve("Sure?") is False
    for answer in (None, "", "no", "yesterday", 1, [True], "maybe"):
        ctx = ToolContext(approval_handler=lambda q, o, answer=answer: answer)
        assert ctx.approve("Sure?") is False


def test_a_tool_is_not_told_no_by_a_handler_that_it_cannot_wait_for(go: Go) -> None:
    async def handler(question: str, options: list[str]) -> str:
        return "yes"

    def ask(ctx: ToolContext) -> bool:
        return ctx.approve("Sure?")

    run = go(Script(("ask", {}), DONE), [ask], config=LoopConfig(approval_handler=handler))
    assert run.errors[0] == (
        "TypeError: the approval handler is async, and a tool cannot wait for it"
    )


def test_what_a_tool_does_to_its_objects_changes_no_record(go: Go) -> None:
    kept: list[Any] = []

    def keep(items: list[str]) -> Any:
        items.append("more")
        kept.append(items)
        return items

    def change() -> Any:
        kept[0].append("later")
        return kept

    run = go(Script(("keep", {"items": ["a"]}), ("change", {}), DONE), [keep, change])
    assert run.steps[0].tool_call.args == {"items": ["a"]}
    assert run.state.conversation[1]["tool_calls"][0]["args"] == {"items": ["a"]}
    assert run.data[:2] == [["a", "more"], [["a", "more", "later"]]]


def test_arguments_too_deep_to_be_handed_over_are_an_error_of_that_call(go: Go) -> None:
    deep: Any = []
    for _ in range(20_000):
        deep = [deep]
    tool = ToolSpec("keep", "", {"items": {}}, lambda items: 1)
    run = go(Script(("keep", {"items": deep}), DONE), [tool])
    assert run.errors[0] == "`keep` was not run: its arguments are nested too deeply"
    assert run.state.stop_reason == "done"


def test_code_is_loaded_by_the_first_call_and_once() -> None:
    loads: list[int] = []

    def load() -> Any:
        loads.append(1)
        return lambda *, n: n + 1

    registry = BaseToolRegistry([ToolSpec("lazy", "", {"n": "int"}, load=load)])
    assert registry.tool_schemas()[0]["name"] == "lazy" and not loads
    threads = [
        threading.Thread(target=registry.dispatch, args=(ToolCall("lazy", {"n": 1}),))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert registry.dispatch(ToolCall("lazy", {"n": 1})).data == 2 and loads == [1]


def test_code_that_cannot_be_loaded_is_an_error_of_that_call(go: Go) -> None:
    def load() -> Any:
        raise ImportError("no such thing")

    run = go(Script(("lazy", {}), DONE), [ToolSpec("lazy", "", {}, load=load)])
    assert run.errors[0] == "`lazy` could not be loaded: ImportError: no such thing"


def test_a_schema_that_means_nothing_is_the_builders_fault(go: Go) -> None:
    schema = {"type": "object", "properties": {"n": {"type": "integr"}}}
    run = go(Script(("bad", {"n": 1}), DONE), [ToolSpec("bad", "", schema, lambda n: n)])
    assert run.error is not None and "the parameters of the tool `bad`" in str(run.error)
    assert run.state.stop_reason == "tool_error"
    assert run.state.steps[0].tool_result.error


def test_ctrl_c_in_a_tool_ends_the_run_with_the_call_recorded(go: Go) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    run = go(Script(("interrupt", {})), [interrupt])
    assert isinstance(run.error, KeyboardInterrupt)
    assert run.state.stop_reason == "interrupted"
    assert "was running when the run ended" in str(run.state.steps[0].tool_result.error)


def test_what_a_turn_cost_is_also_on_the_step_that_was_interrupted(go: Go) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    run = go(Script(Reply("", [ToolCall("interrupt")], Usage(5, 1))), [interrupt])
    assert [step.usage for step in run.state.steps] == [Usage(5, 1)]
