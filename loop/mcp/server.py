"""One server over a whole run: started when it is first needed, and again when it has died."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from looplet.mcp.connection import Connection
from looplet.mcp.errors import ServerError, ServerSetupError
from looplet.mcp.settings import ServerSettings

if TYPE_CHECKING:
    from mcp.shared.dispatcher import ProgressFnT
    from mcp_types import CallToolResult, Tool

MOST_FAILURES = 3
"""So many failed starts in a row, and it is left alone."""


class Server:
    """Lives in one event loop. tools: what it said it has when it was last started."""

    def __init__(self, settings: ServerSettings) -> None:
        self.settings = settings
        self.tools: dict[str, Tool] = {}
        self._connection: Connection | None = None
        self._failures = 0
        self._last: ServerError | None = None
        self._closed = False
        self._starting = asyncio.Lock()

    async def start(self) -> Connection:
        """The connection to ask; made, if there is none. Raises ServerSetupError, ServerError."""
        async with self._starting:
            if self._connection is not None and await self._connection.sure():
                return self._connection
            if self._closed:
                raise ServerError(f"the MCP server {self.settings.in_words} was closed")
            if self._failures >= MOST_FAILURES:
                raise ServerError(
                    f"the MCP server {self.settings.in_words} could not be started "
                    f"{MOST_FAILURES} times in a row, and is not started again: {self._last}"
                )
            if self._connection is not None:
                await self._connection.close()
            self._connection = connection = Connection(self.settings)
            try:
                await connection.open()
                self.tools = {tool.name: tool for tool in await connection.list_tools()}
            except ServerError as error:
                self._failures += 1
                self._last = error
                await connection.close()
                raise
            self._check_list()
            return connection

    async def call(
        self, tool: str, args: dict[str, Any], progress: ProgressFnT | None = None
    ) -> CallToolResult:
        """What the server answers. Raises ServerError; the next call starts a dead one again."""
        connection = await self.start()
        result = await connection.call(tool, args, progress)
        self._failures = 0
        return result

    async def close(self) -> None:
        self._closed = True
        if self._connection is not None:
            await self._connection.close()

    def _check_list(self) -> None:
        missing = [name for name in self.settings.tools or () if name not in self.tools]
        if missing:
            from looplet.calling import did_you_mean

            have = ", ".join(sorted(self.tools)) or "none"
            raise ServerSetupError(
                f"the MCP server `{self.settings.name}` has no tool `{missing[0]}`"
                f"{did_you_mean(missing[0], self.tools)}, which is in its list of `tools`; "
                f"it has: {have}"
            )


__all__ = ["Server"]
