"""`build`, `unpack` and `hash`, as people type them."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

import pytest
from archive_places import HELLO

from looplet.compiler import cartridge_to_preset
from looplet.compiler.archive.opening import open_package
from looplet.compiler.cli import main
from looplet.compiler.source import read_folder

Said = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every command is typed in an empty folder."""
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")


def test_build_and_back(hello: Path, capsys: Said) -> None:
    assert main(["build", str(hello)]) == 0
    said = capsys.readouterr()
    file = Path("dist/hello-1.0.0.cartridge")
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    preset = cartridge_to_preset(hello)
    package = open_package(file)
    count = len(read_folder(str(hello))[0].files)
    size = f"{file.stat().st_size:,}"
    assert said.out == (
        f"wrote dist/hello-1.0.0.cartridge ({size} bytes, {count} files)\n"
        f"tree     {package.tree_digest}\nmeaning  {preset.digest}\narchive  {digest}\n"
    )
    assert said.err == "" and os.listdir("dist") == ["hello-1.0.0.cartridge"]

    assert main(["unpack", str(file), "out"]) == 0
    assert capsys.readouterr().out == f"wrote out: hello 1.0.0, {count} files\n"
    assert read_folder("out")[0].files == read_folder(str(hello))[0].files


def test_build_elsewhere_and_again(hello: Path, capsys: Said) -> None:
    assert main(["build", str(hello), "-o", "a/b", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    file = Path("a/b/hello-1.0.0.cartridge")
    first = file.read_bytes()
    assert said["file"] == str(file) and said["size"] == len(first)
    assert said["archive"] == hashlib.sha256(first).hexdigest()
    assert main(["build", str(hello), "-o", "a/b"]) == 0
    assert file.read_bytes() == first


@pytest.mark.parametrize("out", ["dist", "", "."])
def test_not_into_the_cartridge_itself(out: str, hello: Path, capsys: Said) -> None:
    """The next build would pack what this one wrote."""
    before = read_folder(str(hello))[0].files
    assert main(["build", str(hello), "-o", str(hello / out)]) == 2
    assert "lies in the cartridge" in capsys.readouterr().err
    assert read_folder(str(hello))[0].files == before


@pytest.mark.parametrize("form", ["zip", "wheel"])
def test_a_package_of_a_package_is_that_package(form: str, hello: Path, capsys: Said) -> None:
    """From a folder, a name, a zip and a wheel, the same file comes out."""
    built = []
    for place in (str(hello), "hello"):
        assert main(["build", place, "-o", "first", "--format", form]) == 0
        (file,) = Path("first").iterdir()
        built.append(file.read_bytes())
    for other in ("zip", "wheel"):
        assert main(["build", str(file), "-o", other, "--format", other]) == 0
        (again,) = Path(other).iterdir()
        assert main(["build", str(again), "-o", f"{other}-again", "--format", form]) == 0
        (last,) = Path(f"{other}-again").iterdir()
        assert last.name == file.name
        built.append(last.read_bytes())
    assert len(set(built)) == 1
    capsys.readouterr()


def test_hash_says_what_build_would_make(hello: Path, capsys: Said) -> None:
    assert main(["hash", str(hello), "--json"]) == 0
    folder = json.loads(capsys.readouterr().out)
    assert not Path("dist").exists()
    main(["build", str(hello)])
    main(["build", str(hello), "--format", "wheel"])
    capsys.readouterr()
    for place in ("dist/hello-1.0.0.cartridge", "hello"):
        assert main(["hash", place, "--json"]) == 0
        assert json.loads(capsys.readouterr().out) == folder
    wheel = "dist/hello-1.0.0-py3-none-any.whl"
    assert main(["hash", wheel, "--json"]) == 0
    digest = hashlib.sha256(Path(wheel).read_bytes()).hexdigest()
    assert json.loads(capsys.readouterr().out) == {**folder, "archive": digest}
    assert main(["hash", str(hello)]) == 0
    keys = ("tree", "meaning", "archive")
    assert capsys.readouterr().out == "".join(f"{key:<8} {folder[key]}\n" for key in keys)


def test_what_changes_which_digest(hello: Path, capsys: Said) -> None:
    def digests() -> dict[str, str]:
        assert main(["hash", str(hello), "--json"]) == 0
        found: dict[str, str] = json.loads(capsys.readouterr().out)
        return found

    before = digests()
    config = hello / "config.yaml"
    config.write_text(config.read_text() + "# a comment\n")
    comment = digests()
    assert comment["meaning"] == before["meaning"]
    assert comment["tree"] != before["tree"] and comment["archive"] != before["archive"]
    readme = hello / "README.md"
    readme.chmod(readme.stat().st_mode | 0o100)
    assert digests()["tree"] not in (before["tree"], comment["tree"])
    config.write_text(config.read_text() + "x-more: 1\n")
    assert digests()["meaning"] != before["meaning"]


# ── what is refused ───────────────────────────────────────────────────────────────────────────────


def test_what_does_not_check_clean_is_not_built(hello: Path, capsys: Said) -> None:
    (hello / "config.yaml").write_text("max_step: 3\n")
    main(["check", str(hello), "--no-cache"])
    checked = capsys.readouterr().out
    for command in ("build", "hash"):
        assert main([command, str(hello)]) == 1
        said = capsys.readouterr()
        assert said.out == "" and said.err == checked
        assert main([command, str(hello), "--json"]) == 1
        assert json.loads(capsys.readouterr().out)["summary"]["errors"] >= 1
    assert os.listdir(".") == []


def test_a_warning_is_said_and_does_not_refuse(hello: Path, capsys: Said) -> None:
    (hello / "runtime.yaml").write_text("")  # CT119
    main(["check", str(hello), "--no-cache"])
    checked = capsys.readouterr().out
    assert "warning[CT119]" in checked
    assert main(["build", str(hello)]) == 0
    assert capsys.readouterr().err == checked


def test_a_name_that_is_not_nfc_is_to_be_renamed(hello: Path, capsys: Said) -> None:
    (hello / "cafe\u0301.md").write_text("x")
    assert main(["build", str(hello)]) == 1
    said = capsys.readouterr().err
    assert "error[CT744]" in said and r"rename it from `cafe\u0301.md` to `caf\xe9.md`" in said
    assert os.listdir(".") == []


@pytest.mark.parametrize("command", ["build", "hash", "unpack"])
def test_nothing_of_that_name(command: str, capsys: Said) -> None:
    arguments = ["out"] if command == "unpack" else []
    assert main([command, "no-such-agent", *arguments]) == 1
    said = capsys.readouterr()
    assert "error[CT" in said.err and "no-such-agent" in said.err and not said.out
    assert os.listdir(".") == []


def test_a_folder_is_not_unpacked(hello: Path, capsys: Said) -> None:
    assert main(["unpack", str(hello), "out"]) == 1
    assert "this is no package but a folder" in capsys.readouterr().err


def test_a_file_of_a_folder_that_has_files_is_usage(hello: Path, capsys: Said) -> None:
    main(["build", str(hello)])
    Path("out").mkdir()
    Path("out/mine").write_text("x")
    capsys.readouterr()
    assert main(["unpack", "dist/hello-1.0.0.cartridge", "out"]) == 2
    said = capsys.readouterr().err
    assert "out is there already; give a new folder, or an empty one" in said
    assert os.listdir("out") == ["mine"]


def test_a_wrong_date_is_usage(hello: Path, capsys: Said, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "yesterday")
    assert main(["build", str(hello)]) == 2
    assert "SOURCE_DATE_EPOCH is a number of seconds since 1970" in capsys.readouterr().err
    assert os.listdir(".") == []


def test_a_place_that_cannot_be_written(hello: Path, capsys: Said) -> None:
    Path("dist").write_text("a file")
    assert main(["build", str(hello)]) == 2
    said = capsys.readouterr().err
    assert said.startswith("looplet-compile: ") and "dist" in said and "Traceback" not in said


def test_a_lock_that_is_not_of_this_cartridge_is_not_packed(hello: Path, capsys: Said) -> None:
    (hello / "cartridge.lock").write_text("{}\n")
    assert main(["build", str(hello)]) == 1
    assert "error[CT78" in capsys.readouterr().err
    assert os.listdir(".") == []


def test_parents_that_are_named_are_said_to_be_left_out(hello: Path, capsys: Said) -> None:
    child = hello.with_name("child.cartridge")
    child.mkdir()
    (child / "cartridge.json").write_text(
        '{"name": "child", "schema_version": 2, "version": "2.0.0"}\n'
    )
    (child / "config.yaml").write_text("extends: hello\n")
    assert main(["build", str(child)]) == 0
    capsys.readouterr()
    assert main(["unpack", "dist/child-2.0.0.cartridge", "out"]) == 0
    said = capsys.readouterr()
    assert said.out == "wrote out: child 2.0.0, 2 files\n"
    assert said.err == "not written: hello, which it extends by name: install that, too\n"


def test_parents_beside_are_unpacked_beside(hello: Path, capsys: Said) -> None:
    child = hello.with_name("child.cartridge")
    child.mkdir()
    (child / "cartridge.json").write_text(
        '{"name": "child", "schema_version": 2, "version": "2.0.0"}\n'
    )
    (child / "config.yaml").write_text("extends: ../hello.cartridge\n")
    main(["build", str(child)])
    capsys.readouterr()
    assert main(["unpack", "dist/child-2.0.0.cartridge", "out"]) == 0
    assert "; the agent is in child.cartridge\n" in capsys.readouterr().out
    assert sorted(os.listdir("out")) == ["child.cartridge", "hello.cartridge"]
    assert read_folder("out/hello.cartridge")[0].files == read_folder(str(HELLO))[0].files
