"""`looplet-compile index`: what is written, what is refused, and that nothing else is touched."""

from __future__ import annotations

import hashlib
import json
import os
import random
from pathlib import Path

import pytest
from made_packages import archive, cartridge, package

from looplet.compiler import cartridge_to_preset
from looplet.compiler.archive.package import Package, pack
from looplet.compiler.archive.zip_writer import stamp, written
from looplet.compiler.cli import main
from looplet.compiler.index.listing import from_json
from looplet.compiler.signing.dsse import Envelope, Signature, to_bytes
from looplet.compiler.signing.keys import PublicKey
from looplet.preset import canonical_json


def index(folder: Path, *more: str) -> int:
    return main(["index", str(folder), *more])


def tree(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


# ── what it lists ─────────────────────────────────────────────────────────────────────────────────


def test_a_release_is_listed_with_all_that_is_known_of_it(
    dist: Path, source: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = {"description": "Says hello.", "requires_python": ">=3.11", "capabilities": ["files"]}
    path = archive(dist, source, **said)
    built = package(source, **said)
    assert index(dist) == 0
    assert capsys.readouterr().out == f"wrote {dist}/index.json: 1 cartridge, 1 release\n"
    document = json.loads((dist / "index.json").read_bytes())
    assert document == {
        "looplet-index": 1,
        "packages": {
            "hello": [
                {
                    "version": "1.0.0",
                    "description": "Says hello.",
                    "requires_python": ">=3.11",
                    "digests": {
                        "tree": built.tree_digest,
                        "meaning": built.manifest["digests"]["meaning"],
                    },
                    "capabilities": {"declared": ["files"], "inferred": [], "undecided": 0},
                    "files": [
                        {
                            "file": "hello-1.0.0.cartridge",
                            "size": path.stat().st_size,
                            "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
                            "signed_by": [],
                        }
                    ],
                }
            ]
        },
    }


def test_what_code_reaches_is_read_from_the_code(dist: Path, source: Path) -> None:
    root = cartridge(source)
    (root / "tools" / "done" / "execute.py").write_text(
        "import subprocess\n\n\ndef execute() -> int:\n    return subprocess.call(['true'])\n"
    )
    packed = pack(cartridge_to_preset(root))
    (dist / "hello-1.0.0.cartridge").write_bytes(written(packed.members(), stamp()))
    assert index(dist) == 0
    (release,) = from_json((dist / "index.json").read_bytes())["hello"]
    assert (release.declared, release.inferred, release.undecided) == (None, ("processes",), 0)
    assert (
        b"<dt>Can reach</dt><dd><code>processes</code></dd>" in (dist / "index.html").read_bytes()
    )


def test_the_newest_release_comes_first(dist: Path, source: Path) -> None:
    versions = ["0.9", "1.0.0", "1.10.0", "1.9.0", "2.0.0rc1", "2.0.0.dev1", "1!0.1", "nightly"]
    for version in versions:
        archive(dist, source, version=version)
    assert index(dist) == 0
    listed = from_json((dist / "index.json").read_bytes())["hello"]
    assert [each.version for each in listed] == [
        *("1!0.1", "2.0.0rc1", "2.0.0.dev1", "1.10.0", "1.9.0", "1.0.0", "0.9"),
        "nightly",
    ]


def test_the_same_folder_gives_the_same_bytes(
    dist: Path, source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ["alpha", "beta", "gamma"]
    for name in names:
        archive(dist, source / name, name)
    assert index(dist) == 0
    other = tmp_path / "other"
    other.mkdir(mode=0o700)
    random.Random(4).shuffle(names)
    for name in names:
        archive(other, source / name, name)
    monkeypatch.setenv("TZ", "Pacific/Kiritimati")
    real = os.scandir

    class Backwards:
        def __init__(self, path: object) -> None:
            with real(path) as entries:  # type: ignore[call-overload]
                self.entries = list(entries)[::-1]

        def __enter__(self) -> list[os.DirEntry[str]]:
            return self.entries

        def __exit__(self, *_: object) -> None: ...

    monkeypatch.setattr("looplet.compiler.index.gather.os.scandir", Backwards)
    assert index(other) == 0
    assert tree(dist) == tree(other)


def test_writing_it_again_changes_nothing(dist: Path, source: Path) -> None:
    archive(dist, source)
    assert index(dist) == 0
    before = tree(dist)
    assert index(dist) == 0
    assert tree(dist) == before
    assert set(before) == {"hello-1.0.0.cartridge", "index.json", "index.html"}


def test_an_empty_folder_gives_an_empty_index(dist: Path) -> None:
    assert index(dist) == 0
    assert from_json((dist / "index.json").read_bytes()) == {}


def test_signatures_are_listed_by_the_keys_that_they_name(dist: Path, source: Path) -> None:
    built = package(source)
    key = PublicKey(bytes(32))
    envelope = to_bytes(Envelope(b"{}", (Signature("ed25519", key, bytes(64)),)))
    from dataclasses import replace

    signed = replace(built, attestations={"a.json": envelope, "b.json": b"[no envelope"})
    (dist / "hello-1.0.0.cartridge").write_bytes(written(signed.members(), stamp()))
    assert index(dist) == 0
    (release,) = from_json((dist / "index.json").read_bytes())["hello"]
    assert release.files[0].signed_by == (key.fingerprint,)


def test_the_folder_of_a_cartridge_may_lie_beside_its_package(dist: Path, source: Path) -> None:
    archive(dist, source)
    cartridge(dist, "hello")
    assert main(["index", str(dist)]) == 0
    assert list(from_json((dist / "index.json").read_bytes())) == ["hello"]


def test_what_is_no_package_by_its_name_is_not_looked_at(dist: Path, source: Path) -> None:
    archive(dist, source)
    (dist / "hello-1.0.0.tar.gz").write_bytes(b"sdist")
    (dist / "README.md").write_text("packages\n")
    (dist / ".hidden.cartridge").write_text("no package\n")
    assert index(dist) == 0
    assert list(from_json((dist / "index.json").read_bytes())) == ["hello"]


# ── what is wrong ─────────────────────────────────────────────────────────────────────────────────


def test_a_refused_file_is_named_with_its_code_and_nothing_is_written(
    dist: Path, source: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    archive(dist, source)
    (dist / "bad.cartridge").write_text("no zip at all\n")
    before = tree(dist)
    assert index(dist) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert f"{dist}/bad.cartridge: CT702 " in said.err
    assert "nothing was written; --skip-bad leaves such files out\n" in said.err
    assert tree(dist) == before


@pytest.mark.parametrize("value", [5, "x", {"capabilities": 5}, {"requires_python": []}])
def test_a_package_that_says_strange_things_is_refused(
    dist: Path, source: Path, value: object, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its digests are right, and what its preset says is a stranger's."""
    made = package(source)
    ir = json.loads(canonical_json(made.ir))
    ir["preset"]["manifest"] = value
    manifest = json.loads(canonical_json(made.manifest))
    meaning = hashlib.sha256(canonical_json(ir["preset"]).encode()).hexdigest()
    manifest["digests"]["meaning"] = meaning
    strange = Package(manifest, made.files, ir, None, {})
    (dist / "hello-1.0.0.cartridge").write_bytes(written(strange.members(), stamp()))
    code = main(["index", str(dist)])
    assert code == 1
    assert "internal error" not in capsys.readouterr().err


def test_skip_bad_leaves_it_out_and_names_it_still(
    dist: Path, source: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    archive(dist, source)
    (dist / "bad.cartridge").write_bytes(b"")
    assert index(dist, "--skip-bad") == 0
    assert f"{dist}/bad.cartridge: CT70" in capsys.readouterr().err
    assert list(from_json((dist / "index.json").read_bytes())) == ["hello"]


def test_one_version_with_other_bytes_is_an_error_whatever_is_skipped(
    dist: Path, source: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    archive(dist, source)
    archive(dist, source / "b", file="hello-again.cartridge", extra="other\n")
    for more in ((), ("--skip-bad",)):
        assert index(dist, *more) == 1
        said = capsys.readouterr().err
        assert f"{dist}/hello-again.cartridge: CT790 this and `hello-1.0.0.cartridge` are" in said
        assert said.endswith("\nnothing was written\n")
    assert not (dist / "index.json").exists()


def test_the_same_bytes_twice_are_one_file(dist: Path, source: Path) -> None:
    first = archive(dist, source)
    (dist / "copy.cartridge").write_bytes(first.read_bytes())
    assert index(dist) == 0
    (release,) = from_json((dist / "index.json").read_bytes())["hello"]
    assert [each.file for each in release.files] == ["copy.cartridge"]


def test_names_that_installers_take_for_one_are_an_error(
    dist: Path, source: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    archive(dist, source / "a", "git_agent")
    archive(dist, source / "b", "Git-Agent", version="2.0")
    assert index(dist) == 1
    assert "CT791 installers take `" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "version", "file"),
    [
        ("hello", "one two", "a.cartridge"),
        ("hello", "$(reboot)", "a.cartridge"),
        ("hello", "", "a.cartridge"),
        ("-rf", "1.0", "a.cartridge"),
        ("hello", "1.0", "a b.cartridge"),
        ("hello", "1.0", "a'b.cartridge"),
        ("hello", "1.0", "-a.cartridge"),
        ("hello", "1.0", "ä.cartridge"),
    ],
)
def test_what_cannot_be_part_of_an_address_is_not_listed(
    dist: Path,
    source: Path,
    capsys: pytest.CaptureFixture[str],
    name: str,
    version: str,
    file: str,
) -> None:
    from dataclasses import replace

    built = package(source)
    ir = {**built.ir, "preset": {**built.ir["preset"], "name": name, "version": version}}
    from looplet.preset import canonical_json

    digest = hashlib.sha256(canonical_json(ir["preset"]).encode()).hexdigest()
    manifest = {
        **built.manifest,
        "name": name,
        "version": version,
        "digests": {**built.manifest["digests"], "meaning": digest},
    }
    renamed = replace(built, ir=ir, manifest=manifest)
    (dist / file).write_bytes(written(renamed.members(), stamp()))
    assert index(dist) == 1
    assert ": CT792 this cannot be listed: " in capsys.readouterr().err


def test_a_folder_that_is_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert index(tmp_path / "none") == 2
    assert "does not exist" in capsys.readouterr().err


# ── what is there already ─────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", ["index.html", "index.json"])
def test_a_file_of_somebody_else_is_not_replaced(
    dist: Path, source: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    archive(dist, source)
    (dist / name).write_text("my own\n")
    before = tree(dist)
    assert index(dist) == 1
    assert f"{dist}/{name} is not of `looplet-compile index`" in capsys.readouterr().err
    assert tree(dist) == before


def test_nothing_is_written_through_a_link(dist: Path, source: Path, tmp_path: Path) -> None:
    archive(dist, source)
    (tmp_path / "mine").write_text("mine\n")
    (dist / "index.json").symlink_to(tmp_path / "mine")
    assert index(dist) == 1
    assert (tmp_path / "mine").read_text() == "mine\n"


def test_a_full_disk_leaves_what_was_there(
    dist: Path, source: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    archive(dist, source)
    assert index(dist) == 0
    before = tree(dist)
    archive(dist, source, version="2.0.0")
    new = tree(dist)

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("looplet.compiler.index.place.os.fsync", full)
    assert index(dist) == 2
    assert "No space left on device" in capsys.readouterr().err
    assert tree(dist) == new
    assert tree(dist)["index.json"] == before["index.json"]
