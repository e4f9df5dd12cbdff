"""The hooks of a preset, made: permissions, what it names of looplet's own, and its own classes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from looplet.link.namespace import Namespace
from looplet.link.prompts import prompt_text, variables
from looplet.preset import AgentPreset, PresetError


def hooks_of(
    preset: AgentPreset,
    config: Mapping[str, Any],
    kwargs: Mapping[str, Mapping[str, Any]],
    namespace: Namespace,
    inputs: Mapping[str, Any],
) -> list[Any]:
    """Live hooks, in the order in which they are asked.

    config: config.yaml, references resolved. kwargs: what each enabled hook of the preset is made
    with, by its id, in order.
    """
    hooks: list[Any] = []
    try:
        if permissions := config.get("permissions"):
            from looplet.permissions import permission_hook

            hooks.append(permission_hook(permissions, config["done_tool"]))
        if builtin := config.get("builtin_hooks"):
            from looplet.builtin_hooks import builtin_hooks

            entries = [_with_skills(preset, entry) for entry in builtin]
            hooks += builtin_hooks(entries, read=lambda path: _text(preset, path, inputs))
    except ValueError as error:
        raise PresetError(f"{preset.name}: {error}") from None
    for name, given in kwargs.items():
        hook = preset.hook_defs[name]
        make = namespace.function(hook.code, hook.class_name, f"class {hook.class_name}")
        hooks.append(namespace.call(hook.code, make, **given))
    return hooks


def _text(preset: AgentPreset, path: str, inputs: Mapping[str, Any]) -> str:
    """The text of a prompt or any other file of the agent, by its path in the folder."""
    name = path.removeprefix("prompts/").removesuffix(".jinja").removesuffix(".md")
    if path.startswith("prompts/") and name in preset.prompts:
        return prompt_text(preset, name, variables(preset, inputs))
    if path not in preset.files:
        raise ValueError(f"there is no file `{path}`")
    return preset.files[path].data.decode("utf-8-sig")


def _with_skills(preset: AgentPreset, entry: Any) -> Any:
    """`skill_activation` that names no skills is about the agent's own."""
    name, settings = next(iter(entry.items())) if isinstance(entry, dict) and entry else (entry, {})
    settings = settings or {}
    if name != "skill_activation" or "skills" in settings or "manager" in settings:
        return entry
    skills = {
        path.split("/")[1]: file.data.decode("utf-8-sig")
        for path, file in sorted(preset.files.items())
        if path.startswith("skills/") and path.endswith("/SKILL.md") and path.count("/") == 2
    }
    return {"skill_activation": {**settings, "skills": skills}}


__all__ = ["hooks_of"]
