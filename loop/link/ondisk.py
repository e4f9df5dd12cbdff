"""Where an agent's files are on this machine.

A preset that was read from folders knows them; any other is written to a private folder the first
time that someone needs a path, and that folder goes when the agent is closed.
"""

from __future__ import annotations

import os
import weakref
from _thread import RLock
from collections.abc import Mapping

from looplet.preset import AgentPreset, File


class OnDisk:
    """Paths of one agent's files. Each method may be called from any thread."""

    def __init__(self, preset: AgentPreset) -> None:
        self._preset = preset
        self._written = ""
        self._lock = RLock()
        self._finalizer: weakref.finalize[[str], OnDisk] | None = None

    @property
    def known(self) -> bool:
        """Whether the agent has a folder of its own here, so that a path costs nothing."""
        return bool(self._preset.roots) and bool(self._preset.roots[0])

    def root(self) -> str:
        """The agent's own folder, absolute."""
        if self.known:
            return os.path.abspath(self._preset.roots[0])
        return self._folder()

    def path(self, path: str) -> str:
        """Where the file at this posix path is: in the folder of the layer that it came from."""
        for layer, root in zip(self._preset.layers, self._preset.roots, strict=False):
            if path in layer.files:
                # A parent may be in a file, where the cartridge itself is a folder.
                home = os.path.abspath(root) if root else self._folder()
                return os.path.join(home, *path.split("/"))
        return os.path.join(self.root(), *path.split("/"))

    def close(self) -> None:
        """Remove what was written. The agent's own folder is never touched."""
        if self._finalizer is not None:
            self._finalizer()

    def _folder(self) -> str:
        with self._lock:
            if not self._written:
                import tempfile

                # realpath: a tool that compares paths should not meet two spellings of this one.
                folder = os.path.realpath(tempfile.mkdtemp(prefix="looplet-"))
                self._finalizer = weakref.finalize(self, _remove, folder)
                _write(folder, _files_of(self._preset))
                self._written = folder
            return self._written


def _files_of(preset: AgentPreset) -> Mapping[str, File]:
    """The resolved agent's files: a child's before its parents', the preset's before all."""
    merged: dict[str, File] = {}
    for layer in reversed(preset.layers):
        merged.update(layer.files)
    return {**merged, **preset.files}


def _write(folder: str, files: Mapping[str, File]) -> None:
    for path, file in files.items():
        target = os.path.join(folder, *path.split("/"))
        os.makedirs(os.path.dirname(target), exist_ok=True)
        with open(target, "wb") as out:
            out.write(file.data)
        if file.executable:
            os.chmod(target, 0o755)


def _remove(folder: str) -> None:
    import shutil

    shutil.rmtree(folder, ignore_errors=True)


__all__ = ["OnDisk"]
