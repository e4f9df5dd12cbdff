"""Unchanged contents are known again, changed ones are not, and a broken cache is no cache."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from looplet.compiler import cartridge_to_preset, check
from looplet.compiler import pipeline as passes

ROOT = Path(__file__).parents[2]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LOOPLET_CACHE_DIR", str(tmp_path / "cache"))
    shutil.copytree(ROOT / "cartridges" / "hello.cartridge", tmp_path / "hello.cartridge")
    return tmp_path / "hello.cartridge"


@pytest.fixture
def passed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The roots for which the passes were run."""
    ran: list[str] = []
    run: Any = passes._passes

    def counted(root: str, *rest: Any) -> Any:
        ran.append(root)
        return run(root, *rest)

    monkeypatch.setattr(passes, "_passes", counted)
    return ran


def test_the_second_check_runs_no_pass_and_says_the_same(place: Path, passed: list[str]) -> None:
    first, second, plain = check(place), check(place), check(place, cache=False)
    assert len(passed) == 2
    assert first == second == plain
    assert first.cartridges[0].preset is not None and second.cartridges[0].preset is not None
    assert first.cartridges[0].preset.to_json() == second.cartridges[0].preset.to_json()
    assert first.cartridges[0].preset.roots == second.cartridges[0].preset.roots


def test_an_edit_that_keeps_size_and_times_is_noticed(place: Path, passed: list[str]) -> None:
    config = place / "config.yaml"
    assert check(place).errors == 0
    before = config.stat()
    config.write_text(config.read_text().replace("max_steps", "max_stpes"))
    os.utime(config, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert config.stat().st_mtime_ns == before.st_mtime_ns
    assert [found.code for found in check(place).diagnostics] == ["CT201"]
    assert check(place) == check(place, cache=False)


def test_an_executable_bit_and_a_new_name_are_noticed(place: Path) -> None:
    check(place)
    (place / "README.md").chmod(0o755)
    assert cartridge_to_preset(place).layers[0].files["README.md"].executable
    moved = place.rename(place.with_name("other.cartridge"))
    assert [found.code for found in check(moved).diagnostics] == ["CT902"]


def test_a_changed_parent_is_noticed(place: Path) -> None:
    child = place.with_name("child.cartridge")
    (child / "prompts").mkdir(parents=True)
    (child / "cartridge.json").write_text('{"name": "child", "schema_version": 2}')
    (child / "config.yaml").write_text("extends: ../hello.cartridge\n")
    assert check(child).errors == 0 and check(child) == check(child, cache=False)
    config = place / "config.yaml"
    config.write_text(config.read_text().replace("max_steps: 8", "max_steps: 0"))
    found = check(child).diagnostics
    assert [(each.code, each.path) for each in found] == [
        ("CT205", "../hello.cartridge/config.yaml")
    ]


@pytest.mark.parametrize("damage", [b"", b"\0", b"{}", b"x\n{}", None])
def test_a_damaged_entry_is_ignored(place: Path, tmp_path: Path, damage: bytes | None) -> None:
    expected = check(place)
    for entry in (tmp_path / "cache").rglob("*.json"):
        data = entry.read_bytes()
        entry.write_bytes(data[:-9] if damage is None else damage)
    assert check(place) == expected


def test_no_folder_for_it_is_no_error(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOOPLET_CACHE_DIR", str(place / "config.yaml"))
    assert check(place).errors == 0


def test_one_changed_tool_parses_one_file(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    check(place)
    tool = place / "tools" / "greet" / "tool.yaml"
    tool.write_text(tool.read_text() + "# changed\n")
    parsed: list[str] = []
    from looplet.compiler import cartridge

    parse = cartridge.parse

    def counted(path: str, data: bytes) -> Any:
        parsed.append(path)
        return parse(path, data)

    monkeypatch.setattr(cartridge, "parse", counted)
    assert check(place).errors == 0
    assert parsed == ["tools/greet/tool.yaml"]
