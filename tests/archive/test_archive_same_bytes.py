"""The same cartridge is the same file: wherever, whenever, by whomever and with whatever built."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from random import Random

import pytest
from archive_places import HELLO, ROOT

from looplet.compiler import cartridge_to_preset
from looplet.compiler.archive.building import archive_of
from looplet.compiler.archive.package import pack

# What a build needs of the machine: the folder, and where looplet and its dependencies are.
BUILD = """
import sys
from looplet.compiler import cartridge_to_preset
from looplet.compiler.archive.building import archive_of
from looplet.compiler.archive.package import pack
sys.stdout.buffer.write(archive_of(pack(cartridge_to_preset(sys.argv[1], cache=False))))
"""


def built(root: Path) -> bytes:
    return archive_of(pack(cartridge_to_preset(root, cache=False)))


def copied(target: Path, *, seed: int) -> Path:
    """A copy of `hello` whose files were made in another order, at another time."""
    paths = [each for each in HELLO.rglob("*") if each.is_file()]
    paths = sorted(each for each in paths if "__pycache__" not in each.parts)
    Random(seed).shuffle(paths)
    for number, path in enumerate(paths):
        to = target / path.relative_to(HELLO)
        to.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, to)
        os.utime(to, (1_000_000 + number, 2_000_000 * (number + 1)))
    return target


WANTED = built(HELLO)


@pytest.mark.parametrize("seed", range(3))
def test_order_time_and_place_of_the_files(seed: int, tmp_path: Path) -> None:
    assert built(copied(tmp_path / f"at {seed}" / "hello.cartridge", seed=seed)) == WANTED


def test_the_name_of_the_folder(tmp_path: Path) -> None:
    assert built(copied(tmp_path / "another name", seed=7)) == WANTED


def test_the_order_in_which_the_disk_lists(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.scandir

    class Shuffled:
        def __init__(self, path: object) -> None:
            with real(path) as entries:  # type: ignore[call-overload]
                self.entries = sorted(entries, key=lambda entry: entry.name, reverse=True)

        def __enter__(self) -> list[object]:
            return self.entries

        def __exit__(self, *_: object) -> None:
            pass

    monkeypatch.setattr(os, "scandir", Shuffled)
    assert built(HELLO) == WANTED


def test_modes_beyond_the_executable_bit(tmp_path: Path) -> None:
    copy = copied(tmp_path / "hello.cartridge", seed=1)
    for path in copy.rglob("*"):
        if path.is_file():
            path.chmod(0o700 if path.stat().st_mode & 0o100 else 0o640)
    assert built(copy) == WANTED


@pytest.mark.parametrize(
    "settings",
    [
        {"TZ": "Pacific/Kiritimati"},
        {"TZ": "America/St_Johns", "LC_ALL": "C", "LANG": "C", "PYTHONUTF8": "0"},
        {"LC_ALL": "tr_TR.UTF-8", "LANG": "tr_TR.UTF-8", "LANGUAGE": "tr"},
        {"HOME": "/nonexistent", "USER": "nobody", "LOGNAME": "nobody"},
        {"PYTHONHASHSEED": "1"},
        {"PYTHONHASHSEED": "4294967295", "PYTHONOPTIMIZE": "2"},
    ],
    ids=lambda settings: ",".join(settings),
)
def test_the_environment(settings: dict[str, str], tmp_path: Path) -> None:
    kept = {key: os.environ[key] for key in ("PATH", "LOOPLET_CACHE_DIR") if key in os.environ}
    done = subprocess.run(
        [sys.executable, "-c", BUILD, HELLO], env={**kept, **settings}, cwd=tmp_path,
        capture_output=True, check=True,
    )  # fmt: skip
    assert done.stdout == WANTED


def test_the_umask(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        assert built(copied(tmp_path / "hello.cartridge", seed=3)) == WANTED
    finally:
        os.umask(before)


@pytest.mark.parametrize("python", ["3.11", "3.12", "3.13"])
def test_the_version_of_python(python: str, tmp_path: Path) -> None:
    """The pass that writes needs no dependency, so a bare Python of that version will do."""
    found = _other_python(python)
    if found is None:
        pytest.skip(f"there is no Python {python} here")
    package = tmp_path / "looplet"
    shutil.copytree(ROOT / "loop", package, ignore=shutil.ignore_patterns("__pycache__"))
    for folder in ("compiler", "schema"):
        (package / folder).symlink_to(ROOT / folder)
    preset = tmp_path / "hello.json"
    preset.write_text(cartridge_to_preset(HELLO, cache=False).to_json(), "utf-8")
    code = """
import sys
from looplet.compiler.archive.building import archive_of
from looplet.compiler.archive.package import pack
from looplet.preset import AgentPreset
preset = AgentPreset.from_json(open(sys.argv[1], encoding="utf-8").read())
sys.stdout.buffer.write(archive_of(pack(preset)))
"""
    done = subprocess.run(
        [found, "-S", "-B", "-c", code, preset],
        env={"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        check=True,
    )
    assert done.stdout == WANTED


def _other_python(version: str) -> str | None:
    """An interpreter of this version, on the path or among those of pyenv."""
    places = sorted(Path.home().glob(f".pyenv/versions/{version}.*/bin/python"))
    for each in [shutil.which(f"python{version}"), *map(str, places)]:
        if each is None:
            continue
        code = "import sys; print('%d.%d' % sys.version_info[:2])"
        said = subprocess.run([each, "-c", code], capture_output=True, text=True)
        if said.stdout.strip() == version:
            return each
    return None


# ── dates ─────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "given, wanted",
    [
        ("", (1980, 1, 1, 0, 0, 0)),
        ("0", (1980, 1, 1, 0, 0, 0)),
        ("1700000001", (2023, 11, 14, 22, 13, 20)),
        ("99999999999999", (2107, 12, 31, 23, 59, 58)),
    ],
)
def test_the_date_is_the_one_that_is_asked_for(
    given: str, wanted: tuple[int, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", given)
    data = built(HELLO)
    (tmp_path / "x.zip").write_bytes(data)
    with zipfile.ZipFile(tmp_path / "x.zip") as archive:
        assert {each.date_time for each in archive.infolist()} == {wanted}
    assert (data == WANTED) == (wanted[0] == 1980)


@pytest.mark.parametrize("given", ["now", "-1", "1e9", " 1", "1" * 40, "١"])
def test_a_date_that_is_none_is_refused(given: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", given)
    with pytest.raises(ValueError, match="SOURCE_DATE_EPOCH is a number of seconds"):
        built(HELLO)


# ── what others see ───────────────────────────────────────────────────────────────────────────────


def test_it_is_a_plain_zip(tmp_path: Path) -> None:
    """As the standard library reads it: stored, sorted, of two modes, with nothing besides."""
    (tmp_path / "x.zip").write_bytes(WANTED)
    with zipfile.ZipFile(tmp_path / "x.zip") as archive:
        assert archive.testzip() is None
        entries = archive.infolist()
        names = [each.filename for each in entries]
        assert names == sorted(names, key=str.encode) == archive.namelist()
        assert {each.external_attr >> 16 for each in entries} <= {0o100644, 0o100755}
        assert {each.compress_type for each in entries} == {zipfile.ZIP_STORED}
        assert not any(each.extra or each.comment or each.flag_bits & 8 for each in entries)
        record = archive.read("CARTRIDGE-INFO/RECORD").decode()
        for line in record.splitlines():
            digest, mode, name = line.split(" ", 2)
            assert hashlib.sha256(archive.read(name)).hexdigest() == digest
            assert f"{archive.getinfo(name).external_attr >> 16 & 0o777:o}" == mode
        assert {line.split(" ", 2)[2] for line in record.splitlines()} == {
            name for name in names if name != "CARTRIDGE-INFO/RECORD"
        }
    assert str(ROOT).encode() not in WANTED and str(Path.home()).encode() + b"/" not in WANTED
