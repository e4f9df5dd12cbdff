"""Folder → preset → folder, and what of it did not come back."""

from __future__ import annotations

import os
from collections.abc import Mapping

from looplet.compiler.emit import preset_to_cartridge
from looplet.compiler.source import read_folder
from looplet.preset import AgentPreset, File


def roundtrip(
    source: str | os.PathLike[str], preset: AgentPreset, out: str, *, via_json: bool = False
) -> tuple[int, list[str]]:
    """Write `preset`, read from the folder `source`, to `out`: how many files, and what differs.

    Raises what `preset_to_cartridge` does.
    """
    if via_json:
        preset = AgentPreset.from_json(preset.to_json())
    preset_to_cartridge(preset, out)
    before, after = read_folder(os.fspath(source))[0].files, read_folder(out)[0].files
    return len(after), differences(before, after)


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
