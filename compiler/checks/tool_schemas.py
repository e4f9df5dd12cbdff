"""The parameters of every tool of an agent: its own, looplet's own, and its nested agents."""

from __future__ import annotations

import posixpath
from typing import Any, Final

from looplet.agents import parameters_of
from looplet.builtin_tools import activate_skill, scaffold_cartridge, search_skills
from looplet.compiler.checks.references import agent_names, builtin_entries, tool_names
from looplet.compiler.lower import tool_parameters
from looplet.compiler.resolve import Resolved

_BUILTIN: Final = {
    "search_skills": search_skills.PARAMETERS,
    "activate_skill": activate_skill.PARAMETERS,
    "scaffold_cartridge": scaffold_cartridge.PARAMETERS,
}


def tool_schemas(resolved: Resolved) -> dict[str, dict[str, Any]]:
    """The JSON Schema of each tool's parameters, by name; those that are not known are left out.

    Nested agents are known once they have been checked.
    """
    schemas: dict[str, dict[str, Any]] = {}
    for _, name, settings in builtin_entries(resolved):
        if name in _BUILTIN:
            schemas[name] = _BUILTIN[name]
        if name != "subagent":
            continue
        for path, tool in agent_names(resolved, settings).items():
            nested = resolved.nested.get(posixpath.normpath(path))
            if nested is not None:
                declared, fixed = nested.config.get("inputs"), settings.get("inputs")
                schemas[tool] = parameters_of(
                    declared if isinstance(declared, dict) else {},
                    fixed if isinstance(fixed, dict) else {},
                )
    return schemas | {name: tool_parameters(tool) for name, tool in resolved.tools.items()}


def names_below(resolved: Resolved) -> set[str]:
    """The names of the tools of all agents that are nested in this one, however deep."""
    found: set[str] = set()
    for nested in resolved.nested.values():
        found |= tool_names(nested) | names_below(nested)
    return found
