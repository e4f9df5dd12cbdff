"""Plain lines: one for each step and for what else a reader has to know, and never an exception."""

import io
import json
import os
import threading
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from looplet import DefaultState, MockLLMBackend, Reply, Step, ToolCall, composable_loop, tools_from
from looplet.events import DATA, FIELDS, Event
from looplet.live import EventLines, NoLiveView, PlainView, View, view_for
from looplet.live.plain import line_of


def add(a: int, b: int) -> dict[str, int]:
    """Add two numbers."""
    return {"sum": a + b}


SCRIPT = [
    {"tool": "add", "args": {"a": 1, "b": 2}},
    {"tool": "add", "args": {"a": 1, "b": "x"}},
    {"tool": "done", "args": {"summary": "added"}},
]


def run(view: Any, script: Any = SCRIPT, *functions: Any) -> list[Step]:
    tools = tools_from([add, *functions], include_done=True)
    return list(composable_loop(MockLLMBackend(script), "t", tools, stream=view))


class Choked(io.StringIO):
    """A stream that stops taking anything."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error

    def write(self, text: str) -> int:
        raise self.error


# ── lines ─────────────────────────────────────────────────────────────────────────────────────────


def test_the_lines_are_those_of_the_steps() -> None:
    out = io.StringIO()
    steps = run(PlainView(out))
    assert out.getvalue() == "".join(f"{step.pretty()}\n" for step in steps)


def step(number: int = 1) -> Step:
    from looplet import ToolResult

    return Step(number, ToolCall("add", {"a": 1}), ToolResult("add", data=3))


@pytest.mark.parametrize(
    ("event", "line"),
    [
        (Event("step", 1, step=step()), "#1 ✓ add(a=1) → 3 [0ms]"),
        (Event("step", 1, step=step(), agent="helper"), "  helper #1 ✓ add(a=1) → 3 [0ms]"),
        (Event("step", 1, step=step(), agent="helper/w"), "    w #1 ✓ add(a=1) → 3 [0ms]"),
        (
            Event("model_retry", 2, data={"attempt": 2, "delay_s": 1.25, "reason": "429: busy\n"}),
            r"~ the model is asked again in 1.2 s (try 2): 429: busy\n",
        ),
        (
            Event("compacted", data={"how": "prune", "tokens_before": 12000, "tokens_after": 400}),
            "~ compacted (prune): 12,000 → 400 tokens",
        ),
        (
            Event("budget", data={"what": "tokens", "used": 80_000, "limit": 100_000}),
            "~ budget: tokens: 80,000 of 100,000",
        ),
        (
            Event("budget", data={"what": "cost", "used": 0.81234567, "limit": 1.0}),
            "~ budget: cost: 0.8123 of 1",
        ),
        (Event("answer", data={"question": "Rm?", "answer": "no"}), "? Rm? → no"),
        (Event("answer", data={"question": "Rm?", "answer": None}), "? Rm? → nobody answered"),
    ],
)
def test_the_line_of_an_event(event: Event, line: str) -> None:
    assert line_of(event) == line


@pytest.mark.parametrize("name", FIELDS)
def test_what_only_lasts_a_while_has_no_line(name: str) -> None:
    worded = {"step", "model_retry", "compacted", "budget", "answer"}
    assert (line_of(Event(name, data={}, step=step())) is not None) == (name in worded)


@given(st.text(max_size=30), st.text(max_size=30))
def test_no_text_of_others_leaves_its_line_or_drives_the_terminal(name: str, text: str) -> None:
    data = dict.fromkeys([key for keys in DATA.values() for key in keys], text)
    for event in FIELDS:
        line = line_of(Event(event, data=data, agent=f"{name}/{text}", step=step()))
        assert line is None or line.isprintable()


# ── streams ───────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("kind", [PlainView, EventLines])
@pytest.mark.parametrize("error", [BrokenPipeError(), OSError(28, "full"), ValueError("closed")])
def test_a_stream_that_breaks_does_not_end_the_run(kind: type[View], error: Exception) -> None:
    view = kind(Choked(error))
    assert not view.gone
    assert len(run(view)) == 3
    assert view.gone
    view.close()


def test_a_pipe_whose_reader_left() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    stream = os.fdopen(writing, "w", encoding="utf-8")
    view = PlainView(stream)
    assert len(run(view)) == 3 and view.gone
    with pytest.raises(BrokenPipeError):
        stream.close()


def test_a_full_pipe_that_does_not_wait_loses_lines_only() -> None:
    view = PlainView(Choked(BlockingIOError()))
    assert len(run(view)) == 3 and not view.gone


def test_a_stream_of_few_characters_gets_the_rest_escaped() -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")  # which closes `raw` when it goes
    run(PlainView(stream))
    assert rb"#1 \u2713 add(a=1, b=2) \u2192 sum: 3" in raw.getvalue()


def test_lines_from_many_threads_stay_whole() -> None:
    out = io.StringIO()
    view = PlainView(out)

    def tell(name: str) -> None:
        for _ in range(200):
            view(Event("budget", data={"what": name * 40, "used": 1, "limit": 2}))

    threads = [threading.Thread(target=tell, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    whole = {f"~ budget: {name * 40}: 1 of 2" for name in "abcd"}
    lines = out.getvalue().splitlines()
    assert len(lines) == 800 and set(lines) == whole


# ── which view ────────────────────────────────────────────────────────────────────────────────────


def test_no_terminal_gives_plain_lines_and_so_does_asking_for_them(terminal: Any) -> None:
    assert type(view_for(io.StringIO())) is PlainView
    assert type(view_for(terminal.stream, live=False)) is PlainView


def test_a_terminal_gives_a_live_view(terminal: Any) -> None:
    assert type(view_for(terminal.stream)).__name__ == "TerminalView"


@pytest.mark.parametrize(("name", "value"), [("TERM", "dumb"), ("TERM", "unknown"), ("CI", "true")])
def test_a_terminal_that_cannot_draw_and_a_build_give_plain_lines(
    name: str, value: str, terminal: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    assert type(view_for(terminal.stream)) is PlainView
    monkeypatch.setenv("TERM", "xterm")
    assert type(view_for(terminal.stream, live=True)) is not PlainView, "asked for, in a build too"


def test_asking_for_what_cannot_be_had_says_why(
    terminal: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(NoLiveView, match="needs a terminal, and the output is none"):
        view_for(io.StringIO(), live=True)
    closed = io.StringIO()
    closed.close()
    with pytest.raises(NoLiveView, match="the output is none"):
        view_for(closed, live=True)
    monkeypatch.setenv("TERM", "dumb")
    with pytest.raises(NoLiveView, match="TERM is dumb"):
        view_for(terminal.stream, live=True)


def test_without_rich_lines_are_plain_and_asking_says_what_to_install(
    terminal: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sys

    for name in [name for name in sys.modules if name.partition(".")[0] == "rich"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "rich", None)
    assert type(view_for(terminal.stream)) is PlainView
    with pytest.raises(NoLiveView, match=r"pip install 'looplet\[live\]'"):
        view_for(terminal.stream, live=True)


# ── events as JSON ────────────────────────────────────────────────────────────────────────────────


def test_every_event_is_a_line_of_json() -> None:
    def look(ctx: Any) -> dict[str, int]:
        """Look."""
        ctx.report_progress("half", part={1, 2}, ratio=float("nan"))
        return {"n": 1}

    out = io.StringIO()
    run(EventLines(out), [{"tool": "look", "args": {}}, SCRIPT[-1]], look)
    events = [json.loads(line) for line in out.getvalue().splitlines()]
    assert [event["event"] for event in events] == [
        "run_start",
        *("model_start", "model_end", "tool_start", "tool_progress", "tool_end", "step"),
        *("model_start", "model_end", "tool_start", "tool_end", "step"),
        "run_end",
    ]
    assert events[4]["data"] == {"text": "half", "part": "{1, 2}", "ratio": "nan"}
    assert events[-1]["data"]["stop_reason"] == "done"
    assert events[6]["step"]["tool_result"]["data"] == {"n": 1}


def test_an_event_as_data_leaves_out_what_it_has_not() -> None:
    reply = Reply("hi", [ToolCall("add", {"a": 1}, call_id="c")], stop="stop", metadata={"x": 1})
    event = Event("model_end", 3, reply=reply, agent="helper", within=("call_1",))
    assert event.to_dict() == {
        "event": "model_end",
        "step_num": 3,
        "agent": "helper",
        "within": ["call_1"],
        "reply": {
            "text": "hi",
            "tool_calls": [{"tool": "add", "args": {"a": 1}, "call_id": "c"}],
            "stop": "stop",
            "metadata": {"x": 1},
        },
    }
    assert Event("model_start", 1).to_dict() == {"event": "model_start", "step_num": 1}


class Odd:
    def __str__(self) -> str:
        raise RuntimeError


LOOP: list[Any] = []
LOOP.append(LOOP)


@pytest.mark.parametrize(
    "value",
    [
        float("inf"),
        {1: 2, None: 3},
        {(1, 2): 3},
        Odd(),
        LOOP,
        b"\xff",
        "\ud800",
        10**5000,
        {Odd(): 1},
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_json_cannot_hold_becomes_text(value: Any) -> None:
    out = io.StringIO()
    view = EventLines(out)
    view(Event("tool_progress", data={"text": "x", "value": value}))
    (line,) = out.getvalue().splitlines()
    assert line.isascii() and json.loads(line)["data"]["text"] == "x"


def test_a_state_is_not_needed_to_watch() -> None:
    state = DefaultState()
    out = io.StringIO()
    with PlainView(out) as view, view.paused():
        list(
            composable_loop(
                MockLLMBackend(SCRIPT),
                "t",
                tools_from([add], include_done=True),
                state=state,
                stream=view,
            )
        )
    view.close()
    assert out.getvalue().count("\n") == 3
