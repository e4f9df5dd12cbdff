"""`new`: what it writes checks clean at once; what it cannot write leaves nothing behind."""

from __future__ import annotations

import json
import os
import tomllib
from pathlib import Path

import pytest
import yaml

from looplet.compiler.cli import main
from looplet.compiler.commands import scaffold
from looplet.compiler.commands.scaffold import BadName, write
from looplet.compiler.pipeline import check

Capture = pytest.CaptureFixture[str]


@pytest.mark.parametrize("tools", [(), ("search",), ("search", "fetch-page", "Look_2")])
def test_it_checks_clean_at_once(tmp_path: Path, tools: tuple[str, ...]) -> None:
    folder = write(str(tmp_path / "my_agent"), tools)
    report = check(folder, cache=False)
    assert report.diagnostics == ()
    preset = report.cartridges[0].preset
    assert preset is not None
    assert preset.name == "my_agent"
    assert set(preset.tool_defs) == {*(tools or ("look",)), "done"}


@pytest.mark.parametrize("name", ["a", "a.cartridge", "x/a", "x/a.cartridge/", "./a"])
def test_the_suffix_is_added_once_and_the_name_is_the_folders(tmp_path: Path, name: str) -> None:
    folder = Path(write(os.path.join(tmp_path, name)))
    assert folder.name == "a.cartridge"
    assert json.loads((folder / "cartridge.json").read_text())["name"] == "a"


@pytest.mark.parametrize(
    "name", ["my agent", "ä", "..", ".", "-x", "a:b", "a\nb", ".cartridge", ""]
)
def test_names_that_will_not_do(tmp_path: Path, capsys: Capture, name: str) -> None:
    assert main(["new", "--dir", str(tmp_path), "--", name]) == 2
    said = capsys.readouterr().err
    assert "a cartridge cannot be named" in said
    assert said.count("\n") == 1
    assert os.listdir(tmp_path) == []


def test_a_name_that_will_not_do_comes_with_one_that_does() -> None:
    with pytest.raises(BadName, match="such as `my_agent`"):
        scaffold.agent_name("my agent")


@pytest.mark.parametrize(
    ("tools", "why"),
    [
        (["a b"], "a tool cannot be named `a b`.*such as `a_b`"),
        (["x" * 65], "at most 64"),
        (["../x"], "a tool cannot be named"),
        (["done"], "every new cartridge has a tool `done`"),
        (["Done"], "every new cartridge has a tool `done`"),
        (["find", "Find"], "differ in case only"),
    ],
)
def test_tools_that_will_not_do(tmp_path: Path, tools: list[str], why: str) -> None:
    with pytest.raises(BadName, match=why):
        write(str(tmp_path / "a"), tools)
    assert os.listdir(tmp_path) == []


def test_a_tool_named_twice_is_there_once() -> None:
    assert scaffold.tool_names(["a", "b", "a"]) == ["a", "b"]


def test_a_folder_that_holds_something_is_not_touched(tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "a.cartridge").mkdir()
    (tmp_path / "a.cartridge/mine").write_text("mine")
    assert main(["new", "a", "--dir", str(tmp_path)]) == 2
    assert "exists already and is not an empty folder" in capsys.readouterr().err
    assert os.listdir(tmp_path / "a.cartridge") == ["mine"]
    (tmp_path / "b.cartridge").write_text("a file")
    assert main(["new", "b", "--dir", str(tmp_path)]) == 2
    assert sorted(os.listdir(tmp_path)) == ["a.cartridge", "b.cartridge"]


def test_an_empty_folder_is_filled(tmp_path: Path) -> None:
    (tmp_path / "a.cartridge").mkdir()
    assert (Path(write(str(tmp_path / "a"))) / "config.yaml").is_file()


def test_nothing_is_left_when_writing_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    def full(old: str, new: str) -> None:
        raise OSError(28, "No space left on device", new)

    monkeypatch.setattr(os, "rename", full)
    assert main(["new", "a", "--dir", str(tmp_path)]) == 2
    assert "No space left on device" in capsys.readouterr().err
    assert os.listdir(tmp_path) == []


def test_editors_find_a_schema_for_every_file_beside_it(tmp_path: Path) -> None:
    folder = Path(write(str(tmp_path / "a"), ["search"]))
    found = 0
    for file in folder.rglob("*"):
        place = None
        if file.suffix == ".yaml":
            first = file.read_text().splitlines()[0]
            assert first.startswith("# yaml-language-server: $schema=")
            place = first.partition("=")[2]
            document = yaml.safe_load(file.read_text())
        elif file.suffix == ".json" and file.parent.name not in (".schemas", "scripts"):
            document = json.loads(file.read_text())
            place = document["$schema"]
        if place:
            found += 1
            schema = json.loads((file.parent / place).read_text())
            assert "draft-07" in schema["$schema"]
            assert document.keys() <= schema["properties"].keys()
    assert found == 5


def test_the_command_tells_what_comes_next(tmp_path: Path, capsys: Capture) -> None:
    assert main(["new", "a", "--tool", "search", "--dir", str(tmp_path)]) == 0
    out = capsys.readouterr().out
    place = os.path.join(tmp_path, "a.cartridge")
    assert out.splitlines()[0] == f"wrote {place}; next:"
    assert f"  looplet-compile check {place}" in out
    assert main(["check", place]) == 0


def test_installers_find_the_backend_in_it(tmp_path: Path) -> None:
    folder = Path(write(str(tmp_path / "a")))
    said = tomllib.loads((folder / "pyproject.toml").read_text())
    assert list(said) == ["build-system"]
    assert said["build-system"]["build-backend"] == "looplet.compiler.backend"
    assert said["build-system"]["requires"] == ["looplet[compiler]>=1,<2"]
    assert len((folder / "pyproject.toml").read_text().splitlines()) <= 5
