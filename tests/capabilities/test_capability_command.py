"""`looplet-compile capabilities`: the table, JSON, exit codes, packages, what is broken."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from test_capability_checks import cartridge, manifest

from looplet.compiler.cli import main

CODE = "\nimport socket\nimport os\n\nHOME = os.environ\n" + "open('a')\n" * 7 + "eval('1')\n"


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    status = main(["capabilities", *map(str, arguments)])
    said = capsys.readouterr()
    return status, said.out, said.err


@pytest.fixture
def made(tmp_path: Path) -> Path:
    declared = ["files", "environment", "model"]
    return cartridge(tmp_path / "a.cartridge", CODE, manifest(capabilities=declared))


def test_the_table(made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = run(capsys, made)
    assert (status, err) == (1, "")
    assert out == (
        "capability   declared  found\n"
        "files        yes       read\n"
        "network      no        yes\n"
        "processes    no        no\n"
        "environment  yes       yes\n"
        "model        yes       no\n"
        "undecided              1\n"
        "\n"
        "files:\n"
        + "".join(
            f"  tools/done.py:{line}:1  calls `open` (read)  [tools/done]\n"
            for line in range(12, 17)
        )
        + "  and 2 more; --all shows them\n"
        "\n"
        "network:\n"
        "  tools/done.py:8:8  imports `socket`  [tools/done]\n"
        "\n"
        "environment:\n"
        "  tools/done.py:11:8  uses `os.environ`  [tools/done]\n"
        "\n"
        "undecided:\n"
        "  tools/done.py:19:1  calls `eval`: runs a text as code, or makes code  [tools/done]\n"
        "\n"
        'not declared; if it is meant to be, write "capabilities": '
        '["files", "environment", "model", "network"]\n'
    )
    assert "tools/done.py:18:1" in run(capsys, made, "--all")[1]


def test_as_json(made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = run(capsys, made, "--json")
    data = json.loads(out)
    assert status == 1 and data["version"] == 1
    assert list(data["reached"]) == ["files", "network", "environment"]
    assert len(data["reached"]["files"]) == 7


def test_all_is_declared(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = cartridge(tmp_path / "a.cartridge", "", manifest())
    status, out, err = run(capsys, made)
    assert (status, err) == (0, "") and "files        –         no\n" in out


def test_a_cartridge_with_other_mistakes_is_shown_all_the_same(
    made: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (made / "config.yaml").write_text("max_stpes: 3\n")
    status, out, err = run(capsys, made)
    assert status == 1 and "imports `socket`" in out and "does not check clean" in err


def test_nothing_is_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = run(capsys, tmp_path / "none.cartridge")
    assert status == 1 and not out and "CT001" in err
    assert json.loads(run(capsys, tmp_path / "none.cartridge", "--json")[1])["diagnostics"]


def test_a_package_says_what_its_folder_says(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    every = ["files", "environment", "model", "network"]
    folder = cartridge(tmp_path / "a.cartridge", CODE, manifest(capabilities=every))
    assert main(["build", str(folder), "-o", str(tmp_path / "dist")]) == 0
    capsys.readouterr()
    (package,) = (tmp_path / "dist").iterdir()
    assert run(capsys, package, "--all") == run(capsys, folder, "--all")


def test_nothing_of_it_is_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    mark = tmp_path / "ran"
    code = f"\nopen({str(mark)!r}, 'w').close()\n"
    made = cartridge(tmp_path / "a.cartridge", code, manifest(), **{"other.py": code})
    before = sorted(path.name for path in made.rglob("*"))
    run(capsys, made)
    assert not mark.exists() and sorted(path.name for path in made.rglob("*")) == before
