"""The servers of a cartridge as a lock has them: what is written, and what that starts.

Of the environment only the names are kept, of headers nothing: values are where secrets are.
"""

from __future__ import annotations

from typing import Any, Final

from looplet.compiler.locking.errors import Found
from looplet.compiler.locking.launchers import Unpinned, launch
from looplet.frozen import thaw
from looplet.mcp.settings import split_command
from looplet.preset import AgentPreset

CONFIG: Final = "config.yaml"


def servers_of(preset: AgentPreset, requires: list[str]) -> tuple[dict[str, Any], list[Found]]:
    """The entry of each server, and what is to be said of it.

    requires: the requirements of the whole agent, which a program may come from.
    """
    servers: dict[str, Any] = {}
    found: list[Found] = []
    for name, given in (thaw(preset.config_values.get("mcp_servers")) or {}).items():
        if not name.startswith("x-"):
            servers[name], remark = _server(preset, name, given, requires)
            found += [remark] if remark else []
    return servers, found


def _server(
    preset: AgentPreset, name: str, given: dict[str, Any], requires: list[str]
) -> tuple[dict[str, Any], Found | None]:
    if "url" in given:
        keys = ("mcp_servers", name, "url")
        why = "what answers at its `url` is decided elsewhere"
        facts = {"what": f"the server `{name}`", "why": why}
        return {"kind": "url", "url": given["url"]}, Found("loosely", facts, CONFIG, keys)
    keys = ("mcp_servers", name, "command")
    entry: dict[str, Any] = {"command": _argv(name, given)}
    if given.get("cwd"):
        entry["cwd"] = given["cwd"]
    if given.get("env"):
        entry["env"] = sorted(given["env"])
    try:
        cwd, env = given.get("cwd") or "", entry.get("env", ())
        started = launch(entry["command"], preset.files, requires, cwd, env)
    except Unpinned as error:
        facts = {"server": name, "why": error.why, "instead": error.instead}
        return entry, Found("unpinned", facts, CONFIG, keys)
    entry["kind"] = started.kind
    if started.what:
        entry["starts"] = started.what
    if started.packages:
        entry["packages"] = [{"name": each, "version": at} for each, at in started.packages]
    facts = {"what": f"the server `{name}`", "why": started.loose}
    return entry, Found("loosely", facts, CONFIG, keys) if started.loose else None


def _argv(name: str, given: dict[str, Any]) -> list[str]:
    command = given.get("command") or []
    if isinstance(command, str):
        command = split_command(command, f"mcp_servers.{name}")
    return [str(word) for word in [*command, *(given.get("args") or ())]]


def shown(entry: dict[str, Any]) -> str:
    """A server in a message, without what may hold a secret: its arguments, the query of a url."""
    if "url" in entry:
        return f"`{entry['url'].partition('?')[0]}`"
    if packages := entry.get("packages"):
        return ", ".join(f"`{each['name']} {each['version']}`" for each in packages)
    return f"`{entry.get('starts') or next(iter(entry.get('command', ())), 'nothing')}`"


__all__ = ["servers_of", "shown"]
