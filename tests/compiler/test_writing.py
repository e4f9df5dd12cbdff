"""A folder is written whole or not at all, and what is never part of a cartridge stays in it."""

from __future__ import annotations

import builtins
import os
from pathlib import Path
from typing import Any

import pytest

from looplet.compiler.emit import emit, write_tree
from looplet.compiler.source import Tree, read_folder
from looplet.preset import AgentPreset, File, PresetError

TREE = Tree("c", {"config.yaml": File(b"max_steps: 1\n"), "a/run.sh": File(b"#!/bin/sh\n", True)})


@pytest.fixture
def target(tmp_path: Path) -> Path:
    """A cartridge that is kept in git, with a virtual environment and a cache."""
    folder = tmp_path / "c.cartridge"
    for path in ("config.yaml", "gone.txt", ".git/HEAD", "sub/.venv/pyvenv.cfg", "__pycache__/x"):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text("old")
    return folder


def listed(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_overwriting_replaces_the_cartridge_and_keeps_its_history(target: Path) -> None:
    write_tree(TREE, str(target), overwrite=True)
    assert listed(target) == {"config.yaml", "a/run.sh", ".git/HEAD", "sub/.venv/pyvenv.cfg"}
    assert read_folder(str(target))[0].files == TREE.files
    assert os.listdir(target.parent) == [target.name]


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
@pytest.mark.parametrize("step", [1, 2, 3, 4])
def test_a_write_that_fails_leaves_what_was_there(
    target: Path, monkeypatch: pytest.MonkeyPatch, step: int, error: BaseException
) -> None:
    before = listed(target)
    rename, calls = os.rename, []

    def failing(old: str, new: str) -> None:
        calls.append(old)
        if len(calls) == step:
            raise error
        rename(old, new)

    monkeypatch.setattr(os, "rename", failing)
    with pytest.raises(type(error)):
        write_tree(TREE, str(target), overwrite=True)
    assert listed(target) == before
    assert os.listdir(target.parent) == [target.name]


def test_a_full_disk_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.open

    def full(path: Any, *rest: Any) -> Any:
        if str(path).endswith("run.sh"):
            raise OSError(28, "No space left on device")
        return real(path, *rest)

    monkeypatch.setattr(builtins, "open", full)
    with pytest.raises(OSError, match="No space"):
        write_tree(TREE, str(tmp_path / "new"))
    assert os.listdir(tmp_path) == []


def test_only_a_cartridge_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "letter.txt").write_text("dear")
    for place in ("home", "home/letter.txt"):
        with pytest.raises(FileExistsError, match="no cartridge"):
            write_tree(TREE, str(tmp_path / place), overwrite=True)


@pytest.mark.parametrize(
    "path",
    [
        *(".git/config", "a/.git/hooks/post-checkout", "x.pyc", "con", "a/CON.txt", "a ", "a."),
        *("x\x1b[0m", "a?b", "b" * 300, "/".join("d" * 40), "N.TXT", "n.txt/x"),
    ],
)
def test_a_path_that_would_not_come_back_is_refused(path: str) -> None:
    files = {"n.txt": File(b""), path: File(b"")}
    with pytest.raises(PresetError):
        emit(AgentPreset("a", files=files))


def test_links_that_multiply_folders_are_stopped(tmp_path: Path) -> None:
    for level in range(24):
        (tmp_path / f"d{level}").mkdir()
        for name in ("l1", "l2"):
            (tmp_path / f"d{level}" / name).symlink_to(f"../d{level + 1}")
    (tmp_path / "d24").mkdir()
    assert "CT010" in {found.code for found in read_folder(str(tmp_path))[1]}
