"""The prompts of a preset at run time: a text, or, for a template, what it says of this run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from looplet.frozen import thaw
from looplet.preset import AgentPreset
from looplet.prompts import is_constant, render


def system_prompt(preset: AgentPreset, inputs: Mapping[str, Any]) -> str | Callable[[object], str]:
    """What LoopConfig takes as `system_prompt`; a template is rendered when the task is known.

    inputs: the caller's, completed.
    """
    prompt = preset.prompts.get("system")
    if prompt is None:
        return ""
    if not prompt.template or is_constant(prompt.text):
        return prompt.text.removeprefix("\ufeff")

    def rendered(task: object) -> str:
        return prompt_text(preset, "system", {**variables(preset, inputs), "task": task})

    return rendered


def prompt_text(preset: AgentPreset, name: str, given: Mapping[str, Any]) -> str:
    """The prompt called `name`, rendered with `given` if it is a template."""
    files = {_file_name(preset, each): prompt.text for each, prompt in preset.prompts.items()}
    return render(_file_name(preset, name), files, given)


def variables(preset: AgentPreset, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """What a template may name, but for the `task`."""
    return {
        "inputs": dict(inputs),
        "cartridge": {
            "name": preset.name,
            "version": preset.version,
            "description": preset.description,
        },
        "tools": [
            {
                "name": tool.name,
                "description": tool.description,
                "parameters": thaw(tool.parameters),
            }
            for tool in preset.tool_defs.values()
        ],
    }


def _file_name(preset: AgentPreset, name: str) -> str:
    return f"{name}.md.jinja" if preset.prompts[name].template else f"{name}.md"


__all__ = ["prompt_text", "system_prompt", "variables"]
