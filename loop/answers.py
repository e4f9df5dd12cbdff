"""What a hook's answer makes of a call: other arguments, a result in its place, a rejected one."""

from __future__ import annotations

from looplet.hooks import name_of
from looplet.jsontext import NotJSON, result_text
from looplet.types import ToolCall, ToolResult

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from looplet.hooks import HookDecision
    from looplet.run import Run


def stand_in(
    run: Run, call: ToolCall, answer: HookDecision, method: Callable[..., Any]
) -> ToolResult | None:
    """The result that a hook's answer puts in the place of running the call, if it does."""
    if answer.stop is not None:
        return ToolResult.failure(call, "stopped", f"not run: the run was ended: {answer.stop}")
    if answer.updated_result is not None:
        return filled_in(run, answer.updated_result, call, method)
    if answer.permission == "deny":
        reason = answer.block or "it is not permitted"
        return ToolResult.failure(call, "denied", f"denied: {reason}. Do it another way")
    if answer.block is not None and answer.permission != "ask":
        return ToolResult.failure(call, "blocked", f"blocked: {answer.block}")
    return None


def with_args(call: ToolCall, args: dict[str, Any], method: object) -> ToolCall:
    """The call with the arguments that a hook gave it; its metadata has those that were asked."""
    metadata = {**call.metadata, "asked_args": call.args, "updated_by": name_of(method)}
    return ToolCall(call.tool, args, call.reasoning, call.call_id, metadata)


def filled_in(run: Run, result: ToolResult, call: ToolCall, method: object) -> ToolResult:
    """A result that a hook made, as that of this call."""
    own = result.for_call(call)
    try:
        own._text = result_text(own.data)
    except NotJSON as error:
        run.blame = "hook_error"
        raise TypeError(f"{name_of(method)} made a result that JSON cannot hold: {error}") from None
    return own


def rejected(call: ToolCall, kind: str, result: ToolResult, text: str) -> ToolResult:
    """`result` turned into an error; what the tool had returned is kept."""
    turned = ToolResult.failure(call, kind, text)
    turned.data = result.data
    turned.duration_ms = result.duration_ms
    turned.warnings.extend(result.warnings)
    return turned
