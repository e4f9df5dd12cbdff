"""The pass from values to the IR: a resolved agent becomes an `AgentPreset`.

What the passes before accepted, this one lowers; it has no findings of its own.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from looplet.compiler import layout
from looplet.compiler.cartridge import Cartridge, Hook, Tool
from looplet.compiler.checks.tool_code import defaults
from looplet.compiler.parameters import normalise_parameters
from looplet.compiler.resolve import Resolved
from looplet.preset import AgentPreset, File, HookDef, Layer, Prompt, ToolDef

LATE: Final = 1000
"""The order of a hook whose folder has no number and whose config gives none: after the others."""

_TOOL_KEYS: Final = frozenset(
    ("concurrent_safe", "free", "timeout_s", "idempotency", "retryable", "output_schema")
)


def lower(resolved: Resolved, runtime: dict[str, Any] | None = None) -> AgentPreset:
    """The preset of `resolved`; `runtime` are the caller's inputs, kept beside the values."""
    manifest = dict(resolved.manifest)
    manifest.pop("name", None)
    prompts: dict[str, Prompt] = {}
    files: dict[str, File] = {}
    for path, home in resolved.homes.items():
        prompt = layout.prompt_of(path)
        if prompt is not None:
            prompts[prompt[0]] = Prompt(home.text(path), prompt[1])
        elif not declares(path):
            files[path] = home.tree.files[path]
    return AgentPreset(
        name=resolved.name,
        version=manifest.pop("version", "0.0.0"),
        description=manifest.pop("description", ""),
        manifest=manifest,
        config_values=resolved.config,
        runtime_values=resolved.runtime,
        prompts=prompts,
        tool_defs={name: lower_tool(tool) for name, tool in resolved.tools.items()},
        hook_defs={id: lower_hook(hook) for id, hook in resolved.hooks.items()},
        files=files,
        layers=tuple(layer_of(cartridge) for cartridge in resolved.chain),
        roots=roots_of(cartridge.root for cartridge in resolved.chain),
        runtime=runtime,
    )


def roots_of(roots: Iterable[str]) -> tuple[str, ...]:
    """Where layers are on this machine, "" for one that is in a file; () if all of them are."""
    listed = tuple(roots)
    return listed if any(listed) else ()


def declares(path: str) -> bool:
    """Whether everything that the file at `path` says is lowered into values."""
    if path.startswith("evals/"):
        return False
    parts = path.split("/")
    description = len(parts) == 3 and parts[0] == "tools" and parts[2] == "description.md"
    return description or layout.document_kind(path) is not None


def layer_of(cartridge: Cartridge) -> Layer:
    return Layer(cartridge.tree.name, cartridge.tree.files, cartridge.place)


def lower_tool(tool: Tool) -> ToolDef:
    value = tool.value
    requires = value.get("requires", ())
    return ToolDef(
        name=tool.name,
        description=value.get("description", ""),
        parameters=tool_parameters(tool),
        code=tool.code,
        requires=(requires,) if isinstance(requires, str) else requires,
        extra={key: item for key, item in value.items() if key.startswith("x-")},
        **{key: value[key] for key in _TOOL_KEYS & value.keys()},
    )


def tool_parameters(tool: Tool) -> dict[str, Any]:
    """The tool's parameters as a JSON Schema object, whichever form they are written in."""
    return normalise_parameters(tool.value.get("parameters"), defaulted(tool))


def defaulted(tool: Tool) -> frozenset[str]:
    """The parameters for which the tool's function has a default of its own."""
    return frozenset() if tool.code_home is None else defaults(tool.code_home.facts(tool.code))


def hook_order(hook: Hook) -> int:
    """The order of a hook: as its config says, or the number of its folder, or after the others."""
    number = layout.hook_number(hook.id)
    order: int = hook.value.get("order", LATE if number is None else number)
    return order


def _first_class(hook: Hook) -> str:
    """The class of a hook whose config names none: the first of its file."""
    classes = hook.code_home.facts(hook.code)["classes"] if hook.code_home else []
    return classes[0]["name"] if classes else ""


def lower_hook(hook: Hook) -> HookDef:
    value = hook.value
    return HookDef(
        id=hook.id,
        class_name=value.get("class_name") or _first_class(hook),
        kwargs=value.get("kwargs") or {},
        order=hook_order(hook),
        enabled=value.get("enabled", True),
        extra={key: item for key, item in value.items() if key.startswith("x-")},
    )
