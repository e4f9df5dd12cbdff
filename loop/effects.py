"""What the engine asks of its driver. Each effect is answered with a value, or with an exception.

The engine yields these and `Step` objects, nothing else; a Step is handed on to the caller.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Sequence
    from typing import Any, TypeAlias

    from looplet.types import Step, ToolCall

    Effect: TypeAlias = "CallModel | RunTools | Ask | Await | Step"


class CallModel:
    """Answered with what the model's `generate(messages, …)` returns."""

    __slots__ = ("messages",)

    def __init__(self, messages: list[dict[str, Any]]) -> None:
        self.messages = messages


class RunTools:
    """Answered with one ToolResult for each call, in order. Several may run at the same time."""

    __slots__ = ("calls",)

    def __init__(self, calls: Sequence[ToolCall]) -> None:
        self.calls = calls


class Ask:
    """A question for a human. Answered with what the approval handler says; None without one."""

    __slots__ = ("call", "options", "question")

    def __init__(self, question: str, options: list[str], call: ToolCall) -> None:
        self.question = question
        self.options = options
        self.call = call


class Await:
    """An awaitable that a hook (or a memory source) returned. Answered with its value."""

    __slots__ = ("awaitable", "source")

    def __init__(self, awaitable: Awaitable[Any], source: str) -> None:
        self.awaitable = awaitable
        self.source = source


class CallerLeft(BaseException):
    """Thrown into the engine when the caller stops iterating: finish, but yield no more steps."""
