"""Step, ToolCall, ToolResult and their like: what they show, and that they are cheap."""

import json
import pickle
from copy import copy, deepcopy

import pytest

from looplet import LoopConfig, Reply, Step, ToolCall, ToolError, ToolResult, Usage
from looplet.types import printable


def step(**fields: object) -> Step:
    call = ToolCall("add", {"a": 1, "b": "two"}, call_id="c")
    return Step(3, call, ToolResult("add", call.args, call_id="c", **fields))  # type: ignore[arg-type]


def test_pretty_and_summary_are_one_line() -> None:
    good = step(data={"sum": 3, "list": [1, {"x": None}]}, duration_ms=12.4)
    assert good.pretty() == "#3 ✓ add(a=1, b=two) → sum: 3, list: [1, x: None] [12ms]"
    assert good.summary() == "S3 ✓ add(a=1, b=two) → sum: 3, list: [1, x: None]"
    assert step(error="no\nway").pretty() == "#3 ✗ add(a=1, b=two) → ERROR: no\\nway"
    assert step(data={}).summary().endswith("→ {}")
    assert step().summary().endswith("→ None")


def test_what_a_model_or_tool_says_cannot_reach_the_terminal() -> None:
    evil = "\x1b[2J\x07\u202e\ud800\r"
    shown = Step(1, ToolCall(evil, {evil: evil}), ToolResult("x", data={evil: [evil]})).pretty()
    assert shown.isprintable() and shown.encode()
    shown = Step(1, ToolCall("x"), ToolResult("x", error=evil)).pretty()
    assert shown.isprintable() and shown.encode()


def test_deep_and_wide_things_are_cut() -> None:
    deep: object = 1
    for _ in range(5000):
        deep = {"a": [deep]}
    assert step(data=deep).pretty() == "#3 ✓ add(a=1, b=two) → a: [a: […]] [0ms]"
    wide: object = "x"
    for _ in range(5):
        wide = [wide] * 1000
    assert len(step(data=wide).pretty()) < 300
    assert step(data={"a": {}, "b": []}).summary().endswith("→ a: {}, b: []")


def test_long_things_are_cut() -> None:
    long = Step(
        1, ToolCall("t" * 500, {"a": "x" * 9999}), ToolResult("x", data=["y" * 9999] * 9999)
    )
    assert len(long.pretty()) < 500 and len(long.summary()) < 400
    assert printable("abcdef", 4) == "abc…"


def test_a_value_whose_text_is_broken_is_shown_all_the_same() -> None:
    class Odd:
        def __str__(self) -> str:
            raise ValueError

    assert "<Odd: ValueError>" in step(data=Odd()).pretty()


def test_to_dict_is_json() -> None:
    full = Step(
        1,
        ToolCall("t", {"a": 1}, "because", "c", {"m": 1}),
        ToolResult(
            "t",
            "a=1",
            {"x": 1},
            "bad",
            ToolError("raised", "bad", "tb"),
            1.23456,
            "k",
            "c",
            ["w"],
            {"n": 2},
        ),
        {"s": 3},
        Usage(1, 2, 0, 0.5),
        "length",
    )
    assert json.loads(json.dumps(full.to_dict())) == {
        "step": 1,
        "tool_call": {
            "tool": "t",
            "args": {"a": 1},
            "reasoning": "because",
            "call_id": "c",
            "metadata": {"m": 1},
        },
        "tool_result": {
            "tool": "t",
            "args": "a=1",
            "data": {"x": 1},
            "error": "bad",
            "error_detail": {"kind": "raised", "message": "bad", "detail": "tb"},
            "duration_ms": 1.235,
            "result_key": "k",
            "warnings": ["w"],
            "metadata": {"n": 2},
        },
        "usage": {
            "cache_write_tokens": 0,
            "cached_tokens": 0,
            "cost": 0.5,
            "input_tokens": 1,
            "output_tokens": 2,
        },
        "finish_reason": "length",
        "metadata": {"s": 3},
    }


@pytest.mark.parametrize(
    "record",
    [
        ToolCall("t", {"a": [1]}, metadata={"x": 1}),
        step(data={"a": 1}, warnings=["w"]),
        ToolError("raised", "x"),
        Usage(1, 2),
        Reply("x", [ToolCall("t")], Usage(1)),
        LoopConfig(max_steps=3),
    ],
)
def test_records_are_values(record: object) -> None:
    for other in (copy(record), deepcopy(record), pickle.loads(pickle.dumps(record))):
        assert other == record and other is not record
    assert record != object() and not hasattr(record, "__dict__")
    assert type(record).__name__ in repr(record)


def test_equality_is_by_value() -> None:
    assert ToolCall("t", {"a": 1}) == ToolCall("t", {"a": 1}) != ToolCall("t", {"a": 2})
    read = ToolResult("t", data={"a": 1})
    read.text()
    assert read == ToolResult("t", data={"a": 1}), "what was worded for the model does not count"
    assert read.args_summary == "" and read.ok


def test_the_arguments_are_worded_when_asked_for() -> None:
    assert step().tool_result.args_summary == "a=1, b=two"


@pytest.mark.parametrize(
    "fields",
    [
        {"max_steps": 0},
        {"max_steps": 2.5},
        {"max_steps": "3"},
        {"max_steps": True},
        {"use_native_tools": "false"},
        {"concurrent_dispatch": 1},
        {"max_parallel_calls": 0},
        {"context_window": -1},
        {"memory_sources": "text"},
        {"memory_sources": [3]},
        {"checkpoint_dir": 3},
        {"checkpoint_dir": ""},
        {"in_flight": "maybe"},
        {"compact_service": object()},
    ],
)
def test_a_config_that_is_wrong_is_refused(fields: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=next(iter(fields)).rstrip("s").replace("_", "[_ ]")):
        LoopConfig(**fields)  # type: ignore[arg-type]
