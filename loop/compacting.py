"""The part of the engine that lets a hook or a service shorten the conversation."""

from __future__ import annotations

from looplet.effects import CallModel
from looplet.events import COMPACTED, Event
from looplet.hooks import name_of
from looplet.models.adapt import reply_from
from looplet.models.errors import ModelError
from looplet.parts import call_hook, emit

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from typing import Any, TypeVar

    from looplet.effects import Effect
    from looplet.run import Run

    T = TypeVar("T")
    Part = Generator[Effect, Any, T]


def compact(run: Run, method: Callable[..., Any], number: int) -> Part[None]:
    """Let a hook, or the compact service, put a shorter conversation in the place of this one."""
    before = run.state.conversation
    shorter = yield from call_hook(run, method, run.state, number)
    if hasattr(shorter, "send"):
        shorter = yield from _asking_the_model(run, shorter)
    if shorter is None or shorter is before:
        return
    if not isinstance(shorter, list):
        run.blame = "hook_error"
        kind = type(shorter).__name__
        raise TypeError(f"{name_of(method)} returned a {kind}; a list of messages or None is meant")
    run.state.conversation = shorter
    if run.listeners:
        yield from emit(run, Event(COMPACTED, number, data=run.compaction(method, before)))


def _asking_the_model(run: Run, service: Generator[Any, Any, Any]) -> Part[Any]:
    """What a service returns that asks the model on its way: it yields messages, and gets text."""
    resume: Callable[[Any], Any] = service.send
    answer: Any = None
    while True:
        try:
            messages = resume(answer)
        except StopIteration as end:
            return end.value
        except BaseException:
            run.blame = "hook_error"
            raise
        try:
            if getattr(run.llm, "turns_only", False):
                raise ModelError("bad_answer", "this model answers the turns of a run, no more")
            reply = reply_from((yield CallModel(messages, run.model, plain=True)))
        except Exception as error:
            resume, answer = service.throw, error  # whether it can do without is its own business
        else:
            resume, answer = service.send, reply.text
            if reply.usage is not None:
                run.spent.append(("", run.priced(reply.usage)))
