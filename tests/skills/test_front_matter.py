"""The small reader of front matter against the real YAML one: it never reads anything else."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from looplet.compiler.syntax import parse
from looplet.skills.frontmatter import FrontMatterError, read, split

GOOD = [
    ("name: x\ndescription: does y\n", {"name": "x", "description": "does y"}),
    ("a: 'it''s: here'\n", {"a": "it's: here"}),
    ('a: "one \\"two\\" \\\\ \\n"\n', {"a": 'one "two" \\ \n'}),
    ("a: one\n  two\n  three\nb: 1\n", {"a": "one two three", "b": 1}),
    ("a: >\n  one\n  two\n\n  three\nb: x\n", {"a": "one two\nthree\n", "b": "x"}),
    ("a: >-\n  one\n  two\n", {"a": "one two"}),
    ("a: |\n  one\n    two\n\n  three\n", {"a": "one\n  two\n\nthree\n"}),
    ("a: |+\n  one\n\n\nb: 2.5\n", {"a": "one\n\n\n", "b": 2.5}),
    ("# said\nm: # nothing\n  author: me\n  version: '1.0'\nb:\n", None),
    ("m:\n  a: 1\n  b: yes\nc: true\n", {"m": {"a": 1, "b": "yes"}, "c": True}),
    ("a: x # said\n", {"a": "x"}),
    ("a: C#\nb: -x\nc: http://x.y/z\n", {"a": "C#", "b": "-x", "c": "http://x.y/z"}),
    ("", {}),
]
BAD = [
    ("a: use this: that\n", 2, "quotes"),
    ("a: [b, c]\n", 2, "brackets"),
    ("a:\n  - b\n", 3, "a list is not read"),
    ("a: &b c\n", 2, "cannot begin with `&`"),
    ("a: 'two\n  lines'\n", 2, "one line"),
    ('a: "\\x41"\n', 2, "is not read in quotes"),
    ("a: 1\na: 2\n", 3, "twice"),
    ("a:\tb\n", 2, "a tab"),
    ("a: b\n\n  c\n", 4, "belongs to no key"),
    ("a: 0x1F\n", 2, "number"),
    ("a: >\n  b\n    c\n", 4, "write `|`"),
    ("a: >\nb: c\n", 2, "missing"),
    ("a b\n", 2, "no `key: value`"),
    ("true: b\n", 2, "no text to YAML"),
    ("a: b # c\n  d\n", 3, "comment"),
    ("a:\n  b:\n    c: d\n", 4, "one level"),
    ("a: \x85b\n", 2, "U.0085"),
]


def real(head: str) -> object:
    """What the compiler's YAML reader says; a finding that is no advice is an answer too."""
    document, findings = parse("SKILL.yaml", head.encode())
    wrong = [found.code for found in findings if found.severity != "advice"]
    return wrong or (document and (document.value or {}))


@pytest.mark.parametrize(("head", "values"), GOOD)
def test_what_is_read_is_what_yaml_says(head: str, values: object) -> None:
    assert read(head) == real(head)
    if values is not None:
        assert read(head) == values


@pytest.mark.parametrize(("head", "line", "why"), BAD)
def test_the_rest_is_refused_with_its_line(head: str, line: int, why: str) -> None:
    with pytest.raises(FrontMatterError, match=why) as caught:
        read(head)
    assert caught.value.line == line


PIECES = st.sampled_from(
    [
        *("a: ", "b:", "name: ", "  c: ", "  ", "    ", " ", "\n", "\n", "\n\n", "\n  "),
        *("'", '"', "''", "|", ">", "|-", ">+", "#", " # x", ": ", ":", "- ", "-", "?", "[", "]"),
        *(
            "{",
            "}",
            "&x",
            "*x",
            "!",
            "%",
            "@",
            "`",
            ",",
            "\\",
            "\\n",
            "1",
            "-2",
            "0o7",
            "1.5",
            "1e3",
        ),
        *(
            "true",
            "null",
            "~",
            "word",
            "two words",
            "x",
            ".",
            "...",
            "---",
            "é",
            "\u2028",
            "\t",
            "\xa0",
        ),
    ]
)
HEADS = st.lists(PIECES, max_size=14).map(lambda parts: "".join(parts) + "\n")
LINES = st.lists(
    st.tuples(
        st.sampled_from(["", "", " ", "  ", "   "]),
        st.sampled_from(["a: ", "b: ", "c:", "d: |", "e: >", "f: >-", "g: |+", "", "# "]),
        st.sampled_from(["", "x", "x y", "'q'", '"q"', "x # y", "1", "x:", "- x", "'", "é. "]),
    ).map("".join),
    max_size=7,
).map(lambda lines: "".join(line + "\n" for line in lines))


@settings(max_examples=1500, deadline=None)
@given(HEADS | LINES)
def test_it_never_reads_what_yaml_does_not_say(head: str) -> None:
    try:
        ours = read(head)
    except FrontMatterError:
        return
    theirs = real(head)
    assert ours == theirs
    assert repr(ours) == repr(theirs)  # True is not 1


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        head, _ = split("---\n" + text)
        read(head)
    except FrontMatterError as error:
        assert error.line > 0


@pytest.mark.parametrize(
    ("text", "why"),
    [("", "does not begin"), ("# x\n", "does not begin"), ("---\na: b\n", "its end")],
)
def test_front_matter_stands_between_two_fences(text: str, why: str) -> None:
    with pytest.raises(FrontMatterError, match=why):
        split(text)


def test_fences_may_have_a_mark_before_and_any_line_ends() -> None:
    assert split("\ufeff---  \r\na: b\r\n---\r\nbody\r\n") == ("a: b\n", "body\n")
    assert split("---\n---") == ("", "")
