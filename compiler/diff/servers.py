"""The servers of tools that an agent starts or reaches: which, how, and which of their tools."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from looplet.compiler.diff.changes import ABSENT, Change, Keys, differing
from looplet.compiler.diff.words import names, quote, shown, turned

_SETTINGS: Final = ("timeout_s",)


def compare_servers(keys: Keys, old: Any, new: Any) -> Iterator[Change]:
    """What changed in `mcp_servers`."""
    before, after = (value if isinstance(value, Mapping) else {} for value in (old, new))
    for name, was, now in differing(before, after):
        place = (*keys, name)
        if name.startswith("x-"):
            yield Change("extra-changed", place, turned(was, now), old=was, new=now)
        elif was is ABSENT:
            message = f"server {quote(name)} is new: {_reached(now)}"
            yield Change("server-added", place, message, new=now)
        elif now is ABSENT:
            yield Change("server-removed", place, f"server {quote(name)} is gone", old=was)
        elif isinstance(was, Mapping) and isinstance(now, Mapping):
            yield from _server(place, name, was, now)
        else:
            yield Change("server-changed", place, f"server {quote(name)}: {turned(was, now)}")


def _reached(server: Any) -> str:
    """The program that is started, or the address."""
    if not isinstance(server, Mapping):
        return shown(server)
    what = "reaches" if "url" in server else "starts"
    tools = server.get("tools")
    taken = f", with {names(tools)}" if isinstance(tools, (list, tuple)) else ", with all its tools"
    return f"{what} {shown(server.get('url', server.get('command', ABSENT)))}{taken}"


def _server(
    keys: Keys, name: str, old: Mapping[str, Any], new: Mapping[str, Any]
) -> Iterator[Change]:
    for key, was, now in differing(old, new):
        place = (*keys, key)
        if key == "tools":
            yield from _tools(place, name, was, now)
            continue
        kind = "server-changed"
        if key in _SETTINGS:
            kind = "server-setting-changed"
        elif key.startswith("x-"):
            kind = "extra-changed"
        message = f"server {quote(name)}, {key}: {turned(was, now)}"
        yield Change(kind, place, message, old=was, new=now)


def _tools(keys: Keys, name: str, old: Any, new: Any) -> Iterator[Change]:
    """Which of a server's tools are taken; without a list all of them."""
    before, after = _listed(old), _listed(new)
    said = f"server {quote(name)}, tools"
    if before is None or after is None:
        widened = after is None
        message = f"{said}: all of them" if widened else f"{said}: only {names(new)}"
        kind = "server-tools-widened" if widened else "server-tools-narrowed"
        yield Change(kind, keys, message, old=old, new=new)
        return
    if more := sorted(after - before):
        message = f"{said}: also {names(more)}"
        yield Change("server-tools-widened", keys, message, old=old, new=new)
    if less := sorted(before - after):
        message = f"{said}: no longer {names(less)}"
        yield Change("server-tools-narrowed", keys, message, old=old, new=new)
    if before == after:
        yield Change("server-setting-changed", keys, f"{said}, in another order", old=old, new=new)


def _listed(value: Any) -> set[str] | None:
    if isinstance(value, (list, tuple)) and all(isinstance(one, str) for one in value):
        return set(value)
    return None


__all__ = ["compare_servers"]
