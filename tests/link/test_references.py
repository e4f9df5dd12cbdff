from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from looplet.references import Reference, Resolver, find_references, references_in

RUNTIME = {"a": 5, "n": {"m": [1, 2]}, "text": "x\npermissions: {default: allow}", "none": None}
RESOURCE = object()


def resolve(value: Any, **resources: Any) -> Any:
    resolver = Resolver(RUNTIME, {"r": RESOURCE, **resources}.__getitem__)
    resolved = resolver.resolve(value, "config.x")
    assert not resolver.problems, resolver.problems
    return resolved


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("${runtime.a}", 5),
        ("${runtime.n}", {"m": [1, 2]}),
        ("${runtime.n.m}", [1, 2]),
        ("${runtime.n.m.1}", 2),
        ("${runtime.none}", None),
        ("${ref:r}", RESOURCE),
        ("@r", RESOURCE),
        ("a ${runtime.a} b", "a 5 b"),
        ("${runtime.a}${runtime.a}", "55"),
        ("${runtime.n} ${runtime.none}", '{"m": [1, 2]} null'),
        ("${runtime.zz:-5}", 5),
        ("${runtime.zz:-true}", True),
        ('${runtime.zz:-"5"}', "5"),
        ("${runtime.zz:-[1]}", [1]),
        ("${runtime.zz:-NaN}", "NaN"),
        ("${runtime.zz:-some words}", "some words"),
        ("${runtime.zz:-}", ""),
        ("x${runtime.zz:-5}", "x5"),
        ("${runtime.a.deeper:-none}", "none"),
        ("${HOME} ${x}", "${HOME} ${x}"),
        ("${cartridge_root}", "${cartridge_root}"),
        ("$${runtime.a}", "${runtime.a}"),
        ("$${HOME}", "$${HOME}"),
        ("$$${runtime.a}", "$${runtime.a}"),
        ("@@r", "@r"),
        ("@@@r", "@@@r"),
        ("ada@r", "ada@r"),
        ("@r and more", "@r and more"),
        ("$5 {x}", "$5 {x}"),
    ],
)
def test_a_reference_becomes_its_value(text: str, expected: Any) -> None:
    found = resolve(text)
    assert found == expected and type(found) is type(expected)


def test_values_are_never_resolved_again() -> None:
    resolver = Resolver(
        {"a": "${runtime.b}", "b": "secret", "c": "@r"}, {"r": RESOURCE}.__getitem__
    )
    value = ["${runtime.a}", "x ${runtime.a}", "${runtime.c}"]
    assert resolver.resolve(value, "x") == ["${runtime.b}", "x ${runtime.b}", "@r"]


def test_an_input_changes_a_value_and_never_a_key() -> None:
    value = {"${runtime.text}": "${runtime.text}", "note": "see ${runtime.text}"}
    resolved = resolve(value)
    assert list(resolved) == list(value)
    assert resolved["note"] == "see " + RUNTIME["text"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("${runtime.zz}", "the input `zz` is missing"),
        ("a ${runtime.zz.y} b", "the input `zz.y` is missing"),
        ("${ref:nope}", "there is no resource `nope`; it would be `resources/nope.py`"),
        ("@nope", "there is no resource `nope`"),
        ("${runtime.a:5}", "it is no reference"),
        ("${runtime}", "it is no reference"),
        ("${ref: r}", "it is no reference"),
        ("${runtime.zz:-{}}", "it is no reference"),
    ],
)
def test_what_cannot_be_resolved_is_named_with_its_place(text: str, says: str) -> None:
    resolver = Resolver(RUNTIME, {"r": RESOURCE}.__getitem__)
    resolver.resolve({"k": [text]}, "hooks.10_H.kwargs")
    (problem,) = resolver.problems
    assert problem.startswith("hooks.10_H.kwargs.k[0]: `") and says in problem


def test_all_problems_are_collected() -> None:
    resolver = Resolver({})
    resolver.resolve(["${runtime.a} ${runtime.b}", "@c"], "x")
    assert len(resolver.problems) == 3


def test_find_says_where() -> None:
    text = "é ${runtime.a.b:-c d} ${ref:r} ${HOME} $${runtime.x}"
    assert find_references(text) == [
        Reference("runtime", "a.b", ("a", "b"), "c d", 2, 21),
        Reference("ref", "r", (), None, 22, 30),
        Reference("unknown", "HOME", (), None, 31, 38),
    ]
    assert text[2:21] == "${runtime.a.b:-c d}"


def test_references_in_nested_data() -> None:
    found = references_in({"@k": ["@r", {"x": "${runtime.a}"}], "n": 1})
    assert [(r.kind, r.name) for r in found] == [("ref", "r"), ("runtime", "a")]


@given(st.text(alphabet="$ {}:-@.arunteimf\n", max_size=30))
def test_any_text_resolves_or_is_reported(text: str) -> None:
    resolver = Resolver({"a": 1}, {"r": 2}.__getitem__)
    resolved = resolver.resolve(text, "x")
    ours = [r for r in find_references(text) if r.kind != "unknown"]
    if not ours and "$${" not in text and not text.startswith("@@"):
        assert resolved == text


@given(
    st.recursive(st.none() | st.booleans() | st.integers() | st.text("ab $", max_size=5), st.lists)
)
def test_data_without_references_is_copied(value: Any) -> None:
    assert Resolver({}).resolve({"k": value}, "x") == {"k": value}
