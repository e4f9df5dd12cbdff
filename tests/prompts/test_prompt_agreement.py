"""What the check accepts without a word renders, for all inputs that fit their schemas."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from looplet.compiler.prompts import Scope, check_template
from looplet.prompts import PromptError, render
from looplet.validation import compile_schema

INPUTS: dict[str, dict[str, Any]] = {
    "text": {"type": "string"},
    "count": {"type": "integer"},
    "rate": {"type": "number"},
    "flag": {"type": "boolean"},
    "words": {"type": "array", "items": {"type": "string"}},
    "sure": {"type": "array", "items": {"type": "integer"}, "minItems": 1},
    "maybe": {"type": ["string", "null"]},
    "mode": {"enum": ["fast", "slow"]},
    "user": {
        "type": "object",
        "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
        "required": ["name"],
        "additionalProperties": False,
    },
    "people": {"type": "array", "items": {"$ref": "#/$defs/p"}, "$defs": {"p": {}}},
    "rates": {"type": "object", "additionalProperties": {"type": "number"}},
    "list_or_map": {"type": ["array", "object"], "items": {"type": "string"}},
}
INPUTS["people"]["$defs"]["p"] = INPUTS["user"]
SCOPE = Scope(INPUTS)

short = st.text("ab {}%\n|<é", max_size=6)
numbers = st.integers(-3, 3)
user = st.fixed_dictionaries({"name": short}, optional={"age": numbers})
instances = st.fixed_dictionaries(
    {
        "text": short,
        "count": numbers,
        "rate": st.one_of(numbers, st.floats(-2, 2)),
        "flag": st.booleans(),
        "words": st.lists(short, max_size=3),
        "sure": st.lists(numbers, min_size=1, max_size=3),
        "maybe": st.one_of(st.none(), short),
        "mode": st.sampled_from(["fast", "slow"]),
        "user": user,
        "people": st.lists(user, max_size=2),
        "rates": st.dictionaries(short, numbers, max_size=2),
        "list_or_map": st.one_of(
            st.lists(short, max_size=2), st.dictionaries(short, short, max_size=2)
        ),
    }
)
tasks = st.one_of(short, st.fixed_dictionaries({"goal": short}, optional={"extra": short}))

names = st.sampled_from(
    ["task", "tools", "cartridge.name", "loop.index", "loop.last", "x", "y", "k"]
)
paths = st.one_of(
    names,
    st.sampled_from([f"inputs.{name}" for name in INPUTS]),
    st.sampled_from(
        [
            "inputs.user.name",
            "inputs.user.age",
            "inputs.user.nope",
            "x.name",
            "x.age",
            "task.goal",
            "inputs.sure[0]",
            "inputs.words[0]",
            "inputs.words[1:]",
            "tools[0].name",
            "inputs['text']",
            "inputs.rates.a",
            "x[0]",
            "tools[0].parameters",
            "inputs.text[0]",
        ]
    ),
    st.sampled_from(["'lit'", "3", "1.5", "true", "none", "['a', 'b']", "[1, 2]", "[]"]),
)
filters = st.sampled_from(
    [
        "upper",
        "title",
        "trim",
        "length",
        "first",
        "last",
        "sort",
        "unique",
        "reverse",
        "string",
        "join",
        "join(', ')",
        "default('-')",
        "default(none, true)",
        "d(0)",
        "int",
        "float",
        "round",
        "tojson",
        "tojson(indent=2)",
        "items",
        "map(attribute='name')",
        "sort(attribute='age')",
        "indent(2)",
        "truncate(9)",
        "replace('a', 'b')",
        "join(attribute='name')",
        "capitalize",
    ]
)


def filtered(base: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.tuples(base, filters).map(lambda pair: f"{pair[0]} | {pair[1]}")


tests = st.one_of(
    st.tuples(
        paths,
        st.sampled_from(["is defined", "is undefined", "is none", "is not none", "is string"])
        | st.sampled_from(
            ["is mapping", "is number", "", "== 'a'", "< 2", "in 'abc'", "> inputs.rate"]
        ),
    ).map(" ".join),
    st.sampled_from(
        ["'age' in inputs.user", "'a' in inputs.words", "inputs.maybe and inputs.flag"]
    ),
)
conditions = st.one_of(
    tests,
    st.tuples(tests, st.sampled_from(["and", "or"]), tests).map(" ".join),
    tests.map("not ({})".format),
)
expressions = st.recursive(
    paths,
    lambda inner: st.one_of(
        filtered(inner.map("({})".format)),
        filtered(paths),
        st.tuples(inner, st.sampled_from(["~", "+", "-", "or", "and"]), inner).map(
            lambda t: f"({t[0]}) {t[1]} ({t[2]})"
        ),
        st.tuples(inner, conditions, inner).map(lambda t: f"({t[0]}) if {t[1]} else ({t[2]})"),
    ),
    max_leaves=4,
)
# Of what the caller adds to a task nothing is known, so the check lets it pass anywhere; print it.
extra = st.sampled_from(
    ["{{ task.extra | d }}", "{% if task.extra is defined %}{{ task.extra }}{% endif %}"]
)
prints = st.one_of(expressions.map("{{{{ {} }}}}".format), extra)


def blocks(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.lists(inner, max_size=3).map("".join),
        st.tuples(conditions, inner, inner).map(
            lambda t: f"{{% if {t[0]} %}}{t[1]}{{% else %}}{t[2]}{{% endif %}}"
        ),
        st.tuples(conditions, inner, conditions, inner).map(
            lambda t: f"{{% if {t[0]} %}}{t[1]}{{% elif {t[2]} %}}{t[3]}{{% endif %}}"
        ),
        st.tuples(st.sampled_from("xy"), expressions, inner).map(
            lambda t: f"{{% for {t[0]} in {t[1]} %}}{t[2]}{{% endfor %}}"
        ),
        st.tuples(expressions, conditions, inner).map(
            lambda t: f"{{% for x in {t[0]} if {t[1]} %}}{t[2]}{{% else %}}{t[2]}{{% endfor %}}"
        ),
        st.tuples(paths, inner).map(
            lambda t: f"{{% for k, y in {t[0]} | items %}}{t[1]}{{% endfor %}}"
        ),
        st.tuples(st.sampled_from("xy"), expressions).map(lambda t: f"{{% set {t[0]} = {t[1]} %}}"),
        st.just("{% include 'part.jinja' %}"),
    )


templates = st.recursive(st.one_of(prints, st.just("{% set x = 'a' %}")), blocks, max_leaves=6)
PART = "{% if x is defined and x is string %}{{ x | upper }}{% endif %}{{ inputs.user.name }}"
TOOLS = [{"name": "done", "description": "Ends.", "parameters": {}}]
CARTRIDGE = {"name": "c", "version": "1", "description": ""}

VALIDATORS = {name: compile_schema(schema) for name, schema in INPUTS.items()}


@settings(max_examples=1500, deadline=None)
@given(templates, instances, tasks)
def test_an_accepted_template_renders(template: str, inputs: dict[str, Any], task: Any) -> None:
    assert all(VALIDATORS[name](value) for name, value in inputs.items())
    files = {"t.jinja": template, "part.jinja": PART}
    if check_template("prompts/t.jinja", template, scope=SCOPE, templates=files):
        return
    variables = {"task": task, "inputs": inputs, "cartridge": CARTRIDGE, "tools": TOOLS}
    try:
        render("t.jinja", files, variables)
    except PromptError as error:
        raise AssertionError(f"{error}\n{template}\n{inputs}\n{task}") from error
