"""Law 6: what cannot be written faithfully is an error that names it."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any

import pytest

from looplet import LoopConfig, MockLLMBackend, composable_loop
from looplet.compiler import cartridge_to_preset, preset_to_cartridge
from looplet.compiler.capture import capture
from looplet.compiler.emit import emit
from looplet.permissions import permission_hook
from looplet.preset import PresetError
from looplet.tools import ToolSpec, done_tool

UNIT = "metre"
OPENED = Lock()  # a live object under a global name


def half(value: float) -> float:
    return value / 2


def area(*, radius: float, unit: str = UNIT) -> dict[str, Any]:
    """The area of a circle."""
    return {"area": round(math.pi * radius**2 + half(0), 3), "unit": unit}


def reads(*, path: str) -> str:
    """Read a file."""
    return json.dumps(path)


def uses_live(*, path: str) -> str:
    """Use a live object."""
    return str(OPENED.locked()) + path


def made(factor: int) -> Callable[..., int]:
    def scale(*, value: int) -> int:
        """Scale."""
        return value * factor

    return scale


@dataclass
class Limit:
    """A hook with a constructor that dataclasses write."""

    most: int = 3

    def should_stop(self, state: Any, step_num: int, new_entities: Any) -> bool:
        return step_num >= self.most

    def to_config(self) -> dict[str, Any]:
        return {"most": self.most}


class NoConfig:
    def check_done(self, state: Any, log: Any, context: Any, step_num: int) -> None:
        return None


class LiveConfig(NoConfig):
    def to_config(self) -> dict[str, Any]:
        return {"handler": print}


def test_functions_and_hooks_become_a_cartridge_that_runs(tmp_path: Path) -> None:
    preset = capture(
        "circle",
        tools=[area, done_tool()],
        hooks=[Limit(2), permission_hook({"default": "deny", "allow": ["area"]})],
        config=LoopConfig(max_steps=4, system_prompt="Measure circles.\n", temperature=0.5),
    )
    preset_to_cartridge(preset, tmp_path / "circle.cartridge")
    loaded = cartridge_to_preset(tmp_path / "circle.cartridge")
    assert loaded == preset
    assert loaded.config_values["permissions"] == {"default": "deny", "allow": ("area",)}
    llm = MockLLMBackend(
        [{"tool": "area", "args": {"radius": 2}}, {"tool": "done", "args": {"summary": "ok"}}]
    )
    with loaded.bind() as live:
        steps = list(
            composable_loop(
                llm=llm, task="go", tools=live.tools, hooks=live.hooks, config=live.config
            )
        )
    assert steps[0].tool_result.data == {"area": 12.566, "unit": "metre"}


@pytest.mark.parametrize(
    ("tool", "says"),
    [
        (made(3), "closure over factor"),
        (ToolSpec("pick", "Pick.", {}, lambda: 1), "lambda"),
        (uses_live, "OPENED"),
        (ToolSpec("count", "Count.", {}, [].append), "builtin_function_or_method"),
    ],
)
def test_a_tool_that_no_file_can_hold_is_refused_by_name(tool: Any, says: str) -> None:
    with pytest.raises(PresetError, match=says):
        capture("x", tools=[tool, done_tool()])


@pytest.mark.parametrize(
    ("hook", "says"), [(NoConfig(), "NoConfig has no `to_config"), (LiveConfig(), "handler")]
)
def test_a_hook_that_no_file_can_hold_is_refused_by_name(hook: Any, says: str) -> None:
    with pytest.raises(PresetError, match=says):
        capture("x", tools=[done_tool()], hooks=[hook])


def test_a_live_handler_is_refused_and_its_deny_rules_are_not_dropped() -> None:
    hook = permission_hook({"default": "allow", "deny": ["area"]})
    with pytest.raises(PresetError, match="approval_handler"):
        capture("x", tools=[done_tool()], config=LoopConfig(approval_handler=lambda q, o: "yes"))
    kept = capture("x", tools=[area, done_tool()], hooks=[hook])
    assert kept.config_values["permissions"]["deny"] == ("area",)
    assert b"deny:\n    - area" in emit(kept).files["config.yaml"].data


NOTES: list[str] = []
TABLE = {"a": 1}


def execute(value: float) -> float:
    return value


def clash(*, value: float) -> float:
    """Need a function of the name that the file gives to this one."""
    return execute(value)


def takes_note(*, text: str) -> int:
    """Take a note."""
    NOTES.append(text)
    return len(NOTES)


def reads_notes(*, text: str) -> list[str]:
    """Read the notes."""
    return [note for note in NOTES if text in note]


def looks_up(*, key: str) -> int:
    """Look up."""
    return TABLE[key]


def looks_up_too(*, key: str) -> int:
    """Look up as well."""
    return TABLE[key] + 1


halved = half


def by_another_name(*, value: float) -> float:
    """Halve."""
    return halved(value)


def where(*, key: str) -> str:
    """Say where."""
    return __file__ + key


def evaluates(*, text: str) -> object:
    """Evaluate."""
    return eval(text)


@pytest.mark.parametrize(
    ("tools", "says"),
    [
        ([clash], "named `execute`"),
        ([takes_note, reads_notes], "shares NOTES"),
        ([reads_notes, takes_note], "shares NOTES"),
        ([where], "__file__"),
        ([evaluates], "eval"),
    ],
)
def test_what_would_do_something_else_in_a_file_of_its_own_is_refused(
    tools: list[Any], says: str
) -> None:
    with pytest.raises(PresetError, match=says):
        capture("x", tools=[*tools, done_tool()])


def test_a_table_may_be_shared_and_a_function_may_have_two_names() -> None:
    preset = capture("x", tools=[looks_up, looks_up_too, by_another_name, done_tool()])
    code: dict[str, Any] = {}
    exec(preset.files["tools/by_another_name/execute.py"].data, code)
    assert code["execute"](value=3) == by_another_name(value=3)
