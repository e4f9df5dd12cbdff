"""`scaffold_cartridge`: a new cartridge in one folder, checked, and nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from looplet import ToolCall, cartridge_to_preset
from looplet.builtin_tools import builtin_tools
from looplet.builtin_tools.host import Host
from looplet.tools import BaseToolRegistry


def dispatch(folder: Path, /, **args: Any) -> Any:
    preset = cartridge_to_preset("cartridges/hello.cartridge")
    entries = [{"scaffold_cartridge": {"folder": str(folder)}}]
    registry = BaseToolRegistry(builtin_tools(Host(preset, entries, lambda: "")))
    return registry.dispatch(ToolCall("scaffold_cartridge", args))


def test_it_writes_a_cartridge_that_checks_clean(tmp_path: Path) -> None:
    result = dispatch(tmp_path / "made", name="helper", tools=["look"])
    assert result.error is None
    assert result.data["cartridge"] == "helper.cartridge"
    assert result.data["findings"] == []
    assert "tools/look/execute.py" in result.data["files"]
    preset = cartridge_to_preset(tmp_path / "made/helper.cartridge")
    assert list(preset.tool_defs) == ["done", "look"]


def test_what_is_there_is_never_touched(tmp_path: Path) -> None:
    dispatch(tmp_path, name="helper")
    config = tmp_path / "helper.cartridge/config.yaml"
    config.write_text("mine\n")
    result = dispatch(tmp_path, name="helper")
    assert "exists already" in str(result.error)
    assert config.read_text() == "mine\n"


@pytest.mark.parametrize(
    "args",
    [
        {"name": "../out"},
        {"name": "a/b"},
        {"name": "/tmp/x"},
        {"name": ".."},
        {"name": "-x"},
        {"name": ""},
        {"name": "a\n"},
        {"name": "a", "tools": ["../x"]},
        {"name": "a", "tools": ["done"]},
        {"name": "a", "folder": "/tmp"},
    ],
)
def test_names_that_lead_elsewhere_write_nothing(tmp_path: Path, args: dict[str, Any]) -> None:
    folder = tmp_path / "in" / "here"
    folder.mkdir(parents=True)
    assert dispatch(folder, **args).error is not None
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
