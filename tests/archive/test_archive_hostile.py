"""What strangers send: refused whole, with its own code, before a single byte is written."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from hostile_archives import HOSTILE, good, package, zipped

from looplet.compiler.archive.errors import PackageError
from looplet.compiler.archive.opening import bytes_of, open_package, package_in
from looplet.compiler.archive.zip_writer import FIRST, written
from looplet.compiler.cli import main
from looplet.compiler.render.visible import visible
from looplet.contents import File


def test_the_corpus_is_as_large_as_was_promised() -> None:
    assert len(HOSTILE) >= 60
    assert len({each.code for each in HOSTILE.values()}) >= 40


def test_what_they_are_made_of_is_taken() -> None:
    """So each of them is refused for its own fault, and for nothing that all of them have."""
    data = zipped(good())
    assert data == written(package().members(), FIRST)
    assert package_in(data, "small").tree_digest == package().tree_digest


@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_it_is_refused_whole_and_with_its_own_code(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing is written, in the folder or outside of it, and nothing is left behind."""
    inside = tmp_path / "a" / "b"
    inside.mkdir(parents=True)
    file = inside / "small-1.0.0.cartridge"
    file.write_bytes(HOSTILE[name].make())
    with pytest.raises(PackageError) as caught:
        open_package(file)
    found = caught.value.diagnostic
    assert (found.code, found.cartridge) == (HOSTILE[name].code, str(file))
    assert visible(found.message) in str(caught.value)

    before = sorted(tmp_path.rglob("*"))
    assert main(["unpack", str(file), str(inside / "out")]) == 1
    said = capsys.readouterr()
    assert said.out == "" and re.search(rf"error\[{HOSTILE[name].code}\]", said.err)
    assert "Traceback" not in said.err and "\x1b" not in said.err
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.cartridge")
    with pytest.raises(PackageError, match="CT701"):
        open_package(tmp_path / "pipe.cartridge")


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(PackageError, match=r"CT701 .*it is no file"):
        bytes_of(str(tmp_path))


@pytest.mark.parametrize("path", ["/dev/null", "/dev/zero", "nul\0l", "x" * 300, "/", ""])
def test_paths_that_are_no_file(path: str) -> None:
    with pytest.raises(PackageError, match=r"CT70[12]"):
        open_package(path)


def test_a_file_larger_than_any_package_is_not_read(tmp_path: Path) -> None:
    with open(tmp_path / "large.cartridge", "wb") as file:
        file.truncate(2 << 30)  # sparse: it takes no room
    with pytest.raises(PackageError, match="CT735"):
        open_package(tmp_path / "large.cartridge")


# ── every bit ─────────────────────────────────────────────────────────────────────────────────────


def taken(data: bytes) -> bool:
    try:
        package_in(data, "small")
    except PackageError:
        return False
    return True


@pytest.mark.parametrize("bit", range(8))
def test_no_flipped_bit_is_taken(bit: int) -> None:
    data = bytearray(zipped(good()))
    assert taken(bytes(data))
    for position in range(len(data)):
        data[position] ^= 1 << bit
        assert not taken(bytes(data)), position
        data[position] ^= 1 << bit


def test_no_other_byte_is_taken() -> None:
    """A byte of another value altogether, at every place."""
    data = bytearray(zipped(good()))
    for position in range(len(data)):
        data[position] ^= 0xFF
        assert not taken(bytes(data)), position
        data[position] ^= 0xFF


def test_no_beginning_and_no_end_is_taken() -> None:
    data = zipped(good())
    for size in range(len(data)):
        assert not taken(data[:size]), size
        assert not taken(data[size + 1 :]), size


def test_no_byte_more_or_less_is_taken() -> None:
    data = zipped(good())
    for position in range(len(data)):
        assert not taken(data[:position] + b"\0" + data[position:]), position
        assert not taken(data[:position] + data[position + 1 :]), position
    assert not taken(data + b"\0")


def test_no_flipped_bit_is_taken_with_its_checksum() -> None:
    """As somebody would do it who knows the format of zip: RECORD still has the sha256."""
    members = package().members()
    for name, file in members.items():
        for position in range(len(file.data)):
            other = bytearray(file.data)
            other[position] ^= 1 << position % 8
            changed = {**members, name: File(bytes(other), file.executable)}
            assert not taken(written(changed, FIRST)), (name, position)
        changed = {**members, name: File(file.data, not file.executable)}
        assert not taken(written(changed, FIRST)), name
