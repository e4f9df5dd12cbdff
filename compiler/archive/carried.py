"""The preset that a package carries: taken as it was lowered, once it is known to be of this tree.

No file of declarations is parsed, and none of the compiler's passes runs. That the preset says what
the files say is not known by this; `looplet-compile verify` lowers them again and compares.
"""

from __future__ import annotations

import os
import posixpath
from collections.abc import Mapping, Sequence

from looplet.compiler.archive.errors import PackageError, refused
from looplet.compiler.archive.package import IR, Package
from looplet.contents import File
from looplet.preset import AgentPreset, Layer, PresetError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def preset_of(package: Package, folder: str = "") -> AgentPreset:
    """The preset in `package`, with the agents nested in it.

    folder: where its members lie on this machine, if they do. Raises PackageError when what it
    carries belongs to another tree, or is no preset.
    """
    ir = package.ir
    if ir["tree"] != package.tree_digest:
        why = "it was made of other files than these"
        raise refused("other_tree", package.name, IR, why=why)
    try:
        layers = [
            Layer(layer["name"], below(package.files, layer["at"]), layer["place"])
            for layer in ir["layers"]
        ]
        roots = [os.path.join(folder, layer["at"]) for layer in ir["layers"]] if folder else ()
        return _preset(ir, layers, roots)
    except (AttributeError, LookupError, TypeError, ValueError, RecursionError) as error:
        raise _no_preset(package, error) from None


def nested_ir(agents: Mapping[str, AgentPreset]) -> dict[str, Any]:
    """What ir.json says of nested agents, by the folder that each lies in.

    Their files are files of the agent around them, so of their layers only the places are noted.
    """
    return {
        path: {
            "layers": [{"name": layer.name, "place": layer.place} for layer in agent.layers],
            "preset": agent.values(),
        }
        | ({"nested": nested_ir(agent.nested)} if agent.nested else {})
        for path, agent in agents.items()
    }


def _no_preset(package: Package, error: Exception) -> PackageError:
    why = str(error) if isinstance(error, PresetError) else f"it holds no agent ({error!r:.80})"
    return refused("malformed", package.name, IR, why=why)


def _preset(ir: Mapping[str, Any], layers: Sequence[Layer], roots: Sequence[str]) -> AgentPreset:
    """The preset that one entry of ir.json holds: the agent itself, or one nested in it."""
    values = ir["preset"]
    known: dict[str, File] = {}
    for layer in reversed(layers):
        known.update(layer.files)
    files = {path: known[path] for path in values["files"]}
    agents = {
        path: _nested(each, path, files, layers, roots)
        for path, each in ir.get("nested", {}).items()
    }
    return AgentPreset.from_values(values, files, layers, roots, agents)


def _nested(
    ir: Mapping[str, Any],
    path: str,
    files: Mapping[str, File],
    around: Sequence[Layer],
    roots: Sequence[str],
) -> AgentPreset:
    """The agent in the folder `path` of `files`. around, roots: those of the agent around it."""
    layers, homes = [], []
    for layer in ir["layers"]:
        folder = posixpath.normpath(posixpath.join(path, layer["place"]))
        layers.append(Layer(layer["name"], below(files, folder), layer["place"]))
        # On this machine it is a folder only if all of it comes from one layer of those around it.
        homes += [
            os.path.join(root, folder)
            for outer, root in zip(around, roots, strict=False)
            if below(outer.files, folder) == layers[-1].files
        ][:1]
    return _preset(ir, layers, homes if len(homes) == len(layers) else ())


def below(files: Mapping[str, File], folder: str) -> dict[str, File]:
    """The files in a folder of these files, by their paths in it."""
    prefix = folder + "/"
    size = len(prefix)
    return {name[size:]: file for name, file in files.items() if name.startswith(prefix)}


__all__ = ["nested_ir", "preset_of"]
