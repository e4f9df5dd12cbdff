"""The loader and the schema are one truth, and so are the schema and its draft-07 rendering."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft7Validator, Draft202012Validator

from looplet.compiler.draft7 import to_draft7
from looplet.compiler.schema import KINDS, raw_schema, schema_for
from looplet.compiler.scopes import scopes


def test_the_sample_uses_every_key(kind: str, sample: dict[str, Any]) -> None:
    assert schema_for(kind)(sample), schema_for(kind).problems(sample)
    used: set[str] = set()

    def walk(value: Any) -> None:
        if isinstance(value, dict):
            used.update(value)
            for item in value.values():
                walk(item)
        elif isinstance(value, list):
            for item in value:
                walk(item)

    walk(sample)
    assert scopes(kind).keys() <= used


def test_closures_and_jsonschema_agree_on_the_mutants(kind: str, corpus: list[Any]) -> None:
    validator, oracle = schema_for(kind), Draft202012Validator(raw_schema(kind))
    verdicts = [validator(value) for value in corpus]
    assert verdicts == [oracle.is_valid(value) for value in corpus]
    assert len(corpus) >= 150
    assert verdicts.count(False) >= 100
    assert verdicts.count(True) >= 10


def test_draft_7_agrees_on_the_mutants(kind: str, corpus: list[Any]) -> None:
    rendered = to_draft7(raw_schema(kind))
    Draft7Validator.check_schema(rendered)
    validator, oracle = schema_for(kind), Draft7Validator(rendered)
    for value in corpus:
        assert validator(value) is oracle.is_valid(value), value


words = st.sampled_from(
    sorted({key for kind in KINDS for key in scopes(kind)} | {"x-a", "bash", "a b", "@r", "2"})
)
values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-2, 3), st.just(0.5), words),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(words, inner, max_size=4)),
    max_leaves=10,
)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.dictionaries(words, values, max_size=5))
def test_closures_and_jsonschema_agree_on_anything(value: dict[str, Any]) -> None:
    for kind in KINDS:
        oracle = Draft202012Validator(raw_schema(kind))
        assert schema_for(kind)(value) is oracle.is_valid(value), kind
