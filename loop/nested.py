"""Cartridges nested in a cartridge, as presets of their own.

The files of one travel in the preset around it, so nothing on disk is needed, but reading
declarations takes the compiler; it is loaded when the first nested agent is.
"""

from __future__ import annotations

from functools import lru_cache

from looplet.preset import AgentPreset, PresetError


def nested_preset(preset: AgentPreset, path: str) -> AgentPreset:
    """The agent in the folder `path` of an agent's files, checked.

    Raises PresetError if there is none, if it does not check clean, and where the compiler is not
    installed.
    """
    return _compiled(preset, preset.roots, path)


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


__all__ = ["nested_preset"]
