from __future__ import annotations

import pytest

from looplet.compiler.checks.short_tool import check_short_tool, short_declaration
from looplet.compiler.diagnostics import Diagnostic, Span
from looplet.compiler.python.facts import facts

PATH = "tools/add.py"


def check(text: str) -> list[Diagnostic]:
    return check_short_tool(PATH, facts(text.encode()))


def test_the_declaration() -> None:
    text = (
        "__description__ = 'Adds.'\n__parameters__ = {'a': {'type': 'integer'}}\n"
        "__concurrent_safe__ = True\n__timeout_s__ = 2\ndef execute(*, a): ...\n"
    )
    assert check(text) == []
    assert short_declaration(facts(text.encode()), "add") == {
        "name": "add",
        "description": "Adds.",
        "parameters": {"a": {"type": "integer"}},
        "concurrent_safe": True,
        "timeout_s": 2,
    }


def test_without_dunders() -> None:
    found = short_declaration(facts(b"'''Adds two.\n\nMore.'''\ndef execute(): ...\n"), "add")
    assert found == {"name": "add", "description": "Adds two.", "parameters": {}}
    assert short_declaration(facts(b"x = 1"), "add")["description"] == "Call add."


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("__parameters__ = make()", "make()"),
        ("__parameters__ = []", "[]"),
        ("__description__ = f'{x}'", "f'{x}'"),
        ("__free__ = 'no'", "'no'"),
        ("__timeout_s__ = True", "True"),
    ],
)
def test_what_is_not_written_out(text: str, value: str) -> None:
    (found,) = check(text)
    assert found.code == "CT421"
    assert found.span == Span.at(1, len(text) - len(value) + 1, len(value))


def test_a_misspelt_dunder() -> None:
    (found,) = check("é = 1\n__descripton__ = 'x'")
    assert found.code == "CT422" and found.fixes[0].safe
    assert found.fixes[0].edits[0].span == Span.at(2, 1, len("__descripton__"))
    (found,) = check("__parameter__ = {}\n__parameters__ = {}")
    assert not found.fixes[0].safe


@pytest.mark.parametrize("name", ["__version__", "__all__", "__author__", "__anything_else__"])
def test_other_dunders_are_the_authors(name: str) -> None:
    assert check(f"{name} = 'x'") == []


def test_what_needs_a_folder() -> None:
    (found,) = check("__requires__ = ['db']")
    assert found.code == "CT423" and "`requires:`" in found.message
    assert [each.code for each in check("__tags__ = f()")] == ["CT423"]
    assert check("__requires__ = []") == []
