"""No difference goes unsaid: a comparison is empty if, and only if, the meanings are equal."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from looplet.compiler import cartridge_to_preset
from looplet.compiler.diff import KINDS, Change, Comparison, compare
from looplet.contents import sha
from looplet.frozen import thaw
from looplet.preset import AgentPreset, File, HookDef, PresetError, Prompt, ToolDef

ROOT = Path(__file__).parents[2]
CARTRIDGES = sorted(
    path
    for folder in ("cartridges", "tests/corpus/valid", "tests/corpus/odd")
    for path in (ROOT / folder).glob("*.cartridge")
)
named = pytest.mark.parametrize("path", CARTRIDGES, ids=lambda path: path.stem)

Keys = tuple[str, ...]


@named
def test_a_cartridge_is_identical_to_itself(path: Path) -> None:
    assert compare(cartridge_to_preset(path), cartridge_to_preset(path)).verdict == "identical"


# ── every value that there is, mutated ────────────────────────────────────────────────────────────

EVERYTHING = {
    "name": "all",
    "version": "1.0",
    "description": "Does all.",
    "manifest": {
        "schema_version": 2,
        "license": "MIT",
        "authors": ["Ada"],
        "requires_python": ">=3.11",
        "dependencies": ["requests>=2", "rich"],
        "capabilities": ["files"],
        "metadata": {"a": {"b": 1}},
        "x-mine": 1,
    },
    "config": {
        "max_steps": 15,
        "done_tool": "done",
        "model": {"provider": "openai", "name": "m", "temperature": 0.5, "extra": {"seed": 1}},
        "permissions": {
            "default": "deny",
            "deny": [{"tool": "a", "contains": {"x": "rm"}, "reason": "no"}],
            "ask": ["b"],
            "allow": ["done", {"tool": "b", "matches": {"x": 1}}],
        },
        "memory": {"include": ["a.md"], "max_tokens": 10},
        "memory_sources": ["a text"],
        "builtin_tools": ["search_skills", {"subagent": {"cartridge": "agents/x", "max_steps": 3}}],
        "builtin_hooks": [
            "stagnation",
            {"budget_cap": {"max_tokens": 100, "warn_at": 0.5}},
            {"per_tool_limit": {"limits": {"a": 3}, "default_limit": 0}},
            {"static_briefing": {"text": "hi"}},
        ],
        "mcp_servers": {
            "docs": {
                "command": ["docs"],
                "env": {"A": "b"},
                "tools": ["search"],
                "timeout_s": 3,
            },
            "web": {"url": "https://example.com", "prefix": "w_"},
        },
        "inputs": {"repo": {"type": "string"}, "days": {"type": "integer", "default": 1}},
        "state": {"a": 1},
        "llm_gateway": True,
        "x-note": {"deep": [1, 2]},
    },
    "runtime": {"max_tokens": 3, "generate_kwargs": {"a": [1]}, "x-r": 1},
    "prompts": {
        "system": {"text": "Be good.\nBe quick.\n", "template": False},
        "partials/p": {"text": "{{ task }}", "template": True},
    },
    "tools": {
        name: {
            "name": name,
            "description": f"Does {name}.",
            "parameters": {
                "type": "object",
                "properties": {
                    "x": {"type": "string", "enum": ["a", "b"], "description": "An x."},
                    "y": {"type": ["integer", "null"], "minimum": 1, "default": 2},
                    "z": {"type": "array", "items": {"type": "object", "properties": {"k": {}}}},
                },
                "required": ["x"],
                "additionalProperties": False,
            },
            "code": f"tools/{name}/execute.py",
            "requires": ["db"],
            "concurrent_safe": False,
            "free": False,
            "timeout_s": 3,
            "idempotency": "unknown",
            "retryable": False,
            "output_schema": {"type": "object", "properties": {"r": {"type": "string"}}},
            "extra": {"x-a": 1},
        }
        for name in ("a", "b", "done")
    },
    "hooks": {
        id: {
            "id": id,
            "class_name": "Guard",
            "kwargs": {"limit": 3, "names": ["a"]},
            "order": order,
            "enabled": True,
            "extra": {"x-h": 1},
        }
        for id, order in (("10_Guard", 10), ("20_Other", 20))
    },
}
FILES = {
    **{f"tools/{name}/execute.py": File(b"def execute(): ...\n") for name in ("a", "b", "done")},
    "hooks/10_Guard/hook.py": File(b"class Guard: ...\n"),
    "hooks/20_Other/hook.py": File(b"class Guard: pass\n"),
    "memory/a.md": File(b"Know this.\n"),
    "memory/b.py": File(b"def load(state): return ''\n"),
    "skills/s/SKILL.md": File(b"---\nname: s\n---\n"),
    "skills/s/run.sh": File(b"#!/bin/sh\n", True),
    "evals/cases/one.json": File(b"{}"),
    "data.bin": File(bytes(range(256))),
    "README.md": File(b"# All\n"),
    "cartridge.lock": File(b"{}\n"),
    "empty": File(b""),
}


def preset_of(values: Mapping[str, Any], files: Mapping[str, File]) -> AgentPreset:
    return AgentPreset.from_values(values, files)


BASE = preset_of(EVERYTHING, FILES)


def leaves(value: Any, keys: Keys = ()) -> Iterator[Keys]:
    """Every mapping entry and list item, at every depth."""
    if keys:
        yield keys
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from leaves(item, (*keys, key))
    elif isinstance(value, (list, tuple)):
        for number, item in enumerate(value):
            yield from leaves(item, (*keys, str(number)))


def edited(value: Any, keys: Keys, edit: Any) -> Any:
    """A copy of `value` with `edit` of the part at `keys`; `edit` gives None to take it away."""
    if isinstance(value, (list, tuple)):
        items = {str(number): item for number, item in enumerate(value)}
        return list(edited(items, keys, edit).values())
    made = dict(value)
    if len(keys) > 1:
        made[keys[0]] = edited(made[keys[0]], keys[1:], edit)
        return made
    new = edit(made[keys[0]])
    if new is None:
        del made[keys[0]]
    else:
        made[keys[0]] = new
    return made


def other(value: Any) -> Any:
    """Another value of the same type, or nearly."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, (int, float)):
        return value + 1
    if isinstance(value, str):
        return value + "2"
    if isinstance(value, Mapping):
        return {**value, "more": "x"}
    return [*value, "more"] if isinstance(value, (list, tuple)) else 7


EDITS = {
    "gone": lambda value: None,
    "other": other,
    "retyped": lambda value: [value] if not isinstance(value, (list, tuple)) else "x",
    # 1 is 1.0 and True for Python, and not for the digest.
    "respelt": lambda value: float(value) if type(value) is int else value,
    "emptied": lambda value: type(value)() if isinstance(value, (list, tuple, Mapping)) else value,
}


def mutant(keys: Keys, how: str, base: AgentPreset = BASE) -> AgentPreset | None:
    """BASE with one edit; None if no preset is so."""
    values, files = thaw(base.values()), dict(base.files)
    try:
        if keys[0] == "files":
            return preset_of(values, _other_files(files, keys[1], how))
        return preset_of(edited(values, keys, EDITS[how]), files)
    except (PresetError, KeyError, TypeError, AttributeError):
        return None


def _other_files(files: dict[str, File], path: str, how: str) -> dict[str, File]:
    file = files.pop(path)
    if how == "other":
        files[path] = File(file.data + b"\n# more", file.executable)
    elif how == "retyped":
        files[path] = File(file.data, not file.executable)
    elif how == "respelt":
        files["elsewhere/" + path] = file
    elif how == "emptied":
        files[path] = File(b"", file.executable)
    return files


MUTANTS = [
    (keys, how)
    for keys in leaves(thaw(BASE.values()))
    if keys[0] != "files" or len(keys) == 2
    for how in EDITS
]


def tells(change: Change, keys: Keys) -> bool:
    return any(
        told[: len(keys)] == keys[: len(told)] or keys[: len(told)] == told for told in change.told
    )


def unsaid(comparison: Comparison, *mutated: Keys) -> list[Keys]:
    return [keys for keys in mutated if not any(tells(c, keys) for c in comparison.changes)]


def _upto_lists(keys: Keys) -> Keys:
    """The keys as far as mappings go: a list is one value."""
    value: Any = thaw(BASE.values())
    for depth, key in enumerate(keys):
        if isinstance(value, (list, tuple)):
            return keys[:depth]
        value = value[key]
    return keys


def test_every_mutant_is_told_both_ways() -> None:
    alive = 0
    for keys, how in MUTANTS:
        made = mutant(keys, how)
        if made is None:
            continue
        one, two = compare(BASE, made), compare(made, BASE)
        if made == BASE:
            assert not one.changes and not two.changes, (keys, how)
            continue
        alive += 1
        where = _upto_lists(keys)
        assert unsaid(one, where) == [] and unsaid(two, where) == [], (keys, how)
        for change in (*one.changes, *two.changes):
            assert change.kind in KINDS and change.message, (keys, how)
    assert alive > 500


def test_hardly_any_value_has_no_module_of_its_own() -> None:
    """What is told as it stands is what nobody thought of: lists in another order, for instance."""
    for keys, how in MUTANTS:
        made = mutant(keys, how)
        if made is not None and how in ("gone", "other"):
            kinds = {change.kind for change in compare(BASE, made).changes}
            assert "value-changed" not in kinds, (keys, how)


@given(st.integers(0, 10**6))
@settings(max_examples=60, deadline=None)
def test_of_several_changes_none_hides_another(seed: int) -> None:
    chosen = random.Random(seed).sample(MUTANTS, 4)
    made: AgentPreset = BASE
    told: list[Keys] = []
    for keys, how in chosen:
        after = mutant(keys, how, made)
        if after is not None and after != made:
            made = after
            told.append(_upto_lists(keys))
    comparison = compare(BASE, made)
    assert bool(comparison.changes) == (made != BASE)
    values, old = made.values(), BASE.values()
    still = [keys for keys in told if _at(values, keys) != _at(old, keys)]
    assert unsaid(comparison, *still) == [], chosen


def _at(values: Any, keys: Keys) -> Any:
    for key in keys:
        if not isinstance(values, Mapping) or key not in values:
            return "nothing here"
        values = values[key]
    return repr(values)


# ── any two presets ───────────────────────────────────────────────────────────────────────────────

WORDS = st.sampled_from(["a", "b", "c"])
SCALARS = st.none() | st.booleans() | st.integers(0, 2) | st.sampled_from([1.0, 0.5, "a", "1"])
DATA = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(WORDS, inner, max_size=2),
    max_leaves=6,
)
KEYS = st.sampled_from(
    [
        *("model", "permissions", "memory", "builtin_tools", "builtin_hooks", "mcp_servers"),
        *("inputs", "state", "max_steps", "x-a"),
    ]
)


@st.composite
def presets(draw: Any) -> AgentPreset:
    tools = {
        name: ToolDef(
            name,
            draw(st.sampled_from(["", "Does."])),
            draw(st.dictionaries(st.sampled_from(["type", "properties", "required"]), DATA)),
            output_schema=draw(st.none() | st.dictionaries(WORDS, DATA, max_size=1)),
        )
        for name in draw(st.lists(WORDS, unique=True))
    }
    files = {
        tool.code: File(draw(st.sampled_from([b"x = 1", b"x=1", b"("]))) for tool in tools.values()
    }
    return AgentPreset(
        draw(WORDS),
        config_values=draw(st.dictionaries(KEYS, DATA, max_size=3)),
        manifest=draw(st.dictionaries(st.sampled_from(["dependencies", "capabilities"]), DATA)),
        prompts={
            name: Prompt(draw(st.sampled_from(["a\n", "a\r\n", "b"])), draw(st.booleans()))
            for name in draw(st.lists(WORDS, unique=True, max_size=2))
        },
        tool_defs=tools,
        hook_defs={
            id: HookDef(
                id,
                draw(WORDS),
                draw(st.dictionaries(WORDS, DATA, max_size=1)),
                draw(st.integers(0, 1)),
            )
            for id in draw(st.lists(WORDS, unique=True, max_size=2))
        },
        files=files,
    )


@given(presets(), presets())
@settings(max_examples=150, deadline=None)
def test_a_comparison_is_empty_if_and_only_if_the_meanings_are_equal(
    old: AgentPreset, new: AgentPreset
) -> None:
    comparison = compare(old, new)
    assert bool(comparison.changes) == (old.digest != new.digest)
    assert compare(old, old).verdict == "identical"
    severities = [change.severity for change in comparison.changes]
    assert severities == sorted(severities, key=["risk", "behaviour", "info"].index)


def test_the_digest_of_what_is_compared_is_that_of_the_preset() -> None:
    assert BASE.values()["files"]["empty"] == {"sha256": sha(b"")}
