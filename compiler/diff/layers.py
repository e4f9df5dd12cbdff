"""What is written otherwise and means the same: comments, layout, which parent says something."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from looplet.compiler.archive.identity import tree_digest
from looplet.compiler.archive.record import lines
from looplet.compiler.diff.changes import ABSENT, Change, Keys
from looplet.compiler.diff.textdiff import compare_texts
from looplet.compiler.diff.words import count, quote
from looplet.contents import File
from looplet.preset import AgentPreset, Layer

_FILES: Mapping[str, tuple[Keys, ...]] = {
    "cartridge.json": (("name",), ("version",), ("description",), ("manifest",)),
    "config.yaml": (("config",),),
    "runtime.yaml": (("runtime",),),
}


def compare_layers(
    old: AgentPreset, new: AgentPreset, changes: Iterable[Change]
) -> Iterator[Change]:
    """What differs in the files of declarations that no change is about, and in the parents."""
    if not old.layers or not new.layers:
        return
    told = [keys for change in changes for keys in change.told]
    yield from _rewritten(old.layers[0].files, new.layers[0].files, told)
    yield from _parents(old.layers[1:], new.layers[1:])


def _rewritten(
    old: Mapping[str, File], new: Mapping[str, File], told: list[Keys]
) -> Iterator[Change]:
    for path in sorted({*old, *new}):
        was, now = old.get(path), new.get(path)
        if was == now or any(_within(keys, mine) for keys in told for mine in _said(path)):
            continue
        if was is None or now is None:
            how = "is new, and changes nothing" if was is None else "is gone, and changes nothing"
            text = None
        elif was.data == now.data:
            how, text = "has another mode", None
        else:
            how = "is written otherwise, and means the same"
            text = compare_texts(_text(was), _text(now))
        yield Change("file-rewritten", ("files", path), f"{quote(path, 200)} {how}", text=text)


def _text(file: File) -> str:
    return file.data.decode("utf-8", "replace")


def _said(path: str) -> tuple[Keys, ...]:
    """The values that the file at `path` gives."""
    parts = path.split("/")
    if path in _FILES:
        return _FILES[path]
    if parts[0] in ("tools", "hooks") and len(parts) > 1:
        return ((parts[0], parts[1].removesuffix(".py")), ("files", path))
    if parts[0] == "prompts":
        name = path[8:].removesuffix(".jinja").removesuffix(".md")
        return (("prompts", name), ("files", path))
    return (("files", path),)


def _within(one: Keys, other: Keys) -> bool:
    size = min(len(one), len(other))
    return one[:size] == other[:size]


def _parents(old: tuple[Layer, ...], new: tuple[Layer, ...]) -> Iterator[Change]:
    """The parents, the nearest first, by where they are."""
    for depth in range(max(len(old), len(new))):
        was = old[depth] if depth < len(old) else None
        now = new[depth] if depth < len(new) else None
        keys = ("config", "extends")
        values: dict[str, Any] = {"old": _shown(was), "new": _shown(now)}
        if was is None and now is not None:
            message = f"extends {quote(now.place)} now"
            yield Change("parent-added", keys, message, **values)
        elif now is None and was is not None:
            message = f"no longer extends {quote(was.place)}"
            yield Change("parent-removed", keys, message, **values)
        elif was is not None and now is not None and was != now:
            message = f"extends {quote(now.place)}"
            if was.place != now.place:
                message += f", where it was {quote(was.place)}"
            differ = [p for p in {*was.files, *now.files} if was.files.get(p) != now.files.get(p)]
            message += f": {count(len(differ), 'file differs', 'files differ')}" if differ else ""
            if differ or was.place != now.place:
                yield Change("parent-changed", keys, message, **values)


def _shown(layer: Layer | None) -> Any:
    if layer is None:
        return ABSENT
    files = {f"cartridge/{path}": file for path, file in layer.files.items()}
    return {"place": layer.place, "tree": tree_digest(".", lines(files))}


__all__ = ["compare_layers"]
