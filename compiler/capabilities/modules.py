"""The modules of a cartridge: where its imports lead, and which file leads to which."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final, NamedTuple

from looplet.compiler import layout
from looplet.compiler.capabilities.uses import Uses
from looplet.compiler.capabilities.verdicts import MORE, below, is_standard
from looplet.link.lookup import Lookup, join, parent

_DEEP: Final = 20
"""Names are followed through so many files."""

_ENTRIES: Final = {
    "tool": "tools",
    "short-tool": "tools",
    "hook": "hooks",
    "resource": "resources",
    "memory": "memory",
    "collector": "evals",
    "grader": "evals",
    "script": "evals",
}


class Lead(NamedTuple):
    """Where a dotted name leads: files of the cartridge that are loaded for it, and what it is.

    name: a name that the tables know; "" for what the cartridge's own code made. module: the file
    that it is, if it is one.
    """

    files: tuple[str, ...]
    name: str = ""
    module: str = ""


class Modules:
    """The Python files of a cartridge, and of the cartridges nested in it."""

    def __init__(self, paths: Iterable[str], uses: Callable[[str], Uses | None]) -> None:
        paths = list(paths)
        self.uses = uses
        self.roots = ["", *nested(paths)]
        self.paths = {root: _inside(paths, root) for root in self.roots}
        self.lookups = {root: Lookup(inside) for root, inside in self.paths.items()}
        self.leads: dict[str, set[str]] = {}

    def follow(self, path: str, name: str, deep: int = 0) -> list[Lead]:
        """Where `name` leads in the file at `path`; nowhere, if it is no module of the cartridge.

        A file of a nested cartridge is looked at as its own and as one of what is around it.
        """
        found: list[Lead] = []
        for root in self.roots:
            if not root or path.startswith(f"{root}/"):
                found += self._follow(root, path[len(root) :].lstrip("/"), name, deep)
        return list(dict.fromkeys(found))

    def _follow(self, root: str, path: str, name: str, deep: int) -> Iterator[Lead]:
        lookup = self.lookups[root]
        name, more, _ = name.partition(MORE)
        plain = name.lstrip(".")
        dots = len(name) - len(plain)
        parts = [part for part in plain.split(".") if part]
        if dots:
            base: str | None = parent(path)
            for _ in range(dots - 1):
                base = parent(base or "")
        else:
            base = next(
                (
                    at
                    for end in range(len(parts), 0, -1)
                    if (at := lookup.base_of(".".join(parts[:end]), path, parts[end : end + 1]))
                    is not None
                ),
                None,
            )
        if base is None:
            return
        key, files, rest = self._walk(lookup, base, parts, relative=dots > 0)
        files = [join(root, file) for file in files]
        for file in files:
            self.leads.setdefault(join(root, path), set()).add(file)
        own = lookup.file_of(key) if key or dots else None
        module = join(root, own) if own else ""
        if not rest or deep > _DEEP:
            yield Lead(tuple(files), "", module)
        else:
            for lead in self._part(tuple(files), module, rest, deep):
                yield lead._replace(name=lead.name + more) if lead.name else lead

    def _walk(
        self, lookup: Lookup, key: str, parts: list[str], *, relative: bool
    ) -> tuple[str, list[str], list[str]]:
        """As far as the parts are folders and files: the key there, the files, the parts left."""
        # What a relative import starts at is loaded, too.
        files = [file for file in [lookup.file_of(key)] if file and relative]
        for at, part in enumerate(parts):
            below = join(key, part)
            file = lookup.file_of(below)
            if file is None and not lookup.is_folder(below):
                return key, files, parts[at:]
            key = below
            files += [file] if file else []
        return key, files, []

    def _part(
        self, files: tuple[str, ...], module: str, rest: list[str], deep: int
    ) -> Iterator[Lead]:
        """What a name in the file `module` stands for, with what is asked of it."""
        known = self.uses(module) if module else None
        origins = (known or {"modules": {}})["modules"].get(rest[0], ())
        if not origins:
            yield Lead(files)
        for origin in origins:
            if is_standard(origin):
                for part in rest[1:]:
                    origin = below(origin, part)
                yield Lead(files, origin)
            else:
                for lead in self.follow(module, ".".join([origin, *rest[1:]]), deep + 1):
                    yield Lead((*files, *lead.files), lead.name, lead.module)

    def holds_modules(self, path: str) -> bool:
        """Whether a file has names that are modules of others, for whoever has the file's own."""
        known = self.uses(path) if path else None
        return known is not None and bool(known["modules"])

    def entries(self) -> Mapping[str, tuple[str, ...]]:
        """For each file, the parts of the agent that load it, in order. Asked at the end."""
        found: dict[str, set[str]] = {}
        for root, paths in self.paths.items():
            for path in paths:
                entry = entry_of(path)
                if entry:
                    for file in self._loaded_by(join(root, path)):
                        found.setdefault(file, set()).add(join(root, entry))
        return {path: tuple(sorted(names)) for path, names in found.items()}

    def _loaded_by(self, path: str) -> set[str]:
        seen, waiting = {path}, [path]
        while waiting:
            for file in self.leads.get(waiting.pop(), ()):
                if file not in seen:
                    seen.add(file)
                    waiting.append(file)
        return seen


def entry_of(path: str) -> str:
    """`tools/search` of the file with its code; "" for a helper."""
    kind = layout.code_kind(path)
    if kind is None:
        return ""
    folder = _ENTRIES[kind]
    if kind in ("tool", "hook"):
        return f"{folder}/{path.split('/')[1]}"
    return f"{folder}/{posixpath.basename(path).removesuffix('.py')}"


def nested(paths: Iterable[str]) -> list[str]:
    """The folders in a cartridge that are cartridges themselves."""
    found = set()
    for path in paths:
        folder, _, name = path.rpartition("/")
        of_hook = f"/{folder}".rpartition("/")[0].endswith("/hooks")
        if folder and not of_hook and name in (layout.CONFIG, layout.MANIFEST):
            found.add(folder)
    return sorted(found)


def _inside(paths: list[str], root: str) -> list[str]:
    if not root:
        return paths
    return [path[len(root) + 1 :] for path in paths if path.startswith(f"{root}/")]


__all__ = ["Lead", "Modules", "entry_of", "nested"]
