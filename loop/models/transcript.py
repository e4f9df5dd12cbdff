"""The conversation as a prompt, for models that take only text: the task, and what came last.

What a step costs must not grow with the run: only new messages are worded, and only so many kept.
"""

from __future__ import annotations

from collections import deque

from looplet.jsontext import json_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any


class Transcript:
    """Makes the prompts of one run: of at most `count` messages and about `chars` characters.

    The system message and the task are always in, and so is the last message.
    """

    _seen: int
    _left: int

    def __init__(self, count: int, chars: int, *, ending: str) -> None:
        self._count = count
        self._chars = chars
        self._ending = ending
        self._begin(())

    def prompt(self, messages: Sequence[dict[str, Any]]) -> tuple[str, str]:
        """The system message, and the prompt."""
        if messages is not self._messages or len(messages) < self._seen:
            self._begin(messages)
        for message in messages[max(self._seen, len(messages) - self._count) :]:
            text = _in_words(message)
            if len(self._recent) == self._count:
                self._left += len(self._recent.popleft())
            self._recent.append(text)
            self._left -= len(text)
        while self._left < 0 and len(self._recent) > 1:
            self._left += len(self._recent.popleft())
        self._seen = len(messages)
        lines = [self._head] if self._head else []
        if missing := len(messages) - self._start - len(self._recent):
            lines.append(f"({missing} earlier messages are left out)")
        return self._system, "\n\n".join([*lines, *self._recent, self._ending])

    def _begin(self, messages: Sequence[dict[str, Any]]) -> None:
        self._messages = messages
        self._recent: deque[str] = deque()
        self._system = ""
        self._head = ""
        start = 0
        if start < len(messages) and messages[start]["role"] == "system":
            self._system = messages[start]["content"]
            start += 1
        if start < len(messages) and messages[start]["role"] == "user":
            self._head = f"TASK: {messages[start]['content']}"
            start += 1
        self._start = start
        self._seen = start
        self._left = self._chars - len(self._system) - len(self._head)


def instructions_for(schemas: Sequence[Mapping[str, Any]]) -> str:
    """How to call tools in plain text, and which there are."""
    tools = "\n".join(
        f"- {tool['name']}: {tool['description']}\n  parameters: {json_text(tool['parameters'])}"
        for tool in schemas
    )
    return (
        "To act, answer with one JSON object and nothing else:\n"
        '{"tool": "<name>", "args": {"<argument>": <value>}}\n\n'
        f"The tools:\n{tools or '(none)'}"
    )


def _in_words(message: dict[str, Any]) -> str:
    role, content = message["role"], message["content"]
    if role == "tool":
        return f"RESULT of {message['tool']}: {content}"
    if role == "user":
        return f"NOTE: {content}"
    calls = [
        json_text({"tool": call["tool"], "args": call["args"]})
        for call in message.get("tool_calls", ())
    ]
    return "YOU: " + "\n".join([content, *calls] if content else calls)
