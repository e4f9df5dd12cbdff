"""A run that was cut off goes on with what its hooks had counted and shortened."""

from pathlib import Path
from typing import Any

from loop_doubles import Go

from looplet import BudgetCap, FileCheckpointStore, LoopConfig, Reply, ToolCall, Usage
from looplet.builtin_hooks import PerToolLimit, Stagnation, StaticBriefing, ThresholdCompact
from looplet.tokens import Window, estimated_tokens


def read(n: int) -> str:
    """Read a file."""
    return f"{n} " + "x" * 900


class Reader:
    """Reads the next file, whichever that is; `seen` are the sizes of the questions."""

    def __init__(self, last: int, usage: Usage | None = None) -> None:
        self.last = last
        self.usage = usage
        self.seen: list[int] = []

    def generate(self, messages: list[dict[str, Any]], *, tools: Any) -> Reply:
        self.seen.append(sum(map(estimated_tokens, messages)))
        done = [m for m in messages if m["role"] == "assistant"]
        number = done[-1]["tool_calls"][0]["args"]["n"] + 1 if done else 1
        usage = self.usage or Usage(self.seen[-1] + 100, 10)
        if number > self.last:
            return Reply("", [ToolCall("done", {"summary": "read"})], usage)
        return Reply("", [ToolCall("read", {"n": number})], usage)


class Clock:
    now = 0.0

    def __call__(self) -> float:
        self.now += 1
        return self.now


def hooks() -> list[Any]:
    return [
        BudgetCap(max_tokens=10**6, max_seconds=10_000, clock=Clock()),
        ThresholdCompact(context_window=2500),
        StaticBriefing(text="Mind the files."),
        PerToolLimit(limits={"read": 1000}),
        Stagnation(),
    ]


def test_a_run_that_was_compacted_goes_on(go: Go, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    first = hooks()
    cut_off = go(
        Reader(60),
        [read],
        hooks=first,
        leave_after=30,
        config=LoopConfig(100, "the rules", checkpoint_dir=str(folder)),
    )
    assert cut_off.state.stop_reason == "stopped_by_caller" and first[1].compactions > 0

    again, llm = hooks(), Reader(60)
    saved = FileCheckpointStore(folder).load()
    run = go(
        llm,
        [read],
        hooks=again,
        config=LoopConfig(100, "the rules", checkpoint_dir=str(folder), initial_checkpoint=saved),
    )
    assert run.error is None and run.state.stop_reason == "done"
    assert [s.tool_call.args.get("n") for s in run.state.steps] == [*range(1, 61), None]
    assert max(llm.seen) <= 2500
    assert again[0].used("tokens") == run.state.usage.total_tokens > 60_000
    assert again[0].used("seconds") > first[0].used("seconds") - 2
    assert again[1].compactions > first[1].compactions
    assert again[3].counts == {"read": 60}
    assert [m["content"] for m in run.state.conversation[:2]] == ["the rules", "the task"]
    briefings = [m for m in run.state.conversation if m["content"] == "Mind the files."]
    assert len(briefings) <= 1 + 5, "those of compacted conversations are gone with them"


def test_a_budget_that_was_used_up_stays_so(go: Go, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    cap = BudgetCap(max_tokens=1000)
    config = LoopConfig(100, checkpoint_dir=str(folder))
    go(Reader(60, Usage(90, 10)), [read], hooks=[cap], leave_after=8, config=config)
    saved = FileCheckpointStore(folder).load()
    config = LoopConfig(100, checkpoint_dir=str(folder), initial_checkpoint=saved)
    llm = Reader(60, Usage(90, 10))
    run = go(llm, [read], hooks=[BudgetCap(max_tokens=1000)], config=config)
    assert run.state.stop_reason == "max_tokens" and len(run.state.steps) == 10


def test_what_was_learnt_of_the_window_is_kept(go: Go, tmp_path: Path) -> None:
    class Terse(Reader):
        """Reports three times as many tokens as the estimate says."""

        name = "terse"

        def generate(self, messages: list[dict[str, Any]], *, tools: Any) -> Reply:
            reply = super().generate(messages, tools=tools)
            return Reply(reply.text, reply.tool_calls, Usage(3 * self.seen[-1], 10))

    def config(**more: Any) -> LoopConfig:
        return LoopConfig(100, "the rules", checkpoint_dir=str(tmp_path / "run"), **more)

    learnt = []

    class Look:
        def pre_prompt(self, state: Any, log: Any, context: Any, number: int) -> None:
            state.window.used(state.conversation)
            learnt.append(state.window.scale)

    go(Terse(9), [read], hooks=[Look()], leave_after=5, config=config())
    assert learnt[0] == 1.0 and learnt[-1] > 2
    before = learnt[-1]
    learnt.clear()
    saved = FileCheckpointStore(tmp_path / "run").load()
    go(Terse(9), [read], hooks=[Look()], config=config(initial_checkpoint=saved))
    assert learnt[0] > 2 and abs(learnt[0] - before) < 0.5

    other = Window(1000, model="another")
    other.restore_state({"model": "terse", "scale": 3.0, "tokens": 500})
    assert other.save_state() is None, "it was learnt of another model"
    other.restore_state({"model": "another", "scale": 3.0, "tokens": 500})
    assert (other.scale, other.tokens) == (3.0, 500)
