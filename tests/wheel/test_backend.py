"""The build backend, as frontends call it: in the folder, with folders to write to."""

from __future__ import annotations

import os
import shutil
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
from environments import ROOT
from wheel_cases import CORPUS, packed, said

from looplet.compiler import backend
from looplet.compiler.archive.wheel import wheel_of
from looplet.compiler.pyproject import DEFAULT

Build = Callable[..., str]


@pytest.fixture
def inside(monkeypatch: pytest.MonkeyPatch, minimal: Path) -> Path:
    """The smallest cartridge, as the working directory."""
    monkeypatch.chdir(minimal)
    return minimal


def _refused(build: Build, *arguments: object) -> str:
    """What the process of a hook ends with."""
    with pytest.raises(SystemExit) as error:
        build(*arguments)
    assert isinstance(error.value.code, str)  # then Python writes it, and leaves with 1
    assert "Traceback" not in error.value.code
    return error.value.code


def _names(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


# ── what it writes ────────────────────────────────────────────────────────────────────────────────


def test_a_wheel_is_the_one_that_build_writes(inside: Path, tmp_path: Path) -> None:
    before = _names(inside)
    assert backend.get_requires_for_build_wheel() == []
    name = backend.build_wheel(str(tmp_path / "out"))
    wheel = wheel_of(packed(inside), "")
    assert name == wheel.filename == "minimal-1.0.0-py3-none-any.whl"
    assert (tmp_path / "out" / name).read_bytes() == wheel.data()
    assert _names(tmp_path / "out") == {name}
    assert _names(inside) == before


def test_the_metadata_is_that_of_the_wheel(inside: Path, tmp_path: Path) -> None:
    wheel = wheel_of(packed(inside), "")
    info = backend.prepare_metadata_for_build_wheel(str(tmp_path / "m"))
    assert info == wheel.info
    assert {path.name: path.read_bytes() for path in (tmp_path / "m" / info).iterdir()} == {
        **wheel.metadata()
    }
    editable = backend.prepare_metadata_for_build_editable(str(tmp_path / "e"))
    assert "looplet[compiler]" in (tmp_path / "e" / editable / "METADATA").read_text()


def test_files_are_as_readable_as_any(inside: Path, tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        name = backend.build_wheel(str(tmp_path))
    finally:
        os.umask(before)
    assert (tmp_path / name).stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize("cartridge", ["hello", "git_detective"])
def test_sdist_to_wheel_is_the_same_wheel(
    cartridge: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _through_sdist(ROOT / "cartridges" / f"{cartridge}.cartridge", tmp_path, monkeypatch)


@pytest.mark.parametrize("cartridge", ["child", "nested", "binary", "windows"])
def test_sdist_of_the_corpus(
    cartridge: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _through_sdist(CORPUS / "valid" / f"{cartridge}.cartridge", tmp_path, monkeypatch)


def test_sdist_of_odd_names(odd: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _through_sdist(odd, tmp_path, monkeypatch)


def _through_sdist(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(root)
    wheel = backend.build_wheel(str(tmp_path))
    sdist = backend.build_sdist(str(tmp_path))
    stem = sdist.removesuffix(".tar.gz")
    with tarfile.open(tmp_path / sdist) as archive:
        assert {name.partition("/")[0] for name in archive.getnames()} == {stem}
        archive.extractall(tmp_path / "src", filter="data")
    # Far from its parents, and from everything else that was beside it.
    monkeypatch.chdir(tmp_path / "src" / stem)
    assert (tmp_path / "src" / stem / "PKG-INFO").is_file()
    assert (tmp_path / "src" / stem / "pyproject.toml").is_file()
    assert backend.get_requires_for_build_wheel() == []
    assert backend.build_wheel(str(tmp_path / "again")) == wheel
    assert (tmp_path / "again" / wheel).read_bytes() == (tmp_path / wheel).read_bytes()
    assert backend.build_sdist(str(tmp_path / "again")) == sdist
    assert (tmp_path / "again" / sdist).read_bytes() == (tmp_path / sdist).read_bytes()


def test_an_sdist_names_the_backend_as_the_cartridge_does(inside: Path, tmp_path: Path) -> None:
    for text in (None, DEFAULT, DEFAULT + "\n[tool.x]\ny = 1\n"):
        if text is not None:
            (inside / "pyproject.toml").write_text(text)
        with tarfile.open(tmp_path / backend.build_sdist(str(tmp_path))) as archive:
            found = archive.extractfile("minimal-1.0.0/pyproject.toml")
            assert found is not None and found.read().decode() == (text or DEFAULT)


def test_what_is_written_into_the_folder_is_no_part_of_it(inside: Path) -> None:
    """As `python -m build` and `uv build` do it, unless they are told otherwise."""
    first = backend.build_sdist(str(inside / "dist"))
    data = (inside / "dist" / first).read_bytes()
    assert backend.build_wheel("dist") == "minimal-1.0.0-py3-none-any.whl"
    assert backend.build_sdist("dist") == first
    (inside / "dist" / ".gitignore").write_text("*")
    assert backend.build_sdist("dist") == first
    assert (inside / "dist" / first).read_bytes() == data
    assert "CT758" in _refused(backend.build_wheel, str(inside.parent))


def test_a_folder_of_other_things_is_part_of_it(inside: Path) -> None:
    (inside / "data").mkdir()
    (inside / "data" / "more.csv").write_text("1\n")
    backend.build_wheel("data")
    assert "CT758" in _refused(backend.build_wheel, "data")
    (inside / "data" / "minimal-1.0.0-py3-none-any.whl").rename(inside.with_name("first.whl"))
    assert inside.with_name("first.whl").read_bytes() == wheel_of(packed(inside), "").data()


# ── parents ───────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("target", "needed"),
    [
        ("base-agent>=1.2", ["base-agent>=1.2"]),
        ("Base_Agent", ["base-agent"]),
        ("base_agent >= 1.2, < 2", ["base-agent>=1.2,<2"]),
        ("hello", []),
        ("hello>=77", ["hello>=77"]),
        ("../nowhere.cartridge", []),
        ("../second.cartridge", ["third"]),
        ("'-'", []),
        ("''", []),
        ("[a]", []),
    ],
)
def test_a_named_parent_is_asked_for(inside: Path, target: str, needed: list[str]) -> None:
    second = inside.with_name("second.cartridge")
    second.mkdir()
    (second / "config.yaml").write_text("extends: third\n")
    (inside / "config.yaml").write_text(f"extends: {target}\n")
    assert backend.get_requires_for_build_wheel() == needed
    assert backend.get_requires_for_build_editable() == needed


def test_parents_in_a_circle_end(inside: Path) -> None:
    (inside / "config.yaml").write_text("extends: ../minimal.cartridge\n")
    assert backend.get_requires_for_build_sdist() == []


# ── what it refuses ───────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "build",
    [
        *(backend.build_wheel, backend.build_sdist, backend.build_editable),
        *(
            backend.prepare_metadata_for_build_wheel,
            backend.prepare_metadata_for_build_editable,
        ),
    ],
)
def test_mistakes_are_shown_as_check_shows_them(build: Build, inside: Path, tmp_path: Path) -> None:
    (inside / "config.yaml").write_text("max_stpes: 3\n")
    said = _refused(build, str(tmp_path / "out"))
    assert "minimal.cartridge/config.yaml:1:1: error[CT201]" in said
    assert "did you mean `max_steps`?" in said and "1 | max_stpes: 3" in said
    assert not (tmp_path / "out").exists()


def test_what_keeps_it_from_being_a_wheel(inside: Path, tmp_path: Path) -> None:
    said(inside, version="latest", name="git")
    text = _refused(backend.build_sdist, str(tmp_path / "out"))
    assert "error[CT751]" in text and "error[CT752]" in text
    assert "minimal.cartridge/cartridge.json:1:" in text


def test_a_folder_that_is_no_cartridge(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert "CT003" in _refused(backend.build_wheel, "out")
    (tmp_path / "notes.txt").write_text("x")
    assert "error[CT" in _refused(backend.build_wheel, "out")


def test_warnings_count_where_they_are_asked_for(inside: Path, tmp_path: Path) -> None:
    said(inside, dependencies=["no_such_thing"])
    (inside / "tools" / "done" / "execute.py").write_text(
        "import some_package\n\n\ndef execute(*, summary: str) -> dict:\n    return {}\n"
    )
    settings = ({"strict": ""}, {"strict": "true"}, {"strict": ["false", "1"]})
    for each in settings:
        assert "warning[CT" in _refused(backend.build_wheel, str(tmp_path), each)
    for each in (None, {}, {"strict": "false"}, {"editable_mode": "strict"}):
        assert backend.build_wheel(str(tmp_path), each)
    assert "true or false" in _refused(backend.build_wheel, str(tmp_path), {"strict": "maybe"})


def test_a_date_that_is_none(inside: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "yesterday")
    assert "SOURCE_DATE_EPOCH" in _refused(backend.build_wheel, "out")


def test_a_place_that_cannot_be_written(inside: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert "file" in _refused(backend.build_wheel, str(tmp_path / "file"))


def test_a_full_disk_leaves_nothing(
    inside: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(old: str, new: str) -> None:
        raise OSError(28, "No space left on device", new)

    monkeypatch.setattr(os, "replace", full)
    assert "No space left" in _refused(backend.build_wheel, str(tmp_path / "out"))
    assert list((tmp_path / "out").iterdir()) == []


def test_what_is_missing_is_named(inside: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(*_: object) -> None:
        raise ModuleNotFoundError("No module named 'yaml'", name="yaml")

    monkeypatch.setattr(backend, "_wheel", gone)
    assert "pip install 'looplet[compiler]'" in _refused(backend.build_wheel, "out")


def test_an_sdist_that_was_changed(
    inside: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with tarfile.open(tmp_path / backend.build_sdist(str(tmp_path))) as archive:
        archive.extractall(tmp_path / "src", filter="data")
    whole = tmp_path / "src" / "minimal-1.0.0"
    for name, text in {
        "cartridge/tools/done/execute.py": "import os\n",
        "cartridge/more.py": "x = 1\n",
        "CARTRIDGE-INFO/ir.json": "{}\n",
        "CARTRIDGE-INFO/RECORD": "",
        "CARTRIDGE-INFO/manifest.json": "",
    }.items():
        changed = tmp_path / "changed"
        shutil.copytree(whole, changed)
        monkeypatch.chdir(changed)
        assert backend.build_wheel(str(tmp_path / "out"))
        (changed / name).write_text(text)
        assert "CT7" in _refused(backend.build_wheel, str(tmp_path / "none")), name
        shutil.rmtree(changed)
    assert not (tmp_path / "none").exists()


def test_an_sdist_whose_preset_is_of_other_files(
    inside: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """RECORD is right, the tree digest is right, and yet it would run as something else."""
    from dataclasses import replace

    from looplet.compiler.archive import sdist as archive_sdist

    package = packed(inside)
    preset = {**package.ir["preset"], "config": {"max_steps": 99, "done_tool": "done"}}
    ir = {**package.ir, "preset": preset}
    from looplet.preset import AgentPreset

    files = {path: file for layer in [package.files] for path, file in layer.items()}
    values = AgentPreset.from_values(
        preset, {path: files[f"cartridge/{path}"] for path in preset["files"]}
    )
    manifest = {
        **package.manifest,
        "digests": {**package.manifest["digests"], "meaning": values.digest},
    }
    lying = replace(package, ir=ir, manifest=manifest)
    name, data = archive_sdist.sdist_of(lying, "")
    (tmp_path / name).write_bytes(data)
    with tarfile.open(tmp_path / name) as archive:
        archive.extractall(tmp_path / "src", filter="data")
    monkeypatch.chdir(tmp_path / "src" / "minimal-1.0.0")
    text = _refused(backend.build_wheel, str(tmp_path / "out"))
    assert "config.max_steps" in text
