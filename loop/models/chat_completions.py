"""The wire format of `/v1/chat/completions`: messages and tools out, a Reply in. No I/O.

What comes in is whatever a server sent, read through `getattr`: the official SDK builds its
objects without checking them.
"""

from __future__ import annotations

from looplet.jsontext import json_text, sendable
from looplet.models.errors import ModelError
from looplet.models.reply import Reply, Usage
from looplet.tools import is_tool_name
from looplet.types import ToolCall

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any


def wire_messages(messages: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The loop's conversation as the API wants it, calls and results in its own protocol."""
    asked: set[str] = set()
    return [_wire_message(message, asked) for message in messages]


def text_messages(
    messages: Sequence[Mapping[str, Any]], tools: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """The same for a server without tools: calls and results as text, and how to write a call."""
    texts = [_as_text(message) for message in messages]
    if not tools:
        return texts
    from looplet.models.transcript import instructions_for

    system = texts.pop(0)["content"] if texts and texts[0]["role"] == "system" else ""
    content = f"{system}\n\n{instructions_for(list(tools))}".strip()
    return [{"role": "system", "content": content}, *texts]


def _wire_message(message: Mapping[str, Any], asked: set[str]) -> dict[str, Any]:
    calls = message.get("tool_calls")
    # A name that no tool can have is refused by servers: what the model made up stays text.
    if calls and all(is_tool_name(call["tool"]) for call in calls):
        asked.update(call["call_id"] for call in calls)
        return {
            "role": "assistant",
            "content": sendable(message["content"]) or None,
            "tool_calls": [_wire_call(call) for call in calls],
        }
    if message["role"] == "tool" and message["call_id"] in asked:
        return {
            "role": "tool",
            "tool_call_id": sendable(message["call_id"]),
            "content": sendable(message["content"]),
        }
    return _as_text(message)


def _wire_call(call: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": sendable(call["call_id"]),
        "type": "function",
        "function": {"name": call["tool"], "arguments": json_text(call["args"])},
    }


def _as_text(message: Mapping[str, Any]) -> dict[str, Any]:
    role, content = message["role"], message["content"]
    if role == "tool":
        return {"role": "user", "content": sendable(f"Result of {message['tool']}: {content}")}
    calls = [
        json_text({"tool": call["tool"], "args": call["args"]})
        for call in message.get("tool_calls", ())
    ]
    return {"role": role, "content": sendable("\n".join([content, *calls] if content else calls))}


def wire_tools(tools: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The loop's tool schemas as the API wants them."""
    return [
        {
            "type": "function",
            "function": {
                "name": tool["name"],
                "description": tool["description"],
                "parameters": tool["parameters"],
            },
        }
        for tool in tools
    ]


def read_reply(completion: Any) -> Reply:
    """The Reply in a completion. Raises ModelError if it holds no answer at all."""
    choices = getattr(completion, "choices", None) or [None]
    message = getattr(choices[0], "message", None)
    if message is None:
        raise ModelError("bad_answer", _no_answer(completion))
    calls = [call for call in map(_call, getattr(message, "tool_calls", None) or ()) if call]
    text = getattr(message, "content", None) or getattr(message, "refusal", None) or ""
    stop = getattr(choices[0], "finish_reason", None)
    thoughts = getattr(message, "reasoning_content", None)
    metadata = {"reasoning": thoughts} if thoughts else None
    return Reply(_text(text), calls, _usage(getattr(completion, "usage", None)), stop, metadata)


def _call(call: Any) -> ToolCall | None:
    function = getattr(call, "function", None)
    if function is None:
        return None
    name = getattr(function, "name", None) or ""
    arguments: Any = getattr(function, "arguments", None) or {}
    # As the model wrote them: what is wrong with them is for the loop to tell the model.
    return ToolCall(name, arguments, call_id=getattr(call, "id", None) or "")


def _text(content: Any) -> str:
    if isinstance(content, list):  # some servers answer in parts
        parts = [part.get("text") if isinstance(part, dict) else None for part in content]
        return "".join(part for part in parts if isinstance(part, str))
    return str(content)


def _usage(usage: Any) -> Usage | None:
    if usage is None:
        return None
    details = getattr(usage, "prompt_tokens_details", None)
    return Usage(
        input_tokens=getattr(usage, "prompt_tokens", None) or 0,
        output_tokens=getattr(usage, "completion_tokens", None) or 0,
        cached_tokens=getattr(details, "cached_tokens", None) or 0,
    )


def _no_answer(completion: Any) -> str:
    said = getattr(completion, "error", None) or completion
    if isinstance(said, dict):
        said = said.get("message", said)
    shown = " ".join(str(said).split())
    return (
        f"the server's answer is no chat completion: {shown[:200]}; "
        "does OPENAI_BASE_URL end where the API begins (often in `/v1`)?"
    )


__all__ = ["read_reply", "text_messages", "wire_messages", "wire_tools"]
