"""What carries a cartridge changes nothing of it: law 5, and that a package loads as its folder."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from carried_by import CARTRIDGES, DONE, archive, install, wheel, write
from hypothesis import given, settings
from hypothesis import strategies as st

from looplet import AgentPreset, cartridge_to_preset, preset_to_cartridge
from looplet.compiler import check
from looplet.compiler.source import read_folder

each = pytest.mark.parametrize("root", CARTRIDGES, ids=lambda path: path.stem)


def same(made: AgentPreset, preset: AgentPreset) -> None:
    """Equal in what they mean, and in every byte that they were read from."""
    assert made == preset
    assert [layer.files for layer in made.layers] == [layer.files for layer in preset.layers]
    assert [layer.place for layer in made.layers] == [layer.place for layer in preset.layers]


@each
def test_a_package_loads_as_its_folder(root: Path, tmp_path: Path) -> None:
    preset = cartridge_to_preset(root)
    file, other = archive(preset, tmp_path), wheel(preset, tmp_path)
    info = install(other, tmp_path / "site")
    for path in (file, other, info):
        made = cartridge_to_preset(path)
        same(made, preset)
        # Once more around: what was loaded from a package makes the same package.
        assert archive(made, tmp_path).read_bytes() == file.read_bytes()
    assert cartridge_to_preset(file).roots == ()
    assert Path(cartridge_to_preset(info).roots[0], "config.yaml").is_file()


@each
def test_a_package_checks_as_its_folder(root: Path, tmp_path: Path) -> None:
    file = archive(root, tmp_path)

    def found(path: Path) -> list[tuple[str, str, Any]]:
        return [(each.code, each.path, each.span) for each in check(path).diagnostics]

    assert found(file) == found(root)
    checked = check(file).cartridges[0].preset
    assert checked is not None
    same(checked, cartridge_to_preset(file))


@each
def test_folder_package_folder_gives_the_same_bytes(root: Path, tmp_path: Path) -> None:
    file = archive(root, tmp_path)
    out = preset_to_cartridge(cartridge_to_preset(file), tmp_path / "out")
    assert read_folder(out)[0].files == read_folder(str(root))[0].files


# ── trees that nobody wrote ───────────────────────────────────────────────────────────────────────

NAMES = st.from_regex(r"[a-zA-Z0-9_][a-zA-Z0-9_. é☃-]{0,6}[a-z0-9_]", fullmatch=True).filter(
    lambda name: not name.endswith((".pyc", ".py", ".md", ".yaml"))
)
FOLDERS = st.sampled_from(["", "data/", "data/more/", "lib/", "assets/10_x/"])
FILES = st.dictionaries(
    st.tuples(FOLDERS, NAMES).map("".join),
    st.tuples(st.binary(max_size=200), st.booleans()),
    max_size=6,
)


@given(FILES, st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20))
@settings(max_examples=40)
def test_any_tree_that_checks_clean(files: dict[str, tuple[bytes, bool]], words: str) -> None:
    with TemporaryDirectory() as folder:
        place = Path(folder)
        root = place / "some.cartridge"
        write(root, {"config.yaml": "max_steps: 3\n", "prompts/system.md": words + ".\n", **DONE})
        for path, (data, executable) in files.items():
            target = root / path
            try:
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(data)
                target.chmod(0o755 if executable else 0o644)
            except OSError:  # a file where another one needs a folder
                continue
        if check(root).errors:
            return
        preset = cartridge_to_preset(root)
        file, other = archive(preset, place), wheel(preset, place)
        for path in (file, other, install(other, place / "site")):
            same(cartridge_to_preset(path), preset)
            assert check(path).errors == 0
