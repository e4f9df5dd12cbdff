"""Lines of a diff say what happened: the new text can be made of the old one by them."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from looplet.compiler.diff.textdiff import TextDiff, compare_texts

LINES = st.lists(st.sampled_from(["a b", "a c", "", "x", "y z\tw", "é"]), max_size=14)
TEXTS = st.builds(
    lambda lines, end, last: end.join(lines) + (end if last else ""),
    LINES,
    st.sampled_from(["\n", "\r\n"]),
    st.booleans(),
)
_RANGE = re.compile(r"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")


def split(text: str) -> list[str]:
    return re.findall(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+\Z", text)


def patched(old: str, diff: TextDiff) -> list[str]:
    """The new text's lines, without their ends, made of the old text and the diff alone."""
    before = [line.rstrip("\r\n") for line in split(old)]
    made: list[str] = []
    at = 0
    for line in diff.lines:
        if line.mark == "@":
            found = _RANGE.fullmatch(line.text)
            assert found
            start = int(found[1]) - (found[2] != "0")
            made += before[at:start]
            at = start
            assert len(made) == int(found[3]) - (found[4] != "0")
        elif line.mark in " -":
            assert before[at] == line.text
            at += 1
            made += [line.text] if line.mark == " " else []
        elif line.mark == "+":
            made.append(line.text)
    return made + before[at:]


@given(TEXTS, TEXTS)
@settings(max_examples=150, deadline=None)
def test_the_new_text_can_be_made_of_the_old_one(old: str, new: str) -> None:
    diff = compare_texts(old, new)
    assert patched(old, diff) == [line.rstrip("\r\n") for line in split(new)]
    assert bool(diff.lines) == (old != new)
    assert diff.added == sum(line.mark == "+" for line in diff.lines)
    assert diff.removed == sum(line.mark == "-" for line in diff.lines)
    for line in diff.lines:
        flat = [place for stretch in line.words for place in stretch]
        assert all(a <= b for a, b in pairwise([0, *flat, len(line.text)]))


def test_the_words_that_changed_stand_out() -> None:
    diff = compare_texts("Be kind and quick.\n", "Be kind and careful.\n")
    old, new = (line for line in diff.lines if line.mark in "+-")
    assert [old.text[a:b] for a, b in old.words] == ["quick"]
    assert [new.text[a:b] for a, b in new.words] == ["careful"]


@pytest.mark.parametrize(
    ("old", "new", "only"),
    [
        ("a\nb\n", "a\r\nb\r\n", "line ends"),
        ("a\n", "a", "line ends"),
        ("a b\n", "a  b\n", "spaces"),
        ("a b\n", "a\nb\n", "spaces"),
        ("a\n", "b\n", ""),
        ("a\n", "a\n", ""),
    ],
)
def test_what_a_reader_does_not_see_is_said(old: str, new: str, only: str) -> None:
    assert compare_texts(old, new).only == only


def test_a_line_end_that_is_missing_is_said() -> None:
    marks = [(line.mark, line.text) for line in compare_texts("a\n", "a").lines]
    assert ("\\", "no line end here") in marks


def test_very_long_texts_take_linear_time() -> None:
    """30 000 lines without one in common: a minimal diff would be a matter of minutes."""
    old = "".join(f"old {number}\n" for number in range(30_000))
    new = "".join(f"new {number}\n" for number in range(30_000))
    diff = compare_texts(f"same\n{old}same\n", f"same\n{new}same\n")
    assert (diff.added, diff.removed, diff.first) == (30_000, 30_000, 2)
