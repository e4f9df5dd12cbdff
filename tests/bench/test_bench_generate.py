"""The benchmark's cartridges are well formed, and its report says what was measured."""

import ast
import json
from pathlib import Path

import generate
import pytest
import report
import yaml

from looplet.compiler.pipeline import check

SIZES = {
    "coder": lambda seed: generate.coder(seed),
    "plain 10": lambda seed: generate.plain(10, seed),
    "plain 100": lambda seed: generate.plain(100, seed),
}


@pytest.fixture(params=SIZES, ids=str)
def make(request: pytest.FixtureRequest):
    return SIZES[request.param]


def test_the_coder_has_the_size_the_tables_say() -> None:
    files = generate.coder(0)
    assert len(files) == 60
    assert generate.tool_count(files) == 17
    assert sum(name.endswith("hook.py") for name in files) == 5


@pytest.mark.parametrize("tools", [10, 100])
def test_a_plain_cartridge_has_as_many_tools_as_asked(tools: int) -> None:
    assert generate.tool_count(generate.plain(tools, 0)) == tools


def test_a_seed_gives_the_same_files_and_another_gives_others(make) -> None:
    assert make(3) == make(3)
    first, second = make(0), make(1)
    shared = [
        name for name in first if name.startswith("tools/") and first[name] == second.get(name)
    ]
    # A cache keyed by content must find nothing of one folder in another.
    assert len(shared) <= len(first) // 10


def test_every_file_parses_as_what_its_name_says(make) -> None:
    for name, text in make(0).items():
        if name.endswith(".py"):
            ast.parse(text, name)
        elif name.endswith(".yaml"):
            assert isinstance(yaml.safe_load(text), dict), name
        elif name.endswith(".json"):
            assert isinstance(json.loads(text), dict), name


def test_the_yaml_stays_in_what_the_published_package_reads(make) -> None:
    for name, text in make(0).items():
        if name.endswith(".yaml"):
            assert not text.startswith("---"), name
            assert "\t" not in text and "&" not in text, name


def test_parameters_and_signatures_agree(make) -> None:
    files = make(0)
    for name in files:
        if not name.endswith("/tool.yaml"):
            continue
        declared = yaml.safe_load(files[name])["parameters"]
        module = ast.parse(files[name.replace("tool.yaml", "execute.py")])
        (function,) = [
            node
            for node in module.body
            if isinstance(node, ast.FunctionDef) and node.name == "execute"
        ]
        spelt = zip(function.args.kwonlyargs, function.args.kw_defaults, strict=True)
        defaults = {
            argument.arg: None if default is None else ast.literal_eval(default)
            for argument, default in spelt
        }
        assert list(declared) == list(defaults), name
        for parameter, schema in declared.items():
            assert schema.get("default") == defaults[parameter], (name, parameter)


def test_writing_gives_back_the_same_text(tmp_path: Path, make) -> None:
    files = make(0)
    root = generate.write(tmp_path, files)
    assert root.name == "bench.cartridge"
    found = {
        path.relative_to(root).as_posix(): path.read_text(encoding="utf-8")
        for path in root.rglob("*")
        if path.is_file()
    }
    assert found == files


def test_the_cartridges_check_clean(tmp_path: Path, make) -> None:
    report_of_check = check(generate.write(tmp_path, make(0)), cache=False)
    # They declare no capabilities, a slot of ours, so a check may advise to.
    found = [each.message for each in report_of_check.diagnostics if each.code != "CT623"]
    assert found == []


@pytest.fixture
def tables() -> list[report.Table]:
    table = report.Table(
        "loop",
        "Loop overhead",
        ["µs", "N=10", "N=100"],
        rows=[["looplet 0.4.1", 638.4, 508.2], ["ours", 21.26, None]],
        targets=[
            report.Target("at N=10", 0.0333, 0.1),
            report.Target("at N=100", 0.5, 0.1),
            report.Target("at N=1000", None, 0.04),
        ],
        failures=["ours: exit 1"],
    )
    return [table]


def test_the_text_report_aligns_its_columns(tables: list[report.Table]) -> None:
    assert report.as_text(tables) == (
        "Loop overhead\n=============\n\n"
        "µs             N=10  N=100\n"
        "-------------  ----  -----\n"
        "looplet 0.4.1   638    508\n"
        "ours           21.3      –\n\n"
        "target     measured   at most\n"
        "---------  --------  --------  ------------\n"
        "at N=10    0.0333 ×   0.100 ×           met\n"
        "at N=100    0.500 ×   0.100 ×        MISSED\n"
        "at N=1000         –  0.0400 ×  not measured\n\n"
        "not measured: ours: exit 1\n"
    )


def test_the_markdown_report_has_a_table_and_its_targets(tables: list[report.Table]) -> None:
    lines = report.as_markdown(tables).splitlines()
    assert lines[0] == "## Loop overhead"
    assert lines[2:6] == [
        "| µs | N=10 | N=100 |",
        "| --- | ---: | ---: |",
        "| looplet 0.4.1 | 638 | 508 |",
        "| ours | 21.3 | – |",
    ]
    assert "| at N=100 | 0.500 × | 0.100 × | MISSED |" in lines


def test_the_json_report_carries_the_verdicts(tables: list[report.Table]) -> None:
    data = json.loads(report.as_json(tables, {"peer": "looplet==0.4.1"}))
    assert data["version"] == 1
    assert [target["met"] for target in data["tables"][0]["targets"]] == [True, False, None]
    assert data["tables"][0]["rows"][1] == ["ours", 21.26, None]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (0.01234, "0.0123"),
        (0.5, "0.500"),
        (3.14159, "3.14"),
        (42.42, "42.4"),
        (1234.5, "1234"),
    ],
)
def test_numbers_keep_three_digits(value: float, text: str) -> None:
    assert report.number(value) == text


def test_a_ratio_needs_both_sides() -> None:
    assert report.ratio(1.0, 4.0) == 0.25
    assert report.ratio(None, 4.0) is None
    assert report.ratio(1.0, None) is None
    assert report.ratio(1.0, 0.0) is None
