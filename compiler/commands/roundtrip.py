"""Folder or package → preset → folder, and what of it did not come back."""

from __future__ import annotations

import os
from collections.abc import Mapping

from looplet.compiler.emit import preset_to_cartridge
from looplet.compiler.source import read_folder
from looplet.places import place_at
from looplet.preset import AgentPreset, File


def roundtrip(
    source: str | os.PathLike[str], preset: AgentPreset, out: str, *, via_json: bool = False
) -> tuple[int, list[str]]:
    """Write `preset`, read from the folder `source`, to `out`: how many files, and what differs.

    Of a package, or a cartridge given by its name, `source` is no folder: then what comes back is
    held against the tree that was read. Raises what `preset_to_cartridge` does.
    """
    read = preset.layers[0].files
    if via_json:
        preset = AgentPreset.from_json(preset.to_json())
    preset_to_cartridge(preset, out)
    before = read if _packed(source) else read_folder(os.fspath(source))[0].files
    after = read_folder(out)[0].files
    return len(after), differences(before, after)


def _packed(source: str | os.PathLike[str]) -> bool:
    """Whether `source` is a package, or a name, and no folder to compare with."""
    return not os.path.isdir(source) or place_at(os.fspath(source)).packed


def differences(before: Mapping[str, File], after: Mapping[str, File]) -> list[str]:
    """A line for each file that is not what it was, in the order of their paths."""
    lines = []
    for path in sorted(before.keys() | after.keys()):
        if path not in after:
            lines.append(f"missing: {path}")
        elif path not in before:
            lines.append(f"added: {path}")
        elif before[path] != after[path]:
            what = "bytes" if before[path].data != after[path].data else "executable bit"
            lines.append(f"differs: {path} ({what})")
    return lines
