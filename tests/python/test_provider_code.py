from __future__ import annotations

import pytest

from looplet.compiler.checks.provider_code import check_memory, check_resource
from looplet.compiler.diagnostics import Diagnostic, Span
from looplet.compiler.python.facts import facts


def resource(text: str) -> list[Diagnostic]:
    return check_resource("resources/db.py", facts(text.encode()))


def memory(text: str) -> list[Diagnostic]:
    return check_memory("memory/notes.py", facts(text.encode()))


def codes(found: list[Diagnostic]) -> list[str]:
    return [each.code for each in found]


@pytest.mark.parametrize(
    "text",
    [
        "def build(): ...",
        "def build(runtime): ...",
        "def build(runtime=None, size=3): ...",
        "def build(**kw): ...",
        "THREAD = THREADS = 4\ndef build(): ...",
        "def build(runtime, /): ...",
        "THREAD_SAFE = True\ndef build(*, runtime=None): ...",
        "from lib import build",
        "build = lambda: 1",
        "@cached\ndef build(a, b): ...",
        "def (",
    ],
)
def test_resources_that_can_be_built(text: str) -> None:
    assert resource(text) == []


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("x = 1", "CT407"),
        ("def biuld(): ...", "CT407"),
        ("build = 3", "CT408"),
        ("def build():\n    yield 1", "CT409"),
        ("def build():\n    raise NotImplementedError", "CT410"),
        ("def build(runtime, path): ...", "CT450"),
        ("def build(*, path): ...", "CT450"),
        ("async def build(): ...", "CT452"),
        ("THREAD_SAFE = 'False'\ndef build(): ...", "CT453"),
        ("THREAD_SAFE = 1\ndef build(): ...", "CT453"),
        ("THREAD_SAFE = f()\ndef build(): ...", "CT453"),
        ("THREADSAFE = True\ndef build(): ...", "CT454"),
        ("THREAD_SAVE = True\ndef build(): ...", "CT454"),
    ],
)
def test_resources_that_cannot(text: str, code: str) -> None:
    assert codes(resource(text)) == [code]


def test_where_thread_safe_is_wrong() -> None:
    (found,) = resource("é = 1; THREAD_SAFE = 'é'\ndef build(): ...")
    assert found.span == Span.at(1, 22, 3) and "not a text" in found.message


def test_a_misspelt_build_has_a_fix() -> None:
    (found,) = resource("def biuld(): ...")
    assert found.fixes[0].safe and found.fixes[0].edits[0].text == "build"


@pytest.mark.parametrize(
    "text", ["def load(state): ...", "def load(state, limit=3): ...", "def load(*a): ..."]
)
def test_memory_that_loads(text: str) -> None:
    assert memory(text) == []


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "CT407"),
        ("def laod(state): ...", "CT407"),
        ("def load(): ...", "CT451"),
        ("def load(state, other): ...", "CT451"),
        ("def load(*, state): ...", "CT451"),
        ("async def load(state): ...", "CT452"),
        ("def load(state):\n    yield ''", "CT409"),
        ("def load(state): raise RuntimeError", "CT410"),
    ],
)
def test_memory_that_does_not(text: str, code: str) -> None:
    assert codes(memory(text)) == [code]
