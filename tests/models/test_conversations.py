"""Whole conversations with a server that we did not write, on both wires and through both drivers.

npm's `aimock` plays the model, and keeps a journal of what it was asked.
"""

import json
from itertools import pairwise
from typing import Any

import pytest
from aimock_server import Aimock, says
from faces import Face, faces

from looplet.config import LoopConfig
from looplet.events import MODEL_DELTA, MODEL_RETRY
from looplet.models.errors import ModelError

DONE = ("done", {"summary": "ready"})


def asked(aimock: Aimock) -> list[Any]:
    """The messages of each request. aimock writes those of both wires down in one form."""
    return [entry["body"]["messages"] for entry in aimock.journal()]


@faces()
def test_a_conversation(aimock: Aimock, face: Face) -> None:
    aimock.script(
        says("Let me add.", ("add", {"a": 1, "b": 2})),
        says("", ("add", {"a": 3, "b": 4}), ("add", {"a": 5, "b": 6})),
        says("I forgot to call a tool."),
        says("", ("add", {"a": "x", "b": 1})),
        says("", DONE, usage={"prompt_tokens": 40, "completion_tokens": 2, "total_tokens": 42}),
    )
    config = LoopConfig(system_prompt="You add.", temperature=0.5, max_tokens=99)
    steps = face.run(aimock.base_url(face.provider), "Add them", config=config)
    assert [step.tool_result.data for step in steps] == [
        {"sum": 3},
        {"sum": 7},
        {"sum": 11},
        None,
        None,
        {"summary": "ready"},
    ]
    errors = [s.tool_result.error_detail.kind for s in steps if s.tool_result.error_detail]
    assert errors == ["not_parsed", "bad_arguments"]
    finish = ["tool_calls", "tool_calls", "tool_calls", "stop", "tool_calls", "tool_calls"]
    assert [step.finish_reason for step in steps] == finish
    assert (steps[-1].usage.input_tokens, steps[-1].usage.output_tokens) == (40, 2)

    journal = aimock.journal()
    path = "/v1/chat/completions" if face.provider == "openai" else "/v1/messages"
    assert {entry["path"].partition("?")[0] for entry in journal} == {path}
    assert {entry["response"]["status"] for entry in journal} == {200}
    for entry in journal:
        body = entry["body"]
        assert body["stream"] is True and body["model"] == "claude-x"
        assert body["temperature"] == 0.5 and body["max_tokens"] == 99
        assert [tool["function"]["name"] for tool in body["tools"]] == ["add", "done"]
    turns = asked(aimock)
    assert turns[0] == [
        {"role": "system", "content": "You add."},
        {"role": "user", "content": "Add them"},
    ]
    roles = [message["role"] for message in turns[-1]]
    assert roles == [
        *("system", "user", "assistant", "tool", "assistant", "tool", "tool"),
        *("assistant", "user", "assistant", "tool"),
    ]
    ids = [call["id"] for m in turns[-1] for call in m.get("tool_calls", ())]
    assert ids == [m["tool_call_id"] for m in turns[-1] if m["role"] == "tool"]
    assert json.loads(turns[-1][3]["content"]) == {"sum": 3}


@faces()
def test_what_was_sent_is_sent_again_as_it_was(aimock: Aimock, face: Face) -> None:
    turns = [says(f"Turn {n}.", ("add", {"a": n, "b": n})) for n in range(8)]
    aimock.script(*turns, says("", DONE))

    class Notes:
        def pre_prompt(self, state: Any, log: Any, context: Any, number: int) -> str | None:
            return f"note {number}" if number % 3 == 0 else None

    face.run(aimock.base_url(face.provider), hooks=[Notes()])
    bodies = [entry["body"] for entry in aimock.journal()]
    assert len(bodies) == 9
    for shorter, longer in pairwise(bodies):
        assert longer["tools"] == shorter["tools"]
        # To the byte: providers' caches know no other equality.
        before, after = json.dumps(shorter["messages"]), json.dumps(longer["messages"])
        assert after.startswith(before[:-1])


@faces()
def test_tokens_are_told_as_they_come(aimock: Aimock, face: Face) -> None:
    text = "A sentence of some length, in pieces."
    aimock.script(says(text, ("add", {"a": 1, "b": 2})), says("", DONE))
    steps = face.run(aimock.base_url(face.provider))
    deltas = face.told(MODEL_DELTA)
    told = [d["text"] for d in deltas if "text" in d]
    assert "".join(told) == text and len(told) > 3
    arguments = "".join(d["arguments"] for d in deltas if d.get("tool") == "add")
    assert json.loads(arguments) == {"a": 1, "b": 2}
    assert steps[0].tool_call.reasoning == text
    assert face.told(MODEL_RETRY) == []
    names = [event.event for event in face.events]
    assert names.index("model_start") < names.index("model_delta") < names.index("model_end")


@faces()
def test_thoughts_are_told_apart_from_the_text(aimock: Aimock, face: Face) -> None:
    aimock.script(
        says("It is three.", ("add", {"a": 1, "b": 2}), reasoning="One and two, hm."),
        says("", DONE),
    )
    # aimock gives thoughts only to models that it knows to have some.
    model = "o3" if face.provider == "openai" else "claude-opus-4-7"
    face.run(aimock.base_url(face.provider), settings={"model": model})
    deltas = face.told(MODEL_DELTA)
    assert "".join(d.get("reasoning", "") for d in deltas) == "One and two, hm."
    assert "".join(d.get("text", "") for d in deltas) == "It is three."
    assert face.state.steps[0].tool_call.reasoning == "It is three."


@faces()
def test_nobody_listens(aimock: Aimock, face: Face) -> None:
    aimock.script(says("Hm.", ("add", {"a": 1, "b": 2})), says("", DONE))
    steps = face.run(aimock.base_url(face.provider), listen=False)
    assert len(steps) == 2 and aimock.journal()[0]["body"]["stream"] is True


@faces()
def test_in_one_piece(aimock: Aimock, face: Face) -> None:
    aimock.script(says("Hm.", ("add", {"a": 1, "b": 2})), says("", DONE))
    steps = face.run(aimock.base_url(face.provider), settings={"stream": False})
    assert [step.tool_result.data for step in steps] == [{"sum": 3}, {"summary": "ready"}]
    assert not aimock.journal()[0]["body"].get("stream")


@faces()
def test_tools_in_the_prompt(aimock: Aimock, face: Face) -> None:
    aimock.script(
        says('I add: {"tool": "add", "args": {"a": 1, "b": 2}}'),
        says('{"tool": "done", "args": {"summary": "ready"}}'),
    )
    config = LoopConfig(use_native_tools=False)
    steps = face.run(aimock.base_url(face.provider), config=config)
    assert [step.tool_result.data for step in steps] == [{"sum": 3}, {"summary": "ready"}]
    body = aimock.journal()[-1]["body"]
    assert not body.get("tools")
    assert [m["role"] for m in body["messages"]] == ["system", "user", "assistant", "user"]


@faces()
def test_a_stream_that_is_cut_off_again_and_again(aimock: Aimock, face: Face) -> None:
    # With a little time between its pieces: aimock throws away what it has not sent yet.
    turn = says("It was a dark and stormy night.")
    aimock.script({**turn, "truncateAfterChunks": 3, "latency": 5})
    with pytest.raises(ModelError, match="asked 5 times") as caught:
        face.run(aimock.base_url(face.provider))
    assert caught.value.kind == "truncated"
    assert face.state.steps == [] and len(aimock.journal()) == 5


@faces()
def test_length_is_no_answer(aimock: Aimock, face: Face) -> None:
    aimock.script(says("It was a dark and", finishReason="length"), says("", DONE))
    first, last = face.run(aimock.base_url(face.provider))
    assert first.tool_result.error_detail.kind == "cut_off" and first.finish_reason == "length"
    assert last.tool_result.data == {"summary": "ready"}
