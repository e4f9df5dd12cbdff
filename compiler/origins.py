"""Where each value of a preset was set: the file, line and folder, or that it is a default."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from looplet.compiler import layout
from looplet.compiler.change import short_parameters_path
from looplet.compiler.lift import lift
from looplet.compiler.reopen import reopen
from looplet.compiler.resolve import Resolved, resolve
from looplet.preset import AgentPreset, canonical_json


@dataclass(frozen=True, slots=True)
class Origin:
    """Where one value comes from.

    kind: "file", of the cartridge itself; "parent", of one it extends; "default", said nowhere;
        "folder", taken from the folder's name; "edited", changed since it was read; "python", of a
        preset that was never a folder.
    path: the file, relative to the cartridge, for the first two. line, column: from 1; None for a
        file as a whole.
    """

    kind: Literal["file", "parent", "default", "folder", "edited", "python"]
    path: str | None = None
    line: int | None = None
    column: int | None = None


def origins(preset: AgentPreset) -> dict[str, Origin]:
    """The origin of every value, by dotted path: `config.max_steps`, `tools.search.description`.

    Lists are one value. A prompt is `prompts.NAME`, a file `files.PATH`.
    """
    if not preset.layers:
        return {path: Origin("python") for path, _ in addressed(preset)}
    from looplet.compiler.lower import lower

    resolved = resolve(reopen(preset.layers))
    base = dict(addressed(lower(resolved)))
    found: dict[str, Origin] = {}
    for path, value in addressed(preset):
        same = path in base and canonical_json(base[path]) == canonical_json(value)
        found[path] = _origin(resolved, path) if same else Origin("edited")
    return found


def addressed(preset: AgentPreset) -> Iterator[tuple[str, Any]]:
    """Every value by its dotted path, defaults included; of a file its size and executable bit."""
    for file, value in lift(preset, full=True).items():
        yield from _leaves(_prefix(file), value)
    for name in preset.prompts:
        yield f"prompts.{name}", preset.prompts[name].text
    for path, file_ in preset.files.items():
        yield f"files.{path}", [len(file_.data), file_.executable]


def _prefix(file: str) -> str:
    """How the values of a file of declarations are addressed."""
    parts = file.split("/")
    if len(parts) == 3:
        return f"{parts[0]}.{parts[1]}"
    return {layout.MANIFEST: "cartridge", layout.CONFIG: "config", layout.RUNTIME: "runtime"}[file]


def _leaves(path: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict) and value:
        for key, item in value.items():
            yield from _leaves(f"{path}.{key}", item)
    else:
        yield path, value


def _origin(resolved: Resolved, dotted: str) -> Origin:
    scope, _, rest = dotted.partition(".")
    name = ""
    if scope == "prompts":
        return _whole(resolved, *(layout.prompt_path(rest, form) for form in (False, True)))
    if scope == "files":
        return _whole(resolved, rest)
    if scope in ("tools", "hooks"):
        name, _, rest = rest.partition(".")
        file = f"{scope}/{name}/" + ("tool.yaml" if scope == "tools" else "config.yaml")
        if scope == "tools" and resolved.tools[name].short:
            return _whole(resolved, resolved.tools[name].path)
        if rest == "description" and f"tools/{name}/description.md" in resolved.homes:
            return _whole(resolved, f"tools/{name}/description.md")
    else:
        file = {"cartridge": layout.MANIFEST, "config": layout.CONFIG, "runtime": layout.RUNTIME}[
            scope
        ]
    for layer in resolved.chain if scope != "cartridge" else resolved.chain[:1]:
        document = layer.documents.get(file)
        for steps in _readings(rest, document.value if document else None):
            span = document.where(steps, key=True) if document else None
            if span:
                place = f"{layer.place}/{file}" if layer.place else file
                kind: Literal["parent", "file"] = "parent" if layer.place else "file"
                return Origin(kind, place, span.start.line, span.start.column)
        if file.count("/") and file in layer.tree.files:
            break
    by_folder = dotted == "cartridge.name" or (
        scope == "hooks" and rest == "order" and layout.hook_number(name) is not None
    )
    return Origin("folder" if by_folder else "default")


def _readings(dotted: str, value: Any) -> Iterator[tuple[str, ...]]:
    """The paths of keys that a dotted path can mean in `value`; keys may hold dots themselves."""
    for read in (dotted, short_parameters_path(dotted, value)):
        if read is None:
            continue
        steps: list[str] = []
        inner, left = value, read
        while left and isinstance(inner, dict):
            key = max(
                (k for k in inner if left == k or left.startswith(f"{k}.")), key=len, default=None
            )
            if key is None:
                break
            steps.append(key)
            inner, left = inner[key], left[len(key) + 1 :]
        if not left and steps:
            yield tuple(steps)


def _whole(resolved: Resolved, *paths: str) -> Origin:
    for path in paths:
        if path in resolved.homes:
            home = resolved.homes[path]
            return Origin("parent", f"{home.place}/{path}") if home.place else Origin("file", path)
    return Origin("default")
