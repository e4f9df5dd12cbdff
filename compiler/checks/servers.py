"""Servers of tools: how each is reached, and that its tools can be told from others."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from looplet.compiler import layout
from looplet.compiler.checks.references import own_tool_names, server_tools, servers
from looplet.compiler.diagnostics import Diagnostic
from looplet.compiler.resolve import Resolved
from looplet.compiler.rules import ct2_schema as ct2
from looplet.compiler.rules import ct3_servers as ct3
from looplet.mcp.settings import KEYS, ServerSettings, split_command

OR_A_URL = "or `url`, the address of one that runs already"


def check_servers(resolved: Resolved) -> Iterator[Diagnostic]:
    """The findings on `mcp_servers`, over the merged configuration. Nothing is started."""
    taken = {name: "a tool of the cartridge" for name in own_tool_names(resolved)}
    for name, server in servers(resolved):
        yield from _reached(resolved, name, server)
        for index, offered in server_tools(name, server):
            if offered in taken:
                place = resolved.place(layout.CONFIG, ("mcp_servers", name, "tools", index))
                yield ct3.tool_taken.at(*place, name=offered, other=taken[offered])
            taken.setdefault(offered, f"the server `{name}`")


def _reached(resolved: Resolved, name: str, server: dict[str, Any]) -> Iterator[Diagnostic]:
    path, where = ("mcp_servers", name), f"mcp_servers.{name}"
    command, url = server.get("command"), server.get("url")
    if command is not None and url is not None:
        file, span = resolved.place(layout.CONFIG, (*path, "url"), key=True)
        yield ct3.two_ways.at(file, span, server=where)
    # Of the keys that go with one of the two, the schema says which is missing.
    told = {"args", "env", "cwd", "headers", "command", "url"}
    if told.isdisjoint(server) and not resolved.unread(layout.CONFIG, "mcp_servers"):
        if not all(key in KNOWN or key.startswith("x-") for key in server):
            return  # one of them may be misspelt, which is another finding
        file, span = resolved.place(layout.CONFIG, path, key=True)
        what = "a text or a list"
        yield ct2.missing_key.at(
            file, span, notes=(OR_A_URL,), key="command", where=where, what=what
        )
    if isinstance(command, str):
        try:
            split_command(command, where)
        except ValueError as error:
            file, span = resolved.place(layout.CONFIG, (*path, "command"))
            why = str(error).rpartition(": ")[2]
            yield ct3.command.at(file, span, server=where, why=why)
            return
    if (command is None) != (url is None):
        yield from _refused(resolved, name, server)


def _refused(resolved: Resolved, name: str, server: dict[str, Any]) -> Iterator[Diagnostic]:
    """What a run would refuse, judged by what judges it there; references are known only there."""
    where = f"mcp_servers.{name}"
    way = "command" if server.get("command") is not None else "url"
    others = ("url", "headers") if way == "command" else ("command", "args", "env", "cwd")
    stand_in = {"command": "program", "url": "https://host.example"}
    for key, value in server.items():
        if (
            key not in KEYS
            or key in others
            or value is None
            or "${" in str(value)
            or _is_bare(value)
        ):
            continue
        try:
            ServerSettings(where, **{way: stand_in[way], key: value})
        except ValueError as error:
            file, span = resolved.place(layout.CONFIG, ("mcp_servers", name, key))
            yield ct3.setting.at(file, span, why=str(error))


def _is_bare(value: Any) -> bool:
    """Whether it is a reference of the short form, `"@name"`."""
    return isinstance(value, str) and value.startswith("@")


KNOWN = frozenset(("timeout_s", "tools", "prefix"))


__all__ = ["check_servers"]
