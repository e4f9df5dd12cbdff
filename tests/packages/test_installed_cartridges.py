"""Installed cartridges: found by metadata alone, and a broken one hides none of the others."""

from __future__ import annotations

import json
import os
import sys
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread

import pytest
from carried_by import bare, files_of, install, wheel, write

from looplet.cli import main
from looplet.installed import Installed, NotInstalled, find, installed


@pytest.fixture
def hello(tmp_path: Path, site: Path) -> Path:
    """The `.dist-info` folder of an installed agent `say-hello` 1.2.0."""
    return put("say-hello", "1.2.0", site)


def put(name: str, version: str, site: Path) -> Path:
    filename, data = _wheel(name, version)
    site.mkdir(exist_ok=True)
    (site.parent / filename).write_bytes(data)
    return install(site.parent / filename, site)


@cache
def _wheel(name: str, version: str) -> tuple[str, bytes]:
    """The file name and the bytes of an agent's wheel."""
    with TemporaryDirectory() as folder:
        root = write(Path(folder, "it.cartridge"), files_of(name, version=version))
        made = wheel(root, Path(folder))
        return made.name, made.read_bytes()


def only(name: str) -> Installed:
    (one,) = [each for each in installed() if each.name == name]
    return one


def test_what_is_installed(hello: Path) -> None:
    one = only("say-hello")
    assert one == (
        *("say-hello", "1.2.0", str(hello), "say-hello"),
        *(False, "", "The agent say-hello."),
    )
    assert find("say-hello") == one
    assert "say_hello_cartridge" not in sys.modules


@pytest.mark.parametrize("name", ["say-hello", "Say_Hello", "say.hello", " say-hello >= 1.2 , <2"])
def test_names_are_compared_as_distributions_are(hello: Path, name: str) -> None:
    assert find(name).name == "say-hello"


@pytest.mark.parametrize(
    ("asked", "rule", "says"),
    [
        ("say-hullo", "missing", "no cartridge 'say-hullo' is installed"),
        ("say-hello>=2", "version", "say-hello 1.2.0 is installed, and say-hello>=2 is asked for"),
        ("say-hello==1.2.1", "version", "pip install 'say-hello==1.2.1'"),
        ("say-hello=>1", "requirement", "'=>1' says no versions; write them as >=1.2,<2"),
        ("say-hello[extra]", "requirement", "is no name of a cartridge"),
        ("say-hello; x == 1", "requirement", "is no name of a cartridge"),
        ("-hello", "requirement", "is no name of a cartridge"),
        ("", "requirement", "is no name of a cartridge"),
    ],
)
def test_what_cannot_be_meant(hello: Path, asked: str, rule: str, says: str) -> None:
    with pytest.raises(NotInstalled) as refusal:
        find(asked)
    assert (refusal.value.rule, says in str(refusal.value)) == (rule, True), str(refusal.value)


def test_a_version_that_nobody_can_compare(site: Path) -> None:
    info = put("odd", "1.0.0", site)
    manifest = info / "CARTRIDGE-INFO/manifest.json"
    manifest.write_text(manifest.read_text().replace('"1.0.0"', '"first"'))
    assert find("odd").version == "first"
    with pytest.raises(NotInstalled, match="'first' is no version that can be compared"):
        find("odd>=1")


BREAK = {
    "no manifest": ("CARTRIDGE-INFO/manifest.json", None, "manifest.json is missing"),
    "no JSON": ("CARTRIDGE-INFO/manifest.json", b"{", "its metadata is broken: Expecting property"),
    "no mapping": ("CARTRIDGE-INFO/manifest.json", b"[]", "manifest.json is no mapping"),
    "empty": ("CARTRIDGE-INFO/manifest.json", b"{}", "its metadata is broken: there is no 'name'"),
    "bytes": ("CARTRIDGE-INFO/manifest.json", b"\xff", "its metadata is broken: 'utf-8' codec"),
    "deep": ("CARTRIDGE-INFO/manifest.json", b"[" * 100_000, "its metadata is broken: "),
    "another": (
        "CARTRIDGE-INFO/manifest.json",
        b'{"name": "x", "version": "1", "description": ""}',
        "its package is 'x', not 'bad'",
    ),
    "entries": (
        "entry_points.txt",
        b"[looplet.cartridges]\nbad\n",
        "its entry_points.txt cannot be read: 'bad' is no entry",
    ),
    "entries in latin": (
        "entry_points.txt",
        b"[looplet.cartridges]\nb\xe4d = bad\n",
        "its entry_points.txt cannot be read: 'utf-8' codec",
    ),
    "no name": (
        "entry_points.txt",
        b"[looplet.cartridges]\n../bad = bad\n",
        "its entry point has no name of a cartridge",
    ),
    "pointer": ("CARTRIDGE-INFO/editable.json", b'{"folder": "here"}', "names no folder"),
    "gone": ("CARTRIDGE-INFO/editable.json", b'{"folder": "/nowhere/x"}', "/nowhere/x is gone"),
}


@pytest.mark.parametrize("how", BREAK)
def test_broken_metadata_beside_good(
    hello: Path, site: Path, how: str, capsys: pytest.CaptureFixture[str]
) -> None:
    info = put("bad", "1.0.0", site)
    name, data, says = BREAK[how]
    if data is None:
        (info / name).unlink()
    else:
        (info / name).write_bytes(data)
    assert find("say-hello").problem == ""
    (bad,) = [each for each in installed() if each.path in (str(info), "/nowhere/x")]
    assert says in bad.problem, bad.problem
    assert main(["list"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert any(line.startswith("say-hello ") for line in lines)
    assert sum("cannot be used: " in line for line in lines) == 1
    if bad.name == "bad":
        with pytest.raises(NotInstalled, match="the installed cartridge 'bad' cannot be used: "):
            find("bad")


def test_a_distribution_that_cannot_be_read_hides_nothing(hello: Path, site: Path) -> None:
    (site / "a-1.dist-info").write_text("a file")
    (site / "b-1.dist-info" / "entry_points.txt").mkdir(parents=True)
    (site / "c-1.dist-info").symlink_to("c-1.dist-info")
    assert only("say-hello").problem == ""


def test_two_distributions_of_one_name(hello: Path, site: Path) -> None:
    other = site / "other-2.0.0.dist-info"
    hello.rename(hello.with_name("kept"))
    put("say-hello", "1.2.0", site)
    (site / "kept").rename(other)
    problems = {each.problem for each in installed() if each.name == "say-hello"}
    assert problems == {"other and say-hello both give it; pip uninstall one"}
    with pytest.raises(NotInstalled) as refusal:
        find("say-hello")
    assert refusal.value.rule == "twice" and "other and say-hello" in str(refusal.value)


def test_one_distribution_in_two_versions(hello: Path, site: Path) -> None:
    put("say-hello", "1.3.0", site)
    assert {each.version for each in installed() if each.name == "say-hello"} == {"1.2.0", "1.3.0"}
    with pytest.raises(NotInstalled, match="say-hello is installed in two versions"):
        find("say-hello")


def test_what_is_first_on_the_path_hides_the_same_behind_it(
    hello: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nearer = tmp_path / "nearer"
    put("say-hello", "2.0.0", nearer)
    monkeypatch.syspath_prepend(nearer)
    assert find("say-hello").version == "2.0.0"


def test_nothing_is_installed_in_the_folder_one_stands_in(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put("planted", "1.0.0", here)
    monkeypatch.setattr(sys, "path", ["", *sys.path])
    with pytest.raises(NotInstalled):
        find("planted")


def test_an_editable_one_is_what_its_folder_says_now(site: Path, tmp_path: Path) -> None:
    from looplet import cartridge_to_preset
    from looplet.compiler.archive.package import pack
    from looplet.compiler.archive.wheel import editable_wheel

    root = write(tmp_path / "edited.cartridge", files_of("edited"))
    made = editable_wheel(pack(cartridge_to_preset(root)), str(root), str(root))
    (tmp_path / made.filename).write_bytes(made.data())
    install(tmp_path / made.filename, site)
    assert find("edited")[:6] == ("edited", "1.0.0", str(root), "edited", True, "")
    write(root, files_of("edited", "max_steps: 7\n", version="1.5.0"))
    assert find("edited>1").version == "1.5.0"
    assert cartridge_to_preset("edited").config_values["max_steps"] == 7


# ── looplet list ──────────────────────────────────────────────────────────────────────────────────


def test_the_list(hello: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list"]) == 0
    rows = [line.split(maxsplit=3) for line in capsys.readouterr().out.splitlines()]
    assert ["say-hello", "1.2.0", "installed", "The agent say-hello."] in rows
    assert ["hello", "1.0.0", "shipped"] in [row[:3] for row in rows]


def test_the_list_as_json(hello: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list", "--json"]) == 0
    (one,) = [each for each in json.loads(capsys.readouterr().out) if each["name"] == "say-hello"]
    assert one == {
        "name": "say-hello",
        "version": "1.2.0",
        "origin": "installed",
        "description": "The agent say-hello.",
        "path": str(hello),
        "problem": "",
    }


def test_an_installed_one_stands_before_the_shipped_one_of_its_name(
    site: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    put("hello", "9.0.0", site)
    assert main(["list"]) == 0
    names = [line.split()[:3] for line in capsys.readouterr().out.splitlines()]
    assert [row for row in names if row[0] == "hello"] == [["hello", "9.0.0", "installed"]]


def test_what_is_said_of_itself_cannot_drive_the_terminal(
    hello: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    manifest = hello / "CARTRIDGE-INFO/manifest.json"
    manifest.write_text(manifest.read_text().replace("The agent", "\\u001b[2J\\nThe agent"))
    assert main(["list"]) == 0
    out = capsys.readouterr().out
    assert "\x1b" not in out and "\\x1b[2J" in out


def test_the_list_needs_nothing_but_the_core(hello: Path, site: Path) -> None:
    code = "from looplet.cli import main; main(['list'])\n"
    code += "assert not {'importlib.metadata', 'email', 'looplet.preset'} & {*sys.modules}\n"
    out = bare(code, site=site)
    assert "say-hello" in out and "hello" in out


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_in_the_place_of_metadata_is_not_waited_for(hello: Path, site: Path) -> None:
    strange = site / "strange-1.0.dist-info"
    strange.mkdir()
    os.mkfifo(strange / "entry_points.txt")
    names: list[str] = []
    looking = Thread(target=lambda: names.extend(one.name for one in installed()), daemon=True)
    looking.start()
    looking.join(5)
    assert "say-hello" in names
