"""Unpacking is all or nothing, whatever goes wrong in the middle of it."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from archive_places import HELLO

from looplet.compiler import cartridge_to_preset
from looplet.compiler.archive.building import archive_of, put_file
from looplet.compiler.archive.opening import package_in
from looplet.compiler.archive.package import Package, pack
from looplet.compiler.archive.unpacking import unpack
from looplet.compiler.source import read_folder


@pytest.fixture(scope="module")
def package() -> Package:
    return package_in(archive_of(pack(cartridge_to_preset(HELLO))), "hello.cartridge")


def names(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


def test_the_files_are_straight_in_it(package: Package, tmp_path: Path) -> None:
    assert unpack(package, tmp_path / "new" / "folder") == len(package.files)
    back, findings = read_folder(str(tmp_path / "new" / "folder"))
    assert not findings and back.files == read_folder(str(HELLO))[0].files
    assert names(tmp_path / "new")[0] == "folder" and len(os.listdir(tmp_path)) == 1


def test_an_empty_folder_will_do(package: Package, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    unpack(package, tmp_path / "out")
    assert (tmp_path / "out" / "config.yaml").is_file()


def test_what_is_there_is_not_touched(package: Package, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").write_text("mine")
    (tmp_path / "file").write_text("mine")
    (tmp_path / "link").symlink_to("elsewhere")
    (tmp_path / "elsewhere").mkdir()
    before = names(tmp_path)
    for taken in ("out", "file", "link"):
        with pytest.raises(FileExistsError, match="there already"):
            unpack(package, tmp_path / taken)
    with pytest.raises(NotADirectoryError):
        unpack(package, tmp_path / "file" / "below")
    assert names(tmp_path) == before


@pytest.mark.parametrize("umask, mode", [(0o022, 0o755), (0o077, 0o700), (0o027, 0o750)])
def test_modes_are_those_of_the_user(
    umask: int, mode: int, package: Package, tmp_path: Path
) -> None:
    """Executable for whoever may read it, and nothing that the user's umask takes away."""
    before = os.umask(umask)
    try:
        unpack(package, tmp_path / "out")
    finally:
        os.umask(before)
    for name, file in package.files.items():
        path = tmp_path / "out" / name.removeprefix("cartridge/")
        assert path.stat().st_mode & 0o777 == (mode if file.executable else mode & 0o666)
    assert (tmp_path / "out").stat().st_mode & 0o777 == mode


# ── what goes wrong ───────────────────────────────────────────────────────────────────────────────


class FullDisk:
    """Fails at the n-th call of a function that writes."""

    def __init__(self, real: Any, at: int, error: BaseException) -> None:
        self.real, self.left, self.error = real, at, error

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        self.left -= 1
        if self.left == 0:
            raise self.error
        return self.real(*args, **kwargs)


@pytest.mark.parametrize("function", ["mkdir", "chmod", "rename"])
@pytest.mark.parametrize("at", [1, 2, 5])
def test_nothing_is_left_when_a_call_fails(
    function: str, at: int, package: Package, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    error = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    failing = FullDisk(getattr(os, function), at, error)
    monkeypatch.setattr(os, function, failing)
    try:
        unpack(package, tmp_path / "a" / "b" / "out")
    except OSError as raised:
        assert raised is error
    else:
        # It was not called so often, or for a folder that was there: then all of it is.
        assert read_folder(str(tmp_path / "a/b/out"))[0].files == read_folder(str(HELLO))[0].files
        return
    monkeypatch.undo()
    assert names(tmp_path) == []


def test_nothing_is_left_when_it_is_interrupted(
    package: Package, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "rename", FullDisk(os.rename, 1, KeyboardInterrupt()))
    with pytest.raises(KeyboardInterrupt):
        unpack(package, tmp_path / "a" / "out")
    assert names(tmp_path) == []


def test_nothing_is_left_when_the_disk_is_full(package: Package, tmp_path: Path) -> None:
    """The real thing: the system refuses a write in the middle of a file."""
    (tmp_path / "hello.cartridge").write_bytes(archive_of(package))
    code = """
import resource, signal, sys
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
from looplet.compiler.cli import main
resource.setrlimit(resource.RLIMIT_FSIZE, (300, 300))
sys.exit(main(["unpack", "hello.cartridge", "a/b/out"]))
"""
    done = subprocess.run(
        [sys.executable, "-B", "-c", code], cwd=tmp_path, capture_output=True, text=True
    )
    said = f"looplet-compile: {tmp_path / 'a/b/out'}: File too large\n"
    assert (done.returncode, done.stderr) == (2, said)
    assert names(tmp_path) == ["hello.cartridge"]


def test_what_cannot_be_written_is_named_as_it_was_asked_for(
    package: Package, tmp_path: Path
) -> None:
    """And not by a folder that is there only for a moment."""
    (tmp_path / "file").touch()
    with pytest.raises(NotADirectoryError) as found:
        unpack(package, tmp_path / "file" / "out")
    assert found.value.filename == str(tmp_path / "file" / "out")
    with pytest.raises(IsADirectoryError) as said:
        put_file(b"one", str(tmp_path))
    assert said.value.filename == str(tmp_path)


def test_what_reads_otherwise_than_it_was_written_is_not_put_there(
    package: Package, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "chmod", lambda *args: None)  # a disk that has no such bit
    if not any(file.executable for file in package.files.values()):
        package = _with_executable(package)
    with pytest.raises(OSError, match=r"does not keep whether .* is executable"):
        unpack(package, tmp_path / "out")
    assert names(tmp_path) == []


def _with_executable(package: Package) -> Package:
    from dataclasses import replace

    name = min(package.files)
    made = {**package.files, name: replace(package.files[name], executable=True)}
    return replace(package, files=made)


def test_two_at_once_and_one_of_them_wins(package: Package, tmp_path: Path) -> None:
    """Each of many threads unpacks to one folder: it holds one whole cartridge, and no more."""
    start = threading.Barrier(8)
    outcomes: list[object] = []

    def run() -> None:
        start.wait()
        try:
            outcomes.append(unpack(package, tmp_path / "x" / "out"))
        except OSError as error:
            outcomes.append(str(error).partition("out is ")[2])

    threads = [threading.Thread(target=run) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes.count(len(package.files)) == 1, outcomes
    assert outcomes.count("there already; give a new folder, or an empty one") == 7, outcomes
    assert os.listdir(tmp_path / "x") == ["out"]
    assert read_folder(str(tmp_path / "x" / "out"))[0].files == read_folder(str(HELLO))[0].files


def test_who_comes_second_leaves_what_is_there(
    package: Package, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other one was ready between the look and the rename."""
    real = os.rename

    def late(made: str, target: str) -> None:
        (tmp_path / "out").mkdir()
        (tmp_path / "out" / "theirs.txt").write_text("theirs")
        real(made, target)

    monkeypatch.setattr(os, "rename", late)
    with pytest.raises(FileExistsError, match="there already"):
        unpack(package, tmp_path / "out")
    assert names(tmp_path) == ["out", "out/theirs.txt"]


# ── one file ──────────────────────────────────────────────────────────────────────────────────────


def test_a_file_is_replaced_in_one_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "dist" / "x.cartridge"
    put_file(b"one", str(target))
    put_file(b"two", str(target))
    assert target.read_bytes() == b"two" and names(tmp_path) == ["dist", "dist/x.cartridge"]

    monkeypatch.setattr(os, "replace", FullDisk(os.replace, 1, OSError(errno.ENOSPC, "full")))
    with pytest.raises(OSError, match="full") as found:
        put_file(b"three", str(target))
    assert found.value.filename == str(target)
    assert target.read_bytes() == b"two" and names(tmp_path) == ["dist", "dist/x.cartridge"]


def test_a_folder_that_was_made_for_it_is_taken_away_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "replace", FullDisk(os.replace, 1, OSError(errno.ENOSPC, "full")))
    with pytest.raises(OSError, match="full"):
        put_file(b"one", str(tmp_path / "dist" / "x.cartridge"))
    assert names(tmp_path) == []
    shutil.rmtree(tmp_path)
