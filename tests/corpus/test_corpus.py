"""The corpus: one fault each is found, at its place, and what is odd but legal passes."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from corpus_cases import BASE, CASES, CORPUS, Case
from corpus_every import EVERY, FOLDERS, Examined
from corpus_made import MADE, many_files, unreadable

from looplet.compiler import cartridge_to_preset, check
from looplet.compiler.cli import main
from looplet.compiler.diagnostics import RULES
from looplet.compiler.render import json as as_json
from looplet.compiler.render import text as as_text

Examine = Callable[[str], Examined]

VALID = sorted((CORPUS / "valid").glob("*.cartridge"))
ODD = sorted((CORPUS / "odd").glob("*.cartridge"))

# What is found in legal cartridges all the same, by the name of the folder.
REMARKS = {
    "comments_only_runtime": ["CT119"],
    "everything": ["CT216"] * 2,
    "leading_zero": ["CT118"],
    "words_as_texts": ["CT323"],  # `provider: on` is a text, and no provider
}

broken = pytest.mark.parametrize("name", sorted(FOLDERS))


def test_the_corpus_is_as_large_as_was_promised() -> None:
    assert len(CASES) >= 190 and len(FOLDERS) == len(CASES) + len(MADE)
    assert len(VALID) >= 5 and len(ODD) >= 18


def test_the_base_is_clean() -> None:
    assert check(CORPUS / BASE, cache=False).diagnostics == ()


@broken
def test_one_fault_is_found_once_and_at_its_place(name: str, examine: Examine) -> None:
    examined = examine(name)
    report = examined.report
    allowed = getattr(examined.case, "allow", ())
    found = [
        (each.code, each.path, each.span.start.line if each.span else None)
        for each in report.diagnostics
        if each.code not in allowed
    ]
    wanted = [(each.code, each.path, each.line) for each in examined.case.expect]
    assert sorted(found, key=str) == sorted(wanted, key=str), examined.case.why
    for each in report.diagnostics:
        assert each.severity == RULES[each.code].severity
    preset = report.cartridges[0].preset
    assert (preset is None) == (report.errors > 0)


@broken
def test_nothing_runs_and_nothing_is_written(name: str, examine: Examine) -> None:
    """Every Python file of the base leaves a trace when it runs."""
    examined = examine(name)
    assert examined.after == examined.before


@pytest.mark.parametrize("name", sorted(set(EVERY) - set(FOLDERS)))
def test_an_outcome_is_what_it_was_made_for(name: str, examine: Examine) -> None:
    examined = examine(name)
    found = [each.code for each in examined.report.diagnostics]
    assert sorted(found) == sorted(each.code for each in examined.case.expect)
    for each in examined.report.diagnostics:
        assert each.severity == RULES[each.code].severity


@pytest.mark.parametrize("name", sorted(EVERY))
def test_each_finding_can_be_shown(name: str, examine: Examine) -> None:
    examined = examine(name)
    with contextlib.chdir(examined.folder):
        shown = as_text.render(examined.report)
        data = json.loads(as_json.render(examined.report))
    assert not any(ord(char) < 32 and char != "\n" for char in shown)
    assert len(data["diagnostics"]) == len(examined.report.diagnostics)


TYPOS = [case.name for case in CASES if "typo" in case.name]
# What is spelt right elsewhere only by the tool or class it belongs to: no edit can say so.
WORDED = frozenset(
    each.name for each in CASES if {found.code for found in each.expect} <= {"CT411", "CT405"}
)


@pytest.mark.parametrize("name", TYPOS)
def test_a_typo_comes_with_the_word_that_was_meant(name: str, examine: Examine) -> None:
    for each in examine(name).report.diagnostics:
        assert "did you mean" in each.message
        assert each.fixes or name in WORDED, "a suggestion in words, and no fix"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_safe_fix_mends_it(
    case: Case, examine: Examine, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report = examine(case.name).report
    safe = [each for each in report.diagnostics if any(fix.safe for fix in each.fixes)]
    if not safe:
        return
    root = case.build(tmp_path)
    main(["check", str(root), "--fix", "--format", "json", "--no-cache"])
    capsys.readouterr()
    after = check(root, cache=False)
    left = [(each.code, each.message) for each in after.diagnostics]
    assert not {(each.code, each.message) for each in safe} & set(left)
    assert after.errors <= report.errors  # what is mended may show what it was hiding


@pytest.mark.parametrize("path", [*VALID, *ODD], ids=lambda path: path.stem)
def test_what_is_legal_passes(path: Path) -> None:
    report = check(path, cache=False)
    assert report.errors == 0
    assert [each.code for each in report.diagnostics] == REMARKS.get(path.stem, [])
    assert report.cartridges[0].preset is not None


# What odd spellings mean: dotted place in config.yaml, or in the done tool, and the value there.
MEANINGS: dict[str, dict[str, Any]] = {
    "anchors": {"config.x-again": 5, "config.x-model": {"name": "small-1", "extra": {"seed": 7}}},
    "at_signs_in_texts": {"config.x-slack": "@someone on slack"},
    "block_scalars": {
        "tool.description": "  Indented by two more.\nNot so this line.\n\n# no comment, but text",
        "config.x-list": ("one\ntwo\n", "three four"),
    },
    "byte_order_mark": {"config.max_steps": 5},
    "carriage_returns": {"config.max_steps": 5, "config.done_tool": "done"},
    "colons_and_hashes": {"config.x-url": "http://example.org:80/a#b", "config.x-dash": "-a"},
    "core_tags": {"config.model.name": "12", "config.model.temperature": 1.0},
    "crlf": {"config.model.name": "small-1", "tool.description": "Say the answer,\nand stop.\n"},
    "dates_as_texts": {"config.x-day": "2026-11-22", "config.x-clock": "12:30:45"},
    "description_override": {"tool.description": "Say the answer in one sentence.\n\nThen stop."},
    "flow_over_lines": {"config.model.extra.seed": 7},
    "json_as_yaml": {"config.model.name": "small-1"},
    "leading_zero": {"config.max_steps": 10},
    "lists_at_the_keys_column": {"config.permissions.allow": ("done",)},
    "not_ascii": {"config.x-emoji": "\U0001f682" * 2, "config.x-日本": "さくら"},
    "null_spellings": {"config.x-b": None, "config.x-d": None},
    "numbers": {"config.max_steps": 31, "config.model.max_tokens": 15, "config.model.top_p": 1.0},
    "question_keys": {"config.model.name": "small-1"},
    "quoted_keys": {"config.x-a: b": 1, "tool.description": "It's the end."},
    "tabs_behind_values": {"config.max_steps": 5, "config.model.name": "small-1"},
    "texts_over_lines": {"tool.description": "Say the answer in one sentence,\nand stop."},
    "words_as_texts": {"config.model.name": "no", "config.x-answer": "yes"},
}


@pytest.mark.parametrize("name", sorted(MEANINGS))
def test_odd_spellings_are_read_right(name: str) -> None:
    preset = cartridge_to_preset(CORPUS / "odd" / f"{name}.cartridge", cache=False)
    tool = preset.tool_defs["done"]
    for place, wanted in MEANINGS[name].items():
        kind, _, path = place.partition(".")
        if kind == "tool":
            value: Any = getattr(tool, path)
        else:
            value = preset.config_values
            for step in [path] if path in value else path.split("."):
                value = value[step]
        assert (value == wanted and type(value) is type(wanted)) or dict(value) == wanted, place


def test_ten_thousand_files_are_no_trouble(tmp_path: Path) -> None:
    root = many_files(Case("many", "", ()).build(tmp_path), 10_000)
    assert check(root, cache=False).diagnostics == ()


def test_an_unreadable_file_is_named(tmp_path: Path) -> None:
    root = unreadable(Case("unreadable", "", ()).build(tmp_path))
    try:
        (root / "memory" / "long_term.md").read_bytes()
    except PermissionError:
        found = check(root, cache=False).diagnostics
        assert [(each.code, each.path) for each in found][:1] == [("CT004", "memory/long_term.md")]
    else:
        pytest.skip("this user reads files without permissions")
