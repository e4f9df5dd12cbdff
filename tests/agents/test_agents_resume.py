"""Agents as tools through crashes and questions: what was in flight goes on where it was."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from agents_made import Runner, agent, call, done, run_sync

from looplet import (
    FileCheckpointStore,
    Later,
    LoopConfig,
    MockLLMBackend,
    Reply,
    ToolCall,
    Usage,
    tools_from,
)
from looplet.agents import agent_tool

APPEND = (
    {"line": {"type": "string"}},
    "def execute(ctx, *, line):\n"
    "    with open(ctx.resources['runtime']['file'], 'a') as file:\n"
    "        file.write(line + '\\n')\n"
    "    return line\n",
)


def config(folder: Path, **fields: Any) -> LoopConfig:
    return LoopConfig(checkpoint_dir=str(folder), **fields)


def resumed(folder: Path, **fields: Any) -> LoopConfig:
    return LoopConfig(initial_checkpoint=FileCheckpointStore(str(folder)).load(), **fields)


def tools(file: Path, **fields: Any) -> Any:
    preset = agent(tools={"append": APPEND}, **fields)
    return tools_from([agent_tool(preset, runtime={"file": str(file)})], include_done=True)


def test_an_agent_in_flight_goes_on_where_it_was(tmp_path: Path, run: Runner) -> None:
    file, folder = tmp_path / "lines", tmp_path / "saved"
    replies = [call("researcher", task="t"), call("append", line="1"), call("append", line="2")]
    llm = MockLLMBackend([*replies, KeyboardInterrupt], cycle=False)
    with pytest.raises(KeyboardInterrupt):
        run(llm, tools(file), config=config(folder))
    assert file.read_text() == "1\n2\n"

    seen: list[Any] = []
    llm = MockLLMBackend([call("append", line="3"), done("r"), done("p")], cycle=False)
    ran = run(llm, tools(file), config=resumed(folder), stream=seen.append)
    assert file.read_text() == "1\n2\n3\n"
    assert ran.state.final_output == {"summary": "p"}
    assert ran.steps[0].tool_result.data == {"summary": "r"}
    assert ran.steps[0].tool_result.metadata["steps"] == 4
    steps = [e.step.number for e in seen if e.event == "step" and e.agent == "researcher"]
    assert steps == [3, 4]


def test_an_agent_that_had_finished_is_not_run_again(tmp_path: Path, run: Runner) -> None:
    file, folder = tmp_path / "lines", tmp_path / "saved"

    class Dies:
        """Ends the process when the agent has ended, and its call has not."""

        def on_event(self, event: Any) -> None:
            if event.event == "run_end" and event.agent:
                raise KeyboardInterrupt

    llm = MockLLMBackend([call("researcher", task="t"), call("append", line="1"), done("r")])
    with pytest.raises(KeyboardInterrupt):
        run(llm, tools(file), config=config(folder), hooks=[Dies()])
    llm = MockLLMBackend([done("p")], cycle=False)
    ran = run(llm, tools(file), config=resumed(folder))
    assert file.read_text() == "1\n"
    assert ran.steps[0].tool_result.data == {"summary": "r"}
    assert ran.state.final_output == {"summary": "p"}


KILLED = """
import os, sys
sys.path.insert(0, sys.argv[1])
from agents_made import agent, call, run_sync, run_async
from test_agents_resume import LOG, config
from pathlib import Path
from looplet import MockLLMBackend, tools_from
from looplet.agents import agent_tool

def die():
    os._exit(9)

tool = agent_tool(agent(tools={"die": LOG}), runtime={"do": die})
llm = MockLLMBackend([call("researcher", task="t"), call("die")], cycle=False)
run = {"sync": run_sync, "async": run_async}[sys.argv[3]]
run(llm, tools_from([tool], include_done=True), config=config(Path(sys.argv[2])))
"""
LOG = ({}, "def execute(ctx):\n    return ctx.resources['runtime']['do']()\n")


@pytest.mark.parametrize("answer", ["yes", "no"])
def test_a_call_of_the_agent_that_was_in_flight_is_asked_about(
    tmp_path: Path, run: Runner, answer: str
) -> None:
    folder = tmp_path / "saved"
    here = str(Path(__file__).parent)
    driver = "sync" if run is run_sync else "async"
    done_at = subprocess.run([sys.executable, "-c", KILLED, here, str(folder), driver])
    assert done_at.returncode == 9

    asked: list[str] = []
    ran_again: list[str] = []

    def handler(question: str, options: list[str]) -> str:
        asked.append(question)
        return answer

    def do() -> str:
        ran_again.append("x")
        return "did it"

    tool = agent_tool(agent(tools={"die": LOG}), runtime={"do": do})
    llm = MockLLMBackend([done("r"), done("p")], cycle=False)
    how = resumed(folder, approval_handler=handler)
    ran = run(llm, tools_from([tool], include_done=True), config=how)
    assert asked == ["researcher: die() was running when the run was cut off. Run it again?"]
    assert ran_again == (["x"] if answer == "yes" else [])
    assert ran.state.final_output == {"summary": "p"}


def test_what_to_do_with_such_a_call_can_be_said_before(tmp_path: Path) -> None:
    folder = tmp_path / "saved"
    here = str(Path(__file__).parent)
    subprocess.run([sys.executable, "-c", KILLED, here, str(folder), "sync"])
    ran_again: list[str] = []
    tool = agent_tool(agent(tools={"die": LOG}), runtime={"do": lambda: ran_again.append("x")})
    llm = MockLLMBackend([done("r"), done("p")], cycle=False)
    how = resumed(folder, in_flight="repeat")
    ran = run_sync(llm, tools_from([tool], include_done=True), config=how)
    assert ran_again == ["x"]
    assert ran.state.final_output == {"summary": "p"}


@pytest.mark.parametrize("answer", ["yes", "no"])
def test_a_question_below_stops_the_run_above_until_it_is_answered(
    tmp_path: Path, run: Runner, answer: str
) -> None:
    file, folder = tmp_path / "lines", tmp_path / "saved"
    rules = {"config": {"permissions": {"ask": ["append"]}}}

    def nobody(question: str, options: list[str]) -> str:
        raise Later

    llm = MockLLMBackend([call("researcher", task="t"), call("append", line="1")], cycle=False)
    ran = run(llm, tools(file, **rules), config=config(folder, approval_handler=nobody))
    assert ran.state.stop_reason == "waiting"
    assert ran.state.question is not None
    assert ran.state.question["question"] == "researcher: Allow append(line=1)?"
    assert ran.state.question["tool"] == "researcher"
    assert not file.exists()

    how = resumed(folder, approval_handler=nobody)
    how.initial_checkpoint.answer(answer)
    llm = MockLLMBackend([done("r"), done("p")], cycle=False)
    ran = run(llm, tools(file, **rules), config=how)
    assert ran.state.stop_reason == "done"
    assert file.exists() == (answer == "yes")
    assert ran.steps[0].tool_result.data == {"summary": "r"}


def test_two_questions_below_are_two_stops(tmp_path: Path, run: Runner) -> None:
    file, folder = tmp_path / "lines", tmp_path / "saved"
    rules = {"config": {"permissions": {"ask": ["append"]}}}
    first = [call("researcher", task="t"), call("append", line="1")]
    ran = run(MockLLMBackend(first, cycle=False), tools(file, **rules), config=config(folder))
    assert ran.state.stop_reason == "waiting"
    how = resumed(folder)
    how.initial_checkpoint.answer("yes")
    llm = MockLLMBackend([call("append", line="2")], cycle=False)
    ran = run(llm, tools(file, **rules), config=how)
    assert ran.state.stop_reason == "waiting"
    assert ran.state.question is not None
    assert ran.state.question["question"] == "researcher: Allow append(line=2)?"
    how = resumed(folder)
    how.initial_checkpoint.answer("yes")
    llm = MockLLMBackend([done("r"), done("p")], cycle=False)
    ran = run(llm, tools(file, **rules), config=how)
    assert ran.state.final_output == {"summary": "p"}
    assert file.read_text() == "1\n2\n"


def test_each_call_of_a_turn_goes_on_with_its_own_agent(tmp_path: Path, run: Runner) -> None:
    """The first of two is over; the second must not be given what the first one came to."""
    file, folder = tmp_path / "lines", tmp_path / "saved"

    class Dies:
        def on_event(self, event: Any) -> None:
            if event.event == "step" and event.agent and file.read_text() == "a1\nb1\n":
                raise KeyboardInterrupt

    turn = [call("researcher", task="a"), call("researcher", task="b")]
    replies = [turn, call("append", line="a1"), done("a"), call("append", line="b1")]
    llm = MockLLMBackend(replies, cycle=False)
    with pytest.raises(KeyboardInterrupt):
        run(llm, tools(file), config=config(folder), hooks=[Dies()])
    llm = MockLLMBackend([call("append", line="b2"), done("b"), done("p")], cycle=False)
    ran = run(llm, tools(file), config=resumed(folder))
    assert [step.tool_result.data["summary"] for step in ran.steps] == ["a", "b", "p"]
    assert file.read_text() == "a1\nb1\nb2\n"


def test_an_answer_below_holds_for_one_call(tmp_path: Path, run: Runner) -> None:
    """A yes to a call of the agent is none to the same call, made again later."""
    file, folder = tmp_path / "lines", tmp_path / "saved"
    rules = {"config": {"permissions": {"ask": ["append"]}}}
    again = call("append", line="1")
    llm = MockLLMBackend([call("researcher", task="t"), again], cycle=False)
    run(llm, tools(file, **rules), config=config(folder))
    for asked in (1, 2, 3):
        how = resumed(folder)
        how.initial_checkpoint.answer("yes")
        ran = run(MockLLMBackend([again], cycle=False), tools(file, **rules), config=how)
        assert ran.state.stop_reason == "waiting"
        assert file.read_text() == "1\n" * asked
        # Nor to somebody who goes on without one.
        ran = run(MockLLMBackend([again]), tools(file, **rules), config=resumed(folder))
        assert ran.state.stop_reason == "waiting"
        assert file.read_text() == "1\n" * asked


def test_what_an_agent_spent_is_not_forgotten_with_a_crash(tmp_path: Path, run: Runner) -> None:
    """It is over, its result is saved, and the step that carries its usage is not."""
    folder = tmp_path / "saved"

    class Dies:
        def on_event(self, event: Any) -> None:
            if event.event == "tool_end" and not event.agent:
                raise KeyboardInterrupt

    def replies(*each: tuple[str, dict[str, str], int]) -> MockLLMBackend:
        made = [Reply("", [ToolCall(name, args)], Usage(spent)) for name, args, spent in each]
        return MockLLMBackend(made, cycle=False)

    llm = replies(("researcher", {"task": "t"}, 1), ("done", {"summary": "r"}, 10))
    with pytest.raises(KeyboardInterrupt):
        run(llm, tools(tmp_path / "lines"), config=config(folder), hooks=[Dies()])
    llm = replies(("done", {"summary": "p"}, 100))
    ran = run(llm, tools(tmp_path / "lines"), config=resumed(folder))
    assert [s.usage.input_tokens for s in ran.steps if s.usage is not None] == [11, 100]
    assert ran.state.usage.input_tokens == 111
    assert FileCheckpointStore(str(folder)).load().usage == ran.state.usage
