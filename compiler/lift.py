"""The inverse of `lower`: what each file of declarations would say of a preset, and each text.

Only what differs from a default is said, but for the keys in `keep`, so that a file written
anew has no lines that nobody needs.
"""

from __future__ import annotations

from typing import Any, Final

from looplet.compiler import layout
from looplet.compiler.lower import LATE
from looplet.frozen import thaw
from looplet.preset import CONFIG_DEFAULTS, AgentPreset, HookDef, ToolDef

_TOOL_DEFAULTS: Final = {
    "requires": [],
    "concurrent_safe": False,
    "free": False,
    "timeout_s": None,
    "idempotency": "unknown",
    "retryable": False,
    "output_schema": None,
}


def lift(preset: AgentPreset, full: bool = False) -> dict[str, dict[str, Any]]:
    """The values of every file of declarations, by path; with `full`, defaults included."""
    documents = {layout.MANIFEST: _manifest(preset, full), layout.CONFIG: _config(preset, full)}
    if preset.runtime_values or full:
        documents[layout.RUNTIME] = thaw(preset.runtime_values)
    for name, tool in preset.tool_defs.items():
        documents[f"tools/{name}/tool.yaml"] = _tool(tool, full)
    for id, hook in preset.hook_defs.items():
        documents[f"hooks/{id}/config.yaml"] = _hook(hook, full)
    return documents


def lift_prompts(preset: AgentPreset) -> dict[str, str]:
    """The texts of the prompts, by path."""
    return {layout.prompt_path(name, p.template): p.text for name, p in preset.prompts.items()}


def _manifest(preset: AgentPreset, full: bool) -> dict[str, Any]:
    value: dict[str, Any] = {
        "name": preset.name,
        "schema_version": preset.manifest["schema_version"],
    }
    if full or preset.version != "0.0.0":
        value["version"] = preset.version
    if full or preset.description:
        value["description"] = preset.description
    value.update(thaw(preset.manifest))
    return value


def _config(preset: AgentPreset, full: bool) -> dict[str, Any]:
    values: dict[str, Any] = thaw(preset.config_values)
    if full:
        return values
    return {k: v for k, v in values.items() if k not in CONFIG_DEFAULTS or v != CONFIG_DEFAULTS[k]}


def _tool(tool: ToolDef, full: bool) -> dict[str, Any]:
    value = {
        "name": tool.name,
        "description": tool.description,
        "parameters": thaw(tool.parameters),
    }
    for key, default in _TOOL_DEFAULTS.items():
        said = thaw(getattr(tool, key))
        if full or said != default:
            value[key] = said
    value.update(thaw(tool.extra))
    return value


def _hook(hook: HookDef, full: bool) -> dict[str, Any]:
    value: dict[str, Any] = {"class_name": hook.class_name}
    if full or hook.kwargs:
        value["kwargs"] = thaw(hook.kwargs)
    number = layout.hook_number(hook.id)
    if full or hook.order != (LATE if number is None else number):
        value["order"] = hook.order
    if full or not hook.enabled:
        value["enabled"] = hook.enabled
    value.update(thaw(hook.extra))
    return value
