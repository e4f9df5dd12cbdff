"""The smallest parts of the engine: calling a hook, telling the listeners, saving what happened."""

from __future__ import annotations

from looplet.effects import Await, Save
from looplet.hooks import decision, name_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from typing import Any, TypeVar

    from looplet.effects import Effect
    from looplet.events import Event
    from looplet.hooks import HookDecision
    from looplet.run import Run

    T = TypeVar("T")
    Part = Generator[Effect, Any, T]


def ask_hook(
    run: Run, slot: str, method: Callable[..., Any], *args: Any
) -> Part[HookDecision | None]:
    """A hook's answer as a decision; its text and its wish to stop are seen to here."""
    answer = yield from call_hook(run, method, *args)
    if answer is None:
        return None
    try:
        decided = decision(slot, method, answer)
    except TypeError:
        run.blame = "hook_error"
        raise
    if decided is not None:
        if decided.additional_context:
            run.notes.append(decided.additional_context)
        if decided.stop is not None:
            run.stop(decided.stop_reason or "hook_stop", decided.stop)
        for event in decided.events or () if run.listeners else ():
            yield from emit(run, event)
    return decided


def call_hook(run: Run, method: Callable[..., Any], *args: Any) -> Part[Any]:
    """What a hook method returns, waited for if it is awaitable."""
    try:
        answer = method(*args)
        if answer is not None and hasattr(answer, "__await__"):
            answer = yield Await(answer, name_of(method))
    except BaseException:
        run.blame = "hook_error"
        raise
    return answer


def emit(run: Run, event: Event) -> Part[None]:
    for method in run.listeners:
        yield from call_hook(run, method, event)


def see_to_late(run: Run) -> Part[None]:
    late, run.late = run.late, []
    for left in late:
        if isinstance(left, BaseException):
            run.blame = "hook_error"
            raise left
        yield from call_hook(run, lambda left=left: left)


def save(run: Run, method: str, *args: Any) -> Part[None]:
    try:
        yield Save(method, *args)
    except BaseException:
        run.blame = "checkpoint_error"
        raise
