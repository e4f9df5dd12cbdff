"""MCPToolAdapter: the tools of one server, for a program without a cartridge."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from looplet.mcp.servers import Servers
from looplet.mcp.settings import DEFAULT_TIMEOUT_S, ServerSettings

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from looplet.tools import BaseToolRegistry, ToolSpec


class MCPToolAdapter:
    """The tools of one Model Context Protocol server, as ToolSpecs.

        with MCPToolAdapter("mcp-server-time") as clock:
            tools = tools_from([*clock, my_function], include_done=True)

    command: the program with its arguments, a text or a list; no shell sees it. Or `url`, of a
        server that speaks streamable HTTP, and `headers` for it.
    env: variables beside the few that every server gets. cwd: where it is started.
    timeout_s: how long one answer may take.
    tools: the names of those to take; without it, all of them.
    prefix: put before each name. name: what messages call the server.

    The server is started when its tools are first asked for, and ended by `close` or `with`. Raises
    ValueError for what is wrong with these; asking for the tools raises ServerSetupError for what
    keeps the server from being started, and ServerError if it does not come up.
    """

    def __init__(
        self,
        command: str | Iterable[str] | None = None,
        *,
        url: str | None = None,
        headers: Mapping[str, str] | None = None,
        env: Mapping[str, str] | None = None,
        cwd: str | None = None,
        timeout_s: float = DEFAULT_TIMEOUT_S,
        tools: Iterable[str] | None = None,
        prefix: str = "",
        name: str = "mcp",
    ) -> None:
        self.settings = ServerSettings(
            name,
            command if command is None or isinstance(command, str) else list(command),
            env=env,
            cwd=cwd,
            url=url,
            headers=headers,
            timeout_s=timeout_s,
            tools=None if tools is None else list(tools),
            prefix=prefix,
        )
        self._servers = Servers([self.settings])

    def tools(self) -> list[ToolSpec]:
        """The tools; the first time, the server is started."""
        return list(self._servers.start(must=True))

    @property
    def notes(self) -> list[str]:
        """Which of its tools were left out, and why; known once they were asked for."""
        return list(self._servers.notes)

    def register_all(self, registry: BaseToolRegistry) -> int:
        """Add the tools to a registry; how many there are. A name that is taken is a ValueError."""
        specs = self.tools()
        for spec in specs:
            registry.register(spec)
        return len(specs)

    def close(self) -> None:
        """End the server. It is not started again."""
        self._servers.close()

    def __iter__(self) -> Iterator[ToolSpec]:
        return iter(self.tools())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


__all__ = ["MCPToolAdapter"]
