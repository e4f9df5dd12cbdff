"""Setting single values from outside: `config.max_steps=20` changes one line and keeps the rest."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from looplet.compiler import layout
from looplet.compiler.cache import Cache
from looplet.compiler.commands.rewrite import Rewrite
from looplet.compiler.diagnostics import Diagnostic
from looplet.compiler.pipeline import check_folder, check_tree
from looplet.compiler.report import CartridgeError, Report
from looplet.compiler.source import Tree, read_folder
from looplet.compiler.syntax import parse
from looplet.compiler.text import spell
from looplet.compiler.text.edit import EditRefused, rewrite
from looplet.frozen import thaw
from looplet.preset import File

SCOPES = {"cartridge": layout.MANIFEST, "config": layout.CONFIG, "runtime": layout.RUNTIME}


class BadAssignment(ValueError):
    """A key that addresses nothing, or a value that is no YAML; the message says what to write."""


def assign(path: str | os.PathLike[str], assignments: Sequence[tuple[str, str]]) -> list[str]:
    """Set values in the cartridge at `path`; the files that were changed, relative to it.

    Each assignment is a key and a value in YAML. Keys begin with the file: `cartridge`, `config`,
    `runtime`, `tools.NAME`, `hooks.FOLDER`; then the keys in it, an index for an item of a list.

    Raises BadAssignment for a key or value that cannot be; CartridgeError when the cartridge would
    have mistakes that it does not have now. Nothing is written before everything is known right.
    """
    root = os.fspath(path)
    before = check_folder(root, cache=False)
    tree, _ = read_folder(root)
    if not tree.files:
        raise CartridgeError(Report((before,)))
    files = dict(tree.files)
    for key, text in assignments:
        file, steps = address(tree, key)
        value = _value(key, text)
        old = files.get(file)
        try:
            if old is None:
                made = _new_file(file, steps, value)
            else:
                made = rewrite(file, old.data, _placed(key, file, old.data, steps, value))
        except EditRefused as refused:
            raise BadAssignment(f"{key}: {refused}") from None
        files[file] = File(made, old.executable if old else False)
    changed = sorted(file for file in files if files[file] != tree.files.get(file))
    after = check_tree(root, Tree(tree.name, files), Cache(root, enabled=False))
    new = _new_errors(before.diagnostics, after.diagnostics)
    if new:
        raise CartridgeError(Report((replace(after, diagnostics=tuple(new), preset=None),)))
    writes = Rewrite(root)
    try:
        for file in changed:
            if file in tree.files:
                writes.file(file, tree.files[file].data, files[file].data)
            else:
                writes.create(file, files[file].data)
    except BaseException:
        writes.undo()
        raise
    return changed


def address(tree: Tree, key: str) -> tuple[str, tuple[str | int, ...]]:
    """The file and the path in it that a dotted key names. Raises BadAssignment if none."""
    scope, _, rest = key.partition(".")
    if scope in SCOPES and rest:
        return SCOPES[scope], _steps(rest)
    if scope in ("tools", "hooks"):
        ending = "tool.yaml" if scope == "tools" else "config.yaml"
        name, _, inner = rest.partition(".")
        file = f"{scope}/{name}/{ending}"
        if not inner or file not in tree.files:
            known = sorted(
                p.split("/")[1]
                for p in tree.files
                if p.startswith(scope + "/") and p.endswith(ending)
            )
            raise BadAssignment(
                f"{key}: write {scope}.NAME.KEY; NAME is one of {', '.join(known) or '(none)'}"
            )
        return file, _steps(inner)
    raise BadAssignment(
        f"{key}: begin with the file: config.KEY, runtime.KEY, cartridge.KEY, tools.NAME.KEY or "
        "hooks.FOLDER.KEY"
    )


def _steps(dotted: str) -> tuple[str | int, ...]:
    return tuple(int(part) if part.isdigit() else part for part in dotted.split("."))


def _value(key: str, text: str) -> Any:
    document, findings = parse("value.yaml", text.encode("utf-8", "surrogateescape"))
    wrong = [finding for finding in findings if finding.severity == "error"]
    if document is None or wrong:
        raise BadAssignment(f"{key}: the value is not YAML: {wrong[0].message}")
    return document.value


def _placed(key: str, file: str, data: bytes, steps: tuple[str | int, ...], value: Any) -> Any:
    """What the file says, with `value` at `steps`."""
    document, findings = parse(file, data)
    if document is None:
        raise EditRefused(f"{file} has mistakes of its own: {findings[0].message}")
    whole = thaw(document.value) if document.value is not None else {}
    parent = whole
    for index, step in enumerate(steps[:-1]):
        parent = _inside(key, parent, step, steps[index + 1])
    last = steps[-1]
    if isinstance(parent, list):
        if not isinstance(last, int) or last > len(parent):
            raise BadAssignment(
                f"{key}: the list has {len(parent)} items; `{last}` is none of them"
            )
        parent[last : last + 1] = [value]
    elif isinstance(parent, dict):
        parent[str(last)] = value
    else:
        raise BadAssignment(f"{key}: what stands above `{last}` is a single value")
    return whole


def _inside(key: str, parent: Any, step: str | int, following: str | int) -> Any:
    if isinstance(parent, list):
        if not isinstance(step, int) or step >= len(parent):
            raise BadAssignment(
                f"{key}: the list has {len(parent)} items; `{step}` is none of them"
            )
        return parent[step]
    if not isinstance(parent, dict):
        raise BadAssignment(f"{key}: what stands above `{step}` is a single value")
    if parent.get(str(step)) is None:
        parent[str(step)] = [] if following == 0 else {}
    return parent[str(step)]


def _new_file(file: str, steps: tuple[str | int, ...], value: Any) -> bytes:
    whole: Any = value
    for step in reversed(steps):
        whole = {str(step): whole}
    return (spell.json_file(whole) if file.endswith(".json") else spell.yaml_file(whole)).encode()


def _new_errors(before: Sequence[Diagnostic], after: Sequence[Diagnostic]) -> list[Diagnostic]:
    """The errors of `after` that `before` does not have; lines may have moved."""
    known = [(found.code, found.path, found.message) for found in before]
    new = []
    for found in after:
        what = (found.code, found.path, found.message)
        if what in known:
            known.remove(what)
        elif found.severity == "error":
            new.append(found)
    return new
