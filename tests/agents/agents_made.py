"""Small agents as presets, and runs of either driver."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from looplet import (
    AgentPreset,
    DefaultState,
    File,
    Prompt,
    ToolDef,
    async_composable_loop,
    composable_loop,
)

DONE = b"def execute(*, summary):\n    return {'summary': summary}\n"
SUMMARY = {
    "type": "object",
    "properties": {"summary": {"type": "string"}},
    "required": ["summary"],
}


def agent(
    name: str = "researcher",
    tools: dict[str, tuple[dict[str, Any], str]] | None = None,
    **fields: Any,
) -> AgentPreset:
    """A preset with `done` and these tools: name → (properties, code)."""
    config = fields.pop("config", {})
    files = {"tools/done/execute.py": File(DONE), **fields.pop("files", {})}
    defs = {"done": ToolDef("done", "End.", SUMMARY)}
    for tool, (properties, code) in (tools or {}).items():
        schema = {"type": "object", "properties": properties, "required": list(properties)}
        defs[tool] = ToolDef(tool, f"{tool}.", schema)
        files[f"tools/{tool}/execute.py"] = File(code.encode())
    return AgentPreset(
        name,
        description=fields.pop("description", f"The agent {name}."),
        prompts={"system": Prompt(f"You are {name}.")},
        tool_defs=defs,
        config_values=config,
        files=files,
        **fields,
    )


def call(tool: str, **args: Any) -> dict[str, Any]:
    return {"tool": tool, "args": args}


def done(summary: str = "ok") -> dict[str, Any]:
    return call("done", summary=summary)


class Ran:
    """How a run ended: its state and its steps."""

    def __init__(self, state: DefaultState) -> None:
        self.state = state
        self.steps = state.steps

    @property
    def errors(self) -> list[str | None]:
        return [step.tool_result.error for step in self.steps]


Runner = Callable[..., Ran]


def run_sync(llm: Any, tools: Any, **options: Any) -> Ran:
    state = options.pop("state", None) or DefaultState()
    for _ in composable_loop(llm, "the task", tools, state=state, **options):
        pass
    return Ran(state)


def run_async(llm: Any, tools: Any, **options: Any) -> Ran:
    state = options.pop("state", None) or DefaultState()

    async def main() -> None:
        async for _ in async_composable_loop(llm, "the task", tools, state=state, **options):
            pass

    asyncio.run(main())
    return Ran(state)
