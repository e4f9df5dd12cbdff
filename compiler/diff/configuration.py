"""config.yaml and runtime.yaml, key by key; the keys that are worlds of their own are elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from looplet.compiler.diff.changes import ABSENT, Change, Keys, differing
from looplet.compiler.diff.inputs import compare_inputs
from looplet.compiler.diff.limits import LIMITING, limit, limits_in
from looplet.compiler.diff.servers import compare_servers
from looplet.compiler.diff.words import quote, turned
from looplet.preset import AgentPreset, canonical_json


def compare_config(old: AgentPreset, new: AgentPreset) -> Iterator[Change]:
    """What changed in `config.yaml`, but for the permissions."""
    for key, was, now in differing(old.config_values, new.config_values):
        if key != "permissions":
            yield from _KEYS.get(key, _setting)(("config", key), was, now)


_REACHES: Final = frozenset(
    (
        *("checkpoint_dir", "initial_checkpoint", "tool_result_persist_dir"),
        *("router", "tracer", "generate_kwargs"),
    )
)
"""Keys of runtime.yaml that say where the conversation goes, or what else a provider is told."""


def compare_runtime(old: AgentPreset, new: AgentPreset) -> Iterator[Change]:
    """What changed in `runtime.yaml`."""
    for key, was, now in differing(old.runtime_values, new.runtime_values):
        kind = "extra-changed" if key.startswith("x-") else "runtime-changed"
        if key in _REACHES:
            kind = "runtime-reach-changed"
        yield Change(kind, ("runtime", key), f"{key}: {turned(was, now)}", old=was, new=now)


def _setting(keys: Keys, old: Any, new: Any) -> Iterator[Change]:
    kind = "extra-changed" if keys[-1].startswith("x-") else "setting-changed"
    yield Change(kind, keys, f"{keys[-1]}: {turned(old, new)}", old=old, new=new)


def _max_steps(keys: Keys, old: Any, new: Any) -> Iterator[Change]:
    yield limit(keys, "max_steps", old, new)


def _done_tool(keys: Keys, old: Any, new: Any) -> Iterator[Change]:
    message = f"the run ends with another tool: {turned(old, new)}"
    yield Change("done-tool-changed", keys, message, old=old, new=new)


def _model(keys: Keys, old: Any, new: Any) -> Iterator[Change]:
    before, after = (value if isinstance(value, Mapping) else {} for value in (old, new))
    for key, was, now in differing(before, after):
        kind = "provider-changed" if key == "provider" else "model-changed"
        kind = "extra-changed" if key.startswith("x-") else kind
        yield Change(kind, (*keys, key), f"model {key}: {turned(was, now)}", old=was, new=now)


def _memory(keys: Keys, old: Any, new: Any) -> Iterator[Change]:
    yield Change("memory-changed", keys, f"{keys[-1]}: {turned(old, new)}", old=old, new=new)


# ── lists of names with settings ──────────────────────────────────────────────────────────────────


def _builtin_tools(keys: Keys, old: Any, new: Any) -> Iterator[Change]:
    before, after = _entries(old), _entries(new)
    for name, was, now in differing(before, after):
        said = f"built-in tool {quote(name)}"
        if was is ABSENT:
            yield Change("builtin-tool-added", keys, f"{said} is switched on", new=now)
        elif now is ABSENT:
            yield Change("builtin-tool-removed", keys, f"{said} is switched off", old=was)
        else:
            message = f"{said}: {turned(was, now)}"
            yield Change("builtin-tool-changed", keys, message, old=was, new=now)


def _builtin_hooks(keys: Keys, old: Any, new: Any) -> Iterator[Change]:
    before, after = _entries(old), _entries(new)
    for name, was, now in differing(before, after):
        said = f"built-in hook {quote(name)}"
        if was is ABSENT:
            yield Change("builtin-hook-added", keys, f"{said} is switched on", new=now)
        elif now is ABSENT:
            yield Change("builtin-hook-removed", keys, f"{said} is switched off", old=was)
        elif name in LIMITING:
            yield from limits_in(keys, name, was, now, (keys,))
        else:
            message = f"{said}: {turned(was, now)}"
            yield Change("builtin-hook-changed", keys, message, old=was, new=now)
    kept = [[name for name in side if name in before and name in after] for side in (before, after)]
    if kept[0] != kept[1]:
        message = f"the built-in hooks run in another order: {turned(*kept)}"
        yield Change("builtin-hooks-moved", keys, message, old=kept[0], new=kept[1])


def _entries(value: Any) -> dict[str, Any]:
    """The settings of each entry of a list of names and one-key mappings, by a name of its own."""
    found: dict[str, Any] = {}
    for entry in value if isinstance(value, (list, tuple)) else ():
        name, settings = _entry(entry)
        # A sub-agent is told apart by its folder; what is there twice by how often.
        each, number = name, 1
        while each in found:
            number += 1
            each = f"{name} ({number})"
        found[each] = settings
    return found


def _entry(entry: Any) -> tuple[str, Any]:
    if isinstance(entry, str):
        return entry, {}
    if isinstance(entry, Mapping) and len(entry) == 1:
        ((name, settings),) = entry.items()
        settings = {} if settings is None else settings
        if isinstance(settings, Mapping) and isinstance(settings.get("cartridge"), str):
            name = f"{name} {settings.get('name') or settings['cartridge']}"
        return str(name), settings
    return canonical_json(entry), {}


_Compare = Callable[[Keys, Any, Any], Iterator[Change]]
_KEYS: Final[Mapping[str, _Compare]] = {
    "max_steps": _max_steps,
    "done_tool": _done_tool,
    "model": _model,
    "memory": _memory,
    "memory_sources": _memory,
    "builtin_tools": _builtin_tools,
    "builtin_hooks": _builtin_hooks,
    "mcp_servers": compare_servers,
    "inputs": compare_inputs,
}

__all__ = ["compare_config", "compare_runtime"]
