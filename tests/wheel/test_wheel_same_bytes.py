"""The same cartridge is the same wheel and the same sdist, wherever and by whomever it is built."""

from __future__ import annotations

import gzip
import io
import os
import random
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import zlib
from hashlib import sha256
from pathlib import Path

import pytest
from environments import ROOT
from hypothesis import given, settings
from hypothesis import strategies as st
from wheel_cases import CORPUS, packed

from looplet.compiler import cartridge_to_preset
from looplet.compiler.archive import tar_writer
from looplet.compiler.archive.sdist import sdist_of
from looplet.compiler.archive.wheel import wheel_of
from looplet.compiler.archive.zip_writer import FIRST, stamp
from looplet.contents import File

BUILD = """
import sys
from hashlib import sha256
from looplet.compiler.archive.package import pack
from looplet.compiler.archive.sdist import sdist_of
from looplet.compiler.archive.wheel import wheel_of
from looplet.preset import AgentPreset
for path in sys.argv[1:]:
    package = pack(AgentPreset.from_json(open(path, encoding="utf-8").read()))
    data = wheel_of(package, path).data() + sdist_of(package, path)[1]
    print(sha256(data).hexdigest())
"""


def _digest(root: Path) -> str:
    package = packed(root)
    data = wheel_of(package, str(root)).data() + sdist_of(package, str(root))[1]
    return sha256(data).hexdigest()


def _pythons() -> list[str]:
    """Other versions of Python on this machine, looplet's oldest and newest among them."""
    folders = os.environ.get("PATH", "").split(os.pathsep)
    folders += map(str, (Path.home() / ".pyenv" / "versions").glob("*/bin"))
    found = {}
    for minor in range(11, 16):
        for folder in folders:
            path = os.path.join(folder, f"python3.{minor}")
            if minor != sys.version_info.minor and "shims" not in path and os.access(path, os.X_OK):
                found[minor] = path
    return [sys.executable, *found.values()]


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder from which any Python imports looplet and `packaging`, which is Python alone."""
    folder = tmp_path_factory.mktemp("sources")
    shutil.copytree(ROOT / "loop", folder / "looplet")
    shutil.copytree(ROOT / "compiler", folder / "looplet" / "compiler")
    packaging = Path(sysconfig.get_path("purelib")) / "packaging"
    shutil.copytree(packaging, folder / "packaging")
    return folder


@pytest.mark.parametrize("python", _pythons(), ids=os.path.basename)
def test_on_another_python(python: str, sources: Path, odd: Path, tmp_path: Path) -> None:
    roots = [odd, CORPUS / "valid" / "child.cartridge", ROOT / "cartridges" / "hello.cartridge"]
    files = [tmp_path / f"{number}.json" for number in range(len(roots))]
    for root, file in zip(roots, files, strict=True):
        file.write_text(cartridge_to_preset(root).to_json(), "utf-8")
    environment = {
        **{"PYTHONPATH": str(sources), "PYTHONHASHSEED": "7", "PYTHONDONTWRITEBYTECODE": "1"},
        **{"TZ": "Pacific/Chatham", "LC_ALL": "C", "LANG": "tr_TR.UTF-8", "HOME": "/nowhere"},
    }
    done = subprocess.run(
        [python, "-c", BUILD, *map(str, files)],
        **{"capture_output": True, "text": True, "env": environment},
        umask=0o077,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == [_digest(root) for root in roots]


def test_with_files_found_in_another_order(
    odd: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = _digest(odd)
    copy = tmp_path / "elsewhere" / "called otherwise"
    shutil.copytree(odd, copy, copy_function=shutil.copy)
    (copy / "README.md").chmod(0o600)
    (copy / "bin" / "run.sh").chmod(0o700)
    real = os.scandir

    class Shuffled:
        def __init__(self, path: str) -> None:
            with real(path) as entries:
                self.entries = list(entries)
            random.Random(3).shuffle(self.entries)

        def __enter__(self) -> list[os.DirEntry[str]]:
            return self.entries

        def __exit__(self, *_: object) -> None:
            pass

    monkeypatch.setenv("LOOPLET_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setattr("looplet.compiler.source.os.scandir", Shuffled)
    assert _digest(copy) == before


def test_the_date_is_the_one_that_is_given(minimal: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = _digest(minimal)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    assert _digest(minimal) != plain
    data = sdist_of(packed(minimal), "")[1]
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        assert {member.mtime for member in archive} == {1700000000}
    monkeypatch.delenv("SOURCE_DATE_EPOCH")
    assert _digest(minimal) == plain


def test_a_comment_changes_the_wheel_and_the_version_its_name(minimal: Path) -> None:
    first = wheel_of(packed(minimal), "")
    with open(minimal / "config.yaml", "a") as file:
        file.write("# more\n")
    second = wheel_of(packed(minimal), "")
    assert first.filename == second.filename and first.data() != second.data()


# ── the tar ───────────────────────────────────────────────────────────────────────────────────────

NAMES = st.text(st.characters(codec="utf-8", exclude_characters="\0/"), min_size=1, max_size=120)
FILES = st.builds(File, st.binary(max_size=2000), st.booleans())


@settings(max_examples=60)
@given(st.dictionaries(st.lists(NAMES, min_size=1, max_size=4).map("/".join), FILES, max_size=8))
def test_python_reads_what_the_tar_writer_wrote(members: dict[str, File]) -> None:
    data = tar_writer.written(members, FIRST)
    with tarfile.open(fileobj=io.BytesIO(data), mode="r:gz") as archive:
        found = {
            member.name: File(archive.extractfile(member).read(), bool(member.mode & 0o100))  # type: ignore[union-attr]
            for member in archive
        }
        for member in archive:
            assert (member.uid, member.gid, member.uname, member.gname) == (0, 0, "", "")
            assert member.mtime == 315532800 and member.isreg()
    assert found == members
    plain = gzip.decompress(data)
    assert len(plain) % tar_writer.RECORD == 0 and plain.endswith(bytes(1024))


@pytest.mark.parametrize("size", [0, 1, 65534, 65535, 65536, 200_000])
def test_a_gzip_that_stores(size: int) -> None:
    data = random.Random(size).randbytes(size)
    zipped = tar_writer.zipped(data)
    assert gzip.decompress(zipped) == data
    assert zlib.decompress(zipped, 31) == data
    assert len(zipped) <= size + 18 + 5 * (size // 65535 + 1)


def test_gnu_tar_reads_it(tmp_path: Path) -> None:
    members = {"a/" + "é" * 90 + ".txt": File(b"long"), "b" * 150: File(b"x", True), "c": File(b"")}
    (tmp_path / "x.tar.gz").write_bytes(tar_writer.written(members, stamp()))
    subprocess.run(["tar", "xzf", "x.tar.gz"], cwd=tmp_path, check=True)
    for name, file in members.items():
        assert (tmp_path / name).read_bytes() == file.data
        assert bool((tmp_path / name).stat().st_mode & 0o100) == file.executable
