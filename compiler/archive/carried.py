"""The preset that a package carries: taken as it was lowered, once it is known to be of this tree.

No file of declarations is parsed, and none of the compiler's passes runs. That the preset says what
the files say is not known by this; `looplet-compile verify` lowers them again and compares.
"""

from __future__ import annotations

from typing import Any

from looplet.compiler.archive.package import FORMAT, Package
from looplet.contents import File
from looplet.preset import AgentPreset, Layer, PresetError


def preset_of(package: Package, roots: tuple[str, ...] = ()) -> AgentPreset:
    """The preset in `package`.

    roots: where its layers are on this machine, if they are. Raises PresetError when what it
    carries belongs to another tree, or is no preset.
    """
    ir = package.ir
    try:
        if ir["looplet"] != FORMAT:
            raise PresetError(
                f"{package.name}: its ir.json is of format {ir['looplet']}, and this looplet reads "
                f"{FORMAT}; install a newer looplet"
            )
        if ir["tree"] != package.tree_digest:
            raise PresetError(
                f"{package.name}: its ir.json belongs to another tree; build the package again"
            )
        layers = [
            Layer(layer["name"], _below(package.files, layer["at"]), layer["place"])
            for layer in ir["layers"]
        ]
        values = ir["preset"]
        files = {path: _found(path, layers) for path in values["files"]}
        return AgentPreset.from_values(values, files, layers, roots)
    except PresetError:
        raise
    except (AttributeError, LookupError, TypeError, ValueError, RecursionError) as error:
        raise PresetError(f"{package.name}: its ir.json holds no preset: {error!r}") from None


def _below(files: Any, folder: str) -> dict[str, File]:
    prefix = folder.rstrip("/") + "/"
    size = len(prefix)
    return {name[size:]: file for name, file in files.items() if name.startswith(prefix)}


def _found(path: str, layers: list[Layer]) -> File:
    return next(layer.files[path] for layer in layers if path in layer.files)


__all__ = ["preset_of"]
