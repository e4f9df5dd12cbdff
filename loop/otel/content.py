"""Usage, errors and messages as attributes. A value of an attribute is a number or a text."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from looplet.models.reply import Reply, Usage
    from looplet.types import ToolResult


def usage_attributes(usage: Usage) -> dict[str, Any]:
    found: dict[str, Any] = {
        "gen_ai.usage.input_tokens": usage.input_tokens,
        "gen_ai.usage.output_tokens": usage.output_tokens,
    }
    if usage.cached_tokens:
        found["gen_ai.usage.cache_read.input_tokens"] = usage.cached_tokens
    if usage.cache_write_tokens:
        found["gen_ai.usage.cache_creation.input_tokens"] = usage.cache_write_tokens
    if usage.cost is not None:
        found["looplet.usage.cost_usd"] = usage.cost
    return found


def error_type(result: ToolResult) -> str | None:
    if result.error is None:
        return None
    return "_OTHER" if result.error_detail is None else result.error_detail.kind


def messages_as_json(messages: list[dict[str, Any]]) -> str:
    return as_json([_message(message) for message in messages])


def _message(message: dict[str, Any]) -> dict[str, Any]:
    """One of ours, as the conventions have it."""
    role, content = message.get("role"), message.get("content") or ""
    if role == "tool":
        part = {"type": "tool_call_response", "id": message.get("call_id"), "response": content}
        return {"role": "tool", "parts": [part]}
    parts: list[dict[str, Any]] = [{"type": "text", "content": content}] if content else []
    for call in message.get("tool_calls") or ():
        name, call_id, args = call.get("tool"), call.get("call_id"), call.get("args")
        parts.append({"type": "tool_call", "id": call_id, "name": name, "arguments": args})
    return {"role": role, "parts": parts}


def reply_as_json(reply: Reply) -> str:
    calls = [
        {"tool": call.tool, "call_id": call.call_id, "args": call.args} for call in reply.tool_calls
    ]
    message = _message({"role": "assistant", "content": reply.text, "tool_calls": calls})
    message["finish_reason"] = {"tool_calls": "tool_call"}.get(reply.stop or "", reply.stop or "")
    return as_json([message])


def as_json(value: Any) -> str:
    from looplet.jsontext import NotJSON, json_text, nearest

    try:
        return json_text(value)
    except NotJSON:
        return json_text(nearest(value))


def as_text(value: Any) -> str:
    return value if isinstance(value, str) else as_json(value)
