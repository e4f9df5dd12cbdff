"""A registry with the tools of an agent and those of its servers."""

from __future__ import annotations

from _thread import RLock
from typing import TYPE_CHECKING, Any

from looplet.mcp.servers import Servers
from looplet.tools import BaseToolRegistry

if TYPE_CHECKING:
    from collections.abc import Iterable

    from looplet.calling import Invocation
    from looplet.context import ToolContext
    from looplet.mcp.settings import ServerSettings
    from looplet.tools import ToolSpec
    from looplet.types import ToolCall, ToolResult


class ToolsWithServers(BaseToolRegistry):
    """What needs the tools of the servers starts them: `start`, which a run begins with,
    `tool_schemas`, and the call of a tool that is not known yet. What only looks (`tool_names`,
    `specs`, `get`, `in`) sees those that are known so far.

    Which tools there are is settled then, for the whole run: a model was told.
    """

    def __init__(self, settings: Iterable[ServerSettings], specs: Iterable[ToolSpec] = ()) -> None:
        super().__init__(specs)
        self._servers = Servers(settings)
        self._started = False
        self._starting = RLock()

    @property
    def to_start(self) -> bool:  # type: ignore[override]
        return not self._started

    def start(self) -> list[str]:
        """Start the servers, once. Notes for the model on what it cannot use.

        Raises ServerSetupError for what the builder has to put right.
        """
        with self._starting:
            if not self._started:
                for spec in self._servers.start(self._specs):
                    self.register(spec)
                self._started = True
        return list(self._servers.notes)

    def tool_schemas(self) -> list[dict[str, Any]]:
        self.start()
        return super().tool_schemas()

    def prepare(self, call: ToolCall, ctx: ToolContext | None = None) -> Invocation | ToolResult:
        if call.tool not in self._specs:
            self.start()
        return super().prepare(call, ctx)

    def close(self) -> None:
        self._servers.close()


__all__ = ["ToolsWithServers"]
