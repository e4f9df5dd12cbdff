"""`check` of a package: whole, clean, and carrying what its files say. And of what is installed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from carried_by import archive, files_of, install, wheel, write

from looplet import PresetError, cartridge_to_preset
from looplet.cli import main as looplet
from looplet.compiler import CartridgeError, check, check_all
from looplet.compiler.archive.package import Package, pack
from looplet.compiler.archive.zip_writer import FIRST, written
from looplet.compiler.cli import main
from looplet.preset import AgentPreset, canonical_json
from looplet.types import printable

NESTED = {
    "config.yaml": "builtin_tools: [subagent]\n",
    "agents/inner.cartridge/config.yaml": "max_steps: 3\n",
    "agents/inner.cartridge/prompts/system.md": "You are inner.\n",
    "agents/inner.cartridge/tools/done/tool.yaml": "name: done\ndescription: End.\n",
    "agents/inner.cartridge/tools/done/execute.py": "def execute():\n    return {}\n",
}


def liar(root: Path, lie: Callable[[dict[str, Any]], None], folder: Path | None = None) -> Path:
    """A package, whole in every digest, whose `ir.json` says something else than its files."""
    package = pack(cartridge_to_preset(root))
    ir = json.loads(canonical_json(package.ir))
    lie(ir)
    preset = ir["preset"]
    from hashlib import sha256

    meaning = sha256(canonical_json(preset).encode()).hexdigest()
    told = {key: preset[key] for key in ("name", "version", "description")}
    digests = {**package.manifest["digests"], "meaning": meaning}
    manifest = {**package.manifest, **told, "digests": digests}
    path = (folder or root.parent) / "liar.cartridge"
    path.write_bytes(
        written(Package(manifest, package.files, ir, None).members(), FIRST),
    )
    return path


def steps(ir: dict[str, Any]) -> None:
    ir["preset"]["config"]["max_steps"] = 1000


def permissions(ir: dict[str, Any]) -> None:
    ir["preset"]["config"]["permissions"] = {"default": "allow"}


def tool(ir: dict[str, Any]) -> None:
    ir["preset"]["tools"]["done"]["code"] = "lib/other.py"


def gone(ir: dict[str, Any]) -> None:
    del ir["preset"]["files"]["tools/done/execute.py"]


def inner(ir: dict[str, Any]) -> None:
    ir["nested"]["agents/inner.cartridge"]["preset"]["config"]["max_steps"] = 1000


def no_inner(ir: dict[str, Any]) -> None:
    del ir["nested"]


@pytest.mark.parametrize(
    ("lie", "where"),
    [
        (steps, "config.max_steps"),
        (permissions, "config.permissions"),
        (tool, "tools.done.code"),
        (gone, "files.tools/done/execute.py"),
        (inner, "nested.agents/inner.cartridge.preset.config.max_steps"),
        (no_inner, "nested"),
    ],
)
def test_a_preset_that_is_not_that_of_the_files(tmp_path: Path, lie: Any, where: str) -> None:
    root = write(tmp_path / "it.cartridge", files_of("it", **NESTED))
    path = liar(root, lie)
    # Loading takes what is carried: who loads a package trusts who made it.
    assert cartridge_to_preset(path).name == "it"
    checked = check(path).cartridges[0]
    (found,) = [each for each in checked.diagnostics if each.severity == "error"]
    assert (found.code, found.path) == ("CT760", "CARTRIDGE-INFO/ir.json")
    assert f"first at `{where}`" in found.message, found.message
    assert checked.preset is None


@pytest.mark.parametrize(
    "spoil",
    [
        lambda ir: ir["preset"].update(tools=[]),
        lambda ir: ir["preset"]["tools"]["done"].update(free="no"),
        lambda ir: ir["preset"].update(prompts={"system": {"text": 1}}),
        lambda ir: ir.update(nested={"agents/inner.cartridge": {}}),
        lambda ir: ir.update(nested={"agents": {"layers": [], "preset": ir["preset"]}}),
        lambda ir: ir.update(nested={"../x": ir["nested"]["agents/inner.cartridge"]}),
        lambda ir: ir["nested"]["agents/inner.cartridge"].update(nested=7),
        lambda ir: ir["nested"]["agents/inner.cartridge"]["layers"].append({"name": "x"}),
    ],
)
def test_what_is_no_preset_is_refused_and_not_guessed(tmp_path: Path, spoil: Any) -> None:
    root = write(tmp_path / "it.cartridge", files_of("it", **NESTED))
    path = liar(root, spoil)
    with pytest.raises(PresetError, match=r"CT740|CT742"):
        cartridge_to_preset(path)
    assert [each.code[:4] for each in check(path).diagnostics] == ["CT74"]


def test_nested_agents_are_carried(tmp_path: Path) -> None:
    root = write(tmp_path / "it.cartridge", files_of("it", **NESTED))
    file = archive(root, tmp_path)
    preset = cartridge_to_preset(file)
    from looplet.nested import nested_preset

    carried = nested_preset(preset, "agents/inner.cartridge/")
    assert carried is preset.nested["agents/inner.cartridge"]
    made = nested_preset(cartridge_to_preset(root), "agents/inner.cartridge")
    assert carried == made and carried.config_values["max_steps"] == 3
    # Whoever changes the files of a preset has changed what is nested in it.
    from dataclasses import replace

    from looplet import File

    config = {"agents/inner.cartridge/config.yaml": File(b"max_steps: 4\n")}
    changed = replace(preset, files={**preset.files, **config})
    inner = nested_preset(changed, "agents/inner.cartridge")
    assert inner.config_values["max_steps"] == 4


def test_findings_in_a_package_are_shown_with_their_lines(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Such as those of a newer looplet than it was built with; a package itself is never mended."""
    root = write(tmp_path / "it.cartridge", files_of("it", "max_steps: 3\ndone_tool: done\n"))
    preset = cartridge_to_preset(root)
    (layer,) = preset.layers
    from looplet import File
    from looplet.preset import Layer

    files = {**layer.files, "config.yaml": File(b"max_steps: 3\ndone_tool: dune\n")}
    odd = AgentPreset.from_values(preset.values(), preset.files, [Layer(layer.name, files, "")])
    path = archive(odd, tmp_path)
    before = path.read_bytes()
    assert main(["check", str(path), "--fix"]) == 1
    out = capsys.readouterr().out
    assert f"{printable(str(path), 500)}/config.yaml:2:12" in out and "done_tool: dune" in out
    assert path.read_bytes() == before


def test_a_folder_of_packages_is_none_of_cartridges(tmp_path: Path) -> None:
    root = write(tmp_path / "it.cartridge", files_of("it"))
    file = archive(root, tmp_path)
    report = check_all([root, file])
    assert [each.root for each in report.cartridges] == [str(root), str(file)]
    assert report.errors == 0


def test_a_name(site: Path, here: Path, tmp_path: Path) -> None:
    info = install(wheel(write(tmp_path / "src", files_of("named")), tmp_path), site)
    (checked,) = check("named>=1").cartridges
    assert (checked.root, checked.name, checked.diagnostics) == (str(info), "named", ())
    assert [each.code for each in check("named>=2").diagnostics] == ["CT761"]
    found = check("nomed").diagnostics[0]
    assert found.code == "CT001"
    assert found.message == (
        "there is no folder, package or installed cartridge `nomed`; did you mean `named`?"
    )
    with pytest.raises(CartridgeError, match=r"CT761 named 1\.0\.0 is installed, and named>=2 is"):
        cartridge_to_preset("named>=2")


def test_a_path_comes_before_a_name(site: Path, here: Path, tmp_path: Path) -> None:
    install(wheel(write(tmp_path / "src", files_of("both")), tmp_path), site)
    write(here / "both", files_of("both", "max_steps: 8\n", "3.0.0"))
    assert cartridge_to_preset("both").version == "3.0.0"
    assert cartridge_to_preset("both>=1").version == "1.0.0"


def test_a_file_beside_is_suggested(here: Path, tmp_path: Path) -> None:
    archive(write(tmp_path / "src", files_of("named")), here)
    (found,) = check("named-1.0.1.cartridge").diagnostics
    assert "did you mean `named-1.0.0.cartridge`?" in found.message


def test_inputs_that_nobody_declares(tmp_path: Path) -> None:
    files = files_of("it", "max_steps: 3\n", **{"runtime.yaml": 'temperature: "${runtime.warm}"\n'})
    file = archive(write(tmp_path / "it.cartridge", files), tmp_path)
    assert cartridge_to_preset(file, runtime={"warm": 0.5}).config.temperature == 0.5
    assert cartridge_to_preset(file, runtime={}, strict=False).runtime == {}
    with pytest.raises(PresetError, match="refers to the input 'warm', which is not declared"):
        cartridge_to_preset(file, runtime={"worm": 1})


def paths_in(value: Any, depth: int = 3) -> Iterator[tuple[str, ...]]:
    """The way to each value in nested mappings."""
    for key, inner in value.items() if isinstance(value, dict) and depth else ():
        yield (key,)
        yield from ((key, *rest) for rest in paths_in(inner, depth - 1))


@pytest.mark.parametrize("nonsense", [5, "x", [5], None, {"x": 5}], ids=str)
def test_a_preset_that_makes_no_sense_is_no_traceback(
    tmp_path: Path, nonsense: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    """Digests that fit say nothing of what they are of."""
    root = Path(__file__).parents[2] / "cartridges/hello.cartridge"
    known = json.loads(canonical_json(pack(cartridge_to_preset(root)).ir["preset"]))
    for way in paths_in(known):
        if way[0] == "files":
            continue

        def lie(ir: dict[str, Any], way: tuple[str, ...] = way) -> None:
            part = ir["preset"]
            for key in way[:-1]:
                part = part[key]
            part[way[-1]] = nonsense

        try:
            path = liar(root, lie, tmp_path)
        except (KeyError, ValueError):
            continue
        code = looplet(["run", str(path), "Greet Ada", "--scripted", "--trust", "--max-steps", "1"])
        assert code in (0, 1, 2, 3), (way, nonsense)
        assert "Traceback" not in capsys.readouterr().err
