"""A package in a wheel, and in the folder that an installer makes of it, is the package."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from archive_places import HELLO

from looplet.compiler import cartridge_to_preset
from looplet.compiler.archive.building import archive_of
from looplet.compiler.archive.carried import preset_of
from looplet.compiler.archive.errors import PackageError
from looplet.compiler.archive.opening import open_package, package_in
from looplet.compiler.archive.package import Package, pack
from looplet.compiler.archive.wheel import Wheel, wheel_of


@pytest.fixture(scope="module")
def package() -> Package:
    return pack(cartridge_to_preset(HELLO))


@pytest.fixture(scope="module")
def wheel(package: Package) -> Wheel:
    return wheel_of(package, "hello")


@pytest.fixture
def installed(wheel: Wheel, tmp_path: Path) -> Path:
    """The `.dist-info` folder: no modes are kept, and the installer adds files of its own."""
    for name, file in wheel.members.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(file.data)
    info = tmp_path / wheel.info
    for name in ("INSTALLER", "REQUESTED", "direct_url.json"):
        (info / name).write_text("pip\n")
    compiled = next(info.glob("cartridge/tools/*/execute.py")).parent / "__pycache__"
    compiled.mkdir()
    (compiled / "execute.cpython-311.pyc").write_bytes(b"compiled")
    (info / "cartridge" / "old.pyc").write_bytes(b"compiled")
    return info


def test_a_wheel(package: Package, wheel: Wheel) -> None:
    opened = package_in(wheel.data(), "hello-1.0.0-py3-none-any.whl")
    assert opened.members() == package.members()


def test_an_installed_one(package: Package, installed: Path) -> None:
    opened = open_package(installed)
    assert opened.members() == package.members()
    assert archive_of(opened) == archive_of(package)
    preset = preset_of(opened, str(installed))
    assert preset == cartridge_to_preset(HELLO)
    assert preset.roots == (str(installed / "cartridge"),)


def test_executable_files_are_those_of_the_author(tmp_path: Path) -> None:
    from hostile_archives import package as small

    wheel = wheel_of(small(), "small")
    for name, file in wheel.members.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(file.data)
        (tmp_path / name).chmod(0o755)  # whatever the installer makes of it
    opened = open_package(tmp_path / wheel.info)
    assert [name for name, file in opened.files.items() if file.executable] == ["cartridge/run.sh"]


def test_files_that_are_links_are_read(package: Package, installed: Path, tmp_path: Path) -> None:
    """`uv pip install --link-mode=symlink` makes links into its cache."""
    for number, path in enumerate(list((installed / "cartridge").rglob("*.md"))):
        path.rename(tmp_path / f"cached-{number}")
        path.symlink_to(tmp_path / f"cached-{number}")
    assert open_package(installed).members() == package.members()


@pytest.mark.parametrize("name", ["cartridge/config.yaml", "CARTRIDGE-INFO/ir.json"])
def test_what_was_edited_in_place_is_refused(name: str, installed: Path) -> None:
    with open(installed / name, "ab") as file:
        file.write(b"\n")
    with pytest.raises(PackageError, match=r"CT748 .* has another sha256"):
        open_package(installed)


def test_what_is_not_there_is_refused(installed: Path) -> None:
    (installed / "cartridge" / "config.yaml").unlink()
    with pytest.raises(PackageError, match=r"CT748 it lists `cartridge/config.yaml`"):
        open_package(installed)
    (installed / "CARTRIDGE-INFO" / "RECORD").unlink()
    with pytest.raises(PackageError, match="CT738 it has no `CARTRIDGE-INFO/RECORD`"):
        open_package(installed)


def test_what_leads_nowhere_or_never_ends_is_refused(installed: Path) -> None:
    (installed / "cartridge" / "more").symlink_to("nowhere")
    with pytest.raises(PackageError, match="CT701"):
        open_package(installed)
    (installed / "cartridge" / "more").unlink()
    (installed / "cartridge" / "more").symlink_to("/dev/zero")
    with pytest.raises(PackageError, match="CT718"):
        open_package(installed)
    (installed / "cartridge" / "more").unlink()
    if hasattr(os, "mkfifo"):
        os.mkfifo(installed / "cartridge" / "more")
        with pytest.raises(PackageError, match="CT718"):
            open_package(installed)


def test_another_folder_is_none(tmp_path: Path) -> None:
    (tmp_path / "other-1.0.dist-info").mkdir()
    with pytest.raises(PackageError, match="CT746"):
        open_package(tmp_path / "other-1.0.dist-info")
    with pytest.raises(PackageError, match="CT702 this is no package but a folder"):
        open_package(tmp_path)


def test_opening_needs_the_standard_library_and_little_of_it(
    installed: Path, tmp_path: Path, package: Package
) -> None:
    """No rule, no parser, no pass of the compiler is loaded where nothing is wrong."""
    (tmp_path / "hello.cartridge").write_bytes(archive_of(package))
    code = """
import sys
from looplet.compiler.archive.carried import preset_of
from looplet.compiler.archive.opening import open_package
for path in sys.argv[1:]:
    preset_of(open_package(path))
print("\\n".join(sys.modules))
"""
    done = subprocess.run(
        [sys.executable, "-c", code, tmp_path / "hello.cartridge", installed],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    loaded = done.stdout.split()
    ours = {name for name in loaded if name.startswith("looplet.compiler")}
    assert {name for name in ours if name.count(".") > 1} == {
        "looplet.compiler.archive",
        "looplet.compiler.portable",
        *(
            f"looplet.compiler.archive.{name}"
            for name in ("carried", "contents", "dist_info", "errors", "identity", "names")
        ),
        *(
            f"looplet.compiler.archive.{name}"
            for name in ("opening", "package", "record", "zip_reader", "zip_writer")
        ),
    }
    third = {"yaml", "jsonschema", "jinja2", "click", "packaging", "cryptography", "asyncio"}
    assert not third & set(loaded)
