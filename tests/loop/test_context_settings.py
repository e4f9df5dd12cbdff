"""The settings of LoopConfig about what a model is told, and how it is asked again."""

from pathlib import Path
from typing import Any

import pytest
from loop_doubles import Go, Script

from looplet import LoopConfig, MockLLMBackend, ModelError, Reply, ToolCall, Usage
from looplet.builtin_hooks import PersistResults

ADD = ("add", {"a": 1, "b": 2})
DONE = ("done", {"summary": "ok"})


def big(n: int) -> str:
    """Make a text."""
    return "x" * n


# ── a cut-off answer is gone on with ──────────────────────────────────────────────────────────────


def cut(text: str) -> Reply:
    return Reply(text, usage=Usage(100, 10), stop="length")


def test_an_answer_that_is_cut_off_is_gone_on_with(go: Go) -> None:
    llm = Script(
        cut('{"tool": "add", "args": {"a": 1'), Reply(', "b": 2}}', usage=Usage(120, 5)), DONE
    )
    run = go(llm, config=LoopConfig(max_turn_continuations=2))
    assert run.errors == [None, None] and run.data[0] == {"sum": 3}
    assert run.steps[0].usage == Usage(220, 15) == run.state.usage
    asked = llm.seen[1]
    assert [m["role"] for m in asked[-2:]] == ["assistant", "user"]
    assert "Go on exactly where it ends" in asked[-1]["content"]
    kept = run.state.conversation
    assert "cut off" not in str(kept), "the conversation has the answer in one, and no question"
    assert kept[1]["tool_calls"][0]["args"] == {"a": 1, "b": 2}


def test_it_is_gone_on_with_so_often_and_no_more(go: Go) -> None:
    llm = Script(cut("a"), cut("b"), cut("c"), DONE)
    run = go(llm, config=LoopConfig(max_turn_continuations=2))
    assert run.steps[0].tool_result.error_detail.kind == "cut_off"
    assert run.steps[0].tool_call.reasoning == "abc" and run.state.stop_reason == "done"
    assert len(llm.seen) == 4
    without = Script(cut("a"), DONE)
    assert go(without).steps[0].tool_call.reasoning == "a"


@pytest.mark.parametrize("reply", [cut(" "), Reply("", [ToolCall("add", {"a": 1})], stop="length")])
def test_what_cannot_be_gone_on_with_is_not(go: Go, reply: Reply) -> None:
    llm = Script(reply, DONE)
    assert go(llm, config=LoopConfig(max_turn_continuations=5)).state.stop_reason == "done"
    assert len(llm.seen) == 2


# ── another temperature, another model ────────────────────────────────────────────────────────────


class Warm(Script):
    def __init__(self, *entries: Any) -> None:
        super().__init__(*entries)
        self.temperatures: list[float | None] = []

    def generate(  # type: ignore[override]
        self, messages: Any, *, tools: Any, temperature: float | None = None
    ) -> Any:
        self.temperatures.append(temperature)
        return super().generate(messages, tools=tools)


def test_after_a_reply_that_cannot_be_used_the_temperature_is_another(go: Go) -> None:
    llm = Warm("no call", ADD, ("add", "no object"), DONE)
    llm.entries[2] = Reply("", [ToolCall("add", "{broken")])  # type: ignore[arg-type]
    go(llm, config=LoopConfig(temperature=0.7, recovery_temperature=0.0))
    assert llm.temperatures == [0.7, 0.0, 0.7, 0.0]
    llm = Warm("no call", DONE)
    go(llm, config=LoopConfig(temperature=0.7))
    assert llm.temperatures == [0.7, 0.7]


def test_a_router_chooses_the_model_of_each_turn(go: Go) -> None:
    usual, cheap = Script(ADD, DONE), Script(("add", {"a": 2, "b": 2}))

    def route(state: Any, step: int) -> Any:
        return cheap if step == 2 else None

    run = go(usual, config=LoopConfig(router=route))
    assert [data for data in run.data[:2]] == [{"sum": 3}, {"sum": 4}]
    assert len(usual.seen) == 2 and len(cheap.seen) == 1
    assert cheap.tools and cheap.seen[0][:1] == usual.seen[0][:1]

    class Router:
        def route(self, state: Any, step: int) -> Any:
            return cheap if step == 1 else None

    usual, cheap = Script(DONE), Script(ADD)
    assert go(usual, config=LoopConfig(router=Router())).state.stop_reason == "done"
    assert len(cheap.seen) == 1


def test_a_router_that_gives_no_model_ends_the_run_as_its_fault(go: Go) -> None:
    run = go(Script(ADD), config=LoopConfig(router=lambda state, step: "gpt"))
    assert run.state.stop_reason == "hook_error" and "llm is an object" in str(run.error)

    class Prompted:
        def generate(self, prompt: str) -> str:
            return ""

    run = go(Script(ADD), config=LoopConfig(router=lambda state, step: Prompted()))
    assert run.state.stop_reason == "hook_error" and "models of one kind" in str(run.error)

    def broken(state: Any, step: int) -> Any:
        raise KeyError("no")

    run = go(Script(ADD), config=LoopConfig(router=broken))
    assert run.state.stop_reason == "hook_error" and type(run.error) is KeyError


# ── what the model is told ────────────────────────────────────────────────────────────────────────


class Talker:
    def pre_prompt(self, *_: Any) -> str:
        return "word " * 100


def test_what_hooks_say_is_cut(go: Go) -> None:
    config = LoopConfig(max_briefing_tokens=10)
    run = go(Script(DONE), hooks=[Talker(), Talker()], config=config)
    said = run.state.conversation[1]["content"]
    assert said.endswith("… [cut at 10 tokens]") and len(said) < 70
    whole = go(Script(DONE), hooks=[Talker(), Talker()]).state.conversation[1]["content"]
    assert len(whole) == 1002


def test_results_together_are_held_to_a_length(go: Go) -> None:
    llm = Script(*[("big", {"n": 900})] * 9, DONE)
    run = go(llm, [big], config=LoopConfig(context_window_total_chars=3000))
    assert run.state.stop_reason == "done"
    for messages in llm.seen:
        assert sum(len(m["content"]) for m in messages if m["role"] == "tool") <= 3000
    assert all(len(step.tool_result.data) == 900 for step in run.steps[:-1]), "steps stay whole"


def test_long_results_are_kept_in_files(go: Go, tmp_path: Path) -> None:
    folder = tmp_path / "results"
    config = LoopConfig(context_inline_per_step_chars=100, tool_result_persist_dir=str(folder))
    run = go(Script(("big", {"n": 500}), ("big", {"n": 100}), DONE), [big], config=config)
    (file,) = folder.iterdir()
    assert file.name == "000001-big.txt" and file.read_text() == "x" * 500
    assert [step.tool_result.result_key for step in run.steps] == [str(file), None, None]
    message = run.state.conversation[2]
    assert message["kept_in"] == str(file)
    assert (
        message["content"]
        == f"{'x' * 100}… (400 more characters, not shown; all of it is in {file})"
    )
    assert "kept_in" not in run.state.conversation[4]


def test_a_folder_that_cannot_be_written_is_a_warning(go: Go, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    config = LoopConfig(
        context_inline_per_step_chars=100, tool_result_persist_dir=str(tmp_path / "file" / "below")
    )
    run = go(Script(("big", {"n": 500}), DONE), [big], config=config)
    assert run.state.stop_reason == "done"
    assert run.steps[0].tool_result.warnings == [
        "the whole result could not be kept: Not a directory"
    ]
    assert "warning: the whole result could not be kept" in run.state.conversation[2]["content"]


def test_a_tools_name_leads_nowhere_else(tmp_path: Path) -> None:
    from looplet import ToolResult

    hook = PersistResults(tmp_path / "r", 1)
    result = ToolResult("x", data="long")
    hook.post_dispatch(None, None, ToolCall("../../etc/passwd\n"), result, 3)
    assert [path.name for path in (tmp_path / "r").iterdir()] == ["000003-______etc_passwd_.txt"]


@pytest.mark.parametrize(
    "fields",
    [
        {"max_turn_continuations": -1},
        {"max_turn_continuations": True},
        {"reactive_recovery": "no"},
        {"router": 3},
        {"max_briefing_tokens": 0},
        {"context_window_total_chars": "9"},
        {"recovery_temperature": "hot"},
        {"tool_result_persist_dir": 3},
        {"tool_result_persist_dir": ""},
    ],
)
def test_what_a_setting_cannot_be_is_an_error(fields: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(fields))):
        LoopConfig(**fields)


# ── both drivers do the same ──────────────────────────────────────────────────────────────────────


def test_one_model_that_fails_otherwise_is_not_asked_again(go: Go) -> None:
    llm = Script(ModelError("server", "500"), DONE)
    run = go(llm)
    assert run.state.stop_reason == "model_error" and len(llm.seen) == 1


def test_a_script_runs_with_every_setting_on(go: Go, tmp_path: Path) -> None:
    script = [{"tool": "add", "args": {"a": n, "b": n}} for n in range(30)]
    llm = MockLLMBackend([*script, {"tool": "done", "args": {"summary": "ok"}}], cycle=False)
    config = LoopConfig(
        50,
        "the rules",
        context_window=300,
        compact_service=["prune", "summarise", "truncate"],
        context_window_total_chars=500,
        tool_result_persist_dir=str(tmp_path),
        max_briefing_tokens=50,
        recovery_temperature=0.1,
        max_turn_continuations=1,
        router=lambda state, step: None,
    )
    events = []
    run = go(llm, config=config, stream=events.append)
    assert run.state.stop_reason == "done" and len(run.steps) == 31
    told = [event.data["how"] for event in events if event.event == "compacted"]
    # A script has replies for turns only: none is lost to a question for a summary.
    assert told and all(how.startswith("truncate (instead of a summary)") for how in told)
