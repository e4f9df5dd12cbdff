"""Ordinary code reaches what it says, and no evasion ends in silence."""

from __future__ import annotations

import pytest
from capability_snippets import Snippet, read, words

PLAIN = read("plain.txt")
EVASIONS = read("evasions.txt")


def test_there_are_enough() -> None:
    assert len(PLAIN) >= 60 and len(EVASIONS) >= 120


@pytest.mark.parametrize("snippet", PLAIN, ids=lambda snippet: snippet.name)
def test_plain_code_reaches_what_it_says(snippet: Snippet) -> None:
    assert words(snippet.inferred()) == snippet.reached


@pytest.mark.parametrize("snippet", EVASIONS, ids=lambda snippet: snippet.name)
def test_no_evasion_ends_in_silence(snippet: Snippet) -> None:
    found = words(snippet.inferred())
    assert snippet.reached <= found, "it is found, and as what it is"
    assert snippet.reached, "an evasion is a reach of something"


@pytest.mark.parametrize("snippet", [*PLAIN, *EVASIONS], ids=lambda snippet: snippet.name)
def test_every_reason_has_its_place(snippet: Snippet) -> None:
    found = snippet.inferred()
    sources = dict(snippet.files)
    for reason in (*found.undecided, *(each for some in found.reached.values() for each in some)):
        assert reason.path in sources
        assert reason.span is not None
        line, column, end_line, end_column = reason.span
        lines = sources[reason.path].split("\n")
        assert 1 <= line <= end_line <= len(lines)
        assert 1 <= column <= len(lines[line - 1]) + 1
        assert end_column <= len(lines[end_line - 1]) + 1
        assert reason.sentence and "\n" not in reason.sentence
