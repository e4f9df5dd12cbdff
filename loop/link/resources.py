"""The shared objects of one run: what `resources/<name>.py` builds, and what is always there."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from looplet.inputs import ALWAYS_THERE
from looplet.link.namespace import Namespace
from looplet.link.ondisk import OnDisk
from looplet.preset import AgentPreset
from looplet.references import references_in


class Resources:
    """One instance of each resource, built in the order of their names when this is made.

    objects: what was built, by name. runtime: the inputs with what looplet adds to them, as
    references and `build(runtime)` see it. unsafe: names of resources that say THREAD_SAFE = False.
    """

    def __init__(self, preset: AgentPreset, namespace: Namespace, disk: OnDisk) -> None:
        self._preset, self._namespace, self._disk = preset, namespace, disk
        self.objects: dict[str, Any] = {}
        self.unsafe: set[str] = set()
        self.runtime: dict[str, Any] = {}

    def build(self, inputs: Mapping[str, Any]) -> None:
        """Build them all. Raises LoadError with the place in the author's code."""
        self.runtime = {**inputs, "python_executable": sys.executable}
        # Of an agent that is in no folder, one is written only for code that may look at it.
        if self._disk.known or self._mentions_root():
            self.runtime["cartridge_root"] = self._disk.root()
        for path in sorted(self._preset.files):
            folder, _, name = path.rpartition("/")
            if folder == "resources" and name.endswith(".py") and name != "__init__.py":
                self.objects[name[:-3]] = self._built(path, name[:-3])

    def __getitem__(self, name: str) -> Any:
        """The object that a reference to `name` stands for. Raises KeyError."""
        if name in self.objects:
            return self.objects[name]
        if name == "cartridge_root":
            return Path(self._disk.root())
        return {"runtime": self.runtime, "python_executable": sys.executable}[name]

    def shared(self) -> dict[str, Any]:
        """What tools find in `ctx.resources`."""
        always = [name for name in ALWAYS_THERE if name in self.runtime or name == "runtime"]
        return {**{name: self[name] for name in always}, **self.objects}

    def close(self) -> None:
        """Close those that have a `close()`, the last one first; then raise the first failure."""
        failures: list[BaseException] = []
        while self.objects:
            _, resource = self.objects.popitem()
            close = getattr(resource, "close", None)
            if callable(close) and not isinstance(resource, type):
                try:
                    close()
                except (Exception, SystemExit) as error:
                    failures.append(error)
        if failures:
            raise failures[0]

    def _built(self, path: str, name: str) -> Any:
        build = self._namespace.function(path, "build", "build(runtime=None)")
        if self._namespace.load(path).__dict__.get("THREAD_SAFE", True) is False:
            self.unsafe.add(name)
        given = [dict(self.runtime)] if _takes_an_argument(build) else []
        return self._namespace.call(path, build, *given)

    def _mentions_root(self) -> bool:
        preset = self._preset
        kwargs = [hook.kwargs for hook in preset.hook_defs.values()]
        values = [preset.config_values, preset.runtime_values, kwargs]
        if any("cartridge_root" in (r.name, *r.path) for r in references_in(values)):
            return True
        if any("cartridge_root" in tool.requires for tool in preset.tool_defs.values()):
            return True
        code = [file.data for path, file in preset.files.items() if path.endswith(".py")]
        return any(b"cartridge_root" in data for data in code)


def _takes_an_argument(build: Any) -> bool:
    code = getattr(build, "__code__", None)
    if code is None:
        return True
    return bool(code.co_argcount or code.co_flags & 0x04)  # or *args


__all__ = ["Resources"]
