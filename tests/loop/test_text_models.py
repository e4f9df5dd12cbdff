"""Models that only know `generate(prompt, …) -> str`: what they are asked, and how much of it."""

import asyncio
import json
from typing import Any

import pytest
from loop_doubles import Go, Script, add

from looplet import LoopConfig, Reply, ToolCall, ToolSpec, async_composable_loop, composable_loop
from looplet.models.adapt import reply_from
from looplet.models.transcript import Transcript

ADD = '{"tool": "add", "args": {"a": 1, "b": 2}}'
DONE = '{"tool": "done", "args": {"summary": "ok"}}'


class Text:
    def __init__(self, *replies: str) -> None:
        self.replies = list(replies)
        self.asked: list[dict[str, Any]] = []

    def generate(
        self, prompt: str, *, max_tokens: int, system_prompt: str = "", temperature: float
    ) -> str:
        self.asked.append(
            {"prompt": prompt, "system": system_prompt, "max": max_tokens, "temp": temperature}
        )
        return self.replies.pop(0)


def test_the_prompt_has_the_task_the_steps_and_how_to_answer(go: Go) -> None:
    llm = Text("Hm.", ADD, DONE)
    run = go(llm, task="Add them.", system_prompt="Be brief.")
    assert run.state.stop_reason == "done"
    first, _, third = llm.asked
    assert first["system"].startswith("Be brief.\n\nTo act, answer with one JSON object")
    assert '- add: Add two numbers.\n  parameters: {"type": "object"' in first["system"]
    assert first["prompt"] == "TASK: Add them.\n\nYour next action, as one JSON object:"
    assert (first["max"], first["temp"]) == (4096, 0.2), "it insists on them, and nobody set them"
    assert third["prompt"].split("\n\n")[1:] == [
        "YOU: Hm.",
        'NOTE: error: the reply has no tool call. Answer with one JSON object, {"tool": …, '
        '"args": {…}}. The tools are: add, done',
        "YOU: " + ADD,
        'RESULT of add: {"sum": 3}',
        "Your next action, as one JSON object:",
    ]


def test_what_was_set_is_handed_on(go: Go) -> None:
    llm = Text(DONE)
    go(llm, config=LoopConfig(temperature=0.0, max_tokens=7))
    assert (llm.asked[0]["max"], llm.asked[0]["temp"]) == (7, 0.0)


def test_a_generate_of_one_argument_is_enough(go: Go) -> None:
    class Bare:
        def __init__(self) -> None:
            self.prompts: list[str] = []

        def generate(self, prompt: str) -> str:
            self.prompts.append(prompt)
            return DONE

    llm = Bare()
    run = go(llm, system_prompt="Be brief.", config=LoopConfig(temperature=1.0))
    assert run.state.stop_reason == "done" and llm.prompts[0].startswith("Be brief.")


def test_generate_with_tools_is_used_unless_it_is_turned_off(go: Go) -> None:
    class Both(Text):
        def generate_with_tools(self, prompt: str, *, tools: Any, **_: Any) -> Any:
            self.tools = tools
            return [
                {"type": "text", "text": "I add."},
                {"type": "tool_use", "id": "t1", "name": "done", "input": {"summary": "ok"}},
            ]

    llm = Both(DONE)
    run = go(llm)
    assert [tool["name"] for tool in llm.tools] == ["add", "done"] and "input_schema" in llm.tools[
        0
    ]
    assert run.steps[0].tool_call.call_id == "t1" and run.steps[0].tool_call.reasoning == "I add."
    run = go(llm, config=LoopConfig(use_native_tools=False))
    assert len(llm.asked) == 1 and run.state.stop_reason == "done"


def test_a_native_model_can_be_asked_in_text(go: Go) -> None:
    llm = Script(DONE)
    go(llm, config=LoopConfig(use_native_tools=False))
    assert llm.tools == []
    assert "To act, answer with one JSON object" in llm.seen[0][0]["content"]


def test_the_prompt_does_not_grow_with_the_run(go: Go) -> None:
    llm = Text(*[ADD] * 300, DONE)
    go(
        llm,
        max_steps=400,
        task="the task",
        config=LoopConfig(max_steps=400, context_window_steps=5),
    )
    sizes = [len(asked["prompt"]) for asked in llm.asked]
    assert max(sizes[20:]) - min(sizes[20:]) < 10
    last = llm.asked[-1]["prompt"]
    assert last.startswith("TASK: the task\n\n(590 earlier messages are left out)\n\n")
    assert last.count("YOU:") == 5


def test_the_prompt_fits_the_window() -> None:
    messages = [{"role": "user", "content": "task"}]
    messages += [{"role": "user", "content": str(n) * 100} for n in range(9)]
    _, prompt = Transcript(100, 350, ending="Next:").prompt(messages)
    assert prompt.startswith("TASK: task") and "8" * 100 in prompt and "5" * 100 not in prompt
    _, prompt = Transcript(100, 1, ending="Next:").prompt(messages)
    assert "8" * 100 in prompt, "the last message is always in"
    assert Transcript(5, 5, ending="Next:").prompt([]) == ("", "Next:")


def test_a_new_conversation_is_worded_anew() -> None:
    transcript = Transcript(2, 10_000, ending="Next:")
    messages = [{"role": "user", "content": text} for text in "abcd"]
    expected = "TASK: a\n\n(1 earlier messages are left out)\n\nNOTE: c\n\nNOTE: d\n\nNext:"
    assert transcript.prompt(messages) == transcript.prompt(messages) == ("", expected)
    assert transcript.prompt(messages[:2]) == ("", "TASK: a\n\nNOTE: b\n\nNext:")
    messages.append({"role": "user", "content": "e"})
    assert transcript.prompt(messages)[1].endswith("NOTE: d\n\nNOTE: e\n\nNext:")


class AsyncNative:
    async def generate(self, messages: Any, *, tools: Any) -> Reply:
        await asyncio.sleep(0)
        return Reply("", [ToolCall("done", {"summary": "ok"})])


class AsyncText:
    async def generate(self, prompt: str) -> str:
        await asyncio.sleep(0)
        return DONE


@pytest.mark.parametrize("llm", [AsyncNative(), AsyncText()])
def test_an_async_model_is_for_the_async_driver(go: Go, llm: Any) -> None:
    run = go(llm)
    if run.error is None:
        assert run.state.stop_reason == "done"
    else:
        assert "this llm is async: run it with async_composable_loop" in str(run.error)
        assert run.state.stop_reason == "model_error"


def test_what_may_block_does_not_block_the_event_loop() -> None:
    import threading

    main = threading.get_ident()
    seen: dict[str, bool] = {}

    class Sync(Script):
        def generate(self, messages: Any, *, tools: Any) -> Any:
            seen["model"] = threading.get_ident() == main
            return super().generate(messages, tools=tools)

    def tool() -> None:
        seen["tool"] = threading.get_ident() == main

    async def run(llm: Any) -> dict[str, bool]:
        from looplet import done_tool, tools_from

        async for _ in async_composable_loop(llm, "t", tools_from([tool, done_tool()])):
            pass
        return dict(seen)

    turns = (("tool", {}), ("done", {"summary": "ok"}))
    assert asyncio.run(run(Sync(*turns))) == {"model": False, "tool": False}
    quick = Sync(*turns)
    quick.blocking = False  # type: ignore[attr-defined]
    assert asyncio.run(run(quick))["model"] is True


def test_many_runs_at_once_in_one_process() -> None:
    async def one(n: int) -> int:
        llm = Script(*[("add", {"a": n, "b": 0})] * 5, ("done", {"summary": "ok"}))
        llm.blocking = False  # type: ignore[attr-defined]
        from looplet import tools_from

        steps = [
            s async for s in async_composable_loop(llm, "t", tools_from([add], include_done=True))
        ]
        assert [s.tool_result.data for s in steps[:5]] == [{"sum": n}] * 5
        return len(steps)

    async def all_of_them() -> list[int]:
        return await asyncio.gather(*(one(n) for n in range(40)))

    assert asyncio.run(all_of_them()) == [6] * 40


@pytest.mark.parametrize(
    ("answer", "text", "tools"),
    [
        (None, "", []),
        ("hello", "hello", []),
        ({"tool": "a", "args": {}}, "", ["a"]),
        ([{"tool": "a"}, "b", ToolCall("c")], "b", ["a", "c"]),
        ({"content": "hello"}, "hello", []),
        ({"content": [{"type": "text", "text": "x"}]}, "x", []),
        ([{"type": "tool_use", "name": "a", "input": "{"}], "", ["a"]),
    ],
)
def test_answers_in_other_shapes(answer: Any, text: str, tools: list[str]) -> None:
    reply = reply_from(answer)
    assert reply.text == text and [call.tool for call in reply.tool_calls] == tools


def test_generate_kwargs_reach_the_model(go: Go) -> None:
    class Keen:
        def generate(self, messages: Any, *, tools: Any, top_p: float, **more: Any) -> Reply:
            self.got = (top_p, more)
            return Reply("", [ToolCall("done", {"summary": "ok"})])

    llm = Keen()
    go(llm, config=LoopConfig(generate_kwargs={"top_p": 0.5, "seed": 1}, max_tokens=9))
    assert llm.got == (0.5, {"seed": 1, "max_tokens": 9})


def test_the_loop_is_a_generator_of_steps() -> None:
    loop = composable_loop(
        Script(("done", {"summary": "ok"})),
        "t",
        [ToolSpec("done", "", {"summary": "str"}, lambda summary: summary)],
    )  # type: ignore[arg-type]
    assert json.dumps(next(loop).to_dict())
    assert list(loop) == []
