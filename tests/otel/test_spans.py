"""The spans of a run: their names, attributes, kinds, status and parents."""

import json
import sys
import threading
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.semconv._incubating.attributes import gen_ai_attributes as names
from opentelemetry.trace import SpanKind, StatusCode
from telemetry import DONE, Model, Telemetry, run_async, run_sync

from looplet import CancelToken, Deny, LoopConfig, Reply, Usage, tools_from
from looplet.events import Event
from looplet.otel import OTelHook
from looplet.sub_loop import run_sub_loop
from looplet.tools import ToolSpec


def add(a: int, b: int) -> dict[str, int]:
    """Add two numbers."""
    return {"sum": a + b}


def fail() -> None:
    """Fail."""
    raise ValueError("secret text")


def tools(*functions: Any) -> Any:
    return tools_from([add, *functions], include_done=True)


ONE = [("add", {"a": 1, "b": 2})]


# ── one run ───────────────────────────────────────────────────────────────────────────────────────


def test_a_run_is_a_tree_of_spans(telemetry: Telemetry, drive: Any) -> None:
    drive(Model(ONE, DONE), tools(), hooks=[telemetry.hook()])
    chat = "chat gpt-5-mini"
    assert telemetry.tree() == [
        ("invoke_agent", [chat, "execute_tool add", chat, "execute_tool done"])
    ]
    assert {span.instrumentation_scope.name for span in telemetry.spans} == {"looplet"}
    assert all(span.status.status_code is StatusCode.UNSET for span in telemetry.spans)


def test_the_span_of_an_answer(telemetry: Telemetry) -> None:
    run_sync(Model(DONE), tools(), hooks=[telemetry.hook()])
    span = telemetry.named("chat gpt-5-mini")
    assert span.kind is SpanKind.CLIENT
    cost = (
        span.attributes["looplet.usage.cost_usd"]
        if "looplet.usage.cost_usd" in (span.attributes or {})
        else None
    )
    assert {k: v for k, v in span.attributes.items() if not k.startswith("looplet.")} == {
        names.GEN_AI_OPERATION_NAME: "chat",
        names.GEN_AI_PROVIDER_NAME: "openai",
        names.GEN_AI_REQUEST_MODEL: "gpt-5-mini",
        names.GEN_AI_RESPONSE_FINISH_REASONS: ("tool_calls",),
        names.GEN_AI_USAGE_INPUT_TOKENS: 100,
        names.GEN_AI_USAGE_OUTPUT_TOKENS: 10,
        names.GEN_AI_USAGE_CACHE_READ_INPUT_TOKENS: 60,
    }
    assert cost is None or cost > 0


def test_the_span_of_an_agent(telemetry: Telemetry) -> None:
    hook = telemetry.hook(conversation_id="c-7")
    hook.on_event(
        Event("run_start", data={"agent": "helper", "agent_version": "1.2", "model": "m"})
    )
    usage = Usage(10, 2, cache_write_tokens=5, cost=0.5)
    hook.on_event(Event("model_start", 1))
    hook.on_event(Event("model_end", 1, reply=Reply("hi", usage=usage)))
    hook.on_event(Event("run_end", data={"stop_reason": "done"}))
    span = telemetry.named("invoke_agent helper")
    assert span.kind is SpanKind.INTERNAL
    assert dict(span.attributes) == {
        names.GEN_AI_OPERATION_NAME: "invoke_agent",
        names.GEN_AI_PROVIDER_NAME: "unknown",
        names.GEN_AI_REQUEST_MODEL: "m",
        names.GEN_AI_AGENT_NAME: "helper",
        names.GEN_AI_AGENT_VERSION: "1.2",
        names.GEN_AI_CONVERSATION_ID: "c-7",
        names.GEN_AI_USAGE_INPUT_TOKENS: 10,
        names.GEN_AI_USAGE_OUTPUT_TOKENS: 2,
        names.GEN_AI_USAGE_CACHE_CREATION_INPUT_TOKENS: 5,
        "looplet.usage.cost_usd": 0.5,
        "looplet.stop_reason": "done",
    }


def test_the_span_of_a_call(telemetry: Telemetry) -> None:
    run_sync(Model(ONE, DONE), tools(), hooks=[telemetry.hook()])
    span = telemetry.named("execute_tool add")
    assert span.kind is SpanKind.INTERNAL
    assert dict(span.attributes) == {
        names.GEN_AI_OPERATION_NAME: "execute_tool",
        names.GEN_AI_TOOL_NAME: "add",
        names.GEN_AI_TOOL_TYPE: "function",
        names.GEN_AI_TOOL_CALL_ID: "call_1",
    }


def test_a_model_without_a_name_or_usage(telemetry: Telemetry) -> None:
    class Bare:
        def generate(self, messages: Any, *, tools: Any) -> str:
            return '{"tool": "done", "args": {"summary": "x"}}'

    run_sync(Bare(), tools(), hooks=[telemetry.hook()])
    assert dict(telemetry.named("chat").attributes) == {
        names.GEN_AI_OPERATION_NAME: "chat",
        names.GEN_AI_PROVIDER_NAME: "unknown",
    }


# ── what went wrong ───────────────────────────────────────────────────────────────────────────────


def status(span: Any) -> Any:
    return span.status.status_code, (span.attributes or {}).get("error.type")


OK = (StatusCode.UNSET, None)


def test_a_call_that_failed_says_how_and_not_with_what_words(
    telemetry: Telemetry, drive: Any
) -> None:
    drive(Model([("fail", {})], DONE), tools(fail), hooks=[telemetry.hook()])
    span = telemetry.named("execute_tool fail")
    assert status(span) == (StatusCode.ERROR, "raised")
    assert status(telemetry.named("invoke_agent")) == OK
    assert "secret" not in span.to_json()


def test_a_call_that_was_not_run_is_there_too(telemetry: Telemetry) -> None:
    class No:
        def pre_dispatch(self, *_: Any) -> Any:
            return Deny("no")

    run_sync(Model(ONE, [("nothing", {})]), tools(), hooks=[No(), telemetry.hook()], max_steps=2)
    assert status(telemetry.named("execute_tool add")) == (StatusCode.ERROR, "denied")
    assert status(telemetry.named("execute_tool nothing"))[0] is StatusCode.ERROR
    root = telemetry.named("invoke_agent")
    assert root.attributes["looplet.stop_reason"] == "max_steps" and status(root) == OK


def test_a_model_that_raises(telemetry: Telemetry, drive: Any) -> None:
    _, error = drive(Model(ONE, OSError("down")), tools(), hooks=[telemetry.hook()])
    assert isinstance(error, OSError)
    first, second = [span for span in telemetry.spans if span.name.startswith("chat")]
    assert status(first) == OK
    for span in (second, telemetry.named("invoke_agent")):
        assert status(span)[0] is StatusCode.ERROR
        assert status(span)[1] in ("OSError", "model_error")


def test_a_hook_that_raises(telemetry: Telemetry, drive: Any) -> None:
    class Broken:
        def post_dispatch(self, *_: Any) -> Any:
            raise KeyError("x")

    drive(Model(ONE), tools(), hooks=[telemetry.hook(), Broken()])
    assert status(telemetry.named("execute_tool add")) == OK
    assert status(telemetry.named("invoke_agent"))[1] in ("KeyError", "hook_error")


def test_an_interrupt_in_the_middle_of_a_call(telemetry: Telemetry, drive: Any) -> None:
    def stuck() -> None:
        """Be interrupted."""
        raise KeyboardInterrupt

    drive(Model([("stuck", {})]), tools(stuck), hooks=[telemetry.hook()])
    assert status(telemetry.named("execute_tool stuck"))[0] is StatusCode.ERROR
    assert telemetry.named("invoke_agent").attributes["looplet.stop_reason"] == "interrupted"


def test_a_caller_who_leaves_is_no_error(telemetry: Telemetry, drive: Any) -> None:
    drive(Model(ONE, DONE), tools(), hooks=[telemetry.hook()], leave_after=1)
    assert len(telemetry.spans) == 3
    assert all(status(span) == OK for span in telemetry.spans)
    assert telemetry.named("invoke_agent").attributes["looplet.stop_reason"] == "stopped_by_caller"


def test_a_run_that_is_cancelled(telemetry: Telemetry, drive: Any) -> None:
    token = CancelToken()

    def last() -> None:
        """Cancel the run."""
        token.cancel()

    config = LoopConfig(cancel_token=token)
    drive(Model([("last", {})]), tools(last), hooks=[telemetry.hook()], config=config)
    assert status(telemetry.named("invoke_agent")) == (StatusCode.ERROR, "cancelled")
    assert status(telemetry.named("execute_tool last")) == OK


# ── parents ───────────────────────────────────────────────────────────────────────────────────────


def test_a_run_belongs_to_what_is_current_when_it_begins(telemetry: Telemetry, drive: Any) -> None:
    with telemetry.tracers.get_tracer("host").start_as_current_span("request"):
        drive(Model(DONE), tools(), hooks=[telemetry.hook()])
    assert telemetry.tree() == [
        ("request", [("invoke_agent", ["chat gpt-5-mini", "execute_tool done"])])
    ]


def test_what_a_lone_tool_or_the_model_traces_hangs_below_it(
    telemetry: Telemetry, drive: Any
) -> None:
    tracer = telemetry.tracers.get_tracer("requests")

    def fetch() -> None:
        """Fetch."""
        tracer.start_span("GET /page").end()

    class Fetching(Model):
        def generate(self, messages: Any, *, tools: Any) -> Reply:
            tracer.start_span("POST /chat").end()
            return super().generate(messages, tools=tools)

    drive(Fetching([("fetch", {})], DONE), tools(fetch), hooks=[telemetry.hook()])
    chat = ("chat gpt-5-mini", ["POST /chat"])
    fetched = ("execute_tool fetch", ["GET /page"])
    assert telemetry.tree() == [("invoke_agent", [chat, fetched, chat, "execute_tool done"])]


def test_nothing_of_the_run_is_current_for_its_caller(telemetry: Telemetry) -> None:
    from looplet import composable_loop

    pair = [("add", {"a": 1, "b": 2}), ("add", {"a": 3, "b": 4})]
    registry = tools_from([], include_done=True)
    registry.register(ToolSpec("add", "Add.", {"a": {}, "b": {}}, add, concurrent_safe=True))
    seen = []
    for _ in composable_loop(Model(pair, ONE, DONE), "t", registry, hooks=[telemetry.hook()]):
        seen.append(trace.get_current_span().get_span_context().is_valid)
    assert seen == [False] * 4
    assert not trace.get_current_span().get_span_context().is_valid


def at_once(*functions: Any) -> Any:
    registry = tools_from([], include_done=True)
    for function in functions:
        spec = ToolSpec(function.__name__, "It.", {}, function, concurrent_safe=True)
        registry.register(spec)
    return registry


def test_calls_at_the_same_time_each_have_a_span_of_their_length(
    telemetry: Telemetry, drive: Any
) -> None:
    tracer = telemetry.tracers.get_tracer("requests")
    second_ended = threading.Event()

    def first() -> None:
        """Wait for the second."""
        assert second_ended.wait(5)
        threading.Event().wait(0.05)
        tracer.start_span("in first").end()

    def second() -> None:
        """End."""
        second_ended.set()

    batch = [("first", {}), ("second", {})]
    drive(
        Model(batch, DONE),
        at_once(first, second),
        hooks=[telemetry.hook()],
        config=LoopConfig(concurrent_dispatch=True),
    )
    spans = [telemetry.named(f"execute_tool {name}") for name in ("first", "second")]
    long, short = [(span.end_time or 0) - (span.start_time or 0) for span in spans]
    assert long - short > 40_000_000
    # What one of several traces is the agent's: whose it is nobody can say.
    root = telemetry.named("invoke_agent").context.span_id
    assert telemetry.named("in first").parent.span_id == root


def helper(**options: Any) -> Any:
    """A tool that runs an agent of its own, which adds and is done."""

    def research(ctx: Any, topic: str) -> Any:
        """Look into a topic."""
        llm = Model(ONE, DONE)
        llm.name = f"openai:about-{topic}"
        return run_sub_loop(llm, topic, tools(), ctx=ctx, name="research")["result"]

    return ToolSpec("research", "Look into it.", {"topic": {"type": "string"}}, research, **options)


def below(topic: str) -> Any:
    chat = f"chat about-{topic}"
    agent = ("invoke_agent research", [chat, "execute_tool add", chat, "execute_tool done"])
    return ("execute_tool research", [agent])


def test_a_sub_agent_hangs_below_the_call_that_runs_it(telemetry: Telemetry, drive: Any) -> None:
    registry = tools()
    registry.register(helper())
    drive(Model([("research", {"topic": "a"})], DONE), registry, hooks=[telemetry.hook()])
    chat = "chat gpt-5-mini"
    assert telemetry.tree() == [("invoke_agent", [chat, below("a"), chat, "execute_tool done"])]


def test_two_sub_agents_of_one_name_at_the_same_time_are_told_apart(
    telemetry: Telemetry, drive: Any
) -> None:
    registry = tools()
    registry.register(helper(concurrent_safe=True))
    both = [("research", {"topic": "a"}), ("research", {"topic": "b"})]
    config = LoopConfig(concurrent_dispatch=True)
    drive(Model(both, DONE), registry, hooks=[telemetry.hook()], config=config)
    ((_, parts),) = telemetry.tree()
    assert sorted(parts[1:3]) == [below("a"), below("b")]


def test_runs_at_the_same_time_with_a_hook_each_do_not_mix(telemetry: Telemetry) -> None:
    def one(drive: Any, name: str) -> None:
        llm = Model(*[ONE] * 20, DONE)
        llm.name = name
        drive(llm, tools(), hooks=[telemetry.hook()], max_steps=50)

    threads = [
        threading.Thread(target=one, args=(drive, f"m{number}"))
        for number, drive in enumerate([run_sync, run_async] * 4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    trees = telemetry.tree()
    assert len(trees) == 8
    for number, (_, parts) in enumerate(sorted(trees, key=str)):
        chat = f"chat m{number}"
        assert parts == [*[chat, "execute_tool add"] * 20, chat, "execute_tool done"]


def test_two_runs_interleaved_in_one_thread_do_not_mix(telemetry: Telemetry) -> None:
    from looplet import composable_loop

    loops = [
        composable_loop(Model(ONE, ONE, DONE), "t", tools(), hooks=[telemetry.hook()])
        for _ in range(2)
    ]
    for _ in zip(*loops, strict=True):
        pass
    chat = "chat gpt-5-mini"
    parts = [*[chat, "execute_tool add"] * 2, chat, "execute_tool done"]
    assert telemetry.tree() == [("invoke_agent", parts)] * 2


def test_one_hook_for_two_runs_at_the_same_time_is_refused(telemetry: Telemetry) -> None:
    from looplet import composable_loop

    hook = telemetry.hook()
    first = composable_loop(Model(ONE, DONE), "t", tools(), hooks=[hook])
    next(first)
    with pytest.raises(RuntimeError, match="give each run an OTelHook of its own"):
        next(composable_loop(Model(ONE, DONE), "t", tools(), hooks=[hook]))


def test_one_hook_for_one_run_after_the_other_is_fine(telemetry: Telemetry, drive: Any) -> None:
    hook = telemetry.hook()
    for _ in range(2):
        _, error = drive(Model(DONE), tools(), hooks=[hook])
        assert error is None
    assert [name for name, _ in telemetry.tree()] == ["invoke_agent"] * 2


def test_what_is_still_at_work_when_the_run_ends_is_ended_with_it(telemetry: Telemetry) -> None:
    hook = telemetry.hook()
    call = {"within": ("call_1",), "agent": "slow"}
    from looplet import ToolCall

    hook.on_event(Event("run_start", data={}))
    hook.on_event(Event("tool_start", 1, tool_call=ToolCall("ask", {}, call_id="call_1")))
    hook.on_event(Event("run_start", data={}, **call))
    hook.on_event(Event("model_start", 1, **call))
    hook.on_event(Event("run_end", data={"stop_reason": "max_steps"}))
    hook.on_event(Event("model_end", 1, reply=Reply("late"), **call))
    hook.on_event(Event("run_end", data={"stop_reason": "done"}, **call))
    hook.on_event(Event("run_start", data={}, within=("call_9",), agent="later"))
    assert status(telemetry.named("invoke_agent slow")) == (StatusCode.ERROR, "abandoned")
    assert status(telemetry.named("chat")) == (StatusCode.ERROR, "abandoned")
    assert len(telemetry.spans) == 4


# ── streaming, retries, content ───────────────────────────────────────────────────────────────────


class Streaming(Model):
    def generate(self, messages: Any, *, tools: Any, report: Any = None) -> Reply:
        if report is not None:
            report("model_retry", attempt=2, delay_s=0.5, reason="429: secret")
            report("model_delta", text="so")
            report("model_delta", text=" on")
        return super().generate(messages, tools=tools)


def test_retries_and_the_first_token_are_part_of_the_one_answer(
    telemetry: Telemetry, drive: Any
) -> None:
    drive(Streaming(DONE), tools(), hooks=[telemetry.hook()])
    span = telemetry.named("chat gpt-5-mini")
    assert span.attributes[names.GEN_AI_RESPONSE_TIME_TO_FIRST_CHUNK] >= 0
    (retry,) = span.events
    assert dict(retry.attributes) == {"looplet.attempt": 2, "looplet.delay_s": 0.5}


def test_a_question_that_failed_and_is_asked_in_another_way_has_ended(
    telemetry: Telemetry,
) -> None:
    hook = telemetry.hook()
    hook.on_event(Event("run_start", data={}))
    for event in ("model_start", "compacted", "model_retry", "model_start"):
        hook.on_event(Event(event, 1, data={}))
    hook.on_event(Event("model_end", 1, reply=Reply("x")))
    hook.on_event(Event("run_end", data={"stop_reason": "done"}))
    first, second = [span for span in telemetry.spans if span.name == "chat"]
    assert status(first) == (StatusCode.ERROR, "model_error") and status(second) == OK


def test_nothing_of_what_was_said_is_recorded_unless_asked_for(telemetry: Telemetry) -> None:
    reply = Reply("SECRET words", Model(ONE).generate([], tools=[]).tool_calls)
    secret = [("add", {"a": "SECRET", "b": 2})]
    run_sync(Streaming(reply, secret, DONE), tools(), hooks=[telemetry.hook()])
    everything = "".join(span.to_json() for span in telemetry.spans)
    for word in ("SECRET", "secret", "the task", "all of it", "sum"):
        assert word not in everything


def test_content_as_the_conventions_have_it(telemetry: Telemetry, drive: Any) -> None:
    llm = Model(Reply("I add.", Model(ONE).generate([], tools=[]).tool_calls, stop="stop"), DONE)
    drive(llm, tools(), hooks=[telemetry.hook(capture_content=True)])

    def read(span: Any, name: str) -> Any:
        return json.loads(span.attributes[name])

    task = {"role": "user", "parts": [{"type": "text", "content": "the task"}]}
    assert read(telemetry.named("invoke_agent"), names.GEN_AI_INPUT_MESSAGES) == [task]
    first, second = [span for span in telemetry.spans if span.name.startswith("chat")]
    assert read(first, names.GEN_AI_INPUT_MESSAGES)[-1] == task
    call = {"type": "tool_call", "id": "call_1", "name": "add", "arguments": {"a": 1, "b": 2}}
    said = [{"type": "text", "content": "I add."}, call]
    (answer,) = read(first, names.GEN_AI_OUTPUT_MESSAGES)
    assert answer["finish_reason"] == "stop" and answer["role"] == "assistant"
    assert answer["parts"][0] == said[0] and answer["parts"][1]["name"] == "add"
    back = {"type": "tool_call_response", "id": "call_1", "response": '{"sum": 3}'}
    assert read(second, names.GEN_AI_INPUT_MESSAGES) == [
        {"role": "assistant", "parts": said},
        {"role": "tool", "parts": [back]},
    ], "only what is new"
    span = telemetry.named("execute_tool add")
    assert read(span, names.GEN_AI_TOOL_CALL_ARGUMENTS) == {"a": 1, "b": 2}
    assert read(span, names.GEN_AI_TOOL_CALL_RESULT) == {"sum": 3}


def test_arguments_that_json_cannot_hold_are_recorded_as_text(telemetry: Telemetry) -> None:
    from looplet import ToolCall

    hook = telemetry.hook(capture_content=True)
    hook.on_event(Event("run_start", data={"task": {"goal": {1}}}))
    call = ToolCall("t", {"a": float("nan"), "b": "\ud800"}, call_id="c")
    hook.on_event(Event("tool_start", 1, tool_call=call))
    hook.on_event(Event("run_end", data={"stop_reason": "done"}))
    args = telemetry.named("execute_tool t").attributes[names.GEN_AI_TOOL_CALL_ARGUMENTS]
    assert json.loads(args) == {"a": "nan", "b": "\ud800"}


# ── without the package ───────────────────────────────────────────────────────────────────────────


def test_without_opentelemetry_the_error_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry", None)
    with pytest.raises(ModuleNotFoundError, match=r"pip install 'looplet\[otel\]'"):
        OTelHook()


def test_with_the_api_alone_a_run_is_as_it_was(drive: Any) -> None:
    state, error = drive(Model(ONE, DONE), tools(), hooks=[OTelHook(capture_content=True)])
    assert error is None and state.stop_reason == "done"
