"""Looplet: agents as folders, and a small loop that runs them.

    for step in composable_loop(llm=llm, tools=preset.tools, task="…"):
        print(step.pretty())

Importing this loads none of it: each name is loaded when it is first used.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from looplet.agents import agent_tool
    from looplet.aio import async_composable_loop
    from looplet.approval import Later
    from looplet.builtin_hooks import BudgetCap
    from looplet.cancel import Cancelled, CancelToken
    from looplet.checkpoint.errors import CheckpointError
    from looplet.checkpoint.saved import Checkpoint
    from looplet.checkpoint.store import FileCheckpointStore
    from looplet.compiler.capture import capture
    from looplet.compiler.emit import preset_to_cartridge
    from looplet.compiler.loading import cartridge_to_preset
    from looplet.config import LoopConfig
    from looplet.context import ToolContext
    from looplet.cost import Prices
    from looplet.drivers import composable_loop
    from looplet.events import Event
    from looplet.hooks import Allow, Block, Continue, Deny, HookDecision, InjectContext, Stop
    from looplet.inputs import InputError
    from looplet.link.namespace import LoadError
    from looplet.live import view_for
    from looplet.mcp.adapter import MCPToolAdapter
    from looplet.models.anthropic import AnthropicBackend, AsyncAnthropicBackend
    from looplet.models.choose import model_from
    from looplet.models.errors import ModelError
    from looplet.models.local import LocalBackend
    from looplet.models.openai import AsyncOpenAIBackend, OpenAIBackend
    from looplet.models.reply import Reply, Usage
    from looplet.models.retry import RetryPolicy
    from looplet.models.scripted import MockLLMBackend
    from looplet.otel import OTelHook
    from looplet.permissions import PermissionEngine, PermissionHook
    from looplet.preset import AgentPreset, File, HookDef, PresetError, Prompt, ToolDef
    from looplet.protocols import (
        CheckDone,
        CheckPermission,
        Compact,
        OnEvent,
        OnLoopEnd,
        PostDispatch,
        PreDispatch,
        PreLoop,
        PrePrompt,
        RestoreState,
        SaveState,
        ShouldStop,
    )
    from looplet.state import DefaultState
    from looplet.sub_loop import run_sub_loop, run_sub_loop_async
    from looplet.tools import BaseToolRegistry, ToolSpec, done_tool, tools_from
    from looplet.types import Step, ToolCall, ToolError, ToolResult

_WHERE = {
    "AgentPreset": "preset",
    "Allow": "hooks",
    "AnthropicBackend": "models.anthropic",
    "AsyncAnthropicBackend": "models.anthropic",
    "AsyncOpenAIBackend": "models.openai",
    "BaseToolRegistry": "tools",
    "Block": "hooks",
    "BudgetCap": "builtin_hooks",
    "CancelToken": "cancel",
    "Cancelled": "cancel",
    "CheckDone": "protocols",
    "CheckPermission": "protocols",
    "Checkpoint": "checkpoint.saved",
    "CheckpointError": "checkpoint.errors",
    "Compact": "protocols",
    "Continue": "hooks",
    "DefaultState": "state",
    "Deny": "hooks",
    "Event": "events",
    "File": "preset",
    "FileCheckpointStore": "checkpoint.store",
    "HookDecision": "hooks",
    "HookDef": "preset",
    "InjectContext": "hooks",
    "InputError": "inputs",
    "Later": "approval",
    "LoadError": "link.namespace",
    "LocalBackend": "models.local",
    "LoopConfig": "config",
    "MCPToolAdapter": "mcp.adapter",
    "MockLLMBackend": "models.scripted",
    "ModelError": "models.errors",
    "OTelHook": "otel",
    "OnEvent": "protocols",
    "OnLoopEnd": "protocols",
    "OpenAIBackend": "models.openai",
    "PermissionEngine": "permissions",
    "PermissionHook": "permissions",
    "PostDispatch": "protocols",
    "PreDispatch": "protocols",
    "PreLoop": "protocols",
    "PrePrompt": "protocols",
    "PresetError": "preset",
    "Prices": "cost",
    "Prompt": "preset",
    "Reply": "models.reply",
    "RestoreState": "protocols",
    "RetryPolicy": "models.retry",
    "SaveState": "protocols",
    "ShouldStop": "protocols",
    "Step": "types",
    "Stop": "hooks",
    "ToolCall": "types",
    "ToolContext": "context",
    "ToolDef": "preset",
    "ToolError": "types",
    "ToolResult": "types",
    "ToolSpec": "tools",
    "Usage": "models.reply",
    "agent_tool": "agents",
    "async_composable_loop": "aio",
    "capture": "compiler.capture",
    "cartridge_to_preset": "compiler.loading",
    "composable_loop": "drivers",
    "done_tool": "tools",
    "model_from": "models.choose",
    "preset_to_cartridge": "compiler.emit",
    "run_sub_loop": "sub_loop",
    "run_sub_loop_async": "sub_loop",
    "tools_from": "tools",
    "view_for": "live",
}

__all__ = [
    "AgentPreset",
    "Allow",
    "AnthropicBackend",
    "AsyncAnthropicBackend",
    "AsyncOpenAIBackend",
    "BaseToolRegistry",
    "Block",
    "BudgetCap",
    "CancelToken",
    "Cancelled",
    "CheckDone",
    "CheckPermission",
    "Checkpoint",
    "CheckpointError",
    "Compact",
    "Continue",
    "DefaultState",
    "Deny",
    "Event",
    "File",
    "FileCheckpointStore",
    "HookDecision",
    "HookDef",
    "InjectContext",
    "InputError",
    "Later",
    "LoadError",
    "LocalBackend",
    "LoopConfig",
    "MCPToolAdapter",
    "MockLLMBackend",
    "ModelError",
    "OTelHook",
    "OnEvent",
    "OnLoopEnd",
    "OpenAIBackend",
    "PermissionEngine",
    "PermissionHook",
    "PostDispatch",
    "PreDispatch",
    "PreLoop",
    "PrePrompt",
    "PresetError",
    "Prices",
    "Prompt",
    "Reply",
    "RestoreState",
    "RetryPolicy",
    "SaveState",
    "ShouldStop",
    "Step",
    "Stop",
    "ToolCall",
    "ToolContext",
    "ToolDef",
    "ToolError",
    "ToolResult",
    "ToolSpec",
    "Usage",
    "agent_tool",
    "async_composable_loop",
    "capture",
    "cartridge_to_preset",
    "composable_loop",
    "done_tool",
    "model_from",
    "preset_to_cartridge",
    "run_sub_loop",
    "run_sub_loop_async",
    "tools_from",
    "view_for",
]


def __getattr__(name: str) -> object:
    if name == "__version__":
        from looplet.version import version

        return version()
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = __import__(f"{__name__}.{_WHERE[name]}", fromlist=[name])
    value: object = getattr(module, name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
