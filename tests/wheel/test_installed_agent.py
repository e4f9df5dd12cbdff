"""Installed with pip and with uv, in environments of their own, offline: the agent runs there.

These are slow, a second and more each, so each asks several questions.
"""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from environments import ROOT, Environment, run
from wheel_cases import packed, said

from looplet.compiler.archive.wheel import wheel_of
from looplet.compiler.commands.scaffold import write
from looplet.compiler.source import read_folder

BUILD = (sys.executable, "-m", "build", "--no-isolation", "--skip-dependency-check")
HERE = ("--no-build-isolation", "--no-deps")


@pytest.fixture
def first(tmp_path: Path) -> Path:
    """A new cartridge, as `looplet-compile new` writes it."""
    return Path(write("first", ["search"], str(tmp_path)))


def _put(root: Path, wheels: Path) -> Path:
    wheel = wheel_of(packed(root), str(root))
    (wheels / wheel.filename).write_bytes(wheel.data())
    return wheels / wheel.filename


def _tree(folder: Path) -> dict[str, tuple[bytes, bool]]:
    tree, findings = read_folder(str(folder))
    assert findings == []
    return {path: (file.data, file.executable) for path, file in tree.files.items()}


@pytest.fixture(params=["pip", "uv"])
def installer(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def clean(bare: Environment, full: Environment) -> Iterator[None]:
    """Whatever was installed is gone afterwards."""
    yield
    for environment in (bare, full):
        names = [path.name.partition("-")[0] for path in environment.site.glob("*.dist-info")]
        if agents := [name for name in names if name != "looplet"]:
            environment.uv("uninstall", *agents)


@pytest.mark.usefixtures("clean")
def test_from_a_wheel_with_nothing_but_the_core(
    installer: str, minimal: Path, bare: Environment, wheels: Path, tmp_path: Path
) -> None:
    said(minimal, description="Does 100% of %(prog)s as asked.")
    _put(minimal, wheels)
    getattr(bare, installer)("install", "minimal")
    listed = json.loads(bare.run("looplet", "list", "--json"))
    assert ("minimal", "1.0.0", "") in {
        (each["name"], each["version"], each["problem"]) for each in listed
    }
    ways = [
        ("minimal",),
        ("python", "-m", "minimal_cartridge"),
        ("looplet", "run", "minimal"),
    ]
    for command, *arguments in ways:
        text = bare.run(command, *arguments, "Go", "--scripted", "--json", cwd=tmp_path)
        assert json.loads(text.splitlines()[-1])["result"]["summary"] == "as asked"
    assert bare.run("minimal", "--version").startswith("minimal 1.0.0 (looplet 1.")
    usage = bare.run("minimal", "--help")
    assert usage.startswith("usage: minimal ") and "Does 100% of %(prog)s as asked." in usage
    assert "usage: minimal" in bare.run("minimal", status=2)
    # As it was found, and the next time it may be by another one of the same name.
    at = json.dumps([str(bare.site / "minimal-1.0.0.dist-info")])
    imported = bare.run(
        "python", "-c", "import minimal_cartridge as m, json; print(json.dumps([m.INFO]))"
    )
    assert json.loads(imported)[0] in at


@pytest.mark.usefixtures("clean")
def test_what_is_installed_is_the_folder_byte_for_byte(
    installer: str, odd: Path, full: Environment, wheels: Path
) -> None:
    wheel = _put(odd, wheels)
    getattr(full, installer)("install", "--no-deps", str(wheel))
    inside = full.site / "my_agent_2-1.0.0b2.dist-info" / "cartridge"
    assert _tree(inside) == _tree(odd)
    assert "1.0.0b2" in full.run("my-agent-2", "--version") or "1.0.0-beta.2" in full.run(
        "my-agent-2", "--version"
    )
    getattr(full, installer)("uninstall", *(["-y"] if installer == "pip" else []), "my-agent-2")
    assert not list(full.site.glob("my_agent_2*"))


@pytest.mark.usefixtures("clean")
def test_from_the_folder(installer: str, first: Path, full: Environment) -> None:
    before = _tree(first)
    getattr(full, installer)("install", *HERE, str(first))
    assert _tree(first) == before
    assert "first runs" in full.run("first", "Go", "--scripted")
    assert _tree(full.site / "first-0.1.0.dist-info" / "cartridge") == before


@pytest.mark.usefixtures("clean")
def test_editable(installer: str, first: Path, full: Environment) -> None:
    getattr(full, installer)("install", *HERE, "-e", str(first))
    assert "first runs" in full.run("first", "Go", "--scripted")
    done = first / "tools" / "done" / "execute.py"
    done.write_text(done.read_text().replace(": summary}", ": summary.upper()}"))
    assert "FIRST RUNS" in full.run("first", "Go", "--scripted")
    assert "FIRST RUNS" in full.run("looplet", "run", "first", "Go", "--scripted")
    (first / "config.yaml").write_text("max_stpes: 3\n")
    text = full.run("first", "Go", "--scripted", status=2)
    assert "did you mean `max_steps`?" in text and "Traceback" not in text
    shutil.rmtree(first)
    text = full.run("first", "Go", "--scripted", status=2)
    assert "is gone" in text and "Traceback" not in text


def test_a_mistake_is_what_the_installer_shows(
    installer: str, first: Path, full: Environment
) -> None:
    (first / "config.yaml").write_text("max_stpes: 3\n")
    text = getattr(full, installer)("install", *HERE, str(first), check=False)
    assert "first.cartridge/config.yaml:1:1: error[CT201]" in text
    assert "did you" in text and "Traceback" not in text
    assert not list(full.site.glob("first*"))


def test_build_writes_the_same_wheel_by_way_of_the_sdist(
    first: Path, wheels: Path, tmp_path: Path
) -> None:
    run([*BUILD, str(first), "--outdir", str(tmp_path / "both")])
    run([*BUILD, str(first), "--outdir", str(tmp_path / "one"), "--wheel"])
    names = {path.name for path in (tmp_path / "both").iterdir()}
    assert names == {"first-0.1.0.tar.gz", "first-0.1.0-py3-none-any.whl"}
    wheel = wheel_of(packed(first), "")
    for folder in ("both", "one"):
        assert (tmp_path / folder / wheel.filename).read_bytes() == wheel.data()
    run([sys.executable, "-m", "twine", "check", "--strict", *map(str, tmp_path.glob("both/*"))])
    uv = [sys.executable, "-m", "uv", "tool", "run", "--python", sys.executable]
    offline = ["--no-index", "--find-links", str(wheels), "--cache-dir", str(tmp_path / "cache")]
    at = str(tmp_path / "one" / wheel.filename)
    text = run([*uv, *offline, "--from", at, "first", "Go", "--scripted"], cwd=tmp_path)
    assert "first runs" in text


@pytest.mark.usefixtures("clean")
def test_a_damaged_one_says_what_to_do(minimal: Path, bare: Environment, wheels: Path) -> None:
    _put(minimal, wheels)
    bare.uv("install", "--link-mode", "copy", "minimal")
    info = bare.site / "minimal-1.0.0.dist-info"
    code = info / "cartridge" / "tools" / "done" / "execute.py"
    code.write_text(code.read_text() + "# changed in place\n")
    for damage in (None, info / "CARTRIDGE-INFO", info / "entry_points.txt", info):
        if damage is not None:
            shutil.rmtree(damage) if damage.is_dir() else damage.unlink()
        # A package that is not whole is 1; where there is none to open, 2.
        status = 1 if damage is None else 2
        text = bare.run("minimal", "Go", "--scripted", status=status)
        assert "install" in text and "minimal" in text and "Traceback" not in text
        said = bare.run("looplet", "run", "minimal", "Go", status=status)
        assert "Traceback" not in said
    shutil.rmtree(bare.site / "minimal_cartridge")
    (bare.folder / "bin" / "minimal").unlink()


@pytest.mark.usefixtures("clean")
def test_shipped_ones_run_installed(full: Environment, wheels: Path, tmp_path: Path) -> None:
    for name in ("hello", "git_detective"):
        _put(ROOT / "cartridges" / f"{name}.cartridge", wheels)
    full.uv("install", "--no-deps", "hello", "git-detective")
    text = full.run("hello", "Greet Ada and Grace", "--scripted", cwd=tmp_path)
    assert "I greeted Ada warmly" in text
    task = ("Where is the risk?", "--input", f"repo={ROOT}", "--scripted")
    assert "done(" in full.run("git-detective", *task, cwd=tmp_path)
