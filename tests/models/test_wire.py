"""The conversation on both wires: what providers insist on, and what their caches live on."""

import json
import re
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from looplet.models import anthropic_messages, chat_completions
from looplet.models.anthropic_messages import AnthropicMessages
from looplet.models.chat_completions import ChatMessages, TextMessages

TEXT = st.text(max_size=8) | st.sampled_from(["", " ", "\n", "half \ud800", "a\x00b"])
NAME = st.sampled_from(["add", "search_x", "no.such tool", "", "a\ud800"])
ID = st.sampled_from(["a", "b", "call_1", "call_2", "id with spaces", "", "ü" * 70])
ARGS = st.dictionaries(st.text(max_size=3), st.integers() | TEXT, max_size=2)


@st.composite
def conversations(draw: Any) -> list[dict[str, Any]]:
    """As the loop writes them, and worse: results without a call, calls without a result."""
    messages: list[dict[str, Any]] = []
    if draw(st.booleans()):
        messages.append({"role": "system", "content": draw(TEXT)})
    for _ in range(draw(st.integers(0, 8))):
        kind = draw(st.sampled_from(["user", "assistant", "calls", "calls", "tool"]))
        if kind in ("user", "assistant"):
            messages.append({"role": kind, "content": draw(TEXT)})
        elif kind == "tool":
            messages.append(result(draw(ID), draw(NAME), draw(TEXT)))
        else:
            ids = draw(st.lists(ID, min_size=1, max_size=3, unique=True))
            calls = [{"call_id": i, "tool": draw(NAME), "args": draw(ARGS)} for i in ids]
            content = draw(TEXT)
            messages.append({"role": "assistant", "content": content, "tool_calls": calls})
            answered = draw(st.integers(0, len(calls)))
            messages += [result(c["call_id"], c["tool"], draw(TEXT)) for c in calls[:answered]]
    return messages


def result(call_id: str, tool: str, content: str) -> dict[str, Any]:
    return {"role": "tool", "call_id": call_id, "tool": tool, "content": content}


def blocks(messages: list[dict[str, Any]]) -> list[str]:
    """Anthropic's messages as the line of blocks that its cache sees."""
    return [f"{m['role']} {json.dumps(block)}" for m in messages for block in m["content"]]


@given(conversations(), st.data())
def test_what_was_wired_once_stays(messages: list[dict[str, Any]], data: Any) -> None:
    cut = data.draw(st.integers(0, len(messages)))
    before = chat_completions.wire_messages(messages[:cut])
    after = chat_completions.wire_messages(messages)
    assert json.dumps(after).startswith(json.dumps(before)[:-1])
    earlier = blocks(anthropic_messages.wire_messages(messages[:cut]))
    assert blocks(anthropic_messages.wire_messages(messages))[: len(earlier)] == earlier


@given(conversations(), st.lists(st.integers(1, 3)))
def test_message_by_message_is_the_same_as_all_at_once(
    messages: list[dict[str, Any]], sizes: list[int]
) -> None:
    tools = [{"name": "add", "description": "", "parameters": {}}]
    for make in (
        ChatMessages,
        AnthropicMessages,
        lambda: AnthropicMessages(native=False, instructions="how"),
        lambda: TextMessages(tools),
    ):
        growing: list[dict[str, Any]] = []
        wired = make()
        rest = [*messages]
        for size in [*sizes, len(rest)]:
            growing += rest[:size]
            rest = rest[size:]
            sent = json.dumps(wired.follow(growing).messages)
        assert json.loads(sent) == make().follow(messages).messages


@given(conversations())
def test_anthropic_gets_what_it_insists_on(messages: list[dict[str, Any]]) -> None:
    for native in (True, False):
        wired = AnthropicMessages(native=native).follow(messages)
        wired.system.encode()
        roles = [m["role"] for m in wired.messages]
        assert roles[:1] in ([], ["user"])
        assert all(a != b for a, b in pairwise(roles))
        ids: set[str] = set()
        pending: set[str] = set()
        for number, message in enumerate(wired.messages):
            json.dumps(message, ensure_ascii=False).encode()
            assert message["content"]
            kinds = [block["type"] for block in message["content"]]
            asked = {b["id"] for b in message["content"] if b["type"] == "tool_use"}
            answered = [b["tool_use_id"] for b in message["content"] if b["type"] == "tool_result"]
            if not native:
                assert not asked and not answered
            if message["role"] == "user":
                # All results of the turn before, once each, and in front of everything else.
                assert sorted(answered) == sorted(pending) or number == len(wired.messages) - 1
                assert set(answered) <= pending and len(set(answered)) == len(answered)
                assert kinds[: len(answered)] == ["tool_result"] * len(answered)
            assert not asked & ids
            assert all(re.fullmatch("[a-zA-Z0-9_-]+", call_id) for call_id in asked)
            ids |= asked
            pending = asked
            for block in message["content"]:
                if block["type"] == "text":
                    assert block["text"].strip()


@given(conversations())
def test_chat_completions_gets_what_it_insists_on(messages: list[dict[str, Any]]) -> None:
    asked: set[str] = set()
    for message in chat_completions.wire_messages(messages):
        json.dumps(message, ensure_ascii=False).encode()
        for call in message.get("tool_calls", ()):
            assert re.fullmatch("[a-zA-Z0-9_-]+", call["function"]["name"])
            assert isinstance(json.loads(call["function"]["arguments"]), dict)
            asked.add(call["id"])
        if message["role"] == "tool":
            assert message["tool_call_id"] in asked


def test_a_turn_costs_what_is_new_in_it() -> None:
    class Watched(list[Any]):
        seen = 0

        def __getitem__(self, at: Any) -> Any:
            found = super().__getitem__(at)
            Watched.seen += len(found) if isinstance(at, slice) else 1
            return found

        def __iter__(self) -> Any:
            raise AssertionError("nothing looks at all of it")

    for make in (ChatMessages, AnthropicMessages):
        Watched.seen = 0
        messages = Watched()
        wired = make()
        for number in range(500):
            call = {"call_id": f"c{number}", "tool": "add", "args": {}}
            messages.append({"role": "assistant", "content": "", "tool_calls": [call]})
            messages.append(result(f"c{number}", "add", "1"))
            wired.follow(messages)
        assert Watched.seen <= 1600


@pytest.mark.parametrize("make", [ChatMessages, AnthropicMessages])
def test_another_conversation_is_begun_anew(make: Any) -> None:
    wired = make()
    long = [{"role": "user", "content": str(n)} for n in range(4)]
    wired.follow(long)
    shorter = [{"role": "user", "content": "a summary"}]
    assert wired.follow(shorter).messages == make().follow(shorter).messages
    # Also where a host rewrites its list in place, which it should not.
    shorter[:] = [{"role": "user", "content": "another"}, {"role": "user", "content": "one"}]
    assert wired.follow(shorter).messages == make().follow(shorter).messages


def test_the_shapes_of_anthropic() -> None:
    call = {"call_id": "t1", "tool": "add", "args": {"a": 1}}
    thought = {"type": "thinking", "thinking": "hm", "signature": "sig"}
    conversation = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Add."},
        {
            "role": "assistant",
            "content": "I add.",
            "tool_calls": [{**call, "send_back": {"thinking": [thought]}}],
        },
        result("t1", "add", "3"),
        {"role": "user", "content": "A note."},
    ]
    wired = AnthropicMessages().follow(conversation)
    assert wired.system == "Be brief."
    assert wired.messages == [
        {"role": "user", "content": [{"type": "text", "text": "Add."}]},
        {
            "role": "assistant",
            "content": [
                thought,
                {"type": "text", "text": "I add."},
                {"type": "tool_use", "id": "t1", "name": "add", "input": {"a": 1}},
            ],
        },
        {
            "role": "user",
            "content": [
                {"type": "tool_result", "tool_use_id": "t1", "content": "3"},
                {"type": "text", "text": "A note."},
            ],
        },
    ]


def test_cache_marks_stand_on_the_last_block_and_on_the_last_but_one_turns() -> None:
    mark = {"type": "ephemeral"}
    wired = AnthropicMessages()
    conversation: list[dict[str, Any]] = [{"role": "user", "content": "Begin."}]
    before: list[str] = []
    marked: list[list[tuple[int, int]]] = []
    for number in range(6):
        messages = wired.follow(conversation).with_marks(mark)
        assert wired.with_marks(mark) == messages, "asked again: the same to the byte"
        marked.append(
            [
                (m, b)
                for m, message in enumerate(messages)
                for b, block in enumerate(message["content"])
                if "cache_control" in block
            ]
        )
        last = messages[-1]
        assert marked[-1][-1] == (len(messages) - 1, len(last["content"]) - 1)
        if number:
            assert len(marked[-1]) == 2 and marked[-1][0] == marked[-2][-1]
        plain = json.loads(json.dumps(messages))
        for message in plain:
            for block in message["content"]:
                block.pop("cache_control", None)
        assert blocks(plain)[: len(before)] == before
        before = blocks(plain)
        calls = [{"call_id": f"c{number}{n}", "tool": "add", "args": {}} for n in range(3)]
        conversation.append({"role": "assistant", "content": "", "tool_calls": calls})
        conversation += [result(call["call_id"], "add", "1") for call in calls]
    assert all("cache_control" not in json.dumps(m) for m in wired.messages)


def test_text_for_a_server_without_tools() -> None:
    tools = [{"name": "add", "description": "Add.", "parameters": {}}]
    conversation = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Add."},
        {
            "role": "assistant",
            "content": "I add.",
            "tool_calls": [{"call_id": "1", "tool": "add", "args": {"a": 1}}],
        },
        result("1", "add", "3"),
        {"role": "user", "content": "A note."},
    ]
    system, user, assistant, last = TextMessages(tools).follow(conversation).messages
    assert system["content"].startswith("Be brief.\n\nTo act, answer with one JSON object")
    assert user == {"role": "user", "content": "Add."}
    assert assistant["content"] == 'I add.\n{"tool": "add", "args": {"a": 1}}'
    assert last == {"role": "user", "content": "Result of add: 3\n\nA note."}
    assert TextMessages([]).follow(conversation).messages[0]["content"] == "Be brief."
    (first, second) = TextMessages(tools).follow(conversation[1:2]).messages
    assert first["role"] == "system" and second == user
