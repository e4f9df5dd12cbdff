"""The servers of one agent, for code that is not async: started together, closed together."""

from __future__ import annotations

import weakref
from _thread import RLock
from collections.abc import Collection, Iterable
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from looplet.mcp.errors import ServerError, ServerSetupError
from looplet.types import ToolCall, ToolResult

if TYPE_CHECKING:
    from looplet.context import ToolContext
    from looplet.mcp.background import Background
    from looplet.mcp.server import Server
    from looplet.mcp.settings import ServerSettings
    from looplet.tools import ToolSpec


class Servers:
    """Nothing is started, and no thread made, before `start`.

    notes: what the model has to know of servers and tools that it cannot use.
    """

    def __init__(self, settings: Iterable[ServerSettings]) -> None:
        self.settings = list(settings)
        self.notes: list[str] = []
        self._specs: list[ToolSpec] | None = None
        self._servers: dict[str, Server] = {}
        self._background: Background | None = None
        self._finalizer: weakref.finalize[Any, Any] | None = None
        self._closed = False
        self._lock = RLock()

    def start(self, taken: Collection[str] = (), *, must: bool = False) -> list[ToolSpec]:
        """Start them all, the first time; the tools that they offer.

        taken: the names of tools that are there already. must: a server that does not come up is
        an error here; otherwise it is a note, and calls of its tools try again.
        Raises ServerSetupError, and with `must` ServerError.
        """
        with self._lock:
            if self._closed:
                raise ServerSetupError("the servers were closed; bind the agent anew")
            if self._specs is None:
                self._specs = self._start(taken, must)
            return self._specs

    def close(self) -> None:
        """End every server. A program that does not end when its input does is killed."""
        self._closed = True  # so that a start that is under way gives up
        with self._lock:
            if self._finalizer is not None:
                self._finalizer()

    def _start(self, taken: Collection[str], must: bool) -> list[ToolSpec]:
        if find_spec("mcp") is None:
            raise ServerSetupError(
                "servers of tools need the Model Context Protocol: pip install 'looplet[mcp]'"
            )
        from functools import partial

        from looplet.mcp.background import Background
        from looplet.mcp.offered import specs_of, specs_of_absent

        self._background = background = Background("looplet-mcp")
        self._servers = background.wait(_made(self.settings))
        # Also when nobody closes it: no server outlives this process if it can be helped.
        self._finalizer = weakref.finalize(self, _end, background, self._servers)
        try:
            outcomes = background.wait(_started(self._servers), lambda: self._closed)
            specs: list[ToolSpec] = []
            for settings in self.settings:
                names = {*taken, *(spec.name for spec in specs)}
                unseen = isinstance(outcomes[settings.name], ServerError)
                execute = partial(self._call, settings.name, unseen)
                outcome = outcomes[settings.name]
                if isinstance(outcome, ServerError) and not must:
                    self.notes.append(f"{outcome}. Its tools cannot be used unless it is back")
                    specs += specs_of_absent(settings, str(outcome), names, execute)
                elif outcome is not None:
                    raise outcome
                else:
                    tools = self._servers[settings.name].tools.values()
                    found, notes = specs_of(settings, tools, names, execute)
                    specs += found
                    self.notes += notes
        except BaseException:
            self._finalizer()
            raise
        return specs

    def _call(
        self, name: str, unseen: bool, tool: str, ctx: ToolContext | None, args: dict[str, Any]
    ) -> ToolResult:
        """Run one tool of one server, in the thread of the caller.

        unseen: the tool was offered before the server could say what its arguments are.
        """
        from looplet.mcp.answers import result_of
        from looplet.mcp.background import CancelledError

        assert self._background is not None
        call = ctx.call if ctx is not None and ctx.call is not None else ToolCall(tool, args)
        is_cancelled = None if ctx is None else lambda: ctx.cancel_token.is_cancelled
        work = _called(self._servers[name], tool, args, ctx, unseen)
        try:
            answer = self._background.wait(work, is_cancelled)
        except (ServerError, ServerSetupError) as error:
            kind = error.kind if isinstance(error, ServerError) else "server"
            return ToolResult.failure(call, kind, f"{error}. Try again, or do it another way")
        except CancelledError:
            return ToolResult.failure(call, "cancelled", f"`{call.tool}` was cancelled")
        if isinstance(answer, str):
            return ToolResult.failure(call, "bad_arguments", answer)
        return result_of(call, answer)


async def _made(settings: list[ServerSettings]) -> dict[str, Server]:
    from looplet.mcp.server import Server

    return {one.name: Server(one) for one in settings}


async def _started(servers: dict[str, Server]) -> dict[str, Exception | None]:
    """What came of starting each: None, or the exception."""
    import asyncio

    async def outcome(server: Server) -> Exception | None:
        try:
            await server.start()
        except (ServerError, ServerSetupError) as error:
            return error
        return None

    outcomes = await asyncio.gather(*map(outcome, servers.values()))
    return dict(zip(servers, outcomes, strict=True))


async def _called(
    server: Server, tool: str, args: dict[str, Any], ctx: ToolContext | None, unseen: bool
) -> Any:
    """What the server answers; of an unseen tool, a text that says why the arguments don't fit."""
    if unseen:
        await server.start()
        if why := _unfit(server, tool, args):
            return why

    async def tell(progress: float, total: float | None, message: str | None) -> None:
        if ctx is not None:
            of = {} if total is None else {"total": total}
            ctx.report_progress(message or "", progress=progress, **of)

    return await server.call(tool, args, tell)


def _unfit(server: Server, tool: str, args: dict[str, Any]) -> str | None:
    from looplet.calling import expected, problems_in_words
    from looplet.mcp.offered import NotOffered, validator_of

    known = server.tools.get(tool)
    if known is None:
        return f"the MCP server `{server.settings.name}` has no tool `{tool}`"
    try:
        accepts = validator_of(known)
    except NotOffered as why:
        return f"`{tool}` cannot be called: {why}"
    if accepts(args):
        return None
    wrong = problems_in_words(accepts, args, "the arguments")
    return f"`{tool}` was not run: {wrong}. {expected(tool, known.input_schema)}"


def _end(background: Background, servers: dict[str, Server]) -> None:
    import asyncio

    if background.is_here():  # the collector of garbage came by in its thread: not to wait for
        from looplet.threads import Job

        Job(lambda: _end(background, servers))
        return

    async def close() -> None:
        await asyncio.gather(*(server.close() for server in servers.values()))

    try:
        background.wait(close())
    finally:
        background.close()


__all__ = ["Servers"]
