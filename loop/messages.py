"""The conversation: how a task, a reply and a result are written down as messages.

`looplet.models.reply` says what the messages look like. They are made once, when something happens.
"""

from __future__ import annotations

from looplet.types import ToolCall, ToolResult

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any, Final

    from looplet.models.reply import Reply
    from looplet.run import Run
    from looplet.types import Step

NOT_PARSED: Final = "__parse_error__"
"""The tool name of a step whose reply had no call that could be read."""

MAX_QUOTED: Final = 4000


def first_messages(run: Run, memory: Sequence[Any]) -> list[dict[str, Any]]:
    """The system message (prompt, memory, how to call tools) and the task."""
    messages = []
    if not run.state.conversation:
        prompt = run.config.system_prompt
        prompt = prompt if isinstance(prompt, str) else prompt(run.task)
        parts = [prompt, *map(str, memory), run.tool_instructions]
        system = "\n\n".join(part.strip() for part in parts if part and part.strip())
        if system:
            messages.append({"role": "system", "content": system})
    if run.task is not None or not run.state.conversation:
        messages.append({"role": "user", "content": task_text(run.task)})
    return messages


def task_text(task: object) -> str:
    """A task as the first thing a user says: a text, or a mapping with a `goal` and details."""
    if task is None:
        return "Begin."
    if isinstance(task, str):
        return task
    if not isinstance(task, dict):
        return str(task)
    from looplet.jsontext import result_text

    details = [f"{key}: {result_text(value)}" for key, value in task.items() if key != "goal"]
    goal = [result_text(task["goal"])] if "goal" in task else []
    return "\n".join([*goal, *details]) or "Begin."


def read_reply(
    run: Run, reply: Reply, number: int
) -> tuple[str, list[ToolCall], dict[str, ToolResult]]:
    """What a reply says, the calls it asks for, each with an id; and, by id, those not to be run.

    What holds no call is a call too, to NOT_PARSED, so that it is a step like any other. The kind
    of its error tells what it is: `refused`, `empty_reply`, `cut_off` or `not_parsed`.
    """
    text, found = reply.text, reply.tool_calls
    problem = None
    if not found:
        text, found, problem = _calls_in_text(text)
    calls: list[ToolCall] = []
    refused: dict[str, ToolResult] = {}
    ids: set[str] = set()
    for offset, asked in enumerate(found):
        call_id = asked.call_id
        if not call_id or call_id in ids:
            call_id = _free_id(number + offset, ids)
        ids.add(call_id)
        # A copy: the model may hand out the same object again.
        call = ToolCall(asked.tool, asked.args, asked.reasoning, call_id, asked._metadata)
        if not call.reasoning and not offset:
            call.reasoning = text
        if not isinstance(call.args, dict):
            _read_arguments(call, refused, reply.stop)
        calls.append(call)
    if problem is not None:
        kind, problem = _no_call(reply, problem, run.done_tool)
        call = ToolCall(NOT_PARSED, {}, text[:MAX_QUOTED], _free_id(number + len(calls), ids))
        error = f"{problem}. {run.how_to_call}"
        refused[call.call_id] = ToolResult.failure(call, kind, error)
        calls.append(call)
    return text, calls, refused


def assistant_message(text: str, calls: Sequence[ToolCall]) -> dict[str, Any] | None:
    """What the model said; None for nothing. What could not be read is quoted, up to a length."""
    if len(text) > MAX_QUOTED and calls[-1].tool == NOT_PARSED:
        text = f"{text[:MAX_QUOTED]}… ({len(text) - MAX_QUOTED} more characters)"
    asked = [_asked(call) for call in calls if call.tool != NOT_PARSED]
    if asked:
        return {"role": "assistant", "content": text, "tool_calls": asked}
    return {"role": "assistant", "content": text} if text else None


def tool_message(step: Step, most: int) -> dict[str, Any]:
    """What came of a call, at most `most` characters of it."""
    call, result = step.tool_call, step.tool_result
    text = result.text()
    kept_in = None
    if len(text) > most:
        kept_in = result.result_key
        where = f"; all of it is in {kept_in}" if kept_in else ""
        text = f"{text[:most]}… ({len(text) - most} more characters, not shown{where})"
        result._text = None  # the data stays; nobody needs its text a second time
    if result._warnings:
        text += "".join(f"\nwarning: {warning}" for warning in result._warnings)
    if call.tool == NOT_PARSED:
        return {"role": "user", "content": text}
    message = {"role": "tool", "call_id": call.call_id, "tool": call.tool, "content": text}
    if kept_in:
        message["kept_in"] = kept_in
    return message


def _calls_in_text(text: str) -> tuple[str, list[ToolCall], str | None]:
    """The prose of a plain reply, its calls, and what is wrong with it."""
    if not text.strip():
        return "", [], "the reply is empty"
    from looplet.parse import parse_calls

    parsed = parse_calls(text)
    if not parsed.calls and parsed.problem is None:
        return text, [], "the reply has no tool call"
    return parsed.prose, parsed.calls, parsed.problem


def _no_call(reply: Reply, problem: str, done_tool: str) -> tuple[str, str]:
    """Of a reply that holds no call, or a broken one: the kind of error, and its words."""
    if reply.stop in ("refusal", "content_filter"):
        who = "you refused" if reply.stop == "refusal" else "the provider's filter stopped you"
        return "refused", f"{who}; if the task cannot be done, call `{done_tool}` and say why"
    if reply.stop == "length":
        return "cut_off", f"{problem}: it was cut off at the limit of its length; write less"
    return ("empty_reply" if not reply.text.strip() else "not_parsed"), problem


def _asked(call: ToolCall) -> dict[str, Any]:
    asked: dict[str, Any] = {"call_id": call.call_id, "tool": call.tool, "args": call.args}
    if call._metadata and "send_back" in call._metadata:
        asked["send_back"] = call._metadata["send_back"]
    return asked


def _free_id(number: int, taken: set[str]) -> str:
    while (call_id := f"call_{number}") in taken:
        number += 1
    return call_id


def _read_arguments(call: ToolCall, refused: dict[str, ToolResult], stop: str | None) -> None:
    """Arguments that a provider left as text."""
    from looplet.parse import NotACall, arguments_from

    given: object = call.args
    call.args = {}
    cut_off = _CUT_OFF.get(stop or "")
    try:
        if given is not None:
            if not isinstance(given, str):
                raise NotACall("the arguments have to be a JSON object")
            if cut_off and not given.strip():
                raise NotACall("there are none")  # and not: it needs none
            call.args = arguments_from(given)
    except NotACall as error:
        call._metadata = {**call.metadata, "sent_args": given}
        why = f"{cut_off}, within the arguments ({error})" if cut_off else str(error)
        message = f"`{call.tool}` was not run: {why}. Send the call again, complete"
        kind = "cut_off" if cut_off else "bad_arguments"
        refused[call.call_id] = ToolResult.failure(call, kind, message)


_CUT_OFF: Final = {
    "length": "the reply was cut off at the limit of its length",
    "content_filter": "the reply was cut off by the provider's filter",
    "refusal": "you refused",
}
