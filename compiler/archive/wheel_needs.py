"""What must be installed beside an agent: the requirements of all whose code is in its package.

That is the agent, its parents, and the agents nested in it that it calls. looplet comes with the
extras without which they would not run.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from looplet.compiler import layout
from looplet.compiler.archive.package import Package
from looplet.compiler.checks.installers import REQUIRES_PYTHON
from looplet.compiler.syntax import Document, parse
from looplet.prompts import is_constant

LOOPLET: Final = ">=1,<2"
JINJA: Final = "jinja2>=3.1.5"


class Manifest(NamedTuple):
    """A cartridge.json in the package.

    path: among its files. place: of its folder, as seen from the cartridge. document: None where
    there is none.
    """

    path: str
    place: str
    document: Document | None

    @property
    def shown(self) -> str:
        """Its path as seen from the cartridge."""
        return posixpath.join(self.place, layout.MANIFEST)

    @property
    def value(self) -> Mapping[str, Any]:
        value = self.document.value if self.document is not None else None
        return value if isinstance(value, dict) else {}

    @property
    def dependencies(self) -> list[str]:
        found = self.value.get("dependencies")
        return [each for each in found if isinstance(each, str)] if isinstance(found, list) else []


def manifests(package: Package) -> list[Manifest]:
    """Those of the layers, the agent's own first, and of the agents nested in them."""
    layers = [(layer["at"], layer["place"]) for layer in package.ir["layers"]]
    found = {f"{at}/{layout.MANIFEST}": place for at, place in layers}
    for folder, agent in _nested(package.ir):
        for layer in agent["layers"]:
            inside = posixpath.normpath(posixpath.join(folder, layer["place"]))
            for at, place in layers:
                path = f"{at}/{inside}/{layout.MANIFEST}"
                if path in package.files:
                    found.setdefault(path, posixpath.join(place, inside))
                    break
    return [Manifest(path, place, _document(package, path)) for path, place in found.items()]


def requirements(package: Package, found: list[Manifest], *, editable: bool) -> Iterator[str]:
    """The requirements, each once, sorted. editable: the folder is compiled at each run."""
    from packaging.requirements import Requirement

    agents = [package.ir["preset"], *(each["preset"] for _, each in _nested(package.ir))]
    needed = {str(Requirement(text)) for each in found for text in each.dependencies}
    extras = {extra for agent in agents for extra in _extras(agent["config"])}
    if editable:
        extras.add("compiler")
    if "compiler" not in extras and any(
        prompt["template"] and not is_constant(prompt["text"])
        for agent in agents
        for prompt in agent["prompts"].values()
    ):
        needed.add(JINJA)
    shown = f"[{','.join(sorted(extras))}]" if extras else ""
    needed.add(f"looplet{shown}{LOOPLET}")
    yield from sorted(needed)


def pythons(found: list[Manifest]) -> str:
    """The versions of Python on which the code of all of them, and looplet, runs."""
    from packaging.specifiers import SpecifierSet

    wanted = SpecifierSet()
    for each in found:
        if isinstance(text := each.value.get("requires_python"), str):
            wanted &= SpecifierSet(text)
    if wanted.contains("3.10.99"):  # else looplet's own bound says nothing that is not said yet
        wanted &= SpecifierSet(REQUIRES_PYTHON)
    return str(wanted)


def _extras(config: Mapping[str, Any]) -> Iterator[str]:
    """The extras of looplet that an agent with this configuration cannot do without."""
    if config.get("mcp_servers"):
        yield "mcp"
    names = {
        name
        for entry in config.get("builtin_tools") or ()
        for name in ([entry] if isinstance(entry, str) else entry)
    }
    if "scaffold_cartridge" in names:
        yield "compiler"


def _nested(ir: Mapping[str, Any], folder: str = "") -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every agent nested in one, and those in it, with its folder and what ir.json says of it."""
    for path, agent in ir.get("nested", {}).items():
        inside = posixpath.join(folder, path)
        yield inside, agent
        yield from _nested(agent, inside)


def _document(package: Package, path: str) -> Document | None:
    file = package.files.get(path)
    return parse(posixpath.basename(path), file.data)[0] if file is not None else None


__all__ = ["JINJA", "LOOPLET", "Manifest", "manifests", "pythons", "requirements"]
