"""What a person wants to know of a package before it runs, or before others are to run it.

All of it is of the preset that would be loaded: what runs, and not what a description says.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from looplet.compiler.archive.carried import preset_of
from looplet.compiler.archive.package import Package
from looplet.compiler.capabilities.infer import inferred
from looplet.compiler.capabilities.reach import Capabilities
from looplet.compiler.signing.statement import contents_digest

_MOST: Final = 8
"""So many servers are shown: a question must not be pushed off the screen."""


class Facts(NamedTuple):
    """digests: by their names. capabilities: what its code can reach, and what it declares.
    dependencies: what it asks to be installed. servers: the command line or address of each MCP
    server. permissions: the default for calls of tools."""

    name: str
    version: str
    description: str
    digests: Mapping[str, str]
    capabilities: Capabilities
    dependencies: tuple[str, ...]
    servers: Mapping[str, str]
    permissions: str


def facts_of(package: Package) -> Facts:
    """Raises PresetError for a package that carries no preset."""
    preset = preset_of(package)
    config = preset.config_values
    servers = _mapping(config.get("mcp_servers"))
    digests = {
        "tree": package.tree_digest,
        "meaning": preset.digest,
        "contents": contents_digest(package),
    }
    return Facts(
        preset.name,
        preset.version,
        preset.description,
        digests,
        inferred(preset),
        tuple(map(str, _list(preset.manifest.get("dependencies")))),
        {name: _command(servers[name]) for name in sorted(servers)},
        str(_mapping(config.get("permissions")).get("default", "allow")),
    )


def rows(facts: Facts) -> Iterator[tuple[str, str]]:
    """What of it is worth a line where somebody is asked, with what it is called there."""
    known = facts.capabilities
    yield "reaches", ", ".join(_reached(known)) or "nothing, as far as that can be told"
    if known.undecided:
        count, first = len(known.undecided), known.undecided[0]
        more = f"; and {count - 1} more" if count > 1 else ""
        yield "undecided", f"{first.place} {first.sentence}{more}"
    if known.declared is not None:
        yield "declares", ", ".join(known.declared) or "that it reaches nothing"
    for name, command in list(facts.servers.items())[:_MOST]:
        yield "server", f"{name}: {command}"
    if len(facts.servers) > _MOST:
        yield "server", f"and {len(facts.servers) - _MOST} more"
    if facts.dependencies:
        yield "imports", ", ".join(facts.dependencies)
    yield "permits", f"{facts.permissions}, where no rule says otherwise"


def _reached(known: Capabilities) -> Iterator[str]:
    for name in known.names:
        remarks = [known.access(name)] if known.access(name) else []
        if name in known.undeclared:
            remarks.append("not declared")
        yield f"{name} ({'; '.join(remarks)})" if remarks else name


def _command(server: Any) -> str:
    """The command line of a server, or the address that it is reached at."""
    given = _mapping(server)
    command = given.get("command", given.get("url", ""))
    words = [command] if isinstance(command, str) else _list(command)
    return " ".join(map(str, [*words, *_list(given.get("args"))]))


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _list(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else []


__all__ = ["Facts", "facts_of", "rows"]
