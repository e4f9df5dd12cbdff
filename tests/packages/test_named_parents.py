"""`extends` of what is installed, by name and version, and of package files by their path."""

from __future__ import annotations

from pathlib import Path

import pytest
from carried_by import archive, files_of, install, wheel, write

from looplet import AgentPreset, cartridge_to_preset
from looplet.compiler import check
from looplet.compiler.archive.opening import open_package
from looplet.compiler.report import Checked

CHILD = "extends: {}\nmax_steps: 9\n"


def parent(folder: Path, name: str = "base-agent", version: str = "1.2.0", **files: str) -> Path:
    extra = {
        "tools/look/tool.yaml": "name: look\ndescription: Look.\nparameters: {}\n",
        "tools/look/execute.py": "def execute():\n    return 1\n",
    }
    root = folder / f"{name}.cartridge"
    return write(root, files_of(name, "max_steps: 3\n", version, **{**extra, **files}))


def child(folder: Path, target: str) -> Path:
    root = write(folder / "child.cartridge", files_of("child", CHILD.format(target)))
    return root


def one(path: Path | str) -> Checked:
    return check(path).cartridges[0]


def the_child(preset: AgentPreset) -> None:
    assert preset.name == "child" and preset.config_values["max_steps"] == 9
    assert sorted(preset.tool_defs) == ["done", "look"]


@pytest.mark.parametrize("target", ["base-agent", "base_agent>=1.2", "'base-agent >=1, <2'"])
def test_an_installed_parent(site: Path, tmp_path: Path, target: str) -> None:
    info = install(wheel(parent(tmp_path / "src"), tmp_path), site)
    preset = cartridge_to_preset(child(tmp_path, target))
    the_child(preset)
    assert [layer.place for layer in preset.layers] == ["", "@/base-agent"]
    assert preset.roots[1] == str(info / "cartridge")


def test_a_shipped_parent(tmp_path: Path) -> None:
    preset = cartridge_to_preset(child(tmp_path, "hello>=1"))
    assert [layer.place for layer in preset.layers] == ["", "@/hello"]
    assert "greet" in preset.tool_defs


def test_a_package_carries_the_parents_it_names(
    site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(wheel(parent(tmp_path / "src"), tmp_path), site)
    preset = cartridge_to_preset(child(tmp_path, "base-agent>=1.2"))
    file = archive(preset, tmp_path)
    assert "parents/base-agent/config.yaml" in open_package(file).files
    monkeypatch.setattr("sys.path", [each for each in __import__("sys").path if each != str(site)])
    assert one(tmp_path / "child.cartridge").preset is None
    assert cartridge_to_preset(file) == preset == one(file).preset
    again = archive(cartridge_to_preset(file), tmp_path / "src")
    assert again.read_bytes() == file.read_bytes()


def test_what_a_named_parent_extends_by_a_path_is_named_with_it(site: Path, tmp_path: Path) -> None:
    """Two levels up in its package, and still below `@/`."""
    write(tmp_path / "src/common", files_of("common", "max_steps: 2\n"))
    root = tmp_path / "src/agents/base-agent.cartridge"
    write(root, files_of("base-agent", "extends: ../../common\n"))
    install(wheel(root, tmp_path), site)
    preset = cartridge_to_preset(child(tmp_path, "base-agent"))
    assert [layer.place for layer in preset.layers] == ["", "@/base-agent", "@/common"]
    file = archive(preset, tmp_path)
    assert cartridge_to_preset(file) == preset == one(file).preset
    same = archive(cartridge_to_preset(file), tmp_path / "src")
    assert same.read_bytes() == file.read_bytes()


def test_a_parent_that_names_its_parent(site: Path, tmp_path: Path) -> None:
    install(wheel(parent(tmp_path / "src"), tmp_path), site)
    middle = write(tmp_path / "src/middle", files_of("middle", "extends: base-agent\n"))
    file = wheel(middle, tmp_path)
    install(file, site)
    for target in ("middle", f"./{file.name}"):
        where = child(tmp_path, target)
        if target != "middle":
            (where / file.name).write_bytes(file.read_bytes())
        places = [layer.place for layer in cartridge_to_preset(where).layers]
        assert places[-1] == "@/base-agent" and len(places) == 3


@pytest.mark.parametrize("make", [archive, wheel])
def test_a_package_file_as_parent(tmp_path: Path, make: object) -> None:
    file = make(parent(tmp_path / "src"), tmp_path)  # type: ignore[operator]
    preset = cartridge_to_preset(child(tmp_path, f"../{file.name}"))
    the_child(preset)
    assert [layer.place for layer in preset.layers] == ["", f"../{file.name}"]
    assert preset.roots == (str(tmp_path / "child.cartridge"), "")
    packed = archive(preset, tmp_path / "src")
    assert cartridge_to_preset(packed) == preset == one(packed).preset


def test_the_tools_of_a_parent_in_a_file_have_a_folder_when_they_run(tmp_path: Path) -> None:
    look = (
        "from pathlib import Path\n\n\ndef execute():\n"
        "    return Path(__file__).with_name('words.txt').read_text()\n"
    )
    words = {"tools/look/words.txt": "found", "tools/look/execute.py": look}
    file = archive(parent(tmp_path / "src", **words), tmp_path)
    preset = cartridge_to_preset(child(tmp_path, f"../{file.name}"))
    from looplet import ToolCall

    with preset.bind() as binding:
        result = binding.tools.dispatch(ToolCall("look", {}))
        assert (result.data, result.error) == ("found", None)


# ── what is wrong with a parent ───────────────────────────────────────────────────────────────────


def refused(root: Path) -> tuple[str, str]:
    (found,) = [each for each in one(root).diagnostics if each.severity == "error"]
    assert (found.path, found.span is not None) == ("config.yaml", True)
    return found.code, found.message


def test_no_such_version(site: Path, tmp_path: Path) -> None:
    install(wheel(parent(tmp_path / "src"), tmp_path), site)
    code, says = refused(child(tmp_path, "base-agent>=2"))
    assert code == "CT324"
    assert "base-agent 1.2.0 is installed, and base-agent>=2 is asked for" in says
    assert refused(child(tmp_path, "hello>=7"))[1].endswith(
        "hello 1.0.0 comes with looplet, and hello>=7 is asked for"
    )


def test_not_installed(site: Path, tmp_path: Path) -> None:
    install(wheel(parent(tmp_path / "src"), tmp_path), site)
    code, says = refused(child(tmp_path, "base-agnt>=1"))
    assert (code, says) == (
        "CT312",
        "the parent `base-agnt>=1` is not there; did you mean `base-agent>=1`?",
    )


def test_two_of_the_name(site: Path, tmp_path: Path) -> None:
    info = install(wheel(parent(tmp_path / "src"), tmp_path), site)
    info.rename(site / "other-1.dist-info")
    install(wheel(parent(tmp_path / "src"), tmp_path), site)
    code, says = refused(child(tmp_path, "base-agent"))
    assert code == "CT325" and "base-agent and other both give it" in says


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda info: (info / "cartridge/config.yaml").write_text("max_steps: 4\n"), "CT748"),
        (lambda info: (info / "CARTRIDGE-INFO/manifest.json").unlink(), "manifest.json is missing"),
    ],
)
def test_a_broken_one(site: Path, tmp_path: Path, spoil: object, says: str) -> None:
    info = install(wheel(parent(tmp_path / "src"), tmp_path), site)
    spoil(info)  # type: ignore[operator]
    code, message = refused(child(tmp_path, "base-agent"))
    assert code == "CT326" and says in message


def test_a_file_that_is_no_package(tmp_path: Path) -> None:
    (tmp_path / "base.cartridge").write_bytes(b"PK\x03\x04")
    code, message = refused(child(tmp_path, "../base.cartridge"))
    assert code == "CT326" and "CT70" in message


def test_a_requirement_that_is_none(tmp_path: Path) -> None:
    code, message = refused(child(tmp_path, "'base agent'"))
    assert code == "CT312" or (code == "CT326" and "is no name of a cartridge" in message)


def test_one_that_extends_itself(site: Path, tmp_path: Path) -> None:
    """Installed, as the new version of it will be built on the old one."""
    root = write(tmp_path / "base.cartridge", files_of("base-agent", "extends: base-agent\n"))
    install(wheel(parent(tmp_path / "src"), tmp_path), site)
    preset = cartridge_to_preset(root)
    assert [layer.place for layer in preset.layers] == ["", "@/base-agent"]


# ── what is known of them ─────────────────────────────────────────────────────────────────────────


def test_the_cache_knows_which_parent_it_was(site: Path, tmp_path: Path) -> None:
    root = child(tmp_path, "base-agent>=1")
    assert one(root).preset is None
    info = install(wheel(parent(tmp_path / "src"), tmp_path), site)
    before = one(root).preset
    assert before is not None and before.tool_defs["look"].description == "Look."
    assert one(root).preset == before
    for path in sorted(info.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    info.rmdir()
    assert one(root).preset is None
    text = "name: look\ndescription: Other.\nparameters: {}\n"
    newer = parent(tmp_path / "src", "base-agent", "1.3.0", **{"tools/look/tool.yaml": text})
    install(wheel(newer, tmp_path), site)
    after = one(root).preset
    assert after is not None and after.tool_defs["look"].description == "Other."
    install(wheel(parent(tmp_path / "src", version="0.9"), tmp_path), site)
    assert refused(root)[0] == "CT325"


def test_the_cache_reads_a_package_file_again(tmp_path: Path) -> None:
    file = archive(parent(tmp_path / "src"), tmp_path)
    root = child(tmp_path, f"../{file.name}")
    first = one(root).preset
    assert first is not None and one(root).preset == first
    text = "name: look\ndescription: Other.\nparameters: {}\n"
    archive(parent(tmp_path / "src", **{"tools/look/tool.yaml": text}), tmp_path)
    second = one(root).preset
    assert second is not None and second.tool_defs["look"].description == "Other."
    file.write_bytes(file.read_bytes()[:-1])
    assert refused(root)[0] == "CT326"
