from __future__ import annotations

from typing import Any

import pytest

from looplet.compiler.checks.evals import (
    Case,
    check_cases,
    check_collector,
    check_grader,
    check_script,
    scripts,
)
from looplet.compiler.diagnostics import Diagnostic, Span
from looplet.compiler.python.facts import facts


def codes(found: list[Diagnostic]) -> list[str]:
    return [each.code for each in found]


def grader(text: str) -> list[Diagnostic]:
    return check_grader("evals/eval_x.py", facts(text.encode()))


@pytest.mark.parametrize(
    "text",
    [
        "def eval_a(ctx): ...",
        "def eval_a(ctx, llm): ...\ndef helper(a, b, c): ...",
        "@eval_mark('slow')\ndef eval_a(context, strict=True, *, llm=None): ...",
        "@looplet.eval_mark('slow')\ndef eval_a(*args): ...",
        "@unknown\ndef eval_a(): ...",
        "from lib import eval_a",
        "from lib import *",
        "def (",
    ],
)
def test_graders_that_judge(text: str) -> None:
    assert grader(text) == []


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "CT801"),
        ("def greets(ctx): ...", "CT801"),
        ("def eval_a(): ...", "CT802"),
        ("def eval_a(llm): ...\ndef eval_b(ctx, other): ...", "CT802"),
        ("@eval_mark('slow')\ndef eval_a(): ...", "CT802"),
        ("def eval_a(*, ctx): ...", "CT802"),
        ("async def eval_a(ctx): ...", "CT803"),
        ("def eval_a(ctx):\n    yield 1", "CT803"),
    ],
)
def test_graders_that_do_not(text: str, code: str) -> None:
    assert codes(grader(text)) == [code]


@pytest.mark.parametrize("name", ["evla_greets", "eavl_greets", "evalgreets", "Eval_greets"])
def test_a_misspelt_prefix(name: str) -> None:
    (found,) = grader(f"def _helper(a): ...\ndef {name}(ctx): ...")
    assert found.code == "CT801" and found.span == Span.at(2, 5, len(name))
    assert "did you mean `eval_greets`?" in found.message
    assert found.fixes[0].edits[0].text == "eval_greets"


def test_collectors() -> None:
    def check(text: str) -> list[str]:
        return codes(check_collector("evals/collect_x.py", facts(text.encode())))

    assert check("def collect_a(ctx): ...") == check("def collect_a(ctx, runtime): ...") == []
    assert check("def gather(ctx): ...") == ["CT801"]
    assert check("def collect_a(ctx, llm): ...") == ["CT802"]


def test_scripts() -> None:
    def check(text: str) -> list[str]:
        return codes(check_script("evals/scripts/demo.py", facts(text.encode())))

    assert check("def reply(messages, last_result): ...") == []
    assert check("def reply(*args): ...") == []
    assert check("def reply(messages): ...") == ["CT807"]
    assert check("def repyl(messages, last_result): ...") == ["CT407"]
    paths = ["evals/scripts/demo.json", "evals/scripts/b.py", "evals/scripts/x/c.json", "demo.json"]
    assert scripts(paths) == ["b", "demo"]


# -- cases -----------------------------------------------------------------------------------


def locate(path: tuple[str | int, ...], key: bool = False) -> Span | None:
    return Span.at(len(path) + sum(p for p in path if isinstance(p, int)), 1, 1)


def cases(*values: Any, known: tuple[str, ...] = ("demo",)) -> list[Diagnostic]:
    files = [Case(f"evals/cases/c{n}.json", value, locate) for n, value in enumerate(values)]
    return check_cases(files, known)


def test_cases_that_are_right() -> None:
    case = {"id": "a", "task": "x", "marks": ["smoke"], "script": "demo"}
    assert cases(case, {"task": "y"}, {"task": "z"}) == []
    assert cases([case, {**case, "id": "b"}]) == []


def test_duplicate_ids() -> None:
    (found,) = cases({"id": "a"}, {"id": "a"})
    assert (found.code, found.path) == ("CT804", "evals/cases/c1.json")
    assert "evals/cases/c0.json, line 1" in found.message
    assert codes(cases([{"id": "a"}, {"id": "a"}])) == ["CT804"]
    assert codes(cases({"task": "x"}, {"id": "c0"})) == ["CT804"]


def test_blank_marks_and_missing_scripts() -> None:
    assert codes(cases({"marks": ["a", "  "]})) == ["CT805"]
    (found,) = cases({"script": "deom"})
    assert found.code == "CT806" and "did you mean `demo`?" in found.message
    (found,) = cases({"script": "other"})
    assert "evals/scripts/other.json" in found.message


@pytest.mark.parametrize("value", [None, 3, "x", [], [3], {"id": 3, "marks": "x", "script": []}])
def test_odd_cases_do_not_raise(value: Any) -> None:
    assert cases(value) == []
