"""Looplet: agents as folders, and a small loop that runs them.

    for step in composable_loop(llm=llm, tools=preset.tools, task="…"):
        print(step.pretty())

Importing this loads none of it: each name is loaded when it is first used.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from looplet.aio import async_composable_loop
    from looplet.cancel import Cancelled, CancelToken
    from looplet.compiler.capture import capture
    from looplet.compiler.emit import preset_to_cartridge
    from looplet.compiler.pipeline import cartridge_to_preset
    from looplet.config import LoopConfig
    from looplet.context import ToolContext
    from looplet.drivers import composable_loop
    from looplet.events import Event
    from looplet.hooks import Allow, Block, Continue, Deny, HookDecision, InjectContext, Stop
    from looplet.inputs import InputError
    from looplet.link.namespace import LoadError
    from looplet.models.errors import ModelError
    from looplet.models.openai import AsyncOpenAIBackend, OpenAIBackend
    from looplet.models.reply import Reply, Usage
    from looplet.models.scripted import MockLLMBackend
    from looplet.permissions import PermissionEngine, PermissionHook
    from looplet.preset import AgentPreset, File, HookDef, PresetError, Prompt, ToolDef
    from looplet.protocols import (
        CheckDone,
        CheckPermission,
        OnEvent,
        OnLoopEnd,
        PostDispatch,
        PreDispatch,
        PreLoop,
        PrePrompt,
        ShouldStop,
    )
    from looplet.state import DefaultState
    from looplet.tools import BaseToolRegistry, ToolSpec, done_tool, tools_from
    from looplet.types import Step, ToolCall, ToolError, ToolResult

_WHERE = {
    "AgentPreset": "preset",
    "Allow": "hooks",
    "AsyncOpenAIBackend": "models.openai",
    "BaseToolRegistry": "tools",
    "Block": "hooks",
    "CancelToken": "cancel",
    "Cancelled": "cancel",
    "CheckDone": "protocols",
    "CheckPermission": "protocols",
    "Continue": "hooks",
    "DefaultState": "state",
    "Deny": "hooks",
    "Event": "events",
    "File": "preset",
    "HookDecision": "hooks",
    "HookDef": "preset",
    "InjectContext": "hooks",
    "InputError": "inputs",
    "LoadError": "link.namespace",
    "LoopConfig": "config",
    "MockLLMBackend": "models.scripted",
    "ModelError": "models.errors",
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
    "Prompt": "preset",
    "Reply": "models.reply",
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
    "async_composable_loop": "aio",
    "capture": "compiler.capture",
    "cartridge_to_preset": "compiler.pipeline",
    "composable_loop": "drivers",
    "done_tool": "tools",
    "preset_to_cartridge": "compiler.emit",
    "tools_from": "tools",
}

__all__ = [
    "AgentPreset",
    "Allow",
    "AsyncOpenAIBackend",
    "BaseToolRegistry",
    "Block",
    "CancelToken",
    "Cancelled",
    "CheckDone",
    "CheckPermission",
    "Continue",
    "DefaultState",
    "Deny",
    "Event",
    "File",
    "HookDecision",
    "HookDef",
    "InjectContext",
    "InputError",
    "LoadError",
    "LoopConfig",
    "MockLLMBackend",
    "ModelError",
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
    "Prompt",
    "Reply",
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
    "async_composable_loop",
    "capture",
    "cartridge_to_preset",
    "composable_loop",
    "done_tool",
    "preset_to_cartridge",
    "tools_from",
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
