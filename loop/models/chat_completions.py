"""What goes out to `/v1/chat/completions`: messages and tools in its wire format. No I/O.

`looplet.models.chat_answer` reads what comes back.
"""

from __future__ import annotations

from looplet.jsontext import json_text, sendable
from looplet.models.wired import Wired
from looplet.tools import is_tool_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any


class ChatMessages(Wired):
    """A conversation with its calls and results in the API's own protocol.

    reasoning: whether what the model thought before a call goes back to it, for the servers that
        insist on it.
    """

    def __init__(self, *, reasoning: bool = False) -> None:
        self.reasoning = reasoning
        super().__init__()

    def begin(self) -> None:
        self._asked: set[str] = set()

    def add(self, message: Mapping[str, Any]) -> None:
        calls = message.get("tool_calls")
        # A name that no tool can have is refused by servers: what the model made up stays text.
        if calls and all(is_tool_name(call["tool"]) for call in calls):
            self._asked.update(call["call_id"] for call in calls)
            self.messages.append(self._asking(message, calls))
        elif message["role"] == "tool" and message["call_id"] in self._asked:
            self.messages.append(
                {
                    "role": "tool",
                    "tool_call_id": sendable(message["call_id"]),
                    "content": sendable(message["content"]),
                }
            )
        else:
            role, text = in_text(message)
            self.messages.append({"role": role, "content": text})

    def _asking(self, message: Mapping[str, Any], calls: Sequence[Mapping[str, Any]]) -> Any:
        wire: dict[str, Any] = {
            "role": "assistant",
            "content": sendable(message["content"]) or None,
            "tool_calls": [_wire_call(call) for call in calls],
        }
        thoughts = calls[0].get("send_back", {}).get("reasoning_content")
        if self.reasoning and thoughts:
            wire["reasoning_content"] = sendable(thoughts)
        return wire


class TextMessages(Wired):
    """The same for a server without tools: calls and results as text, and how to write a call.

    What follows each other in the same role is one message: many models' own templates know only
    turns that alternate.
    """

    def __init__(self, tools: Sequence[Mapping[str, Any]]) -> None:
        self._how = ""
        if tools:
            from looplet.models.transcript import instructions_for

            self._how = sendable(instructions_for(tools))
        super().__init__()

    def add(self, message: Mapping[str, Any]) -> None:
        role, text = in_text(message)
        if not self.messages and self._how:
            before = f"{text}\n\n" if role == "system" and text else ""
            self.messages.append({"role": "system", "content": f"{before}{self._how}"})
            if role == "system":
                return
        last = self.messages[-1] if self.messages else None
        if last is not None and last["role"] == role:
            # Not changed in place: it may be on its way to a server just now.
            self.messages[-1] = {"role": role, "content": f"{last['content']}\n\n{text}"}
        else:
            self.messages.append({"role": role, "content": text})


def in_text(message: Mapping[str, Any]) -> tuple[str, str]:
    """The role and the text of a message whose calls and results are to be read as text."""
    role, content = message["role"], message["content"]
    if role == "tool":
        return "user", sendable(f"Result of {message['tool']}: {content}")
    calls = [
        json_text({"tool": call["tool"], "args": call["args"]})
        for call in message.get("tool_calls", ())
    ]
    return role, sendable("\n".join([content, *calls] if content else calls))


def wire_messages(messages: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The loop's conversation as the API wants it, calls and results in its own protocol."""
    return ChatMessages().follow(messages).messages


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


def _wire_call(call: Mapping[str, Any]) -> dict[str, Any]:
    wire: dict[str, Any] = {
        "id": sendable(call["call_id"]),
        "type": "function",
        "function": {"name": call["tool"], "arguments": json_text(call["args"])},
    }
    if extra := call.get("send_back", {}).get("extra_content"):
        wire["extra_content"] = extra
    return wire


__all__ = ["ChatMessages", "TextMessages", "in_text", "wire_messages", "wire_tools"]
