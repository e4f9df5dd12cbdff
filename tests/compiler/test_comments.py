"""Law 3 over generated YAML *texts*: whatever is edited, every comment beside it stays."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from looplet.compiler.syntax import parse
from looplet.compiler.text.comments import comments
from looplet.compiler.text.edit import EditRefused, rewrite
from looplet.preset import canonical_json

Path = tuple[Any, ...]

SCALARS = [
    "1",
    "x",
    "'it''s'",
    '"a\\tb"',
    "true",
    "yes",
    "a b c",
    "é漢",
    '"é #"',
    "x#y",
    '""',
    "-1",
]
BLOCKS = [["one", "two"], ["one", "", "two"], ["# no comment", "x"], ["one # no"]]
KEYS = ["a", "b", "c", "d-e", "x y", "é", "1x"]
NEW: list[Any] = [
    *(0, 2.5, True, None, "new", "it's: #x", "line\ntwo\n", "a\nb", ""),
    *({"n": 1}, ["n"], {}, [], {"n": {"m": ["p", {"q": 1}]}}),
]


class Writer:
    """Writes a YAML text the way people do, never twice the same, with numbered comments in it.

    `owners`: of each comment, the path of the value that it is part of; a comment behind a value on
    its line goes with it only when the value is deleted (`beside`).
    """

    def __init__(self, random: Random) -> None:
        self.random = random
        self.owners: dict[str, Path] = {}
        self.beside: dict[str, Path] = {}

    def text(self) -> str:
        pick = self.random.choice
        lines = [
            *pick([[], [], ["---"], ["--- # hello"], ["%YAML 1.2", "---"]]),
            *self.map((), 0, 2),
            *self.between((), 0),
            *pick([[], [], ["..."], ["# the end"]]),
        ]
        return pick(["", "", "", "\ufeff"]) + pick(["\n", "\n", "\r\n"]).join(
            [*"\n".join(lines).split("\n"), *pick([[""], [""], []])]
        )

    def comment(self, owners: dict[str, Path], path: Path, chance: float = 0.3) -> str:
        if self.random.random() > chance:
            return self.random.choice(["", "", "  "])
        word = f"# c{len(self.owners) + len(self.beside)}."
        owners[word] = path
        return " " * self.random.randint(1, 3) + word

    def between(self, path: Path, indent: int) -> list[str]:
        lines = []
        while self.random.random() < 0.25:
            lines.append(" " * indent + self.comment(self.owners, path, 0.8).strip(" "))
        return [line.rstrip() if not line.strip() else line for line in lines]

    def key(self, used: list[str]) -> tuple[str, str]:
        key = self.random.choice([each for each in KEYS if each not in used])
        used.append(key)
        return key, self.random.choice([key, key, f"'{key}'", f'"{key}"'])

    def flow(self, path: Path, depth: int, indent: int) -> str:
        pick = self.random.choice
        if depth == 0 or self.random.random() < 0.5:
            return str(pick([word for word in SCALARS if word != "x#y"]))

        def gap() -> str:
            if self.random.random() < 0.5:
                return str(pick(["", " "]))
            head = self.comment(self.owners, path, 0.4)
            return head + "\n" + " " * (indent + self.random.randint(2, 4))

        mapping, used = self.random.random() < 0.5, list[str]()
        made, count = gap(), self.random.randint(0, 3)
        for index in range(count):
            key, spelt = self.key(used) if mapping else (index, "")
            made += spelt + (": " if mapping else "")
            made += self.flow((*path, key), depth - 1, indent) + gap()
            made += "," + gap() if index < count - 1 or self.random.random() < 0.2 else ""
        return "{" + made + "}" if mapping else "[" + made + "]"

    def value(self, path: Path, indent: int, depth: int) -> list[str]:
        """Its lines; the first stands behind the key's colon, or the dash."""
        chance, pick = self.random.random(), self.random.choice
        if depth > 0 and chance < 0.45:
            inner = indent + pick([2, 2, 4, 1, 3])
            write = pick([self.map, self.list])
            return [self.comment(self.owners, path), *write(path, inner, depth - 1)]
        if chance < 0.55:
            spelt = " " + self.flow(path, 2, indent + 1) + self.comment(self.beside, path)
            return spelt.split("\n")
        if chance < 0.65:
            head = " " + pick(["|", "|-", "|+", ">", ">-"]) + self.comment(self.owners, path)
            pad = " " * (indent + pick([1, 2, 4]))
            return [head, *(pad + line if line else "" for line in pick(BLOCKS)), *pick([[], [""]])]
        if chance < 0.7:
            return [self.comment(self.beside, path)]
        return [" " + pick(SCALARS) + self.comment(self.beside, path)]

    def map(self, path: Path, indent: int, depth: int) -> list[str]:
        lines, used = list[str](), list[str]()
        for _ in range(self.random.randint(1, 4)):
            lines += self.between(path, indent)
            key, spelt = self.key(used)
            first, *rest = self.value((*path, key), indent, depth)
            explicit = self.random.random() < 0.05
            head = f"? {spelt}\n{' ' * indent}:" if explicit else f"{spelt}:"
            lines += [" " * indent + head + first, *rest]
        return lines

    def list(self, path: Path, indent: int, depth: int) -> list[str]:
        lines: list[str] = []
        for index in range(self.random.randint(1, 4)):
            lines += self.between(path, indent)
            inner = (*path, index)
            compact = self.map(inner, indent + 2, depth - 1) if depth else []
            if compact and compact[0].strip(" ")[:1] not in ("", "#"):
                lines += [" " * indent + "- " + compact[0][indent + 2 :], *compact[1:]]
            else:
                first, *rest = self.value(inner, indent, depth)
                lines += [" " * indent + "-" + first, *rest]
        return lines


def every(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    yield path, value
    if isinstance(value, (dict, list)):
        for step, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from every(item, (*path, step))


def edited(value: Any, random: Random) -> tuple[Any, str, Path]:
    """`value` with one thing in it set, deleted or inserted: how, and where."""
    made = copy.deepcopy(value)
    kind = random.choice(["set", "set", "delete", "insert"])
    places = [
        p for p, v in every(value) if (isinstance(v, (dict, list)) if kind == "insert" else p)
    ]
    path = random.choice(places)
    new = random.choice(NEW)
    parent = made
    for step in path if kind == "insert" else path[:-1]:
        parent = parent[step]
    if kind == "insert" and isinstance(parent, list):
        path = (*path, random.randint(0, len(parent)))
        parent.insert(path[-1], new)
    elif kind == "insert":
        path = (*path, "new key")
        parent["new key"] = new
    elif kind == "set":
        parent[path[-1]] = new
    else:
        twins = parent.count(parent[path[-1]]) > 1 if isinstance(parent, list) else False
        kind = "ambiguous" if twins else kind  # which of two equal items went, nobody can tell
        del parent[path[-1]]
    return made, kind, path


@given(st.integers(0, 2**32))
@settings(max_examples=400)
def test_every_comment_outside_of_what_goes_stays(seed: int) -> None:
    random = Random(seed)
    writer = Writer(random)
    text = writer.text()
    data = text.encode()
    document, findings = parse("a.yaml", data)
    if document is None or any(found.severity == "error" for found in findings):
        return  # not every text that is written like this is YAML
    assert rewrite("a.yaml", data, document.value) == data
    before = {word for _, word in comments(document.text)}
    for _ in range(3):
        wanted, kind, path = edited(document.value, random)
        try:
            changed = rewrite("a.yaml", data, wanted)
        except EditRefused:
            continue  # refused, and not wrong
        after, _ = parse("a.yaml", changed)
        assert after is not None and canonical_json(after.value) == canonical_json(wanted)
        assert changed.startswith(b"\xef\xbb\xbf") == data.startswith(b"\xef\xbb\xbf")
        lost = before - {word for _, word in comments(after.text)}
        for word in lost if kind != "ambiguous" else ():
            home = writer.owners.get(word) or writer.beside.get(word) or ()
            inside = kind != "insert" and home[: len(path)] == path
            assert inside and not (kind == "set" and home == path and word in writer.beside), (
                f"{kind} {path} lost {word}:\n{text}\n--- became\n{changed.decode()}"
            )


@pytest.mark.parametrize(
    ("text", "value", "wanted"),
    [
        ("a: [1, # one\n  2, # two\n  3]\n", {"a": [1, 3]}, "a: [1, # one\n   # two\n  3]\n"),
        ("a: [ # none\n  ]\n", {"a": [1]}, "a: [ # none\n  1]\n"),
        ("a: { # all\n  b: 1 }\n", {"a": {}}, "a: { # all\n   }\n"),
        (
            "a: [\n  1, # one\n  2 # two\n]\n",
            {"a": [1, 2, 3]},
            "a: [\n  1, # one\n  2, # two\n  3\n]\n",
        ),
        ("- a: 1\n  # of b\n  b: 2\n", [{"b": 2}], "-\n  # of b\n  b: 2\n"),
        ("? a\n: 1\nb: 2\n", {"b": 2}, "b: 2\n"),
        ("a:\n- 1\nb: 2\n", {"a": {"n": 1}, "b": 2}, 'a:\n  "n": 1\nb: 2\n'),
        ("a: |+\n  x\n\n", {"a": "x\n\n", "b": 1}, "a: |+\n  x\n\nb: 1\n"),
        ("a: 1", {"a": 1, "b": "x\ny\n"}, "a: 1\nb: |\n  x\n  y\n"),
        ("a: | # why\n  x\n", {"a": "y\n"}, "a: | # why\n  y\n"),
        ("a: [x, y, z] # c\n", {"a": ["x", "z"]}, "a: [x, z] # c\n"),
        ("- a # a\n- b # b\n- c # c\n- d # d\n", ["b", "d"], "- b # b\n- d # d\n"),
    ],
)  # fmt: skip
def test_comments_stay_beside_what_they_are_about(text: str, value: Any, wanted: str) -> None:
    assert rewrite("a.yaml", text.encode(), value).decode() == wanted
