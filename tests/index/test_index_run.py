"""`--index` of `looplet run` and `looplet list`, and LOOPLET_INDEX."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from loopback import serving
from made_packages import archive

from looplet import cli
from looplet.compiler import cartridge_to_preset
from looplet.compiler.archive.package import pack
from looplet.compiler.archive.zip_writer import stamp, written
from looplet.compiler.cli import main as compile_main

SHIPPED = Path(__file__).parents[2] / "cartridges" / "hello.cartridge"


@pytest.fixture
def index(dist: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An index with `greeter` 1.2.0, which is the shipped `hello` under another name."""
    root = tmp_path / "greeter.cartridge"
    shutil.copytree(SHIPPED, root, ignore=shutil.ignore_patterns("__pycache__"))
    manifest = root / "cartridge.json"
    said = json.loads(manifest.read_text())
    manifest.write_text(json.dumps({**said, "name": "greeter", "version": "1.2.0"}))
    built = pack(cartridge_to_preset(root))
    (dist / "greeter-1.2.0.cartridge").write_bytes(written(built.members(), stamp()))
    assert compile_main(["index", str(dist)]) == 0
    monkeypatch.chdir(tmp_path)
    shutil.rmtree(root)
    return dist


def run(named: str, *more: str) -> int:
    return cli.main(["run", named, "Greet Ada and Grace", "--scripted", "--trust", *more])


def test_a_name_is_fetched_and_run(index: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with serving(index) as server:
        for where in (server.url, str(index)):
            capsys.readouterr()
            assert run("greeter", "--index", where) == 0
            assert "Ada" in capsys.readouterr().out


def test_without_a_yes_nothing_that_was_fetched_runs(
    index: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    code = cli.main(["run", "greeter", "Greet Ada", "--scripted", "--index", str(index)])
    said = capsys.readouterr()
    assert code == 2 and "Ada" not in said.out


def test_an_index_that_is_given_is_the_only_one_that_is_asked(
    index: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # `hello` is shipped; that it is not in the index is what counts.
    capsys.readouterr()
    assert run("hello", "--index", str(index)) == 2
    assert "CT795 there is no hello in it; there are greeter" in capsys.readouterr().err
    assert run("./greeter", "--index", str(index)) == 2
    assert "an index holds names, and './greeter' is a path" in capsys.readouterr().err


def test_the_index_of_the_environment_is_asked_for_what_is_not_here(
    index: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with serving(index) as server:
        monkeypatch.setenv("LOOPLET_INDEX", server.url)
        assert cli.main(["run", "hello", "Greet Ada and Grace", "--scripted"]) == 0
        assert server.asked == []
        assert run("greeter>=1,<2") == 0
        assert server.paths == ["/index.json", "/greeter-1.2.0.cartridge"]
        capsys.readouterr()
        assert run("no/such/path") == 2
        assert run("nobody") == 2
        assert "CT795 there is no nobody in it" in capsys.readouterr().err


def test_a_damaged_file_is_not_run(index: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = index / "greeter-1.2.0.cartridge"
    path.write_bytes(path.read_bytes().replace(b"Hello", b"Hallo"))
    capsys.readouterr()
    assert run("greeter", "--index", str(index)) == 2
    said = capsys.readouterr()
    assert said.out == "" and "CT797 " in said.err


def test_what_an_index_has_is_listed(
    index: Path, source: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    archive(index, source, "zed", "0.1", description="\x1b[2Jone\nline\u202e")
    archive(index, source, "zed", "0.2")
    assert compile_main(["index", str(index)]) == 0
    capsys.readouterr()
    assert cli.main(["list", "--index", str(index)]) == 0
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith("greeter  1.2.0  Greets people")
    assert second == "zed      0.2"
    assert cli.main(["list", "--index", str(index), "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [(row["name"], row["versions"]) for row in rows] == [
        ("greeter", ["1.2.0"]),
        ("zed", ["0.2", "0.1"]),
    ]
    assert cli.main(["list", "--index", str(index / "none")]) == 2
    assert "CT796" in capsys.readouterr().err


def test_nothing_of_a_description_reaches_the_terminal(
    index: Path, source: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    archive(index, source, "zed", "0.1", description="\x1b[2Jone\nline\u202e")
    assert compile_main(["index", str(index)]) == 0
    capsys.readouterr()
    assert cli.main(["list", "--index", str(index)]) == 0
    said = capsys.readouterr().out
    assert "\x1b" not in said and "\u202e" not in said and said.count("\n") == 2
