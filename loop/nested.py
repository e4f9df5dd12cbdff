"""Cartridges nested in a cartridge, as presets of their own.

The files of one travel in the preset around it, so nothing on disk is needed. A package carries
them lowered as well; of any other preset they are read by the compiler, which is loaded when the
first nested agent is.
"""

from __future__ import annotations

import posixpath
from functools import lru_cache

from looplet.preset import AgentPreset, PresetError


def nested_preset(preset: AgentPreset, path: str) -> AgentPreset:
    """The agent in the folder `path` of an agent's files, checked.

    Raises PresetError if there is none, if it does not check clean, and where the compiler is
    needed and not installed.
    """
    carried = preset.nested.get(posixpath.normpath(path))
    if carried is not None and _of_these_files(carried, preset, path):
        return carried
    return _compiled(preset, preset.roots, path)


def nested_agents(preset: AgentPreset) -> dict[str, AgentPreset]:
    """Every agent that `builtin_tools` makes a tool of, by its folder, each with its own nested.

    Raises what `nested_preset` does.
    """
    from dataclasses import replace

    found: dict[str, AgentPreset] = {}
    for path in _folders(preset):
        agent = nested_preset(preset, path)
        found[path] = replace(agent, nested=nested_agents(agent))
    return found


def _folders(preset: AgentPreset) -> list[str]:
    """The folders of the agents that `builtin_tools` names."""
    from looplet.builtin_tools.subagent import nested_in_agents

    found: set[str] = set()
    for entry in preset.config_values.get("builtin_tools") or ():
        name, settings = (entry, {}) if isinstance(entry, str) else next(iter(entry.items()))
        if name == "subagent":
            path = (settings or {}).get("cartridge")
            found.update(nested_in_agents(preset.files) if path is None else [path])
    return sorted(map(posixpath.normpath, found))


def _of_these_files(agent: AgentPreset, preset: AgentPreset, path: str) -> bool:
    """Whether an agent was made of just these files: the preset may have been changed since."""
    for layer in agent.layers:
        prefix = posixpath.normpath(posixpath.join(path, layer.place)) + "/"
        inside = {
            name.removeprefix(prefix): file
            for name, file in preset.files.items()
            if name.startswith(prefix)
        }
        if inside != layer.files:
            return False
    return bool(agent.layers)


# An agent two levels down would be compiled for each call of the one above. Presets are equal by
# what they mean, but where they are on this machine counts here.
@lru_cache(maxsize=64)
def _compiled(preset: AgentPreset, roots: tuple[str, ...], path: str) -> AgentPreset:
    try:
        from looplet.compiler.nested import compile_nested
    except ImportError as error:
        raise PresetError(
            f"the agent nested in {preset.name} as {path} is read by the compiler, which needs "
            f"{error.name}: pip install 'looplet[compiler]'"
        ) from error
    try:
        return compile_nested(preset, path)
    except PresetError:
        raise
    except ValueError as error:  # a CartridgeError, which the core does not know
        raise PresetError(f"{path} in {preset.name}: {error}") from error


__all__ = ["nested_agents", "nested_preset"]
