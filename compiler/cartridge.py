"""A cartridge as the passes see it: its tree, the documents in it, and the parent it extends.

The documents are parsed once and shared by every pass behind; the facts of its Python files are
read when a rule first asks for them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from looplet.compiler.diagnostics import Diagnostic, Fix, apart
from looplet.compiler.layout import Kind, document_kind
from looplet.compiler.source import Tree
from looplet.compiler.suggest import closest
from looplet.compiler.syntax import Document, parse, unparsed
from looplet.compiler.text.lines import decode

if TYPE_CHECKING:
    from looplet.compiler.cache import Cache
    from looplet.compiler.python.facts import Facts


Check = Callable[[Kind, Document], Iterable[Diagnostic]]


@dataclass(slots=True)
class Cartridge:
    """One folder. `place` is its path relative to the cartridge that is compiled, "" for itself.

    documents: every file of declarations by path; None for one that could not be read.
    parent: the cartridge that this one extends, if it could be read.
    """

    tree: Tree
    store: Cache
    place: str = ""
    root: str = ""
    documents: dict[str, Document | None] = field(default_factory=dict)
    parent: Cartridge | None = None

    def located(self, diagnostic: Diagnostic) -> Diagnostic:
        """A finding in this folder, with its path as seen from the cartridge that is compiled."""
        if not self.place:
            return diagnostic
        prefix = self.place + "/"
        # A parent may be the parent of others: nobody but its author mends it, so no fix is safe.
        fixes = tuple(
            Fix(
                fix.title,
                False,
                tuple(replace(edit, path=prefix + edit.path) for edit in fix.edits),
                (prefix + fix.rename[0], prefix + fix.rename[1]) if fix.rename else None,
            )
            for fix in diagnostic.fixes
        )
        path = prefix + diagnostic.path if diagnostic.path else self.place
        return replace(diagnostic, path=path, fixes=fixes)

    def read_documents(self, check: Check | None = None) -> list[Diagnostic]:
        """Read every file of declarations: the mistakes in their syntax, and what `check` finds.

        A file that both found clean before, with these very bytes, is not parsed again, until
        somebody asks for a place in it.
        """
        findings: list[Diagnostic] = []
        self.documents.update(dict.fromkeys(filter(document_kind, self.tree.lost)))
        for path, file in self.tree.files.items():
            kind = document_kind(path)
            if kind is None:
                continue
            known = self.store.declared(kind, file.data)
            if known is not None:
                self.documents[path] = unparsed(path, file.data, known[0])
                continue
            document, found = parse(path, file.data)
            self.documents[path] = document
            if document is not None and check is not None:
                found = [*found, *apart(list(check(kind, document)), found)]
                if not found:
                    self.store.save_declared(kind, file.data, document.value)
            findings += found
        return findings

    def value(self, path: str) -> dict[str, Any]:
        """What the document at `path` says, as a mapping; empty if it says nothing usable."""
        document = self.documents.get(path)
        value = document.value if document is not None else None
        return value if isinstance(value, dict) else {}

    def unread(self, path: str, key: str) -> bool:
        """Whether the document at `path` may mean to say something under `key` that was not read:
        it is no mapping, or cannot be parsed, or the key is misspelt in it."""
        document = self.documents.get(path)
        value = document.value if document is not None else None
        if not isinstance(value, dict):
            return path in self.documents and (document is None or value is not None)
        return key not in value and any(closest(other, [key]) for other in value)

    def text(self, path: str) -> str:
        """A text file as text, without its byte order mark."""
        return decode(self.tree.files[path].data)

    def facts(self, path: str) -> Facts:
        """What `ast` says about the Python file at `path`."""
        return self.store.facts(self.tree.files[path].data)

    def chain(self) -> list[Cartridge]:
        """This cartridge, its parent, and so on."""
        found: list[Cartridge] = [self]
        while found[-1].parent is not None:
            found.append(found[-1].parent)
        return found


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool of the resolved agent and where it comes from.

    home: the folder whose `tool.yaml` (or short-form file) declares it; path: that file.
    value: the declaration as written, of the short form in the keys of `tool.yaml`.
    code: the path of its `execute`, in the folder `code_home`.
    """

    name: str
    home: Cartridge
    path: str
    value: Mapping[str, Any]
    code: str
    code_home: Cartridge | None
    short: bool = False

    @property
    def document(self) -> Document | None:
        return self.home.documents.get(self.path)


@dataclass(frozen=True, slots=True)
class Hook:
    """A hook of the resolved agent; `home` holds its `config.yaml`, `code_home` its `hook.py`."""

    id: str
    home: Cartridge | None
    path: str
    value: Mapping[str, Any]
    code: str
    code_home: Cartridge | None

    @property
    def document(self) -> Document | None:
        return self.home.documents.get(self.path) if self.home else None
