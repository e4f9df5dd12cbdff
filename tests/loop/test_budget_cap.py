"""BudgetCap: what is used is counted, told to the model in time, and ends the run."""

from typing import Any

import pytest
from loop_doubles import Go, Script

from looplet import BudgetCap, Event, LoopConfig, MockLLMBackend, Reply, ToolCall, ToolSpec, Usage
from looplet.builtin_hooks import builtin_hook
from looplet.state import DefaultState

DONE = ("done", {"summary": "ok"})


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Priced(Script):
    """Each answer has a usage; `name` is a model with a price."""

    def __init__(self, *entries: Any, usage: Usage | None = None, name: str = "") -> None:
        super().__init__(*entries)
        self.usage = usage
        self.name = name

    def generate(self, messages: list[dict[str, Any]], *, tools: Any) -> Any:
        reply = super().generate(messages, tools=tools)
        if self.usage is not None:
            reply.usage = Usage(**self.usage.to_dict())
        return reply


def add(n: int = 1) -> tuple[str, dict[str, int]]:
    return ("add", {"a": n, "b": n})


def notes(run: Any) -> list[str]:
    return [m["content"] for m in run.state.conversation if m["role"] == "user"][1:]


def test_tokens_end_the_run_after_a_warning(go: Go) -> None:
    llm = Priced(*[add(n) for n in range(20)], usage=Usage(90, 10))
    events: list[Event] = []
    run = go(llm, hooks=[BudgetCap(max_tokens=1000)], stream=events.append)
    assert run.state.stop_reason == "max_tokens" and len(run.steps) == 10
    assert run.state.stop_message == "the budget is used up: 1000 of 1000 tokens"
    assert run.state.final_output is None and run.error is None
    said = notes(run)
    assert said[0].startswith("Used: 800 of 1000 tokens. At the limit the run ends without")
    assert "call `done` with what you have" in said[0] and len(said) == 1
    before = next(i for i, m in enumerate(llm.seen[-1]) if m["content"] == said[0])
    assert before < len(llm.seen[-1]) - 1, "the model had a turn to act on it"
    told = [event.data for event in events if event.event == "budget"]
    assert told == [
        {"what": "tokens", "used": 800, "limit": 1000},
        {"what": "tokens", "used": 1000, "limit": 1000},
    ]


def test_the_warning_comes_earlier_where_turns_are_dear(go: Go) -> None:
    llm = Priced(*[add(n) for n in range(9)], usage=Usage(480, 20))
    run = go(llm, hooks=[BudgetCap(max_tokens=1100)])
    assert run.state.stop_reason == "max_tokens" and len(run.steps) == 3
    assert notes(run)[0].startswith("Used: 1000 of 1100 tokens")
    assert notes(
        go(
            Priced(*[add(n) for n in range(9)], usage=Usage(590, 10)),
            hooks=[BudgetCap(max_tokens=1100)],
        )
    )[0].startswith("Used: 600 of 1100")


def test_a_model_that_heeds_the_warning_finishes(go: Go) -> None:
    class Obedient(Priced):
        def generate(self, messages: list[dict[str, Any]], *, tools: Any) -> Any:
            if "Wrap up" in str(messages[-1]["content"]):
                return Reply("", [ToolCall("done", {"summary": "so far"})], Usage(90, 10))
            return super().generate(messages, tools=tools)

    run = go(
        Obedient(*[add(n) for n in range(20)], usage=Usage(90, 10)),
        hooks=[BudgetCap(max_tokens=1000)],
    )
    assert run.state.stop_reason == "done" and len(run.steps) == 9


def test_tokens_are_estimated_where_the_model_tells_none(go: Go) -> None:
    run = go(
        Script(*[add(n) for n in range(200)]), hooks=[BudgetCap(max_tokens=2000)], max_steps=100
    )
    assert run.state.stop_reason == "max_tokens" and run.state.usage.total_tokens == 0
    assert 3 < len(run.steps) < 40


def test_money_ends_the_run(go: Go) -> None:
    prices = {"acme:big": {"input": 1000, "output": 1000}}
    llm = Priced(*[add(n) for n in range(20)], usage=Usage(100, 25), name="acme:big")
    config = LoopConfig(30, prices=prices)
    run = go(llm, hooks=[BudgetCap(max_cost=1.0)], config=config)
    assert run.steps[0].usage == Usage(100, 25, cost=0.125), "the step has it, too"
    assert run.state.stop_reason == "max_cost" and len(run.steps) == 8
    assert "of $1.0000" in run.state.stop_message
    assert notes(run)[0].startswith("Used: $0.8750 of $1.0000.")


@pytest.mark.parametrize("name", ["", "acme:unknown"])
def test_a_cap_on_money_without_a_price_is_an_error_before_anything_runs(go: Go, name: str) -> None:
    llm = Priced(add(), usage=Usage(1, 1), name=name)
    run = go(llm, hooks=[BudgetCap(max_cost=1.0)])
    assert type(run.error) is ValueError and llm.seen == []
    assert "max_cost cannot be kept: the price of" in str(run.error) and "LOOPLET_PRICES" in str(
        run.error
    )
    assert "max_tokens" in str(run.error)


def test_a_cap_on_money_is_not_kept_in_silence_where_no_usage_is_told(go: Go) -> None:
    prices = {"acme:*": {"input": 1, "output": 1}}
    config = LoopConfig(prices=prices)
    llm = Priced(add(), DONE, name="acme:quiet")
    run = go(llm, hooks=[BudgetCap(max_cost=1)], config=config)
    assert run.state.stop_reason == "hook_error" and len(run.steps) == 1
    assert "the model tells no usage" in str(run.error)


def test_a_script_costs_nothing(go: Go) -> None:
    llm = MockLLMBackend([{"tool": "done", "args": {"summary": "ok"}}])
    assert go(llm, hooks=[BudgetCap(max_cost=0.01)]).state.stop_reason == "done"


def test_time_ends_the_run_after_the_call_that_took_it(go: Go) -> None:
    clock = Clock()

    def wait(seconds: float) -> str:
        """Wait."""
        clock.now += seconds
        return "waited"

    llm = Script(*[("wait", {"seconds": s}) for s in (30, 55, 600)], DONE)
    run = go(llm, [wait], hooks=[BudgetCap(max_seconds=100, clock=clock)])
    assert run.state.stop_reason == "max_seconds" and len(run.steps) == 3
    assert run.state.stop_message == "the budget is used up: 685 of 100 seconds"
    assert run.steps[-1].tool_result.data == "waited", "a call is never cut off by it"
    assert [note[:26] for note in notes(run)] == ["Used: 85 of 100 seconds. A"]


def test_time_that_the_model_took_counts_before_its_calls_are_made_again(go: Go) -> None:
    clock = Clock()

    class Slow(Script):
        def generate(self, messages: list[dict[str, Any]], *, tools: Any) -> Any:
            clock.now += 60
            return super().generate(messages, tools=tools)

    run = go(Slow(add(1), add(2), DONE), hooks=[BudgetCap(max_seconds=100, clock=clock)])
    assert run.state.stop_reason == "max_seconds" and len(run.steps) == 2


def test_steps_are_told_of_twice_and_end_as_ever(go: Go) -> None:
    run = go(Script(*[add(n) for n in range(10)]), hooks=[BudgetCap()], max_steps=10)
    assert run.state.stop_reason == "max_steps"
    assert notes(run) == [
        "2 steps of 10 are left. Wrap up and call `done` with what you have.",
        "Only one more step can be made. Wrap up and call `done` with what you have.",
    ]
    one = go(Script(add()), hooks=[BudgetCap(done_tool="finish")], max_steps=1)
    assert notes(one) == [
        "Only one more step can be made. Wrap up and call `finish` with what you have."
    ]
    assert notes(go(Script(add()), hooks=[BudgetCap(warn_at=None)], max_steps=1)) == []


def test_a_cap_counts_anew_in_each_run(go: Go) -> None:
    hook = BudgetCap(max_tokens=250)
    for _ in range(2):
        llm = Priced(*[add(n) for n in range(5)], usage=Usage(90, 10))
        assert len(go(llm, hooks=[hook]).steps) == 3


def test_what_it_counted_survives(go: Go) -> None:
    clock = Clock()
    first = BudgetCap(max_seconds=100, max_tokens=1000, clock=clock)
    state = DefaultState(5)
    first.pre_loop(state, None, None)
    clock.now += 90
    assert first.pre_prompt(state, None, None, 1) is not None, "it warns"
    saved = first.save_state()

    clock.now = 5.0  # another process, another clock
    again = BudgetCap(max_seconds=100, max_tokens=1000, clock=clock)
    state = DefaultState(5)
    again.pre_loop(state, None, None)
    again.restore_state(saved)
    clock.now += 5
    assert again.pre_prompt(state, None, None, 1) is None, "it has warned"
    assert again.used("seconds") == 95
    clock.now += 5
    decided = again.pre_prompt(state, None, None, 2)
    assert decided is not None and decided.stop_reason == "max_seconds"


def test_sub_agents_draw_on_the_same_budget(go: Go) -> None:
    from looplet import ToolContext
    from looplet.sub_loop import run_sub_loop
    from looplet.tools import tools_from

    stops = []

    def delegate(ctx: ToolContext) -> Any:
        """Give the task to another."""
        tools = tools_from([_add], include_done=True)
        below = Priced(*[("_add", {"a": n, "b": n}) for n in range(30)], usage=Usage(90, 10))
        outcome = run_sub_loop(below, "below", tools, ctx=ctx, max_steps=30)
        stops.append(outcome["stop_reason"])
        return outcome["steps"][-1].number

    llm = Priced(add(), ("delegate", {}), add(), DONE, usage=Usage(90, 10))
    cap = BudgetCap(max_tokens=1000)
    run = go(llm, [_plain_add(), delegate], hooks=[cap])
    assert stops == ["max_tokens"] and run.data[1] == 8, "two turns above, eight below"
    assert run.state.stop_reason == "max_tokens" and len(run.steps) == 2
    assert cap.used("tokens") == run.state.usage.total_tokens == 1000, "and nothing counts twice"


def _add(a: int, b: int) -> int:
    """Add."""
    return a + b


def _plain_add() -> ToolSpec:
    return ToolSpec("add", "Add.", {"a": "int", "b": "int"}, _add)


@pytest.mark.parametrize(
    ("kwargs", "about"),
    [
        ({"max_tokens": 0}, "max_tokens"),
        ({"max_tokens": True}, "max_tokens"),
        ({"max_tokens": 1.5}, "max_tokens"),
        ({"max_cost": 0}, "max_cost"),
        ({"max_cost": "1"}, "max_cost"),
        ({"max_cost": float("nan")}, "max_cost"),
        ({"max_seconds": -1}, "max_seconds"),
        ({"max_seconds": float("inf")}, "max_seconds"),
        ({"warn_at": 0}, "warn_at"),
        ({"warn_at": 80}, "warn_at"),
        ({"max_token": 5}, "max_token"),
    ],
)
def test_what_a_cap_cannot_be_is_an_error(kwargs: dict[str, Any], about: str) -> None:
    with pytest.raises(ValueError, match=about):
        builtin_hook("budget_cap", kwargs)
