"""The wheel as others read it: the tools that judge wheels, and our own reader."""

from __future__ import annotations

import sys
from email.parser import BytesParser
from importlib.metadata import Distribution
from pathlib import Path
from zipfile import ZipFile

import pytest
from environments import ROOT, run
from wheel_cases import packed

from looplet.compiler.archive.opening import open_package
from looplet.compiler.archive.wheel import Wheel, editable_wheel, wheel_of
from looplet.compiler.commands.scaffold import write

SHIPPED = ("hello", "git_detective")
FILES = ("__init__.py", "__main__.py")


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory, odd: Path) -> dict[Path, Wheel]:
    """Wheels by their files: of the shipped cartridges, a new one, one with parents, an odd one."""
    folder = tmp_path_factory.mktemp("built")
    roots = [ROOT / "cartridges" / f"{name}.cartridge" for name in SHIPPED]
    roots += [Path(write("first", ["search"], str(tmp_path_factory.mktemp("new")))), odd]
    roots.append(ROOT / "tests" / "corpus" / "valid" / "child.cartridge")
    made = [wheel_of(packed(root), str(root)) for root in roots]
    made.append(editable_wheel(packed(odd), str(odd), str(odd)))
    found = {}
    for number, wheel in enumerate(made):
        path = folder / str(number) / wheel.filename
        path.parent.mkdir()
        path.write_bytes(wheel.data())
        found[path] = wheel
    return found


def test_twine_takes_them(built: dict[Path, Wheel]) -> None:
    said = run([sys.executable, "-m", "twine", "check", "--strict", *map(str, built)])
    assert said.count("PASSED") == len(built)


def test_check_wheel_contents_finds_nothing(built: dict[Path, Wheel]) -> None:
    said = run([sys.executable, "-m", "check_wheel_contents", "--no-config", *map(str, built)])
    assert said.count(": OK") == len(built)


def test_wheel_and_installer_find_every_file_as_recorded(
    built: dict[Path, Wheel], tmp_path: Path
) -> None:
    judge = (
        "import sys\n"
        "from installer.sources import WheelFile\n"
        "from wheel._commands.unpack import unpack\n"
        "for number, path in enumerate(sys.argv[2:]):\n"
        "    with WheelFile.open(path) as source:\n"
        "        source.validate_record(validate_contents=True)\n"
        "        assert list(source.get_contents())\n"
        "    unpack(path, f'{sys.argv[1]}/{number}')\n"
    )
    run([sys.executable, "-c", judge, str(tmp_path), *map(str, built)])
    for number, wheel in enumerate(built.values()):
        (top,) = (tmp_path / str(number)).iterdir()
        for name, file in wheel.members.items():
            assert (top / name).read_bytes() == file.data
            assert bool((top / name).stat().st_mode & 0o100) == file.executable


def test_python_reads_the_metadata(built: dict[Path, Wheel], tmp_path: Path) -> None:
    for path, wheel in built.items():
        with ZipFile(path) as archive:
            assert archive.testzip() is None
            archive.extractall(tmp_path / path.parent.name)
        found = Distribution.at(tmp_path / path.parent.name / wheel.info)
        assert found.metadata["Metadata-Version"] == "2.4"
        assert f"{found.name.replace('-', '_')}-{found.version}.dist-info" == wheel.info
        points = {each.group: each for each in found.entry_points}
        module = points["looplet.cartridges"].value
        assert points["console_scripts"].value == f"{module}:main"
        assert points["console_scripts"].name == found.name
        assert {str(file) for file in found.files or ()} == set(wheel.members)
        said = BytesParser().parsebytes(wheel.metadata()["WHEEL"])
        assert (said["Root-Is-Purelib"], said["Tag"]) == ("true", "py3-none-any")


def test_our_reader_finds_the_package_that_went_in(built: dict[Path, Wheel], odd: Path) -> None:
    path = next(path for path, wheel in built.items() if "Schnee" in str(wheel.members.keys()))
    assert open_package(path).members() == packed(odd).members()


def test_nothing_of_an_authors_is_code(odd: Path) -> None:
    wheel = wheel_of(packed(odd), str(odd))
    module = "my_agent_2_cartridge"
    outside = {name for name in wheel.members if not name.startswith(wheel.info + "/")}
    assert outside == {f"{module}/{name}" for name in FILES}
    other = wheel_of(packed(ROOT / "cartridges" / "hello.cartridge"), "hello")
    for name in FILES:
        mine = wheel.members[f"{module}/{name}"].data.decode()
        theirs = other.members[f"hello_cartridge/{name}"].data.decode()
        assert mine == theirs.replace("hello_cartridge", module).replace(
            "hello-1.0.0", "my_agent_2-1.0.0b2"
        ).replace('"hello"', '"my-agent-2"')


def test_an_editable_wheel_holds_the_way_and_nothing_else(odd: Path) -> None:
    wheel = editable_wheel(packed(odd), str(odd), "/home/ada/odd.cartridge")
    inside = {name.removeprefix(wheel.info + "/") for name in wheel.members}
    assert inside == {
        *("METADATA", "WHEEL", "RECORD", "entry_points.txt", "CARTRIDGE-INFO/editable.json"),
        *(f"my_agent_2_cartridge/{name}" for name in FILES),
    }
