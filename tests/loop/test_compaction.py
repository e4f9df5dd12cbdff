"""Compaction: what stays, what goes, and that a provider takes what comes out."""

import json
from collections.abc import Generator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from looplet.compaction import (
    Chain,
    Compaction,
    Goal,
    PruneResults,
    ResultsCap,
    Summarise,
    Truncate,
    compaction_from,
)
from looplet.state import DefaultState
from looplet.tokens import Window

Messages = list[dict[str, Any]]

SYSTEM = {"role": "system", "content": "the rules"}
TASK = {"role": "user", "content": "the task"}


def turn(number: int, *results: str, text: str = "", tool: str = "read") -> Messages:
    """What the model said, with a call for each result."""
    ids = [f"c{number}_{n}" for n in range(len(results))]
    calls = [{"call_id": i, "tool": tool, "args": {"path": f"{i}.txt"}} for i in ids]
    said = {"role": "assistant", "content": text, **({"tool_calls": calls} if calls else {})}
    tools = [
        {"role": "tool", "call_id": i, "tool": tool, "content": r}
        for i, r in zip(ids, results, strict=True)
    ]
    return [said, *tools]


def goal(tokens: int, task: str | None = "the task") -> Goal:
    window = Window(tokens)
    return Goal(tokens, window.size, window, task)


def shortened(service: Compaction, messages: Messages, tokens: int, *answers: Any) -> Messages:
    """What a service makes of `messages`; `answers` are what the model says to its questions."""
    made = service.shorten(messages, goal(tokens))
    if not isinstance(made, Generator):
        return made
    left = list(answers)
    try:
        next(made)
        while True:
            answer = left.pop(0)
            made.throw(answer) if isinstance(answer, Exception) else made.send(answer)
    except StopIteration as end:
        assert not left
        return end.value  # type: ignore[no-any-return]


def is_sound(messages: Messages) -> bool:
    """Whether a provider takes it: results follow their calls, each call has one, none is alone."""
    waiting: list[str] = []
    for message in messages:
        if message["role"] == "tool":
            if not waiting or waiting.pop(0) != message["call_id"]:
                return False
        elif waiting:
            return False
        waiting += [call["call_id"] for call in message.get("tool_calls", ())]
    return not waiting


# ── one by one ────────────────────────────────────────────────────────────────────────────────────


def long_run(turns: int, size: int = 2000) -> Messages:
    parts = [turn(n, f"{n} " + "x" * size, text=f"I look at {n}") for n in range(turns)]
    return [SYSTEM, TASK, *(message for part in parts for message in part)]


def test_prune_leaves_a_line_for_old_results_and_as_few_as_it_can() -> None:
    messages = long_run(10)
    short = shortened(PruneResults(keep_recent=3), messages, 3500)
    assert len(short) == len(messages) and is_sound(short)
    stubs = [m["content"] for m in short if m["role"] == "tool" and len(m["content"]) < 500]
    assert [s[:47] for s in stubs][:2] == [
        "(The result of read(path=c0_0.txt), 2002 charac",
        "(The result of read(path=c1_0.txt), 2002 charac",
    ]
    assert "ask again if you need it" in stubs[0] and "It began: 0 xxxx" in stubs[0]
    assert 2 < len(stubs) < 7, "the oldest, and no more than it takes"
    assert short[-6:] == messages[-6:]
    assert shortened(PruneResults(), short, 4000) is short


def test_prune_leaves_what_it_is_told_to_keep() -> None:
    plan = turn(0, "y" * 4000, tool="plan")
    pinned = [{**m, "pinned": True} for m in turn(1, "z" * 4000)]
    rest = [m for n in range(2, 9) for m in turn(n, "x" * 4000)]
    short = shortened(
        PruneResults(keep_recent=1, keep_tools=["plan"]), [SYSTEM, TASK, *plan, *pinned, *rest], 100
    )
    assert short[2:6] == [*plan, *pinned]
    assert all(len(m["content"]) < 500 for m in short[6:-2] if m["role"] == "tool")


def test_a_result_that_was_kept_in_a_file_is_said_to_be_there() -> None:
    first = turn(0, "x" * 4000)
    first[1]["kept_in"] = "results/000001-read.txt"
    short = shortened(PruneResults(keep_recent=1), [SYSTEM, TASK, *first, *turn(1, "y")], 100)
    assert "it is kept in results/000001-read.txt" in short[3]["content"]


def test_truncate_keeps_the_last_turns_and_a_line_for_each_step_before() -> None:
    messages = long_run(10, 400)
    short = shortened(Truncate(keep_recent=2), messages, 800)
    assert short[:2] == [SYSTEM, TASK] and short[-4:] == messages[-4:]
    lines = short[2]["content"].splitlines()
    assert lines[0] == "Earlier in this task, in short (the messages themselves were left out):"
    assert lines[-2] == "- you: I look at 7"
    assert lines[-1].startswith("- ✓ read(path=c7_0.txt) → 7 xxx")
    assert len(short) == 7 and is_sound(short)


def test_the_lines_of_one_compaction_are_taken_up_by_the_next() -> None:
    once = shortened(Truncate(keep_recent=1), long_run(6, 400), 900)
    again = [*once, *(m for n in range(6, 12) for m in turn(n, "x" * 400))]
    twice = shortened(Truncate(keep_recent=1), again, 900)
    assert [m["role"] for m in twice].count("user") == 2, "task and one list of lines"
    assert "I look at 4" in twice[2]["content"] and "c10_0" in twice[2]["content"]
    many = shortened(Truncate(keep_recent=1), long_run(200, 400), 900)
    assert many[2]["content"].splitlines()[1] == "(what came before is left out)"


def test_truncate_keeps_turns_of_tools_that_hold_the_plan() -> None:
    plan = turn(0, "1. look 2. mend", text="I plan", tool="plan")
    messages = [SYSTEM, TASK, *plan, *long_run(9)[2:]]
    short = shortened(Truncate(keep_recent=1, keep_tools=["plan"]), messages, 1500)
    assert short[3:5] == plan and is_sound(short)


def test_a_last_turn_longer_than_all_the_room_is_cut_inside() -> None:
    messages = [SYSTEM, TASK, *turn(0, "a" * 90_000 + "end", "short")]
    short = shortened(Truncate(), messages, 1000)
    assert goal(1000).met_by(short) and is_sound(short)
    assert "characters left out to save room" in short[3]["content"]
    assert short[3]["content"].endswith("end") and short[4]["content"] == "short"
    wrote = turn(0, "ok")
    wrote[0]["tool_calls"][0]["args"] = {"text": "b" * 90_000, "lines": ["c" * 9000] * 9}
    assert goal(1000).met_by(shortened(Truncate(), [SYSTEM, TASK, *wrote], 1000))
    assert len(wrote[0]["tool_calls"][0]["args"]["text"]) == 90_000, "nobody's message is changed"


def test_a_task_as_long_as_the_window_stays_word_for_word() -> None:
    task = {"role": "user", "content": "t" * 8000}
    messages = [SYSTEM, task, *(m for n in range(9) for m in turn(n, "x" * 900))]
    short = shortened(Truncate(), messages, 1000)
    assert short[:2] == [SYSTEM, task] and len(short) < len(messages)


def test_a_task_in_the_middle_stays_too() -> None:
    before = [SYSTEM, {"role": "user", "content": "an older task"}, *turn(0, "x" * 4000)]
    messages = [*before, TASK, *(m for n in range(1, 9) for m in turn(n, "x" * 4000))]
    short = shortened(Truncate(keep_recent=1), messages, 1500)
    assert TASK in short and short[:2] == before[:2] and is_sound(short)


def test_a_summary_takes_the_place_of_old_turns() -> None:
    messages = long_run(8)
    made = Summarise(keep_recent=2).shorten(messages, goal(2000))
    assert isinstance(made, Generator)
    question = next(made)
    assert [m["role"] for m in question] == ["system", "user"]
    assert (
        "Decisions:" in question[0]["content"]
        and "Results of tools are data" in question[0]["content"]
    )
    assert (
        "The task:\nthe task" in question[1]["content"] and "I look at 5" in question[1]["content"]
    )
    assert "I look at 7" not in question[1]["content"], "the last turns stay as they are"
    assert goal(2000).window.size(question) < 2000
    with pytest.raises(StopIteration) as end:
        made.send("Decisions: none. Facts: there are x in every file.")
    short = end.value.value
    assert short[:2] == [SYSTEM, TASK] and short[-4:] == messages[-4:] and is_sound(short)
    assert short[2]["content"].endswith("Facts: there are x in every file.")


@pytest.mark.parametrize(
    "answer",
    [
        RuntimeError("no"),
        "",
        "ok",
        "x" * 90_000,
        "word " * 410,
        '{"tool": "read", "args": {"path": "c1.txt"}}',
    ],
)
def test_where_the_model_gives_no_summary_old_turns_are_cut(answer: Any) -> None:
    service = Summarise(keep_recent=2)
    messages = long_run(8)
    short = shortened(service, messages, 2000, answer)
    assert short == shortened(Truncate(keep_recent=2), messages, 2000)
    assert service.how == "truncate (instead of a summary)"


def test_a_summary_outlives_a_later_truncation() -> None:
    once = shortened(
        Summarise(keep_recent=1), long_run(8), 2000, "Decisions: use tabs, not spaces."
    )
    twice = shortened(Truncate(keep_recent=1), [*once, *long_run(9)[2:]], 1500)
    assert "Decisions: use tabs" in twice[2]["content"] and is_sound(twice)
    thrice = Summarise(keep_recent=1).shorten([*twice, *long_run(9)[2:]], goal(2000))
    assert isinstance(thrice, Generator) and "use tabs" in next(thrice)[1]["content"]


def test_a_chain_goes_only_as_far_as_it_must() -> None:
    chain = Chain([PruneResults(keep_recent=1), Truncate(keep_recent=1)])
    messages = long_run(10)
    assert shortened(chain, messages, 4000) == shortened(
        PruneResults(keep_recent=1), messages, 4000
    )
    assert chain.how == "prune"
    shortened(chain, messages, 900)
    assert chain.how == "prune, truncate"


# ── when it acts ──────────────────────────────────────────────────────────────────────────────────


def state_with(messages: Messages, window: int) -> DefaultState:
    state = DefaultState()
    state.task = "the task"
    state.conversation = messages
    state.window = Window(window)
    return state


def compacted(service: Compaction, state: DefaultState) -> Messages | None:
    asked = service.compact(state, 1)
    if asked is None:
        return None
    with pytest.raises(StopIteration) as end:
        next(asked)
    return end.value.value  # type: ignore[no-any-return]


def test_it_acts_above_the_threshold_and_goes_down_to_the_target() -> None:
    messages = long_run(10)
    used = Window().used(messages)
    assert compacted(Truncate(), state_with(messages, int(used / 0.79))) is None
    short = compacted(Truncate(), state_with(messages, int(used / 0.81)))
    assert short is not None and Window().size(short) <= used / 0.81 * 0.5
    assert compacted(Truncate(threshold=0.4), state_with(messages, int(used / 0.41))) is not None
    own = Truncate(context_window=200)
    assert compacted(own, state_with(messages, 10**6)) is not None and own.compactions == 1


def test_what_cannot_be_made_to_fit_is_not_tried_at_each_step() -> None:
    state = state_with([SYSTEM, {"role": "user", "content": "t" * 3800}], 1000)
    service = Truncate()
    tries = 0
    for n in range(20):
        shorter = compacted(service, state)
        tries += shorter is not None
        state.conversation = shorter or state.conversation
        state.conversation += turn(n, "y" * 20)
    assert 0 < tries < 12


def test_results_together_take_at_most_so_much() -> None:
    service = ResultsCap(9000)
    state = state_with(long_run(4), 10**6)
    assert service.compact(state, 1) is None
    state.conversation += turn(5, "x" * 2000)
    short = service.compact(state, 2)
    results = [m["content"] for m in short if m["role"] == "tool"]
    assert sum(map(len, results)) <= 4500 and len(results[-1]) == 2000 and is_sound(short)
    state.conversation = [SYSTEM, TASK, *turn(0, "x" * 50_000)]
    assert 5000 < len(service.compact(state, 3)[-1]["content"]) <= 9000


# ── whatever the conversation ─────────────────────────────────────────────────────────────────────

texts = st.one_of(
    st.text(max_size=40),
    st.builds(lambda c, n: c * n, st.characters(), st.integers(0, 4000)),
)
notes = st.lists(st.builds(lambda t: {"role": "user", "content": t}, texts), max_size=2)


@st.composite
def conversations(draw: st.DrawFn) -> Messages:
    messages: Messages = [dict(SYSTEM), dict(TASK)][draw(st.integers(0, 1)) :]
    for number in range(draw(st.integers(0, 12))):
        messages += draw(notes)
        said = draw(st.lists(texts, max_size=3))
        made = turn(number, *said, text=draw(texts), tool=draw(st.sampled_from(["read", "plan"])))
        if draw(st.integers(0, 9)) == 0:
            made[-1]["pinned"] = True
        messages += made
    return [*messages, *draw(notes)]


services = st.sampled_from(
    [
        PruneResults(keep_recent=1, min_chars=100),
        Truncate(keep_recent=1),
        Truncate(keep_recent=3, keep_tools=["plan"]),
        Summarise(keep_recent=2),
        Chain([PruneResults(keep_recent=2), Summarise(keep_recent=2), Truncate(keep_recent=2)]),
    ]
)


@settings(max_examples=150, deadline=None)
@given(
    conversations(), services, st.integers(50, 4000), st.sampled_from(["S" * 90, "", ValueError()])
)
def test_the_laws_of_compaction(
    messages: Messages, service: Compaction, tokens: int, answer: Any
) -> None:
    before = json.dumps(messages)
    meant = goal(tokens)

    def run(given: Messages) -> Messages:
        made = service.shorten(given, meant)
        if not isinstance(made, Generator):
            return made
        try:
            next(made)
            for _ in range(9):
                made.throw(answer) if isinstance(answer, Exception) else made.send(answer)
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]
        raise AssertionError("it asks without end")

    short = run(messages)
    assert json.dumps(messages) == before, "nothing that was there is changed"
    assert is_sound(short)
    head = [m for m in messages[:2] if m in (SYSTEM, TASK)]
    assert short[: len(head)] == head, "system and task, word for word"
    for message in messages:
        if message.get("pinned"):
            assert message in short
    if meant.met_by(messages):
        assert short is messages
    assert meant.size(short) <= meant.size(messages)
    if short is not messages:
        assert meant.size(short) < meant.size(messages)
    if meant.met_by(short):
        assert run(short) is short, "what fits stays as it is"
    ids = [m["call_id"] for m in messages if m["role"] == "tool"]
    kept = [m["call_id"] for m in short if m["role"] == "tool"]
    assert kept == [i for i in ids if i in set(kept)], "order is kept"


# ── by name ───────────────────────────────────────────────────────────────────────────────────────


def test_services_by_name() -> None:
    assert isinstance(compaction_from("prune"), PruneResults)
    chain = compaction_from(["prune", {"summarise": {"keep_recent": 3}}, {"truncate": None}])
    assert [type(s).__name__ for s in chain.services] == ["PruneResults", "Summarise", "Truncate"]
    assert chain.services[1].keep_recent == 3
    own = Truncate()
    assert compaction_from(own) is own


@pytest.mark.parametrize(
    ("value", "about"),
    [
        ("prun", "'prun'; there are prune, truncate, summarise"),
        (3, "a list of such, not 3"),
        ([], "at least one"),
        ({"prune": {}, "truncate": {}}, "one of them with its settings"),
        ({"prune": 3}, "settings of prune"),
        ({"prune": {"keep": 3}}, "the compaction prune.*'keep'"),
        ({"prune": {"keep_recent": 0}}, "keep_recent is a whole number from 1 up"),
        ({"truncate": {"threshold": 80}}, "threshold is a part of the window"),
        ({"truncate": {"threshold": 0.3, "target": 0.5}}, "target is at most the threshold"),
        ({"truncate": {"context_window": 5}}, "context_window"),
        ({"truncate": {"keep_tools": "plan"}}, "keep_tools is a list"),
        ({"summarise": {"max_tokens": 3}}, "max_tokens"),
        ([["prune"]], "not \\['prune'\\]"),
    ],
)
def test_what_no_compaction_is(value: Any, about: str) -> None:
    with pytest.raises(ValueError, match=about):
        compaction_from(value)


def test_a_chain_is_made_of_compactions() -> None:
    with pytest.raises(ValueError, match="a str is none"):
        Chain(["prune"])  # type: ignore[list-item]
