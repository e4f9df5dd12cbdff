"""A whole cartridge as one tool: a task goes in, the agent's answer comes out.

Each call is a run of its own, with a binding of its own.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

from looplet.aio import async_composable_loop
from looplet.cancel import CancelToken
from looplet.events import STEP, Event
from looplet.frozen import thaw
from looplet.link import LoadError, bind
from looplet.preset import AgentPreset, PresetError
from looplet.tools import is_tool_name
from looplet.types import ToolCall, ToolResult

if TYPE_CHECKING:
    from mcp.server import ServerRequestContext
    from mcp_types import CallToolRequestParams, CallToolResult, Tool

    from looplet.link import Binding

ENDED = {"type": "string", "description": "Why the agent stopped; `done` is the good one."}


class CartridgeAgent:
    """Answers `tools/list` and `tools/call` with the one tool that the agent is.

    given: the inputs that are settled; those that are not are arguments of the tool.
    model: makes the model of one run.
    """

    def __init__(
        self, preset: AgentPreset, given: Mapping[str, Any], model: Callable[[], Any]
    ) -> None:
        self._preset = preset
        self._given = dict(given)
        self._model = model
        self.name = "".join(c if is_tool_name(c) else "_" for c in preset.name)[:64]

    async def list_tools(self) -> list[Tool]:
        from mcp_types import Tool

        return [
            Tool(
                name=self.name,
                description=self._preset.description or f"Give a task to the agent {self.name}.",
                input_schema=self._takes(),
                output_schema=self._returns(),
            )
        ]

    async def call(
        self, context: ServerRequestContext[Any, Any], params: CallToolRequestParams
    ) -> CallToolResult:
        from looplet.calling import error_in_words, expected, problems_in_words
        from looplet.validation import compile_schema

        args = params.arguments or {}
        call = ToolCall(params.name, args)
        if params.name != self.name:
            why = f"there is no tool `{params.name}`; there is `{self.name}`"
            return _failure(ToolResult.failure(call, "unknown_tool", why))
        accepts = compile_schema(self._takes())
        if not accepts(args):
            wrong = problems_in_words(accepts, args, "the arguments")
            why = f"`{self.name}` was not run: {wrong}. {expected(self.name, self._takes())}"
            return _failure(ToolResult.failure(call, "bad_arguments", why))
        try:
            inputs = {**self._given, **args.get("inputs", {})}
            binding = await asyncio.to_thread(bind, self._preset, inputs)
        except (PresetError, LoadError) as error:
            return _failure(ToolResult.failure(call, "bad_arguments", str(error)))
        try:
            return await self._run(binding, args, context)
        except Exception as error:
            why = f"the run failed: {binding.in_words(error) or error_in_words(error)}"
            return _failure(ToolResult.failure(call, "raised", why))
        finally:
            await asyncio.shield(asyncio.to_thread(binding.close))

    async def _run(
        self, binding: Binding, args: Mapping[str, Any], context: ServerRequestContext[Any, Any]
    ) -> CallToolResult:
        config = binding.config
        config.cancel_token = CancelToken()
        config.approval_handler = None
        config.checkpoint_dir = config.initial_checkpoint = None
        state = binding.state()
        most = min(args.get("max_steps", config.max_steps), config.max_steps)
        steps = async_composable_loop(
            self._model(),
            args["task"],
            binding.tools,
            hooks=binding.hooks,
            config=config,
            state=state,
            stream=_steps_to(context, most),
            max_steps=most,
        )
        try:
            async with aclosing(steps):
                async for _ in steps:
                    pass
        finally:
            config.cancel_token.cancel()
        return _outcome(state)

    def _open_inputs(self) -> dict[str, Any]:
        declared = thaw(self._preset.config_values.get("inputs") or {})
        return {name: schema for name, schema in declared.items() if name not in self._given}

    def _takes(self) -> dict[str, Any]:
        most = self._preset.config_values["max_steps"]
        properties: dict[str, Any] = {
            "task": {"type": "string", "minLength": 1, "description": "What the agent is to do."},
            "max_steps": {
                "type": "integer",
                "minimum": 1,
                "description": f"Stop after so many steps; {most} at the most.",
            },
        }
        required = ["task"]
        if inputs := self._open_inputs():
            needed = [n for n, s in inputs.items() if not (isinstance(s, dict) and "default" in s)]
            properties["inputs"] = {
                "type": "object",
                "properties": inputs,
                "required": needed,
                "additionalProperties": False,
            }
            required += ["inputs"] if needed else []
        return {
            "type": "object",
            "properties": properties,
            "required": required,
            "additionalProperties": False,
        }

    def _returns(self) -> dict[str, Any]:
        done = self._preset.tool_defs.get(self._preset.config_values["done_tool"])
        answer = thaw(done.output_schema) if done is not None else None
        return {
            "type": "object",
            "properties": {
                "result": answer or {},
                "stop_reason": ENDED,
                "steps": {"type": "integer"},
                "usage": {"type": "object"},
            },
            "required": ["result", "stop_reason", "steps"],
        }


def _steps_to(context: ServerRequestContext[Any, Any], most: int) -> Callable[[Event], Any]:
    """A listener that tells the client of each step."""

    async def tell(event: Event) -> None:
        assert event.step is not None
        await context.session.report_progress(event.step.number, most, event.step.summary())

    return lambda event: tell(event) if event.event == STEP and not event.agent else None


def _outcome(state: Any) -> CallToolResult:
    from mcp_types import CallToolResult, TextContent

    from looplet.commands.show import readable

    done = state.stop_reason == "done"
    data = {
        "result": state.final_output,
        "stop_reason": state.stop_reason,
        "steps": len(state.steps),
        "usage": state.usage.to_dict(),
    }
    if done:
        text = readable(state.final_output)
    else:
        why = state.stop_message or f"steps made: {len(state.steps)}"
        text = f"the agent stopped before it was done: {state.stop_reason}: {why}"
    return CallToolResult(
        content=[TextContent(text=text)],
        structured_content=data if done else None,
        is_error=not done,
    )


def _failure(result: ToolResult) -> CallToolResult:
    from looplet.mcp.as_tools import in_protocol

    return in_protocol(result)


__all__ = ["CartridgeAgent"]
