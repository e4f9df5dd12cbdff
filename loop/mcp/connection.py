"""One running server, from its start to its end: a process, or a session over HTTP.

All of it happens in one event loop. What is awaited here ends in time, and whatever the server does
wrong is a ServerError.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from looplet.mcp.errors import ServerError, ServerSetupError
from looplet.mcp.settings import ServerSettings
from looplet.mcp.stderr import LastWords

if TYPE_CHECKING:
    from typing import TypeVar

    from mcp import Client
    from mcp.shared.dispatcher import ProgressFnT
    from mcp_types import CallToolResult, ListToolsResult, Tool

    T = TypeVar("T")

MOST_TOOLS = 500
MOST_PAGES = 50
ALIVE_S = 5.0
"""How long a server that let a call time out may take to show that it is there."""
GRACE_S = 1.0
"""What the SDK gets to notice its own time-out, which also tells the server."""


class Connection:
    """
    ended: nothing more will come from this server; another connection has to be made.
    """

    def __init__(self, settings: ServerSettings) -> None:
        self.settings = settings
        self.ended = False
        self._client: Client | None = None
        self._failure: BaseException | None = None
        self._opened = asyncio.Event()
        self._closing = asyncio.Event()
        self._stderr: LastWords | None = None
        self._life: asyncio.Task[None] | None = None
        self._doubt: asyncio.Task[None] | None = None

    # ── what the SDK is asked for ─────────────────────────────────────────────────────────────

    async def open(self) -> None:
        """Start it and agree on a protocol. Raises ServerSetupError or ServerError."""
        self._life = asyncio.create_task(self._live())
        try:
            async with asyncio.timeout(self.settings.timeout_s):
                await self._opened.wait()
        except TimeoutError:
            await self.close()
            seconds = f"{self.settings.timeout_s:g} s"
            raise self._error(
                f"did not answer within {seconds} after its start", "timeout"
            ) from None
        except asyncio.CancelledError:
            await self.close()
            raise
        if self._client is None:
            await self.close()
            raise self._why_not(self._failure)

    async def list_tools(self) -> list[Tool]:
        """Every tool that it has; never more than MOST_TOOLS."""
        tools: list[Tool] = []
        cursor: str | None = None
        for _ in range(MOST_PAGES):
            page = await self._ask(partial(_page, cursor=cursor))
            tools += page.tools
            cursor = page.next_cursor
            if cursor is None or len(tools) >= MOST_TOOLS:
                break
        return tools[:MOST_TOOLS]

    async def call(
        self, tool: str, args: dict[str, Any], progress: ProgressFnT | None
    ) -> CallToolResult:
        """What the server answers; an `is_error` in it is an answer too."""
        seconds = self.settings.timeout_s
        return await self._ask(
            lambda client: client.call_tool(
                tool, args, read_timeout_seconds=seconds, progress_callback=progress
            )
        )

    async def sure(self) -> bool:
        """Whether it is there to be asked. Waits for the outcome if there is a doubt."""
        if self._doubt is not None:
            await asyncio.shield(self._doubt)
        return not self.ended

    async def close(self) -> None:
        """End it, the process and its children too. Every wait in it is bounded."""
        self.ended = True
        self._closing.set()
        if self._doubt is not None:
            self._doubt.cancel()
        if self._life is not None:
            await asyncio.shield(asyncio.wait({self._life}))

    # ── underneath ────────────────────────────────────────────────────────────────────────────

    async def _ask(self, question: Callable[[Client], Awaitable[T]]) -> T:
        from mcp import MCPError

        if self.ended or self._client is None:
            raise self._error("is not running")
        seconds = self.settings.timeout_s
        try:
            async with asyncio.timeout(seconds + GRACE_S):
                return await question(self._client)
        except TimeoutError:
            self._doubted()
            raise self._error(f"did not answer within {seconds:g} s", "timeout") from None
        except MCPError as error:
            raise self._from_protocol(error) from None
        except asyncio.CancelledError:
            raise
        except Exception as error:
            # An answer that is none: the SDK raises what pydantic, jsonschema or httpx raise.
            raise self._error(f"gave an answer that cannot be used: {_words(error)}") from None

    def _from_protocol(self, error: Any) -> ServerError:
        import mcp_types

        if error.code == mcp_types.CONNECTION_CLOSED:
            self.ended = True
            self._closing.set()
            return self._error("ended before it answered")
        if error.code == mcp_types.REQUEST_TIMEOUT:
            self._doubted()
            return self._error(f"did not answer within {self.settings.timeout_s:g} s", "timeout")
        if self.settings.url is not None:
            self._doubted()  # of a lost HTTP session, an error answer is all there is to see
        return self._error(f"refused: {_words(error)}")

    def _doubted(self) -> None:
        """Something may be wrong: find out, and end it if so, whether or not anybody waits."""
        if self._doubt is None and not self.ended and self._client is not None:
            self._doubt = asyncio.create_task(self._verify(self._client))

    async def _verify(self, client: Client) -> None:
        import mcp_types
        from mcp import MCPError

        try:
            async with asyncio.timeout(min(ALIVE_S, self.settings.timeout_s)):
                await client.list_tools()
        except Exception as error:
            if isinstance(error, MCPError) and error.code == mcp_types.METHOD_NOT_FOUND:
                return  # it has no tools any more, and says so
            self.ended = True
            self._closing.set()
        finally:
            self._doubt = None

    async def _live(self) -> None:
        import anyio

        try:
            # The SDK's own kind of scope: its clean-up is shielded from that, not from a cancel().
            with anyio.CancelScope() as scope:
                stop = asyncio.create_task(self._stop(scope))
                try:
                    async with self._connected() as client:
                        self._client = client
                        self._opened.set()
                        await self._closing.wait()
                finally:
                    stop.cancel()
        except BaseException as error:
            self._failure = error
            if isinstance(error, asyncio.CancelledError):
                raise
        finally:
            self.ended = True
            if self._stderr is not None:
                self._stderr.close()
            self._opened.set()

    async def _stop(self, scope: Any) -> None:
        await self._closing.wait()
        if self._client is None:  # still starting: nothing else would end it
            scope.cancel()

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[Client]:
        from mcp import Client
        from mcp_types import Implementation

        from looplet.version import version

        quiet()
        async with AsyncExitStack() as stack:
            transport = self._process() if self.settings.command else self._http()
            about = Implementation(name="looplet", version=version())
            client = Client(transport, client_info=about, cache=None)
            yield await stack.enter_async_context(client)

    @asynccontextmanager
    async def _process(self) -> AsyncIterator[Any]:
        from mcp.client.stdio import StdioServerParameters, stdio_client

        settings = self.settings
        assert settings.command is not None
        parameters = StdioServerParameters(
            command=settings.command[0],
            args=settings.command[1:],
            env=settings.env,
            cwd=settings.cwd,
            encoding_error_handler="replace",
        )
        self._stderr = stderr = LastWords(self._doubted)
        async with stdio_client(parameters, errlog=stderr.file) as streams:  # type: ignore[arg-type]
            stderr.handed_over()
            yield streams

    @asynccontextmanager
    async def _http(self) -> AsyncIterator[Any]:
        import httpx2
        from mcp.client.streamable_http import streamable_http_client

        settings = self.settings
        assert settings.url is not None
        # How long an answer may take is timed elsewhere; the stream of one may be silent for long.
        timeout = httpx2.Timeout(settings.timeout_s + GRACE_S, read=None)
        async with (
            httpx2.AsyncClient(headers=settings.headers, timeout=timeout) as client,
            streamable_http_client(settings.url, http_client=client) as streams,
        ):
            yield streams

    # ── words ─────────────────────────────────────────────────────────────────────────────────

    def _error(self, what: str, kind: str = "server") -> ServerError:
        said = self._stderr.text if self._stderr is not None else ""
        last = f". The last it wrote to its standard error: {said}" if said else ""
        return ServerError(f"the MCP server {self.settings.in_words} {what}{last}", kind)

    def _why_not(self, failure: BaseException | None) -> Exception:
        """Why it could not be started: by the fault of who wrote it down, or by its own."""
        import mcp_types
        from mcp import MCPError

        cause = _innermost(failure)
        settings = self.settings
        if settings.command is not None and isinstance(cause, (OSError, ValueError)):
            if isinstance(cause, OSError) and cause.filename == settings.cwd is not None:
                why = f"its `cwd`, {settings.cwd!r}, is no folder that can be entered"
            elif isinstance(cause, FileNotFoundError):
                why = f"there is no program {settings.command[0]!r}; install it, or write its path"
            else:
                why = _words(cause)
            return ServerSetupError(f"the MCP server `{settings.name}` cannot be started: {why}")
        if isinstance(cause, MCPError) and cause.code == mcp_types.CONNECTION_CLOSED:
            return self._error("ended right after its start")
        return self._error(f"could not be reached: {_words(cause)}")


async def _page(client: Client, cursor: str | None) -> ListToolsResult:
    return await client.list_tools(cursor=cursor)


def quiet() -> None:
    """Keep the SDK's log records from the terminal, unless somebody asked for them.

    Without any handler, Python prints each warning: a server that prints a line of garbage would
    put a traceback on the user's screen.
    """
    for name in ("mcp", "client"):
        logger = logging.getLogger(name)
        if not logger.handlers:
            logger.addHandler(logging.NullHandler())


def _innermost(error: BaseException | None) -> BaseException | None:
    while isinstance(error, BaseExceptionGroup) and error.exceptions:
        error = error.exceptions[0]
    return error


def _words(error: BaseException | None) -> str:
    from looplet.types import printable

    if error is None:
        return "it ended"
    if hasattr(error, "error_count") and hasattr(
        error, "errors"
    ):  # pydantic's: the first is enough
        first = error.errors()[0]
        return printable(f"{'.'.join(map(str, first['loc']))}: {first['msg']}", 400)
    text = str(error) or type(error).__name__
    named = type(error).__module__.partition(".")[0] in ("builtins", "mcp")
    return printable(" ".join(text.split()) if named else f"{type(error).__name__}: {text}", 400)


__all__ = ["Connection", "quiet"]
