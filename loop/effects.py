"""What the engine asks of its driver. Each effect is answered with a value, or with an exception.

The engine yields these and `Step` objects, nothing else; a Step is handed on to the caller.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from typing import Any, TypeAlias

    from looplet.models.adapt import Model
    from looplet.types import Step, ToolCall

    Effect: TypeAlias = "CallModel | StartTools | RunTools | Ask | Await | Save | Step"


class CallModel:
    """Answered with what the model says to `messages`; `plain`: without tools to call."""

    __slots__ = ("messages", "model", "plain")

    def __init__(self, messages: list[dict[str, Any]], model: Model, plain: bool = False) -> None:
        self.messages = messages
        self.model = model
        self.plain = plain

    @property
    def ask(self) -> Callable[[list[dict[str, Any]]], Any]:
        return self.model.plain if self.plain else self.model.generate


class StartTools:
    """Start what the tools need, such as their servers. Answered with notes for the model."""

    __slots__ = ()


class RunTools:
    """Answered with one ToolResult for each call, in order. Several may run at the same time.

    In the place of a result may be a `Later`: the tool asked a question that nobody answers now.
    """

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


class Save:
    """Something that happened, for the checkpoint: `method` of the run's Recorder, with `args`."""

    __slots__ = ("args", "method")

    def __init__(self, method: str, *args: Any) -> None:
        self.method = method
        self.args = args


class CallerLeft(BaseException):
    """Thrown into the engine when the caller stops iterating: finish, but yield no more steps."""
