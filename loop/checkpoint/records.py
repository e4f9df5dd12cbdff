"""How a call, its result and a step are spelt in a journal, and read again without loss."""

from __future__ import annotations

from looplet.models.reply import Usage
from looplet.turn import Turn
from looplet.types import Step, ToolCall, ToolError, ToolResult

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Data = dict[str, Any]


def call_data(call: ToolCall) -> Data:
    return call.to_dict()


def call_from(data: Data) -> ToolCall:
    return ToolCall(
        data["tool"],
        data["args"],
        data.get("reasoning", ""),
        data.get("call_id", ""),
        data.get("metadata"),
    )


def result_data(result: ToolResult) -> Data:
    """What its call does not say already."""
    data: Data = {"data": result.data, "ms": round(result.duration_ms, 3)}
    if result.error is not None:
        data["error"] = result.error
    if result.error_detail is not None:
        data["detail"] = result.error_detail.to_dict()
    if isinstance(result._args_summary, str) and result._args_summary:
        data["args"] = result._args_summary
    if result.result_key is not None:
        data["key"] = result.result_key
    if result._warnings:
        data["warnings"] = result._warnings
    if result._metadata:
        data["metadata"] = result._metadata
    return data


def result_from(data: Data, call: ToolCall) -> ToolResult:
    detail = data.get("detail")
    return ToolResult(
        call.tool,
        data.get("args", call.args),
        data["data"],
        data.get("error"),
        None if detail is None else ToolError(**detail),
        data["ms"],
        data.get("key"),
        call.call_id,
        data.get("warnings"),
        data.get("metadata"),
    )


def usage_data(usage: Usage | None) -> Data | None:
    return None if usage is None else usage.to_dict()


def usage_from(data: Data | None) -> Usage | None:
    return None if data is None else Usage(**data)


def turn_data(turn: Turn) -> Data:
    data: Data = {"text": turn.text, "calls": [call_data(call) for call in turn.calls]}
    if turn.refused:
        data["refused"] = {key: result_data(result) for key, result in turn.refused.items()}
    if turn.usage is not None:
        data["usage"] = usage_data(turn.usage)
    if turn.stop is not None:
        data["stop"] = turn.stop
    return data


def turn_from(data: Data) -> Turn:
    calls = [call_from(call) for call in data["calls"]]
    refused = data.get("refused", {})
    return Turn(
        data["text"],
        calls,
        {
            call.call_id: result_from(refused[call.call_id], call)
            for call in calls
            if call.call_id in refused
        },
        usage_from(data.get("usage")),
        data.get("stop"),
    )


def step_data(step: Step) -> Data:
    """All of a step but its call and its result."""
    data: Data = {"n": step.number, "id": step.tool_call.call_id}
    if step.usage is not None:
        data["usage"] = usage_data(step.usage)
    if step.finish_reason is not None:
        data["finish"] = step.finish_reason
    if step._metadata:
        data["meta"] = step._metadata
    return data


def step_from(data: Data, call: ToolCall, result: ToolResult) -> Step:
    usage = usage_from(data.get("usage"))
    return Step(data["n"], call, result, data.get("meta"), usage, data.get("finish"))
