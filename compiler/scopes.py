"""Where a key belongs: the same file's other mappings, the neighbouring files, version 1."""

from __future__ import annotations

from functools import cache
from typing import Any, Final, NamedTuple

from looplet.compiler.suggest import closest, one_slip

FILES: Final = {
    "cartridge": "`cartridge.json`",
    "config": "`config.yaml`",
    "runtime": "`runtime.yaml`",
    "tool": "`tool.yaml`",
    "hook": "a hook's `config.yaml`",
    "eval-case": "an eval case",
    "lock": "`cartridge.lock`",
}
NEIGHBOURS: Final = {
    "cartridge": ("config", "runtime"),
    "config": ("runtime", "cartridge"),
    "runtime": ("config", "cartridge"),
    "tool": ("hook", "config", "cartridge"),
    "hook": ("tool", "config"),
    "eval-case": ("config", "cartridge"),
    "lock": (),
}
VERSION_1: Final = {
    ("tool", "tags"): "name the tools in the `kwargs` of the hook that treats them alike",
    ("config", "tags"): "name tools in the `kwargs` of the hook that treats them alike",
    ("config", "done_tools"): "name one `done_tool`, and tell its outcomes apart by a field of its"
    " `output_schema`",
    ("runtime", "done_tools"): "name one `done_tool` in `config.yaml`, and tell its outcomes apart"
    " by a field of its `output_schema`",
    ("config", "setup"): "build shared objects in `resources/<name>.py`",
    ("cartridge", "setup"): "build shared objects in `resources/<name>.py`",
}
MOVED: Final = {
    ("config", "output_schema"): "`tools/done/tool.yaml`, the done tool's contract",
    ("runtime", "output_schema"): "`tools/done/tool.yaml`, the done tool's contract",
    ("config", "system_prompt"): "`prompts/system.md`, word for word",
    ("config", "prompt"): "`prompts/system.md`, word for word",
    ("config", "prompts"): "files in `prompts/`",
    ("config", "tools"): "folders in `tools/`, one a tool",
    ("config", "hooks"): "folders in `hooks/`, one a hook",
    ("config", "resources"): "files in `resources/`",
    ("config", "skills"): "folders in `skills/`",
    ("config", "evals"): "files in `evals/`",
    ("tool", "execute"): "`execute.py` beside this file",
    ("tool", "code"): "`execute.py` beside this file",
}
SYNONYMS: Final = {
    ("tool", "args"): "parameters",
    ("tool", "arguments"): "parameters",
    ("tool", "inputs"): "parameters",
    ("tool", "input_schema"): "parameters",
    ("tool", "inputSchema"): "parameters",
    ("tool", "outputSchema"): "output_schema",
    ("hook", "class"): "class_name",
    ("hook", "args"): "kwargs",
    ("config", "parent"): "extends",
    ("config", "limit"): "max_steps",
    ("cartridge", "author"): "authors",
    ("cartridge", "licence"): "license",
    ("eval-case", "tags"): "marks",
    ("eval-case", "prompt"): "task",
}


@cache
def scopes(kind: str) -> dict[str, list[tuple[str, ...]]]:
    """Each key of a file → the mappings that have it, as paths; () is the file itself."""
    from looplet.compiler.schema import raw_schema

    found: dict[str, list[tuple[str, ...]]] = {}
    root = raw_schema(kind)

    def walk(schema: dict[str, Any], path: tuple[str, ...]) -> None:
        if "$ref" in schema:
            schema = root["$defs"][schema["$ref"].rpartition("/")[2]]
        for key, part in schema.get("properties", {}).items():
            found.setdefault(key, []).append(path)
            walk(part, (*path, key))

    walk(root, ())
    return found


class Home(NamedTuple):
    """Where a key belongs, in words; `file` when that is another file."""

    words: str
    file: bool


def place_of(kind: str, key: str, path: tuple[str | int, ...]) -> Home | None:
    """Where a key that is spelt right, but found at `path`, belongs."""
    here = [scope for scope in scopes(kind).get(key, ()) if scope != path]
    files = [FILES[other] for other in NEIGHBOURS[kind] if () in scopes(other).get(key, ())]
    if here and (path or not files):
        return Home(f"under `{'.'.join(here[0])}`" if here[0] else "at the top of the file", False)
    if files:
        return Home(f"in {files[0]}" if path else files[0], True)
    return None


def near_elsewhere(kind: str, key: str, path: tuple[str | int, ...]) -> tuple[str, str] | None:
    """A key one slip away, in another mapping or file, and where that is in words."""
    known = list(scopes(kind))
    for other in NEIGHBOURS[kind]:
        known += [name for name, where in scopes(other).items() if () in where]
    near = closest(key, known)
    if near is None or not one_slip(key, near):
        return None
    home = place_of(kind, near, path)
    if home is None:
        return None
    return near, f"in {home.words}" if home.file and not path else home.words
