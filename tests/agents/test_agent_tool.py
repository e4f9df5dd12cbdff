"""An agent as a tool: what it is told, what it answers, and what becomes of its failures."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from agents_made import Runner, agent, call, done, run_sync

from looplet import (
    AgentPreset,
    CancelToken,
    DefaultState,
    File,
    HookDef,
    LoopConfig,
    MockLLMBackend,
    Reply,
    ToolCall,
    ToolSpec,
    Usage,
    tools_from,
)
from looplet.agents import agent_tool
from looplet.builtin_hooks import BudgetCap

ADD = ({"a": {"type": "integer"}}, "def execute(*, a):\n    return {'a': a + 1}\n")


def script(*replies: Any) -> MockLLMBackend:
    return MockLLMBackend([*replies], cycle=False)


def with_done(*tools: ToolSpec) -> Any:
    return tools_from(tools, include_done=True)


def test_the_answer_is_what_its_done_returned(run: Runner) -> None:
    tool = agent_tool(agent(tools={"add": ADD}))
    llm = script(call("researcher", task="add"), call("add", a=1), done("two"), done("parent"))
    ran = run(llm, with_done(tool))
    first = ran.steps[0].tool_result
    assert first.data == {"summary": "two"}
    assert first.metadata["steps"] == 2
    assert [step.tool_call.tool for step in ran.steps] == ["researcher", "done"]
    assert ran.state.final_output == {"summary": "parent"}


def test_it_knows_its_task_and_nothing_of_the_conversation(run: Runner) -> None:
    seen: list[Any] = []

    def reply(messages: Any, last: Any) -> Any:
        seen.append([*messages])
        return done("x") if len(seen) > 1 else call("researcher", task="find the\nkey")

    run(MockLLMBackend(reply), with_done(agent_tool(agent())))
    own = seen[1]
    assert [message["role"] for message in own] == ["system", "user"]
    assert "You are researcher." in own[0]["content"]
    assert "find the\nkey" in own[1]["content"]
    assert "the task" not in str(own)


def test_its_inputs_are_parameters_and_fixed_ones_are_not() -> None:
    config = {
        "inputs": {
            "repo": {"type": "string", "description": "Where."},
            "days": {"type": "integer", "default": 90},
            "depth": {"type": "integer"},
        }
    }
    tool = agent_tool(agent(config=config), runtime={"depth": 3})
    schema = tool.schema
    assert list(schema["properties"]) == ["task", "repo", "days"]
    assert schema["required"] == ["task", "repo"]
    assert schema["properties"]["repo"]["description"] == "Where."


def test_inputs_reach_the_agent(run: Runner) -> None:
    code = (
        "def execute(*, word, ctx):\n    return {'is': ctx.resources['runtime']['place'] + word}\n"
    )
    preset = agent(
        tools={"look": ({"word": {"type": "string"}}, code)},
        config={"inputs": {"place": {"type": "string"}}},
    )
    llm = script(
        call("researcher", task="t", place="here "), call("look", word="x"), done(), done()
    )
    seen: list[Any] = []
    run(llm, with_done(agent_tool(preset)), stream=seen.append)
    results = [e.tool_result.data for e in seen if e.event == "tool_end" and e.agent]
    assert results[0] == {"is": "here x"}


@pytest.mark.parametrize(
    ("inputs", "runtime", "why"),
    [
        ({"task": {"type": "string"}}, {}, "an input `task`, which the tool has too"),
        ({"ctx": {}}, {}, "an input `ctx`, which the tool has too"),
        ({"a": {}}, {"b": 1}, "has no input 'b'; it has: a"),
        ({}, {"b": 1}, "has no input 'b'; it has: none"),
    ],
)
def test_inputs_that_do_not_fit_are_the_builders_fault(
    inputs: dict[str, Any], runtime: dict[str, Any], why: str
) -> None:
    with pytest.raises(ValueError, match=why):
        agent_tool(agent(config={"inputs": inputs}), runtime=runtime)


def test_a_schema_that_points_into_itself_is_not_taken_apart(run: Runner) -> None:
    schema = {"$defs": {"n": {"type": "integer"}}, "$ref": "#/$defs/n", "description": "A number."}
    tool = agent_tool(agent(config={"inputs": {"n": schema}}))
    assert tool.schema["properties"]["n"] == {"description": "A number."}
    llm = script(
        call("researcher", task="t", n="x"), call("researcher", task="t", n=1), done(), done()
    )
    ran = run(llm, with_done(tool))
    assert "could not be started" in str(ran.errors[0])
    assert "`n`" in str(ran.errors[0])
    assert ran.errors[1:] == [None, None]


def test_what_the_model_gives_wrong_never_starts_it(run: Runner) -> None:
    llm = script(call("researcher"), call("researcher", task=""), done())
    ran = run(llm, with_done(agent_tool(agent())))
    kinds = [
        step.tool_result.error_detail and step.tool_result.error_detail.kind for step in ran.steps
    ]
    assert kinds == ["bad_arguments", "bad_arguments", None]


def test_names_and_descriptions() -> None:
    tool = agent_tool(agent("git.detective"))
    assert tool.name == "git_detective"
    assert tool.description.startswith("The agent git.detective.")
    assert "knows nothing of this conversation" in tool.description
    assert agent_tool(agent(), name="ask", description="Asks.").name == "ask"
    with pytest.raises(ValueError, match="a tool's name"):
        agent_tool(agent(), name="not a name")


# ── how it ends ───────────────────────────────────────────────────────────────────────────────────


def test_one_that_never_finishes_says_what_it_did_last(run: Runner) -> None:
    preset = agent(tools={"add": ADD}, config={"max_steps": 3})
    llm = script(call("researcher", task="t"), *[call("add", a=n) for n in (1, 2, 3)], done())
    ran = run(llm, with_done(agent_tool(preset)))
    error = str(ran.errors[0])
    assert "`researcher` did not finish: its 3 steps are used up (max_steps)" in error
    assert "S3 ✓ add(a=3)" in error
    detail = ran.steps[0].tool_result.error_detail
    assert detail is not None and detail.kind == "agent_stopped"
    assert ran.state.stop_reason == "done"


@pytest.mark.parametrize(("given", "steps"), [(2, 2), (50, 3)])
def test_max_steps_is_never_more_than_its_own(run: Runner, given: int, steps: int) -> None:
    preset = agent(tools={"add": ADD}, config={"max_steps": 3})
    replies = [call("add", a=n) for n in range(steps)]
    ran = run(
        script(call("researcher", task="t"), *replies, done()),
        with_done(agent_tool(preset, max_steps=given)),
    )
    assert f"its {steps} steps are used up" in str(ran.errors[0])


def test_its_answer_contract_is_its_own(run: Runner) -> None:
    preset = agent()
    from dataclasses import replace

    schema = {
        "type": "object",
        "properties": {"summary": {"type": "string", "minLength": 3}},
        "required": ["summary"],
    }
    strict = replace(preset.tool_defs["done"], output_schema=schema)
    preset = replace(preset, tool_defs={"done": strict})
    llm = script(call("researcher", task="t"), done("x"), done("long enough"), done())
    ran = run(llm, with_done(agent_tool(preset)))
    assert ran.steps[0].tool_result.data == {"summary": "long enough"}


def test_a_model_that_fails_is_an_error_of_the_call(run: Runner) -> None:
    llm = script(call("researcher", task="t"), ConnectionError("no route"), done())
    ran = run(llm, with_done(agent_tool(agent())))
    assert ran.errors[0] == "`researcher` failed: ConnectionError: no route"
    assert ran.state.stop_reason == "done"


def test_code_that_fails_is_an_error_with_its_place(run: Runner) -> None:
    hook = (
        b"class Bad:\n    def pre_loop(self, state, log, context):\n        raise KeyError('x')\n"
    )
    preset = agent(
        hook_defs={"10_Bad": HookDef("10_Bad", "Bad")}, files={"hooks/10_Bad/hook.py": File(hook)}
    )
    ran = run(script(call("researcher", task="t"), done()), with_done(agent_tool(preset)))
    assert ran.errors[0] == "`researcher` failed: hooks/10_Bad/hook.py:3: KeyError: 'x'"


def test_one_that_cannot_be_built_is_an_error_of_the_call(run: Runner) -> None:
    files = {"resources/db.py": File(b"def build():\n    raise OSError('no database')\n")}
    ran = run(
        script(call("researcher", task="t"), done()), with_done(agent_tool(agent(files=files)))
    )
    assert "could not be started: resources/db.py:2: OSError: no database" in str(ran.errors[0])


def test_resources_are_closed_and_a_failing_close_does_not_lose_the_answer(run: Runner) -> None:
    code = b"class Db:\n    def close(self):\n        raise OSError('gone')\nbuild = lambda: Db()\n"
    tool = agent_tool(agent(files={"resources/db.py": File(code)}))
    ran = run(script(call("researcher", task="t"), done("x"), done()), with_done(tool))
    assert ran.steps[0].tool_result.data == {"summary": "x"}
    assert "closing researcher failed" in ran.steps[0].tool_result.warnings[0]


def test_two_runs_of_one_agent_share_nothing(run: Runner) -> None:
    code = "def execute(ctx):\n    n = ctx.resources['n']\n    n.append(1)\n    return len(n)\n"
    files = {"resources/n.py": File(b"build = lambda: []\n")}
    preset = agent(tools={"count": ({}, code)}, files=files)
    once = [call("researcher", task="t"), call("count"), done("r")]
    seen: list[Any] = []
    run(script(*once, *once, done()), with_done(agent_tool(preset)), stream=seen.append)
    ends = [each for each in seen if each.event == "tool_end"]
    assert [e.tool_result.data for e in ends if e.tool_call.tool == "count"] == [1, 1]


# ── handed down, handed back ──────────────────────────────────────────────────────────────────────


def two_deep(**fields: Any) -> ToolSpec:
    """`researcher`, which calls `writer`."""
    from looplet.tools import BaseToolRegistry

    writer = agent_tool(agent("writer", tools={"add": ADD}))

    preset = agent("researcher", **fields)
    tool = agent_tool(preset)
    bind = AgentPreset.bind

    def bound(runtime: Any = None) -> Any:
        made = bind(preset, runtime)
        assert isinstance(made.tools, BaseToolRegistry)
        made.tools.register(writer)
        return made

    owner = tool.execute.__self__  # type: ignore[union-attr]
    owner.preset = _With(preset, bound)
    return tool


class _With:
    def __init__(self, preset: AgentPreset, bind: Any) -> None:
        self.bind = bind
        self.name = preset.name


def test_events_are_passed_up_with_the_path_of_the_agent(run: Runner) -> None:
    llm = script(
        call("researcher", task="t"), call("writer", task="u"), call("add", a=1), done("w"),
        done("r"), done("p"),
    )  # fmt: skip
    seen: list[Any] = []
    run(llm, with_done(two_deep()), stream=seen.append)
    starts = [(e.agent, e.tool_call.tool) for e in seen if e.event == "tool_start"]
    assert starts == [
        ("", "researcher"),
        ("researcher", "writer"),
        ("researcher/writer", "add"),
        ("researcher/writer", "done"),
        ("researcher", "done"),
        ("", "done"),
    ]
    ends = [e.agent for e in seen if e.event == "run_end"]
    assert ends == ["researcher/writer", "researcher", ""]


def test_a_listener_that_raises_ends_the_run_above(run: Runner) -> None:
    def listener(event: Any) -> None:
        if event.agent:
            raise ValueError("listener")

    llm = script(call("researcher", task="t"), done("r"), done("p"))
    with pytest.raises(ValueError, match="listener"):
        run(llm, with_done(agent_tool(agent())), stream=listener)


class Counting(MockLLMBackend):
    """Tells ten tokens for each answer."""

    def generate(self, messages: Any, **options: Any) -> Any:
        reply = super().generate(messages, **options)
        assert isinstance(reply, Reply)
        return Reply(reply.text, reply.tool_calls, Usage(7, 3), "tool_calls")


def test_usage_counts_into_the_run_above(run: Runner) -> None:
    replies = [
        call("researcher", task="t"), call("writer", task="u"), done("w"), done("r"), done("p")
    ]  # fmt: skip
    ran = run(Counting(replies, cycle=False), with_done(two_deep()))
    assert ran.state.usage.total_tokens == 50
    assert ran.steps[0].usage is not None
    assert ran.steps[0].usage.total_tokens == 40


def test_usage_counts_also_when_it_fails(run: Runner) -> None:
    replies = [call("researcher", task="t"), call("nope"), ConnectionError("x"), done("p")]
    ran = run(Counting(replies, cycle=False), with_done(agent_tool(agent())))
    assert ran.state.usage.total_tokens == 30


def test_budgets_are_handed_down(run: Runner) -> None:
    from looplet.builtin_hooks import BudgetCap

    preset = agent(tools={"add": ADD})
    replies = [call("researcher", task="t"), *[call("add", a=n) for n in range(9)]]
    ran = run(
        Counting(replies, cycle=False),
        with_done(agent_tool(preset)),
        hooks=[BudgetCap(max_tokens=40, warn_at=None)],
    )
    assert "did not finish: it stopped (max_tokens)" in str(ran.errors[0])
    assert ran.state.stop_reason == "max_tokens"
    assert ran.state.usage.total_tokens == 40


def test_cancelling_reaches_it(run: Runner) -> None:
    token = CancelToken()

    def reply(messages: Any, last: Any) -> Any:
        if "researcher" not in messages[0]["content"]:
            return call("researcher", task="t")
        token.cancel()
        return call("add", a=1)

    preset = agent(tools={"add": ADD})
    ran = run(
        MockLLMBackend(reply), with_done(agent_tool(preset)), config=LoopConfig(cancel_token=token)
    )
    assert "it stopped (cancelled)" in str(ran.errors[0])
    assert ran.state.stop_reason == "cancelled"


def test_one_that_takes_too_long_is_told_to_stop(run: Runner) -> None:
    ended = threading.Event()
    code = "def execute(ctx):\n    ctx.resources['runtime']['wait'](ctx)\n"
    preset = agent(tools={"wait": ({}, code)})

    def wait(ctx: Any) -> None:
        while not ctx.cancel_token.is_cancelled:
            ended.wait(0.01)
        ended.set()

    tool = agent_tool(preset, runtime={"wait": wait}, timeout_s=0.1)
    ran = run(
        script(call("researcher", task="t"), call("wait"), done("p"), done("q")), with_done(tool)
    )
    assert "did not return within 0.1 s" in str(ran.errors[0])
    assert ended.wait(5)


RULES = {"permissions": {"ask": ["add"]}}


def test_what_it_has_to_ask_is_asked_above_under_its_name(run: Runner) -> None:
    asked: list[str] = []

    def handler(question: str, options: list[str]) -> str:
        asked.append(question)
        return "yes" if len(asked) == 1 else "no"

    preset = agent(tools={"add": ADD}, config=RULES)
    llm = script(
        call("researcher", task="t"), call("add", a=1), call("add", a=2), done("r"), done()
    )
    seen: list[Any] = []
    ran = run(
        llm, with_done(agent_tool(preset)), config=LoopConfig(approval_handler=handler),
        stream=seen.append,
    )  # fmt: skip
    assert asked == ["researcher: Allow add(a=1)?", "researcher: Allow add(a=2)?"]
    errors = [e.tool_result.error for e in seen if e.event == "tool_end" and e.agent]
    assert errors[0] is None
    assert "the human said no" in errors[1]
    assert ran.state.stop_reason == "done"


def test_without_anyone_to_ask_it_is_denied(run: Runner) -> None:
    preset = agent(tools={"add": ADD}, config=RULES)
    seen: list[Any] = []
    llm = script(call("researcher", task="t"), call("add", a=1), done("r"), done())
    run(llm, with_done(agent_tool(preset)), stream=seen.append)
    errors = [e.tool_result.error for e in seen if e.event == "tool_end" and e.agent]
    assert "nobody can be asked" in errors[0]


def test_a_rule_above_decides_whether_it_is_called_at_all(run: Runner) -> None:
    from looplet.permissions import permission_hook

    hook = permission_hook({"deny": [{"tool": "researcher", "contains": {"task": "secret"}}]})
    llm = script(call("researcher", task="the secret"), done())
    ran = run(llm, with_done(agent_tool(agent())), hooks=[hook])
    assert "denied" in str(ran.errors[0])
    assert llm.calls == 2


def test_agents_that_call_one_another_end_at_a_depth(run: Runner) -> None:
    tool: ToolSpec = agent_tool(agent("again"))
    bind = AgentPreset.bind
    owner = tool.execute.__self__  # type: ignore[union-attr]
    preset = owner.preset

    def bound(runtime: Any = None) -> Any:
        made = bind(preset, runtime)
        made.tools.register(tool)
        return made

    owner.preset = _With(preset, bound)
    replies = [call("again", task="t")] * 6 + [done(str(n)) for n in range(6)]
    seen: list[Any] = []
    ran = run(script(*replies), with_done(tool), stream=seen.append)
    errors = [e.tool_result.error for e in seen if e.event == "tool_end" and e.tool_result.error]
    assert errors == [
        "`again` was not run: agents are nested 5 deep here already "
        "(again/again/again/again/again), which is the most; do the task yourself"
    ]
    assert ran.state.stop_reason == "done"


def test_agents_of_one_turn_run_at_the_same_time(run: Runner) -> None:
    both = threading.Barrier(2, timeout=10)

    def reply(messages: Any, last: Any) -> Any:
        text = messages[0]["content"]
        if "researcher" not in text:
            return done("p") if last else [call("researcher", task=t) for t in ("a", "b")]
        both.wait()  # neither goes on without the other
        return done("r " + messages[1]["content"][-1])

    class Threaded(MockLLMBackend):
        blocking = True

        def generate(self, messages: Any, **options: Any) -> Any:
            entry = reply(messages, any(m["role"] == "tool" for m in messages))
            calls = entry if isinstance(entry, list) else [entry]
            return Reply("", [ToolCall(c["tool"], c["args"]) for c in calls])

    tool = agent_tool(agent(), concurrent_safe=True)
    ran = run(Threaded(["unused"]), with_done(tool))
    assert [s.tool_result.data for s in ran.steps[:2]] == [{"summary": "r a"}, {"summary": "r b"}]


def test_a_model_of_its_own() -> None:
    from agents_made import run_sync

    own = script(done("own"))
    ran = run_sync(
        script(call("researcher", task="t"), done()), with_done(agent_tool(agent(), llm=own))
    )
    assert ran.steps[0].tool_result.data == {"summary": "own"}
    assert own.calls == 1


class AsyncModel:
    """A model that can only be awaited."""

    def __init__(self, *replies: Any) -> None:
        self.mock = script(*replies)

    async def generate(self, messages: Any, **options: Any) -> Any:
        import asyncio

        self.loop = asyncio.get_running_loop()
        return self.mock.generate(messages, **options)


def test_an_async_model_is_awaited_where_the_run_above_is() -> None:
    import asyncio

    from looplet import async_composable_loop

    llm = AsyncModel(call("researcher", task="t"), done("r"), done("p"))
    state = DefaultState()
    loops: list[Any] = []

    async def main() -> None:
        loops.append(asyncio.get_running_loop())
        async for _ in async_composable_loop(llm, "t", with_done(agent_tool(agent())), state=state):
            loops.append(llm.loop)

    asyncio.run(main())
    assert state.steps[0].tool_result.data == {"summary": "r"}
    assert len(set(map(id, loops))) == 1


def test_an_async_model_of_its_own_works_in_either_driver(run: Runner) -> None:
    tool = agent_tool(agent(), llm=AsyncModel(done("own")))
    ran = run(script(call("researcher", task="t"), done()), with_done(tool))
    assert ran.steps[0].tool_result.data == {"summary": "own"}


def test_async_hooks_of_its_own_work_in_either_driver(run: Runner) -> None:
    hook = (
        b"class Add:\n"
        b"    async def post_dispatch(self, state, log, call, result, step):\n"
        b"        return None\n"
        b"    async def check_done(self, state, log, context, step):\n"
        b"        return 'once more' if step == 1 else None\n"
    )
    preset = agent(
        hook_defs={"10_Add": HookDef("10_Add", "Add")}, files={"hooks/10_Add/hook.py": File(hook)}
    )
    llm = script(call("researcher", task="t"), done("a"), done("b"), done())
    ran = run(llm, with_done(agent_tool(preset)))
    assert ran.steps[0].tool_result.data == {"summary": "b"}
    assert ran.steps[0].tool_result.metadata["steps"] == 2


def test_an_async_approval_handler_above() -> None:
    from agents_made import run_async

    async def handler(question: str, options: list[str]) -> str:
        return "yes"

    preset = agent(tools={"add": ADD}, config=RULES)
    llm = script(call("researcher", task="t"), call("add", a=1), done("r"), done())
    seen: list[Any] = []
    run_async(
        llm, with_done(agent_tool(preset)), config=LoopConfig(approval_handler=handler),
        stream=seen.append,
    )  # fmt: skip
    assert next(e.tool_result.data for e in seen if e.event == "tool_end") == {"a": 2}


def test_outside_of_a_run_it_needs_a_model_of_its_own() -> None:
    registry = with_done(agent_tool(agent(), llm=script(done("x"))), agent_tool(agent("other")))
    result = registry.dispatch(ToolCall("researcher", {"task": "t"}))
    assert result.data == {"summary": "x"}
    result = registry.dispatch(ToolCall("other", {"task": "t"}))
    assert "`other` failed: TypeError: an llm is" in str(result.error)


def test_what_an_agent_spends_after_its_time_is_over_counts_too() -> None:
    """Or a budget could be spent again and again by calls that nobody waits for."""
    release = threading.Event()

    class Model:
        def generate(self, messages: Any, *, tools: Any) -> Reply:
            if len(tools) == 1:  # the agent's
                release.wait(5)
                return Reply("", [], Usage(70_000, 0))
            release.set()
            for thread in threading.enumerate():
                if thread is not threading.current_thread() and thread.daemon:
                    thread.join(5)
            if len(messages) > 2:
                release.clear()
            return Reply("", [ToolCall("researcher", {"task": "t"})], Usage(10, 0))

    tools = tools_from([agent_tool(agent(), timeout_s=0.02)], include_done=True)
    ran = run_sync(Model(), tools, hooks=[BudgetCap(max_tokens=150_000)])
    assert ran.state.stop_reason == "max_tokens"
    assert 150_000 <= ran.state.usage.total_tokens < 300_000
