"""A cartridge's tools, for any client. The client is the model of a run of one step.

So a call goes the way of every call: hooks, permissions, approvals, arguments checked, `timeout_s`,
a failure that says what to do next. The done tool, which ends a run, is not offered.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from copy import copy
from typing import TYPE_CHECKING, Any

from looplet.aio import async_composable_loop
from looplet.events import TOOL_PROGRESS, Event
from looplet.frozen import thaw
from looplet.mcp.questions import Questions
from looplet.models.reply import Reply
from looplet.state import DefaultState
from looplet.types import ToolCall, ToolResult

if TYPE_CHECKING:
    from mcp.server import ServerRequestContext
    from mcp_types import CallToolRequestParams, CallToolResult, InputRequiredResult, Tool

    from looplet.link import Binding
    from looplet.tools import ToolSpec


class CartridgeTools:
    """Answers `tools/list` and `tools/call` for the tools of one binding."""

    def __init__(self, binding: Binding) -> None:
        self._binding = binding
        self._sharing = _Sharing()

    async def list_tools(self) -> list[Tool]:
        """The tools; of other servers that the cartridge uses, too: these are started now."""
        if self._binding.tools.to_start:
            await asyncio.to_thread(self._binding.tools.start)
        return [_tool(spec) for spec in self._offered().values()]

    async def call(
        self, context: ServerRequestContext[Any, Any], params: CallToolRequestParams
    ) -> CallToolResult | InputRequiredResult:
        if params.name not in (offered := self._offered()):
            await self.list_tools()
            offered = self._offered()
        call = ToolCall(params.name, params.arguments or {})
        if params.name not in offered:
            names = ", ".join(offered) or "none"
            why = f"there is no tool `{params.name}`; the tools are: {names}"
            return in_protocol(ToolResult.failure(call, "unknown_tool", why))
        questions = Questions(context, params)
        while True:
            async with self._sharing.of(offered[params.name]):
                result, asked = await self._run(call, questions, context)
            if asked is None:
                return in_protocol(result)
            if (back := await questions.ask(asked)) is not None:
                return back

    async def _run(
        self, call: ToolCall, questions: Questions, context: ServerRequestContext[Any, Any]
    ) -> tuple[ToolResult, dict[str, Any] | None]:
        """The result of the call; or the question that it waits for."""
        config = copy(self._binding.config)
        config.max_steps = 1
        config.memory_sources = []
        config.checkpoint_dir = config.initial_checkpoint = None
        config.approval_handler = questions.handler if questions.can_ask else None
        state = self._binding.state()
        if state.stop_reason is not None:  # an object that is the same for every run
            state = DefaultState(1)
        result = None
        try:
            steps = async_composable_loop(
                _Client(call),
                None,
                self._binding.tools,
                hooks=self._binding.hooks,
                config=config,
                state=state,
                stream=progress_to(context),
            )
            async with aclosing(steps):
                async for step in steps:
                    result = step.tool_result
                    break  # a free tool does not use up the one step
        except Exception as error:  # of a hook: the call may have been made before it raised
            words = self._binding.in_words(error)
            if result is None:
                result = ToolResult.failure(call, "raised", f"`{call.tool}`: {words}")
            else:
                result.warnings.append(f"after the call: {words}")
        if result is None:
            why = f"`{call.tool}` was not run: {state.stop_message or state.stop_reason}"
            result = ToolResult.failure(call, "stopped", why)
        return result, state.question

    def _offered(self) -> dict[str, ToolSpec]:
        done = self._binding.config.done_tool
        return {spec.name: spec for spec in self._binding.tools.specs if spec.name != done}


class _Client:
    """The model of the run: what the client calls is all that it says."""

    blocking = False
    name = "scripted"  # it costs nothing, so a cap on the cost needs no price of it

    def __init__(self, call: ToolCall) -> None:
        self._call = call

    def generate(self, messages: list[dict[str, Any]], *, tools: Any = None) -> Reply:
        return Reply(tool_calls=[ToolCall(self._call.tool, self._call.args, call_id="call")])


class _Sharing:
    """Who may run at the same time: tools that say `concurrent_safe`, with one another."""

    def __init__(self) -> None:
        self._safe = 0
        self._alone = False
        self._waiting: list[asyncio.Future[None]] = []

    @asynccontextmanager
    async def of(self, spec: ToolSpec) -> AsyncIterator[None]:
        safe = spec.concurrent_safe
        while self._alone or (self._safe and not safe):
            turn = asyncio.get_running_loop().create_future()
            self._waiting.append(turn)
            await turn
        self._safe += safe
        self._alone = not safe
        try:
            yield
        finally:
            self._safe -= safe
            self._alone = False
            waiting, self._waiting = self._waiting, []
            for turn in waiting:
                if not turn.done():  # whoever waited may have been cancelled
                    turn.set_result(None)


def progress_to(context: ServerRequestContext[Any, Any]) -> Any:
    """A listener that passes a tool's own reports on to the client, from any thread."""
    loop = asyncio.get_running_loop()
    count = 0

    def listen(event: Event) -> None:
        nonlocal count
        if event.event != TOOL_PROGRESS:
            return
        count += 1
        data = event.data or {}
        done, total = data.get("progress"), data.get("total")
        if not isinstance(done, (int, float)) or not isinstance(total, (int, float, type(None))):
            done, total = count, None
        work = context.session.report_progress(float(done), total, str(data.get("text", "")))
        asyncio.run_coroutine_threadsafe(work, loop)

    return listen


def in_protocol(result: ToolResult) -> CallToolResult:
    """The result of a call, as the protocol has it."""
    from mcp_types import CallToolResult, TextContent

    texts = [result.error or "failed"] if not result.ok else [result.text()]
    texts += [f"warning: {warning}" for warning in result.warnings]
    return CallToolResult(
        content=[TextContent(text=text) for text in texts],
        structured_content=result.data if result.ok and isinstance(result.data, dict) else None,
        is_error=not result.ok,
    )


def _tool(spec: ToolSpec) -> Tool:
    from mcp_types import Tool, ToolAnnotations

    output = thaw(spec.output_schema)
    if not (isinstance(output, dict) and output.get("type") == "object"):
        output = None  # the protocol knows no other kind before 2026
    known = spec.idempotency != "unknown"
    return Tool(
        name=spec.name,
        description=spec.description,
        input_schema={"type": "object", **thaw(spec.schema)},
        output_schema=output,
        annotations=ToolAnnotations(idempotent_hint=spec.idempotency == "idempotent")
        if known
        else None,
    )


__all__ = ["CartridgeTools", "in_protocol", "progress_to"]
