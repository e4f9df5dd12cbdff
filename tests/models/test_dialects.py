"""The dialects of OpenAI's protocol: what servers say differently, and what they refuse."""

from typing import Any

import pytest
from chat_server import Raw, Server, completion, delta, stream

from looplet.drivers import composable_loop
from looplet.models.chat_completions import ChatMessages
from looplet.models.errors import ModelError
from looplet.models.openai import OpenAIBackend
from looplet.models.retry import RetryPolicy
from looplet.tools import tools_from

TOOLS = [{"name": "add", "description": "Add.", "parameters": {"type": "object", "properties": {}}}]
HELLO = [{"role": "user", "content": "hello"}]


@pytest.fixture
def llm(server: Server) -> Any:
    made = OpenAIBackend(model="m", base_url=server.url, api_key="k", retry=RetryPolicy(0))
    yield made
    made.close()


def piece(index: Any, call_id: Any = None, name: Any = None, arguments: Any = None) -> Any:
    """A chunk with a piece of one call; what is None is left out."""
    function = {"name": name, "arguments": arguments}
    call = {
        "index": index,
        "id": call_id,
        "function": {key: value for key, value in function.items() if value is not None},
    }
    return delta(tool_calls=[{key: value for key, value in call.items() if value is not None}])


# ── calls in pieces ───────────────────────────────────────────────────────────────────────────────

CALLS: dict[str, list[Any]] = {
    "as OpenAI": [
        piece(0, "a", "add", ""),
        piece(0, arguments='{"a"'),
        piece(0, arguments=": 1}"),
        piece(1, "b", "sub", ""),
        piece(1, arguments='{"a": 2}'),
    ],
    "mixed up": [
        piece(0, "a", "add", '{"a"'),
        piece(1, "b", "sub", '{"a"'),
        piece(0, arguments=": 1}"),
        piece(1, arguments=": 2}"),
    ],
    "whole, in one chunk": [
        delta(
            tool_calls=[
                {"index": 0, "id": "a", "function": {"name": "add", "arguments": '{"a": 1}'}},
                {"index": 1, "id": "b", "function": {"name": "sub", "arguments": '{"a": 2}'}},
            ]
        )
    ],
    "every index is 0": [piece(0, "a", "add", '{"a": 1}'), piece(0, "b", "sub", '{"a": 2}')],
    "no index": [piece(None, "a", "add", '{"a": 1}'), piece(None, "b", "sub", '{"a": 2}')],
    "the name and the id in every piece": [
        piece(0, "a", "add", '{"a"'),
        piece(0, "a", "add", ": 1}"),
        piece(1, "b", "sub", '{"a": 2}'),
    ],
    "a name in pieces": [
        piece(0, "a", "ad", ""),
        piece(0, name="d", arguments='{"a": 1}'),
        piece(1, "b", "sub", '{"a": 2}'),
    ],
    "arguments as an object": [piece(0, "a", "add", {"a": 1}), piece(1, "b", "sub", {"a": 2})],
    "a number that is no number": [
        piece("0", "a", "add", '{"a": 1}'),
        piece("1", "b", "sub", '{"a": 2}'),
    ],
}


@pytest.mark.parametrize("case", CALLS)
@pytest.mark.parametrize("finish", ["tool_calls", "stop", "function_call"])
def test_calls_in_pieces(server: Server, llm: Any, case: str, finish: str) -> None:
    server.answers = [stream(*CALLS[case], delta(finish))]
    told: list[Any] = []
    reply = llm.generate(HELLO, tools=TOOLS, report=lambda event, **data: told.append(data))
    got = [(call.call_id, call.tool) for call in reply.tool_calls]
    assert got == [("a", "add"), ("b", "sub")] and reply.stop == "tool_calls"
    args = [call.args for call in reply.tool_calls]
    assert args in ([{"a": 1}, {"a": 2}], ['{"a": 1}', '{"a": 2}'])
    assert "".join(data["arguments"] for data in told).count("a") == 2


@pytest.mark.parametrize("finish", ["length", "tool_calls", "content_filter"])
def test_no_arguments_are_none_only_if_the_model_was_done(
    server: Server, llm: Any, finish: str
) -> None:
    """A call that was cut off before its arguments came is not a call without arguments."""
    ran: list[str] = []

    def wipe() -> str:
        """Wipe everything."""
        ran.append("wipe")
        return "gone"

    server.answers = [
        stream(piece(0, "a", "wipe", ""), delta(finish)),
        completion(None, [("done", '{"summary": "ok"}')]),
    ]
    first, _ = composable_loop(llm, "x", tools_from([wipe], include_done=True))
    error = first.tool_result.error_detail
    if finish == "tool_calls":
        assert error is None and ran == ["wipe"]
    else:
        assert error is not None and ran == []
        assert error.kind == "cut_off" and "there are none" in error.message


def test_a_call_that_is_cut_off_within_its_arguments(server: Server, llm: Any) -> None:
    server.answers = [
        stream(piece(0, "a", "add", '{"a": 1, "b'), delta("length")),
        completion(None, [("done", '{"summary": "ok"}')]),
    ]

    def add(a: int, b: int) -> int:
        """Add."""
        return a + b

    first, _ = composable_loop(llm, "x", tools_from([add], include_done=True))
    assert first.tool_result.error_detail and first.tool_result.error_detail.kind == "cut_off"
    assert "cut off at the limit of its length, within the arguments" in str(
        first.tool_result.error
    )


# ── the end ───────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("chunks", "done", "stop"),
    [
        ([delta(content="hi"), delta("stop")], True, "stop"),
        ([delta(content="hi"), delta("stop")], False, "stop"),
        ([delta(content="hi")], True, "stop"),
        ([delta("stop", content="hi")], False, "stop"),
        ([delta(content="hi"), delta("length")], True, "length"),
        ([delta(content="hi"), delta("content_filter")], True, "content_filter"),
        ([delta(refusal="hi"), delta("stop")], True, "refusal"),
        ([delta(content="hi"), delta("eos")], True, "stop"),
        ([delta(content="hi"), delta("of_tomorrow")], True, "of_tomorrow"),
        ([delta(content=[{"type": "text", "text": "hi"}]), delta("stop")], True, "stop"),
    ],
)
def test_the_end_of_a_stream(
    server: Server, llm: Any, chunks: list[Any], done: bool, stop: str
) -> None:
    server.answers = [stream(*chunks, done=done)]
    reply = llm.generate(HELLO)
    assert (reply.text, reply.stop) == ("hi", stop)


@pytest.mark.parametrize(
    ("chunks", "done", "kind"),
    [
        ([], False, "truncated"),
        ([], True, "truncated"),
        ([delta(role="assistant")], True, "truncated"),
        ([delta(content="hi")], False, "truncated"),
        ([piece(0, "a", "add", '{"a": 1}')], False, "truncated"),
        ([delta(content="hi"), delta("error")], True, "server"),
        ([delta(content="hi"), delta("abort")], True, "server"),
    ],
)
def test_a_stream_without_an_end(
    server: Server, llm: Any, chunks: list[Any], done: bool, kind: str
) -> None:
    server.answers = [stream(*chunks, done=done)]
    with pytest.raises(ModelError) as caught:
        llm.generate(HELLO)
    assert caught.value.kind == kind


def test_what_was_said_before_the_connection_broke_is_an_answer_if_it_was_all(
    server: Server, llm: Any
) -> None:
    said = stream(delta(content="hi"), delta("stop"), done=False)
    server.answers = [Raw(said.body, length=len(said.body) + 50)]
    assert llm.generate(HELLO).text == "hi"


# ── what else comes ───────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("usage", "expected"),
    [
        ({"prompt_tokens": 7, "completion_tokens": 3}, (7, 3, 0, None)),
        (
            {
                "prompt_tokens": 7,
                "completion_tokens": 3,
                "prompt_tokens_details": {"cached_tokens": 5},
            },
            (7, 3, 5, None),
        ),
        (
            {"prompt_tokens": 7, "completion_tokens": 3, "prompt_cache_hit_tokens": 4},
            (7, 3, 4, None),
        ),
        ({"prompt_tokens": 7, "completion_tokens": 3, "cost": 0.5}, (7, 3, 0, 0.5)),
        ({"prompt_tokens": 10**400, "completion_tokens": 3, "cost": 10**400}, (0, 3, 0, None)),
        ({"prompt_tokens": 7, "completion_tokens": 3, "cost": float("inf")}, (7, 3, 0, None)),
    ],
)
@pytest.mark.parametrize("where", ["last", "in every chunk", "with the finish reason"])
def test_usage(server: Server, llm: Any, usage: Any, expected: Any, where: str) -> None:
    chunks = [delta(content="hi"), delta("stop"), {"choices": []}]
    for number, chunk in enumerate(chunks):
        if where == "in every chunk" or number == (2 if where == "last" else 1):
            chunk["usage"] = usage
    server.answers = [stream(*chunks)]
    got = llm.generate(HELLO).usage
    assert (got.input_tokens, got.output_tokens, got.cached_tokens, got.cost) == expected


def test_a_server_that_ignores_that_usage_was_asked_for(server: Server, llm: Any) -> None:
    server.answers = [stream(delta("stop", content="hi"))]
    assert llm.generate(HELLO).usage is None


@pytest.mark.parametrize("key", ["reasoning_content", "reasoning"])
def test_thoughts(server: Server, llm: Any, key: str) -> None:
    server.answers = [
        stream(
            delta(**{key: "hm, "}),
            delta(**{key: "yes"}),
            delta(content="hi"),
            piece(0, "a", "add", "{}"),
            delta("tool_calls"),
        )
    ]
    reply = llm.generate(HELLO)
    assert reply.text == "hi" and reply.metadata == {"reasoning": "hm, yes"}
    assert reply.tool_calls[0].metadata["send_back"] == {"reasoning_content": "hm, yes"}


def test_what_a_provider_wants_to_see_again_with_a_call(server: Server, llm: Any) -> None:
    """Such as Gemini's signatures of thoughts, without which it refuses the next turn."""
    extra = {"google": {"thought_signature": "sig"}}
    asked = {"index": 0, "id": "a", "function": {"name": "add", "arguments": "{}"}}
    server.answers = [
        stream(delta("tool_calls", tool_calls=[{**asked, "extra_content": extra}])),
        completion(None, [("done", '{"summary": "ok"}')]),
    ]

    def add() -> int:
        """Add."""
        return 3

    list(composable_loop(llm, "x", tools_from([add], include_done=True)))
    (call,) = server.requests[1]["messages"][1]["tool_calls"]
    assert call["extra_content"] == extra and call["id"] == "a"


# ── what is refused is left out ───────────────────────────────────────────────────────────────────

REFUSALS: dict[str, tuple[int, Any, dict[str, Any], str]] = {
    "stream_options": (
        400,
        {"error": {"message": "Unknown parameter: 'stream_options'."}},
        {},
        "stream_options",
    ),
    "stream_options, as pydantic says it": (
        422,
        {"detail": [{"loc": ["body", "stream_options"], "msg": "Extra inputs are not permitted"}]},
        {},
        "stream_options",
    ),
    "stream": (400, {"error": {"message": "Streaming is not supported."}}, {}, "stream"),
    "tools": (
        400,
        {"error": {"message": "registry.ollama.ai/library/phi does not support tools"}},
        {"tools": TOOLS},
        "tools",
    ),
    "tools, llama.cpp": (
        500,
        {"error": {"message": "tools param requires --jinja flag"}},
        {"tools": TOOLS},
        "tools",
    ),
    "tools, llama.cpp on a call of the model's own form": (
        500,
        {
            "error": {
                "message": "The model produced output that does not match the expected "
                "peg-native format"
            }
        },
        {"tools": TOOLS},
        "tools",
    ),
    "tools, a template": (
        500,
        {"error": {"message": "Jinja template error: unexpected role"}},
        {"tools": TOOLS},
        "tools",
    ),
    "temperature": (
        400,
        {
            "error": {
                "message": "Unsupported value: 'temperature' does not support 0.2 with this model."
            }
        },
        {"temperature": 0.2},
        "temperature",
    ),
    "max_tokens": (
        400,
        {
            "error": {
                "message": "Unsupported parameter: 'max_tokens' is not supported with this model. "
                "Use 'max_completion_tokens' instead."
            }
        },
        {"max_tokens": 9},
        "max_tokens",
    ),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_what_a_server_refuses_is_left_out_from_then_on(
    server: Server, llm: Any, case: str
) -> None:
    status, body, asked, part = REFUSALS[case]
    server.answers = [(status, body), stream(delta("stop", content="hi"))]
    told: list[Any] = []
    for _ in range(2):
        reply = llm.generate(
            HELLO, **asked, report=lambda event, **data: told.append((event, data))
        )
        assert reply.text == "hi"
    assert [part in request for request in server.requests] == [True, False, False]
    (retried,) = [data for event, data in told if event == "model_retry"]
    assert retried["delay_s"] == 0 and len(retried["reason"]) > 20
    if part == "max_tokens":
        assert server.requests[-1]["max_completion_tokens"] == 9


def test_what_was_thought_before_a_call_is_sent_to_a_server_that_insists(
    server: Server, llm: Any
) -> None:
    server.answers = [
        stream(delta(reasoning_content="hm"), piece(0, "a", "add", "{}"), delta("tool_calls")),
        (400, {"error": {"message": "Missing `reasoning_content` field in the message"}}),
        completion(None, [("done", '{"summary": "ok"}')]),
    ]

    def add() -> int:
        """Add."""
        return 3

    list(composable_loop(llm, "x", tools_from([add], include_done=True)))
    sent = [request["messages"][1].get("reasoning_content") for request in server.requests[1:]]
    assert sent == [None, "hm"]


def test_a_refusal_that_leaving_out_does_not_heal_ends(server: Server, llm: Any) -> None:
    server.answers = [(400, {"error": {"message": "Missing reasoning_content"}})]
    with pytest.raises(ModelError, match="400"):
        llm.generate(HELLO, tools=TOOLS)
    assert len(server.requests) == 2


def test_another_fault_of_the_server_is_not_put_on_the_tools(server: Server, llm: Any) -> None:
    server.answers = [(500, {"error": {"message": "An unexpected error occurred"}})]
    with pytest.raises(ModelError):
        llm.generate(HELLO, tools=TOOLS)
    assert len(server.requests) == 1 and "tools" in server.requests[0]


def test_a_model_that_called_nothing_has_to_call_something(server: Server, llm: Any) -> None:
    server.answers = [
        completion("I shall think about it."),
        completion(None, [("done", '{"summary": "ok"}')]),
    ]
    steps = list(composable_loop(llm, "x", tools_from([], include_done=True)))
    assert [step.tool_call.tool for step in steps][1:] == ["done"]
    assert [request["tool_choice"] for request in server.requests] == ["auto", "required"]


def test_a_server_that_cannot_insist_is_asked_without(server: Server, llm: Any) -> None:
    server.answers = [
        completion("I shall think about it."),
        (400, {"error": {"message": "tool_choice `required` is not supported"}}),
        completion(None, [("done", '{"summary": "ok"}')]),
    ]
    list(composable_loop(llm, "x", tools_from([], include_done=True)))
    asked = [request.get("tool_choice") for request in server.requests]
    assert asked == ["auto", "required", "auto"]


def test_where_tools_fail_a_grammar_holds_the_model_to_a_call(server: Server, llm: Any) -> None:
    fails = (500, {"error": {"message": "Failed to parse tool call"}})
    server.answers = [fails, completion('{"tool": "done", "args": {"summary": "ok"}}')]
    list(composable_loop(llm, "x", tools_from([], include_done=True)))
    assert ["grammar" in request for request in server.requests] == [False, True]
    assert "done" in server.requests[1]["grammar"]


def test_a_server_that_takes_no_grammar_is_asked_without(server: Server, llm: Any) -> None:
    server.answers = [
        (400, {"error": {"message": "tools are not supported"}}),
        (400, {"error": {"message": "unknown field `grammar`"}}),
        completion('{"tool": "done", "args": {"summary": "ok"}}'),
    ]
    list(composable_loop(llm, "x", tools_from([], include_done=True)))
    assert ["grammar" in request for request in server.requests] == [False, True, False]


# ── the client ────────────────────────────────────────────────────────────────────────────────────


def test_retries_are_ours_alone(server: Server) -> None:
    """An SDK client of the host's says how often; were it to retry too, both would multiply."""
    import openai

    client = openai.OpenAI(base_url=server.url, api_key="k", max_retries=1)
    server.answers = [(503, {"error": {"message": "busy"}})]
    llm = OpenAIBackend(client, model="m")
    assert llm.retry == RetryPolicy(1)
    llm.retry = RetryPolicy(1, first_delay_s=0.01)
    with pytest.raises(ModelError, match="asked 2 times"):
        llm.generate(HELLO)
    client.close()
    assert len(server.requests) == 2
    assert server.headers["x-stainless-retry-count"] == "0"


@pytest.mark.parametrize(
    ("wish", "status", "tries"), [("false", 503, 1), ("true", 400, 3), ("maybe", 400, 1)]
)
def test_a_server_that_says_whether_to_retry(
    server: Server, wish: str, status: int, tries: int
) -> None:
    server.answers = [
        Raw(b"{}", "application/json", status=status, headers=[("x-should-retry", wish)], length=2)
    ]
    retry = RetryPolicy(2, first_delay_s=0.01)
    llm = OpenAIBackend(model="m", base_url=server.url, api_key="k", retry=retry)
    with pytest.raises(ModelError):
        llm.generate(HELLO)
    llm.close()
    assert len(server.requests) == tries


def test_timeouts_are_set_apart(server: Server) -> None:
    llm = OpenAIBackend(
        model="m", base_url=server.url, api_key="k", timeout=7.0, connect_timeout=2.0
    )
    timeout = llm.connected().timeout
    assert (timeout.connect, timeout.read, timeout.write) == (2.0, 7.0, 7.0)
    assert llm.connected().max_retries == 0
    llm.close()


@pytest.mark.parametrize(
    ("url", "provider"),
    [
        (None, "openai"),
        ("http://localhost:11434/v1", "ollama"),
        ("https://api.groq.com/openai/v1", "groq"),
        ("https://me.openai.azure.com/openai/v1", "azure.ai.openai"),
        ("http://localhost:8000/v1", "openai"),
    ],
)
def test_who_is_behind_an_address(url: str | None, provider: str) -> None:
    llm = OpenAIBackend(model="m", base_url=url, api_key="k")
    assert (llm.provider, llm.name) == (provider, f"{provider}:m")
    assert OpenAIBackend(model="m", base_url=url, provider="mine").name == "mine:m"


def test_the_wire_form_is_kept_from_turn_to_turn(
    server: Server, llm: Any, monkeypatch: Any
) -> None:
    seen: list[int] = []
    real = ChatMessages.add

    def add(self: ChatMessages, message: Any) -> None:
        seen.append(1)
        real(self, message)

    monkeypatch.setattr(ChatMessages, "add", add)
    call = completion(None, [("done", '{"summary": "ok"}')])
    say = completion(None, [("say", "{}")])
    server.answers = [say] * 20 + [call]

    def say_() -> str:
        """Say."""
        return "x"

    tools = tools_from([say_], include_done=True)
    server.answers = [completion(None, [("say_", "{}")])] * 20 + [call]
    steps = list(composable_loop(llm, "x", tools, max_steps=30))
    assert len(steps) == 21
    assert len(seen) == 1 + 2 * 20, "each message once"
