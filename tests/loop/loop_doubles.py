"""A model that follows a script, and what came of a run."""

from collections.abc import Callable
from typing import Any

from looplet import Reply, Step, ToolCall


class Script:
    """Native interface: each entry is a Reply, a text, an exception, or (name, args) pairs."""

    def __init__(self, *entries: Any) -> None:
        self.entries = list(entries)
        self.seen: list[list[dict[str, Any]]] = []
        self.tools: Any = None

    def generate(self, messages: list[dict[str, Any]], *, tools: Any) -> Any:
        self.seen.append(list(messages))
        self.tools = tools
        entry = self.entries.pop(0)
        if isinstance(entry, BaseException):
            raise entry
        if isinstance(entry, tuple):
            entry = [entry]
        if isinstance(entry, list):
            return Reply("", [ToolCall(name, args) for name, args in entry])
        return entry


class Run:
    """What came of a run: the steps, the state, and the exception, if it ended with one."""

    def __init__(self, steps: list[Step], state: Any, error: BaseException | None) -> None:
        self.steps = steps
        self.state = state
        self.error = error

    @property
    def errors(self) -> list[str | None]:
        return [step.tool_result.error for step in self.steps]

    @property
    def data(self) -> list[Any]:
        return [step.tool_result.data for step in self.steps]


def add(a: int, b: int) -> dict[str, int]:
    """Add two numbers."""
    return {"sum": a + b}


Go = Callable[..., Run]
