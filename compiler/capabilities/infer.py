"""The capabilities of a cartridge, out of what each of its files uses and of its servers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from looplet.compiler import layout
from looplet.compiler.capabilities.modules import Modules, nested
from looplet.compiler.capabilities.reach import Capabilities, Place, Reason
from looplet.compiler.capabilities.standard import PARTS, PURE, WHOLE
from looplet.compiler.capabilities.uses import Use, Uses
from looplet.compiler.capabilities.verdicts import MORE, verdict_of
from looplet.compiler.capabilities.well_known import verdict_on
from looplet.compiler.capabilities.words import CAPABILITIES
from looplet.contents import File
from looplet.frozen import EMPTY
from looplet.preset import AgentPreset

Facts = Callable[[str], Mapping[str, Any]]
Where = Callable[[tuple[str, ...]], tuple[str, Place | None]]
_Found = tuple[str, Use, str, str]
"""A use in a file, and what it is of and comes to when all files are known."""


def inferred(
    agent: AgentPreset | Mapping[str, File],
    config: Mapping[str, Any] | None = None,
    declared: Iterable[str] | None = None,
    *,
    facts: Facts | None = None,
    where: Where | None = None,
) -> Capabilities:
    """What the code of an agent can reach, and what it declares. Nothing of it is run.

    agent: a preset, or the files of a cartridge by path; then `config` are the values of its
    config.yaml, and `declared` what its cartridge.json has as `capabilities`. facts: gives what
    `python.facts` says of the file at a path, for who knows it already. where: gives the file and
    the place of a value of config.yaml.
    """
    if isinstance(agent, AgentPreset):
        files, config = agent.files, agent.config_values
        declared = agent.manifest.get("capabilities")
    else:
        files = agent
    facts = facts or _facts_of(files)
    paths = [path for path in files if path.endswith(".py")]
    modules = Modules(files, lambda path: facts(path)["uses"])
    found: list[_Found] = []
    for path in paths:
        known = facts(path)
        if known["problem"]:
            span = known["problem"]["span"]
            use: Use = {"what": path, "how": "file", "verdict": "?unread", "span": span}
            found.append((path, use, path, "?unread"))
        elif known["uses"]:
            found += _in_file(path, known["uses"], modules)
    entries = modules.entries() if found else {}
    reasons = [
        reason
        for path, use, name, verdict in found
        for reason in _reasons(path, use, name, verdict, entries.get(path, ()))
    ]
    reasons += _of_config(config or EMPTY, where or _somewhere)
    reasons += _of_nested(files)
    return _together(reasons, declared)


def _facts_of(files: Mapping[str, File]) -> Facts:
    from looplet.compiler.python.facts import facts

    known: dict[str, Mapping[str, Any]] = {}

    def of(path: str) -> Mapping[str, Any]:
        if path not in known:
            known[path] = facts(files[path].data)
        return known[path]

    return of


def _together(reasons: list[Reason], declared: Iterable[str] | None) -> Capabilities:
    """The reasons, each once, in order; an import is left out where its use says more."""
    once: dict[tuple[object, ...], Reason] = {}
    for reason in sorted(reasons, key=_order):
        key = (reason.capability, reason.access, reason.why, reason.path, reason.span)
        once.setdefault(key, reason)
    every = list(once.values())
    used = {
        (reason.path, reason.capability, reason.what.partition(".")[0])
        for reason in every
        if not reason.said.startswith("imports")
    }
    every = [
        reason
        for reason in every
        if not reason.said.startswith("imports")
        or (reason.path, reason.capability, reason.what.partition(".")[0]) not in used
    ]
    reached = {name: tuple(r for r in every if r.capability == name) for name in CAPABILITIES}
    return Capabilities(
        _known(declared),
        {name: found for name, found in reached.items() if found},
        tuple(reason for reason in every if not reason.capability),
    )


def _known(declared: object) -> tuple[str, ...] | None:
    """What is declared, in order; None for what is no list, as it may be in a preset from afar."""
    if not isinstance(declared, list | tuple):
        return None
    return tuple(name for name in CAPABILITIES if name in declared)


def _order(reason: Reason) -> tuple[str, Place, str, str]:
    return (reason.path, reason.span or (0, 0, 0, 0), reason.said, reason.access)


# -- Python ------------------------------------------------------------------------------------


def _in_file(path: str, uses: Uses, modules: Modules) -> Iterator[_Found]:
    for use in uses["found"]:
        if use["verdict"]:
            yield path, use, use["what"], use["verdict"]
            continue
        for name, verdict in _of_another(path, use, modules):
            if verdict:
                yield path, use, name, verdict


def _of_another(path: str, use: Use, modules: Modules) -> Iterator[tuple[str, str]]:
    """The name and the verdict of what comes from a module that is no part of Python."""
    what, how = use["what"], use["how"]
    star = what.endswith("*")
    module = what.removesuffix("*").removesuffix("." if what.strip(".*") else "")
    leads = modules.follow(path, module)
    for lead in leads:
        if lead.name:
            yield lead.name, verdict_of(lead.name, how)
        elif (star or MORE in what or how == "value") and modules.holds_modules(lead.module):
            yield what, "?star" if star else "?handed"
    if leads or what[:1] == ".":
        return
    known = what.partition(".")[0]
    if any(known in table for table in (PARTS, PURE, WHOLE)):  # of another version of Python
        yield what, "?star" if star else verdict_of(what, how)
        return
    verdict = verdict_on(what)
    if how == "import":
        yield module, "?package" if verdict is None else verdict
    elif verdict and how != "store":
        yield what, verdict


def _reasons(
    path: str, use: Use, name: str, verdict: str, entries: tuple[str, ...]
) -> Iterator[Reason]:
    line, column, end_line, end_column = use["span"]
    span = (line, column, end_line, end_column)
    said = _said(name, use["how"])
    for word in verdict.split():
        if word[0] == "?":
            yield Reason("", name, said, path, span, "", word[1:], entries)
        else:
            capability, _, access = word.partition(":")
            yield Reason(capability, name, said, path, span, access, "", entries)


def _said(name: str, how: str) -> str:
    shown = name.removeprefix("builtins.")
    if how == "import":
        return f"imports `{shown}`"
    if how == "hook":
        asks = shown == "yield"
        return "a `compact` that yields asks the model" if asks else f"a hook's `{shown}`"
    if how == "file":
        return f"`{shown}`"
    if how == "store":
        return f"assigns to `{shown}`"
    return f"calls `{shown}`" if how == "call" and shown[:1] != "." else f"uses `{shown}`"


# -- declarations ------------------------------------------------------------------------------


def _somewhere(keys: tuple[str, ...]) -> tuple[str, Place | None]:
    return layout.CONFIG, None


def _of_config(config: Mapping[str, Any], where: Where) -> Iterator[Reason]:
    """Servers of tools, and the one builtin tool that writes files."""
    servers = config.get("mcp_servers")
    for name, server in servers.items() if isinstance(servers, Mapping) else ():
        path, span = where(("mcp_servers", name))
        # A name is the author's text, and what is said of it may stand on a terminal.
        what = f"mcp_servers.{name if str(name).isprintable() else repr(name)[1:-1]}"
        if not isinstance(server, Mapping):
            continue
        if server.get("url") is not None:
            yield Reason("network", what, f"`{what}` is reached over the network", path, span)
        if server.get("command") is not None:
            yield Reason("processes", what, f"`{what}` is started as a program", path, span)
            yield Reason("", what, f"`{what}`", path, span, why="server")
    tools = config.get("builtin_tools")
    for tool in tools if isinstance(tools, list | tuple) else ():
        if tool == "scaffold_cartridge" or (
            isinstance(tool, Mapping) and "scaffold_cartridge" in tool
        ):
            path, span = where(("builtin_tools",))
            said = "uses the builtin tool `scaffold_cartridge`"
            yield Reason("files", "scaffold_cartridge", said, path, span, "write")


def _of_nested(files: Mapping[str, File]) -> Iterator[Reason]:
    """Cartridges in the cartridge: their code is among the files, their servers are not read.

    Reading YAML takes a package that need not be there, so a word will do; and a `\\`, by which a
    text in YAML can be spelt in another way.
    """
    for folder in nested(files):
        path = f"{folder}/{layout.CONFIG}"
        data = files[path].data if path in files else b""
        if b"mcp_servers" in data or b"scaffold_cartridge" in data or b"\\" in data:
            yield Reason("", folder, f"`{folder}`", path, why="nested")


__all__ = ["inferred"]
