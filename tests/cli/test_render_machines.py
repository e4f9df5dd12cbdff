"""The renderers for programs: json, github and sarif."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from looplet.compiler.diagnostics import RULES, Diagnostic, Edit, Fix, Span, rule
from looplet.compiler.render import github, sarif
from looplet.compiler.render.json import render as render_json
from looplet.compiler.report import Checked, Report

Build = Callable[..., Report]
RENAME = Fix("rename to `b`", True, (Edit("config.yaml", Span.at(1, 1, 1), "b"),))


def finding(span: Span | None = None, **more: Any) -> Diagnostic:
    facts = {"code": "CT299", "severity": "error", "message": "wrong", "path": "config.yaml"}
    return Diagnostic(**{**facts, "span": span, **more})


def test_json_has_exactly_the_documented_shape(report_on: Build) -> None:
    report = report_on(
        "x/a.cartridge",
        {"config.yaml": "a: 1\n"},
        finding(Span.at(1, 1), notes=("why",), fixes=(RENAME,)),
        finding(severity="warning", fixes=(Fix("move it", True, rename=("a", "b")),)),
    )
    start, end = {"line": 1, "column": 1}, {"line": 1, "column": 2}
    edit = {"path": "config.yaml", "start": start, "end": end, "text": "b"}
    assert json.loads(render_json(report)) == {
        "version": 1,
        "diagnostics": [
            {
                "code": "CT299",
                "severity": "error",
                "message": "wrong",
                "cartridge": "x/a.cartridge",
                "path": "config.yaml",
                "start": start,
                "end": end,
                "notes": ["why"],
                "fixes": [{"title": "rename to `b`", "safe": True, "edits": [edit]}],
            },
            {
                "code": "CT299",
                "severity": "warning",
                "message": "wrong",
                "cartridge": "x/a.cartridge",
                "path": "config.yaml",
                "start": {"line": 1, "column": 1},
                "end": {"line": 1, "column": 1},
                "notes": [],
                "fixes": [
                    {
                        "title": "move it",
                        "safe": True,
                        "edits": [],
                        "rename": {"from": "a", "to": "b"},
                    }
                ],
            },
        ],
        "summary": {"cartridges": 1, "errors": 1, "warnings": 1, "advice": 0},
    }


def test_github_escapes_what_its_commands_mean(report_on: Build) -> None:
    report = report_on(
        "x,y/a:b",
        {},
        finding(Span.of(2, 3, 2, 9), message="100% wrong: a,b", notes=("one\ntwo",)),
        finding(Span.of(2, 3, 4, 1), severity="advice", message="a\r\n::error::b", fixes=(RENAME,)),
        finding(severity="warning"),
    )
    assert github.render(report, here="/somewhere").splitlines() == [
        "::error file=x%2Cy/a%3Ab/config.yaml,line=2,col=3,endLine=2,endColumn=9,title=CT299"
        "::100%25 wrong: a,b%0Anote: one%0Anote: two",
        "::notice file=x%2Cy/a%3Ab/config.yaml,line=2,col=3,endLine=4,title=CT299"
        "::a\\r\\n::error::b%0Ahelp: rename to `b`",
        "::warning file=x%2Cy/a%3Ab/config.yaml,title=CT299::wrong",
    ]


def test_paths_are_relative_to_the_working_directory_when_inside_it(report_on: Build) -> None:
    inside = report_on("/repo/agents/a", {}, finding(path="../b/config.yaml"))
    assert "file=agents/b/config.yaml," in github.render(inside, here="/repo")
    assert "file=/repo/agents/b/config.yaml," in github.render(inside, here="/repository")
    uri = sarif.as_sarif(inside, table={}, version="1", here="/other")["runs"][0]["results"][0]
    assert uri["locations"][0]["physicalLocation"]["artifactLocation"] == {
        "uri": "file:///repo/agents/b/config.yaml"
    }


def test_a_parents_finding_that_two_children_repeat_stands_once() -> None:
    shared = finding(path="../base/config.yaml")
    report = Report(tuple(Checked(f"x/{n}", n, (shared,), {}, None) for n in "ab"))
    assert len(github.render(report, here="/r").splitlines()) == 1
    assert len(sarif.as_sarif(report, table={}, version="1", here="/r")["runs"][0]["results"]) == 1


def run_of(report: Report) -> dict[str, Any]:
    log = json.loads(sarif.render(report, table=RULES, version="1.2.3", here="/repo"))
    assert log["version"] == "2.1.0"
    assert len(log["runs"]) == 1
    run: dict[str, Any] = log["runs"][0]
    return run


def test_sarif_result(report_on: Build) -> None:
    report = report_on(
        "my agents/ä.cartridge",
        {"config.yaml": "a: 1\n"},
        finding(
            Span.at(1, 1), notes=("why",), fixes=(RENAME, Fix("move", True, rename=("a", "b")))
        ),
        finding(severity="advice"),
    )
    run = run_of(report)
    assert run["columnKind"] == "unicodeCodePoints"
    assert run["tool"]["driver"]["name"] == "looplet-compile"
    assert run["tool"]["driver"]["version"] == "1.2.3"
    first, second = run["results"]
    artifact = {"uri": "my%20agents/%C3%A4.cartridge/config.yaml", "uriBaseId": "%SRCROOT%"}
    region = {"startLine": 1, "startColumn": 1, "endLine": 1, "endColumn": 2}
    assert first["ruleId"] == "CT299"
    assert run["tool"]["driver"]["rules"][first["ruleIndex"]]["id"] == "CT299"
    assert first["level"] == "error"
    assert first["message"] == {"text": "wrong\nwhy"}
    assert first["locations"] == [
        {"physicalLocation": {"artifactLocation": artifact, "region": region}}
    ]
    replacement = {"deletedRegion": region, "insertedContent": {"text": "b"}}
    assert first["fixes"] == [
        {
            "description": {"text": "rename to `b`"},
            "artifactChanges": [{"artifactLocation": artifact, "replacements": [replacement]}],
        }
    ]
    assert second["level"] == "note"
    assert "region" not in second["locations"][0]["physicalLocation"]
    assert "%SRCROOT%" in run["originalUriBaseIds"]


def test_sarif_rules_carry_their_pages(report_on: Build) -> None:
    @rule("CT298", "renderer-test", "warning")
    def page() -> str:
        """The first
        paragraph.

        The second.
        """
        return "m"

    try:
        run = run_of(report_on("a", {}, page.at("f"), page.at("g"), finding()))
    finally:
        del RULES["CT298"]
    known, unknown = run["tool"]["driver"]["rules"]
    assert known == {
        "id": "CT298",
        "name": "renderer-test",
        "shortDescription": {"text": "renderer test"},
        "fullDescription": {"text": "The first paragraph."},
        "help": {
            "text": "The first\nparagraph.\n\nThe second.",
            "markdown": "The first\nparagraph.\n\nThe second.",
        },
        "defaultConfiguration": {"level": "warning"},
        "properties": {"tags": ["schema"]},
    }
    assert unknown == {"id": "CT299"}
    assert [result["ruleIndex"] for result in run["results"]] == [0, 0, 1]


def marks(report: Report) -> list[str]:
    return [result["partialFingerprints"]["looplet/v1"] for result in run_of(report)["results"]]


def test_sarif_fingerprints_outlive_line_moves_and_tell_twins_apart(report_on: Build) -> None:
    before = report_on(
        "a",
        {"config.yaml": "a: 1\n"},
        finding(Span.at(1, 1), message="given twice; the first is on line 3"),
    )
    after = report_on(
        "a",
        {"config.yaml": "# new\n\n  a: 1\n"},
        finding(Span.at(3, 3), message="given twice; the first is on line 5"),
    )
    assert marks(before) == marks(after)
    edited = report_on("a", {"config.yaml": "a: 2\n"}, finding(Span.at(1, 1)))
    assert marks(edited) != marks(before)
    twins = report_on(
        "a", {"config.yaml": "a: 1\na: 1\n"}, finding(Span.at(1, 1)), finding(Span.at(2, 1))
    )
    one, two = marks(twins)
    assert one.split(":")[0] == two.split(":")[0]
    assert one != two


@given(st.text(), st.text(), st.text())
def test_machine_formats_hold_no_raw_control_characters(
    message: str, path: str, source: str
) -> None:
    one = finding(Span.at(1, 1), message=message, path=path, notes=(source,))
    report = Report((Checked(path, path, (one,), {path: source.encode()}, None),))
    for text in (
        render_json(report),
        sarif.render(report, table={}, version="1", here="/r"),
        github.render(report, here="/r"),
    ):
        for character in set(text) - {"\n"}:
            assert unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Zl", "Zp")
    assert json.loads(render_json(report))["diagnostics"][0]["message"] == message
    assert github.render(report, here="/r").count("\n") == 1
