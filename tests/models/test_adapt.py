"""Which keywords a model gets, by what its `generate` names."""

import asyncio
from typing import Any

import pytest

from looplet.cancel import CancelToken
from looplet.config import LoopConfig
from looplet.events import MODEL_DELTA, MODEL_RETRY
from looplet.models.adapt import model_for, reply_from

SCHEMAS = [{"name": "add", "description": "Add.", "parameters": {"type": "object"}}]
MESSAGES = [{"role": "user", "content": "hello"}]


class Says:
    """A model whose `generate` keeps what it got."""

    def __init__(self) -> None:
        self.got: list[dict[str, Any]] = []


class Named(Says):
    def generate(
        self,
        messages: Any,
        *,
        tools: Any,
        report: Any = None,
        cancel_token: Any = None,
        memo: Any = None,
    ) -> str:
        self.got.append(
            {"tools": tools, "report": report, "cancel_token": cancel_token, "memo": memo}
        )
        return "hi"


class Open(Says):
    def generate(self, messages: Any, **more: Any) -> str:
        self.got.append(more)
        return "hi"


class Prompt(Says):
    def generate(self, prompt: str, *, report: Any = None, **more: Any) -> str:
        self.got.append({"prompt": prompt, "report": report, **more})
        return "hi"


def test_the_loops_own_keywords_go_to_who_names_them() -> None:
    token, told = CancelToken(), []

    def report(event: str, **data: Any) -> None:
        told.append((event, data))

    llm = Named()
    model = model_for(llm, LoopConfig(cancel_token=token), SCHEMAS, report)
    for _ in range(2):
        assert model.generate(MESSAGES) == "hi"
    first, second = llm.got
    assert first["report"] is report and first["cancel_token"] is token
    assert first["memo"] == {} and first["memo"] is second["memo"]
    other = Named()
    model_for(other, LoopConfig(), SCHEMAS).generate(MESSAGES)
    assert other.got[0]["report"] is None and other.got[0]["cancel_token"] is None


def test_a_catch_all_does_not_get_them() -> None:
    llm = Open()
    config = LoopConfig(cancel_token=CancelToken(), temperature=0.5, generate_kwargs={"top_p": 1})
    model_for(llm, config, SCHEMAS, print).generate(MESSAGES)
    assert llm.got == [{"tools": SCHEMAS, "temperature": 0.5, "top_p": 1}]


def test_a_plain_question_has_no_tools_and_nobody_sees_its_tokens() -> None:
    told: list[str] = []

    def report(event: str, **data: Any) -> None:
        told.append(event)

    llm = Named()
    model = model_for(llm, LoopConfig(), SCHEMAS, report)
    assert model.plain(MESSAGES) == "hi"
    (got,) = llm.got
    assert got["tools"] == [] and got["memo"] is None
    got["report"](MODEL_DELTA, text="x")
    got["report"](MODEL_RETRY, attempt=1)
    assert told == [MODEL_RETRY]
    prompt = Prompt()
    model_for(prompt, LoopConfig(temperature=0.5), SCHEMAS).plain([*MESSAGES, *MESSAGES])
    assert prompt.got == [{"prompt": "hello\n\nhello", "report": None, "temperature": 0.5}]


def test_a_plain_question_to_a_model_with_generate_with_tools() -> None:
    class Old(Prompt):
        def generate_with_tools(self, prompt: str, *, tools: Any) -> Any:
            raise AssertionError("there are no tools")

    llm = Old()
    assert model_for(llm, LoopConfig(), SCHEMAS).plain(MESSAGES) == "hi"


def test_an_async_model_is_plainly_asked_too() -> None:
    class Async(Says):
        async def generate(self, messages: Any, *, tools: Any) -> str:
            self.got.append({"tools": tools})
            return "hi"

    llm = Async()
    model = model_for(llm, LoopConfig(), SCHEMAS)
    assert not model.waits and asyncio.run(model.plain(MESSAGES)) == "hi"
    assert llm.got == [{"tools": []}]


@pytest.mark.parametrize("answer", [None, "", [], {"content": ""}])
def test_nothing_is_an_empty_reply(answer: Any) -> None:
    reply = reply_from(answer)
    assert (reply.text, list(reply.tool_calls)) == ("", [])
