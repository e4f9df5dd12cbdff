"""Hooks: when they are asked, what their answers do, and what happens when they raise."""

import json
from typing import Any

import pytest
from loop_doubles import Go, Script, add

import looplet
from looplet import (
    Allow,
    Block,
    Continue,
    Deny,
    HookDecision,
    InjectContext,
    LoopConfig,
    Stop,
    ToolCall,
    ToolResult,
)

ADD = ("add", {"a": 1, "b": 2})
DONE = ("done", {"summary": "ok"})


class Recorder:
    """Has every method, has no opinion, and writes down what it was asked."""

    def __init__(self) -> None:
        self.asked: list[Any] = []

    def pre_loop(self, state: Any, log: Any, context: Any) -> None:
        self.asked.append(("pre_loop", log, context))

    def pre_prompt(self, state: Any, log: Any, context: Any, step_num: int) -> None:
        self.asked.append(("pre_prompt", step_num, state.step_count))

    def pre_dispatch(self, state: Any, log: Any, call: ToolCall, step_num: int) -> None:
        self.asked.append(("pre_dispatch", step_num, call.tool))

    def check_permission(self, call: ToolCall) -> None:
        self.asked.append(("check_permission", call.tool))

    def post_dispatch(
        self, state: Any, log: Any, call: ToolCall, result: ToolResult, step_num: int
    ) -> None:
        self.asked.append(("post_dispatch", step_num, result.data, state.step_count))

    def check_done(self, state: Any, log: Any, context: Any, step_num: int, call: ToolCall) -> None:
        self.asked.append(("check_done", step_num, call.args))

    def should_stop(self, state: Any, step_num: int, new: Any) -> bool:
        self.asked.append(("should_stop", step_num, state.step_count))
        return False

    def on_loop_end(self, state: Any, log: Any, context: Any, llm: Any) -> None:
        self.asked.append(("on_loop_end", state.stop_reason))


class AsyncRecorder(Recorder):
    async def pre_prompt(self, *args: Any) -> None:  # type: ignore[override]
        super().pre_prompt(*args)

    async def check_done(self, *args: Any) -> None:  # type: ignore[override]
        super().check_done(*args)


ORDER = [
    ("pre_loop", "the log", None),
    ("pre_prompt", 1, 0),
    ("pre_dispatch", 1, "add"),
    ("check_permission", "add"),
    ("post_dispatch", 1, {"sum": 3}, 0),
    ("should_stop", 1, 1),
    ("pre_prompt", 2, 1),
    ("pre_dispatch", 2, "done"),
    ("check_permission", "done"),
    ("post_dispatch", 2, {"summary": "ok"}, 1),
    ("check_done", 2, {"summary": "ok"}),
    ("on_loop_end", "done"),
]


def test_the_order_is_that_of_the_picture(go: Go) -> None:
    hook = Recorder()
    go(Script(ADD, DONE), hooks=[hook], session_log="the log")
    assert hook.asked == ORDER


class Says:
    """A hook of one method that answers with one value, or calls a function."""

    def __init__(self, method: str, answer: Any) -> None:
        self.asked = 0

        def ask(*args: Any) -> Any:
            self.asked += 1
            if isinstance(answer, BaseException):
                raise answer
            return answer(*args) if callable(answer) else answer

        setattr(self, method, ask)


@pytest.mark.parametrize(
    ("answer", "says", "kind"),
    [
        (Block("not now"), "blocked: not now", "blocked"),
        (Deny("never"), "denied: never", "denied"),
        (HookDecision(permission="deny"), "denied: it is not permitted", "denied"),
        (ToolResult("add", error="made up"), "made up", None),
        (HookDecision(permission="ask", block="why"), "nobody can be asked (why)", "denied"),
    ],
)
def test_pre_dispatch_can_keep_a_tool_from_running(
    go: Go, answer: Any, says: str, kind: str | None
) -> None:
    ran: list[int] = []
    hook = Says("pre_dispatch", lambda s, log, call, n: answer if call.tool == "look" else None)

    def look() -> None:
        ran.append(1)

    run = go(Script(("look", {}), DONE), [look], hooks=[hook])
    assert says in str(run.errors[0]) and not ran
    detail = run.steps[0].tool_result.error_detail
    assert (detail.kind if detail else None) == kind
    assert says in run.state.conversation[2]["content"]
    assert run.state.stop_reason == "done"


def test_the_first_answer_wins(go: Go) -> None:
    second, third = Says("pre_dispatch", Block("second")), Says("pre_dispatch", Block("third"))
    run = go(Script(ADD), hooks=[Says("pre_dispatch", None), second, third], max_steps=1)
    assert run.errors == ["blocked: second"] and third.asked == 0
    run = go(Script(ADD), hooks=[Says("pre_dispatch", Allow()), second], max_steps=1)
    assert run.data == [{"sum": 3}]
    run = go(Script(ADD), hooks=[Says("pre_dispatch", Continue("hm")), second], max_steps=1)
    assert run.errors == ["blocked: second"]


def test_arguments_can_be_changed_and_are_checked_again(go: Go) -> None:
    hook = Says("pre_dispatch", lambda s, log, c, n: Allow({"a": 5, "b": 5}) if n == 1 else None)
    run = go(Script(ADD, DONE), hooks=[hook])
    assert run.data[0] == {"sum": 10}
    assert run.steps[0].tool_call.args == {"a": 5, "b": 5}
    assert run.steps[0].tool_call.metadata["asked_args"] == {"a": 1, "b": 2}
    hook = Says("pre_dispatch", Allow({"a": "five"}))
    assert "was not run" in str(go(Script(ADD), hooks=[hook], max_steps=1).errors[0])


@pytest.mark.parametrize("answer", ["yes", "Y", " Allow\n", True])
def test_a_clear_yes_lets_the_call_run(go: Go, answer: Any) -> None:
    asked: list[Any] = []

    def handler(question: str, options: list[str]) -> Any:
        asked.append((question, options))
        return answer

    hook = Says("pre_dispatch", HookDecision(permission="ask", block="it adds"))
    run = go(Script(ADD), hooks=[hook], config=LoopConfig(max_steps=1, approval_handler=handler))
    assert run.data == [{"sum": 3}]
    assert asked == [("Allow add(a=1, b=2)? (it adds)", ["yes", "no"])]


@pytest.mark.parametrize("answer", ["no", "", None, "sure thing", 1, False])
def test_anything_else_is_a_no(go: Go, answer: Any) -> None:
    config = LoopConfig(max_steps=1, approval_handler=lambda question, options: answer)
    hook = Says("pre_dispatch", HookDecision(permission="ask"))
    run = go(Script(ADD), hooks=[hook], config=config)
    assert "denied: the human said no" in str(run.errors[0])


def test_an_approval_handler_that_raises_ends_the_run(go: Go) -> None:
    def handler(question: str, options: list[str]) -> Any:
        raise ValueError("no terminal")

    hook = Says("pre_dispatch", HookDecision(permission="ask"))
    run = go(Script(ADD), hooks=[hook], config=LoopConfig(approval_handler=handler))
    assert str(run.error) == "no terminal" and run.state.stop_reason == "approval_error"


@pytest.mark.parametrize("answer", ["Look again.", Block("Look again.")])
def test_a_text_from_check_done_rejects_it(go: Go, answer: Any) -> None:
    hook = Says("check_done", lambda s, log, c, n, *call: answer if n == 1 else None)
    run = go(Script(DONE, DONE), hooks=[hook])
    assert run.errors == ["`done` was not accepted: Look again.", None]
    assert run.steps[0].tool_result.data == {"summary": "ok"}, "what was said is not lost"
    assert run.state.final_output == {"summary": "ok"} and run.state.stop_reason == "done"


def test_check_done_may_leave_out_the_call(go: Go) -> None:
    class Short:
        def check_done(self, state: Any, log: Any, context: Any, step_num: int) -> str | None:
            return "no" if step_num == 1 else None

    assert go(Script(DONE, DONE), hooks=[Short()]).errors[0] == "`done` was not accepted: no"


def test_post_dispatch_can_replace_the_result_or_refuse_it(go: Go) -> None:
    new = ToolResult("", data="better")
    hook = Says("post_dispatch", HookDecision(updated_result=new))
    run = go(Script(ADD), hooks=[hook], max_steps=1)
    assert run.data == ["better"] and run.steps[0].tool_result.call_id == "call_1"
    run = go(Script(ADD), hooks=[Says("post_dispatch", Block("too small"))], max_steps=1)
    assert run.errors == ["too small"] and run.data == [{"sum": 3}]


@pytest.mark.parametrize("answer", ["note", InjectContext("note"), Continue("note")])
@pytest.mark.parametrize("method", ["pre_loop", "pre_prompt", "post_dispatch"])
def test_a_text_reaches_the_next_prompt(go: Go, method: str, answer: Any) -> None:
    llm = Script(ADD, DONE)
    go(llm, hooks=[Says(method, answer), Says("pre_prompt", "second")])
    last = [message for message in llm.seen[1] if message["role"] == "user"][-1]
    assert last["content"] == ("second" if method == "pre_loop" else "note\n\nsecond")


@pytest.mark.parametrize(
    "method",
    ["pre_loop", "pre_prompt", "pre_dispatch", "post_dispatch", "check_done", "should_stop"],
)
def test_any_hook_can_stop_the_run(go: Go, method: str) -> None:
    run = go(
        Script(DONE) if method == "check_done" else Script(ADD),
        hooks=[Says(method, Stop("enough"))],
    )
    assert run.error is None
    assert run.state.stop_reason == "hook_stop" and run.state.stop_message == "enough"
    assert len(run.steps) == (0 if method in ("pre_loop", "pre_prompt") else 1)
    if method == "pre_dispatch":
        assert "not run" in str(run.errors[0])
    assert run.state.final_output is None


def test_should_stop_may_answer_with_a_bool(go: Go) -> None:
    run = go(Script(ADD, ADD), hooks=[Says("should_stop", lambda s, n, new: n == 2)])
    assert len(run.steps) == 2 and run.state.stop_reason == "hook_stop"


@pytest.mark.parametrize(
    ("method", "recorded"),
    [
        ("pre_loop", 0),
        ("pre_prompt", 0),
        ("pre_dispatch", 0),
        ("check_permission", 0),
        ("post_dispatch", 1),
        ("check_done", 1),
        ("should_stop", 1),
        ("on_event", 0),
        ("on_loop_end", 1),
    ],
)
@pytest.mark.parametrize("error", [ValueError("broken"), SystemExit(1)])
def test_a_hook_that_raises_ends_the_run_after_what_happened_is_recorded(
    go: Go, method: str, recorded: int, error: BaseException
) -> None:
    end = Recorder()
    script = Script(ADD if method == "should_stop" else DONE)
    run = go(script, hooks=[Says(method, error), end])
    assert run.error is error
    assert len(run.state.steps) == recorded
    reason = "done" if method == "on_loop_end" else "hook_error"
    assert run.state.stop_reason == reason
    assert end.asked[-1] == ("on_loop_end", reason), "the others are told all the same"


@pytest.mark.parametrize(
    ("method", "answer"),
    [
        ("pre_dispatch", "a text"),
        ("pre_dispatch", True),
        ("pre_prompt", 3),
        ("pre_prompt", Block("x")),
        ("post_dispatch", ToolResult("add")),
        ("post_dispatch", Allow({"a": 1})),
        ("pre_prompt", HookDecision(additional_context=5)),  # type: ignore[arg-type]
        ("pre_dispatch", HookDecision(updated_result=5)),  # type: ignore[arg-type]
        ("post_dispatch", Block(5)),  # type: ignore[arg-type]
        ("should_stop", Stop(5)),  # type: ignore[arg-type]
        ("check_done", False),
        ("should_stop", "yes"),
        ("check_permission", "deny"),
        ("check_permission", Stop("x")),
        ("pre_dispatch", Allow([1])),  # type: ignore[arg-type]
        ("pre_dispatch", ToolResult("add", data={1})),
        ("post_dispatch", HookDecision(updated_result=ToolResult("", data={1}))),
    ],
)
def test_an_answer_of_no_meaning_is_the_hooks_fault(go: Go, method: str, answer: Any) -> None:
    run = go(Script(DONE if method == "check_done" else ADD), hooks=[Says(method, answer)])
    assert isinstance(run.error, TypeError) and run.state.stop_reason == "hook_error"
    assert method in str(run.error) or "ask" in str(run.error)


def test_a_result_that_a_hook_hands_out_again_is_another_one_each_time(go: Go) -> None:
    class Cache:
        kept: ToolResult | None = None

        def pre_dispatch(self, state: Any, log: Any, call: ToolCall, step: int) -> Any:
            return self.kept if call.tool == "add" else None

        def post_dispatch(
            self, state: Any, log: Any, call: ToolCall, result: ToolResult, step: int
        ) -> None:
            self.kept = result

    run = go(Script(ADD, ADD, DONE), hooks=[Cache()])
    first, second = (step.tool_result for step in run.steps[:2])
    assert first.data == second.data == {"sum": 3}
    assert (first.call_id, second.call_id) == ("call_1", "call_2")


def test_a_permission_is_one_of_three() -> None:
    with pytest.raises(ValueError, match="allow, deny, ask"):
        HookDecision(permission="maybe")


def test_async_hooks_are_awaited_and_refused_by_the_sync_driver(go: Go) -> None:
    hook = AsyncRecorder()
    run = go(Script(ADD, DONE), hooks=[hook], session_log="the log")
    if run.error is None:
        assert hook.asked == ORDER
    else:
        assert "AsyncRecorder.pre_prompt is async: run it with async_composable_loop" in str(
            run.error
        )
        assert run.state.stop_reason == "hook_error"


def test_events_tell_the_whole_run_in_order(go: Go) -> None:
    seen: list[Any] = []
    streamed: list[Any] = []
    run = go(Script(ADD, DONE), hooks=[Says("on_event", seen.append)], stream=streamed.append)
    assert [event.event for event in seen] == [
        "run_start",
        *["model_start", "model_end", "tool_start", "tool_end", "step"] * 2,
        "run_end",
    ]
    assert streamed == seen
    assert seen[5].step is run.steps[0] and seen[-1].data == {"stop_reason": "done"}


def test_leaving_the_loop_still_ends_the_run_properly(go: Go) -> None:
    hook = Recorder()
    go(Script(ADD, DONE), hooks=[hook], leave_after=1)
    assert hook.asked[-1] == ("on_loop_end", "stopped_by_caller")


def test_each_protocol_asks_for_its_own_method() -> None:
    names = {
        "PreLoop": "pre_loop",
        "PrePrompt": "pre_prompt",
        "PreDispatch": "pre_dispatch",
        "CheckPermission": "check_permission",
        "PostDispatch": "post_dispatch",
        "CheckDone": "check_done",
        "ShouldStop": "should_stop",
        "OnEvent": "on_event",
        "OnLoopEnd": "on_loop_end",
        "Compact": "compact",
        "SaveState": "save_state",
        "RestoreState": "restore_state",
    }
    from looplet.hooks import METHODS

    assert sorted(names.values()) == sorted(METHODS)
    for method in names.values():
        hook = Says(method, None)
        has = [n for n in names if isinstance(hook, getattr(looplet, n))]
        assert [names[n] for n in has] == [method]


def test_a_hook_with_no_method_or_a_class_is_refused() -> None:
    class Misspelt:
        def pre_dispach(self, *args: Any) -> None: ...

    with pytest.raises(TypeError, match=r"Misspelt .*none of the hook methods"):
        looplet.composable_loop(Script(), hooks=[Misspelt()])
    with pytest.raises(TypeError, match="pass an instance"):
        looplet.composable_loop(Script(), hooks=[Recorder])
    with pytest.raises(TypeError, match="not callable"):
        looplet.composable_loop(
            Script(), hooks=[Says("pre_loop", None), type("H", (), {"on_event": 3})()]
        )


def test_steps_with_hooks_are_json(go: Go) -> None:
    run = go(Script(ADD, DONE), hooks=[Says("pre_dispatch", Allow({"a": 1, "b": 1}))])
    json.dumps([step.to_dict() for step in run.steps])
    assert add(1, 1) == {"sum": 2}
