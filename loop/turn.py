"""Turn: one answer of the model, read: what it said, and the calls that it asks for."""

from __future__ import annotations

from looplet.types import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from looplet.models.reply import Usage
    from looplet.types import ToolCall, ToolResult


class Turn(Record):
    """
    text: what it said. calls: those it asks for, each with an id. refused: by id, the results of
    calls that are not to be run. usage: what the answer cost, until a step carries it. stop: why
    the model stopped.
    """

    __slots__ = ("calls", "refused", "stop", "text", "usage")

    def __init__(
        self,
        text: str,
        calls: list[ToolCall],
        refused: dict[str, ToolResult],
        usage: Usage | None = None,
        stop: str | None = None,
    ) -> None:
        self.text = text
        self.calls = calls
        self.refused = refused
        self.usage = usage
        self.stop = stop
