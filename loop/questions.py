"""The part of the engine that asks a human: for an approval, and about a call that was cut off."""

from __future__ import annotations

from looplet.approval import Later, is_yes
from looplet.effects import Ask
from looplet.events import ANSWER, QUESTION, Event
from looplet.parts import emit, save
from looplet.types import ToolResult

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Generator
    from typing import Any, TypeVar

    from looplet.effects import Effect
    from looplet.hooks import HookDecision
    from looplet.run import Run
    from looplet.types import ToolCall

    T = TypeVar("T")
    Part = Generator[Effect, Any, T]


def approve(run: Run, call: ToolCall, answer: HookDecision) -> Part[ToolResult | None]:
    """Ask the human; everything but a clear yes is a denial."""
    reason = answer.block or ""
    question = f"Allow {run.in_words(call)}?" + (f" ({reason})" if reason else "")
    said = yield from ask_human(run, call, question)
    if is_yes(said):
        return None
    heard = run.can_ask or said is not None
    who = "the human said no" if heard else "it needs an approval, and nobody can be asked"
    because = f" ({reason})" if reason else ""
    return ToolResult.failure(call, "denied", f"denied: {who}{because}. Do it another way")


def in_flight(run: Run, call: ToolCall) -> Part[ToolResult | None]:
    """None for a call that is to be repeated; else what is recorded in its place."""
    how = run.when_in_flight(call)
    if how == "ask":
        words = run.in_words(call)
        question = f"{words} was running when the run was cut off. Run it again?"
        said = yield from ask_human(run, call, question, once=True)
        if run.state.question is None:
            how = "repeat" if is_yes(said) else "skip"
    if how == "ask":  # and it is not answered yet
        return ToolResult.failure(call, "interrupted", "it waits for an answer")
    run.in_flight.discard(call.call_id)
    if how == "repeat":
        return None
    why = (
        "it was running when the run was cut off, and may or may not have been done; it was not "
        "run again. Look before you repeat it"
    )
    return ToolResult.failure(call, "interrupted", why)


def ask_human(run: Run, call: ToolCall, question: str, *, once: bool = False) -> Part[Any]:
    """What a human says; None if nobody does: then the run may be waiting for it.

    once: an answer holds for this time only, also if the run is cut off again.
    """
    options = ["yes", "no"]
    if (given := run.given_answer(call, question)) is not None:
        return given
    if run.listeners:
        data = {"question": question, "options": options}
        yield from emit(run, Event(QUESTION, run.turn_number, tool_call=call, data=data))
    try:
        said = yield Ask(question, options, call)
    except Later:
        yield from wait(run, call, question, options, once=once)
        return None
    except BaseException:
        run.blame = "approval_error"
        raise
    if run.recorder is not None and said is not None:
        yield from save(run, "answer", call, question, said, once)
    if run.listeners:
        data = {"question": question, "answer": said}
        yield from emit(run, Event(ANSWER, run.turn_number, tool_call=call, data=data))
    return said


def wait(
    run: Run,
    call: ToolCall,
    question: str,
    options: list[str],
    *,
    once: bool = False,
    postponed: bool = False,
) -> Part[None]:
    """End the run at a question, to be taken up when there is an answer.

    postponed: the tool itself asked, so that its call is to be made again.
    """
    asked = {
        "question": question,
        "options": options,
        "call_id": call.call_id,
        "tool": call.tool,
        "args": call.args,
        "once": once,
    }
    if run.recorder is not None:
        yield from save(run, "question", asked, postponed)
    run.wait_for(asked)
