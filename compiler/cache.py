"""What was learnt of contents that have not changed since, kept in the user's cache folder.

Entries are found by the sha256 of the contents they speak of and by the compiler's fingerprint;
modification times of a cartridge are never looked at. Entries are JSON behind a checksum: a damaged
one is ignored, and a folder that cannot be written is no error.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import tempfile
from collections.abc import Iterator
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

import looplet
from looplet.compiler.python.facts import Facts, facts

if TYPE_CHECKING:
    from looplet.compiler.source import Tree

KEEP: Final = 256
"""How many entries of a kind are kept; the longest unused go first."""

_HERE: Final = os.path.dirname(os.path.abspath(__file__))
_fingerprint = ""


def fingerprint() -> str:
    """A digest of all that decides a result: the compiler's files, those of `looplet` that it asks,
    the schemas, and the Python that runs it."""
    global _fingerprint
    if not _fingerprint:
        parts = [sys.version]
        for folder in _deciding():
            with os.scandir(folder) as entries:
                for entry in entries:
                    if entry.name.endswith((".py", ".json")):
                        known = entry.stat()
                        parts.append(f"{entry.name} {known.st_size} {known.st_mtime_ns}")
        _fingerprint = hashlib.sha256("\n".join(sorted(parts)).encode()).hexdigest()
    return _fingerprint


def _deciding() -> Iterator[str]:
    for part in ("", "capabilities", "checks", "prompts", "python", "rules", "text"):
        yield os.path.join(_HERE, part)
    for part in ("", "builtin_hooks", "builtin_tools", "prompts", "skills", "validation"):
        yield os.path.join(os.path.dirname(looplet.__file__), part)
    yield from import_module("looplet.schema").__path__


def cache_folder() -> str | None:
    """`LOOPLET_CACHE_DIR`, or `looplet` in the user's cache folder; None when there is neither."""
    if given := os.environ.get("LOOPLET_CACHE_DIR"):
        return given
    base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return os.path.join(base, "looplet") if os.path.isabs(base) else None


def tree_digest(tree: Tree) -> str:
    """sha256 (hex) of a tree: its name, and the names, bits and bytes of its files."""
    whole = hashlib.sha256(tree.name.encode())
    sha256 = hashlib.sha256
    for path, file in tree.files.items():
        whole.update(b"\0%s\0%d" % (path.encode(), file.executable) + sha256(file.data).digest())
    return whole.hexdigest()


class Cache:
    """What is known of single files by their content, and results of whole checks.

    `enabled=False` keeps it for this run only. `root` names the cartridge, so that what is known of
    its files lies together, in one file.
    """

    def __init__(self, root: str, enabled: bool = True) -> None:
        folder = cache_folder() if enabled else None
        self._results = os.path.join(folder, "results") if folder else None
        self._pack = None
        if folder:
            name = hashlib.sha256(os.path.realpath(root).encode("utf-8", "surrogateescape"))
            self._pack = os.path.join(folder, "files", name.hexdigest() + ".json")
        self._kept: dict[str, Any] | None = None
        self._used: dict[str, Any] = {}
        self._by_data: dict[bytes, Facts] = {}
        self._new = False

    # ── files ─────────────────────────────────────────────────────────────────────────────────

    def facts(self, data: bytes) -> Facts:
        """What `ast` says about the Python file with these bytes."""
        known = self._by_data.get(data)
        if known is None:
            key = "python " + hashlib.sha256(data).hexdigest()
            known = self._known(key)
            if known is None:
                known = self._used[key] = facts(data)
                self._new = True
            self._by_data[data] = known
        return known

    def declared(self, kind: str, data: bytes) -> list[Any] | None:
        """The value, in a list, of a file of declarations that was found clean; None if unknown."""
        known: list[Any] | None = self._known(f"{kind} {hashlib.sha256(data).hexdigest()}")
        return known

    def save_declared(self, kind: str, data: bytes, value: Any) -> None:
        """Keep the value of a file in which neither syntax nor schema found anything."""
        self._used[f"{kind} {hashlib.sha256(data).hexdigest()}"] = [value]
        self._new = True

    def _known(self, key: str) -> Any:
        if self._kept is None:
            self._kept = _read(self._pack) or {}
        known = self._kept.get(key)
        if known is not None:
            self._used[key] = known
        return known

    def save_files(self) -> None:
        """Keep what was asked for, if there is something new in it."""
        if self._new and self._pack:
            _write(self._pack, self._used)
            self._new = False

    # ── results ───────────────────────────────────────────────────────────────────────────────

    def result(self, digest: str) -> dict[str, Any] | None:
        """The result that was kept for a tree of this digest."""
        return _read(os.path.join(self._results, digest + ".json")) if self._results else None

    def save_result(self, digest: str, result: dict[str, Any]) -> None:
        if self._results:
            _write(os.path.join(self._results, digest + ".json"), result)


def _read(path: str | None) -> dict[str, Any] | None:
    if path is None:
        return None
    try:
        with open(path, "rb") as stream:
            head, _, body = stream.read().partition(b"\n")
        if head.decode() != f"{fingerprint()} {hashlib.sha256(body).hexdigest()}":
            return None
        value = json.loads(body)
    except (OSError, ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _write(path: str, value: dict[str, Any]) -> None:
    try:
        body = json.dumps(value, separators=(",", ":"), ensure_ascii=False, check_circular=False)
        data = body.encode()
        folder = os.path.dirname(path)
        os.makedirs(folder, mode=0o700, exist_ok=True)
        handle, made = tempfile.mkstemp(dir=folder)
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(
                    f"{fingerprint()} {hashlib.sha256(data).hexdigest()}\n".encode() + data
                )
            os.replace(made, path)
        except BaseException:
            os.unlink(made)
            raise
        _prune(folder)
    except (OSError, ValueError, TypeError):
        return  # a cache that cannot be written is no error


def _prune(folder: str) -> None:
    with os.scandir(folder) as entries:
        listed = list(entries)
    if len(listed) > KEEP:
        listed.sort(key=lambda entry: entry.stat().st_mtime)
        for entry in listed[: len(listed) - KEEP * 3 // 4]:
            os.unlink(entry.path)
