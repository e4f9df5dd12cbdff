"""What goes out to Anthropic's `/v1/messages`: messages, tools and cache marks. No I/O.

`looplet.models.anthropic_answer` reads what comes back.

Content is always a list of blocks, and whoever speaks twice in a row speaks in one message: the
API wants roles to alternate. So a message may get more blocks; those it has stay as they are.
"""

from __future__ import annotations

import re

from looplet.jsontext import sendable
from looplet.models.chat_completions import in_text
from looplet.models.wired import Wired
from looplet.tools import is_tool_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

EMPTY = "(empty)"
"""The API refuses a text without a visible character."""

_ID = re.compile(r"[a-zA-Z0-9_-]{1,64}")


class AnthropicMessages(Wired):
    """A conversation as the API wants it. `system` is apart from the messages.

    native: whether calls and results are sent in the API's own protocol, or as text: it refuses
    them where no tools are offered.
    """

    def __init__(self, *, native: bool = True, instructions: str = "") -> None:
        self.native = native
        self._instructions = instructions
        super().__init__()

    def begin(self) -> None:
        self.system = sendable(self._instructions)
        self._open: dict[str, str] = {}
        self._ids: set[str] = set()
        self._marks: list[tuple[int, int]] = []

    def add(self, message: Mapping[str, Any]) -> None:
        role = message["role"]
        if role == "system" and not self.messages:
            parts = (sendable(message["content"]), self.system)
            self.system = "\n\n".join(part for part in parts if part)
            return
        calls = message.get("tool_calls")
        if self.native and calls and all(is_tool_name(call["tool"]) for call in calls):
            self._close()
            self._put("assistant", self._asking(message, calls))
        elif role == "tool" and message["call_id"] in self._open:
            self._put("user", [_result(self._open.pop(message["call_id"]), message["content"])])
        else:
            self._close()
            role, text = in_text(message)
            self._put("assistant" if role == "assistant" else "user", [_text(text)])

    def _asking(self, message: Mapping[str, Any], calls: Sequence[Mapping[str, Any]]) -> list[Any]:
        # What the model thought goes back as it came, signed, or the API refuses the calls.
        blocks = [*calls[0].get("send_back", {}).get("thinking", ())]
        if message["content"].strip():
            blocks.append(_text(message["content"]))
        for call in calls:
            call_id = self._id(call["call_id"])
            self._open[call["call_id"]] = call_id
            given = _sendable(call["args"])
            blocks.append({"type": "tool_use", "id": call_id, "name": call["tool"], "input": given})
        return blocks

    def _id(self, given: str) -> str:
        """An id that the API takes: of few characters, and never used twice in a conversation."""
        call_id = given if _ID.fullmatch(given) else "call"
        number = 1
        while call_id in self._ids:
            number += 1
            call_id = f"call_{len(self._ids)}_{number}"
        self._ids.add(call_id)
        return call_id

    def _close(self) -> None:
        """Answer the calls that nobody answered: a call without a result is refused."""
        for call_id in self._open.values():
            self._put("user", [_result(call_id, "(there is no result)")])
        self._open = {}

    def _put(self, role: str, blocks: list[dict[str, Any]]) -> None:
        if not self.messages and role != "user":
            self.messages.append({"role": "user", "content": [_text("Go on.")]})
        if self.messages and self.messages[-1]["role"] == role:
            # Not changed in place: it may be on its way to a server just now.
            blocks = [*self.messages[-1]["content"], *blocks]
            self.messages[-1] = {"role": role, "content": blocks}
        else:
            self.messages.append({"role": role, "content": blocks})

    def with_marks(self, mark: Mapping[str, Any]) -> list[dict[str, Any]]:
        """The messages, with a cache mark on the last block, and on the one marked before that.

        What stands before a mark is put into the provider's cache, and looked for there; from a
        mark it looks back over twenty blocks only, and one turn can have more, so that the mark of
        the last turn stays where it was.
        """
        messages = [*self.messages]
        if not messages:
            return messages
        here = (len(messages) - 1, len(messages[-1]["content"]) - 1)
        if here not in self._marks:  # a question that is asked again is the same to the byte
            self._marks = [*self._marks[-1:], here]
        for number, block in self._marks:
            content = [*messages[number]["content"]]
            content[block] = {**content[block], "cache_control": mark}
            messages[number] = {**messages[number], "content": content}
        return messages


def wire_system(text: str, mark: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    """The system prompt, which with the tools before it is what every turn begins with."""
    block: dict[str, Any] = _text(text)
    return [{**block, "cache_control": mark}] if mark else [block]


def wire_tools(
    tools: Sequence[Mapping[str, Any]], mark: Mapping[str, Any] | None = None
) -> list[dict[str, Any]]:
    """The loop's tool schemas as the API wants them."""
    wire: list[dict[str, Any]] = [
        {
            "name": tool["name"],
            "description": tool["description"],
            "input_schema": tool["parameters"],
        }
        for tool in tools
    ]
    if wire and mark:
        wire[-1]["cache_control"] = mark
    return wire


def wire_messages(messages: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The loop's conversation as the API wants it, the system prompt left out."""
    return AnthropicMessages().follow(messages).messages


def _text(text: str) -> dict[str, Any]:
    return {"type": "text", "text": sendable(text) if text.strip() else EMPTY}


def _result(call_id: str, content: str) -> dict[str, Any]:
    # An empty result is one: only texts have to have a character.
    return {"type": "tool_result", "tool_use_id": call_id, "content": sendable(content)}


def _sendable(value: Any) -> Any:
    """Arguments with every half of a surrogate pair escaped, as `sendable` does in a text."""
    if isinstance(value, str):
        return sendable(value)
    if isinstance(value, dict):
        return {sendable(key): _sendable(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_sendable(item) for item in value]
    return value


__all__ = ["AnthropicMessages", "wire_messages", "wire_system", "wire_tools"]
