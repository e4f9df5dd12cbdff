"""A run that is cut off anywhere goes on and comes to the same, through both drivers."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest
from saved_runs import DONE, Bench, outline

from looplet import (
    CheckpointError,
    DefaultState,
    FileCheckpointStore,
    HookDecision,
    Later,
    LoopConfig,
    MockLLMBackend,
    ModelError,
    Reply,
    ToolCall,
    ToolSpec,
    Usage,
    composable_loop,
    tools_from,
)


def note(text: str) -> dict[str, Any]:
    return {"tool": "note", "args": {"text": text}}


SCRIPT = [
    note("a"),
    [note("b"), note("c"), {"tool": "nothing", "args": {}}],
    "no call at all",
    note("ünï\ud800code"),
    {"tool": "note", "args": {"text": 5}},
    Reply("", [ToolCall("note", {"text": "d"}, "because", "c1")], Usage(10, 5, 2, 0.25), "length"),
    Reply("", [ToolCall("note", '{"text": "e"', "", "c1")], Usage(1, 1)),
    DONE,
]


class Counts:
    """A hook with a state of its own, which says something at every occasion."""

    def __init__(self) -> None:
        self.count = -1

    def pre_loop(self, *_: Any) -> str:
        self.count = 0
        return "from pre_loop"

    def pre_prompt(self, state: Any, *_: Any) -> str:
        return f"{self.count} so far"

    def pre_dispatch(self, state: Any, log: Any, call: ToolCall, number: int) -> Any:
        if call.args.get("text") == "c":
            return HookDecision(updated_args={"text": "changed c"})
        return None

    def post_dispatch(self, state: Any, *_: Any) -> str:
        self.count += 1
        state.metadata["count"] = self.count
        return f"that was {self.count}"

    def save_state(self) -> Any:
        return {"count": self.count}

    def restore_state(self, data: Any) -> None:
        self.count = data["count"]


def test_cut_off_after_any_entry_it_comes_to_the_same(bench: Bench) -> None:
    whole = bench.go(SCRIPT, hooks=[Counts()])
    assert whole.stop_reason == "done"
    lines, noted = bench.entries(), bench.noted
    for count in range(len(lines) + 1):
        (bench.folder / "journal.jsonl").write_text("".join(lines))
        torn = lines[count][:-1][: 3 * count] if count < len(lines) else ""
        bench.cut(count, rest=torn)
        done_before = [
            json.loads(line[9:])["data"]["noted"]
            for line in bench.entries()[:count]
            if '"noted"' in line and '"is": "result"' in line
        ]
        bench.noted = []
        state = bench.go(SCRIPT, resume=True, hooks=[Counts()], in_flight="repeat")
        assert outline(state) == outline(whole), count
        assert state.conversation == whole.conversation, count
        assert state.metadata == whole.metadata
        assert (state.stop_reason, state.final_output) == ("done", {"summary": "all of it"})
        assert state.usage == whole.usage
        assert state.budget_used == whole.budget_used
        # No completed call repeated, and none lost.
        assert done_before + bench.noted == noted, count


def test_leaving_the_loop_anywhere_it_comes_to_the_same(bench: Bench, tmp_path: Path) -> None:
    whole = bench.go(SCRIPT)
    noted = bench.noted
    for count in range(1, len(whole.steps)):
        bench.folder = tmp_path / f"left{count}"
        bench.noted = []
        left = bench.go(SCRIPT, leave_after=count)
        assert left.stop_reason == "stopped_by_caller"
        state = bench.go(SCRIPT, resume=True)
        assert outline(state) == outline(whole)
        assert state.conversation == whole.conversation
        assert bench.noted == noted


def test_a_model_that_failed_is_asked_again(bench: Bench) -> None:
    with pytest.raises(TimeoutError):
        bench.go([note("a"), TimeoutError("too slow"), DONE])
    assert bench.state.stop_reason == "model_error"
    state = bench.go([note("a"), note("b"), DONE], resume=True)
    assert [s.tool_call.tool for s in state.steps] == ["note", "note", "done"]
    assert bench.noted == ["a", "b"]


def test_a_run_that_reached_its_steps_goes_on_with_more(bench: Bench) -> None:
    script = [[note("a"), note("b")], DONE]

    class Limit:
        def should_stop(self, state: Any, number: int, _: Any) -> bool:
            return number == 1

    state = bench.go(script, hooks=[Limit()])
    assert (state.stop_reason, bench.noted) == ("hook_stop", ["a"])
    # Made of the same tools; other hooks are the host's business.
    state = bench.go(script, resume=True)
    assert (state.stop_reason, bench.noted) == ("done", ["a", "b"])


def test_a_conversation_that_it_began_with_is_not_said_twice(bench: Bench) -> None:
    before = [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "hello"}]
    llm, tools = MockLLMBackend([note("a"), note("b"), DONE]), bench.tools()
    state = DefaultState(5)
    config = LoopConfig(checkpoint_dir=bench.folder)
    steps = composable_loop(llm, "t", tools, config=config, state=state, conversation=[*before])
    next(steps)
    steps.close()
    said = [*state.conversation]
    config = LoopConfig(initial_checkpoint=bench.folder)
    state = DefaultState(5)
    for _ in composable_loop(llm, "t", tools, config=config, state=state, conversation=[*before]):
        pass
    assert state.conversation[: len(said)] == said and said[:3] == [*before, said[2]]
    assert [m["content"] for m in state.conversation].count("hello") == 1


# ── calls in flight ───────────────────────────────────────────────────────────────────────────────


def cut_in_flight(bench: Bench) -> None:
    """A run that was killed while `note` ran."""
    bench.go([note("a"), DONE])
    entries = bench.entries()
    bench.cut(next(n for n, line in enumerate(entries) if '"intent"' in line) + 1)
    bench.noted = []


@pytest.mark.parametrize(
    ("idempotency", "in_flight", "again"),
    [
        ("unknown", "repeat", True),
        ("not_idempotent", "repeat", True),
        ("idempotent", "auto", True),
        ("idempotent", "skip", False),
        ("unknown", "skip", False),
    ],
)
def test_a_call_in_flight_is_repeated_or_skipped(
    bench: Bench, idempotency: str, in_flight: str, again: bool
) -> None:
    bench.idempotency = idempotency
    cut_in_flight(bench)
    state = bench.go([note("a"), DONE], resume=True, in_flight=in_flight)
    first = state.steps[0].tool_result
    assert bench.noted == (["a"] if again else [])
    if not again:
        assert first.error_detail.kind == "interrupted"
        assert "may or may not have been done" in first.error
    assert state.stop_reason == "done"


@pytest.mark.parametrize("idempotency", ["unknown", "not_idempotent"])
def test_a_call_in_flight_that_may_not_be_repeated_is_asked_about(
    bench: Bench, idempotency: str
) -> None:
    bench.idempotency = idempotency
    cut_in_flight(bench)
    state = bench.go([note("a"), DONE], resume=True)
    assert state.stop_reason == "waiting"
    assert state.question["question"] == (
        "note(text=a) was running when the run was cut off. Run it again?"
    )
    assert state.steps == []
    # Without an answer it waits on, however often it is resumed.
    assert bench.go([note("a"), DONE], resume=True).stop_reason == "waiting"
    assert bench.noted == []
    state = bench.go([note("a"), DONE], resume=True, answer="yes")
    assert (state.stop_reason, bench.noted) == ("done", ["a"])


def test_no_is_an_answer_too(bench: Bench) -> None:
    cut_in_flight(bench)
    bench.go([note("a"), DONE], resume=True)
    state = bench.go([note("a"), DONE], resume=True, answer="no")
    assert (state.stop_reason, bench.noted) == ("done", [])
    assert state.steps[0].tool_result.error_detail.kind == "interrupted"


def test_a_yes_to_repeating_a_call_holds_once(bench: Bench) -> None:
    cut_in_flight(bench)
    bench.go([note("a"), DONE], resume=True)
    bench.go([note("a"), DONE], resume=True, answer="yes")
    # Killed again, in the repetition.
    entries = bench.entries()
    bench.cut([n for n, line in enumerate(entries) if '"intent"' in line][1] + 1)
    assert bench.go([note("a"), DONE], resume=True).stop_reason == "waiting"


def test_a_handler_can_answer_at_once(bench: Bench) -> None:
    cut_in_flight(bench)
    asked = []

    def handler(question: str, options: list[str]) -> str:
        asked.append(question)
        return "yes"

    state = bench.go([note("a"), DONE], resume=True, approval_handler=handler)
    assert (state.stop_reason, bench.noted, len(asked)) == ("done", ["a"], 1)


# ── questions ─────────────────────────────────────────────────────────────────────────────────────


class AsksFirst:
    def pre_dispatch(self, state: Any, log: Any, call: ToolCall, number: int) -> Any:
        return HookDecision(permission="ask", block="it matters") if call.tool == "note" else None


@pytest.mark.parametrize("said", ["yes", "no"])
def test_a_run_stops_at_a_question_and_goes_on_with_the_answer(bench: Bench, said: str) -> None:
    script = [note("a"), DONE]
    state = bench.go(script, hooks=[AsksFirst()])
    assert state.stop_reason == "waiting"
    assert state.stop_message == "Allow note(text=a)? (it matters)"
    assert state.question["args"] == {"text": "a"}
    assert state.steps == []
    saved = FileCheckpointStore(bench.folder).load()
    assert saved.question is not None and saved.question["question"] == state.stop_message
    state = bench.go(script, resume=True, hooks=[AsksFirst()], answer=said)
    assert state.stop_reason == "done"
    assert bench.noted == (["a"] if said == "yes" else [])
    assert state.steps[0].tool_result.ok is (said == "yes")


def test_a_handler_that_raises_later_postpones_without_a_checkpoint_too() -> None:
    def handler(question: str, options: list[str]) -> str:
        raise Later

    state = DefaultState(5)
    tools = tools_from([], include_done=True)
    config = LoopConfig(approval_handler=handler)
    hook = type("Ask", (), {"pre_dispatch": lambda *_: HookDecision(permission="ask")})()
    llm = MockLLMBackend([DONE])
    list(composable_loop(llm, "t", tools, hooks=[hook], config=config, state=state))
    assert state.stop_reason == "waiting"
    assert state.question is not None and state.question["tool"] == "done"


def test_a_tool_that_asks_is_made_again_when_there_is_an_answer(bench: Bench) -> None:
    began = []

    def careful(ctx: Any) -> str:
        began.append(1)
        return "done it" if ctx.approve("Really?") else "left it"

    tools = tools_from([careful], include_done=True)
    script = [{"tool": "careful", "args": {}}, DONE]
    state = bench.go(script, tools=tools)
    assert (state.stop_reason, state.question["question"]) == ("waiting", "Really?")
    state = bench.go(script, tools=tools, resume=True, answer="yes")
    assert state.steps[0].tool_result.data == "done it"
    assert (state.stop_reason, len(began)) == ("done", 2)


def test_other_arguments_than_those_agreed_to_are_asked_about(bench: Bench) -> None:
    class Changes:
        def pre_dispatch(self, state: Any, log: Any, call: ToolCall, number: int) -> Any:
            changed = {"text": "what nobody has seen"}
            return HookDecision(updated_args=changed) if call.tool == "note" else None

    asked = []

    def handler(question: str, options: list[str]) -> str:
        asked.append(question)
        return "yes" if "text=a" in question else "no"

    bench.go([note("a"), DONE], hooks=[AsksFirst(), Changes()], approval_handler=handler)
    assert asked == [
        "Allow note(text=a)? (it matters)",
        "Allow note(text=what nobody has seen)? (it matters)",
    ]
    assert bench.noted == []


def test_a_question_shows_all_of_the_arguments(bench: Bench) -> None:
    """Or what matters could stand where nobody sees it."""
    hidden = f"ls{' ' * 500}; rm -rf ~"
    state = bench.go([note(hidden), DONE], hooks=[AsksFirst()])
    assert state.question["question"] == f"Allow note(text={hidden})? (it matters)"


def test_a_question_says_how_much_it_does_not_show(bench: Bench) -> None:
    state = bench.go([note("x" * 20_000), DONE], hooks=[AsksFirst()])
    assert "x… (10005 more characters))? (it matters)" in state.question["question"]


def test_the_same_id_in_a_later_turn_does_not_inherit_an_approval(bench: Bench) -> None:
    """Providers use ids again; what a human allowed was one call."""
    call = ToolCall("note", {"text": "a"}, "", "same_id")
    script = [Reply("", [call]), Reply("", [call]), DONE]
    bench.go(script, hooks=[AsksFirst()])
    state = bench.go(script, resume=True, hooks=[AsksFirst()], answer="yes")
    assert state.stop_reason == "waiting"
    assert bench.noted == ["a"]


def test_an_answer_is_to_the_question_that_was_told(bench: Bench) -> None:
    """Calls that run at the same time can each ask; a yes to one is none to the other."""
    allowed: list[str] = []

    def asks(name: str) -> Any:
        def ask(ctx: Any) -> None:
            if ctx.approve(f"{name}?"):
                allowed.append(name)

        return ToolSpec(name, execute=ask, concurrent_safe=True)

    tools = tools_from([asks("read"), asks("delete")], include_done=True)
    script = [[{"tool": "read", "args": {}}, {"tool": "delete", "args": {}}], DONE]
    told = []
    state = bench.go(script, tools=tools)
    for answer in ("yes", "no"):
        told.append(state.question["question"])
        assert FileCheckpointStore(bench.folder).load().question == state.question
        state = bench.go(script, tools=tools, resume=True, answer=answer)
    assert (state.stop_reason, told, allowed) == ("done", ["read?", "delete?"], ["read"])


def test_a_tool_that_asks_the_same_twice_needs_two_answers(bench: Bench) -> None:
    heard: list[bool] = []

    def careful(ctx: Any) -> None:
        heard[:] = [ctx.approve("Delete the next one?") for _ in range(2)]

    tools = tools_from([careful], include_done=True)
    script = [{"tool": "careful", "args": {}}, DONE]
    bench.go(script, tools=tools)
    assert bench.go(script, tools=tools, resume=True, answer="yes").stop_reason == "waiting"
    state = bench.go(script, tools=tools, resume=True, answer="no")
    assert (state.stop_reason, heard) == ("done", [True, False])


def test_without_a_checkpoint_and_a_handler_a_question_is_a_denial() -> None:
    state = DefaultState(5)

    def act() -> int:
        raise AssertionError("it must not run")

    tools = tools_from([act], include_done=True)
    hook = type("Ask", (), {"pre_dispatch": lambda *_: HookDecision(permission="ask")})()
    llm = MockLLMBackend([{"tool": "act", "args": {}}])
    list(composable_loop(llm, "t", tools, hooks=[hook], state=state, max_steps=2))
    assert {step.tool_result.error_detail.kind for step in state.steps} == {"denied"}


def test_no_answer_to_a_run_that_asks_nothing(bench: Bench) -> None:
    bench.go([note("a"), DONE], leave_after=1)
    with pytest.raises(ValueError, match="not waiting"):
        FileCheckpointStore(bench.folder).load().answer("yes")


# ── what is refused ───────────────────────────────────────────────────────────────────────────────


def test_a_new_run_in_a_used_folder_is_refused(bench: Bench) -> None:
    bench.go([note("a"), DONE])
    with pytest.raises(CheckpointError, match="already is a run in it") as raised:
        bench.go([note("a"), DONE])
    assert raised.value.kind == "used"
    assert bench.state.stop_reason == "checkpoint_error"
    assert bench.noted == ["a"]


def test_another_agent_is_refused_with_the_difference(bench: Bench) -> None:
    bench.go([note("a"), DONE], leave_after=1)
    bench.config = {}

    def note_(text: str, loud: bool = False) -> str:
        return text

    note_.__name__ = "note"
    with pytest.raises(CheckpointError, match=r"tools\.note\.description was") as raised:
        bench.go([note("a"), DONE], resume=True, tools=tools_from([note_], include_done=True))
    assert raised.value.kind == "changed"
    with pytest.raises(CheckpointError, match=r"tools\.done is gone"):
        bench.go([note("a"), DONE], resume=True, tools=tools_from([note_]))


def test_a_folder_without_a_run(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="no run is saved here") as raised:
        FileCheckpointStore(tmp_path).load()
    assert raised.value.kind == "nothing"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{",
        '{"looplet_run": 1}',
        "\x00",
        '{"looplet_run": 1, "made_of": {}, "host": "x"}',
    ],
)
def test_a_folder_with_something_else(tmp_path: Path, text: str) -> None:
    (tmp_path / "run.json").write_text(text)
    with pytest.raises(CheckpointError) as raised:
        FileCheckpointStore(tmp_path).load()
    assert raised.value.kind == "damaged"


def test_a_run_of_a_newer_form(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text('{"looplet_run": 2, "version": "9.9", "made_of": {}}')
    with pytest.raises(CheckpointError, match=r"looplet 9\.9") as raised:
        FileCheckpointStore(tmp_path).load()
    assert raised.value.kind == "newer"


def test_an_entry_that_makes_no_sense(bench: Bench) -> None:
    from looplet.checkpoint.journal import Journal

    bench.go([note("a"), DONE], leave_after=1)
    path = bench.folder / "journal.jsonl"
    journal = Journal(str(path), path.stat().st_size)
    journal.append({"is": "nonsense"})
    journal.close()
    with pytest.raises(CheckpointError, match="makes no sense"):
        FileCheckpointStore(bench.folder).load()


def test_a_run_that_went_on_since_it_was_loaded(bench: Bench) -> None:
    bench.go([note("a"), DONE], leave_after=1)
    saved = FileCheckpointStore(bench.folder).load()
    bench.go([note("a"), DONE], resume=True)
    with pytest.raises(CheckpointError, match="went on since"):
        bench.go([note("a"), DONE], initial_checkpoint=saved, resume=False)


def test_two_at_once_the_second_is_refused(bench: Bench) -> None:
    tools = bench.tools()
    config = LoopConfig(checkpoint_dir=bench.folder)
    first = composable_loop(MockLLMBackend([note("a"), DONE]), "t", tools, config=config)
    next(first)
    with pytest.raises(CheckpointError, match=f"the process {os.getpid()} is running") as raised:
        bench.go([note("a"), DONE], resume=True)
    assert raised.value.kind == "locked"
    first.close()
    assert bench.go([note("a"), DONE], resume=True).stop_reason == "done"


def test_a_finished_run_has_its_result(bench: Bench) -> None:
    bench.go([note("a"), DONE])
    saved = FileCheckpointStore(bench.folder).load()
    assert saved.is_finished
    assert saved.final_output == {"summary": "all of it"}
    assert [step.tool_call.tool for step in saved.all_steps()] == ["note", "done"]
    state = bench.go([DONE], resume=True)
    assert (state.final_output, len(state.steps), bench.llm.calls) == (saved.final_output, 2, 2)


def test_what_no_step_carries_is_spent_all_the_same(bench: Bench) -> None:
    """A compaction asks the model, and then the turn that it made room for fails."""

    class Asks:
        def compact(self, state: Any, number: int) -> Any:
            if number == 2:
                yield [{"role": "user", "content": "shorten it"}]
            return None

    class Model:
        asked = 0

        def generate(self, messages: Any, *, tools: Any) -> Reply:
            self.asked += 1
            if self.asked == 3:
                raise TimeoutError
            return Reply("", [ToolCall("note", {"text": "a"})], Usage(10**self.asked, 0))

    state = DefaultState(5)
    config = LoopConfig(checkpoint_dir=bench.folder)
    with pytest.raises(TimeoutError):
        for _ in composable_loop(
            Model(), "t", bench.tools(), hooks=[Asks()], state=state, config=config
        ):
            pass
    assert state.usage.input_tokens == 110
    assert FileCheckpointStore(bench.folder).load().usage == state.usage


@pytest.mark.parametrize("after", [{"is": "resume"}, {"is": "end", "reason": "interrupted"}])
def test_a_finished_run_stays_finished(bench: Bench, after: dict[str, Any]) -> None:
    """Also if the process ends just after the step was saved, or when it is looked at again."""
    from looplet.checkpoint.journal import Journal

    bench.go([note("a"), DONE])
    bench.cut(len(bench.entries()) - 1)  # without its own `end`
    path = bench.folder / "journal.jsonl"
    journal = Journal(str(path), path.stat().st_size)
    journal.append(after)
    journal.close()
    saved = FileCheckpointStore(bench.folder).load()
    assert saved.is_finished and saved.final_output == {"summary": "all of it"}
    state = bench.go([note("a"), DONE], resume=True)
    assert (state.stop_reason, len(state.steps), bench.noted) == ("done", 2, ["a"])


# ── what cannot be saved ──────────────────────────────────────────────────────────────────────────


def test_what_is_saved_is_for_the_owner_alone(bench: Bench) -> None:
    """Also in a folder that was there before, in which somebody has laid a trap."""
    bench.folder.mkdir(mode=0o755)
    victim = bench.folder.parent / "victim"
    victim.write_text("mine")
    (bench.folder / "run.json.new").symlink_to(victim)
    bench.go([note("a"), DONE])
    assert victim.read_text() == "mine"
    for name in ("run.json", "journal.jsonl", "lock"):
        assert stat.S_IMODE((bench.folder / name).stat().st_mode) == 0o600, name


def test_a_lock_that_leads_elsewhere_changes_nothing_there(bench: Bench) -> None:
    bench.folder.mkdir()
    victim = bench.folder.parent / "victim"
    victim.write_text("mine")
    (bench.folder / "lock").symlink_to(victim)
    with pytest.raises(CheckpointError, match="cannot be saved"):
        bench.go([note("a"), DONE])
    assert (victim.read_text(), bench.noted) == ("mine", [])


def test_a_file_system_without_locks_is_not_another_process(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_locks(*_: Any) -> None:
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr("looplet.checkpoint.lock._take", no_locks)
    with pytest.raises(CheckpointError, match="Operation not supported") as raised:
        bench.go([note("a"), DONE])
    assert raised.value.kind == "unwritable"


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes everywhere")
def test_a_folder_that_cannot_be_written(bench: Bench) -> None:
    bench.folder.parent.chmod(stat.S_IRUSR | stat.S_IXUSR)
    try:
        with pytest.raises(CheckpointError, match="cannot be saved"):
            bench.go([note("a"), DONE])
    finally:
        bench.folder.parent.chmod(stat.S_IRWXU)
    assert bench.noted == []


def test_a_file_in_the_place_of_the_folder(bench: Bench) -> None:
    bench.folder.write_text("")
    with pytest.raises(CheckpointError, match="cannot be saved") as raised:
        bench.go([note("a"), DONE])
    assert raised.value.kind == "unwritable"
    assert bench.noted == []


def test_a_disk_that_is_full_stops_the_run_and_loses_nothing(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = os.write
    script = [note("a"), note("b"), note("c"), DONE]
    for room in range(1, 12):
        bench.folder = bench.folder.parent / f"room{room}"
        bench.noted = []
        left = [room]

        def full(file: int, data: Any, left: list[int] = left) -> int:
            if left[0] <= 0:
                raise OSError(28, "No space left on device")
            left[0] -= 1
            return write(file, data)

        with monkeypatch.context() as patch:
            patch.setattr("looplet.checkpoint.journal.os.write", full)
            with pytest.raises(CheckpointError, match="No space left on device"):
                bench.go(script)
        assert bench.state.stop_reason == "checkpoint_error"
        # Every call that ran is in the state, and the rest of the run can be done elsewhere.
        ran = [s for s in bench.state.steps if s.tool_result.ok]
        assert [s.tool_call.args["text"] for s in ran] == bench.noted
        state = bench.go(script, resume=True, in_flight="skip")
        assert state.stop_reason == "done"
        assert len(bench.noted) == len(set(bench.noted))


def test_a_state_that_json_cannot_hold_is_named(bench: Bench) -> None:
    class Bad:
        def post_dispatch(self, state: Any, *_: Any) -> None:
            state.metadata["x"] = {1, 2}

    with pytest.raises(CheckpointError, match=r"state\.metadata has a state .* `x`"):
        bench.go([note("a"), DONE], hooks=[Bad()])
    assert len(bench.state.steps) == 1


def test_a_task_that_json_cannot_hold(bench: Bench) -> None:
    with pytest.raises(CheckpointError, match="set"):
        bench.go([DONE], task={"goal": {1}})


# ── who blocks or raises ──────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "method",
    [
        "pre_loop",
        "pre_prompt",
        "pre_dispatch",
        "post_dispatch",
        "check_done",
        "should_stop",
        "on_event",
        "on_loop_end",
        "save_state",
        "compact",
    ],
)
def test_a_hook_that_raises_cannot_corrupt_the_run(bench: Bench, method: str) -> None:
    whole = Bench(bench.folder.parent / "whole", is_async=bench.is_async)
    expected = whole.go(SCRIPT)
    calls = [0]
    for at in range(1, 20):
        bench.folder = bench.folder.parent / f"{method}{at}"
        bench.noted = []
        calls[0] = 0

        def raises(*_: Any, at: int = at) -> None:
            calls[0] += 1
            if calls[0] == at:
                raise RuntimeError("a broken hook")

        hook = type("Broken", (), {method: staticmethod(raises)})()
        try:
            bench.go(SCRIPT, hooks=[hook])
        except RuntimeError as error:
            assert str(error) == "a broken hook"
            state = bench.go(SCRIPT, resume=True)
        else:
            state = bench.state
        if not FileCheckpointStore(bench.folder).load().is_finished:
            raise AssertionError
        if state.steps:
            assert outline(state) == outline(expected)
        assert bench.noted == whole.noted
        if calls[0] < at:
            break


def test_an_approval_handler_that_raises_cannot_corrupt_the_run(bench: Bench) -> None:
    def broken(question: str, options: list[str]) -> str:
        raise RuntimeError("a broken handler")

    script = [note("a"), DONE]
    with pytest.raises(RuntimeError):
        bench.go(script, hooks=[AsksFirst()], approval_handler=broken)
    assert bench.state.stop_reason == "approval_error"
    state = bench.go(script, resume=True, hooks=[AsksFirst()], approval_handler=lambda *_: True)
    assert (state.stop_reason, bench.noted) == ("done", ["a"])


def test_a_model_error_is_still_one(bench: Bench) -> None:
    with pytest.raises(ModelError):
        bench.go([note("a")])
    assert bench.state.stop_reason == "model_error"
    assert bench.go([note("a"), DONE], resume=True).stop_reason == "done"


def test_what_ran_beside_a_question_is_kept_when_the_question_cannot_be_saved(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two calls at once: one is done, one asks, and the disk is full just then."""
    from looplet.checkpoint.recorder import Recorder

    def careful(ctx: Any) -> bool:
        return bool(ctx.approve("Really?"))

    def quick() -> int:
        return 3

    specs = [ToolSpec(f.__name__, "", {}, f, concurrent_safe=True) for f in (quick, careful)]

    def full(self: Recorder, asked: Any, postponed: bool) -> None:
        raise CheckpointError("unwritable", "No space left on device")

    monkeypatch.setattr(Recorder, "question", full)
    with pytest.raises(CheckpointError):
        bench.go(
            [[{"tool": "quick", "args": {}}, {"tool": "careful", "args": {}}], DONE],
            tools=tools_from(specs, include_done=True),
        )
    assert [step.tool_result.data for step in bench.state.steps] == [3]
    assert bench.state.stop_reason == "checkpoint_error"
