"""Any conversation, through either driver: the events come in the order that `events` describes."""

import asyncio
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from looplet import (
    DefaultState,
    Deny,
    HookDecision,
    LoopConfig,
    Reply,
    Stop,
    ToolCall,
    Usage,
    async_composable_loop,
    composable_loop,
    done_tool,
)
from looplet.events import DATA, FIELDS, TOOL_PROGRESS, Event
from looplet.sub_loop import run_sub_loop
from looplet.tools import BaseToolRegistry, ToolSpec


def good(n: int) -> int:
    return n


def bad(n: int) -> int:
    raise ValueError(n)


def telling(ctx: Any, n: int) -> int:
    for part in range(n % 3):
        ctx.report_progress("on", part=part)
    return n


def agent(ctx: Any, n: int) -> Any:
    turns = [[("good", n)] for _ in range(n % 3)] + [[("done", n)]]
    return run_sub_loop(Scripted(turns), "t", registry(), ctx=ctx, name="below")["stop_reason"]


def registry() -> BaseToolRegistry:
    number = {"n": {"type": "integer"}}
    tools = BaseToolRegistry()
    tools.register(done_tool())
    for function in (good, bad, telling, agent):
        tools.register(ToolSpec(function.__name__, "It.", number, function, concurrent_safe=True))
    tools.register(ToolSpec("alone", "It.", number, good))
    return tools


class Scripted:
    """Each turn: (tool, n) pairs, a text, or an exception; then it is done."""

    def __init__(self, turns: list[Any]) -> None:
        self.turns = list(turns)

    def generate(self, messages: Any, *, tools: Any, report: Any = None) -> Reply:
        turn = self.turns.pop(0) if self.turns else [("done", 0)]
        if isinstance(turn, Exception):
            raise turn
        if report is not None:
            report("model_delta", text="t")
        if isinstance(turn, str):
            return Reply(turn, usage=Usage(1, 1))
        calls = [
            ToolCall(name, {"n": n} if name != "done" else {"summary": "s"}) for name, n in turn
        ]
        return Reply("", calls, Usage(1, 1), "tool_calls")


class Hook:
    """Denies, asks, stops or raises at the calls whose number says so."""

    def __init__(self, special: dict[int, str]) -> None:
        self.special = special
        self.count = 0

    def pre_dispatch(self, state: Any, log: Any, call: Any, number: int) -> Any:
        self.count += 1
        what = self.special.get(self.count)
        answers = {
            "deny": Deny("no"),
            "ask": HookDecision(permission="ask"),
            "stop": Stop("enough"),
        }
        if what == "raise":
            raise RuntimeError("hook")
        return answers.get(what or "")

    def post_dispatch(self, state: Any, log: Any, call: Any, result: Any, number: int) -> Any:
        if self.special.get(self.count) == "raise_after":
            raise RuntimeError("hook")
        return None


CALL = st.tuples(
    st.sampled_from(["good", "bad", "telling", "agent", "alone", "unknown", "good", "done"]),
    st.integers(0, 9),
)
TURN = st.one_of(
    st.lists(CALL, min_size=1, max_size=4), st.sampled_from(["", "only words", OSError("down")])
)
SPECIAL = st.dictionaries(
    st.integers(1, 8), st.sampled_from(["deny", "ask", "stop", "raise", "raise_after"]), max_size=2
)


def events_of(driver: str, turns: Any, special: Any, steps: int, leave_after: int | None) -> Any:
    told: list[Event] = []
    state = DefaultState()
    options = {
        "hooks": [Hook(special)],
        "config": LoopConfig(max_steps=steps, approval_handler=lambda *_: "yes"),
        "state": state,
        "stream": told.append,
    }

    async def main() -> None:
        loop = async_composable_loop(Scripted(turns), "t", registry(), **options)
        count = 0
        async for _ in loop:
            count += 1
            if count == leave_after:
                break
        await loop.aclose()

    try:
        if driver == "async":
            asyncio.run(main())
        else:
            loop = composable_loop(Scripted(turns), "t", registry(), **options)
            for count, _ in enumerate(loop, 1):
                if count == leave_after:
                    break
            loop.close()
    except (OSError, RuntimeError):
        pass
    return told, state


def check(told: list[Event], reason: str | None) -> None:
    """The order and the contents of the events of one run, those of its sub-agents left out."""
    names = [event.event for event in told]
    assert names[0] == "run_start" and names[-1] == "run_end"
    assert names.count("run_start") == names.count("run_end") == 1
    asked, calls, ended, last = False, [], None, 0
    for event in told:
        kind = event.event
        has = {
            name
            for name in ("reply", "tool_call", "tool_result", "step", "data")
            if getattr(event, name) is not None
        }
        assert has == set(FIELDS[kind]), kind
        if event.data is not None:
            assert set(event.data) <= set(DATA[kind]) or kind == TOOL_PROGRESS, event.data
        if kind == "model_start":
            assert not asked and not calls and ended is None
            asked = True
        elif kind == "model_delta":
            assert asked
        elif kind == "model_end":
            assert asked
            asked = False
        elif kind == "tool_start":
            assert not asked and event.tool_call.call_id not in calls
            calls.append(event.tool_call.call_id)
        elif kind == "tool_progress":
            assert event.tool_call.call_id in calls
        elif kind == "tool_end":
            assert ended is None
            ended = event.tool_call.call_id
            if calls and calls[0] == ended:
                calls.pop(0)
            else:
                assert ended not in calls, "in the order of the calls"
        elif kind == "step":
            assert event.step.tool_call.call_id == ended and event.step.number == last + 1
            ended, last = None, event.step.number
    cut_off = reason not in ("done", "max_steps", "hook_stop")
    assert cut_off or (not asked and not calls and ended is None)


@pytest.mark.parametrize("driver", ["sync", "async"])
@settings(max_examples=60)
@given(
    turns=st.lists(TURN, max_size=5),
    special=SPECIAL,
    steps=st.integers(1, 12),
    leave_after=st.none() | st.integers(1, 6),
)
def test_events_are_well_formed(
    driver: str, turns: Any, special: Any, steps: int, leave_after: int | None
) -> None:
    told, state = events_of(driver, turns, special, steps, leave_after)
    runs: dict[Any, list[Event]] = {}
    for event in told:
        runs.setdefault((event.within, event.agent), []).append(event)
    check(runs.pop(((), "")), state.stop_reason)
    above = {step.tool_call.call_id for step in state.steps}
    by_order = [event.event for event in told]
    assert by_order[0] == "run_start" and by_order[-1] == "run_end"
    for (within, name), events in runs.items():
        assert name == "below" and len(within) == 1 and within[0] in above
        check(events, None)
    told_steps = [event.step for event in told if event.event == "step" and not event.agent]
    assert told_steps == state.steps[: len(told_steps)]
    if state.stop_reason in ("done", "max_steps", "hook_stop"):
        assert told_steps == state.steps


@settings(max_examples=60)
@given(
    turns=st.lists(TURN, max_size=5),
    special=SPECIAL,
    steps=st.integers(1, 12),
    leave_after=st.none() | st.integers(1, 6),
)
def test_both_drivers_tell_the_same(
    turns: Any, special: Any, steps: int, leave_after: int | None
) -> None:
    def outline(driver: str) -> Any:
        told, state = events_of(driver, turns, special, steps, leave_after)
        lines = [
            (event.event, event.step_num, event.tool_call and event.tool_call.call_id)
            for event in told
            # Calls at the same time tell of their progress when they please.
            if not event.agent and event.event != TOOL_PROGRESS
        ]
        return lines, state.stop_reason

    assert outline("sync") == outline("async")


def test_the_tables_name_every_event() -> None:
    import looplet.events

    names = {
        value
        for name, value in vars(looplet.events).items()
        if name.isupper() and isinstance(value, str)
    }
    assert set(FIELDS) == names
    assert {name for name, fields in FIELDS.items() if "data" in fields} == set(DATA)
