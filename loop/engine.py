"""The loop itself, as a generator of effects.

    pre_prompt → llm.generate → pre_dispatch → tool.execute
        → post_dispatch → check_done → yield Step

It does no I/O and knows no clock: what has to be done in the world is yielded as an effect and
comes back as its result. Every rule of the loop is here, once, for both drivers. Nothing here
looks back over the steps already made.
"""

from __future__ import annotations

from looplet.answers import filled_in, rejected, stand_in, with_args
from looplet.approval import Later
from looplet.asking import ask_model
from looplet.cancel import Cancelled
from looplet.compacting import compact
from looplet.effects import CallerLeft, RunTools, Save, StartTools
from looplet.events import (
    RUN_END,
    RUN_START,
    STEP,
    TOOL_END,
    TOOL_START,
    Event,
)
from looplet.messages import assistant_message, first_messages, read_reply, tool_message
from looplet.parts import ask_hook, call_hook, emit, save, see_to_late
from looplet.questions import approve, in_flight, wait
from looplet.turn import Turn
from looplet.types import Step, ToolResult

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator
    from typing import Any, TypeVar

    from looplet.effects import Effect
    from looplet.hooks import HookDecision
    from looplet.run import Run
    from looplet.types import ToolCall

    T = TypeVar("T")
    Part = Generator[Effect, Any, T]


def engine(run: Run) -> Part[None]:
    """One run, from the first hook to the last. Raises what a model or a hook raised."""
    try:
        yield from _open(run)
        if run.unfinished is not None:  # the turn in which a saved run was cut off
            yield from _calls(run, run.unfinished)
            run.answers.clear()
        while (reason := _why_over(run)) is None:
            yield from _turn(run)
        run.stop(reason)
    except CallerLeft:
        run.stop("stopped_by_caller")
    except Cancelled:  # the model, or a hook, saw it before the next look at the token
        run.stop("cancelled")
    except GeneratorExit:  # nobody drives this any more
        run.stop("interrupted")
        raise
    except BaseException as error:
        run.fail(error)
        if (also := (yield from _close(run))) is not None:
            error.add_note(f"At the end of the run, this was raised too: {also!r}")
        raise
    if (failure := (yield from _close(run))) is not None:
        raise failure


def _open(run: Run) -> Part[None]:
    if run.tools.to_start:
        run.blame = "tool_error"
        run.notes += yield StartTools()
        run.offer_tools()
        run.blame = "error"
    if run.recorder is not None:
        yield from save(run, "open", run.task)
    going_on = run.saved is not None and run.saved.began
    if going_on:
        run.restore()
    else:
        memory = []
        for source in run.memory_sources:
            if not isinstance(source, str):
                source = yield from call_hook(run, source, run.state)
            memory.append(source)
        run.state.conversation += first_messages(run, memory)
    if run.listeners:
        yield from emit(run, Event(RUN_START, data=run.in_short()))
    notes = [*run.notes]
    for method in run.hooks.pre_loop:
        yield from ask_hook(run, "pre_loop", method, run.state, run.session_log, run.context)
    if going_on:
        run.notes = notes  # what `pre_loop` has to say was said when the run began
        run.blame = "hook_error"
        run.restore_parts()
        run.blame = "error"
    elif run.recorder is not None:
        yield from save(run, "start", run.state.conversation, run.notes)


def _close(run: Run) -> Part[BaseException | None]:
    """Tell everyone that the run is over, whatever one of them raises: the first is returned."""
    event = (Event(RUN_END, data=run.how_it_ended()),)
    end = (run.state, run.session_log, run.context, run.llm)
    told: list[tuple[Callable[..., Any], tuple[Any, ...]]] = []
    told += [(listener, event) for listener in run.listeners]
    told += [(method, end) for method in run.hooks.on_loop_end]
    failure = None
    left = run.settle()
    for method, args in told:
        try:
            yield from call_hook(run, method, *args)
        except GeneratorExit:
            raise
        except BaseException as error:
            failure = failure or error
    if run.recorder is not None:
        try:
            yield Save("end", run.state, left)
        except GeneratorExit:
            raise
        except BaseException as error:
            failure = failure or error
    return failure


def _why_over(run: Run) -> str | None:
    """The stop reason, if the run is not to make another step."""
    state = run.state
    if state.stop_reason is not None:
        return str(state.stop_reason)
    if run.cancel_token is not None and run.cancel_token.is_cancelled:
        return "cancelled"
    if state.budget_used >= state.max_steps:
        return "max_steps"
    if run.free_steps >= run.max_free_steps:
        return "max_free_steps"
    return None


def _turn(run: Run) -> Part[None]:
    """One answer of the model, and the steps that it asks for."""
    state = run.state
    state.step_context = {}
    number = len(state.steps) + 1
    for method in run.hooks.pre_prompt:
        yield from ask_hook(run, "pre_prompt", method, state, run.session_log, run.context, number)
    if state.stop_reason is not None:
        return
    said = run.take_notes() if run.notes else None
    if said is not None:
        run.say(said)
    for method in run.compactors:
        yield from compact(run, method, number)

    reply = yield from ask_model(run, number)
    text, calls, refused = read_reply(run, reply, number)
    turn = Turn(text, calls, refused, reply.usage, reply.stop)
    run.recovering = bool(refused)
    if run.recorder is not None:
        yield from save(run, "reply", said, turn)
    if (message := assistant_message(text, calls)) is not None:
        state.conversation.append(message)
    yield from _calls(run, turn)


def _calls(run: Run, turn: Turn) -> Part[None]:
    """The calls of a turn, until they are made or the run is over."""
    run.not_run = turn.calls
    try:
        while run.not_run and _why_over(run) is None:
            yield from _steps(run, turn)
    finally:
        if run.not_run and run.state.question is None:
            _leave_out(run)


def _steps(run: Run, turn: Turn) -> Part[None]:
    """Run the next call of the turn, or some at the same time; record and yield a Step for each."""
    state = run.state
    asked: list[tuple[ToolCall, ToolResult | None]] = []
    for number, call in enumerate(run.not_run[: _how_many(run)], len(state.steps) + 1):
        result = turn.refused.get(call.call_id) if turn.refused else None
        if result is None:
            call, result = yield from _before(run, call, number)
        if state.question is not None:
            break  # nobody answers now: the call stays to be made
        asked.append((call, result))
        if state.stop_reason is not None:
            break
    run.not_run = run.not_run[len(asked) :]

    ran: Iterator[ToolResult | Later] = iter(())
    if ready := [call for call, result in asked if result is None]:
        why = "it was not run: the run ended before"
        try:
            if run.recorder is not None:
                yield from save(run, "intent", ready)
            why = "it was running when the run ended"
            run.blame = "tool_error"
            ran = iter((yield RunTools(ready)))
            run.blame = "error"
        except BaseException as error:
            why = f"{why} ({type(error).__name__})"
            for call, result in asked:
                result = result or ToolResult.failure(call, "interrupted", why)
                run.record(_step(run, turn, call, result))
            raise
    steps: list[Step] = []
    waiting: list[tuple[ToolCall, Later]] = []
    for call, result in asked:
        outcome = next(ran) if result is None else result
        if isinstance(outcome, Later):
            waiting.append((call, outcome))
        else:
            steps.append(_step(run, turn, call, outcome, len(steps)))

    left = iter(steps)
    try:
        if waiting:
            run.not_run = [*(call for call, _ in waiting), *run.not_run]
            for call, later in waiting:
                yield from wait(run, call, later.question, later.options, postponed=True)
        for step in left:
            yield from _after(run, step)
    finally:
        for step in left:  # they ran too: whatever ends the run, they are recorded
            run.record(step)


def _step(run: Run, turn: Turn, call: ToolCall, result: ToolResult, offset: int = 0) -> Step:
    usage, turn.usage = turn.usage, None  # the first step of a turn carries its cost
    number = len(run.state.steps) + 1 + offset
    return Step(number, call, result, usage=usage, finish_reason=turn.stop)


def _how_many(run: Run) -> int:
    """How many of the calls that are left run at the same time: one, if they may not."""
    calls, count = run.not_run, 1
    if run.concurrent and _may_share(run, calls[0]):
        most = min(len(calls), run.state.max_steps - run.state.budget_used)
        while count < most and _may_share(run, calls[count]):
            count += 1
    return count


def _may_share(run: Run, call: ToolCall) -> bool:
    return call.tool != run.done_tool and run.tools.is_concurrent_safe(call.tool)


def _before(run: Run, call: ToolCall, number: int) -> Part[tuple[ToolCall, ToolResult | None]]:
    """The call as it is to be run, or with the result that stands in for running it."""
    if call.call_id in run.known:
        return run.known.pop(call.call_id)  # it ran before the run was cut off
    if call.call_id in run.in_flight:
        result = yield from in_flight(run, call)
        if result is not None:
            return call, result
    agreed: list[HookDecision] = []
    for method in run.hooks.pre_dispatch:
        state, log = run.state, run.session_log
        answer = yield from ask_hook(run, "pre_dispatch", method, state, log, call, number)
        if answer is None:
            continue
        changed = answer.updated_args is not None and answer.updated_args != call.args
        if answer.updated_args is not None:
            call = with_args(call, answer.updated_args, method)
        result = stand_in(run, call, answer, method)
        if changed and result is None:
            for before in agreed:  # to the call as it was: it is another one now
                result = result or (yield from approve(run, call, before))
        if result is None and answer.permission == "ask":
            result = yield from approve(run, call, answer)
            if result is None:
                agreed.append(answer)
                continue  # a yes to this question; other hooks may have others
        if result is not None:
            return call, result
        if answer.permission == "allow" or answer.updated_args is not None:
            break  # the first answer wins
    # Last, and for every call that could run: no answer above can open what a permission closes.
    for method in run.hooks.check_permission if call.tool in run.tools else ():
        answer = yield from ask_hook(run, "check_permission", method, run.effective(call))
        if answer is not None:
            result = stand_in(run, call, answer, method)
            if result is None and answer.permission == "ask":
                result = yield from approve(run, call, answer)
            if result is not None:
                return call, result
    if run.listeners:
        yield from emit(run, Event(TOOL_START, number, tool_call=call))
    return call, None


def _after(run: Run, step: Step) -> Part[None]:
    """Everything that follows a call: hooks, the answer contract, the record, the caller."""
    state, hooks = run.state, run.hooks
    call, result, number = step.tool_call, step.tool_result, step.number
    try:
        if run.listeners:
            yield from see_to_late(run)
            yield from emit(run, Event(TOOL_END, number, tool_call=call, tool_result=result))
        for method in hooks.post_dispatch:
            log = run.session_log
            answer = yield from ask_hook(
                run, "post_dispatch", method, state, log, call, result, number
            )
            if answer is not None and answer.updated_result is not None:
                result = step.tool_result = filled_in(run, answer.updated_result, call, method)
            if answer is not None and answer.block is not None:
                result = step.tool_result = rejected(call, "blocked", result, answer.block)
        if call.tool == run.done_tool and result.error is None and state.stop_reason is None:
            reason = yield from _check_done(run, call, result, number)
            if reason is None:
                run.accept(result.data)
            elif state.stop_reason is None:
                text = f"`{call.tool}` was not accepted: {reason}"
                step.tool_result = rejected(call, "rejected", result, text)
    finally:
        run.record(step)
    if run.recorder is not None:
        yield from save(run, "step", step)
    if run.listeners:
        yield from emit(run, Event(STEP, number, step=step))
    yield step
    if state.stop_reason is None:
        for method in hooks.should_stop:
            yield from ask_hook(run, "should_stop", method, state, number, ())


def _check_done(run: Run, call: ToolCall, result: ToolResult, number: int) -> Part[str | None]:
    """Why this `done` is not accepted; None if it is."""
    if (problem := run.breaks_contract(result.data)) is not None:
        return problem
    args = (run.state, run.session_log, run.context, number)
    for method, takes_call in run.hooks.check_done:
        extra = (call,) if takes_call else ()
        answer = yield from ask_hook(run, "check_done", method, *args, *extra)
        if answer is not None and answer.stop is not None:
            return answer.stop
        if answer is not None and answer.block is not None:
            return answer.block
    return None


def _leave_out(run: Run) -> None:
    """Calls of a turn that was cut short: noted in the state, and answered for the model."""
    run.state.metadata["not_run"] = [call.to_dict() for call in run.not_run]
    for call in run.not_run:
        result = ToolResult.failure(call, "cancelled", "not run: the run ended before")
        run.state.conversation.append(tool_message(Step(0, call, result), 200))
    run.not_run = []
