"""A preset for people and programs: every value under the name that `set` takes, and its origin."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from looplet.compiler.origins import addressed
from looplet.compiler.render.visible import visible

if TYPE_CHECKING:
    from looplet.compiler.origins import Origin
    from looplet.preset import AgentPreset

_LIMIT: Final = 60


def as_json(preset: AgentPreset, origins: Mapping[str, Origin] | None) -> str:
    """`preset.to_json()`, indented; with `origins` also where each value came from."""
    document = json.loads(preset.to_json())
    if origins is not None:
        document["origins"] = {
            pointer: {
                "kind": origin.kind,
                "path": origin.path,
                "line": origin.line,
                "column": origin.column,
            }
            for pointer, origin in sorted(origins.items())
        }
    return json.dumps(document, indent=2, sort_keys=True).replace("\x7f", "\\u007f") + "\n"


def as_text(preset: AgentPreset, origins: Mapping[str, Origin] | None) -> str:
    """One value a line, `config.max_steps = 15`; with `origins`, followed by its place."""
    rows = [f"{visible(path)} = {_shown(path, value)}" for path, value in addressed(preset)]
    if origins is not None:
        places = [_place(origins[path]) for path, _ in addressed(preset)]
        width = max(map(len, rows))
        rows = [f"{row:<{width}}  # {place}" for row, place in zip(rows, places, strict=True)]
    return "".join(f"{row}\n" for row in rows)


def _shown(path: str, value: Any) -> str:
    if path.startswith("files."):
        size, executable = value
        return f"{size} bytes, executable" if executable else f"{size} bytes"
    text = visible(json.dumps(value, ensure_ascii=False))
    return text if len(text) <= _LIMIT else text[: _LIMIT - 1] + "…"


def _place(origin: Origin) -> str:
    if origin.path is None:
        return origin.kind
    place = visible(origin.path)
    return place if origin.line is None else f"{place}:{origin.line}:{origin.column}"
