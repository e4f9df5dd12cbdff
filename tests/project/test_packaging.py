"""What pyproject.toml says of the package is what the tree is, and what a wheel will hold."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path

import pytest
from package import FOLDERS, ROOT, folder_of, modules, pyproject, setuptools, wheel_files
from wheel_files import SNAPSHOT, differences, files_of, main


def test_every_folder_with_python_is_a_listed_package_and_nothing_else_is() -> None:
    listed = setuptools()["packages"]
    assert sorted(listed) == sorted(set(listed)), "a package is listed twice"
    real = {path.parent for path in modules()} | {ROOT / "schema", ROOT / "cartridges"}
    assert {folder_of(package) for package in listed} == real


def test_every_package_of_code_has_an_init() -> None:
    for folder in {path.parent for path in modules()}:
        assert (folder / "__init__.py").is_file(), folder


def test_data_folders_are_no_packages_of_code() -> None:
    # With an __init__.py in it, a folder of data would count as code for the tools that read it.
    assert not (ROOT / "schema" / "__init__.py").exists()
    assert not (ROOT / "cartridges" / "__init__.py").exists()


def test_the_top_level_folders_are_the_architecture() -> None:
    generated = {"build", "dist", "htmlcov"}
    found = {
        path.name
        for path in ROOT.iterdir()
        if path.is_dir() and not path.name.startswith(".") and not path.name.endswith(".egg-info")
    }
    assert found - generated == {*FOLDERS, "docs", "tests"}


def test_the_wheel_has_the_files_that_are_committed_in_its_list() -> None:
    real = wheel_files()
    if os.environ.get("UPDATE_WHEEL"):
        SNAPSHOT.write_text("".join(f"{name}\n" for name in real), encoding="utf-8")
    listed = SNAPSHOT.read_text(encoding="utf-8").splitlines()
    assert differences(real, listed) == [], "UPDATE_WHEEL=1 rewrites the list; read the diff"


def test_the_list_has_what_a_wheel_must_have() -> None:
    files = set(wheel_files())
    assert {
        "looplet/py.typed",
        "looplet/cli.py",
        "looplet/compiler/cli.py",
        "looplet/schema/config.schema.json",
        "looplet/cartridges/hello.cartridge/config.yaml",
        "looplet/cartridges/hello.cartridge/prompts/partials/manners.md",
    } <= files
    assert not [name for name in files if "__pycache__" in name or name.endswith(".pyc")]
    assert not [name for name in files if name.startswith(("looplet/tests", "looplet/docs"))]


def test_a_built_wheel_is_compared(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("UPDATE_WHEEL", raising=False)
    wheel = tmp_path / "looplet-1.0.0-py3-none-any.whl"
    names = SNAPSHOT.read_text(encoding="utf-8").splitlines()
    with zipfile.ZipFile(wheel, "w") as archive:
        for name in [*names[:-1], "looplet/stray.py"]:
            archive.writestr(name.replace("looplet.dist-info", "looplet-1.0.0.dist-info"), "")
    assert len(files_of(str(wheel))) == len(names)
    assert main([str(wheel)]) == 1
    said = capsys.readouterr().out
    assert f"missing: {names[-1]}" in said and "not in wheel.txt: looplet/stray.py" in said


def test_the_core_depends_on_nothing() -> None:
    project = pyproject()["project"]
    assert project["dependencies"] == []
    assert set(project["scripts"]) == {"looplet", "looplet-compile"}


def test_every_extra_has_bounds_and_all_names_extras_that_exist() -> None:
    extras = pyproject()["project"]["optional-dependencies"]
    assert {"compiler", "openai", "test", "dev", "all"} <= set(extras)
    for name in ("compiler", "openai"):
        assert all(">=" in requirement for requirement in extras[name]), name


def test_an_extra_has_what_its_model_imports() -> None:
    extras = pyproject()["project"]["optional-dependencies"]
    local = {requirement.partition(">")[0] for requirement in extras["local"]}
    assert local == {"openai", "xllamacpp"}  # llama.cpp's server speaks the protocol of OpenAI


def test_the_licence_is_apache() -> None:
    text = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert "Version 2.0, January 2004" in text and "END OF TERMS AND CONDITIONS" in text
    assert pyproject()["project"]["license"] == "Apache-2.0"


def test_the_changelog_has_the_version() -> None:
    version = pyproject()["project"]["version"]
    assert f"## {version}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
