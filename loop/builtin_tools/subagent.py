"""`subagent`: agents nested in the cartridge, each as a tool of the agent around them.

    builtin_tools:
      - subagent: {cartridge: agents/researcher.cartridge, max_steps: 10}

gives a tool `researcher`. The bare name gives one for each cartridge in `agents/`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from looplet.agents import agent_tool
from looplet.nested import nested_preset

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from looplet.builtin_tools.host import Host
    from looplet.tools import ToolSpec

AGENTS: Final = "agents/"
SUFFIX: Final = ".cartridge"


def make(
    host: Host,
    *,
    cartridge: str | None = None,
    name: str | None = None,
    description: str | None = None,
    inputs: Mapping[str, Any] | None = None,
    max_steps: int | None = None,
    concurrent_safe: bool = False,
    timeout_s: float | None = None,
) -> list[ToolSpec]:
    """The tool of one nested cartridge; without one, the tools of all that lie in `agents/`."""
    if cartridge is None:
        paths = nested_in_agents(host.preset.files)
        if not paths:
            raise ValueError(
                f"there is no cartridge in `{AGENTS}`; put one there, or name one: "
                f"`subagent: {{cartridge: {AGENTS}name{SUFFIX}}}`"
            )
        return [agent_tool(nested_preset(host.preset, p), name=tool_name(p)) for p in paths]
    return [
        agent_tool(
            nested_preset(host.preset, cartridge),
            name=tool_name(cartridge) if name is None else name,
            description=description,
            runtime=inputs,
            max_steps=max_steps,
            concurrent_safe=concurrent_safe,
            timeout_s=timeout_s,
        )
    ]


def nested_in_agents(paths: Iterable[str]) -> list[str]:
    """The folders `agents/<name>.cartridge` of an agent's files, sorted."""
    found = {
        f"{AGENTS}{parts[1]}"
        for parts in (path.split("/", 2) for path in paths if path.startswith(AGENTS))
        if len(parts) > 2 and parts[1].endswith(SUFFIX)
    }
    return sorted(found)


def tool_name(cartridge: str) -> str:
    """The name of a nested cartridge's tool: that of its folder."""
    return cartridge.rstrip("/").rpartition("/")[2].removesuffix(SUFFIX)


__all__ = ["make", "nested_in_agents", "tool_name"]
