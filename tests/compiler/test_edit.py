"""Law 3: an edit changes the bytes that spell a value, and no others."""

from __future__ import annotations

import difflib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from looplet.compiler.syntax import parse
from looplet.compiler.text import spell
from looplet.compiler.text.edit import EditRefused, rewrite
from looplet.preset import canonical_json

TEXT = """\
# what the agent does
max_steps: 15      # enough for most
done_tool: 'done'

permissions:   # who may do what
  default: deny
  allow:
    - search   # harmless
    - tool: write
      matches: {path: out.txt}
  # end of permissions
model: {name: "x", temperature: 0.2}
x-note: |
  first line
  second line

x-empty:
x-last: yes
"""

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(10**9), 10**9)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
    | st.sampled_from(
        [
            "yes",
            "null",
            "010",
            "1e3",
            "a: b",
            "a #b",
            "- x",
            "@x",
            "a\nb\n",
            " a\n b",
            "\t",
            "~",
            "",
        ]
    )
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text("abcdé:# -", min_size=1, max_size=4), inner, max_size=4)
    ),
    max_leaves=12,
)
MAPPINGS = st.dictionaries(st.text("abcdé_", min_size=1, max_size=4), VALUES, max_size=5)


def same(left: Any, right: Any) -> bool:
    return canonical_json(left) == canonical_json(right)


def read(path: str, data: bytes) -> Any:
    document, findings = parse(path, data)
    assert document is not None and not [f for f in findings if f.severity == "error"], findings
    return document.value


@given(MAPPINGS)
def test_a_spelt_value_reads_back(value: dict[str, Any]) -> None:
    assert same(read("a.yaml", spell.yaml_file(value).encode()), value)
    assert same(read("a.json", spell.json_file(value).encode()), value)
    assert same(read("a.yaml", spell.flow(value).encode()), value)


@given(MAPPINGS, MAPPINGS, st.sampled_from(["a.yaml", "a.json"]), st.booleans(), st.booleans())
@settings(max_examples=300)
def test_any_value_becomes_any_other(
    old: dict[str, Any], new: dict[str, Any], path: str, crlf: bool, bom: bool
) -> None:
    text = spell.json_file(old) if path.endswith("json") else spell.yaml_file(old)
    if crlf:
        text = text.replace("\n", "\r\n")
    data = text.encode("utf-8-sig" if bom else "utf-8")
    changed = rewrite(path, data, new)
    assert same(read(path, changed), new)
    assert changed.startswith(b"\xef\xbb\xbf") == bom
    assert same(old, new) is (changed == data) or not same(old, new)


@pytest.mark.parametrize(
    ("path", "value", "line"),
    [
        (("max_steps",), 20, "max_steps: 20      # enough for most"),
        (("done_tool",), "finish", "done_tool: 'finish'"),
        (("done_tool",), "it's", "done_tool: 'it''s'"),
        (("permissions", "default"), "ask", "  default: ask"),
        (("permissions", "allow", 0), "grep", "    - grep   # harmless"),
        (("permissions", "allow", 1, "tool"), "edit", "    - tool: edit"),
        (("permissions", "allow", 1, "matches", "path"), "a b", "      matches: {path: a b}"),
        (("model", "name"), "y", 'model: {name: "y", temperature: 0.2}'),
        (("x-empty",), 5, "x-empty: 5"),
        (("x-last",), "no", 'x-last: "no"'),
    ],
)
def test_one_value_is_one_line(path: tuple[str | int, ...], value: Any, line: str) -> None:
    wanted = read("a.yaml", TEXT.encode())
    parent = wanted
    for step in path[:-1]:
        parent = parent[step]
    parent[path[-1]] = value
    changed = rewrite("a.yaml", TEXT.encode(), wanted).decode()
    differing = [d for d in difflib.ndiff(TEXT.splitlines(), changed.splitlines()) if d[0] in "+-"]
    assert len(differing) == 2 and differing[1] == f"+ {line}", differing


@pytest.mark.parametrize(
    ("change", "gone", "come"),
    [
        (lambda v: v.update(new=1), [], ["new: 1"]),
        (lambda v: v["permissions"].update(deny=["rm"]), [], ["  deny:", "    - rm"]),
        (lambda v: v["permissions"]["allow"].append("ls"), [], ["    - ls"]),
        (lambda v: v["permissions"]["allow"].insert(0, "ls"), [], ["    - ls"]),
        (lambda v: v["permissions"]["allow"].pop(0), ["    - search   # harmless"], []),
        (lambda v: v["permissions"]["allow"][1].update(reason="it's ours"), [],
         ['      reason: "it\'s ours"']),
        (lambda v: v.pop("max_steps"), ["max_steps: 15      # enough for most"], []),
        (lambda v: v.pop("x-last"), ["x-last: yes"], []),
        (lambda v: v["model"].pop("name"), ['model: {name: "x", temperature: 0.2}'],
         ["model: {temperature: 0.2}"]),
        (lambda v: v["model"].update(top_p=1), ['model: {name: "x", temperature: 0.2}'],
         ['model: {name: "x", temperature: 0.2, top_p: 1}']),
        (lambda v: v.update({"x-note": "first line\nthird\n"}), ["  second line"], ["  third"]),
    ],
)  # fmt: skip
def test_inserting_and_deleting_touch_their_own_lines(
    change: Any, gone: list[str], come: list[str]
) -> None:
    wanted = read("a.yaml", TEXT.encode())
    change(wanted)
    changed = rewrite("a.yaml", TEXT.encode(), wanted).decode()
    delta = [d for d in difflib.ndiff(TEXT.splitlines(), changed.splitlines()) if d[0] in "+-"]
    assert [d[2:] for d in delta if d[0] == "-"] == gone
    assert [d[2:] for d in delta if d[0] == "+"] == come


def test_json_keeps_its_layout() -> None:
    text = b'{\r\n    "name": "a",\r\n    "keywords": ["x"]\r\n}\r\n'
    changed = rewrite("a.json", text, {"name": "a", "keywords": ["x", "y"], "version": "1"})
    assert changed == (
        b'{\r\n    "name": "a",\r\n    "keywords": ["x", "y"],\r\n    "version": "1"\r\n}\r\n'
    )


def test_an_alias_is_replaced_where_it_stands() -> None:
    text = b"a: &one {x: 1, z: 2}\nb: *one\n"
    value = {"a": {"x": 1, "z": 2}, "b": {"x": 1, "z": 3}}
    assert rewrite("a.yaml", text, value) == b"a: &one {x: 1, z: 2}\nb: {x: 1, z: 3}\n"


def test_an_anchor_that_others_use_is_not_changed_under_them() -> None:
    text = b"a: &one 1\nb: *one\n"
    with pytest.raises(EditRefused):
        rewrite("a.yaml", text, {"a": 2, "b": 1})


def test_a_broken_text_is_refused() -> None:
    with pytest.raises(EditRefused, match="mistakes of its own"):
        rewrite("a.yaml", b"a: [", {"a": 1})


def test_an_unchanged_value_gives_the_same_bytes() -> None:
    data = TEXT.replace("\n", "\r\n").encode("utf-8-sig")
    assert rewrite("a.yaml", data, read("a.yaml", data)) == data
