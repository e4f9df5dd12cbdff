"""Presets made in Python, in which a file is its text."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from looplet.preset import AgentPreset, File, HookDef, Prompt, ToolDef

DONE = "def execute(*, summary):\n    return {'summary': summary}\n"

Make = Callable[..., AgentPreset]


def schema(*names: str) -> dict[str, Any]:
    return {"type": "object", "properties": {n: {} for n in names}, "required": list(names)}


@pytest.fixture
def make() -> Make:
    """make(files, tools={name: fields}, hooks={id: fields}, config={...}, prompts=…, **fields)"""

    def preset(
        files: Mapping[str, str] | None = None,
        *,
        tools: Mapping[str, Mapping[str, Any]] | None = None,
        hooks: Mapping[str, Mapping[str, Any]] | None = None,
        config: Mapping[str, Any] | None = None,
        runtime_values: Mapping[str, Any] | None = None,
        prompts: Mapping[str, Prompt] | None = None,
        **fields: Any,
    ) -> AgentPreset:
        all_files = {"tools/done/execute.py": DONE, **(files or {})}
        all_tools = {"done": {"parameters": schema("summary")}, **(tools or {})}
        return AgentPreset(
            "agent",
            config_values=config or {},
            runtime_values=runtime_values or {},
            prompts=prompts or {},
            tool_defs={
                name: ToolDef(name, f"The {name} tool.", given.pop("parameters", schema()), **given)
                for name, given in ((n, dict(t)) for n, t in all_tools.items())
            },
            hook_defs={name: HookDef(name, **given) for name, given in (hooks or {}).items()},
            files={path: File(text.encode()) for path, text in all_files.items()},
            **fields,
        )

    return preset
