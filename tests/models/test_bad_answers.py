"""What no model should answer, from both providers and through both drivers.

Each ends as one clear ModelError or as a recorded step; nothing is lost, and nothing hangs.
"""

import gzip
import json
from typing import Any

import pytest
from chat_server import Raw, Server, completion, delta, events, message, stream
from faces import Face, faces

from looplet.models.errors import ModelError
from looplet.models.retry import RetryPolicy

NEVER = {"retry": RetryPolicy(0)}
TWICE = {"retry": RetryPolicy(1, first_delay_s=0.01)}


def at(server: Server, face: Face) -> str:
    return server.url if face.provider == "openai" else server.url.removesuffix("/v1")


def whole(face: Face, text: str = "", calls: Any = (), **more: Any) -> Any:
    """An answer in one piece, in the provider's form; `calls` are pairs of name and arguments."""
    if face.provider == "openai":
        return completion(text, list(calls), **more)
    content: list[Any] = [{"type": "text", "text": text}] if text else []
    for number, (name, arguments) in enumerate(calls):
        call = {"type": "tool_use", "id": f"id_{number}", "name": name, "input": arguments}
        content.append(call)
    return message(content, **more)


def done(face: Face) -> Any:
    summary = '{"summary": "ok"}' if face.provider == "openai" else {"summary": "ok"}
    return whole(face, calls=[("done", summary)])


# ── answers that are none ─────────────────────────────────────────────────────────────────────────

HTML = b"<html><title>502 Bad Gateway</title>\x1b[2J</html>"
JSON = "application/json"
NO_ANSWER: dict[str, tuple[Any, str, str]] = {
    "an error page with 200": (Raw(HTML, "text/html"), "bad_answer", "502 Bad Gateway"),
    "an error page that says it is JSON": (Raw(HTML, JSON), "malformed", "is no JSON"),
    "nothing": (Raw(b"", "text/html"), "bad_answer", "(empty)"),
    "nothing, as JSON": (Raw(b"", JSON), "malformed", "(empty)"),
    "nothing, as a stream": (Raw(b""), "truncated", "cut off on its way"),
    "no content type, no content": (Raw(b"", ""), "bad_answer", "(empty)"),
    "half of a JSON": (Raw(b'{"choices": [', JSON), "malformed", "is no JSON"),
    "a list": (Raw(b"[1]", JSON), "malformed", "is no object: [1]"),
    "null": (Raw(b"null", JSON), "malformed", "is no object"),
    "another object": (Raw(b'{"object": "list"}', JSON), "bad_answer", "'object': 'list'"),
    "brackets": (Raw(b"[" * 100_000, JSON), "malformed", "is no JSON"),
    "an endless number": (Raw(b'{"n": ' + b"9" * 10_000, JSON), "malformed", "is no JSON"),
    "no UTF-8": (Raw(b'{"x": "\xff"}', JSON), "malformed", "no UTF-8"),
    "no UTF-8 in a stream": (Raw(b"data: \xff\n\n"), "malformed", "no UTF-8"),
    "prose in a stream": (Raw(b"data: hello\n\n"), "malformed", "is no JSON (Expecting"),
    "a list in a stream": (Raw(b"data: []\n\n"), "malformed", "is no object"),
    "brackets in a stream": (Raw(b"data: " + b"[" * 100_000 + b"\n\n"), "malformed", "no JSON"),
    "comments and nothing else": (Raw(b": keep-alive\n\n" * 99), "truncated", "cut off"),
    "empty objects": (Raw(b"data: {}\n\n" * 9), "truncated", "cut off"),
    "a broken encoding": (
        Raw(b"x" * 50, JSON, headers=[("Content-Encoding", "gzip")]),
        "truncated",
        "broke the connection",
    ),
    "less than announced": (Raw(b'{"choices": []', JSON, length=999), "truncated", "in the middle"),
    "an error with 200": (
        Raw(b'{"error": {"message": "out of memory"}}', JSON),
        "server",
        "failed while it answered: out of memory",
    ),
    "an error in a stream": (
        Raw(b'data: {"error": {"message": "out of memory"}}\n\n'),
        "server",
        "out of memory",
    ),
    "a status in a stream": (
        Raw(b'data: {"error": {"message": "slow down", "code": "429"}}\n\n'),
        "rate_limited",
        "answered 429: slow down",
    ),
    "a status of many digits": (
        Raw(b'{"error": {"message": "no", "code": "%s"}}' % (b"9" * 5000), JSON),
        "server",
        "failed while it answered: no",
    ),
    "an error page with 500": (
        Raw(HTML, "text/html", status=500),
        "server",
        "answered 500: <html><title>502",
    ),
    "an error that is a text": (Raw(b'{"error": "oh no"}', JSON), "server", "oh no"),
}


@faces()
@pytest.mark.parametrize("case", NO_ANSWER)
def test_what_is_no_answer_is_one_clear_error(server: Server, face: Face, case: str) -> None:
    answer, kind, says = NO_ANSWER[case]
    if face.provider == "anthropic" and b"data: {" in answer.body and b"error" in answer.body:
        answer = Raw(
            b"event: error\n" + answer.body.replace(b'{"error"', b'{"type":"error","error"')
        )
    server.answers = [answer]
    with pytest.raises(ModelError) as caught:
        face.run(at(server, face), settings=NEVER)
    assert caught.value.kind == kind and says in str(caught.value), caught.value
    assert str(caught.value).startswith(at(server, face))
    assert str(caught.value).isprintable() and len(str(caught.value)) < 700
    assert face.state.stop_reason == "model_error" and face.state.steps == []


@faces()
@pytest.mark.parametrize(
    "case", [c for c, (_, kind, _) in NO_ANSWER.items() if kind != "bad_answer"]
)
def test_what_may_pass_is_asked_again(server: Server, face: Face, case: str) -> None:
    answer = NO_ANSWER[case][0]
    server.answers = [answer, done(face)]
    if face.provider == "anthropic" and b'data: {"error"' in answer.body:
        server.answers[0] = Raw(b"event: error\n" + answer.body)
    (step,) = face.run(at(server, face), settings=TWICE)
    assert step.tool_result.data == {"summary": "ok"} and len(server.requests) == 2


@faces()
def test_an_address_that_is_none(server: Server, face: Face) -> None:
    prefix = face.provider.upper()
    for url in ("localhost:8000/v1", "ftp://localhost/v1", "http://a:b/v1"):
        with pytest.raises(ModelError) as caught:
            face.ask(url)
        assert caught.value.kind == "not_configured", caught.value
        assert f"{prefix}_BASE_URL" in str(caught.value) or "cannot be used" in str(caught.value)


@faces()
def test_what_cannot_be_sent(server: Server, face: Face) -> None:
    for settings, more in (({"model": "a\ud800"}, {}), ({}, {"extra": object()})):
        with pytest.raises(ModelError) as caught:
            face.ask(at(server, face), settings=settings, **more)
        assert caught.value.kind == "bad_request" and "cannot be sent" in str(caught.value)
    assert server.requests == []


@faces()
def test_an_endless_answer_ends(server: Server, face: Face, monkeypatch: Any) -> None:
    monkeypatch.setattr("looplet.models.asking.MAX_ANSWER", 2**20)
    server.answers = [Raw(b"data: {}\n\n" * 200_000)]
    with pytest.raises(ModelError, match="larger than 1 MB, and goes on"):
        face.ask(at(server, face))
    assert len(server.requests) == 1


@faces()
def test_dialects_of_the_content_type(server: Server, face: Face) -> None:
    body = json.dumps(done(face)).encode()
    packed = Raw(gzip.compress(body), JSON, headers=[("Content-Encoding", "gzip")])
    marked = Raw(b"\xef\xbb\xbf" + body, JSON)
    server.answers = [Raw(body, "text/plain"), Raw(body, ""), packed, marked]
    for _ in range(4):
        reply = face.ask(at(server, face), settings=NEVER)
        assert reply.tool_calls[0].tool == "done" and reply.stop == "tool_calls"
    if face.provider == "openai":
        server.answers = [Raw(stream(delta("stop", content="hi")).body, "text/plain")]
        assert face.ask(at(server, face), settings=NEVER).text == "hi"


# ── answers that are bad ones ─────────────────────────────────────────────────────────────────────


@faces()
@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("", "empty_reply"),
        (" \n ", "empty_reply"),
        ("garbage", "not_parsed"),
        ('{"tool": "add", "args": {"a": 1', "not_parsed"),
        ('{"tool": "nope", "args": {}}', "unknown_tool"),
        ("half \ud800 of a character", "not_parsed"),
        ("\x1b[2J\x00", "not_parsed"),
        ("x" * 3_000_000, "not_parsed"),
        ("[" * 100_000, "not_parsed"),
    ],
)
def test_a_bad_text_is_a_step(server: Server, face: Face, text: str, kind: str) -> None:
    server.answers = [whole(face, text), done(face)]
    first, last = face.run(at(server, face), settings=NEVER)
    assert first.tool_result.error_detail.kind == kind
    assert first.pretty().isprintable() and first.finish_reason == "stop"
    assert last.tool_result.data == {"summary": "ok"}


@faces()
@pytest.mark.parametrize(
    ("name", "arguments", "kind"),
    [
        ("add", {}, "bad_arguments"),
        ("add", {"a": 1, "b": "2"}, "bad_arguments"),
        ("add", [1, 2], "bad_arguments"),
        ("add", "text", "bad_arguments"),
        ("add", 5, "bad_arguments"),
        ("add", {"a": "\ud800", "b": 1}, "bad_arguments"),
        ("nope", {}, "unknown_tool"),
        ("", {}, "unknown_tool"),
        ("a\ud800 \x1b[2J", {}, "unknown_tool"),
        (None, None, "unknown_tool"),
    ],
)
def test_a_bad_call_is_a_step(
    server: Server, face: Face, name: Any, arguments: Any, kind: str
) -> None:
    if face.provider == "openai" and arguments is not None and arguments != "text":
        arguments = json.dumps(arguments)
    server.answers = [whole(face, calls=[(name, arguments)]), done(face)]
    first, last = face.run(at(server, face), settings=NEVER)
    assert first.tool_result.error_detail.kind == kind, first.tool_result.error
    assert last.tool_result.data == {"summary": "ok"}
    second = json.dumps(server.requests[1])
    assert "nope" not in second or '"name": "nope"' in second


@faces()
def test_parts_of_no_known_form_are_passed_over(server: Server, face: Face) -> None:
    odd = [None, 5, "text", [], {}, {"type": None}, {"type": ["x"]}, {"type": "image", "x": 1}]
    if face.provider == "openai":
        choice = {"index": 0, "message": {"content": odd, "tool_calls": odd, "refusal": 5}}
        said = {"choices": [choice, *odd], "usage": odd}
    else:
        said = message(odd, usage=odd, stop_reason=5)
    server.answers = [said]
    reply = face.ask(at(server, face), settings=NEVER)
    assert reply.text == ("text" if face.provider == "openai" else "")
    assert all(call.tool == "" for call in reply.tool_calls)


@faces("openai")
@pytest.mark.parametrize(
    "chunk",
    [
        {"choices": None},
        {"choices": {}},
        {"choices": [None, 5, "x", [], {}]},
        {"choices": [{"delta": 5}]},
        {"choices": [{"delta": {"content": 5, "reasoning_content": [], "refusal": {}}}]},
        {"choices": [{"delta": {"tool_calls": {}}}]},
        {"choices": [{"delta": {}, "finish_reason": 5}]},
        {"choices": [{"index": 1, "delta": {"content": "another answer"}}]},
        {"usage": {"prompt_tokens": "many", "completion_tokens": -1, "cost": "x"}},
        {"usage": {"prompt_tokens": True, "prompt_tokens_details": 5}},
    ],
)
def test_chunks_of_no_known_form_are_passed_over(server: Server, face: Face, chunk: Any) -> None:
    server.answers = [stream(chunk, delta(content="hi"), chunk, delta("stop"), chunk)]
    reply = face.ask(at(server, face), settings=NEVER)
    assert (reply.text, list(reply.tool_calls), reply.stop) == ("hi", [], "stop")


@faces("anthropic")
@pytest.mark.parametrize(
    "event",
    [
        {"type": "ping"},
        {"type": "of tomorrow", "index": 0},
        {"type": "message_start"},
        {"type": "message_start", "message": 5},
        {"type": "content_block_start", "index": 7},
        {"type": "content_block_delta", "index": 99, "delta": {"type": "text_delta", "text": "x"}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": 5}},
        {"type": "content_block_delta", "index": [], "delta": {"type": "text_delta", "text": "x"}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": {}, "text": "x"}},
        {"type": "content_block_delta", "index": 0, "delta": 5},
        {"type": "message_delta", "delta": 5, "usage": {"output_tokens": "many"}},
    ],
)
def test_events_of_no_known_form_are_passed_over(server: Server, face: Face, event: Any) -> None:
    server.answers = [
        events(
            {"type": "content_block_start", "index": 0, "content_block": {"type": "text"}},
            event,
            {
                "type": "content_block_delta",
                "index": 0,
                "delta": {"type": "text_delta", "text": "hi"},
            },
            {"type": "message_delta", "delta": {"stop_reason": "end_turn"}},
            event,
            {"type": "message_stop"},
        )
    ]
    reply = face.ask(at(server, face), settings=NEVER)
    assert (reply.text, list(reply.tool_calls), reply.stop) == ("hi", [], "stop")


@faces()
def test_the_same_call_for_ever_ends_with_the_budget(server: Server, face: Face) -> None:
    arguments: Any = {"a": 1, "b": 2}
    server.answers = [
        whole(
            face, calls=[("add", json.dumps(arguments) if face.provider == "openai" else arguments)]
        )
    ]
    steps = face.run(at(server, face), max_steps=7)
    assert len(steps) == 7 and face.state.stop_reason == "max_steps"
    ids = [
        (call["id"] if "function" in call else None)
        for m in server.requests[-1]["messages"]
        for call in m.get("tool_calls", ())
    ]
    if face.provider == "anthropic":  # the server gave each call the same id, which it refuses
        used = [
            block["id"]
            for m in server.requests[-1]["messages"]
            for block in m["content"]
            if block["type"] == "tool_use"
        ]
        assert len(set(used)) == len(used) == 6
    else:
        assert len(ids) == 6
