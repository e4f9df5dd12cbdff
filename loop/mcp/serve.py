"""A cartridge as a Model Context Protocol server, over stdio or streamable HTTP on loopback."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

from looplet.mcp.connection import quiet

if TYPE_CHECKING:
    from socket import socket

    from mcp.server import Server, ServerRequestContext
    from mcp_types import CallToolRequestParams, CallToolResult, InputRequiredResult, Tool

    from looplet.mcp.wire import Wire

HOST = "127.0.0.1"
PATH = "/mcp"


class Offer(Protocol):
    """What is served: some tools."""

    async def list_tools(self) -> list[Tool]: ...

    async def call(
        self, context: ServerRequestContext[Any, Any], params: CallToolRequestParams
    ) -> CallToolResult | InputRequiredResult: ...


def server_of(offer: Offer, name: str, version: str, about: str) -> Server[Any]:
    """The SDK's server, answering with what is offered."""
    from mcp.server import Server
    from mcp_types import ListToolsResult

    quiet()

    async def on_list_tools(context: Any, params: Any) -> ListToolsResult:
        return ListToolsResult(tools=await offer.list_tools())

    return Server(
        name,
        version=version,
        instructions=about or None,
        on_list_tools=on_list_tools,
        on_call_tool=offer.call,
    )


async def over_stdio(server: Server[Any], wire: Wire) -> None:
    """Serve the one client at the other end of `wire`, until it leaves."""
    from mcp.server.stdio import stdio_server

    async with stdio_server(wire.lines(), wire) as (read, write):  # type: ignore[arg-type]
        await server.run(read, write, server.create_initialization_options())


async def over_http(server: Server[Any], listening: socket, ready: Callable[[str], None]) -> None:
    """Serve clients on this machine, until interrupted; `ready` is told the address.

    The SDK refuses what a page in a browser sends here: a foreign `Host` or `Origin`.
    """
    import uvicorn

    app = server.streamable_http_app(streamable_http_path=PATH, host=HOST)
    config = uvicorn.Config(app, log_config=None, timeout_graceful_shutdown=2)
    ready(f"http://{HOST}:{listening.getsockname()[1]}{PATH}")
    await uvicorn.Server(config).serve(sockets=[listening])


__all__ = ["HOST", "PATH", "over_http", "over_stdio", "server_of"]
