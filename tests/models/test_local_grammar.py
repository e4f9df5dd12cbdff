"""Schemas as grammars: all that a grammar allows is a valid call, and no valid call is lost."""

import json
from typing import Any

import pytest
from gbnf import Grammar
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from looplet.models.grammar import MAX_REPEAT, call_grammar
from looplet.models.numerals import integer, number
from looplet.shipped import shipped, shipped_names
from looplet.validation import compile_schema

FEW = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))


def tool(parameters: Any, name: str = "t") -> dict[str, Any]:
    return {"name": name, "description": "", "parameters": parameters}


def grammar(schema: Any) -> Grammar:
    """Of a tool whose one argument `x` has this schema."""
    defs = {"$defs": schema["$defs"]} if isinstance(schema, dict) and "$defs" in schema else {}
    return Grammar(call_grammar([tool({"properties": {"x": schema}, "required": ["x"], **defs})]))


def spelt(value: Any) -> str:
    return json.dumps({"tool": "t", "args": {"x": value}}, ensure_ascii=False)


def argument(text: str) -> Any:
    """The value of `x` in a call; strict, as the loop reads it."""
    said = json.loads(text)
    assert set(said) == {"tool", "args"} and said["tool"] == "t", said
    return said["args"]["x"]


# ── what is said exactly ──────────────────────────────────────────────────────────────────────────

names = st.sampled_from(["a", "b", "c d", 'q"\\', "é"])
scalars = st.one_of(
    st.just({"type": "boolean"}),
    st.just({"type": "null"}),
    st.just({"type": "string"}),
    st.builds(
        lambda low, more: {"type": "string", "minLength": low, "maxLength": low + more},
        st.integers(0, 3),
        st.integers(0, 3),
    ),
    st.builds(
        lambda low, more: {"type": "integer", "minimum": low, "maximum": low + more},
        st.integers(-2000, 2000),
        st.integers(0, 3000),
    ),
    st.builds(lambda low: {"type": "integer", "exclusiveMinimum": low}, st.integers(-300, 300)),
    st.builds(lambda high: {"type": "integer", "maximum": high}, st.integers(-300, 300)),
    st.just({"type": "number", "minimum": 0, "maximum": 1}),
    st.just({"type": "number"}),
    st.builds(
        lambda values: {"enum": values},
        st.lists(
            st.one_of(
                st.text(max_size=3), st.integers(-9, 9), st.just(1.5), st.none(), st.just([])
            ),
            min_size=1,
            max_size=3,
        ),
    ),
    st.just({"const": {"k": ['"', "\\", "\n"]}}),
    st.just({"type": ["string", "null"]}),
    st.just({"type": ["integer", "boolean"]}),
)


def objects(parts: Any) -> Any:
    def made(properties: dict[str, Any], needed: set[str], more: Any) -> dict[str, Any]:
        schema = {"type": "object", "properties": properties}
        schema["required"] = sorted(needed & properties.keys())
        return {**schema, **({} if more is None else {"additionalProperties": more})}

    more = st.sampled_from([None, False])
    return st.builds(made, st.dictionaries(names, parts, max_size=4), st.sets(names), more)


def arrays(parts: Any) -> Any:
    def made(item: Any, first: list[Any], least: int, more: int | None) -> dict[str, Any]:
        schema: dict[str, Any] = {"type": "array", "items": item, "minItems": least}
        if first:
            schema["prefixItems"] = first
        return schema if more is None else {**schema, "maxItems": least + more}

    items = st.one_of(parts, st.booleans())
    few = st.lists(parts, max_size=2)
    return st.builds(made, items, few, st.integers(0, 3), st.none() | st.integers(0, 3)).filter(
        lambda s: s["items"] is not False or s["minItems"] <= len(s.get("prefixItems", ()))
    )


schemas = st.recursive(
    scalars,
    lambda parts: st.one_of(
        objects(parts),
        arrays(parts),
        st.builds(lambda some: {"anyOf": some}, st.lists(parts, min_size=1, max_size=3)),
    ),
    max_leaves=8,
)


@pytest.mark.filterwarnings("ignore:Generating overly large repr")
@FEW
@given(schemas, st.integers())
def test_what_a_grammar_allows_fits_its_schema(schema: Any, seed: int) -> None:
    made = grammar(schema)
    text = made.sample(seed)
    assert compile_schema(schema)(argument(text)), text
    assert made.allows(text)


def values(schema: Any) -> Any:
    """Values of a schema of `schemas`, members in its order."""
    if schema is True:
        return st.sampled_from([1, "a", None, [], {"k": [True, -1.5e-3]}])
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    if "const" in schema:
        return st.just(schema["const"])
    if "anyOf" in schema:
        return st.one_of([values(part) for part in schema["anyOf"]])
    kinds = schema["type"]
    if isinstance(kinds, list):
        return st.one_of([values({"type": kind}) for kind in kinds])
    if kinds == "object":
        parts = schema["properties"]
        optional = parts.keys() - set(schema["required"])
        return (
            st.sets(st.sampled_from(sorted(optional)) if optional else st.nothing())
            .flatmap(
                lambda out: st.fixed_dictionaries(
                    {name: values(part) for name, part in parts.items() if name not in out}
                )
            )
            .map(lambda made: {name: made[name] for name in parts if name in made})
        )
    if kinds == "array":
        first, rest = schema.get("prefixItems", []), schema["items"]
        top = len(first) if rest is False else schema["minItems"] + 2
        top = min(top, schema.get("maxItems", top))
        return st.integers(schema["minItems"], max(top, schema["minItems"])).flatmap(
            lambda n: st.tuples(
                *(values(first[i] if i < len(first) else rest) for i in range(n))
            ).map(list)
        )
    if kinds == "string":
        low = schema.get("minLength", 0)
        chars = st.characters(exclude_categories=["Cs"])
        return st.text(chars, min_size=low, max_size=schema.get("maxLength", low + 4))
    if kinds == "integer":
        low = schema.get("minimum", schema.get("exclusiveMinimum", -1000 - 1) + 1)
        return st.integers(low, max(low, schema.get("maximum", low + 3000)))
    if kinds == "number":
        least, most = schema.get("minimum"), schema.get("maximum")
        return (
            st.floats(least, most, allow_nan=False, allow_infinity=False)
            .map(lambda number: round(number, 6))
            .filter(lambda number: abs(number) < 1e15 and (number == 0 or abs(number) > 1e-4))
        )
    return st.booleans() if kinds == "boolean" else st.none()


@FEW
@given(st.data())
def test_what_fits_a_schema_can_be_written(data: Any) -> None:
    schema = data.draw(schemas)
    value = data.draw(values(schema))
    if not compile_schema(schema)(value):
        return  # `maximum` below what the strategy gives
    assert grammar(schema).allows(spelt(value)), spelt(value)


@pytest.mark.parametrize("low", [None, -1200, -10, -1, 0, 1, 7, 99, 100, 1000])
@pytest.mark.parametrize("more", [None, 0, 1, 8, 95, 1205])
def test_whole_numbers_between_bounds(low: int | None, more: int | None) -> None:
    schema = {"type": "integer"}
    if low is not None:
        schema["minimum"] = low  # type: ignore[assignment]
    high = None if more is None else (low or 0) + more
    if high is not None:
        schema["maximum"] = high  # type: ignore[assignment]
    made = Grammar(
        f"root ::= {integer(schema)}\ninteger ::= [0-9]\n"
        if schema.keys() - {"type"}
        else 'root ::= "-"? [0-9]{1,9}\n'
    )
    for edge in {low, high, 0, -9, 9, 10, 99, 100, 1199, -1199}:
        for value in () if edge is None else (edge - 1, edge, edge + 1):
            fits = (low is None or value >= low) and (high is None or value <= high)
            assert made.allows(str(value)) is fits, value


@pytest.mark.parametrize(
    ("bounds", "fit", "do_not"),
    [
        ({"minimum": 0, "maximum": 1}, ["0", "0.5", "1", "1.0"], ["-0.5", "1.5", "2"]),
        ({"minimum": 0.5}, ["0.5", "7.25", "100"], ["-1"]),
        ({"exclusiveMaximum": 2, "minimum": 0}, ["1.99"], ["2", "2.5", "-1"]),
        ({"minimum": 3, "maximum": 3}, ["3", "3.0"], ["2", "3.1", "4"]),
        ({"maximum": 10}, ["-5", "3.5"], []),
        ({"minimum": 5, "maximum": 1}, ["3"], []),
        ({"minimum": 10**40}, ["3"], []),
    ],
)
def test_numbers_between_bounds(bounds: Any, fit: list[str], do_not: list[str]) -> None:
    wide = 'number ::= "-"? [0-9]{1,9} ("." [0-9]{1,9})?\n'
    made = Grammar(f"root ::= {number(bounds)}\n{wide}")
    assert [text for text in fit if not made.allows(text)] == []
    assert [text for text in do_not if made.allows(text)] == []


# ── what is not, and what combines ────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("schema", "fit", "do_not"),
    [
        ({"type": "string", "pattern": "^a+$"}, ["b"], [1]),
        ({"type": "string", "format": "date"}, ["2026-01-01"], [1]),
        ({"type": "string", "maxLength": MAX_REPEAT + 1}, ["long " * 200], [1]),
        ({"type": "string", "minLength": 2, "maxLength": 10**9}, ["ab"], ["a"]),
        ({"type": "array", "uniqueItems": True, "items": {"type": "integer"}}, [[1, 1]], [["a"]]),
        ({"type": "array", "contains": {"const": 1}}, [[2]], [{}]),
        ({"not": {"type": "string"}}, [1, "a"], []),
        ({"if": {"type": "string"}, "then": {"minLength": 3}}, ["a", 1], []),
        ({"type": "integer", "multipleOf": 7}, [8], ["a"]),
        ({"type": "integer", "minimum": 5, "maximum": 1}, [3], ["a"]),
        (True, [1, "a", [{"b": None}]], []),
        ({}, [False], []),
        ({"allOf": [{"type": "string"}, {"type": "integer"}]}, [1, "a"], []),
        ({"type": "object", "minProperties": 2}, [{}, {"a": 1}], [1]),
        ({"type": "object", "patternProperties": {"^a": {"type": "string"}}}, [{"a": 1}], [1]),
        ({"additionalProperties": {"type": "integer"}}, [{}, {"a": 1, "b": 2}], [{"a": "x"}, 1]),
        (
            {"properties": {"a": True}, "additionalProperties": {"type": "null"}},
            [{}, {"a": 1}, {"a": 1, "z": None}, {"z": None, "y": None}],
            [{"z": 1}],
        ),
        ({"required": ["a"], "additionalProperties": False}, [{"a": 1}], [{}]),
        ({"required": ["a"], "additionalProperties": {"type": "null"}}, [{"a": None}], [{"a": 1}]),
        ({"properties": {"a": False, "b": {"const": 1}}}, [{}, {"b": 1}], [{"a": 1}]),
        ({"minLength": 1}, ["a"], ["", 1]),
        ({"minItems": 1}, [[1]], [[], 1]),
        ({"items": {"type": "null"}, "maxItems": 0}, [[]], [[None]]),
        ({"type": "array", "prefixItems": [{"const": 1}, {"const": 2}], "items": False},
         [[], [1], [1, 2]], [[2], [1, 2, 3]]),
        ({"type": "array", "prefixItems": [{"const": 1}, {"const": 2}], "minItems": 3},
         [[1, 2, 3], [1, 2, "a", None]], [[1, 2], [2, 1, 1]]),
        ({"type": "string", "enum": ["a", 1]}, ["a"], [1]),
        ({"type": "integer", "enum": [1, 1.0, 2.5]}, [1], [2.5]),
        ({"enum": ["½", "a\nb", "\x00"]}, ["½", "a\nb"], ["b"]),
        ({"allOf": [{"minimum": 1}, {"minimum": 5, "type": "integer"}]}, [5], [1]),
        (
            {"allOf": [{"properties": {"a": {"type": "integer"}}, "required": ["a"]},
                       {"properties": {"a": {"minimum": 3}, "b": True}}]},
            [{"a": 3}, {"a": 3, "b": 0}],
            [{"a": 2}, {"b": 0}],
        ),
        (
            {"type": "object", "properties": {"a": {"const": 1}, "b": {"const": 2}},
             "oneOf": [{"required": ["a"]}, {"required": ["b"]}]},
            [{"a": 1}, {"b": 2}],
            [{}],
        ),
        ({"$ref": "#/$defs/n", "$defs": {"n": {"enum": [1, 2]}}}, [1], [3]),
        (
            {"$ref": "#/$defs/tree",
             "$defs": {"tree": {"type": "object", "required": ["of"], "properties": {
                 "of": {"type": "array", "items": {"$ref": "#/$defs/tree"}}}}}},
            [{"of": []}, {"of": [{"of": []}, {"of": [{"of": []}]}]}],
            [{}, {"of": [1]}],
        ),
    ],
)  # fmt: skip
def test_what_grammars_cannot_say_is_left_out_and_the_rest_is_said(
    schema: Any, fit: list[Any], do_not: list[Any]
) -> None:
    made = grammar(schema)
    assert [value for value in fit if not made.allows(spelt(value))] == []
    assert [value for value in do_not if made.allows(spelt(value))] == []
    for seed in range(20):
        argument(made.sample(seed))


def test_a_product_of_alternatives_is_not_multiplied_out() -> None:
    half = {"anyOf": [{"properties": {f"p{n}": {"const": n}}} for n in range(12)]}
    text = call_grammar([tool({"allOf": [half] * 5})])
    assert len(text) < 100_000
    Grammar(text)


@pytest.mark.parametrize(
    "parameters",
    [
        {"type": "object", "properties": {"x": {"$ref": "#/$defs/gone"}}},
        {"type": "object", "properties": {"x": {"enum": "abc"}}},
        {"$ref": "#"},
        {"properties": {"x": {"allOf": [{"$ref": "#/properties/x"}]}}},
        {"type": "object", "properties": 5},
        {"unheard_of": 1},
    ],
)
def test_a_broken_schema_takes_any_object(parameters: Any) -> None:
    made = Grammar(call_grammar([tool(parameters)]))
    assert made.allows('{"tool": "t", "args": {"any": [1, {}]}}')
    assert not made.allows('{"tool": "t", "args": 5}')


def test_a_call_is_of_one_of_the_tools_with_its_own_arguments() -> None:
    first = tool({"properties": {"a": {"const": 1}}, "required": ["a"]}, "first")
    second = tool({"type": "object", "additionalProperties": False}, "second")
    made = Grammar(call_grammar([first, second]))
    assert made.allows('{"tool": "first", "args": {"a": 1}}')
    assert made.allows('{"tool": "second", "args": {}}')
    for text in (
        '{"tool": "second", "args": {"a": 1}}',
        '{"tool": "first", "args": {}}',
        '{"tool": "third", "args": {}}',
        '{"tool": "second", "args": {}} and so on',
        'I would say {"tool": "second", "args": {}}',
    ):
        assert not made.allows(text)


def test_arguments_are_an_object_whatever_the_schema_says() -> None:
    made = Grammar(call_grammar([tool({"anyOf": [{"type": "array"}, {"required": ["a"]}]})]))
    assert made.allows('{"tool": "t", "args": {"a": 1}}')
    assert not made.allows('{"tool": "t", "args": []}')


def test_without_tools_there_is_no_grammar() -> None:
    with pytest.raises(ValueError, match="without tools"):
        call_grammar([])


def test_half_a_surrogate_pair_cannot_be_written() -> None:
    made = grammar({"type": "string"})
    assert made.allows('{"tool": "t", "args": {"x": "\\u0007"}}')
    assert not made.allows('{"tool": "t", "args": {"x": "\\ud800"}}')


@pytest.mark.parametrize("name", shipped_names())
def test_the_tools_of_every_shipped_cartridge(name: str) -> None:
    from looplet import cartridge_to_preset

    preset = cartridge_to_preset(shipped(name) or "")
    schemas = preset.tools.tool_schemas()
    made = Grammar(call_grammar(schemas))
    checks = {each["name"]: compile_schema(each["parameters"]) for each in schemas}
    for seed in range(60):
        call = json.loads(made.sample(seed))
        assert checks[call["tool"]](call["args"]), call
