"""Services of one's own, and services that fail: what a run makes of them."""

from collections.abc import Iterator
from typing import Any

import pytest
from loop_doubles import Go, Script

from looplet import Event, LoopConfig, ModelError, Reply, Usage
from looplet.compaction import Summarise

ADD = ("add", {"a": 1, "b": 2})
DONE = ("done", {"summary": "ok"})


class Service:
    """Whatever `answer(conversation)` gives."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer

    def compact(self, state: Any, step_num: int) -> Any:
        return self.answer(state.conversation) if step_num == 2 else None


def config(answer: Any) -> LoopConfig:
    return LoopConfig(compact_service=Service(answer))


def test_a_list_takes_the_place_of_the_conversation(go: Go) -> None:
    events: list[Event] = []
    llm = Script(ADD, ADD, DONE)
    run = go(llm, config=config(lambda messages: messages[:1]), stream=events.append)
    assert run.state.stop_reason == "done" and len(run.steps) == 3
    assert llm.seen[1] == [{"role": "user", "content": "the task"}]
    (told,) = [event for event in events if event.event == "compacted"]
    assert told.step_num == 2 and told.data is not None and told.data["how"] == "Service"
    assert told.data["tokens_after"] < told.data["tokens_before"]


@pytest.mark.parametrize("answer", [lambda m: None, lambda m: m], ids=["none", "the same"])
def test_no_opinion_is_no_compaction(go: Go, answer: Any) -> None:
    events: list[Event] = []
    run = go(Script(ADD, DONE), config=config(answer), stream=events.append)
    assert run.state.stop_reason == "done"
    assert "compacted" not in [event.event for event in events]


def test_a_service_may_ask_the_model_and_it_counts(go: Go) -> None:
    def answer(messages: Any) -> Iterator[Any]:
        said = yield [{"role": "user", "content": "In one word?"}]
        return [messages[0], {"role": "user", "content": said}]

    llm = Script(ADD, Reply("Sums.", usage=Usage(7, 1)), DONE)
    run = go(llm, config=config(answer))
    assert run.state.stop_reason == "done"
    assert llm.seen[1] == [{"role": "user", "content": "In one word?"}]
    assert llm.seen[2][1]["content"] == "Sums."
    assert run.state.usage == Usage(7, 1) == run.steps[1].usage


def test_what_the_model_raises_comes_to_the_service(go: Go) -> None:
    def answer(messages: Any) -> Iterator[Any]:
        try:
            yield [{"role": "user", "content": "?"}]
        except ModelError as error:
            return [messages[0], {"role": "user", "content": f"({error})"}]
        return None

    llm = Script(ADD, ModelError("server", "it fell over"), DONE)
    run = go(llm, config=config(answer))
    assert run.state.stop_reason == "done" and llm.seen[-1][1]["content"] == "(it fell over)"


def raising(messages: Any) -> Any:
    raise KeyError("broken")


def raising_later(messages: Any) -> Iterator[Any]:
    yield [{"role": "user", "content": "?"}]
    raise KeyError("broken")


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (raising, KeyError),
        (raising_later, KeyError),
        (lambda m: "shorter", TypeError),
        (lambda m: {"messages": m}, TypeError),
    ],
)
def test_a_service_that_is_broken_ends_the_run_as_its_fault(go: Go, answer: Any, kind: Any) -> None:
    run = go(Script(ADD, Reply("x"), DONE), config=config(answer))
    assert run.state.stop_reason == "hook_error" and type(run.error) is kind
    assert len(run.state.steps) == 1, "what was done is there"


def test_several_are_asked_hooks_first(go: Go) -> None:
    asked = []

    def as_hook(messages: Any) -> Any:
        asked.append("hook")
        return messages[:1]

    def as_service(messages: Any) -> Any:
        asked.append(f"service {len(messages)}")

    go(Script(ADD, DONE), hooks=[Service(as_hook)], config=config(as_service))
    assert asked == ["hook", "service 1"]


def test_a_summary_that_the_model_refuses_is_no_end(go: Go) -> None:
    class Unwilling(Script):
        def generate(self, messages: Any, *, tools: Any) -> Any:
            if not tools:
                raise ModelError("server", "no")
            return super().generate(messages, tools=tools)

    hook = Summarise(context_window=200)
    run = go(Unwilling(*[ADD] * 20, DONE), hooks=[hook], max_steps=30)
    assert run.state.stop_reason == "done" and hook.compactions
    assert hook.how == "truncate (instead of a summary)"
