"""The pass back: a preset becomes the tree it was read from, or the smallest edit of it.

A preset that was read from a folder and not changed gives back the same bytes. A changed value
changes the bytes that spell it. Whatever is written is lowered again and compared with the preset
before it is given out, so a folder that says anything else is never written.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from looplet.compiler import layout
from looplet.compiler.portable import ignored, unwritable
from looplet.compiler.source import Tree
from looplet.preset import AgentPreset, File, Layer, PresetError, canonical_json

BOM = b"\xef\xbb\xbf"
_MARKS = (layout.CONFIG, layout.MANIFEST)


def preset_to_cartridge(
    preset: AgentPreset,
    out: str | os.PathLike[str],
    *,
    name: str | None = None,
    description: str | None = None,
    overwrite: bool = False,
) -> str:
    """Write `preset` as a cartridge folder at `out`; the path of that folder.

    name, description: replace those of the preset. overwrite: replace a folder that is there.
    Raises PresetError when the preset cannot be written faithfully, FileExistsError when `out` is
    there and may not be replaced. Nothing is written before everything is known to be right.
    """
    if name is not None or description is not None:
        preset = replace(
            preset,
            name=preset.name if name is None else name,
            description=preset.description if description is None else description,
        )
    target = os.fspath(out)
    tree = emit(preset)
    write_tree(tree, target, overwrite=overwrite)
    return target


def emit(preset: AgentPreset) -> Tree:
    """The tree of `preset`. Raises PresetError when no tree says the same."""
    tree = _tree(preset)
    if why := unwritable(tree.files):
        raise PresetError(f"{preset.name}: {why}")
    return tree


def _tree(preset: AgentPreset) -> Tree:
    if not preset.layers:
        tree = Tree(preset.name, _fresh(preset))
        _prove(preset, (Layer(tree.name, tree.files),))
        return tree
    child = preset.layers[0]
    base = reread(preset.layers)
    if base == preset:
        return Tree(child.name, child.files)
    from looplet.compiler.change import changed_files

    files = changed_files(base, preset)
    _prove(_declaring(preset, base, files), (replace(child, files=files), *preset.layers[1:]))
    return Tree(child.name, dict(sorted(files.items())))


def _declaring(preset: AgentPreset, base: AgentPreset, files: Mapping[str, File]) -> AgentPreset:
    """`preset` with the code of tools in short form as it now is: it declares them, so it follows
    what was changed of them."""
    short = {
        tool.code: files[tool.code]
        for name, tool in preset.tool_defs.items()
        if tool.code.count("/") == 1 and tool.code in files and name in base.tool_defs
    }
    return replace(preset, files={**preset.files, **short}) if short else preset


def reread(layers: Sequence[Layer]) -> AgentPreset:
    """The preset that `layers` say, lowered anew. Raises PresetError if they cannot be read."""
    from looplet.compiler.lower import lower
    from looplet.compiler.reopen import reopen
    from looplet.compiler.resolve import resolve

    return lower(resolve(reopen(layers)))


def _fresh(preset: AgentPreset) -> dict[str, File]:
    """The files of a preset that was never a folder."""
    from looplet.compiler.lift import lift, lift_prompts
    from looplet.compiler.text import spell

    files = dict(preset.files)
    for path, value in lift(preset).items():
        text = spell.json_file(value) if path.endswith(".json") else spell.yaml_file(value)
        if path == layout.CONFIG and not value:
            text = f"max_steps: {preset.config_values['max_steps']}\n"
        files[path] = File(text.encode())
    for path, text in lift_prompts(preset).items():
        files[path] = File(prompt_bytes(path, text))
    return dict(sorted(files.items()))


def prompt_bytes(path: str, text: str, mark: bool = False) -> bytes:
    """The bytes of a prompt's file; `mark` keeps a byte order mark that the file had."""
    try:
        # A text that begins with U+FEFF is written behind a mark, or it would be read as one.
        return (BOM if mark or text.startswith("\ufeff") else b"") + text.encode()
    except UnicodeEncodeError:
        raise PresetError(f"{path} has half a character (a lone surrogate)") from None


def _prove(preset: AgentPreset, layers: Sequence[Layer]) -> None:
    made = reread(layers)
    if made != preset:
        where = difference(made.values(), preset.values())
        raise PresetError(
            f"{preset.name}: {where} cannot be written faithfully; the folder would say otherwise"
        )


def difference(left: Any, right: Any, path: str = "") -> str:
    """The dotted path of the first place where two values differ."""
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        for key in sorted({*left, *right}, key=str):
            inner = f"{path}.{key}" if path else str(key)
            if key not in left or key not in right:
                return inner
            if canonical_json(left[key]) != canonical_json(right[key]):
                return difference(left[key], right[key], inner)
    return path or "the preset"


# ── writing ───────────────────────────────────────────────────────────────────────────────────────


def write_tree(tree: Tree, target: str, *, overwrite: bool = False) -> None:
    """Write `tree` as the folder `target`: whole beside it first, then in one rename.

    Overwriting replaces a cartridge; what is never part of one (`.git`, `.venv`) stays in it.
    Raises FileExistsError if something is at `target` that may not be replaced; OSError if it
    cannot be written, with what was there before still there.
    """
    target = os.path.abspath(target)
    there = os.path.lexists(target)
    if there and not _empty_folder(target):
        if not overwrite:
            raise FileExistsError(
                f"{target} is there already; choose another place, or overwrite it"
            )
        if not any(os.path.isfile(os.path.join(target, name)) for name in _MARKS):
            raise FileExistsError(f"{target} is no cartridge, and is not overwritten")
    parent = os.path.dirname(target)
    os.makedirs(parent, exist_ok=True)
    workplace = tempfile.mkdtemp(prefix=".looplet-", dir=parent)
    made, aside = os.path.join(workplace, "new"), os.path.join(workplace, "old")
    moved: list[tuple[str, str]] = []
    try:
        _write_files(tree, made)
        if there:
            os.rename(target, aside)
        os.rename(made, target)
        for old, new in _never_part(aside, target):
            os.makedirs(os.path.dirname(new), exist_ok=True)
            os.rename(old, new)
            moved.append((old, new))
    except BaseException:
        if os.path.lexists(aside):
            for old, new in reversed(moved):
                os.rename(new, old)
            if os.path.lexists(target):
                os.rename(target, made)
            os.rename(aside, target)
        shutil.rmtree(workplace, ignore_errors=True)
        raise
    shutil.rmtree(workplace, ignore_errors=True)


def _never_part(old: str, new: str) -> Iterator[tuple[str, str]]:
    """What is no part of a tree, and its place in another folder. Caches are left behind."""
    for folder, folders, files in os.walk(old):
        for name in [each for each in (*folders, *files) if ignored(each)]:
            if name != "__pycache__" and not name.endswith((".pyc", "_cache")):
                place = os.path.join(new, os.path.relpath(folder, old), name)
                yield os.path.join(folder, name), os.path.normpath(place)
        folders[:] = [each for each in folders if not ignored(each)]


def _write_files(tree: Tree, folder: str) -> None:
    os.mkdir(folder)
    for path, file in tree.files.items():
        full = os.path.join(folder, *path.split("/"))
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "xb") as stream:
            stream.write(file.data)
        if file.executable:
            readers = os.stat(full).st_mode & 0o444
            os.chmod(full, os.stat(full).st_mode | readers >> 2)


def _empty_folder(path: str) -> bool:
    return os.path.isdir(path) and not os.path.islink(path) and not os.listdir(path)
