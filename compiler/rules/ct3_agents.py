"""CT3, continued: agents nested in a cartridge, which `subagent` names."""

from __future__ import annotations

from looplet.compiler.diagnostics import quote, rule


@rule("CT330", "missing-agent", "error")
def missing_agent(path: str, why: str, near: str | None) -> str:
    """`subagent` names a nested cartridge that is not there.

    It is the path of a folder in this cartridge, relative to its root, and that folder is a
    cartridge of its own: it has a `config.yaml`. The usual place is `agents/`.

        builtin_tools:
          - subagent: {cartridge: agents/researcher.cartridge}
    """
    meant = f"; did you mean {quote(near)}?" if near else ""
    return f"{quote(path)} {why}{meant}"


@rule("CT331", "agent-in-itself", "error")
def in_itself(path: str) -> str:
    """A cartridge has itself among its agents.

    It would call itself without end. Give the part that is called again a cartridge of its own.
    """
    return f"with {quote(path)}, this agent lies in itself; nest another cartridge"


@rule("CT332", "agents-too-deep", "error")
def agents_too_deep(path: str, limit: int) -> str:
    """Agents are nested more than five deep, which is the most that a run allows.

    Each level adds the cost of a whole run to every call. Let one agent call two others instead.
    """
    return f"{quote(path)} is an agent more than {limit} levels deep; nest fewer"


@rule("CT333", "nested-parent-outside", "error")
def parent_outside(target: str) -> str:
    """A nested cartridge extends one that is not in the cartridge around it.

    A cartridge is complete in itself: what its agents inherit has to travel with it. Put the
    parent beside the nested cartridge, as in `agents/base.cartridge`.
    """
    return (
        f"the parent {quote(target)} of a nested cartridge is not in the cartridge around it; put "
        "it there"
    )


@rule("CT334", "agent-name-taken", "error")
def name_taken(name: str) -> str:
    """A nested agent would be a tool of a name that another agent, or a builtin tool, has.

    An agent's tool is named after its folder. Give one of the two a `name`:

        builtin_tools:
          - subagent: {cartridge: agents/researcher.cartridge}
          - subagent: {cartridge: agents/old/researcher.cartridge, name: old_researcher}
    """
    return f"there is a tool {quote(name)} in `builtin_tools` already; give this agent a `name`"
