"""Folder to zip to folder gives back every byte and every executable bit, and the same agent."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from archive_places import ROOT
from hypothesis import given, settings
from hypothesis import strategies as st

from looplet.compiler import cartridge_to_preset
from looplet.compiler.archive.building import archive_of
from looplet.compiler.archive.carried import preset_of
from looplet.compiler.archive.errors import PackageError
from looplet.compiler.archive.names import _alone, _together, fault
from looplet.compiler.archive.opening import package_in
from looplet.compiler.archive.package import Package, pack
from looplet.compiler.archive.unpacking import unpack
from looplet.compiler.emit import reread
from looplet.compiler.source import read_folder
from looplet.contents import File
from looplet.preset import AgentPreset, Layer

CORPUS = ROOT / "tests" / "corpus"
EVERY = [
    *sorted((ROOT / "cartridges").glob("*.cartridge")),
    CORPUS / "base.cartridge",
    *sorted((CORPUS / "valid").glob("*.cartridge")),
    *sorted((CORPUS / "odd").glob("*.cartridge")),
]


def through_a_file(root: Path) -> tuple[AgentPreset, Package]:
    """The preset of a folder, and the package that was read from the file built of it."""
    preset = cartridge_to_preset(root, cache=False)
    return preset, package_in(archive_of(pack(preset)), "x.cartridge")


@pytest.mark.parametrize("root", EVERY, ids=lambda path: path.stem)
def test_every_cartridge_comes_back(root: Path, tmp_path: Path) -> None:
    preset, package = through_a_file(root)
    unpack(package, tmp_path / "out")
    for layer, at in zip(preset.layers, package.ir["layers"], strict=True):
        if at["at"].startswith("cartridge"):
            folder = tmp_path / "out" / at["at"].removeprefix("cartridge").lstrip("/")
            inner = {other["at"] for other in package.ir["layers"]} - {at["at"]}
            back = read_folder(str(folder))[0].files
            kept = {
                path: file
                for path, file in back.items()
                if not any(f"{at['at']}/{path}".startswith(each + "/") for each in inner)
                or path in layer.files
            }
            assert kept == dict(layer.files)
    assert sum(1 for _ in _files(tmp_path / "out")) == sum(
        name.startswith("cartridge/") for name in package.files
    )


@pytest.mark.parametrize("root", EVERY, ids=lambda path: path.stem)
def test_every_agent_is_the_same(root: Path) -> None:
    preset, package = through_a_file(root)
    carried = preset_of(package)
    assert carried == preset
    assert package.manifest["digests"] == {"tree": package.tree_digest, "meaning": preset.digest}
    assert [dict(layer.files) for layer in carried.layers] == [
        dict(layer.files) for layer in preset.layers
    ]
    # What the package carries is what its files say, though its layers have names of their own.
    assert reread(carried.layers) == carried
    # And a package of what was read is that package.
    entry = "" if package.entry == "." else package.entry
    assert archive_of(pack(carried, entry=entry)) == archive_of(package)


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file())


# ── parents ───────────────────────────────────────────────────────────────────────────────────────


def written(root: Path, files: dict[str, str]) -> Path:
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    return root


def child_of(parent: str) -> dict[str, str]:
    manifest = '{"name": "child", "schema_version": 2, "version": "1.0.0"}\n'
    return {"cartridge.json": manifest, "config.yaml": f"extends: {parent}\n"}


PARENT = {
    "config.yaml": "max_steps: 7\n",
    "prompts/system.md": "Say it.\n",
    "tools/done/tool.yaml": "name: done\ndescription: End.\nparameters:\n  type: object\n",
    "tools/done/execute.py": "def execute(ctx):\n    return {}\n",
}


@pytest.mark.parametrize(
    "own, target, entry, files",
    [
        ("child.cartridge", "base", ".", ["base/config.yaml", "config.yaml"]),
        (
            "child.cartridge",
            "../base.cartridge",
            "child.cartridge",
            ["base.cartridge/config.yaml", "child.cartridge/config.yaml"],
        ),
        (
            "team/agents/child.cartridge",
            "../../common/base.cartridge",
            "agents/child.cartridge",
            ["agents/child.cartridge/config.yaml", "common/base.cartridge/config.yaml"],
        ),
        ("base/child.cartridge", "..", "child.cartridge", ["child.cartridge/config.yaml"]),
    ],
)
def test_parents_beside_travel_in_the_smallest_folder(
    own: str, target: str, entry: str, files: list[str], tmp_path: Path
) -> None:
    root = written(tmp_path / own, child_of(target))
    written(Path(os.path.normpath(root / target)), PARENT)
    preset, package = through_a_file(root)
    assert package.entry == entry
    for name in files:
        assert f"cartridge/{name}" in package.files
    assert str(tmp_path.name) not in "".join(package.files)

    unpack(package, tmp_path / "out")
    again = cartridge_to_preset(tmp_path / "out" / entry, cache=False)
    assert again == preset == preset_of(package)
    # Unpacked, it is the same package again: of the same tree, and of the same bytes.
    assert archive_of(pack(again)) == archive_of(package)


def test_a_parent_that_is_named_travels_too(tmp_path: Path) -> None:
    root = written(tmp_path / "child.cartridge", child_of("hello"))
    preset, package = through_a_file(root)
    assert package.entry == "."
    assert "parents/hello/config.yaml" in package.files
    unpack(package, tmp_path / "out")
    assert read_folder(str(tmp_path / "out"))[0].files == preset.layers[0].files
    assert archive_of(pack(cartridge_to_preset(tmp_path / "out", cache=False))) == archive_of(
        package
    )


# ── any tree ──────────────────────────────────────────────────────────────────────────────────────

PARTS = st.one_of(
    st.sampled_from(["a", "B", ".hidden", "-", "é", "日本", "a b", "a,b", "a'b", "%41", "~", "ﬁ"]),
    st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), min_size=1, max_size=6),
)
PATHS = st.lists(PARTS, min_size=1, max_size=4).map("/".join)
CONTENTS = st.builds(File, st.binary(max_size=40), st.booleans())
FILES = st.dictionaries(PATHS, CONTENTS, min_size=1, max_size=8)


def a_preset(files: dict[str, File]) -> AgentPreset:
    """A preset of a folder with these files; they are judged when it is packed."""
    return AgentPreset("any", files=files, layers=[Layer("any", files)])


@settings(max_examples=150)
@given(FILES)
def test_any_tree_comes_back_or_is_refused_before_it_is_written(files: dict[str, File]) -> None:
    try:
        package = pack(a_preset(files))
    except ValueError:
        return  # what no folder holds: `pack` says so, the reader would, and nothing was made
    data = archive_of(package)
    opened = package_in(data, "any.cartridge")
    assert dict(opened.files) == {f"cartridge/{path}": file for path, file in files.items()}
    assert archive_of(opened) == data
    with tempfile.TemporaryDirectory() as folder:
        unpack(opened, Path(folder) / "out")
        tree, findings = read_folder(str(Path(folder) / "out"))
        assert not findings and dict(tree.files) == files


@settings(max_examples=150)
@given(st.lists(PATHS, max_size=6))
def test_what_names_are_refused_does_not_depend_on_how_they_are_looked_at(
    names: list[str],
) -> None:
    """The quick look at many names says what a look at each of them says."""
    slowly = next(filter(None, map(_alone, names)), None) or _together(names)
    assert fault(names) == slowly


def test_a_tree_that_cannot_be_packed_is_told_why() -> None:
    files = {"a": File(b""), "A": File(b"")}
    with pytest.raises(PackageError, match=r"CT745 .*`cartridge/a` and `cartridge/A` are one file"):
        pack(a_preset(files))


def test_a_name_that_is_not_nfc_is_to_be_renamed() -> None:
    with pytest.raises(PackageError, match=r"CT744 .*from `cafe\\u0301.md` to `caf\\xe9.md`"):
        pack(a_preset({"cafe\u0301.md": File(b"")}))
