"""What is open: the spans of a run that goes on, and what is to be said of each."""

from __future__ import annotations

from time import time_ns

from looplet.models.reply import Usage

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Open:
    """A span that has not ended."""

    __slots__ = ("has_begun", "since", "span", "tool")

    def __init__(self, span: Any, tool: str = "", since: int | None = None) -> None:
        self.span = span
        self.tool = tool
        self.since = time_ns() if since is None else since
        self.has_begun = False


class Agent:
    """A run that goes on: its span, and those open below it.

    entered: what was made current for it, and how to leave that again.
    usage: of its own answers; sub-agents have their own.
    """

    __slots__ = (
        "_seen",
        "chat",
        "context",
        "entered",
        "model",
        "name",
        "provider",
        "since",
        "span",
        "tools",
        "usage",
    )

    def __init__(self, name: str, model: str, provider: str) -> None:
        self.name = name
        self.model = model.removeprefix(f"{provider}:")
        self.provider = provider
        self.since = time_ns()
        self.span: Any = None
        self.context: Any = None
        self.entered: tuple[Any, Any] | None = None
        self.chat: Open | None = None
        self.tools: dict[str, Open] = {}
        self.usage = Usage()
        self._seen: tuple[Any, int] = (None, 0)

    def attributes(self, operation: str) -> dict[str, Any]:
        found = {"gen_ai.operation.name": operation, "gen_ai.provider.name": self.provider}
        if self.model:
            found["gen_ai.request.model"] = self.model
        if self.name and operation != "chat":
            found["gen_ai.agent.name"] = self.name
        return found

    def new_messages(self, conversation: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Those that came since the last time; all, after a compaction."""
        known, count = self._seen
        self._seen = (conversation, len(conversation))
        return conversation[count if known is conversation else 0 :]
