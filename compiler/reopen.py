"""Layers back to cartridges: what a preset retained, opened again for the passes."""

from __future__ import annotations

from collections.abc import Sequence

from looplet.compiler.cache import Cache
from looplet.compiler.cartridge import Cartridge
from looplet.compiler.source import Tree
from looplet.preset import Layer, PresetError


def reopen(layers: Sequence[Layer]) -> Cartridge:
    """The cartridge that `layers` are, the parents behind it. PresetError if one is broken."""
    above: Cartridge | None = None
    store = Cache("", enabled=False)
    for layer in reversed(layers):
        cartridge = Cartridge(Tree(layer.name, layer.files), store, layer.place, parent=above)
        for finding in cartridge.read_documents():
            if finding.severity == "error":
                raise PresetError(f"{layer.name}: {finding.path}: {finding.message}")
        above = cartridge
    if above is None:
        raise PresetError("a preset without layers was never a folder")
    return above
