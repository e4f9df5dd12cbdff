"""The laws of the IR, over generated presets and over every cartridge of the repository."""

from __future__ import annotations

import dataclasses
import difflib
import pickle
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from looplet.compiler import cartridge_to_preset, preset_to_cartridge
from looplet.compiler.emit import emit, reread
from looplet.compiler.lift import lift
from looplet.compiler.source import read_folder
from looplet.preset import AgentPreset, File, HookDef, Layer, PresetError, Prompt, ToolDef

ROOT = Path(__file__).parents[2]
CARTRIDGES = sorted(
    path
    for folder in ("cartridges", "tests/corpus/valid", "tests/corpus/odd")
    for path in (ROOT / folder).glob("**/*.cartridge")
)
named = pytest.mark.parametrize("path", CARTRIDGES, ids=lambda path: path.stem)

WORDS = st.from_regex(r"[a-z][a-z0-9_]{0,7}", fullmatch=True)
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(10**12), 10**12)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT
)
DATA = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)
FREE = st.dictionaries(WORDS.map("x-{}".format), DATA, max_size=3)
FILES = st.dictionaries(
    st.from_regex(r"(notes|evals|memory|lib)/[a-z]{1,6}\.(txt|bin)", fullmatch=True),
    st.builds(File, st.binary(max_size=40), st.booleans()),
    max_size=3,
)


@st.composite
def tools(draw: Any) -> dict[str, ToolDef]:
    made = {}
    for name in draw(st.lists(WORDS, max_size=3, unique=True)):
        names = draw(st.lists(WORDS, max_size=3, unique=True))
        parameters = {"type": "object", "properties": {each: draw(FREE) for each in names}}
        made[name] = ToolDef(
            name=name,
            description=draw(TEXT),
            parameters=parameters | draw(FREE),
            requires=tuple(draw(st.lists(WORDS, max_size=2))),
            concurrent_safe=draw(st.booleans()),
            timeout_s=draw(st.none() | st.integers(1, 99)),
            idempotency=draw(st.sampled_from(["unknown", "idempotent"])),
            output_schema=draw(st.none() | FREE),
            extra=draw(FREE),
        )
    return made


@st.composite
def presets(draw: Any) -> AgentPreset:
    """Agents as Python can build them."""
    hooks = draw(st.lists(WORDS, max_size=2, unique=True))
    tool_defs = draw(tools())
    files = draw(FILES)
    for tool in tool_defs.values():
        files[tool.code] = File(b"def execute(): return 1\n")
    return AgentPreset(
        name=draw(WORDS),
        version=draw(st.sampled_from(["0.0.0", "1.2", "v3"])),
        description=draw(TEXT),
        manifest=draw(FREE),
        config_values={"max_steps": draw(st.integers(1, 99)), **draw(FREE)},
        runtime_values=draw(FREE),
        prompts={"system": Prompt(draw(TEXT), draw(st.booleans())), "more": Prompt(draw(TEXT))},
        tool_defs=tool_defs,
        hook_defs={
            f"{n:02d}_{hook}": HookDef(
                f"{n:02d}_{hook}", hook, draw(FREE), draw(st.integers(0, 50))
            )
            for n, hook in enumerate(hooks)
        },
        files=files,
    )


def again(preset: AgentPreset) -> AgentPreset:
    """lower(emit(preset))"""
    tree = emit(preset)
    return reread((Layer(tree.name, tree.files), *preset.layers[1:]))


slow = settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow], deadline=None)


@given(presets())
@slow
def test_law_2_what_is_emitted_is_lowered_to_the_same(preset: AgentPreset) -> None:
    assert again(preset) == preset


@given(presets())
@slow
def test_law_4_json_and_back(preset: AgentPreset) -> None:
    text = preset.to_json()
    assert AgentPreset.from_json(text) == preset
    assert AgentPreset.from_json(text).to_json() == text
    assert pickle.loads(pickle.dumps(preset)) == preset


@given(presets(), presets())
@slow
def test_law_3_a_changed_preset_is_written_over_its_own_files(
    old: AgentPreset, new: AgentPreset
) -> None:
    tree = emit(old)
    read = reread((Layer(tree.name, tree.files),))
    changed = dataclasses.replace(new, layers=read.layers)
    assert again(changed) == new


@given(presets())
@slow
def test_equality_is_by_value_and_type(preset: AgentPreset) -> None:
    one = dataclasses.replace(preset, config_values={**preset.config_values, "x-n": 1})
    yes = dataclasses.replace(preset, config_values={**preset.config_values, "x-n": True})
    assert one != yes and one == dataclasses.replace(one, roots=("/elsewhere",), runtime={"a": 1})
    assert hash(one) == hash(dataclasses.replace(one))


@named
def test_law_1_a_folder_comes_back_byte_for_byte(path: Path, tmp_path: Path) -> None:
    preset = cartridge_to_preset(path, cache=False)
    preset_to_cartridge(preset, tmp_path / "out.cartridge")
    before, _ = read_folder(str(path))
    after, _ = read_folder(str(tmp_path / "out.cartridge"))
    assert after.files == before.files


@named
def test_law_2_holds_when_it_is_written_anew(path: Path) -> None:
    preset = dataclasses.replace(cartridge_to_preset(path, cache=False), layers=())
    if any(tool.code.count("/") == 1 for tool in preset.tool_defs.values()):
        return  # the short form keeps its declaration in its code; there is nothing to write anew
    assert again(preset) == preset


@named
def test_law_4_a_folder_comes_back_from_json(path: Path) -> None:
    preset = cartridge_to_preset(path, cache=False)
    restored = AgentPreset.from_json(preset.to_json())
    assert restored == preset and restored.to_json() == preset.to_json()
    assert emit(restored).files == read_folder(str(path))[0].files
    assert str(ROOT) not in preset.to_json()


def leaves(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from leaves(item, (*path, key))
    elif isinstance(value, (str, int, float, bool)):
        yield path, value


def placed(value: Any, path: tuple[str, ...], leaf: Any) -> Any:
    return {**value, path[0]: placed(value[path[0]], path[1:], leaf)} if path else leaf


@named
def test_law_3_each_value_changes_its_own_line_only(path: Path) -> None:
    preset = cartridge_to_preset(path, cache=False)
    files = preset.layers[0].files
    for steps, leaf in leaves(lift(preset)["config.yaml"]):
        if steps[0] in ("permissions", "done_tool", "builtin_hooks"):
            continue
        other = (not leaf) if isinstance(leaf, bool) else leaf + 1 if type(leaf) is int else "Anew"
        config = placed(preset.config_values, steps, other)
        try:
            changed = emit(dataclasses.replace(preset, config_values=config)).files
        except PresetError:
            # What an anchor or an alias spells, no splice can change for one of its places alone.
            assert b"&" in files["config.yaml"].data
            continue
        assert {name for name in changed if changed[name] != files.get(name)} == {"config.yaml"}
        old = files["config.yaml"].data.decode().splitlines()
        new = changed["config.yaml"].data.decode().splitlines()
        gone = [d for d in difflib.ndiff(old, new) if d.startswith("- ")]
        come = [d for d in difflib.ndiff(old, new) if d.startswith("+ ")]
        if not gone and preset.layers[1:]:  # inherited until now: written with the keys above it
            assert len(come) <= len(steps)
            continue
        assert len(come) == 1 and len(gone) <= max(1, str(leaf).count("\n") + 2), (
            steps,
            gone,
            come,
        )


def test_law_6_a_preset_that_no_folder_says_is_refused() -> None:
    tool = ToolDef("x", "d", {"type": "object"}, code="elsewhere/execute.py")
    with pytest.raises(PresetError, match="tools"):
        emit(AgentPreset("a", tool_defs={"x": tool}))
    with pytest.raises(PresetError, match="live object"):
        AgentPreset("a", config_values={"x-handler": print})


def test_law_6_a_tampered_json_is_refused() -> None:
    preset = AgentPreset("a", files={"x": File(b"one")})
    with pytest.raises(PresetError, match="altered"):
        AgentPreset.from_json(preset.to_json().replace('"one"', '"two"'))
    for text in ("", "[]", "{}", '{"looplet":1}', '{"looplet":2}', "\0", "[" * 100_000):
        with pytest.raises(PresetError):
            AgentPreset.from_json(text)


@pytest.mark.parametrize(
    "path",
    ["../out", "/etc/x", "a/../../b", "a//b", "./a", "a/.", "", "a\\b", "c:x", "a\nb", "a\0"],
)
def test_no_preset_has_a_path_that_leaves_its_folder(path: str) -> None:
    with pytest.raises(PresetError, match="no path inside"):
        AgentPreset("a", files={path: File(b"")})
    with pytest.raises(PresetError, match="no path inside"):
        AgentPreset("a", layers=(Layer("a", {path: File(b"")}),))
    with pytest.raises(PresetError):
        AgentPreset("a", tool_defs={path: ToolDef(path, "d", {})})


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"concurrent_safe":false', '"concurrent_safe":"false"'),
        ('"enabled":true', '"enabled":1'),
        ('"order":10', '"order":"10"'),
        ('"description":"d"', '"description":null'),
        ('"parameters":{}', '"parameters":[]'),
    ],
)
def test_a_value_of_another_type_is_refused_and_not_taken_for_true(old: str, new: str) -> None:
    preset = AgentPreset(
        "a",
        tool_defs={"t": ToolDef("t", "d", {})},
        hook_defs={"10_H": HookDef("10_H", "H", {}, 10)},
    )
    assert old in preset.to_json()
    with pytest.raises(PresetError):
        AgentPreset.from_json(preset.to_json().replace(old, new))
