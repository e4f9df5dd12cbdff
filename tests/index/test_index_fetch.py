"""Fetching by name from an index: which release, which file, held against what is listed."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from loopback import serving
from made_packages import archive

from looplet.compiler.archive.errors import PackageError
from looplet.compiler.cli import main
from looplet.compiler.index.fetch import Fetched, fetch


def index(folder: Path) -> str:
    assert main(["index", str(folder)]) == 0
    return str(folder)


def code(where: str, requirement: str = "hello") -> str:
    """The code that this is refused with."""
    with pytest.raises(PackageError) as caught:
        fetch(where, requirement)
    return caught.value.diagnostic.code


def edit(folder: Path, **changes: Any) -> None:
    """Change the one listed file, or with `release` its release."""
    path = folder / "index.json"
    document = json.loads(path.read_bytes())
    (release,) = next(iter(document["packages"].values()))
    release.update(changes.pop("release", {}))
    release["files"][0].update(changes)
    path.write_text(json.dumps(document))


# ── what a name means ─────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("requirement", "version"),
    [
        ("hello", "1.10.0"),
        ("Hello", "1.10.0"),
        (" hello ", "1.10.0"),
        ("hello==1.9.0", "1.9.0"),
        ("hello == 1.9.0", "1.9.0"),
        ("hello==2.0.0rc1", "2.0.0rc1"),
        ("hello>=1.2,<1.10", "1.9.0"),
        ("hello~=1.0", "1.10.0"),
        ("hello!=1.10.0", "1.9.0"),
        ("hello>=2.0.0rc1", "2.0.0rc1"),
        ("hello===nightly", "nightly"),
    ],
)
def test_a_requirement_means_one_release(
    dist: Path, source: Path, requirement: str, version: str
) -> None:
    for each in ("1.9.0", "1.10.0", "2.0.0rc1", "nightly"):
        archive(dist, source, version=each)
    got = fetch(index(dist), requirement)
    assert (got.name, got.version) == ("hello", version)
    assert Path(got.path).name == f"hello-{version}.cartridge"


def test_a_prerelease_is_taken_where_there_is_nothing_else(dist: Path, source: Path) -> None:
    archive(dist, source, version="2.0.0rc1")
    assert fetch(index(dist), "hello").version == "2.0.0rc1"


@pytest.mark.parametrize(
    ("requirement", "said"),
    [
        ("helo", "there is no helo in it; did you mean hello?"),
        ("nothing", "there is no nothing in it; there are hello"),
        ("hello>=3", "no release of hello fits >=3; there are 1.0.0"),
        ("hello==1.0", "1.0.0"),
        ("hello>=x", "says no versions"),
        ("../hello", "is no name of a cartridge"),
        ("", "is no name of a cartridge"),
        ("-rf", "is no name of a cartridge"),
    ],
)
def test_what_is_not_there_is_said_with_what_is(
    dist: Path, source: Path, requirement: str, said: str
) -> None:
    archive(dist, source)
    where = index(dist)
    if requirement == "hello==1.0":
        assert fetch(where, requirement).version == said  # as the standards compare
        return
    with pytest.raises(PackageError) as caught:
        fetch(where, requirement)
    assert caught.value.diagnostic.code == "CT795"
    assert said in str(caught.value)


# ── from a folder, from a server ──────────────────────────────────────────────────────────────────


def test_what_was_fetched_is_kept_under_its_sha256(dist: Path, source: Path, cache: Path) -> None:
    path = archive(dist, source)
    got = fetch(index(dist), "hello")
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    assert got == Fetched(
        str(cache / "packages" / sha256 / "hello-1.0.0.cartridge"), "hello", "1.0.0", sha256
    )
    assert Path(got.path).read_bytes() == path.read_bytes()
    assert os.stat(cache / "packages").st_mode & 0o077 == 0


@pytest.mark.parametrize("tail", ["", "/", "/index.json", "/index.html"])
def test_an_address_may_end_as_people_copy_it(dist: Path, source: Path, tail: str) -> None:
    archive(dist, source)
    where = index(dist)
    assert fetch(where + tail, "hello").version == "1.0.0"
    assert fetch(f"file://{where}{tail}", "hello").version == "1.0.0"
    with serving(dist) as server:
        assert fetch(server.url + tail, "hello").version == "1.0.0"


def test_a_file_is_fetched_once_and_used_without_a_network(
    dist: Path, source: Path, cache: Path
) -> None:
    archive(dist, source)
    index(dist)
    with serving(dist) as server:
        first = fetch(server.url, "hello")
        again = fetch(server.url, "hello")
        assert server.paths == ["/index.json", "/hello-1.0.0.cartridge", "/index.json"]
    assert first == again and first.remarks == ()
    offline = fetch(server.url, "hello==1.0.0")
    assert offline.path == first.path
    (remark,) = offline.remarks
    assert remark.startswith(f"{server.url}/: ")
    assert remark.endswith("; going by the index as it was read last")
    shutil.rmtree(cache / "packages")
    assert code(server.url) == "CT796"


def test_a_server_that_says_no_is_believed(dist: Path, source: Path) -> None:
    archive(dist, source)
    index(dist)
    with serving(dist) as server:
        fetch(server.url, "hello")
        (dist / "index.json").unlink()
        assert code(server.url) == "CT796"


def test_a_kept_file_that_was_changed_is_fetched_again(dist: Path, source: Path) -> None:
    archive(dist, source)
    where = index(dist)
    path = Path(fetch(where, "hello").path)
    good = path.read_bytes()
    for bad in (good[:-1], good[:-1] + b"\1", b""):
        path.write_bytes(bad)
        assert Path(fetch(where, "hello").path).read_bytes() == good


def test_a_cache_that_cannot_be_written(
    dist: Path, source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive(dist, source)
    where = index(dist)
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("LOOPLET_CACHE_DIR", str(tmp_path / "file"))
    with pytest.raises(PackageError, match=r"CT796 .* it cannot be kept in .*/file: "):
        fetch(where, "hello")
    monkeypatch.delenv("LOOPLET_CACHE_DIR")
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    with pytest.raises(PackageError, match="set LOOPLET_CACHE_DIR"):
        fetch(where, "hello")


# ── other bytes than those that are listed ────────────────────────────────────────────────────────


def left(cache: Path) -> list[Path]:
    return [path for path in (cache / "packages").rglob("*")]


@pytest.mark.parametrize("what", ["flipped", "shorter", "longer", "empty", "gone"])
def test_other_bytes_than_listed_are_refused_and_not_kept(
    dist: Path, source: Path, cache: Path, what: str
) -> None:
    path = archive(dist, source)
    where = index(dist)
    good = path.read_bytes()
    changed = {
        "flipped": good[:100] + bytes([good[100] ^ 1]) + good[101:],
        "shorter": good[:-1],
        "longer": good + b"\0",
        "empty": b"",
    }
    path.unlink()
    if what in changed:
        path.write_bytes(changed[what])
    expected = "CT796" if what in ("longer", "gone") else "CT797"
    assert code(where) == expected
    with serving(dist) as server:
        assert code(server.url) == expected
    assert left(cache) == []


def test_an_index_that_was_made_for_a_file_that_is_no_package(
    dist: Path, source: Path, cache: Path
) -> None:
    path = archive(dist, source)
    where = index(dist)
    path.write_bytes(b"PK no package")
    edit(dist, size=13, sha256=hashlib.sha256(b"PK no package").hexdigest())
    with pytest.raises(PackageError) as caught:
        fetch(where, "hello")
    assert caught.value.diagnostic.code.startswith("CT7")
    assert caught.value.diagnostic.code < "CT750"
    assert left(cache) == []


@pytest.mark.parametrize(
    "lie",
    [
        {"version": "1.0.1"},
        {"digests": {"tree": "0" * 64, "meaning": "0" * 64}},
    ],
)
def test_a_package_that_is_not_what_the_index_calls_it(
    dist: Path, source: Path, cache: Path, lie: dict[str, Any]
) -> None:
    archive(dist, source)
    where = index(dist)
    edit(dist, release=lie)
    assert code(where) == "CT799"
    assert left(cache) == []


def test_a_package_under_another_name(dist: Path, source: Path, cache: Path) -> None:
    archive(dist, source)
    where = index(dist)
    path = dist / "index.json"
    path.write_text(path.read_text().replace('"hello":', '"trusted":'))
    assert code(where, "trusted") == "CT799"
    assert left(cache) == []


# ── the command ───────────────────────────────────────────────────────────────────────────────────


def test_the_command_puts_the_file_where_it_was_told(
    dist: Path, source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = archive(dist, source)
    where = index(dist)
    capsys.readouterr()
    target = tmp_path / "new" / "folder"
    assert main(["fetch", "hello==1.0.0", "--index", where, "-o", str(target)]) == 0
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    assert capsys.readouterr() == (f"{target}/hello-1.0.0.cartridge\nsha256 {sha256}\n", "")
    assert [each.name for each in target.iterdir()] == ["hello-1.0.0.cartridge"]
    assert (target / "hello-1.0.0.cartridge").read_bytes() == path.read_bytes()


def test_the_environment_can_name_the_index(
    dist: Path,
    source: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    archive(dist, source)
    monkeypatch.setenv("LOOPLET_INDEX", index(dist))
    monkeypatch.chdir(tmp_path)
    assert main(["fetch", "hello"]) == 0
    assert (tmp_path / "hello-1.0.0.cartridge").exists()
    monkeypatch.delenv("LOOPLET_INDEX")
    assert main(["fetch", "hello"]) == 2
    assert "missing option '--index'" in capsys.readouterr().err


def test_the_command_refuses_in_one_line(
    dist: Path, source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = archive(dist, source)
    where = index(dist)
    path.write_bytes(path.read_bytes()[:-1])
    capsys.readouterr()
    assert main(["fetch", "hello", "--index", where, "-o", str(tmp_path / "out")]) == 1
    said = capsys.readouterr()
    assert said.out == "" and said.err.count("\n") == 1
    assert said.err.startswith(f"{where}/hello-1.0.0.cartridge: CT797 ")
    assert not (tmp_path / "out").exists()
    assert main(["fetch", "hello", "--index", where, "--format", "wheel"]) == 1
    assert "1.0.0 has no .whl; there are hello-1.0.0.cartridge" in capsys.readouterr().err


def test_fetching_needs_only_the_standard_library(dist: Path, source: Path) -> None:
    archive(dist, source)
    where = index(dist)
    program = (
        "import sys\n"
        "for name in ('yaml', 'click', 'jsonschema', 'jinja2', 'packaging', 'cryptography'):\n"
        "    sys.modules[name] = None\n"
        "from looplet.compiler.index.fetch import fetch\n"
        f"print(fetch({where!r}, 'hello').version, fetch({where!r}, 'hello==1.0.0').version)\n"
        f"try: fetch({where!r}, 'hello>=1')\n"
        "except Exception as error: print(type(error).__name__, error)\n"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert ran.stderr == ""
    first, refused = ran.stdout.splitlines()
    assert first == "1.0.0 1.0.0"
    assert refused.startswith("PackageError ") and "pip install 'looplet[compiler]'" in refused


# ── other commands ────────────────────────────────────────────────────────────────────────────────


def test_other_commands_take_a_name_from_an_index(
    dist: Path, source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    archive(dist, source, version="1.0.0")
    archive(dist, source, version="1.1.0", extra="more\n")
    where = index(dist)
    assert main(["check", "hello", "--index", where]) == 0
    assert main(["unpack", "hello==1.0.0", str(tmp_path / "out"), "--index", where]) == 0
    said = json.loads((tmp_path / "out" / "cartridge.json").read_text())
    assert said["version"] == "1.0.0"
    capsys.readouterr()
    assert main(["diff", "hello==1.0.0", str(tmp_path / "out"), "--index", where]) == 0
    assert main(["diff", "hello==1.0.0", "hello", "--index", where]) == 1
    assert "1.1.0" in capsys.readouterr().out


@pytest.mark.parametrize("command", [["check"], ["unpack"], ["diff"]])
def test_other_commands_refuse_what_the_index_refuses(
    dist: Path, source: Path, tmp_path: Path, command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    path = archive(dist, source)
    where = index(dist)
    path.write_bytes(path.read_bytes()[:-1])
    capsys.readouterr()
    more = [] if command == ["check"] else [str(tmp_path / "out")]
    assert main([*command, "hello", *more, "--index", where]) == 1
    said = capsys.readouterr()
    assert said.out == "" and said.err.startswith(f"{dist}/hello-1.0.0.cartridge: CT797 ")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("lie", ["version", "name"])
def test_what_was_fetched_before_is_held_against_what_is_listed_now(
    dist: Path, source: Path, lie: str
) -> None:
    """An index cannot pass off an old release, kept from another one, as a new release."""
    archive(dist, source, version="1.0.0")
    kept = Path(fetch(index(dist), "hello").path)
    document = json.loads((dist / "index.json").read_bytes())
    if lie == "version":
        document["packages"]["hello"][0]["version"] = "2.0.0"
    else:
        document["packages"] = {"other": document["packages"]["hello"]}
    (dist / "index.json").write_text(json.dumps(document))
    assert code(str(dist), "hello==2.0.0" if lie == "version" else "other") == "CT799"
    assert kept.is_file()  # it is what it says it is, so the honest index still has it
