"""Long runs stay inside the window; what the provider counts corrects the estimate."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from loop_doubles import Go, Script

from looplet import Event, LoopConfig, ModelError, Reply, ToolCall, ToolSpec, Usage
from looplet.builtin_hooks import BudgetCap, Stagnation, StaticBriefing, ThresholdCompact
from looplet.compaction import compaction_from
from looplet.tokens import Tally, Window, estimated_tokens, window_for

DONE = ("done", {"summary": "ok"})


class Worker:
    """A model that calls `read` again and again, and checks each question that it is asked."""

    blocking = False

    def __init__(self, steps: int, window: int) -> None:
        self.left = steps
        self.window = window
        self.greatest = 0
        self.summaries = 0
        self.checked: Any = None
        self.seen = 0
        self.size = 0

    def generate(self, messages: list[dict[str, Any]], *, tools: Any) -> Reply:
        if not tools:
            self.summaries += 1
            assert sum(map(estimated_tokens, messages)) <= self.window
            return Reply("Facts: so far there are only x in the files, and nothing is open.")
        if messages is not self.checked or len(messages) < self.seen:
            self.checked, self.seen, self.size = messages, 0, 0
        self.size += sum(map(estimated_tokens, messages[self.seen :]))
        self.seen = len(messages)
        self.greatest = max(self.greatest, self.size)
        assert [m["content"] for m in messages[:2]] == ["the rules", "the task"]
        self.left -= 1
        if self.left < 0:
            return Reply("", [ToolCall("done", {"summary": "read it all"})])
        return Reply(f"Now file {self.left}.", [ToolCall("read", {"n": self.left})])


def read(n: int) -> str:
    """Read a file."""
    return f"{n} " + "x" * (90_000 if n % 100 == 0 else 10 * (n * 7919 % 1000))


READ = ToolSpec("read", "Read a file.", {"n": "int"}, read)


@pytest.mark.parametrize(
    "strategy",
    [["prune", "truncate"], ["truncate"], ["prune", "summarise", "truncate"]],
    ids="-".join,
)
def test_two_thousand_steps_in_a_window_of_eight_thousand_tokens(go: Go, strategy: Any) -> None:
    llm = Worker(2000, 8000)
    compactions: list[dict[str, Any]] = []

    def see(event: Event) -> None:
        if event.event == "compacted":
            compactions.append(event.data or {})

    config = LoopConfig(2100, "the rules", context_window=8000, compact_service=strategy)
    run = go(llm, [READ], config=config, stream=see)
    assert run.error is None and run.state.stop_reason == "done"
    assert len(run.steps) == len(run.state.steps) == 2001
    assert 4000 < llm.greatest <= 8000
    assert 10 < len(compactions) < 1500
    assert all(c["tokens_after"] < c["tokens_before"] for c in compactions)
    assert max(c["tokens_after"] for c in compactions) <= 8000 * 0.8
    assert bool(llm.summaries) == ("summarise" in strategy)


def test_what_a_step_costs_does_not_grow_with_the_run() -> None:
    counted = {"messages": 0}

    class Counting(Worker):
        chars_per_token = 4

        def count_tokens(self, messages: list[dict[str, Any]]) -> int:
            counted["messages"] += len(messages)
            return sum(map(estimated_tokens, messages))

    from looplet import composable_loop, done_tool, tools_from

    tools = tools_from([READ])
    tools.register(done_tool())
    config = LoopConfig(2100, "the rules", context_window=8000, compact_service="truncate")
    costs = []
    for step in composable_loop(Counting(1200, 8000), "the task", tools, config=config):
        if step.number % 300 == 0:
            costs.append(counted["messages"])
            counted["messages"] = 0
    assert max(costs[1:]) < 1.5 * min(costs[1:])


def test_between_compactions_the_beginning_stays_as_it_was(go: Go) -> None:
    class Prefixes(Worker):
        changed = 0
        before: tuple[str, ...] = ()

        def generate(self, messages: list[dict[str, Any]], *, tools: Any) -> Reply:
            texts = tuple(json.dumps(m) for m in messages)
            self.changed += texts[: len(self.before)] != self.before
            self.before = texts
            return super().generate(messages, tools=tools)

    llm = Prefixes(150, 20_000)
    hook = ThresholdCompact(context_window=20_000)
    run = go(llm, [READ], hooks=[hook], max_steps=200, system_prompt="the rules")
    assert run.state.stop_reason == "done" and 0 < llm.changed == hook.compactions < 30


def test_a_hook_compacts_where_no_service_does(go: Go) -> None:
    llm = Worker(60, 3000)
    hooks = [
        ThresholdCompact(strategy="summarise", context_window=3000),
        StaticBriefing(text="Mind!"),
    ]
    run = go(llm, [READ], hooks=hooks, max_steps=100, system_prompt="the rules")
    assert run.state.stop_reason == "done" and llm.greatest <= 3000 and llm.summaries
    assert any(m["content"] == "Mind!" for m in run.state.conversation), "it is said again"
    assert hooks[0].save_state() == {"compactions": hooks[0].compactions}  # type: ignore[attr-defined]


# ── the estimate ──────────────────────────────────────────────────────────────────────────────────


@given(st.lists(st.one_of(st.integers(0, 9), st.just("cut"), st.just("new"))))
def test_a_tally_is_the_sum_whatever_happens_to_the_list(moves: list[Any]) -> None:
    looked: list[int] = []
    tally = Tally()

    def measure(item: int) -> int:
        looked.append(item)
        return item

    items: list[int] = []
    for move in moves:
        if move == "cut":
            del items[len(items) // 2 :]
        elif move == "new":
            items = [*items, 1]
        else:
            items.append(move)
        assert tally.of(items, measure) == sum(items) and tally.is_of(items)
    looked.clear()
    tally.of(items, measure)
    assert looked == []


def test_the_provider_corrects_the_estimate() -> None:
    window = Window(1000)
    messages = [{"role": "user", "content": "x" * 400}]
    assert window.used(messages) == 105
    window.measured(messages, 208)
    assert window.used(messages) == 209
    messages.append({"role": "assistant", "content": "y" * 400})
    assert window.used(messages) == 417 and window.room(messages) == 583
    window.measured(messages, 10**6)
    assert window.scale == 5, "within reason"
    window.measured([{"role": "user", "content": ""}], 5)
    assert window.scale == 5, "of messages that nobody estimated"
    window.measured(messages, 1)
    assert window.scale == 0.5


def test_tools_take_room_too() -> None:
    tools = [{"name": "read", "description": "d" * 396, "parameters": {}}]
    assert Window(schemas=tools).used([]) > 100 > Window().used([])


def test_what_a_model_says_of_itself() -> None:
    class Small:
        name = "acme:small"
        context_window = 4096
        chars_per_token = 3.0

    window = window_for(Small(), 128_000)
    assert (window.tokens, window.chars_per_token, window.model) == (4096, 3.0, "acme:small")
    assert window_for(Small(), 1000).tokens == 1000

    class Odd:
        name = 3
        context_window = "much"
        chars_per_token = -1
        count_tokens = None

    window = window_for(Odd(), 500)
    assert (window.tokens, window.chars_per_token, window.model) == (500, 4.0, "")


def test_the_run_tells_how_full_the_window_is(go: Go) -> None:
    class Counts(Script):
        def generate(self, messages: Any, *, tools: Any) -> Any:
            reply = super().generate(messages, tools=tools)
            reply.usage = Usage(250, 5)
            return reply

    used = []

    class Look:
        def pre_prompt(self, state: Any, *_: Any) -> None:
            used.append(state.window.used(state.conversation))

    llm = Counts(("add", {"a": 1, "b": 2}), DONE)
    state = go(llm, hooks=[Look()], system_prompt="x" * 400).state
    assert used[0] > 100 and state.window.scale > 1
    assert abs(used[1] - 250) < 60, "the next estimate begins with what the provider counted"


# ── when the provider refuses ─────────────────────────────────────────────────────────────────────


class Strict(Worker):
    """A provider with a smaller window than anyone told."""

    def generate(self, messages: list[dict[str, Any]], *, tools: Any) -> Reply:
        if sum(map(estimated_tokens, messages)) > self.window:
            raise ModelError("too_long", "at most so many tokens")
        return super().generate(messages, tools=tools)


def test_a_question_that_is_too_long_is_shortened_and_asked_again(go: Go) -> None:
    events: list[Event] = []
    llm = Strict(80, 3000)
    run = go(llm, [READ], max_steps=100, system_prompt="the rules", stream=events.append)
    assert run.state.stop_reason == "done" and run.error is None
    kinds = [event.event for event in events]
    at = kinds.index("model_retry")
    assert kinds[at - 2 : at + 3] == [
        "model_start",
        "compacted",
        "model_retry",
        "model_start",
        "model_end",
    ]
    assert events[at].data == {"attempt": 2, "delay_s": 0.0, "reason": "too_long"}
    assert run.state.window.tokens < 6000, "and it has learnt how long the window is"


def test_it_is_asked_again_once(go: Go) -> None:
    class Never(Worker):
        asked = 0

        def generate(self, messages: list[dict[str, Any]], *, tools: Any) -> Reply:
            self.asked += 1
            raise ModelError("too_long", "no")

    llm = Never(9, 9)
    history = [{"role": "user", "content": "old"}, {"role": "assistant", "content": "x" * 9000}]
    run = go(llm, [READ], conversation=[*history])
    assert run.state.stop_reason == "model_error" and llm.asked == 2
    llm = Never(9, 9)
    run = go(llm, [READ])
    assert run.state.stop_reason == "model_error" and llm.asked == 1, "nothing to shorten"
    off = LoopConfig(reactive_recovery=False)
    llm = Never(9, 9)
    assert go(llm, [READ], config=off, conversation=[*history]).state.stop_reason == "model_error"
    assert llm.asked == 1


# ── through a checkpoint ──────────────────────────────────────────────────────────────────────────


def test_hooks_with_counters_can_be_saved_as_json() -> None:
    for hook in (
        BudgetCap(max_tokens=5),
        Stagnation(),
        ThresholdCompact(),
        StaticBriefing(text="B"),
    ):
        saved = json.loads(json.dumps(hook.save_state()))
        hook.restore_state(saved)
        assert json.loads(json.dumps(hook.save_state())) == saved


def test_a_briefing_is_not_said_again_when_a_run_goes_on() -> None:
    from looplet import DefaultState

    first = StaticBriefing(text="B")
    state = DefaultState(5)
    first.pre_loop(state, None, None)
    assert first.pre_prompt(state, None, None, 1) == "B"
    again = StaticBriefing(text="B")
    state.conversation = [{"role": "user", "content": "B"}]
    again.pre_loop(state, None, None)
    again.restore_state(first.save_state())
    assert again.pre_prompt(state, None, None, 2) is None
    state.conversation = []
    assert again.pre_prompt(state, None, None, 3) == "B", "a compaction may have lost it"


def test_a_service_by_name_in_the_config() -> None:
    assert type(LoopConfig(compact_service="prune").compact_service).__name__ == "PruneResults"
    own = compaction_from("truncate")
    assert LoopConfig(compact_service=own).compact_service is own
    with pytest.raises(ValueError, match="compact_service: no compaction is called 'prun'"):
        LoopConfig(compact_service="prun")
    with pytest.raises(ValueError, match=r"compact_service.*an object with `compact`"):
        LoopConfig(compact_service=object())
