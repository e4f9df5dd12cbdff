"""Faults of a server that we did not write, and its verdict on how we took them.

PyPI's `llmock` breaks answers on demand and judges what the client does about it: whether it waits
as long as it is asked to, backs off, gives up, storms, or takes half an answer for a whole one.
"""

import time
from functools import partial
from typing import Any

import pytest
from faces import Face, faces

from looplet.cancel import CancelToken
from looplet.config import LoopConfig
from looplet.events import MODEL_DELTA, MODEL_RETRY
from looplet.models.errors import ModelError
from looplet.models.retry import RetryPolicy

DONE = {"summary": "all of it came"}


def address(llmock: Any, face: Face) -> str:
    url: str = llmock.base_url(face.provider)
    return url


def survives(llmock: Any, face: Face, faults: list[Any], tries: int = 2, **settings: Any) -> None:
    """A run with one of the faults before each turn: nothing is lost, nothing is made twice, and
    the server, which saw each of so many tries, finds no fault with the client."""
    llmock.call_tool("add", {"a": 1, "b": 2}, text="I add one and two.", times=None)

    class EachTurnAFault:
        def pre_prompt(self, state: Any, log: Any, context: Any, number: int) -> None:
            faults[number - 1]()

    steps = face.run(
        address(llmock, face), hooks=[EachTurnAFault()], max_steps=len(faults), settings=settings
    )
    assert [step.tool_result.data for step in steps] == [{"sum": 3}] * len(faults)
    assert [step.finish_reason for step in steps] == ["tool_calls"] * len(faults)
    assert len(llmock.requests) == tries * len(faults)
    assert len(face.told(MODEL_RETRY)) == (tries - 1) * len(faults)
    llmock.assert_resilient(strict=True)
    assert llmock.verdict().faults == (tries - 1) * len(faults)


@faces()
def test_statuses_that_may_pass(llmock: Any, face: Face) -> None:
    statuses = (408, 409, 429, 500, 502, 503, 504, 529)
    survives(llmock, face, [partial(llmock.fail, status, retry_after=0.1) for status in statuses])


@faces()
def test_twice_in_a_row(llmock: Any, face: Face) -> None:
    survives(llmock, face, [partial(llmock.fail, 500, times=2)], tries=3)


@faces()
def test_retry_after_is_waited_for(llmock: Any, face: Face) -> None:
    survives(llmock, face, [partial(llmock.rate_limit, times=2, retry_after=0.3)], tries=3)
    assert all(told["delay_s"] >= 0.3 for told in face.told(MODEL_RETRY))
    assert [told["attempt"] for told in face.told(MODEL_RETRY)] == [1, 2]
    assert "429" in face.told(MODEL_RETRY)[0]["reason"]


@faces()
def test_a_truncated_stream_is_never_an_answer(llmock: Any, face: Face) -> None:
    # The connection ends in good order, after any number of pieces.
    survives(llmock, face, [partial(llmock.truncate, after_chunks=n) for n in range(9)])
    assert all("cut off on its way" in told["reason"] for told in face.told(MODEL_RETRY))


@faces()
def test_a_connection_that_breaks_in_the_middle(llmock: Any, face: Face) -> None:
    survives(llmock, face, [partial(llmock.disconnect, after_chunks=n) for n in (0, 1, 4, 8)])


@faces()
def test_a_malformed_piece(llmock: Any, face: Face) -> None:
    llmock.pace(20)  # slow enough to be seen hanging up
    survives(llmock, face, [partial(llmock.corrupt, after_chunks=n) for n in (0, 1, 4, 6)])
    assert all("is no JSON" in told["reason"] for told in face.told(MODEL_RETRY))


@faces()
def test_a_stream_that_stalls(llmock: Any, face: Face) -> None:
    stall = partial(llmock.stall, after_chunks=2, seconds=30)
    survives(llmock, face, [stall], timeout=0.3)
    assert "nothing more for 0.3 seconds" in face.told(MODEL_RETRY)[0]["reason"]


@faces()
def test_an_answer_that_does_not_begin(llmock: Any, face: Face) -> None:
    llmock.slow_first_token(30)
    llmock.call_tool("done", DONE, times=None)
    steps = face.run(address(llmock, face), settings={"timeout": 0.3})
    assert steps[0].tool_result.data == DONE
    assert "no answer within 0.3 seconds" in face.told(MODEL_RETRY)[0]["reason"] or (
        "nothing more for 0.3 seconds" in face.told(MODEL_RETRY)[0]["reason"]
    )
    llmock.assert_resilient(strict=True)


@faces()
def test_what_came_of_a_void_answer_is_told_as_void(llmock: Any, face: Face) -> None:
    llmock.call_tool("done", DONE, text="One two three four five.", times=None)
    llmock.truncate(after_chunks=4)
    face.run(address(llmock, face))
    names = [seen.event for seen in face.events if seen.event in (MODEL_DELTA, MODEL_RETRY)]
    cut = names.index(MODEL_RETRY)
    assert 0 < cut < len(names) - 1
    after = [seen.data for seen in face.events if seen.event in (MODEL_DELTA, MODEL_RETRY)]
    assert "".join(d.get("text", "") for d in after[cut + 1 :]) == "One two three four five."
    assert (
        "".join(d["arguments"] for d in after[cut + 1 :] if d.get("tool") == "done")
        == '{"summary": "all of it came"}'
    )


# ── what is not asked again ───────────────────────────────────────────────────────────────────────


@faces()
def test_what_cannot_heal_is_asked_once(llmock: Any, face: Face) -> None:
    kinds = {
        400: "bad_request",
        401: "unauthorized",
        403: "unauthorized",
        404: "no_such_model",
        422: "bad_request",
    }
    for number, (status, kind) in enumerate(kinds.items(), 1):
        llmock.fail(status)
        with pytest.raises(ModelError) as caught:
            face.ask(address(llmock, face), f"question {number}")
        assert caught.value.kind == kind and caught.value.status == status
        assert f"{face.llm.base_url.rstrip('/')} answered {status}" in str(caught.value)
        assert len(llmock.requests) == number
    llmock.assert_resilient(strict=True)


@faces("openai")
def test_no_credit_is_asked_once(llmock: Any, face: Face) -> None:
    llmock.fail(429, times=None, code="insufficient_quota", message="You exceeded your quota.")
    with pytest.raises(ModelError, match="no credit left"):
        face.ask(address(llmock, face))
    assert len(llmock.requests) == 1


@faces()
def test_a_prompt_that_is_too_long(llmock: Any, face: Face) -> None:
    llmock.limits(context_window=20)
    with pytest.raises(ModelError) as caught:
        face.ask(address(llmock, face), "word " * 400)
    assert caught.value.kind == "too_long"
    assert len(llmock.requests) == 1


@faces()
def test_an_outage_ends_the_run_after_some_tries(llmock: Any, face: Face) -> None:
    llmock.fail(503, times=None, retry_after=0.1)
    with pytest.raises(ModelError, match=r"503.*asked 3 times") as caught:
        face.run(address(llmock, face), settings={"retry": RetryPolicy(2, first_delay_s=0.06)})
    assert caught.value.kind == "server" and caught.value.status == 503
    assert face.state.stop_reason == "model_error"
    assert len(llmock.requests) == 3
    llmock.assert_resilient(strict=True)


@faces()
def test_a_wait_that_is_too_long_is_not_begun(llmock: Any, face: Face) -> None:
    llmock.rate_limit(times=None, retry_after=3600)
    begun = time.monotonic()
    with pytest.raises(ModelError, match="asks to wait 3600 seconds"):
        face.ask(address(llmock, face))
    assert time.monotonic() - begun < 30
    assert len(llmock.requests) == 1


@faces()
def test_a_wait_sees_that_the_run_is_cancelled(llmock: Any, face: Face) -> None:
    llmock.rate_limit(times=None, retry_after=300)
    token = CancelToken()

    def cancel(event: Any) -> None:
        if event.event == MODEL_RETRY:
            token.cancel()

    begun = time.monotonic()
    config = LoopConfig(cancel_token=token)
    assert face.run(address(llmock, face), listen=False, stream=cancel, config=config) == []
    assert face.state.stop_reason == "cancelled"
    assert time.monotonic() - begun < 30
    assert len(llmock.requests) == 1


@faces()
def test_an_answer_sees_that_the_run_is_cancelled(llmock: Any, face: Face) -> None:
    llmock.reply("One two three four five six seven eight nine ten.", times=None).pace(20)
    token = CancelToken()

    def cancel(event: Any) -> None:
        if event.event == MODEL_DELTA:
            token.cancel()

    config = LoopConfig(cancel_token=token)
    face.run(address(llmock, face), listen=False, stream=cancel, config=config)
    assert face.state.stop_reason == "cancelled" and face.state.steps == []
    (request,) = llmock.requests
    assert not request.completed  # it hung up on the server, which could stop to compute


# ── tool calls ────────────────────────────────────────────────────────────────────────────────────


@faces()
def test_arguments_that_the_model_left_broken_are_a_step(llmock: Any, face: Face) -> None:
    llmock.call_tool("add", {"a": 1, "b": 2})
    llmock.break_tool_call("malformed_arguments")
    llmock.call_tool("done", DONE)
    steps = face.run(address(llmock, face))
    assert [step.tool_result.error is None for step in steps] == [False, True]
    assert steps[0].tool_result.error_detail.kind == "bad_arguments"
    assert len(llmock.requests) == 2  # the connection was fine: it is the model that has to try


@faces()
def test_a_tool_that_there_is_not_is_a_step(llmock: Any, face: Face) -> None:
    llmock.call_tool("add", {"a": 1, "b": 2})
    llmock.break_tool_call("unknown_tool")
    llmock.call_tool("done", DONE)
    steps = face.run(address(llmock, face))
    assert steps[0].tool_result.error_detail.kind == "unknown_tool"
    assert face.state.stop_reason == "done"


@faces()
@pytest.mark.parametrize(
    ("finish", "text", "kind", "stop"),
    [
        ("length", "I think that", "cut_off", "length"),
        ("content_filter", "I cannot", "refused", None),
        ("stop", "", "empty_reply", "stop"),
        ("stop", "Nice weather today.", "not_parsed", "stop"),
    ],
)
def test_refused_empty_and_cut_off_are_told_apart(
    llmock: Any, face: Face, finish: str, text: str, kind: str, stop: str | None
) -> None:
    from llmock.scenarios import Reply

    llmock.tool_mode("off")
    llmock.add(Reply(text=text, finish_reason=finish))
    llmock.call_tool("done", DONE)
    first, last = face.run(address(llmock, face))
    assert first.tool_result.error_detail.kind == kind
    refusal = "refusal" if face.provider == "anthropic" else "content_filter"
    assert first.finish_reason == (stop or refusal)
    assert last.tool_result.data == DONE


# ── in one piece ──────────────────────────────────────────────────────────────────────────────────


@faces()
def test_without_a_stream(llmock: Any, face: Face) -> None:
    llmock.fail(503, retry_after=0.1)
    llmock.call_tool("done", DONE, times=None)
    steps = face.run(address(llmock, face), settings={"stream": False})
    assert steps[-1].tool_result.data == DONE
    assert [record.stream for record in llmock.requests] == [False, False]
    llmock.assert_resilient(strict=True)
