"""Calls in plain text: any text is read, and quickly; what was written comes back."""

import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from looplet.parse import NotACall, arguments_from, parse_calls

values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
args = st.dictionaries(st.text(), values, max_size=4)
names = st.text(min_size=1)
# Prose that cannot be taken for the start of a value.
prose = st.text().map(lambda text: text.replace("{", "(").replace("[", "("))


@given(st.text(alphabet=st.sampled_from('{}[]":,\\ ntoolargs01e-\n')) | st.text())
def test_any_text_is_read(text: str) -> None:
    parsed = parse_calls(text)
    assert isinstance(parsed.prose, str)
    assert parsed.problem is None or parsed.problem


@given(st.text(max_size=30), names, args, st.integers(min_value=1))
def test_any_part_of_a_call_is_read(before: str, tool: str, args: dict[str, Any], cut: int) -> None:
    text = before + json.dumps({"tool": tool, "args": args})
    parse_calls(text[: len(text) - cut % len(text)])


@given(prose, names, args, prose, st.booleans())
def test_a_rendered_call_comes_back(
    before: str, tool: str, args: dict[str, Any], after: str, ascii: bool
) -> None:
    call = json.dumps({"tool": tool, "args": args}, ensure_ascii=ascii, indent=2 if ascii else None)
    parsed = parse_calls(f"{before}\n```json\n{call}\n```\n{after}")
    assert parsed.problem is None
    assert [(found.tool, found.args) for found in parsed.calls] == [(tool, args)]


@given(st.lists(st.tuples(names, args), min_size=1, max_size=4), st.booleans())
def test_several_come_back_in_order(calls: list[tuple[str, dict[str, Any]]], as_list: bool) -> None:
    data = [{"tool": tool, "args": args} for tool, args in calls]
    text = json.dumps(data) if as_list else "\nand then\n".join(map(json.dumps, data))
    parsed = parse_calls(text)
    assert [(found.tool, found.args) for found in parsed.calls] == calls and parsed.problem is None


@pytest.mark.parametrize("cut", range(1, 60))
def test_a_call_cut_off_anywhere_is_no_call(cut: int) -> None:
    text = '{"tool": "write", "args": {"o": {"tool": "done", "args": {}}}}'
    assert len(text) > 60
    parsed = parse_calls(text[:-cut])
    assert not parsed.calls, "also the call inside of it is none"
    assert parsed.problem or text[:-cut] in ('{"', "{", "")


@pytest.mark.parametrize(
    ("text", "tools"),
    [
        ('{"tool": "a"}', ["a"]),
        ('{"tool": "a", "args": null}', ["a"]),
        ('{"tool": "a", "args": ""}', ["a"]),
        ('{"tool_name": "a", "parameters": {}}', ["a"]),
        ('{"function": "a", "arguments": {}}', ["a"]),
        ('{"name": "Ada", "age": 36}', []),
        ('{"name": "Ada"} {"tool": "a"}', ["a"]),
        ("[1, 2] {'x'", []),
        ('d = {"a": 1, b: 2}\n{\'k\': 1} {"tool": "a"}', ["a"]),
        ('{"tool": oops} {"tool": "a"}', []),
        ("{'tool': 'a'} {\"tool\": \"a\"}", []),
        ('[{"tool": "a"}, 3]', []),
        ('[{"tool": "a"}, {"tool": "b"}] trailing', ["a", "b"]),
        ('{"calls": [{"tool": "a"}]}', ["a"]),
        ('x = {} {"tool": "a"}', ["a"]),
        ("\ufeff" + '{"tool": "a"}', ["a"]),
        ('<think>maybe {"tool": "b"}</think>{"tool": "a"}', ["a"]),
        ('\n<think>\n{"tool": "b"', []),
        ('{"tool": "a", "args": {"text": "<think>{</think>"}}', ["a"]),
    ],
)
def test_forms(text: str, tools: list[str]) -> None:
    assert [call.tool for call in parse_calls(text).calls] == tools


def test_reasoning_and_ids_are_kept() -> None:
    [call] = parse_calls('{"tool": "a", "args": {}, "reasoning": "why", "call_id": "7"}').calls
    assert (call.reasoning, call.call_id) == ("why", "7")
    [call] = parse_calls('{"id": "9", "function": {"name": "a", "arguments": "{}"}}').calls
    assert call.call_id == "9"
    assert parse_calls('I add.\n```json\n{"tool": "a"}\n```\n').prose == "I add."


@pytest.mark.parametrize(
    "text",
    [
        "{" * 500_000,
        "[" * 500_000,
        '{"a":' * 200_000,
        "[1," * 300_000,
        '{"a" ' * 200_000,
        "{x" * 500_000,
        '{"tool": "a", "args": {"s": "' + "x" * 1_000_000,
        "[1] " * 200_000,
        '"{' * 300_000,
    ],
)
def test_no_text_takes_long(text: str) -> None:
    started = time.process_time()
    parse_calls(text)
    assert time.process_time() - started < 2


@pytest.mark.parametrize(
    "text",
    [
        "[1]",
        "3",
        "{",
        '{"a": Infinity}',
        '{"a": -1e999}',
        "9" * 10_000,
        '{"a": ' + "9" * 10_000 + "}",
    ],
)
def test_arguments_that_are_no_object(text: str) -> None:
    with pytest.raises(NotACall):
        arguments_from(text)
    assert arguments_from("  ") == {}
