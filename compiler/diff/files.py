"""Files: code, data, and what travels along. Text line by line, all else by size and digest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from looplet.compiler.diff.changes import Change, Keys
from looplet.compiler.diff.programs import same_program
from looplet.compiler.diff.prompts import extent
from looplet.compiler.diff.renames import renamed
from looplet.compiler.diff.textdiff import compare_texts
from looplet.compiler.diff.words import quote
from looplet.contents import File, sha

LARGEST_TEXT: Final = 1024 * 1024
"""A text beyond this is told as size and digest: nobody reads it in a review."""
_FOR_PEOPLE: Final = ("readme", "license", "licence", "changelog", "contributing", "authors")


def compare_files(
    old: Mapping[str, File], new: Mapping[str, File], folders: Mapping[str, str]
) -> Iterator[Change]:
    """What changed in the files. folders: those that have another name, old path → new path."""
    gone = [path for path in old if path not in new]
    come = [path for path in new if path not in old]
    pairs = dict(_pairs(old, new, gone, come, folders))
    for path in sorted(gone):
        if path not in pairs:
            yield _one_sided("removed", path, old[path])
    for path in sorted(come):
        if path not in pairs.values():
            yield _one_sided("added", path, new[path])
            if new[path].executable:
                yield _executable(path, True)
    both = {path: path for path in old if path in new}
    for path, now in sorted({**both, **pairs}.items(), key=lambda pair: pair[1]):
        if path != now:
            yield _moved(path, now)
        yield from _compared(now, old[path], new[now])


def _pairs(
    old: Mapping[str, File],
    new: Mapping[str, File],
    gone: list[str],
    come: list[str],
    folders: Mapping[str, str],
) -> Iterator[tuple[str, str]]:
    """Files that are at another path: of a part that was renamed, or of equal bytes."""
    left, right = set(gone), set(come)
    for path in gone:
        for folder, now in folders.items():
            moved = now + path.removeprefix(folder)
            if path.startswith(folder) and moved in right:
                left.discard(path)
                right.discard(moved)
                yield path, moved
    yield from renamed(
        sorted(left), sorted(right), lambda path: _bytes(old[path] if path in left else new[path])
    )


def _bytes(file: File) -> str | None:
    return sha(file.data) if file.data.strip() else None


def _moved(path: str, now: str) -> Change:
    covers: tuple[Keys, ...] = (("files", path), ("files", now))
    message = f"{quote(path, 200)} is now {quote(now, 200)}"
    return Change("file-moved", ("files", now), message, old=path, new=now, covers=covers)


def _one_sided(what: str, path: str, file: File) -> Change:
    text = _text(file)
    diff = None
    if text is not None:
        diff = compare_texts("", text) if what == "added" else compare_texts(text, "")
    said = "is new" if what == "added" else "is gone"
    message = f"{quote(path, 200)} {said}: {_size(file)}"
    return Change(_kind(path, what), ("files", path), message, text=diff)


def _compared(path: str, old: File, new: File) -> Iterator[Change]:
    if old.executable != new.executable:
        yield _executable(path, new.executable)
    if old.data == new.data:
        return
    keys = ("files", path, "sha256")
    before, after = _text(old), _text(new)
    if before is None or after is None:
        message = f"{quote(path, 200)}: {_size(old)} → {_size(new)}"
        digests = {"old": sha(old.data), "new": sha(new.data)}
        notes = tuple(f"sha256 of the {side} one: {digest}" for side, digest in digests.items())
        yield Change(_kind(path, "changed"), keys, message, **_values(digests), notes=notes)
        return
    text = compare_texts(before, after)
    kind, how = _kind(path, "changed"), extent(text)
    if path.endswith(".py") and same_program(old.data, new.data):
        how = "only comments and layout differ"
        kind = "code-reformatted" if kind == "code-changed" else kind
    yield Change(kind, keys, f"{quote(path, 200)}: {how}", text=text)


def _values(digests: dict[str, str]) -> dict[str, Any]:
    return {side: {"sha256": digest} for side, digest in digests.items()}


def _executable(path: str, gained: bool) -> Change:
    kind = "executable-gained" if gained else "executable-lost"
    how = "can be run as a program now" if gained else "can no longer be run as a program"
    keys = ("files", path, "executable")
    return Change(kind, keys, f"{quote(path, 200)} {how}", old=not gained, new=gained)


def _kind(path: str, what: str) -> str:
    """The kind of change of the file at `path`; what: "added", "removed" or "changed"."""
    top, _, rest = path.partition("/")
    if path == "cartridge.lock":
        return "lock-changed"
    if top in ("evals", "skills") and rest:
        return f"{top[:-1]}-changed"
    if path.endswith(".py"):
        return f"code-{what}"
    if top == "memory" and rest:
        return "memory-changed"
    if not rest and path.lower().startswith(_FOR_PEOPLE):
        return "document-changed"
    return f"file-{what}"


def _text(file: File) -> str | None:
    """The text of a file; None for one that is not to be shown as text."""
    if len(file.data) > LARGEST_TEXT or b"\0" in file.data:
        return None
    try:
        return file.data.decode()
    except UnicodeDecodeError:
        return None


def _size(file: File) -> str:
    return f"{len(file.data):,} bytes"


__all__ = ["compare_files"]
