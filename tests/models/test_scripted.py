import json
import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from looplet.drivers import composable_loop
from looplet.models.errors import ScriptError
from looplet.models.reply import Reply
from looplet.models.scripted import MockLLMBackend, load_script
from looplet.state import DefaultState
from looplet.tools import tools_from
from looplet.types import ToolCall

CALL = {"tool": "echo", "args": {"text": "a"}}
DONE = {"tool": "done", "args": {"summary": "ok"}}


def echo(text: str) -> Any:
    """Give the text back, as JSON if it is JSON."""
    return json.loads(text) if text.startswith(("{", "[")) else text


def run(script: Any, **options: Any) -> tuple[list[Any], DefaultState]:
    state = DefaultState(9)
    llm = MockLLMBackend(script, **options)
    tools = tools_from([echo], include_done=True)
    return list(composable_loop(llm, "x", tools, state=state)), state


def test_every_kind_of_reply() -> None:
    steps, state = run(
        [
            CALL,
            [CALL, {"tool": "echo", "args": {"text": "b"}}],
            json.dumps(CALL),
            "no call at all",
            Reply("thinking", [ToolCall("echo", {"text": "c"})]),
            DONE,
        ]
    )
    assert [step.tool_result.data for step in steps] == [
        *("a", "a", "b", "a", None, "c"),
        {"summary": "ok"},
    ]
    assert state.stop_reason == "done"


@pytest.mark.parametrize("error", [TimeoutError("late"), TimeoutError])
def test_an_exception_in_a_script_is_raised(error: Any) -> None:
    with pytest.raises(TimeoutError):
        run([CALL, error])


def test_a_list_starts_again_or_says_that_it_is_over() -> None:
    llm = MockLLMBackend([CALL, "x"])
    assert [llm.generate([]).text for _ in range(5)] == ["", "x", "", "x", ""]
    assert llm.calls == 5
    once = MockLLMBackend([CALL], cycle=False)
    once.generate([])
    with pytest.raises(ScriptError, match="the script has 1 reply, and the run asks for number 2"):
        once.generate([])


def test_each_reply_is_a_fresh_copy() -> None:
    llm = MockLLMBackend([{"tool": "t", "args": {"deep": [1]}}])
    llm.generate([]).tool_calls[0].args["deep"].append(2)
    assert llm.generate([]).tool_calls[0].args == {"deep": [1]}


def test_a_function_sees_the_last_result() -> None:
    seen = []

    def reply(messages: Any, last_result: Any) -> Any:
        seen.append(last_result)
        texts = ['{"n": 1}', "word", "", "[1]"]
        if len(seen) > 4:
            return DONE
        return (
            "garbage"
            if len(seen) == 3
            else {"tool": "echo", "args": {"text": texts[len(seen) - 1]}}
        )

    steps, _ = run(reply)
    assert seen == [None, {"n": 1}, "word", "word", [1]]
    assert len(steps) == 5


def test_as_a_model_that_takes_a_prompt() -> None:
    llm = MockLLMBackend(["text", CALL, [CALL, DONE]])
    answers = [llm.generate("a prompt", max_tokens=5, system_prompt="s") for _ in range(3)]
    assert answers[0] == "text"
    assert json.loads(answers[1]) == CALL and json.loads(answers[2]) == [CALL, DONE]
    assert llm.last_messages == "a prompt"


def test_a_turn_costs_the_same_however_long_the_conversation() -> None:
    class Watched(list[Any]):
        seen = 0

        def __getitem__(self, at: Any) -> Any:
            found = super().__getitem__(at)
            Watched.seen += len(found) if isinstance(at, slice) else 1
            return found

    messages = Watched()
    llm = MockLLMBackend(lambda messages, last: CALL)
    for _ in range(200):
        llm.generate(messages)
        messages += [{"role": "assistant", "content": ""}, {"role": "tool", "content": "1"}]
    assert Watched.seen <= 400


def test_it_keeps_nothing_of_a_run() -> None:
    llm = MockLLMBackend([CALL])
    messages: list[Any] = [{"role": "user", "content": "x" * 1000}]
    llm.generate(messages)
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    for _ in range(1000):
        llm.generate(messages)
    grown = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert grown < 10_000
    assert llm.last_messages is messages


# ── scripts ───────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("script", "says"),
    [
        ([], "the script is empty"),
        ("text", "a script is a list of replies"),
        ([CALL, 5], "reply number 2 of the script is 5; write"),
        ([{"args": {}}], 'reply number 1 of the script has no "tool"'),
        ([{"tool": "t", "arguments": {}}], 'has the unknown key "arguments"'),
        ([{"tool": "t", "args": []}], '"args" is no object'),
        ([[]], "is an empty list"),
        ([[CALL, "x"]], "holds something that is no call"),
        ([None], "is None"),
    ],
)
def test_a_script_that_is_none(script: Any, says: str) -> None:
    with pytest.raises(ScriptError) as caught:
        MockLLMBackend(script)
    assert says in str(caught.value)


def test_scripts_in_files(tmp_path: Path) -> None:
    (tmp_path / "s.json").write_text(json.dumps([CALL, DONE]))
    (tmp_path / "s.py").write_text(
        "from __future__ import annotations\nfrom dataclasses import dataclass\n"
        "@dataclass\nclass Seen:\n    n: int = 0\nSEEN = Seen()\n"
        "def reply(messages, last_result):\n"
        "    SEEN.n += 1\n"
        "    if last_result is None:\n"
        "        return {'tool': 'echo', 'args': {'text': 'a'}}\n"
        "    return {'tool': 'done', 'args': {'summary': last_result + str(SEEN.n)}}\n"
    )
    assert len(run(load_script(tmp_path / "s.json"), cycle=False)[0]) == 2
    assert run(load_script(tmp_path / "s.py"))[1].final_output == {"summary": "a2"}


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("s.json", "[\n  {,", "s.json:2:4: no JSON"),
        ("s.json", "{}", "s.json: a script is a list of replies, and this is a dict"),
        ("s.json", "[5]", "s.json: reply number 1 of the script is 5"),
        ("s.json", "[" * 100_000, "s.json: no JSON"),
        ("s.json", b"\xff", "s.json: no JSON"),
        ("s.json", '[{"tool": "t", "args": {"x": NaN}}]', "s.json: no JSON: NaN is no JSON"),
        ("s.json", "[1e999]", "s.json: no JSON: 1e999 is too large a number"),
        ("s.py", "x = 1", "s.py: a Python script has a function `reply"),
        ("s.py", "\n1/0", "s.py:2: ZeroDivisionError"),
    ],
)
def test_a_script_file_that_is_none(tmp_path: Path, name: str, text: Any, says: str) -> None:
    (tmp_path / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ScriptError) as caught:
        load_script(tmp_path / name)
    assert says in str(caught.value)


def test_a_python_script_that_fails_names_its_line(tmp_path: Path) -> None:
    (tmp_path / "s.py").write_text(
        "def reply(messages, last_result):\n    return last_result['x']\n"
    )
    with pytest.raises(ScriptError, match=r"s\.py:2: TypeError"):
        run(load_script(tmp_path / "s.py"))
    (tmp_path / "s.py").write_text("def reply(messages, last_result):\n    raise SystemExit(3)\n")
    with pytest.raises(ScriptError, match=r"s\.py:2: the code left with sys\.exit\(3\)"):
        run(load_script(tmp_path / "s.py"))
    (tmp_path / "s.py").write_text("def reply(messages, last_result): pass\n")
    with pytest.raises(ScriptError, match="reply number 1 of the script is None"):
        run(load_script(tmp_path / "s.py"))
