"""Fixes that spell one key or value of a document differently, in the style it is written in."""

from __future__ import annotations

from looplet.compiler.diagnostics import Edit, Fix
from looplet.compiler.suggest import one_slip
from looplet.compiler.syntax import Document, Node
from looplet.compiler.text.spell import scalar

Path = tuple[str | int, ...]


def written(document: Document, path: Path) -> str | None:
    """A scalar as it is spelt; None where it can't be replaced by another spelling."""
    _, node, steps = document.locate(path)
    if steps < len(path) or node.kind != "scalar" or node.style in ("|", ">"):
        return None
    return _text(document, node)


def replace_value(
    document: Document, path: Path, title: str, text: str, safe: bool = True
) -> tuple[Fix, ...]:
    """Write `text`, as it stands, in the place of a scalar; no fix where that can't be done."""
    if not written(document, path):
        return ()
    return (Fix(title, safe, (Edit(document.path, document.span(path), text),)),)


def correct_value(document: Document, path: Path, word: str, near: str) -> tuple[Fix, ...]:
    """Write `near` for the misspelt text `word`, quoted as that was."""
    raw = written(document, path) or ""
    text = scalar(near, document.language, _quote_of(raw))
    return replace_value(document, path, f"write {near}", text, one_slip(word, near))


def rename_key(document: Document, path: Path, near: str) -> tuple[Fix, ...]:
    """Write the key `near` for the misspelt key at `path`, quoted as that was."""
    node, _, steps = document.locate(path)
    raw = _text(document, node) if node is not None and steps == len(path) else None
    if not raw:
        return ()
    text = scalar(near, document.language, _quote_of(raw))
    edit = Edit(document.path, document.span(path, key=True), text)
    return (Fix(f"rename it to {near}", one_slip(str(path[-1]), near), (edit,)),)


def _text(document: Document, node: Node) -> str | None:
    return None if node.alias else document.text[node.start : node.end]


def _quote_of(raw: str) -> str:
    return raw[:1] if raw[:1] in ("'", '"') else ""
