"""`from_json` of anything at all: a preset, or PresetError; and so it is with writing that."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from looplet.compiler.emit import emit
from looplet.frozen import FrozenDict
from looplet.preset import AgentPreset, File, HookDef, Layer, PresetError, Prompt, ToolDef

PRESET = AgentPreset(
    "a",
    version="1",
    description="d",
    manifest={"x-a": [1]},
    config_values={"x-c": {"k": [1, 2]}},
    runtime_values={"max_tokens": 1},
    prompts={"system": Prompt("hi")},
    tool_defs={"t": ToolDef("t", "d", {"type": "object"})},
    hook_defs={"10_H": HookDef("10_H", "H", {"a": 1}, 10)},
    files={
        "tools/t/execute.py": File(b"def execute(): pass\n"),
        "hooks/10_H/hook.py": File(b"class H: pass\n"),
        "n.bin": File(b"\xff", True),
    },
)
DOCUMENT = json.loads(replace(PRESET, layers=(Layer("a", emit(PRESET).files),)).to_json())
HOSTILE: list[Any] = [
    *(None, True, 0, -1, 1.5, "", "x", "../../x", "\ud800", "a\0b", "x" * 300),
    *([], {}, [1], ["x"], {"a": 1}, {"": ""}, {"sha256": "0"}, {"../x": {"sha256": "0"}}),
    *({"\ud800": 1}, {"looplet": 1}),
]


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    if isinstance(value, (dict, list)):
        for step, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from places(item, (*path, step))


def document(path: tuple[Any, ...], new: Any) -> str:
    if not path:
        return json.dumps(new)
    made = copy.deepcopy(DOCUMENT)
    parent = made
    for step in path[:-1]:
        parent = parent[step]
    parent[path[-1]] = new
    return json.dumps(made)


@pytest.mark.parametrize("path", list(places(DOCUMENT)), ids=lambda path: ".".join(map(str, path)))
def test_anything_anywhere_is_taken_or_refused(path: tuple[Any, ...]) -> None:
    for new in HOSTILE:
        try:
            preset = AgentPreset.from_json(document(path, new))
        except PresetError:
            continue
        assert AgentPreset.from_json(preset.to_json()) == preset
        try:
            emit(preset)
        except PresetError:
            continue


@pytest.mark.parametrize("depth", [50, 150, 250, 600, 5000])
@pytest.mark.parametrize("brackets", ["[]", '{"x-a":}'])
def test_deep_data_is_taken_or_refused(depth: int, brackets: str) -> None:
    opening, closing = brackets[:-1], brackets[-1]
    deep = opening * depth + "1" + closing * depth
    text = json.dumps(DOCUMENT, separators=(",", ":")).replace('{"k":[1,2]}', deep)
    try:
        preset = AgentPreset.from_json(text)
        emit(preset)
        emit(replace(preset, layers=()))
    except PresetError:
        assert depth > 50
    else:
        assert depth == 50


@pytest.mark.parametrize(
    "part",
    [
        {"config_values": {"x-a": FrozenDict}},
        {"config_values": {"x-a": {1: 2}}},
        {"config_values": {"x-a": "\ud800"}},
        {"config_values": {"x-a": 10**5000}},
        {"config_values": [1]},
        {"runtime_values": "x"},
        {"prompts": {"system": "text"}},
        {"files": {"x": b"bytes"}},
        {"files": {5: File(b"")}},
        {"tool_defs": {"t": {}}},
        {"layers": ("a",)},
        {"name": "\ud800"},
    ],
)
def test_a_part_of_another_kind_is_refused_by_name(part: dict[str, Any]) -> None:
    with pytest.raises(PresetError):
        AgentPreset(**{"name": "a", **part})


def test_a_frozen_mapping_holds_no_live_object() -> None:
    with pytest.raises(TypeError, match="live object"):
        FrozenDict(handler=print)
    with pytest.raises(PresetError):
        Prompt(5)  # type: ignore[arg-type]
    with pytest.raises(PresetError):
        File(b"", "false")  # type: ignore[arg-type]
