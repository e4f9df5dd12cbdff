"""The builtin hooks do what their docstrings say, in a run."""

from pathlib import Path
from typing import Any

import pytest
from loop_doubles import Go, Script

from looplet import ToolCall, ToolResult, ToolSpec
from looplet.builtin_hooks import (
    BUILTIN_HOOKS,
    PerToolLimit,
    RecoveryHint,
    SkillActivation,
    Stagnation,
    StaticBriefing,
    ThresholdCompact,
    builtin_hook,
    builtin_hooks,
)

ADD = ("add", {"a": 1, "b": 2})
OTHER = ("add", {"a": 2, "b": 2})
OTHER2 = ("add", {"a": 3, "b": 2})
DONE = ("done", {"summary": "ok"})


def notes(run: Any) -> list[str]:
    """What the model was told besides the task."""
    users = [m["content"] for m in run.state.conversation if m["role"] == "user"]
    return users[1:]


def test_stagnation_nudges_then_stops(go: Go) -> None:
    run = go(Script(*[ADD] * 9), hooks=[Stagnation(threshold=2, stop_after=5)])
    assert len(run.steps) == 5 and run.state.stop_reason == "stagnation"
    assert "the same call (add) 5 times in a row" in run.state.stop_message
    assert [text.split(" times")[0] for text in notes(run)] == [
        "You have made the same call 2",
        "You have made the same call 4",
    ]


def test_stagnation_sees_other_calls_and_ignores_what_it_should(go: Go) -> None:
    hook = Stagnation(threshold=2)
    assert notes(go(Script(ADD, OTHER, ADD, OTHER2, DONE), hooks=[hook])) == []
    assert (
        notes(go(Script(ADD, ADD, DONE), hooks=[Stagnation(threshold=2, ignore_tools=["add"])]))
        == []
    )
    assert len(notes(go(Script(ADD, ADD, DONE), hooks=[hook]))) == 1, "a new run starts anew"


def test_stagnation_sees_two_calls_that_take_turns(go: Go) -> None:
    run = go(Script(*[ADD, OTHER] * 5), hooks=[Stagnation(threshold=3, stop_after=4)])
    assert notes(run) == [
        "You have made the same round of 2 calls 3 times with the same outcome. "
        "Do something else, or finish."
    ]
    assert len(run.steps) == 8 and run.state.stop_reason == "stagnation"
    alone = go(Script(*[ADD, OTHER] * 4, DONE), hooks=[Stagnation(longest_round=1)])
    assert notes(alone) == []
    longer = go(Script(*[ADD, OTHER, OTHER2] * 3, DONE), hooks=[Stagnation(longest_round=3)])
    assert "round of 3 calls 3 times" in notes(longer)[0]


def test_a_round_of_the_same_call_is_told_once(go: Go) -> None:
    run = go(Script(*[ADD] * 6, DONE), hooks=[Stagnation(threshold=3, longest_round=4)])
    assert [text.split(" with")[0] for text in notes(run)] == [
        "You have made the same call 3 times",
        "You have made the same call 6 times",
    ]


def test_per_tool_limit_refuses_the_next_call(go: Go) -> None:
    hook = PerToolLimit(limits={"add": 1}, default_limit=9)
    for _ in range(2):
        run = go(Script(ADD, ADD, DONE), hooks=[hook])
        assert run.errors == [
            None,
            "blocked: `add` was called 1 times, its limit. Do it another way.",
            None,
        ]


def test_static_briefing_is_said_once_or_every_so_often(go: Go, tmp_path: Path) -> None:
    file = tmp_path / "b.md"
    file.write_text("B")
    assert notes(go(Script(ADD, ADD, DONE), hooks=[StaticBriefing(path=str(file))])) == ["B"]
    assert notes(go(Script(ADD, ADD, DONE), hooks=[StaticBriefing(text="B", every=2)])) == [
        "B",
        "B",
    ]


def test_recovery_hint_follows_failures(go: Go) -> None:
    bad = ("add", {})
    assert notes(go(Script(ADD, bad, ADD, DONE), hooks=[RecoveryHint(text="H")])) == ["H"]
    hook = RecoveryHint(text="H", after=2)
    assert notes(go(Script(bad, ADD, bad, bad, DONE), hooks=[hook])) == ["H"]


def test_threshold_compact_keeps_a_long_run_inside_the_window(go: Go) -> None:
    from looplet.tokens import estimated_tokens

    hook = ThresholdCompact(context_window=2000, keep_recent=3)
    sizes: list[int] = []

    class Sizes:
        def on_event(self, event: Any) -> None:
            if event.event == "model_start":
                sizes.append(sum(map(estimated_tokens, llm.seen[-1] if llm.seen else [])))

    tool = ToolSpec("read", "", {"n": "int"}, lambda n: f"{n} " + "x" * 300)
    llm = Script(*[("read", {"n": n}) for n in range(200)], DONE)
    run = go(
        llm, [tool], "the task", hooks=[hook, Sizes()], max_steps=300, system_prompt="the rules"
    )
    assert run.state.stop_reason == "done" and len(run.state.steps) == 201
    assert hook.compactions > 3 and max(sizes) < 2000
    last = llm.seen[-1]
    assert [m["content"] for m in last[:2]] == ["the rules", "the task"]
    assert "read(n=" in last[2]["content"]
    for index, message in enumerate(last):
        if message["role"] == "tool":
            before = [c["call_id"] for m in last[:index] for c in m.get("tool_calls", ())]
            assert message["call_id"] in before, "no result without its call"


def test_skill_activation_lists_skills_and_gives_the_one_asked_for(go: Go) -> None:
    skills = {
        "pdf": "---\nname: pdf\ndescription: 'Reads PDFs'\n---\nUse pdftotext.",
        "x": "# Plain\nDo x.",
    }
    tool = ToolSpec("activate_skill", "", {"name": "str"}, lambda name: "active")
    script = Script(("activate_skill", {"name": "pdf"}), ("activate_skill", {"name": "pdf"}), DONE)
    run = go(script, [tool], hooks=[SkillActivation(skills=skills)])
    assert notes(run) == [
        "Skills, each activated with `activate_skill`:\n- pdf: Reads PDFs\n- x: Plain",
        "The skill pdf:\n\nUse pdftotext.",
    ]


def test_the_names_are_those_of_the_format() -> None:
    assert sorted(BUILTIN_HOOKS) == [
        "budget_cap",
        "per_tool_limit",
        "recovery_hint",
        "skill_activation",
        "stagnation",
        "static_briefing",
        "threshold_compact",
    ]


def test_hooks_are_made_from_config() -> None:
    read = {"prompts/b.md": "B"}.__getitem__
    entries = [
        "stagnation",
        {"static_briefing": {"path": "prompts/b.md"}},
        {"threshold_compact": None},
    ]
    made: list[Any] = builtin_hooks(entries, read=read)
    assert [type(hook).__name__ for hook in made] == [
        "Stagnation",
        "StaticBriefing",
        "ThresholdCompact",
    ]
    assert made[1].text == "B"


@pytest.mark.parametrize(
    ("name", "kwargs"),
    [
        ("stagnaton", {}),
        ("stagnation", {"treshold": 3}),
        ("stagnation", {"threshold": 1}),
        ("stagnation", {"threshold": "3"}),
        ("stagnation", {"stop_after": True}),
        ("per_tool_limit", {"limits": {"add": -1}}),
        ("per_tool_limit", {"default_limit": 2.5}),
        ("static_briefing", {}),
        ("static_briefing", {"text": "a", "path": "b"}),
        ("static_briefing", {"text": " "}),
        ("recovery_hint", {}),
        ("threshold_compact", {"threshold": 80}),
        ("threshold_compact", {"threshold": True}),
        ("threshold_compact", {"keep_recent": 0}),
        ("skill_activation", {}),
    ],
)
def test_what_a_builtin_hook_cannot_be_is_an_error(name: str, kwargs: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        builtin_hook(name, kwargs)


@pytest.mark.parametrize("entry", [3, {}, {"a": {}, "b": {}}, None])
def test_an_entry_is_a_name_or_one_name_with_keywords(entry: Any) -> None:
    with pytest.raises(ValueError, match="builtin hook"):
        builtin_hooks([entry])


def test_a_limit_warns_once_and_may_end_the_run(go: Go) -> None:
    hook = PerToolLimit(limits={"add": 5}, stop_after=2)
    run = go(Script(*[ADD] * 9), hooks=[hook, Stagnation(threshold=99)])
    assert notes(run) == ["1 call of `add` is left, of 5: use it well."]
    assert run.state.stop_reason == "per_tool_limit" and len(run.steps) == 7
    assert "2 calls beyond a limit, the last one of add (limit 5)" in run.state.stop_message
    last = go(Script(ADD, DONE), hooks=[PerToolLimit(limits={"add": 1})])
    assert notes(last) == ["`add` may be called no more: that was number 1 of 1."]
    assert notes(go(Script(ADD, DONE), hooks=[PerToolLimit(limits={"add": 1}, warn_at=None)])) == []


def test_a_limit_goes_on_counting_after_a_resume() -> None:
    first, again = PerToolLimit(default_limit=3), PerToolLimit(default_limit=3)
    first.counts["add"] = 3
    again.pre_loop(None, None, None)
    again.restore_state(first.save_state())
    decided = again.pre_dispatch(None, None, ToolCall("add"), 1)
    assert decided is not None and decided.block is not None


def test_stagnation_goes_on_counting_after_a_resume() -> None:
    again = Stagnation()
    result = ToolResult("add", data={"sum": 3})
    fresh = Stagnation()
    for _ in range(2):
        fresh.post_dispatch(None, None, ToolCall(*ADD), result, 1)
    again.pre_loop(None, None, None)
    again.restore_state(fresh.save_state())
    assert again.post_dispatch(None, None, ToolCall(*ADD), result, 3) is not None
