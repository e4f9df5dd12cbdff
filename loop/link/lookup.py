"""Where an import in an agent's own file leads. Names in, paths out: it loads nothing.

An absolute import looks, in this order, at
1. the standard library and looplet, so that a stray `json.py` changes nothing;
2. the folder of the importing file;
3. the agent's root folder;
4. what is installed.
A folder without `__init__.py` counts where the imported name leads to a file in it. A relative
import starts at the importing file's folder.
"""

from __future__ import annotations

import sys
from collections.abc import Container, Iterable, Sequence


class Lookup:
    """Lookup over the paths of an agent's files."""

    def __init__(self, paths: Iterable[str]) -> None:
        self._paths: Container[str] = paths if isinstance(paths, dict) else frozenset(paths)
        self._folders: set[str] = set()
        for path in paths:
            while (path := parent(path)) and path not in self._folders:
                self._folders.add(path)

    def base_of(self, name: str, importer: str, names: Sequence[str] = ()) -> str | None:
        """The folder in which an absolute `import name` starts; None if it is not the agent's.

        importer: the path of the importing file. names: what follows in `from name import …`.
        """
        head = name.partition(".")[0]
        if head in sys.stdlib_module_names or head == "looplet":
            return None
        for base in dict.fromkeys((parent(importer), "")):
            found = self.file_of(join(base, head))
            if found == importer and "." not in name:
                continue  # tools/requests.py that imports requests
            if found is not None or self._leads_to_a_file(join(base, *name.split(".")), names):
                return base
        return None

    def file_of(self, key: str) -> str | None:
        """The file of a module: `lib/x` is `lib/x/__init__.py` or `lib/x.py`."""
        for path in (join(key, "__init__.py"), f"{key}.py"):
            if path in self._paths:
                return path
        return None

    def is_folder(self, key: str) -> bool:
        return key in self._folders

    def _leads_to_a_file(self, key: str, names: Sequence[str]) -> bool:
        return self.file_of(key) is not None or any(
            self.file_of(join(key, name)) is not None for name in names
        )


def parent(path: str) -> str:
    """The folder of a path; "" is the root."""
    return path.rpartition("/")[0]


def join(*parts: str) -> str:
    """The path of these parts; empty ones are left out."""
    return "/".join([part for part in parts if part])


__all__ = ["Lookup", "join", "parent"]
