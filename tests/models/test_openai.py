import asyncio
import json
import subprocess
import sys
from typing import Any

import pytest
from chat_server import completion

from looplet.aio import async_composable_loop
from looplet.config import LoopConfig
from looplet.drivers import composable_loop
from looplet.models.errors import ModelError
from looplet.models.openai import AsyncOpenAIBackend, OpenAIBackend
from looplet.state import DefaultState
from looplet.tools import tools_from

TOOLS = [{"name": "add", "description": "Add.", "parameters": {"type": "object", "properties": {}}}]
HELLO = [{"role": "user", "content": "hello"}]


def add(a: int, b: int) -> dict[str, int]:
    """Add two numbers."""
    return {"sum": a + b}


@pytest.fixture
def llm(server: Any) -> Any:
    made = OpenAIBackend(model="m", base_url=server.url, api_key="k", timeout=5, max_retries=0)
    yield made
    made.close()


def test_a_question_and_its_answer(server: Any, llm: OpenAIBackend) -> None:
    reply = llm.generate(HELLO, tools=TOOLS, max_tokens=9, temperature=0.5, seed=1)
    assert (reply.text, list(reply.tool_calls), reply.stop) == ("hello", [], "stop")
    assert reply.usage is not None and reply.usage.to_dict()["input_tokens"] == 7
    assert server.requests == [
        {
            "model": "m",
            "messages": HELLO,
            "stream": True,
            "stream_options": {"include_usage": True},
            "tools": [{"type": "function", "function": TOOLS[0]}],
            "tool_choice": "auto",
            "max_tokens": 9,
            "temperature": 0.5,
            "seed": 1,
        }
    ]
    assert server.headers["authorization"] == "Bearer k"
    assert server.headers["path"] == "/v1/chat/completions"


def test_what_is_not_set_is_not_sent(server: Any, llm: OpenAIBackend) -> None:
    llm.stream = False
    llm.generate("hello", system_prompt="be brief")
    assert server.requests == [
        {"model": "m", "messages": [{"role": "system", "content": "be brief"}, *HELLO]}
    ]


def test_a_run_over_the_wire(server: Any, llm: OpenAIBackend) -> None:
    server.answers = [
        completion("I add.", [("add", '{"a": 1, "b": 2}'), ("add", '{"a": 3, "b": "x"}')]),
        completion(None, [("add", '{"a": 1, ')], finish_reason="length"),
        completion('Here: ```json\n{"tool": "add", "args": {"a": 5, "b": 6}}\n```'),
        completion(None, [("done", '{"summary": "3"}')]),
    ]
    state = DefaultState(9)
    tools = tools_from([add], include_done=True)
    steps = list(composable_loop(llm, "add", tools, state=state))
    assert [step.tool_result.data for step in steps] == [
        {"sum": 3},
        None,
        None,
        {"sum": 11},
        {"summary": "3"},
    ]
    assert "not valid JSON" in str(steps[2].tool_result.error)
    assert state.usage.input_tokens == 28
    last = server.requests[-1]["messages"]
    assert [m["role"] for m in last] == [
        *("user", "assistant", "tool", "tool", "assistant", "tool", "assistant", "tool")
    ]
    asked = last[1]
    assert asked["content"] == "I add."
    assert [call["id"] for call in asked["tool_calls"]] == [
        last[2]["tool_call_id"],
        last[3]["tool_call_id"],
    ]
    # Also a broken call and one that stood in the text go back in a form that servers can read.
    for message in (last[4], last[6]):
        (call,) = message["tool_calls"]
        assert isinstance(json.loads(call["function"]["arguments"]), dict)
    # The prefix never changes: providers cache it.
    for shorter, longer in zip(server.requests, server.requests[1:], strict=False):
        assert longer["messages"][: len(shorter["messages"])] == shorter["messages"]


@pytest.mark.parametrize(
    "said",
    [
        completion("half \ud800 of a character"),
        completion(None, [("add", '{"a": "\\ud800"}')]),
        completion('{"tool": "add", "args": {"a": "\\ud800"}}'),
        completion(None, [("no such\ud800tool", "{}")]),
        completion(None, [("add", '{"a": 1}'), ("no.such.tool", "{}")]),
    ],
)
@pytest.mark.parametrize("native", [True, False])
def test_what_no_server_takes_is_not_sent_back(
    server: Any, llm: OpenAIBackend, said: Any, native: bool
) -> None:
    server.answers = [said, completion('{"tool": "done", "args": {"summary": "3"}}')]
    state = DefaultState(9)
    config = LoopConfig(use_native_tools=native)
    tools = tools_from([add], include_done=True)
    steps = list(composable_loop(llm, "add \udcff", tools, state=state, config=config))
    assert state.stop_reason == "done" and steps[0].tool_result.error
    for message in server.requests[-1]["messages"]:
        for call in message.get("tool_calls", ()):
            assert call["function"]["name"] == "add"


def test_the_async_model(server: Any) -> None:
    server.answers = [completion(None, [("done", '{"summary": "ok"}')])]

    async def run() -> Any:
        llm = AsyncOpenAIBackend(model="m", base_url=server.url, api_key="k", max_retries=0)
        try:
            tools = tools_from([add], include_done=True)
            return [step async for step in async_composable_loop(llm, "x", tools)]
        finally:
            await llm.aclose()

    (step,) = asyncio.run(run())
    assert step.tool_result.data == {"summary": "ok"}


def test_the_async_model_fails_in_the_same_words(server: Any) -> None:
    server.answers = [(404, {"error": {"message": "no such model"}})]

    async def run() -> None:
        llm = AsyncOpenAIBackend(model="m", base_url=server.url, api_key="k", max_retries=0)
        try:
            await llm.generate(HELLO)
        finally:
            await llm.aclose()

    with pytest.raises(ModelError, match="answered 404: no such model; does this server know"):
        asyncio.run(run())


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (400, {"error": {"message": "model m does not support tools"}}),
        (
            500,
            {
                "error": {
                    "message": "The model produced output that does not match the expected format"
                }
            },
        ),
    ],
)
def test_a_server_that_fails_at_tools_is_asked_without(
    server: Any, llm: OpenAIBackend, status: int, body: Any
) -> None:
    server.answers = [
        completion(None, [("add", '{"a": 1, "b": 2}')]),
        (status, body),
        completion('{"tool": "add", "args": {"a": 3, "b": 4}}'),
        completion('{"tool": "done", "args": {"summary": "7"}}'),
    ]
    steps = list(composable_loop(llm, "add", tools_from([add], include_done=True)))
    assert [step.tool_result.error for step in steps] == [None, None, None]
    asked = server.requests[2]
    assert "tools" not in asked and "tool_choice" not in asked
    assert "The tools:\n- add: Add two numbers." in asked["messages"][0]["content"]
    assert [m["role"] for m in asked["messages"]] == ["system", "user", "assistant", "user"]
    assert asked["messages"][2]["content"] == '{"tool": "add", "args": {"a": 1, "b": 2}}'
    assert "tools" not in server.requests[3]  # it does not try again


@pytest.mark.parametrize(
    ("answer", "kind", "says"),
    [
        (
            (401, {"error": {"message": "bad key"}}),
            "unauthorized",
            "401: bad key; is OPENAI_API_KEY right?",
        ),
        (
            (404, {"error": {"message": "gone"}}),
            "no_such_model",
            "404: gone; does this server know the model 'm'",
        ),
        ((429, {"error": {"message": "slow"}}), "rate_limited", "429: slow; wait"),
        ((400, {"error": {"message": "bad temperature"}}), "bad_request", "400: bad temperature"),
        (
            (400, {"error": {"message": "exceeds the context length"}}),
            "too_long",
            "longer than the model's context",
        ),
        ((500, {"error": {"message": "sorry"}}), "server", "500: sorry; the fault is the server's"),
        ((503, "<html>busy</html>"), "server", "503"),
        ("<html>hi</html>", "bad_answer", "is no chat completion: <html>hi</html>"),
        ({"object": "list"}, "bad_answer", "is no chat completion"),
        ({**completion(), "choices": []}, "bad_answer", "is no chat completion"),
        ({"error": {"message": "out of memory"}}, "server", "out of memory"),
        ({"error": {"message": "busy", "code": 429}}, "rate_limited", "answered 429: busy"),
        ("hang", "timeout", "gave no answer within 0.3 seconds"),
    ],
)
def test_every_failure_is_one_clear_error(server: Any, answer: Any, kind: str, says: str) -> None:
    server.answers = [answer]
    llm = OpenAIBackend(model="m", base_url=server.url, api_key="k", timeout=0.3, max_retries=0)
    with pytest.raises(ModelError) as caught:
        llm.generate(HELLO, tools=TOOLS)
    llm.close()
    assert caught.value.kind == kind and says in str(caught.value)
    assert len(server.requests) == 1


def test_nobody_listens() -> None:
    llm = OpenAIBackend(model="m", base_url="http://127.0.0.1:9/v1", api_key="k", max_retries=0)
    with pytest.raises(
        ModelError, match=r"cannot reach the model at http://127.0.0.1:9/v1: .*refused"
    ) as caught:
        llm.generate(HELLO)
    llm.close()
    assert caught.value.kind == "unreachable"


def test_the_failure_ends_a_run_with_everything_so_far(server: Any, llm: OpenAIBackend) -> None:
    server.answers = [
        completion(None, [("add", '{"a": 1, "b": 2}')]),
        (401, {"error": {"message": "bad"}}),
    ]
    state = DefaultState(5)
    with pytest.raises(ModelError):
        list(composable_loop(llm, "x", tools_from([add], include_done=True), state=state))
    assert state.stop_reason == "model_error" and state.step_count == 1


# ── the environment ───────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def env(monkeypatch: pytest.MonkeyPatch) -> Any:
    for name in ("OPENAI_MODEL", "OPENAI_BASE_URL", "OPENAI_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    return lambda **values: [monkeypatch.setenv(f"OPENAI_{k}", v) for k, v in values.items()]


def test_from_env(env: Any, server: Any) -> None:
    env(MODEL="local", BASE_URL=server.url)
    llm = OpenAIBackend.from_env(max_retries=0)
    assert repr(llm) == f"OpenAIBackend(model='local', base_url='{server.url}')"
    assert llm.generate(HELLO).text == "hello"
    llm.close()
    assert server.requests[0]["model"] == "local"
    assert OpenAIBackend.from_env(model="other").model == "other"


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({}, "no model is configured; set OPENAI_API_KEY"),
        ({"MODEL": "m"}, "no model is configured"),
        ({"API_KEY": "k"}, "which model\\? set OPENAI_MODEL"),
    ],
)
def test_what_is_missing_in_the_environment(env: Any, values: Any, says: str) -> None:
    env(**values)
    with pytest.raises(ModelError, match=says) as caught:
        OpenAIBackend.from_env()
    assert caught.value.kind == "not_configured"


def test_openais_own_api_wants_a_key_and_its_own_word_for_the_length(env: Any) -> None:
    with pytest.raises(ModelError, match=r"the model cannot be used: .*api_key"):
        OpenAIBackend(model="gpt").generate(HELLO)
    sent: list[Any] = []

    class Client:
        base_url = "https://api.openai.com/v1/"

        class chat:
            class completions:
                class with_streaming_response:
                    @staticmethod
                    def create(**request: Any) -> None:
                        sent.append(request["extra_body"])

    with pytest.raises(ModelError):
        OpenAIBackend(Client(), model="gpt").generate(HELLO, max_tokens=5)
    assert sent[0]["max_completion_tokens"] == 5 and "max_tokens" not in sent[0]


def test_the_sdk_comes_with_the_first_question_and_its_absence_is_clear() -> None:
    code = """
import sys
from looplet import OpenAIBackend
from looplet.models.errors import ModelError
llm = OpenAIBackend(model="m", api_key="k")
assert "openai" not in sys.modules
sys.modules["openai"] = None
try:
    llm.generate("x")
except ModelError as error:
    print(error)
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "the openai package is missing: pip install 'looplet[openai]'\n"
