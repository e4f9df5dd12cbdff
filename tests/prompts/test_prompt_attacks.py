"""Templates and values made to escape, to forge or to exhaust: each ends in a PromptError.

No time is asserted; the suite would hang or fill the memory if one got through.
"""

from __future__ import annotations

from typing import Any

import pytest

from looplet.compiler.prompts import Scope, check_template
from looplet.prompts import PromptError, render
from looplet.prompts.filters import MAX_TEXT

INPUTS: dict[str, Any] = {
    "text": "abc",
    "many": list(range(9_000)),
    "big": "x" * 200_000,
    "number": 3,
    "words": [f"word {n}" for n in range(300)],
}
SCHEMAS = {
    "text": {"type": "string"},
    "big": {"type": "string"},
    "number": {"type": "integer"},
    "many": {"type": "array", "items": {"type": "integer"}},
    "words": {"type": "array", "items": {"type": "string"}},
}
VARIABLES = {"task": "t", "inputs": INPUTS, "cartridge": {"name": "c"}, "tools": [{"name": "done"}]}

# Refused by the language: when checking and when rendering.
FORBIDDEN = {
    "class": "{{ ''.__class__ }}",
    "mro": "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "class of a variable": "{{ task.__class__ }}",
    "globals": "{{ self.__init__.__globals__ }}",
    "cycler": "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
    "lipsum": "{{ lipsum.__globals__ }}",
    "lipsum called": "{{ lipsum(n=100000) }}",
    "namespace": "{% set ns = namespace(x=1) %}{{ ns.x }}",
    "set an attribute": "{% set task.x = 1 %}",
    "attr": "{{ task|attr('__class__') }}",
    "attr hidden": "{{ task|attr('_' ~ '_class_' ~ '_') }}",
    "map to attr": "{{ [task]|map('attr', '__class__')|list }}",
    "map a filter": "{{ inputs.words|map('upper')|join }}",
    "map a computed attribute": "{{ inputs.words|map(attribute=task)|join }}",
    "selectattr": "{{ tools|selectattr('name')|list }}",
    "groupby": "{{ tools|groupby('name') }}",
    "format method": "{{ '{0.__class__}'.format(task) }}",
    "format filter": "{{ '%s'|format(task) }}",
    "format operator": "{{ '%50000000d' % 1 }}",
    "format by a test": "{{ '%50000000d' is odd }}",
    "format by divisibleby": "{{ '%50000000d' is divisibleby 3 }}",
    "repeat": "{{ 'x' * 50000000 }}",
    "repeat a list": "{{ [1] * 50000000 }}",
    "repeat from the left": "{{ 50000000 * 'x' }}",
    "power": "{{ 9 ** 9 ** 9 }}",
    "division": "{{ 1 / 0 }}",
    "center": "{{ task|center(50000000) }}",
    "indent": "{{ task|indent(50000000) }}",
    "indent by a text": "{{ task|indent('x') }}",
    "truncate": "{{ task|truncate(5, end='x') }}",
    "tojson": "{{ tools|tojson(indent=100000) }}",
    "round": "{{ 1.5|round(100000) }}",
    "range": "{% for i in range(100000000) %}x{% endfor %}",
    "urlize": "{{ task|urlize }}",
    "xmlattr": "{{ {'a': 1}|xmlattr }}",
    "pprint": "{{ tools|pprint }}",
    "random": "{{ inputs.words|random }}",
    "macro": "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
    "call": "{% call m() %}{% endcall %}",
    "block": "{% block a %}{{ self.a() }}{% endblock %}",
    "filter block": "{% filter upper %}x{% endfilter %}",
    "set block": "{% set x %}{{ inputs.big }}{% endset %}",
    "with": "{% with x = 1 %}{% endwith %}",
    "autoescape": "{% autoescape true %}{% endautoescape %}",
    "extends": "{% extends 'a.md' %}",
    "import": "{% import 'a.md' as a %}",
    "from import": "{% from 'a.md' import b %}",
    "self": "{{ self }}",
    "loop itself": "{% for x in [1] %}{{ loop }}{% endfor %}",
    "loop called": "{% for x in [1] recursive %}{{ loop([1]) }}{% endfor %}",
    "loop cycle": "{% for x in [1] %}{{ loop.cycle('a') }}{% endfor %}",
    "loop context": "{% for x in [1] %}{{ loop._iterable }}{% endfor %}",
    "previtem": "{% for x in [1] %}{{ loop.previtem }}{% endfor %}",
    "item of loop": "{% for x in [1] %}{{ loop['index'] }}{% endfor %}",
    "dyn args": "{{ task|replace(*['a', 'b']) }}",
    "dyn kwargs": "{{ task|replace(**inputs) }}",
    "computed include": "{% include inputs.text %}",
    "list of includes": "{% include ['a.md', 'b.md'] %}",
    "include above": "{% include '../config.yaml' %}",
    "include from the root": "{% include '/etc/passwd' %}",
    "include by backslash": "{% include '..\\\\config.yaml' %}",
    "include of a drive": "{% include 'C:/x' %}",
    "include nothing": "{% include '' %}",
    "ignore missing": "{% include 'nope' ignore missing %}",
    "huge literal": "{{ %s }}" % ("9" * 10_000),
    "huge hexadecimal": "{{ 0x%s }}" % ("f" * 10_000),
    "infinite": "{{ 1e999 }}",
    "half a pair": "{{ '\\ud800' }}",
    "bad escape": "{{ '\\d' }}",
    "bad name escape": "{{ '\\N{nope}' }}",
    "internal filter": "{{ task|each }}",
    "brackets": "{{ " + "(" * 100_000 + ")" * 100_000 + " }}",
    "lists": "{{ " + "[" * 100_000 + " }}",
    "braces": "{{ " + "{" * 200_000,
    "not": "{{ " + "not " * 60_000 + "task }}",
    "minus": "{{ " + "-" * 200_000 + "1 }}",
    "inline if": "{{ " + "1 if 1 else " * 20_000 + "1 }}",
    "plus": "{{ 1" + " + 1" * 60_000 + " }}",
    "attributes": "{{ task" + ".a" * 100_000 + " }}",
    "filters": "{{ task" + "|trim" * 40_000 + " }}",
    "subscripts": "{{ task" + "[0]" * 60_000 + " }}",
    "ifs": "{% if 1 %}" * 20_000,
    "fors": "{% for x in [1] %}" * 30 + "{% endfor %}" * 30,
    "elifs": "{% if 1 %}" + "{% elif 1 %}" * 20_000 + "{% endif %}",
    "expressions": "{{ 1 }}" * 35_000,
    "brace pairs": "{{" * 100_000,
    "comments": "{#" * 100_000,
    "raws": "{% raw %}" * 25_000,
    "closers": "}}" * 100_000 + "{{",
    "spaces": "{{" + " " * 250_000,
    "spaces in tags": "{%- " * 60_000,
    "quotes": '{{ "' + "\\" * 200_000,
    "text": "x" * 300_000 + "{{ task }}",
    "names": "{{ " + "a" * 250_000 + " }}" + "{{",
    "nul": "{{ \0 }}",
    "unicode digits": "{{ ٣ }}",
    "fullwidth": "{{ task．__class__ }}",
}

# Accepted by the language; the values or a limit stop them.
STOPPED = {
    "nested loops": "{% for a in inputs.many %}{% for b in inputs.many %}{% endfor %}{% endfor %}",
    "a loop twice": "{% for a in inputs.many %}{% endfor %}" * 2,
    "output": "{% for a in inputs.words %}{{ inputs.big }}{% endfor %}",
    "doubling": "{% set a = inputs.big ~ inputs.big %}{{ a }}",
    "doubling many times": "{% set a = inputs.text %}" + "{% set a = a ~ a %}" * 40 + "{{ a }}",
    "join": "{{ inputs.many|join(inputs.big) }}",
    "replace": "{{ inputs.big|replace('x', inputs.big) }}",
    "replace nothing": "{{ inputs.big|replace('', 'yy') }}",
    "json": "{% set a = [inputs.big, inputs.big] %}{{ a|tojson }}",
    "work": "{% for a in inputs.many %}" + "{% if a == 1 %}{% endif %}" * 500 + "{% endfor %}",
    "compare": "{% for a in inputs.many %}"
    + "{% if inputs.big ~ 'a' in inputs.big %}{% endif %}" * 50
    + "{% endfor %}",
    "upper": "{% for a in inputs.many %}"
    + "{% if inputs.big|upper %}{% endif %}" * 50
    + "{% endfor %}",
    "undefined attribute": "{{ inputs.nope }}",
    "method of a mapping": "{{ inputs.items }}",
    "method of a text": "{{ task.upper }}",
    "class by subscript": "{{ task['__class__'] }}",
    "class by a computed subscript": "{{ task['__cla' ~ 'ss__'] }}",
    "adding a text": "{{ inputs.text|int + inputs.text }}",
}

BOMBS: dict[str, dict[str, str]] = {
    "itself": {"r.jinja": "{% include 'r.jinja' %}"},
    "circle": {"r.jinja": "{% include 'a.jinja' %}", "a.jinja": "{% include 'r.jinja' %}"},
    "chain": {
        "r.jinja": "{% include '0.jinja' %}",
        **{f"{n}.jinja": "{%% include '%d.jinja' %%}" % (n + 1) for n in range(50)},  # noqa: UP031
        "50.jinja": "x{{ task }}",
    },
    "doubling": {
        "r.jinja": "{% include '0.jinja' %}" * 30,
        **{f"{n}.jinja": ("{%% include '%d.jinja' %%}" % (n + 1)) * 30 for n in range(5)},  # noqa: UP031
        "5.jinja": "{{ task }}",
    },
    "in loops": {
        "r.jinja": "{% for x in tools %}{% include 'a.jinja' %}{% endfor %}" * 40,
        "a.jinja": "{% for x in tools %}{% include 'b.jinja' %}{% endfor %}" * 40,
        "b.jinja": "{% for x in tools %}{% include 'c.jinja' %}{% endfor %}" * 40,
        "c.jinja": "{% for x in tools %}{{ task }}{% endfor %}" * 40,
    },
}


def attempt(template: str) -> str:
    files = {"r.jinja": template, "a.md": "a", "b.md": "b"}
    return render("r.jinja", files, VARIABLES)


@pytest.mark.parametrize("name", FORBIDDEN)
def test_the_language_refuses_it_at_both_ends(name: str) -> None:
    template = FORBIDDEN[name]
    with pytest.raises(PromptError) as caught:
        attempt(template)
    assert len(str(caught.value)) < 600
    found = check_template(
        "prompts/r.jinja",
        template,
        scope=Scope(SCHEMAS),
        templates={"r.jinja": template, "a.md": ""},
    )
    codes = {each.code for each in found if each.severity == "error"}
    assert codes, "the check lets it pass"
    assert all(each.span is not None for each in found)


@pytest.mark.parametrize("name", STOPPED)
def test_the_sandbox_stops_it(name: str) -> None:
    with pytest.raises(PromptError) as caught:
        attempt(STOPPED[name])
    assert len(str(caught.value)) < 600


@pytest.mark.parametrize("name", BOMBS)
def test_include_bombs_are_stopped_at_both_ends(name: str) -> None:
    files = BOMBS[name]
    with pytest.raises(PromptError):
        render("r.jinja", files, VARIABLES)
    found = check_template("prompts/r.jinja", files["r.jinja"], scope=Scope({}), templates=files)
    assert {each.code for each in found} & {"CT513", "CT514"}


def test_what_is_rendered_is_never_longer_than_the_limit() -> None:
    text = attempt("{{ inputs.big }}" + "y" * (MAX_TEXT - 200_000))
    assert len(text) == MAX_TEXT
    with pytest.raises(PromptError, match="262144 characters"):
        attempt("{{ inputs.big }}" + "y" * (MAX_TEXT - 199_999))


def test_rendering_changes_none_of_the_values() -> None:
    inputs = {"words": ["b", "a"], "user": {"name": "Ada"}}
    template = "{% set w = inputs.words|sort %}{{ w|reverse|join }}{{ inputs.user|items|length }}"
    assert render("r.jinja", {"r.jinja": template}, {"inputs": inputs}) == "ba1"
    assert inputs == {"words": ["b", "a"], "user": {"name": "Ada"}}


def test_filters_of_the_sandbox_cannot_be_named() -> None:
    for name in (" each", "' each'", "each", "weigh", "spend"):
        with pytest.raises(PromptError):
            attempt("{{ task|%s }}" % name)  # noqa: UP031
