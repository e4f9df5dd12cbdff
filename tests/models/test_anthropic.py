import json
from typing import Any

import pytest
from chat_server import Raw, Server, events, message

from looplet.config import LoopConfig
from looplet.drivers import composable_loop
from looplet.models.anthropic import AnthropicBackend
from looplet.models.errors import ModelError
from looplet.models.retry import RetryPolicy
from looplet.state import DefaultState
from looplet.tools import tools_from

TOOLS = [{"name": "add", "description": "Add.", "parameters": {"type": "object", "properties": {}}}]
HELLO = [{"role": "user", "content": "hello"}]
MARK = {"type": "ephemeral"}


def add(a: int, b: int) -> dict[str, int]:
    """Add two numbers."""
    return {"sum": a + b}


def key_sent(server: Server) -> str:
    """The header differs from one version of the SDK to the next."""
    bearer = server.headers.get("authorization", "").removeprefix("Bearer ")
    return server.headers.get("x-api-key", bearer)


def backend(server: Server, **settings: Any) -> AnthropicBackend:
    url = server.url.removesuffix("/v1")
    return AnthropicBackend(model="m", base_url=url, api_key="k", retry=RetryPolicy(0), **settings)


@pytest.fixture
def llm(server: Server) -> Any:
    made = backend(server)
    server.answers = [message("hi")]
    yield made
    made.close()


def call(number: int, name: str, arguments: Any) -> Any:
    return {"type": "tool_use", "id": f"toolu_{number}", "name": name, "input": arguments}


def test_a_question_and_its_answer(server: Server, llm: Any) -> None:
    conversation = [{"role": "system", "content": "Be brief."}, *HELLO]
    reply = llm.generate(conversation, tools=TOOLS, max_tokens=9, temperature=0.5, top_k=3)
    assert (reply.text, list(reply.tool_calls), reply.stop) == ("hi", [], "stop")
    text = {"type": "text", "text": "hello", "cache_control": MARK}
    assert server.requests == [
        {
            "model": "m",
            "max_tokens": 9,
            "stream": True,
            "temperature": 0.5,
            "top_k": 3,
            "system": [{"type": "text", "text": "Be brief.", "cache_control": MARK}],
            "tools": [
                {
                    "name": "add",
                    "description": "Add.",
                    "input_schema": {"type": "object", "properties": {}},
                }
            ],
            "messages": [{"role": "user", "content": [text]}],
        }
    ]
    assert key_sent(server) == "k" and server.headers["path"] == "/v1/messages"


def test_what_is_not_set_is_not_sent(server: Server, llm: Any) -> None:
    llm.generate("hello")
    assert sorted(server.requests[0]) == ["max_tokens", "messages", "model", "stream"]
    assert server.requests[0]["max_tokens"] == 8192


def test_the_model_may_think_on_top_of_its_answer(server: Server, llm: Any) -> None:
    llm.generate("hello", thinking={"type": "enabled", "budget_tokens": 2000})
    assert server.requests[0]["max_tokens"] == 8192 + 2000
    assert server.requests[0]["thinking"]["budget_tokens"] == 2000


@pytest.mark.parametrize(
    ("cache", "mark"), [("5m", MARK), ("1h", {**MARK, "ttl": "1h"}), (None, None)]
)
def test_cache_marks(server: Server, cache: Any, mark: Any) -> None:
    server.answers = [
        *(message([call(n, "add", {"a": n, "b": n})]) for n in range(3)),
        message([call(9, "done", {"summary": "ok"})]),
    ]
    llm = backend(server, cache=cache)
    config = LoopConfig(system_prompt="You add.")
    list(composable_loop(llm, "x", tools_from([add], include_done=True), config=config))
    llm.close()
    for number, request in enumerate(server.requests):
        assert request["system"][0].get("cache_control") == mark
        marked = [
            (at, block["cache_control"])
            for at, sent in enumerate(request["messages"])
            for block in sent["content"]
            if "cache_control" in block
        ]
        last = len(request["messages"]) - 1
        expected = [last] if not number else [last - 2, last]
        assert marked == ([] if mark is None else [(at, mark) for at in expected])


def test_without_a_system_prompt_the_tools_are_marked(server: Server, llm: Any) -> None:
    llm.generate(HELLO, tools=TOOLS)
    assert server.requests[0]["tools"][-1]["cache_control"] == MARK


def test_a_cache_that_there_is_not(server: Server) -> None:
    with pytest.raises(ValueError, match='cache is "5m", "1h" or None'):
        backend(server, cache="2h")


def test_without_tools_calls_are_sent_as_text(server: Server, llm: Any) -> None:
    """The API refuses blocks of calls where no tools are offered, as in a compaction."""
    asked = [{"call_id": "a", "tool": "add", "args": {"a": 1}}]
    llm.generate(
        [
            *HELLO,
            {"role": "assistant", "content": "", "tool_calls": asked},
            {"role": "tool", "call_id": "a", "tool": "add", "content": "3"},
        ]
    )
    kinds = {block["type"] for m in server.requests[0]["messages"] for block in m["content"]}
    assert kinds == {"text"} and "tools" not in server.requests[0]


def test_thoughts_go_back_with_the_calls_as_they_came(server: Server, llm: Any) -> None:
    server.answers = [
        events(
            {
                "type": "message_start",
                "message": {
                    "usage": {
                        "input_tokens": 5,
                        "cache_read_input_tokens": 100,
                        "cache_creation_input_tokens": 20,
                        "output_tokens": 1,
                    }
                },
            },
            {
                "type": "content_block_start",
                "index": 0,
                "content_block": {"type": "thinking", "thinking": "", "signature": ""},
            },
            *(
                {
                    "type": "content_block_delta",
                    "index": 0,
                    "delta": {"type": "thinking_delta", "thinking": piece},
                }
                for piece in ("One and ", "two.")
            ),
            {
                "type": "content_block_delta",
                "index": 0,
                "delta": {"type": "signature_delta", "signature": "sig"},
            },
            {"type": "content_block_stop", "index": 0},
            {
                "type": "content_block_start",
                "index": 1,
                "content_block": {"type": "redacted_thinking", "data": "xyz"},
            },
            {
                "type": "content_block_start",
                "index": 2,
                "content_block": {"type": "tool_use", "id": "t1", "name": "add", "input": {}},
            },
            *(
                {
                    "type": "content_block_delta",
                    "index": 2,
                    "delta": {"type": "input_json_delta", "partial_json": piece},
                }
                for piece in ("", '{"a": 1,', ' "b": 2}')
            ),
            {
                "type": "message_delta",
                "delta": {"stop_reason": "tool_use"},
                "usage": {"output_tokens": 42},
            },
            {"type": "message_stop"},
        ),
        message([call(1, "done", {"summary": "ok"})]),
    ]
    state = DefaultState(5)
    told: list[Any] = []
    steps = list(
        composable_loop(
            llm, "x", tools_from([add], include_done=True), state=state, stream=told.append
        )
    )
    assert steps[0].tool_result.data == {"sum": 3}
    sent = server.requests[1]["messages"][1]["content"]
    assert sent == [
        {"type": "thinking", "thinking": "One and two.", "signature": "sig"},
        {"type": "redacted_thinking", "data": "xyz"},
        {"type": "tool_use", "id": "t1", "name": "add", "input": {"a": 1, "b": 2}},
    ]
    usage = steps[0].usage
    assert usage is not None
    assert (usage.input_tokens, usage.output_tokens) == (125, 42)
    assert (usage.cached_tokens, usage.cache_write_tokens) == (100, 20)
    deltas = [event.data for event in told if event.event == "model_delta"]
    assert "".join(d.get("reasoning", "") for d in deltas) == "One and two."
    (end,) = [e.reply for e in told if e.event == "model_end"][:1]
    assert end.metadata["reasoning"] == "One and two."


@pytest.mark.parametrize(
    ("reason", "stop"),
    [
        ("end_turn", "stop"),
        ("stop_sequence", "stop"),
        ("max_tokens", "length"),
        ("model_context_window_exceeded", "length"),
        ("refusal", "refusal"),
        ("of_tomorrow", "of_tomorrow"),
        (None, "stop"),
    ],
)
def test_why_it_stopped(server: Server, llm: Any, reason: Any, stop: str) -> None:
    server.answers = [message("hi", stop_reason=reason)]
    assert llm.generate(HELLO).stop == stop


@pytest.mark.parametrize(
    ("kind", "expected", "says"),
    [
        ("overloaded_error", "server", "answered 529: sorry"),
        ("rate_limit_error", "rate_limited", "answered 429: sorry"),
        ("invalid_request_error", "bad_request", "answered 400: sorry"),
        ("authentication_error", "unauthorized", "answered 401: sorry"),
        ("of_tomorrow", "server", "failed while it answered: sorry"),
    ],
)
def test_an_error_in_the_stream(
    server: Server, llm: Any, kind: str, expected: str, says: str
) -> None:
    server.answers = [
        events(
            {"type": "message_start", "message": {}},
            {"type": "error", "error": {"type": kind, "message": "sorry"}},
        )
    ]
    with pytest.raises(ModelError) as caught:
        llm.generate(HELLO)
    assert caught.value.kind == expected and says in str(caught.value)


def test_a_server_of_this_protocol_that_fails_at_tools(server: Server, llm: Any) -> None:
    """As llama.cpp says it, in the middle of a stream, of a call in a form of the model's own."""
    error = {"code": 500, "message": "output does not match the expected peg-native format"}
    error["type"] = "server_error"
    server.answers = [
        Raw(b"event: error\ndata: " + json.dumps(error).encode() + b"\n\n"),
        message('{"tool": "add", "args": {"a": 1, "b": 2}}'),
        message('{"tool": "done", "args": {"summary": "3"}}'),
    ]
    steps = list(composable_loop(llm, "x", tools_from([add], include_done=True)))
    assert [step.tool_result.data for step in steps] == [{"sum": 3}, {"summary": "3"}]
    assert ["tools" in request for request in server.requests] == [True, False, False]
    assert "The tools:\n- add: Add two numbers." in server.requests[1]["system"][0]["text"]


def test_a_model_that_takes_no_temperature(server: Server, llm: Any) -> None:
    refused = "`temperature` is deprecated for this model."
    server.answers = [
        (400, {"type": "error", "error": {"type": "invalid_request_error", "message": refused}}),
        message("hi"),
    ]
    assert llm.generate("x", temperature=0.0).text == "hi"
    assert ["temperature" in request for request in server.requests] == [True, False]


def test_a_stream_that_ends_before_it_says_so(server: Server, llm: Any) -> None:
    begun = [
        {"type": "message_start", "message": {}},
        {
            "type": "content_block_start",
            "index": 0,
            "content_block": {"type": "text", "text": "hi"},
        },
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn"}},
    ]
    for length in range(len(begun) + 1):
        server.answers = [events(*begun[:length])]
        with pytest.raises(ModelError) as caught:
            llm.generate(HELLO)
        assert caught.value.kind == "truncated"
    server.answers = [events(*begun, {"type": "message_stop"})]
    assert llm.generate(HELLO).text == "hi"


# ── the environment ───────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def env(monkeypatch: pytest.MonkeyPatch) -> Any:
    for name in ("MODEL", "BASE_URL", "API_KEY"):
        monkeypatch.delenv(f"ANTHROPIC_{name}", raising=False)
    return lambda **values: [monkeypatch.setenv(f"ANTHROPIC_{k}", v) for k, v in values.items()]


def test_from_env(env: Any, server: Server) -> None:
    url = server.url.removesuffix("/v1")
    env(MODEL="claude", BASE_URL=url, API_KEY="secret")
    server.answers = [message("hi")]
    llm = AnthropicBackend.from_env(cache=None)
    assert repr(llm) == f"AnthropicBackend(model='claude', base_url='{url}')"
    assert (llm.name, llm.provider) == ("anthropic:claude", "anthropic")
    assert llm.generate("hello").text == "hi"
    llm.close()
    assert key_sent(server) == "secret"
    assert AnthropicBackend.from_env(model="other").model == "other"


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({}, "no model is configured; set ANTHROPIC_API_KEY and ANTHROPIC_MODEL"),
        ({"MODEL": "m"}, "no model is configured"),
        ({"API_KEY": "k"}, "which model\\? set ANTHROPIC_MODEL"),
    ],
)
def test_what_is_missing_in_the_environment(env: Any, values: Any, says: str) -> None:
    env(**values)
    with pytest.raises(ModelError, match=says) as caught:
        AnthropicBackend.from_env()
    assert caught.value.kind == "not_configured"


def test_the_sdk_comes_with_the_first_question_and_its_absence_is_clear(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "anthropic", None)
    with pytest.raises(ModelError, match=r"pip install 'looplet\[anthropic\]'"):
        AnthropicBackend(model="m", api_key="k").generate("x")


def test_a_missing_key_is_clear(env: Any) -> None:
    llm = AnthropicBackend(model="m")
    with pytest.raises(ModelError, match=r"set ANTHROPIC_API_KEY") as caught:
        llm.generate("x")
    assert caught.value.kind == "not_configured"
