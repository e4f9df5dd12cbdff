"""What is kept changes nothing: a check says the same with it and without, first and later."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from looplet.compiler.cache import fingerprint
from looplet.compiler.pipeline import check
from looplet.compiler.report import Report

ROOT = Path(__file__).parents[2]
HELLO = ROOT / "cartridges" / "hello.cartridge"


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LOOPLET_CACHE_DIR", str(tmp_path / "cache"))
    shutil.copytree(HELLO, tmp_path / "hello")
    return tmp_path / "hello"


def all_of(report: Report) -> object:
    """Everything in a report, what its equality leaves out included."""
    (checked,) = report.cartridges
    preset = checked.preset
    return (
        (checked.root, checked.name, checked.sources, checked.diagnostics),
        [found.cartridge for found in checked.diagnostics],
        preset
        and (
            (preset.to_json(), preset.roots, preset.layers),
            [list(part) for part in (preset.files, preset.tool_defs, preset.prompts)],
            [list(tool.parameters.get("properties", ())) for tool in preset.tool_defs.values()],
        ),
    )


def agreed(folder: Path) -> Report:
    plain = check(folder, cache=False)
    for report in (check(folder), check(folder)):
        assert all_of(report) == all_of(plain)
    return plain


def cartridge(folder: Path, config: str, **files: str) -> Path:
    (folder / "prompts").mkdir(parents=True, exist_ok=True)
    (folder / "config.yaml").write_text(config)
    (folder / "prompts" / "system.md").write_text("You are.\n")
    return folder


def mutated(text: str, random: Random) -> str:
    lines = text.split("\n")
    at = random.randrange(len(lines))
    kind = random.choice(["drop", "twice", "typo", "indent", "word"])
    if kind == "drop":
        del lines[at]
    elif kind == "twice":
        lines.insert(at, lines[at])
    elif kind == "indent":
        lines[at] = " " + lines[at]
    elif kind == "word":
        lines[at] = lines[at].replace("string", "strin").replace("name", "nmae")
    elif lines[at]:
        cut = random.randrange(len(lines[at]))
        lines[at] = lines[at][:cut] + random.choice(":#[{'\"@x \t") + lines[at][cut + 1 :]
    return "\n".join(lines)


@pytest.fixture(scope="module")
def mutant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("mutant")
        patch.setenv("LOOPLET_CACHE_DIR", str(folder / "cache"))
        shutil.copytree(HELLO, folder / "hello")
        yield folder / "hello"


@given(st.integers(0, 2**32))
@settings(max_examples=80)
def test_mutants_of_one_cartridge_at_one_place(mutant: Path, seed: int) -> None:
    random = Random(seed)
    texts = sorted(p for p in mutant.rglob("*") if p.suffix in (".py", ".yaml", ".json", ".md"))
    path = random.choice([each for each in texts if each.is_file()])
    before = path.read_text()
    try:
        path.write_text(mutated(before, random))
        agreed(mutant)
    finally:
        path.write_text(before)


def test_a_missing_parent_may_come_and_go(tmp_path: Path, place: Path) -> None:
    child = cartridge(tmp_path / "child", "extends: ../base\n")
    assert agreed(child).errors
    shutil.copytree(place, tmp_path / "base")
    assert not agreed(child).errors
    (tmp_path / "base" / "config.yaml").write_text("extends: ../first\n")
    assert agreed(child).errors
    shutil.copytree(place, tmp_path / "first")
    assert not agreed(child).errors
    shutil.rmtree(tmp_path / "base")
    assert agreed(child).errors


def test_a_link_to_a_parent_may_lead_elsewhere(tmp_path: Path, place: Path) -> None:
    shutil.copytree(place, tmp_path / "one")
    shutil.copytree(place, tmp_path / "two")
    with open(tmp_path / "two" / "config.yaml", "a") as config:
        config.write("x-two: 2\n")
    child = cartridge(tmp_path / "child", "extends: ../base\n")
    for name in ("one", "two", "one"):
        (tmp_path / "base").unlink(missing_ok=True)
        (tmp_path / "base").symlink_to(name)
        preset = agreed(child).cartridges[0].preset
        assert preset is not None and ("x-two" in preset.config_values) == (name == "two")


def test_the_same_contents_at_two_places_are_reported_where_they_are(tmp_path: Path) -> None:
    for name in ("a/same", "b/same"):
        report = agreed(cartridge(tmp_path / name, "max_stepz: 1\n"))
        assert {found.cartridge for found in report.diagnostics} == {str(tmp_path / name)}


@pytest.mark.parametrize(
    "poison",
    [
        {},
        {"parents": 5, "name": 1, "diagnostics": 3},
        {"parents": [[1, 2, 3]]},
        {"diagnostics": [[1]]},
        {"preset": 5},
        {"preset": {"files": {"nope": 1}}},
        {"preset": {"files": {}, "prompts": []}},
    ],
)
def test_an_entry_of_another_shape_is_ignored(
    tmp_path: Path, place: Path, poison: dict[str, object]
) -> None:
    expected = all_of(check(place))
    for entry in (tmp_path / "cache" / "results").iterdir():
        known = json.loads(entry.read_bytes().partition(b"\n")[2])
        for key, value in poison.items():
            known[key] = {**known[key], **value} if isinstance(value, dict) else value
        body = json.dumps(known if poison else {}).encode()
        head = f"{fingerprint()} {hashlib.sha256(body).hexdigest()}\n".encode()
        entry.write_bytes(head + body)
    assert all_of(check(place)) == expected
