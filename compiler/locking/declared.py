"""What a cartridge says of what it executes: read from a preset, in the shape of a lock.

The agents nested in it, at any depth, belong to it. What a lock adds to this is what only an index
knows: versions, and digests.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from posixpath import join
from typing import Any, Final, NamedTuple

from looplet.compiler.archive.identity import tree_digest
from looplet.compiler.archive.record import lines
from looplet.compiler.locking import model
from looplet.compiler.locking.errors import Found
from looplet.compiler.locking.servers import servers_of
from looplet.frozen import thaw
from looplet.nested import nested_agents
from looplet.preset import AgentPreset, Layer, PresetError

MANIFEST: Final = "cartridge.json"


class Declared(NamedTuple):
    """values: what a lock of now would say, without versions and digests. problems: what cannot be
    locked. loose: remarks on what is not pinned whole."""

    values: dict[str, Any]
    problems: list[Found]
    loose: list[Found]


def declared(preset: AgentPreset) -> Declared:
    """What `preset` executes. Raises PresetError if it, or an agent in it, cannot be read."""
    try:
        return _declared(preset)
    except PresetError:
        raise
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        # Of a package, whose values no schema has seen.
        raise PresetError(f"{preset.name} does not say what it executes: {error!r}") from None


def _declared(preset: AgentPreset) -> Declared:
    everyone = dict(_everyone(replace(preset, nested=nested_agents(preset))))
    python = _python(everyone)
    found: list[Found] = []
    agents = {}
    for path, agent in everyone.items():
        servers, remarks = servers_of(agent, python["requires"])
        remarks += model.remarks(agent)
        agents[path] = {"model": model.named(agent), "servers": servers}
        found += [remark._replace(agent=path) for remark in remarks]
    own = agents.pop("")
    schema_version = preset.manifest.get("schema_version", 2)
    values = {
        "cartridge": {"name": preset.name, "schema_version": schema_version},
        "model": own["model"],
        "servers": own["servers"],
        "parents": [_parent(layer) for layer in preset.layers[1:]],
        "python": python,
        "agents": agents,
    }
    problems = [each for each in found if each.rule == "unpinned"]
    return Declared(values, problems, [each for each in found if each.rule != "unpinned"])


def _everyone(preset: AgentPreset, place: str = "") -> Iterator[tuple[str, AgentPreset]]:
    """The agent and those nested in it, by their folder as seen from the outermost."""
    yield place, preset
    for path, agent in preset.nested.items():
        yield from _everyone(agent, join(place, path))


# ── parents ───────────────────────────────────────────────────────────────────────────────────────


def _parent(layer: Layer) -> dict[str, Any]:
    manifest = manifest_of(layer)
    return {
        "place": layer.place,
        "name": str(manifest.get("name", layer.name)),
        "version": str(manifest.get("version", "0.0.0")),
        "tree": folder_digest(layer),
    }


def folder_digest(layer: Layer) -> str:
    """The tree digest of one folder by itself, as `hash` has it for one that extends nothing."""
    files = {f"cartridge/{path}": file for path, file in layer.files.items()}
    return tree_digest(".", lines(files))


def manifest_of(layer: Layer) -> dict[str, Any]:
    """What a folder's `cartridge.json` says; nothing, where there is none that can be read."""
    try:
        data = layer.files[MANIFEST].data.decode("utf-8-sig")
        manifest = json.loads(data)
    except (KeyError, ValueError, RecursionError):
        return {}
    return manifest if isinstance(manifest, dict) else {}


# ── Python ────────────────────────────────────────────────────────────────────────────────────────


def _python(everyone: Mapping[str, AgentPreset]) -> dict[str, Any]:
    """The requirements of everything whose code runs: the cartridge, its parents, its agents."""
    requires: set[str] = set()
    pythons: set[str] = set()
    for agent in everyone.values():
        layers = [thaw(agent.manifest), *map(manifest_of, agent.layers[1:])]
        for manifest in layers:
            dependencies = manifest.get("dependencies") or ()
            requires.update(" ".join(each.split()) for each in dependencies)
            if wanted := manifest.get("requires_python"):
                pythons.update(part.strip() for part in str(wanted).split(",") if part.strip())
    return {"requires": sorted(requires), "requires_python": ",".join(sorted(pythons))}


__all__ = ["Declared", "declared", "folder_digest", "manifest_of"]
