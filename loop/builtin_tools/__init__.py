"""The tools that a cartridge can name in `builtin_tools`, and the table of their names.

Each module has a function that makes tools from the settings of one entry. Which module, says the
table; nothing of one is loaded before it is named.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from looplet.builtin_tools.host import Host
    from looplet.tools import ToolSpec

BUILTIN_TOOLS: Final = {
    "subagent": "looplet.builtin_tools.subagent",
    "scaffold_cartridge": "looplet.builtin_tools.scaffold_cartridge",
    "search_skills": "looplet.builtin_tools.search_skills",
    "activate_skill": "looplet.builtin_tools.activate_skill",
}


def builtin_tools(host: Host) -> list[ToolSpec]:
    """The tools of an agent's `builtin_tools`: names, or one-key mappings of a name to settings.

    Raises ValueError, with the entry named, for what cannot be one.
    """
    from importlib import import_module

    if not isinstance(host.entries, (list, tuple)):
        raise ValueError(f"builtin_tools is a list, not {host.entries!r:.80}")
    tools: list[ToolSpec] = []
    for entry in host.entries:
        name, settings = named(entry)
        make = import_module(BUILTIN_TOOLS[name]).make
        try:
            tools += make(host, **settings)
        except (TypeError, ValueError) as error:
            raise ValueError(f"the builtin tool `{name}`: {error}") from error
    return tools


def named(entry: Any) -> tuple[str, Mapping[str, Any]]:
    """Name and settings of one entry. Raises ValueError for what is none."""
    if isinstance(entry, str):
        entry = {entry: {}}
    if not isinstance(entry, dict) or len(entry) != 1:
        raise ValueError(f"a builtin tool is a name or one `name: settings`, not {entry!r:.80}")
    [(name, settings)] = entry.items()
    if name not in BUILTIN_TOOLS:
        raise ValueError(f"no builtin tool {name!r}; there are {', '.join(BUILTIN_TOOLS)}")
    if settings is not None and not isinstance(settings, dict):
        raise ValueError(f"the settings of the builtin tool {name!r} are a mapping")
    return name, settings or {}


__all__ = ["BUILTIN_TOOLS", "builtin_tools"]
