"""The loop itself, as a generator of effects.

    pre_prompt → llm.generate → pre_dispatch → tool.execute
        → post_dispatch → check_done → yield Step

It does no I/O and knows no clock: what has to be done in the world is yielded as an effect and
comes back as its result. Every rule of the loop is here, once, for both drivers. Nothing here
looks back over the steps already made.
"""

from __future__ import annotations

from looplet.context import is_yes
from looplet.effects import Ask, Await, CallerLeft, CallModel, RunTools
from looplet.events import (
    MODEL_END,
    MODEL_START,
    RUN_END,
    RUN_START,
    STEP,
    TOOL_END,
    TOOL_START,
    Event,
)
from looplet.hooks import HookDecision, decision, name_of
from looplet.jsontext import NotJSON, result_text
from looplet.messages import assistant_message, first_messages, read_reply, tool_message
from looplet.models.adapt import reply_from
from looplet.types import Step, ToolCall, ToolResult

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator
    from typing import Any, TypeVar

    from looplet.effects import Effect
    from looplet.models.reply import Reply, Usage
    from looplet.run import Run

    T = TypeVar("T")
    Part = Generator[Effect, Any, T]


def engine(run: Run) -> Part[None]:
    """One run, from the first hook to the last. Raises what a model or a hook raised."""
    try:
        yield from _open(run)
        while (reason := _why_over(run)) is None:
            yield from _turn(run)
        run.stop(reason)
    except CallerLeft:
        run.stop("stopped_by_caller")
    except BaseException as error:
        run.fail(error)
        if (also := (yield from _close(run))) is not None:
            error.add_note(f"At the end of the run, this was raised too: {also!r}")
        raise
    if (failure := (yield from _close(run))) is not None:
        raise failure


def _open(run: Run) -> Part[None]:
    memory = []
    for source in run.memory_sources:
        text = source if isinstance(source, str) else (yield from _call(run, source, run.state))
        memory.append(text)
    run.state.conversation += first_messages(run, memory)
    if run.listeners:
        yield from _emit(run, Event(RUN_START))
    for method in run.hooks.pre_loop:
        yield from _ask(run, "pre_loop", method, run.state, run.session_log, run.context)


def _close(run: Run) -> Part[BaseException | None]:
    """Tell everyone that the run is over, whatever one of them raises: the first is returned."""
    event = (Event(RUN_END, data={"stop_reason": run.state.stop_reason}),)
    end = (run.state, run.session_log, run.context, run.llm)
    told: list[tuple[Callable[..., Any], tuple[Any, ...]]] = []
    told += [(listener, event) for listener in run.listeners]
    told += [(method, end) for method in run.hooks.on_loop_end]
    failure = None
    for method, args in told:
        try:
            yield from _call(run, method, *args)
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
        yield from _ask(run, "pre_prompt", method, state, run.session_log, run.context, number)
    if state.stop_reason is not None:
        return
    if run.notes:
        run.say("\n\n".join(run.notes))
        run.notes = []

    reply = yield from _generate(run, number)
    text, calls, refused = read_reply(run, reply, number)
    if (message := assistant_message(text, calls)) is not None:
        state.conversation.append(message)

    usage = reply.usage
    run.not_run = calls
    try:
        while run.not_run and _why_over(run) is None:
            yield from _steps(run, refused, usage)
            usage = None  # the first step of a turn carries its cost
    finally:
        if run.not_run:
            _leave_out(run)


def _generate(run: Run, number: int) -> Part[Reply]:
    if run.listeners:
        yield from _emit(run, Event(MODEL_START, number))
    try:
        reply = reply_from((yield CallModel(run.state.conversation)))
    except BaseException:
        run.blame = "model_error"
        raise
    if reply.usage is not None:
        run.state.usage.add(reply.usage)
    if run.listeners:
        yield from _emit(run, Event(MODEL_END, number, reply=reply))
    return reply


def _steps(run: Run, refused: dict[str, ToolResult], usage: Usage | None) -> Part[None]:
    """Run the next call of the turn, or some at the same time; record and yield a Step for each."""
    size = _how_many(run)
    first = len(run.state.steps) + 1
    asked: list[tuple[ToolCall, ToolResult | None]] = []
    for number, call in enumerate(run.not_run[:size], first):
        result = refused.get(call.call_id) if refused else None
        if result is None:
            call, result = yield from _before(run, call, number)
        asked.append((call, result))
        if run.state.stop_reason is not None:
            break
    run.not_run = run.not_run[len(asked) :]

    ran: Iterator[ToolResult] = iter(())
    if ready := [call for call, result in asked if result is None]:
        try:
            ran = iter((yield RunTools(ready)))
        except BaseException as error:
            run.blame = "tool_error"
            why = f"it was running when the run ended ({type(error).__name__})"
            for number, (call, result) in enumerate(asked, first):
                result = result or ToolResult.failure(call, "interrupted", why)
                _record(run, Step(number, call, result, usage=usage))
                usage = None
            raise
    steps = [
        Step(number, call, next(ran) if result is None else result)
        for number, (call, result) in enumerate(asked, first)
    ]
    steps[0].usage = usage

    left = iter(steps)
    try:
        for step in left:
            yield from _after(run, step)
    finally:
        for step in left:  # they ran too: whatever ends the run, they are recorded
            _record(run, step)


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
    for method in run.hooks.pre_dispatch:
        state, log = run.state, run.session_log
        answer = yield from _ask(run, "pre_dispatch", method, state, log, call, number)
        if answer is None:
            continue
        if answer.updated_args is not None:
            call = _with_args(call, answer.updated_args, method)
        result = _stand_in(run, call, answer, method)
        if result is None and answer.permission == "ask":
            result = yield from _approve(run, call, answer)
            if result is None:
                continue  # a yes to this question; other hooks may have others
        if result is not None:
            return call, result
        if answer.permission == "allow" or answer.updated_args is not None:
            break  # the first answer wins
    # Last, and for every call that could run: no answer above can open what a permission closes.
    for method in run.hooks.check_permission if call.tool in run.tools else ():
        answer = yield from _ask(run, "check_permission", method, run.effective(call))
        if answer is not None:
            result = _stand_in(run, call, answer, method)
            if result is None and answer.permission == "ask":
                result = yield from _approve(run, call, answer)
            if result is not None:
                return call, result
    if run.listeners:
        yield from _emit(run, Event(TOOL_START, number, tool_call=call))
    return call, None


def _stand_in(
    run: Run, call: ToolCall, answer: HookDecision, method: Callable[..., Any]
) -> ToolResult | None:
    """The result that a hook's answer puts in the place of running the call, if it does."""
    if answer.stop is not None:
        return ToolResult.failure(call, "stopped", f"not run: the run was ended: {answer.stop}")
    if answer.updated_result is not None:
        return _filled_in(run, answer.updated_result, call, method)
    if answer.permission == "deny":
        reason = answer.block or "it is not permitted"
        return ToolResult.failure(call, "denied", f"denied: {reason}. Do it another way")
    if answer.block is not None and answer.permission != "ask":
        return ToolResult.failure(call, "blocked", f"blocked: {answer.block}")
    return None


def _approve(run: Run, call: ToolCall, answer: HookDecision) -> Part[ToolResult | None]:
    """Ask the human; everything but a clear yes is a denial."""
    reason = answer.block or ""
    question = f"Allow {run.in_words(call)}?" + (f" ({reason})" if reason else "")
    try:
        said = yield Ask(question, ["yes", "no"], call)
    except BaseException:
        run.blame = "approval_error"
        raise
    if is_yes(said):
        return None
    who = "the human said no" if run.can_ask else "it needs an approval, and nobody can be asked"
    because = f" ({reason})" if reason else ""
    return ToolResult.failure(call, "denied", f"denied: {who}{because}. Do it another way")


def _after(run: Run, step: Step) -> Part[None]:
    """Everything that follows a call: hooks, the answer contract, the record, the caller."""
    state, hooks = run.state, run.hooks
    call, result, number = step.tool_call, step.tool_result, step.number
    try:
        if run.listeners:
            yield from _see_to_late(run)
            yield from _emit(run, Event(TOOL_END, number, tool_call=call, tool_result=result))
        for method in hooks.post_dispatch:
            log = run.session_log
            answer = yield from _ask(run, "post_dispatch", method, state, log, call, result, number)
            if answer is not None and answer.updated_result is not None:
                result = step.tool_result = _filled_in(run, answer.updated_result, call, method)
            if answer is not None and answer.block is not None:
                result = step.tool_result = _rejected(call, "blocked", result, answer.block)
        if call.tool == run.done_tool and result.error is None and state.stop_reason is None:
            reason = yield from _check_done(run, call, result, number)
            if reason is None:
                run.accept(result.data)
            elif state.stop_reason is None:
                text = f"`{call.tool}` was not accepted: {reason}"
                step.tool_result = _rejected(call, "rejected", result, text)
    finally:
        _record(run, step)
    if run.listeners:
        yield from _emit(run, Event(STEP, number, step=step))
    yield step
    if state.stop_reason is None:
        for method in hooks.should_stop:
            yield from _ask(run, "should_stop", method, state, number, ())


def _check_done(run: Run, call: ToolCall, result: ToolResult, number: int) -> Part[str | None]:
    """Why this `done` is not accepted; None if it is."""
    if (problem := run.breaks_contract(result.data)) is not None:
        return problem
    args = (run.state, run.session_log, run.context, number)
    for method, takes_call in run.hooks.check_done:
        extra = (call,) if takes_call else ()
        answer = yield from _ask(run, "check_done", method, *args, *extra)
        if answer is not None and answer.stop is not None:
            return answer.stop
        if answer is not None and answer.block is not None:
            return answer.block
    return None


def _record(run: Run, step: Step) -> None:
    """Append the step to the state and its result to the conversation."""
    state = run.state
    state.steps.append(step)
    if run.is_free(step.tool_call):
        run.free_steps += 1
    else:
        state.budget_used += 1
    state.conversation.append(tool_message(step, run.config.context_inline_per_step_chars))


def _leave_out(run: Run) -> None:
    """Calls of a turn that was cut short: noted in the state, and answered for the model."""
    run.state.metadata["not_run"] = [call.to_dict() for call in run.not_run]
    for call in run.not_run:
        result = ToolResult.failure(call, "cancelled", "not run: the run ended before")
        run.state.conversation.append(tool_message(Step(0, call, result), 200))
    run.not_run = []


# ── hooks ─────────────────────────────────────────────────────────────────────────────────────────


def _ask(run: Run, slot: str, method: Callable[..., Any], *args: Any) -> Part[HookDecision | None]:
    """A hook's answer as a decision; its text and its wish to stop are seen to here."""
    answer = yield from _call(run, method, *args)
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
            run.stop("hook_stop", decided.stop)
    return decided


def _call(run: Run, method: Callable[..., Any], *args: Any) -> Part[Any]:
    """What a hook method returns, waited for if it is awaitable."""
    try:
        answer = method(*args)
        if answer is not None and hasattr(answer, "__await__"):
            answer = yield Await(answer, name_of(method))
    except BaseException:
        run.blame = "hook_error"
        raise
    return answer


def _emit(run: Run, event: Event) -> Part[None]:
    for method in run.listeners:
        yield from _call(run, method, event)


def _see_to_late(run: Run) -> Part[None]:
    late, run.late = run.late, []
    for left in late:
        if isinstance(left, BaseException):
            run.blame = "hook_error"
            raise left
        yield from _call(run, lambda left=left: left)


def _with_args(call: ToolCall, args: dict[str, Any], method: object) -> ToolCall:
    metadata = {**call.metadata, "asked_args": call.args, "updated_by": name_of(method)}
    return ToolCall(call.tool, args, call.reasoning, call.call_id, metadata)


def _filled_in(run: Run, result: ToolResult, call: ToolCall, method: object) -> ToolResult:
    """A result that a hook made, as that of this call."""
    own = result.for_call(call)
    try:
        own._text = result_text(own.data)
    except NotJSON as error:
        run.blame = "hook_error"
        raise TypeError(f"{name_of(method)} made a result that JSON cannot hold: {error}") from None
    return own


def _rejected(call: ToolCall, kind: str, result: ToolResult, text: str) -> ToolResult:
    """`result` turned into an error; what the tool had returned is kept."""
    rejected = ToolResult.failure(call, kind, text)
    rejected.data = result.data
    rejected.duration_ms = result.duration_ms
    rejected.warnings.extend(result.warnings)
    return rejected
