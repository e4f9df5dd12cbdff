"""Scripted conversations, each through both drivers: what is recorded and what is told."""

import json
from typing import Any

import pytest
from loop_doubles import Go, Script, add

from looplet import (
    DefaultState,
    LoopConfig,
    Reply,
    ToolCall,
    ToolSpec,
    Usage,
    done_tool,
    tools_from,
)

DONE = ("done", {"summary": "ok"})


def call(tool: str, **args: Any) -> str:
    return json.dumps({"tool": tool, "args": args})


def test_calls_then_done(go: Go) -> None:
    run = go(Script(("add", {"a": 1, "b": 2}), DONE))
    assert run.error is None
    assert [step.pretty().rsplit(" [", 1)[0] for step in run.steps] == [
        "#1 ✓ add(a=1, b=2) → sum: 3",
        "#2 ✓ done(summary=ok) → summary: ok",
    ]
    assert run.state.stop_reason == "done"
    assert run.state.final_output == run.state.result == {"summary": "ok"}
    assert run.state.steps == run.steps
    assert run.state.step_count == 2 and run.state.budget_remaining == 13


def test_the_conversation_is_written_down_once_and_in_order(go: Go) -> None:
    llm = Script(("add", {"a": 1, "b": 2}), DONE)
    run = go(llm, task={"goal": "Add.", "limit": 3}, system_prompt="Be brief.")
    assert run.state.conversation == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Add.\nlimit: 3"},
        {
            "role": "assistant",
            "content": "",
            "tool_calls": [{"call_id": "call_1", "tool": "add", "args": {"a": 1, "b": 2}}],
        },
        {"role": "tool", "call_id": "call_1", "tool": "add", "content": '{"sum": 3}'},
        {
            "role": "assistant",
            "content": "",
            "tool_calls": [{"call_id": "call_2", "tool": "done", "args": {"summary": "ok"}}],
        },
        {"role": "tool", "call_id": "call_2", "tool": "done", "content": '{"summary": "ok"}'},
    ]
    assert llm.seen[1][: len(llm.seen[0])] == llm.seen[0], "the prefix never changes"
    assert [tool["name"] for tool in llm.tools] == ["add", "done"]


@pytest.mark.parametrize(
    ("reply", "says"),
    [
        ("", "the reply is empty"),
        (" \n", "the reply is empty"),
        (None, "the reply is empty"),
        ("I think I should add.", "the reply has no tool call"),
        ('{"answer": 42}', "the reply has no tool call"),
        ('{"tool": "add", "args": {"a": 1', "the JSON stops before it is complete"),
        ('{"tool": "add", "args": {"a": 1,}}', "the JSON is not valid"),
        ("{'tool': 'add'}", "the JSON is not valid"),
        ('{"tool": "add", "args": [1, 2]}', 'the "args" of `add` have to be a JSON object'),
        ('{"tool": "add", "args": "{"}', "the arguments are not valid JSON"),
        ('{"tool": "add", "args": {"a": NaN}}', "NaN is no JSON"),
        ('{"tool": "add", "args": {"a": 1e999}}', "1e999 is too large a number"),
        ("[" * 100_000, "nested too deeply"),
        ('{"a":' * 100_000, "nested too deeply"),
        ("x" * 3_000_000, "longer than 2000000 characters"),
        (Reply('{"tool": "add"', stop="length"), "cut off at the limit of its length"),
    ],
)
def test_a_reply_that_cannot_be_read_is_a_step_that_says_what_to_do(
    go: Go, reply: Any, says: str
) -> None:
    run = go(Script(reply, DONE))
    assert run.state.stop_reason == "done"
    first = run.steps[0]
    assert first.tool_call.tool == "__parse_error__"
    kinds = {"the reply is empty": "empty_reply", "cut off at the limit of its length": "cut_off"}
    assert first.tool_result.error_detail
    assert first.tool_result.error_detail.kind == kinds.get(says, "not_parsed")
    assert says in (first.tool_result.error or "")
    assert "Call a tool; `done` ends the task. The tools are: add, done" in str(run.errors[0])
    told = run.state.conversation[-3]
    assert told["role"] == "user" and says in told["content"]
    assert sum(len(message["content"]) for message in run.state.conversation) < 15_000


@pytest.mark.parametrize(
    ("tool", "args", "says"),
    [
        ("ad", {}, "there is no tool `ad` (did you mean `add`?); the tools are: add, done"),
        ("", {}, "there is no tool ``; the tools are: add, done"),
        ("\x1b[2J", {}, r"there is no tool `\x1b[2J`"),
        ("add", {"a": 1}, "`b` is missing"),
        ("add", {"a": 1, "b": "2"}, '`b` must be an integer, not the string "2"'),
        ("add", {"a": 1, "bb": 2, "b": 1}, "(did you mean `b`?)"),
        ("add", {"a": 1.5, "b": True}, "`a` must be an integer"),
        ("add", '{"a": 1, "b"', "the arguments are not valid JSON"),
        ("add", "[1]", "the arguments have to be a JSON object"),
        ("add", [1], "the arguments have to be a JSON object"),
    ],
)
def test_a_call_that_cannot_be_run_is_a_step_that_says_why(
    go: Go, tool: str, args: Any, says: str
) -> None:
    ran: list[int] = []

    def add(a: int, b: int) -> int:
        ran.append(a)
        return a + b

    run = go(Script((tool, args), DONE), [add])
    assert says in str(run.errors[0])
    assert "was not run" in str(run.errors[0]) or "there is no tool" in str(run.errors[0])
    assert not ran
    assert run.state.stop_reason == "done"
    json.dumps([step.to_dict() for step in run.steps])


def test_arguments_that_the_provider_left_as_text_are_read(go: Go) -> None:
    run = go(Script(("add", '{"a": 1, "b": 2}'), DONE))
    assert run.data[0] == {"sum": 3}


@pytest.mark.parametrize(
    "text",
    [
        call("add", a=1, b=2),
        "I will add.\n```json\n" + call("add", a=1, b=2) + "\n```\nThat is all.",
        "<tool_call>" + call("add", a=1, b=2) + "</tool_call>",
        '{"name": "add", "arguments": {"a": 1, "b": 2}}',
        '{"name": "add", "arguments": "{\\"a\\": 1, \\"b\\": 2}"}',
        '{"type": "function", "id": "x", "function": {"name": "add", "arguments": {"a":1,"b":2}}}',
        '{"tool_calls": [{"tool": "add", "args": {"a": 1, "b": 2}}]}',
        'Given {braces} and [1], then: {"tool": "add", "args": {"a": 1, "b": 2}} thanks }{',
    ],
)
def test_a_call_in_plain_text_is_a_call(go: Go, text: str) -> None:
    run = go(Script(text, DONE))
    assert run.data == [{"sum": 3}, {"summary": "ok"}]


def test_several_calls_of_one_turn_are_steps_in_order(go: Go) -> None:
    run = go(Script([("add", {"a": 1, "b": 1}), ("nope", {}), ("add", {"a": 2, "b": 2}), DONE]))
    assert [s.number for s in run.steps] == [1, 2, 3, 4]
    assert [s.tool_result.data for s in run.steps] == [
        {"sum": 2},
        None,
        {"sum": 4},
        run.state.result,
    ]
    assert len({s.tool_call.call_id for s in run.steps}) == 4


def test_calls_before_a_broken_one_are_run_and_the_broken_one_is_a_step(go: Go) -> None:
    text = call("add", a=1, b=1) + "\n" + '{"tool": "add", "args": {"a": 5, "b"'
    run = go(Script(text, DONE))
    assert [s.tool_call.tool for s in run.steps] == ["add", "__parse_error__", "done"]


def test_calls_after_an_accepted_done_are_not_run_but_not_lost(go: Go) -> None:
    run = go(Script([DONE, ("add", {"a": 1, "b": 1})]))
    assert [s.tool_call.tool for s in run.steps] == ["done"]
    assert run.state.metadata["not_run"][0]["args"] == {"a": 1, "b": 1}
    assert run.state.conversation[-1]["role"] == "tool"


def test_leaving_the_loop_stops_the_calls_that_follow(go: Go) -> None:
    ran = []

    def note(n: int) -> int:
        ran.append(n)
        return n

    run = go(Script([("note", {"n": 1}), ("note", {"n": 2})]), [note], leave_after=1)
    assert ran == [1]
    assert run.state.stop_reason == "stopped_by_caller"
    assert run.state.metadata["not_run"][0]["args"] == {"n": 2}


def test_leaving_after_done_is_still_done(go: Go) -> None:
    assert go(Script(DONE), leave_after=1).state.stop_reason == "done"


def test_the_same_call_for_ever_ends_with_max_steps(go: Go) -> None:
    run = go(Script(*[("add", {"a": 1, "b": 1})] * 10), max_steps=4)
    assert len(run.steps) == 4 and run.state.stop_reason == "max_steps"


def test_nonsense_for_ever_ends_with_max_steps(go: Go) -> None:
    run = go(Script(*["nonsense"] * 10), max_steps=3)
    assert len(run.steps) == 3 and run.state.stop_reason == "max_steps"


def test_max_steps_cuts_a_turn_short(go: Go) -> None:
    run = go(Script([("add", {"a": n, "b": 0}) for n in range(5)]), max_steps=2)
    assert run.data == [{"sum": 0}, {"sum": 1}]
    assert len(run.state.metadata["not_run"]) == 3


def test_free_tools_do_not_count_but_end_too(go: Go) -> None:
    def look() -> str:
        return "seen"

    tools = tools_from([ToolSpec("look", "", {}, look, free=True), done_tool()])
    run = go(Script(("look", {}), ("look", {}), DONE), tools, max_steps=1)
    assert run.state.stop_reason == "done" and len(run.steps) == 3
    run = go(Script(*[("look", {})] * 200), tools, max_steps=1)
    assert run.state.stop_reason == "max_free_steps" and len(run.steps) == 110


def test_the_smaller_limit_that_somebody_set_holds(go: Go) -> None:
    calls = [("add", {"a": 1, "b": 1})] * 30
    assert len(go(Script(*calls)).steps) == 15
    assert len(go(Script(*calls), state=DefaultState(4)).steps) == 4
    assert len(go(Script(*calls), config=LoopConfig(max_steps=3)).steps) == 3
    both = go(Script(*calls), config=LoopConfig(max_steps=9), state=DefaultState(2))
    assert len(both.steps) == 2
    assert len(go(Script(*calls), config=LoopConfig(max_steps=9), max_steps=20).steps) == 20


def test_usage_is_on_the_step_and_in_the_sum(go: Go) -> None:
    first = Reply("", [ToolCall("add", {"a": 1, "b": 1})] * 2, Usage(10, 2, 4, 0.5))
    second = Reply("", [ToolCall(*DONE)], Usage(20, 3))
    run = go(Script(first, second))
    assert [step.usage for step in run.steps] == [Usage(10, 2, 4, 0.5), None, Usage(20, 3)]
    assert run.state.usage == Usage(30, 5, 4, 0.5)
    assert run.steps[0].tool_call is not run.steps[1].tool_call, "one object, two calls"


@pytest.mark.parametrize("error", [ValueError("overloaded"), KeyboardInterrupt(), SystemExit(3)])
def test_a_model_that_raises_ends_the_run(go: Go, error: BaseException) -> None:
    run = go(Script(("add", {"a": 1, "b": 1}), error))
    assert run.error is error
    reason = "interrupted" if isinstance(error, KeyboardInterrupt) else "model_error"
    assert run.state.stop_reason == reason
    assert type(error).__name__ in run.state.stop_message
    assert len(run.state.steps) == 1


def test_a_model_that_raises_stopiteration_does_not_look_like_an_end(go: Go) -> None:
    class Spent:
        def generate(self, messages: Any, *, tools: Any) -> Any:
            return next(iter([]))

    run = go(Spent())
    assert isinstance(run.error, RuntimeError)
    assert run.state.stop_reason == "model_error"


@pytest.mark.parametrize(
    "answer",
    [
        7,
        object(),
        [object()],
        Reply("", ["add"]),  # type: ignore[list-item]
        Reply("", [ToolCall(None)]),  # type: ignore[arg-type]
        Reply("", [ToolCall(["add"])]),  # type: ignore[arg-type]
        Reply(3),  # type: ignore[arg-type]
    ],
)
def test_a_model_that_answers_with_no_reply_is_the_builders_fault(go: Go, answer: Any) -> None:
    class Wrong:
        def generate(self, messages: Any, *, tools: Any) -> Any:
            return answer

    run = go(Wrong())
    assert isinstance(run.error, TypeError) and run.state.stop_reason == "model_error"


def test_no_list_of_calls_is_an_empty_one(go: Go) -> None:
    said = Reply('{"tool": "done", "args": {"summary": "x"}}', None)  # type: ignore[arg-type]
    assert go(Script(said)).state.stop_reason == "done"


def test_every_call_of_a_turn_has_an_id_of_its_own(go: Go) -> None:
    one = {"a": 1, "b": 1}
    calls = [ToolCall("add", one, "", "call_2"), ToolCall("add", one), ToolCall("add", one)]
    run = go(Script(Reply("", calls), DONE))
    assert [step.tool_call.call_id for step in run.steps[:3]] == ["call_2", "call_3", "call_4"]
    asked = '{"tool": "add", "args": {"a": 1, "b": 1}, "call_id": "call_2"} {"tool": '
    run = go(Script(asked, DONE))
    assert run.data[0] == {"sum": 2}, "the broken one beside it has another id"


def test_an_answer_contract_is_told_and_the_run_goes_on(go: Go) -> None:
    schema = {
        "type": "object",
        "properties": {"summary": {"type": "string", "minLength": 3}},
        "required": ["summary"],
    }
    script = (("done", {"summary": "x"}), ("done", {"summary": "long enough"}))
    run = go(Script(*script), config=LoopConfig(output_schema=schema))
    assert "`done` was not accepted" in str(run.errors[0]) and "`summary`" in str(run.errors[0])
    assert run.state.final_output == {"summary": "long enough"}
    on_tool = done_tool()
    on_tool.output_schema = schema
    run = go(Script(*script), tools_from([add, on_tool]))
    assert "`summary`" in str(run.errors[0]) and run.state.stop_reason == "done"


def test_memory_and_context_are_in_the_first_message(go: Go) -> None:
    config = LoopConfig(
        system_prompt="S", memory_sources=["M", lambda state: f"max {state.max_steps}"]
    )
    run = go(Script(DONE), config=config, context="C")
    assert run.state.conversation[0] == {"role": "system", "content": "S\n\nM\n\nmax 15\n\nC"}


def test_a_conversation_can_be_gone_on_with(go: Go) -> None:
    old = [{"role": "system", "content": "S"}, {"role": "user", "content": "before"}]
    run = go(Script(DONE), conversation=old, task="now", system_prompt="another")
    assert [m["content"] for m in run.state.conversation[:3]] == ["S", "before", "now"]
    assert run.state.conversation is old


def test_long_results_are_kept_whole_and_shown_in_part(go: Go) -> None:
    def big() -> str:
        return "x" * 1000

    run = go(Script(("big", {}), DONE), [big], config=LoopConfig(context_inline_per_step_chars=10))
    assert run.data[0] == "x" * 1000
    assert run.state.conversation[2]["content"] == "x" * 10 + "… (990 more characters, not shown)"


def test_a_cancelled_run_ends_before_the_next_call(go: Go) -> None:
    from looplet import CancelToken

    token = CancelToken()

    def stop() -> None:
        token.cancel()

    run = go(Script([("stop", {}), ("stop", {})]), [stop], config=LoopConfig(cancel_token=token))
    assert run.state.stop_reason == "cancelled" and len(run.steps) == 1


@pytest.mark.parametrize(
    "arguments",
    [
        {"llm": object()},
        {"llm": Script},
        {"tools": 3},
        {"config": {}},
        {"hooks": [object()]},
        {"hooks": [Script]},
        {"max_steps": 0},
        {"max_steps": True},
        {"state": 5},
        {"config": LoopConfig(output_schema={"type": "objekt"})},
    ],
)
def test_what_the_builder_does_wrong_raises_before_anything_runs(arguments: dict[str, Any]) -> None:
    from looplet import async_composable_loop, composable_loop

    for loop in (composable_loop, async_composable_loop):
        with pytest.raises((TypeError, ValueError)):
            loop(**{"llm": Script(DONE), **arguments})


def test_a_state_serves_one_run(go: Go) -> None:
    state = DefaultState()
    go(Script(DONE), state=state)
    run = go(Script(DONE), state=state)
    assert isinstance(run.error, ValueError) and "its own" in str(run.error)
