"""The part of the engine that asks the model: one answer, in one question or in several.

Several only where the settings say so: an answer that was cut off is gone on with, and a question
that the provider finds too long is shortened and asked again, once.
"""

from __future__ import annotations

from looplet.compacting import compact
from looplet.effects import CallModel
from looplet.events import MODEL_END, MODEL_RETRY, MODEL_START, Event
from looplet.models.adapt import reply_from
from looplet.models.reply import Reply, Usage
from looplet.parts import call_hook, emit, see_to_late

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Generator
    from typing import Any, Final, TypeVar

    from looplet.effects import Effect
    from looplet.models.adapt import Model
    from looplet.run import Run

    T = TypeVar("T")
    Part = Generator[Effect, Any, T]

GO_ON: Final = (
    "Your answer was cut off at the limit of its length. Go on exactly where it ends; repeat "
    "nothing of it, and add nothing before."
)


def ask_model(run: Run, number: int) -> Part[Reply]:
    """The model's answer to the conversation as it is."""
    run.turn_number = number
    model = run.model
    if run.config.router is not None or run.recovering:
        model = yield from _model(run, number)
    try:
        reply = yield from _question(run, model, run.state.conversation, number)
    except Exception as error:
        if getattr(error, "kind", None) != "too_long" or not run.config.reactive_recovery:
            raise
        reply = yield from _shorter_question(run, model, number, error)
    if reply.usage is not None:
        run.state.window.measured(run.state.conversation, reply.usage.input_tokens)
    for _ in range(run.config.max_turn_continuations):
        if reply.stop != "length" or reply.tool_calls or not reply.text.strip():
            break
        reply = yield from _continued(run, model, number, reply)
    return reply


def _question(run: Run, model: Model, messages: list[dict[str, Any]], number: int) -> Part[Reply]:
    if run.listeners:
        yield from emit(run, Event(MODEL_START, number))
    try:
        reply = reply_from((yield CallModel(messages, model)))
    except BaseException:
        run.blame = "model_error"
        raise
    if reply.usage is not None:
        # The same object is on its way to the step, which so has the cost too.
        run.state.usage.add(run.priced(reply.usage, model))
    if run.listeners:
        if run.late:
            yield from see_to_late(run)
        yield from emit(run, Event(MODEL_END, number, reply=reply))
    return reply


def _shorter_question(run: Run, model: Model, number: int, error: Exception) -> Part[Reply]:
    """The answer to a shortened conversation. Raises `error` where it cannot be shortened."""
    state = run.state
    before = state.conversation
    state.window.used(before)
    state.window.refused(before)
    for method in run.compactors or (_usual(),):
        yield from compact(run, method, number)
    if state.conversation is before:
        raise error
    if run.listeners:
        data = {"attempt": 2, "delay_s": 0.0, "reason": "too_long"}
        yield from emit(run, Event(MODEL_RETRY, number, data=data))
    run.blame = "error"
    return (yield from _question(run, model, state.conversation, number))


def _usual() -> Any:
    from looplet.compaction import compaction_from

    return compaction_from(["prune", "truncate"]).compact


def _continued(run: Run, model: Model, number: int, begun: Reply) -> Part[Reply]:
    """A cut-off answer with what the model adds to it. The conversation will have it in one."""
    so_far = {"role": "assistant", "content": begun.text}
    messages = [*run.state.conversation, so_far, {"role": "user", "content": GO_ON}]
    more = yield from _question(run, model, messages, number)
    usage = None
    if begun.usage is not None or more.usage is not None:
        usage = Usage()
        for part in (begun.usage, more.usage):
            if part is not None:
                usage.add(part)
    return Reply(begun.text + more.text, more.tool_calls, usage, more.stop, more.metadata)


def _model(run: Run, number: int) -> Part[Model]:
    """The model of this turn: the run's, but for what a router or a recovery says."""
    config, llm = run.config, run.llm
    if config.router is not None:
        chosen = yield from call_hook(run, config.router, run.state, number)
        llm = run.llm if chosen is None else chosen
    temperature = config.recovery_temperature if run.recovering else None
    if llm is run.llm and temperature is None:
        return run.model
    return run.other_model(llm, temperature)
