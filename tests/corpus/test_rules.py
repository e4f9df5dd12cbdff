"""Every rule has a case in the corpus, and a golden: what the author of that case gets to read.

`UPDATE_GOLDENS=1` writes the goldens anew. Read what changed before you keep it.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import pkgutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from corpus_cases import CORPUS
from corpus_every import EVERY, Examined

from looplet.compiler import rules
from looplet.compiler.diagnostics import FAMILIES, RULES
from looplet.compiler.render import json as as_json
from looplet.compiler.render import text as as_text

for module in pkgutil.iter_modules(rules.__path__):
    importlib.import_module(f"{rules.__name__}.{module.name}")

GOLDENS = CORPUS / "goldens"
UPDATE = bool(os.environ.get("UPDATE_GOLDENS"))

Examine = Callable[[str], Examined]
codes = pytest.mark.parametrize("code", sorted(RULES))


def _cases(code: str) -> list[str]:
    """The names of the cases that are there for this rule: it is the first that they expect."""
    return [name for name, case in sorted(EVERY.items()) if case.expect[0].code == code]


def _texts(code: str, examine: Examine) -> Iterator[str]:
    for name in _cases(code):
        examined = examine(name)
        with contextlib.chdir(examined.folder):
            text = as_text.render(examined.report)
        yield f"── {name}: {examined.case.why}\n\n{text}"


def _compare(path: Path, text: str) -> None:
    if UPDATE:
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, "utf-8", newline="")
    assert path.is_file(), f"no golden {path.name}: run with UPDATE_GOLDENS=1, and read it"
    assert text == path.read_text("utf-8")


@codes
def test_every_rule_has_a_case(code: str) -> None:
    assert any(each.code == code for case in EVERY.values() for each in case.expect)
    assert _cases(code), "no case that is there for this rule"


@codes
def test_what_people_read(code: str, examine: Examine) -> None:
    _compare(GOLDENS / f"{code}.txt", "\n".join(_texts(code, examine)))


@codes
def test_what_programs_read(code: str, examine: Examine) -> None:
    examined = examine(_cases(code)[0])
    with contextlib.chdir(examined.folder):
        text = as_json.render(examined.report)
    _compare(GOLDENS / f"{code}.json", text.replace(str(examined.folder), "…"))


def test_no_golden_is_left_over() -> None:
    assert {path.stem for path in GOLDENS.iterdir()} == set(RULES)


@codes
def test_every_rule_has_a_page(code: str) -> None:
    rule = RULES[code]
    assert rule.code[:3] in FAMILIES and rule.name == rule.name.lower()
    first = rule.page.partition("\n\n")[0]
    assert first.endswith(".") and len(first) < 400


def test_names_of_rules_are_unique() -> None:
    names = [rule.name for rule in RULES.values()]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("name", sorted(EVERY))
def test_messages_are_of_one_form(name: str, examine: Examine) -> None:
    """Lower-case start, no full stop at the end, one line, words of the author in backticks."""
    for each in examine(name).report.diagnostics:
        message = each.message
        assert (
            message and "\n" not in message and (message.count("`") % 2 == 0 or '"`' in message)
        ), message
        assert not message.endswith("."), message
        assert message[0] in '`"[{' or not message[0].isupper() or message.split()[0].isupper(), (
            message
        )
