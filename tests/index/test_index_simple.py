"""`simple/` beside an index: pip and uv install from it, by http and from the folder."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from loopback import serving
from made_packages import archive, cartridge

from looplet.compiler.cli import main
from looplet.compiler.index.fetch import fetch


@pytest.fixture
def wheels(dist: Path, source: Path) -> Path:
    """An index with two wheels of `Git.Agent`, and an archive of the newer one."""
    for version in ("1.0.0", "1.1.0"):
        root = cartridge(source / version, "Git.Agent", version, requires_python=">=3.8")
        assert main(["build", str(root), "-o", str(dist), "--format", "wheel"]) == 0
    assert main(["build", str(source / "1.1.0" / "Git.Agent.cartridge"), "-o", str(dist)]) == 0
    assert main(["index", str(dist)]) == 0
    return dist


def install(target: Path, index: str, *what: str, uv: bool = False) -> str:
    """What the installer says; the installed files are in `target`."""
    if uv:
        command = [sys.executable, "-m", "uv", "pip", "install", "--no-cache"]
        command += ["--python", sys.executable, "--no-config"]
    else:
        command = [sys.executable, "-m", "pip", "--isolated", "install", "--no-cache-dir"]
        command += ["--disable-pip-version-check", "--no-input"]
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("PIP_", "UV_"))}
    ran = subprocess.run(
        [*command, "--no-deps", "--target", str(target), "-i", index, *what],
        capture_output=True,
        text=True,
        env=environment,
    )
    return f"{ran.returncode}\n{ran.stdout}{ran.stderr}"


@pytest.mark.parametrize("uv", [False, True], ids=["pip", "uv"])
@pytest.mark.parametrize("how", ["http", "file"])
def test_an_installer_takes_the_newest_from_it(
    wheels: Path, tmp_path: Path, how: str, uv: bool
) -> None:
    with serving(wheels) as server:
        index = f"{server.url}/simple/" if how == "http" else (wheels / "simple").as_uri()
        said = install(tmp_path / "site", index, "git_agent", uv=uv)
    assert said.startswith("0\n"), said
    names = {path.name for path in (tmp_path / "site").iterdir()}
    assert "git_agent-1.1.0.dist-info" in names


@pytest.mark.parametrize("uv", [False, True], ids=["pip", "uv"])
def test_an_installer_refuses_what_was_changed_since(
    wheels: Path, source: Path, tmp_path: Path, uv: bool
) -> None:
    root = source / "1.1.0" / "Git.Agent.cartridge"
    (root / "prompts" / "system.md").write_text("Be grim.\n")
    assert main(["build", str(root), "-o", str(wheels), "--format", "wheel"]) == 0
    with serving(wheels) as server:
        said = install(tmp_path / "site", f"{server.url}/simple/", "git-agent==1.1.0", uv=uv)
    assert not said.startswith("0\n")
    assert "hash" in said.lower()
    assert not list((tmp_path / "site").glob("git_agent*"))


def test_a_wheel_can_be_named_by_its_own_address(wheels: Path, tmp_path: Path) -> None:
    page = (wheels / "index.html").read_text()
    start = page.index("pip install &#x27;INDEX/") + len("pip install &#x27;INDEX/")
    address = page[start : page.index("&#x27;", start)]
    with serving(wheels) as server:
        said = install(tmp_path / "site", "http://127.0.0.1:9/", f"{server.url}/{address}")
    assert said.startswith("0\n"), said
    assert (tmp_path / "site" / "git_agent-1.1.0.dist-info").is_dir()


def test_a_wheel_can_be_fetched_where_it_is_wanted(wheels: Path) -> None:
    assert fetch(str(wheels), "git-agent").path.endswith("Git.Agent-1.1.0.cartridge")
    assert fetch(str(wheels), "git-agent", suffix=".whl").path.endswith(
        "/git_agent-1.1.0-py3-none-any.whl"
    )
    assert fetch(str(wheels), "git-agent==1.0.0").path.endswith("/git_agent-1.0.0-py3-none-any.whl")


def test_pages_of_what_is_gone_are_removed_and_those_of_others_stay(
    wheels: Path, source: Path
) -> None:
    own = wheels / "simple" / "own" / "index.html"
    own.parent.mkdir()
    own.write_text("<html>my own</html>")
    for path in wheels.glob("*.whl"):
        path.unlink()
    archive(wheels, source, "hello")
    assert main(["index", str(wheels)]) == 0
    assert not (wheels / "simple" / "git-agent").exists()
    assert not (wheels / "simple" / "index.html").exists()
    assert own.read_text() == "<html>my own</html>"


def test_nothing_is_written_into_a_folder_that_is_a_link(
    dist: Path, source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = cartridge(source, "hello")
    assert main(["build", str(root), "-o", str(dist), "--format", "wheel"]) == 0
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (dist / "simple").symlink_to(elsewhere)
    assert main(["index", str(dist)]) == 1
    assert "is not of `looplet-compile index`" in capsys.readouterr().err
    assert list(elsewhere.iterdir()) == []
    assert not (dist / "index.json").exists()


def test_an_archive_and_a_wheel_of_one_version_are_one_release(
    wheels: Path, source: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = source / "1.1.0" / "Git.Agent.cartridge"
    (root / "more.txt").write_text("other\n")
    (wheels / "Git.Agent-1.1.0.cartridge").unlink()
    assert main(["build", str(root), "-o", str(wheels)]) == 0
    assert main(["index", str(wheels)]) == 1
    assert "CT790 " in capsys.readouterr().err
