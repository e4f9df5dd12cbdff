"""The live view on a real (pseudo-)terminal: what is seen, and what the terminal is left as."""

import re
import signal
import subprocess
import sys
import threading
import time
from typing import Any

import pytest
from terminals import Terminal, cursor_is_shown, on_screen

from looplet import (
    HookDecision,
    LoopConfig,
    MockLLMBackend,
    Reply,
    ToolCall,
    Usage,
    composable_loop,
    tools_from,
)
from looplet.events import DATA, FIELDS, Event
from looplet.live import View, view_for
from looplet.sub_loop import run_sub_loop


def add(a: int, b: int) -> dict[str, int]:
    """Add two numbers."""
    return {"sum": a + b}


ADD = {"tool": "add", "args": {"a": 1, "b": 2}}
DONE = {"tool": "done", "args": {"summary": "added"}}
EVIL = "\x1b[2J\x1b]0;title\x07\x9b31m\u202e\b\b [bold]loud[/bold] :smile:"
SHOWN = r"\x1b[2J\x1b]0;title\x07\x9b31m\u202e\x08\x08 [bold]loud[/bold] :smile:"


def run(terminal: Terminal, script: Any, *functions: Any, **options: Any) -> str:
    """What is on the terminal after a run."""
    llm = MockLLMBackend(script) if isinstance(script, list) else script
    with view_for(terminal.stream, live=True) as view:
        tools = tools_from([add, *functions], include_done=True)
        for _ in composable_loop(llm, "t", tools, stream=view, **options):
            pass
    return terminal.close()


def test_the_steps_stay_and_nothing_else_does(terminal: Terminal) -> None:
    written = run(terminal, [ADD, {"tool": "add", "args": {"a": 1, "b": "x"}}, DONE])
    lines = on_screen(written)
    assert lines[0] == "#1 ✓ add(a=1, b=2) → sum: 3 [0ms]"
    assert lines[1].startswith("#2 ✗ add(a=1, b=x) → ERROR: `add` was not run")
    assert lines[-1] == "#3 ✓ done(summary=added) → summary: added [0ms]" and len(lines) == 3
    assert cursor_is_shown(written)


def test_a_running_tool_is_shown_with_its_progress_and_the_footer(terminal: Terminal) -> None:
    def slow(ctx: Any) -> int:
        """Take time."""
        ctx.report_progress(f"half {EVIL}")
        terminal.wait_for(lambda text: "half" in text and "of 15" in text)
        return 1

    written = run(terminal, [{"tool": "slow", "args": {}}, DONE], slow)
    plain = re.sub(r"\x1b\[[0-9;]*m", "", written)
    assert f"slow() · half {SHOWN} · 0s" in plain
    assert on_screen(written)[0].startswith("#1 ✓ slow() → 1")
    assert len(on_screen(written)) == 2, "the drawing is gone"


class Talking:
    """Says its words one by one, each when the one before is on the terminal."""

    blocking = True
    name = "openai:gpt-5-mini"

    def __init__(self, terminal: Terminal, *turns: Any) -> None:
        self.terminal = terminal
        self.turns = list(turns)

    def generate(self, messages: Any, *, tools: Any, report: Any = None) -> Reply:
        words, call = self.turns.pop(0)
        for number, piece in enumerate(words):
            report("model_delta", **({"text": piece} if isinstance(piece, str) else piece))
            if number == len(words) - 1:
                seen = piece if isinstance(piece, str) else piece.get("seen", "")
                self.terminal.wait_for(lambda text, seen=seen: seen.strip() in text)
        text = "".join(piece for piece in words if isinstance(piece, str))
        calls = [ToolCall(call["tool"], call["args"])] if call else []
        return Reply(text, calls, Usage(1000, 50))


def test_what_the_model_says_is_shown_as_it_comes_and_stays(terminal: Terminal) -> None:
    llm = Talking(terminal, (["I will ", f"add {EVIL}\n", "now"], ADD), ([], DONE))
    lines = on_screen(run(terminal, llm))
    assert lines[:3] == [f"  I will add {SHOWN}", "  now", "#1 ✓ add(a=1, b=2) → sum: 3 [0ms]"]
    assert len(lines) == 4


def test_a_long_speech_is_cut_and_fits_the_screen(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LINES", "10")
    speech = "".join(f"line {number} {'x' * 100}\n" for number in range(200)) + "the end"
    llm = Talking(terminal, ([speech[:-7], "the end"], ADD), ([], DONE))
    written = run(terminal, llm)
    lines = on_screen(written)
    assert lines[0] == "  line 0" and "  …" in lines and len(lines) == 14
    ups = [match[0].count("A") for match in re.finditer(r"(?:\x1b\[1A\x1b\[2K)+", written)]
    assert 2 < max(ups) < 10, "never above what the screen shows"


def test_a_model_that_cannot_be_read_is_quoted(terminal: Terminal) -> None:
    lines = on_screen(run(terminal, ["what should I do?", DONE]))
    assert lines[0] == "  what should I do?"
    assert lines[1].startswith("#1 ✗")


def test_retries_compactions_budgets_and_answers_stay(terminal: Terminal) -> None:
    with view_for(terminal.stream, live=True) as view:
        view(Event("run_start", data={"max_steps": 3}))
        view(Event("model_retry", 1, data={"attempt": 2, "delay_s": 1, "reason": "429"}))
        view(Event("compacted", 1, data={"how": "x", "tokens_before": 9, "tokens_after": 1}))
        view(Event("budget", 1, data={"what": "tokens", "used": 8, "limit": 9}))
        terminal.wait_for(lambda text: "step 0 of 3 · tokens: 8 of 9" in text)
        view(Event("answer", 1, data={"question": "Rm?", "answer": "no"}))
    assert on_screen(terminal.close()) == [
        "~ the model is asked again in 1.0 s (try 2): 429",
        "~ compacted (x): 9 → 1 tokens",
        "~ budget: tokens: 8 of 9",
        "? Rm? → no",
    ]


def test_sub_agents_are_shown_below_the_call_that_runs_them(terminal: Terminal) -> None:
    def research(ctx: Any, topic: str) -> Any:
        """Look into it."""

        def wait() -> int:
            """Wait until it is seen."""
            terminal.wait_for(lambda text: "research: " in text and "wait()" in text)
            return 1

        llm = MockLLMBackend([{"tool": "wait", "args": {}}, DONE])
        tools = tools_from([wait], include_done=True)
        return run_sub_loop(llm, topic, tools, ctx=ctx, name="research")["result"]

    lines = on_screen(run(terminal, [{"tool": "research", "args": {"topic": "x"}}, DONE], research))
    assert [line.split(" → ")[0] for line in lines] == [
        "  research #1 ✓ wait()",
        "  research #2 ✓ done(summary=added)",
        "#1 ✓ research(topic=x)",
        "#2 ✓ done(summary=added)",
    ]


def test_what_a_tool_prints_does_not_tear_the_drawing(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    def loud() -> int:
        """Print."""
        terminal.wait_for(lambda text: "loud()" in text)
        print("printed by a tool")
        return 1

    monkeypatch.setattr(sys, "stdout", terminal.stream)
    lines = on_screen(run(terminal, [{"tool": "loud", "args": {}}, DONE], loud))
    assert lines[0] == "printed by a tool" and len(lines) == 3
    assert sys.stdout is terminal.stream


# ── leaving the terminal to others ────────────────────────────────────────────────────────────────


class Ask:
    def pre_dispatch(self, state: Any, log: Any, call: Any, number: int) -> Any:
        return HookDecision(permission="ask") if call.tool == "add" else None


def test_a_question_has_the_terminal_to_itself(terminal: Terminal) -> None:
    during: list[str] = []

    def answer(question: str, options: list[str]) -> str:
        terminal.stream.write("Allow? ")
        terminal.stream.flush()
        before = terminal.wait_for(lambda text: text.endswith("Allow? "))
        time.sleep(0.35)
        during.append(terminal.written.removeprefix(before))
        assert cursor_is_shown(before)
        return "yes"

    config = LoopConfig(approval_handler=answer)
    lines = on_screen(run(terminal, [ADD, DONE], hooks=[Ask()], config=config))
    assert during == [""], "nothing is drawn while someone is asked"
    assert lines == [
        "Allow? ? Allow add(a=1, b=2)? → yes",
        "#1 ✓ add(a=1, b=2) → sum: 3 [0ms]",
        "#2 ✓ done(summary=added) → summary: added [0ms]",
    ]


def test_pausing_gives_the_terminal_away_and_back(terminal: Terminal) -> None:
    with view_for(terminal.stream, live=True) as view:
        view(Event("run_start", data={"max_steps": 77}))
        terminal.wait_for(lambda text: "of 77" in text)
        with view.paused():
            before = terminal.wait_for(lambda text: on_screen(text) == [])
            view(Event("budget", 1, data={"what": "t", "used": 1, "limit": 2}))
            time.sleep(0.3)
            assert terminal.written == before
        terminal.wait_for(lambda text: "budget" in text[len(before) :])
    assert on_screen(terminal.close()) == ["~ budget: t: 1 of 2"]


def test_a_question_that_is_never_answered_does_not_stop_the_view(terminal: Terminal) -> None:
    call = ToolCall("add", {}, call_id="c")
    with view_for(terminal.stream, live=True) as view:
        view(Event("run_start", data={"max_steps": 77}))
        view(Event("question", 1, tool_call=call, data={"question": "?"}))
        view(Event("run_end", data={"stop_reason": "waiting"}))
        view(Event("run_start", data={"max_steps": 88}))
        terminal.wait_for(lambda text: "of 88" in text)
    assert on_screen(terminal.close()) == []


# ── whatever ends it ──────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("error", [KeyboardInterrupt(), ValueError("x"), SystemExit(3)])
def test_the_terminal_is_clean_after_an_exception(error: BaseException, terminal: Terminal) -> None:
    class Broken:
        def post_dispatch(self, *_: Any) -> Any:
            raise error

    with pytest.raises(type(error)):
        run(terminal, [ADD, DONE], hooks=[Broken()])
    written = terminal.close()
    assert on_screen(written) == [] and cursor_is_shown(written)


PROGRAM = """
import sys
from looplet import MockLLMBackend, composable_loop, tools_from
from looplet.live import view_for
def wait():
    "Wait for ever."
    import time
    time.sleep(60)
llm = MockLLMBackend([{"tool": "wait", "args": {}}])
with view_for(sys.stdout, live=True) as view:
    for step in composable_loop(llm, "t", tools_from([wait]), stream=view):
        pass
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_signal_leaves_a_terminal_with_a_cursor(number: int, terminal: Terminal) -> None:
    command = [sys.executable, "-c", PROGRAM]
    child = subprocess.Popen(command, stdout=terminal.stream, stderr=subprocess.DEVNULL)
    try:
        terminal.wait_for(lambda text: "wait()" in text, 20)
        child.send_signal(number)
        child.wait(20)
    finally:
        child.kill()
        child.wait()
    written = terminal.close()
    assert cursor_is_shown(written)
    if number == signal.SIGINT:  # the others end a process that does nothing about it at once
        assert on_screen(written) == []


def test_closing_twice_and_listening_afterwards_are_harmless(terminal: Terminal) -> None:
    view = view_for(terminal.stream, live=True)
    view(Event("run_start", data={"max_steps": 77}))
    terminal.wait_for(lambda text: "of 77" in text)
    view.close()
    view.close()
    before = terminal.wait_for(lambda text: on_screen(text) == [])
    view(Event("budget", 1, data={"what": "t", "used": 1, "limit": 2}))
    time.sleep(0.15)
    assert terminal.written == before
    assert threading.active_count() < 20


def test_a_terminal_that_goes_away_does_not_end_the_run(terminal: Terminal) -> None:
    class Leaving:
        def post_dispatch(self, *_: Any) -> None:
            terminal.stream.close()

    view = view_for(terminal.stream, live=True)
    tools = tools_from([add], include_done=True)
    loop = composable_loop(MockLLMBackend([ADD, DONE]), "t", tools, stream=view, hooks=[Leaving()])
    assert len(list(loop)) == 2
    view.close()
    assert view.gone


def test_a_drawing_that_fails_goes_on_as_plain_lines(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    from looplet.live.frame import Frame

    def broken(*_: Any) -> Any:
        raise ZeroDivisionError

    monkeypatch.setattr(Frame, "of", broken)

    def slow() -> int:
        """Until the drawing failed."""
        time.sleep(0.25)
        return 1

    lines = on_screen(run(terminal, [ADD, {"tool": "slow", "args": {}}, DONE], slow))
    assert [line.split(" → ")[0] for line in lines] == [
        "#1 ✓ add(a=1, b=2)",
        "#2 ✓ slow()",
        "#3 ✓ done(summary=added)",
    ]


@pytest.mark.parametrize("name", FIELDS)
def test_an_event_with_nothing_in_it_is_no_reason_to_fail(name: str, terminal: Terminal) -> None:
    with view_for(terminal.stream, live=True) as view:
        view(Event(name))
        view(Event("run_start", data={}))
        view(Event(name))
        view(Event(name, data=dict.fromkeys(DATA.get(name, ()))))
        view(Event(name, agent="a/b", within=("c",), data={"text": 5, "tool": 6}))
        view._draw()  # type: ignore[attr-defined]
        assert not view._is_lost  # type: ignore[attr-defined]


def test_without_color_there_is_none(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    written = run(terminal, [ADD, DONE])
    assert "\x1b[32m" not in written and "\x1b[3" not in written


def test_with_color_a_good_step_is_green(terminal: Terminal) -> None:
    assert "\x1b[32m✓" in run(terminal, [ADD, DONE])


def test_being_told_costs_the_run_no_drawing(terminal: Terminal) -> None:
    """Ten thousand pieces of text are drawn a few times, not ten thousand times."""
    view: View
    with view_for(terminal.stream, live=True) as view:
        view(Event("run_start", data={"max_steps": 5}))
        view(Event("model_start", 1))
        for number in range(10_000):
            view(Event("model_delta", 1, data={"text": f"w{number} "}))
        terminal.wait_for(lambda text: "w9999" in text)
    assert len(terminal.close()) < 200_000
