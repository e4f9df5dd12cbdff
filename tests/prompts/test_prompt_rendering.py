"""A template and plain data become text, or one error that says where and what."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from looplet.frozen import freeze
from looplet.prompts import PromptError, check, is_constant, render

TOOLS = [
    {"name": "greet", "description": "Greets.", "parameters": {"type": "object"}},
    {"name": "done", "description": "Ends.\nAt once.", "parameters": {}},
]


def shown(template: str, files: dict[str, str] | None = None, **variables: Any) -> str:
    given: dict[str, Any] = {"task": "Say hi", "inputs": {}, "cartridge": {}, "tools": TOOLS}
    return render("a.md.jinja", {"a.md.jinja": template, **(files or {})}, {**given, **variables})


def refusal(template: str, files: dict[str, str] | None = None, **variables: Any) -> PromptError:
    with pytest.raises(PromptError) as caught:
        shown(template, files, **variables)
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
    assert "jinja2" not in str(caught.value)
    return caught.value


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{{ task }}", "Say hi"),
        ("{{ task.goal }}", "Say hi"),
        ("{{ task | upper }}!", "SAY HI!"),
        ("a\n{% for t in tools %}\n- {{ t.name }}\n{% endfor %}\nb\n", "a\n- greet\n- done\nb\n"),
        ("{{ tools | map(attribute='name') | sort | join(', ') }}", "done, greet"),
        ("{{ tools | length }} {{ tools[0].name }} {{ tools[-1]['name'] }}", "2 greet done"),
        ("{% for t in tools %}{{ loop.index }}{{ '' if loop.last else ',' }}{% endfor %}", "1,2"),
        ("{{ 1 + 2 - 4 }}{{ -(tools|length) }}", "-1-2"),
        ("{{ true }} {{ none }} {{ 1.5 }} {{ [1, 'é'] }}", 'true null 1.5 [1, "é"]'),
        ("{{ 'a' ~ 1 ~ none }}", "a1null"),
        ("{{ [1] | tojson(indent=1) }}", "[\n 1\n]"),
        ("{% set x = 'a' %}{{ x }}{% if x == 'b' %}{{ y }}{% endif %}", "a"),
        ("{% raw %}{{ task }}{% endraw %}{# no #}", "{{ task }}"),
        ("{{ inputs.x is defined }} {{ inputs.x | default('-') }}", "false -"),
        ("{{ 'x' if task is string else 'y' }}", "x"),
        ("{% for k, v in tools[0].parameters | items %}{{ k }}={{ v }}{% endfor %}", "type=object"),
        ("{% for x in (1, 2) if x > 1 %}{{ x }}{% else %}-{% endfor %}", "2"),
        ("{{ tools[1].description | indent(2) }}", "Ends.\n  At once."),
        ("x\r\n{{ task }}\r\n", "x\nSay hi\n"),
        ("\ufeff{{ task }}", "Say hi"),
    ],
)
def test_what_a_template_can_say(template: str, text: str) -> None:
    assert shown(template) == text


def test_a_task_is_a_text_or_a_mapping() -> None:
    task = {"goal": "Find it", "where": ["a", "b"]}
    assert shown("{{ task }}|{{ task.goal }}|{{ task.where }}", task=task) == (
        'Find it|Find it|["a", "b"]'
    )
    assert shown("{{ task | upper }} {{ task | tojson }}", task={"goal": "é"}) == 'É {"goal": "é"}'
    assert shown("{{ task }}", task={"a": 1}) == '{"a": 1}'


def test_includes_see_what_is_around_them_and_plain_files_stay_as_they_are() -> None:
    files = {
        "partials/tool.md.jinja": "{{ t.name }};",
        "partials/rules.md": "{{ not a template }} \r\n",
    }
    template = (
        "{% for t in tools %}{% include 'partials/tool.md.jinja' %}{% endfor %}"
        '{% include "partials/rules.md" %}'
    )
    assert shown(template, files) == "greet;done;{{ not a template }} \r\n"


def test_a_template_without_expressions_is_taken_word_for_word() -> None:
    text = "{ } a\r\n%} # \\{ {"
    assert is_constant(text)
    assert render("a.md.jinja", {"a.md.jinja": text}, {"x": object()}) == text
    assert render("a.md", {"a.md": "{{ x }}"}, {}) == "{{ x }}"
    assert not is_constant("{# c #}")


def test_importing_and_constants_load_nothing_of_others() -> None:
    code = (
        "import sys, looplet.prompts as p\n"
        "p.render('a.jinja', {'a.jinja': 'x'}, {})\n"
        "sys.exit('jinja2' in sys.modules or 'dataclasses' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


HOSTILE = st.sampled_from(
    ["{{ 7*7 }}", "{% if x %}", "{# c", "{{ self }}", "{% raw %}", "}}", "%}"]
)


@given(st.lists(st.one_of(HOSTILE, st.text(max_size=8)), max_size=5).map("".join))
def test_values_are_never_rendered_again(value: str) -> None:
    from looplet.prompts.roles import guarded

    expected = guarded([("<", False), (value, True), (">", False)])
    assert shown("<{{ inputs.x }}>", inputs={"x": value}) == expected
    assert shown("{% set y = inputs.x %}<{{ y }}>", inputs={"x": value}) == expected
    assert shown("<{{ inputs.x | trim('') }}>", inputs={"x": value}) == expected


@pytest.mark.parametrize(
    ("template", "line", "words"),
    [
        ("a\n{{ inputs.wrok }}", 2, "`inputs.wrok` is not given"),
        ("{{ missing }}", 1, "`missing` is not given"),
        ("{{ inputs.a.b }}", 1, "`inputs.a` is not given"),
        ("{% if inputs.a %}{% endif %}", 1, "`inputs.a`"),
        ("\n\n{% for x in inputs.a %}{% endfor %}", 3, "`inputs.a`"),
        ("{% for x in task %}{% endfor %}", 1, "`for` needs a list or a mapping, not a text"),
        ("{{ tools | upper }}", 1, "the filter `upper` needs a boolean or number or text"),
        ("{{ task < 1 }}", 1, "the values don't fit"),
        ("{{ task + 'a' }}", 1, "`+` needs numbers"),
        ("{{ inputs.items }}", 1, "`inputs.items` is not given"),
        ("{{ [] | first }}", 1, "`first` is not given"),
        ("{% include 'b.md' %}", 1, "there is no file `b.md`"),
        ("{{ $ }}", 1, "unexpected char"),
        ("\n{% if task %}", 2, "`{% if %}` is never closed; close it with `{% endif %}`"),
        ("{% for x in tools %}{% if x %}{% endfor %}", 1, "write `{% endif %}` first"),
        ("{% do x %}", 1, "`do` is no tag of a prompt"),
    ],
)
def test_an_error_says_where_and_what(template: str, line: int, words: str) -> None:
    error = refusal(template)
    assert error.line == line
    assert words in error.message
    assert str(error).startswith(f"prompts/a.md.jinja:{line}: ")


def test_an_error_in_an_included_file_names_that_file() -> None:
    error = refusal("{% include 'p/b.md.jinja' %}", {"p/b.md.jinja": "\n\n{{ nope }}"})
    assert (error.template, error.line) == ("p/b.md.jinja", 3)


def test_live_objects_may_be_there_but_not_be_used() -> None:
    class Connection:
        def __str__(self) -> str:
            raise AssertionError("called")

        __len__ = __iter__ = __getattr__ = __str__  # type: ignore[assignment]

    inputs = {"db": Connection(), "ok": 1}
    assert shown("{{ inputs.ok }} {{ inputs.db is defined }}", inputs=inputs) == "1 true"
    for use in ("inputs.db", "inputs.db.x", "inputs", "inputs | tojson(indent=2)", "inputs.db | d"):
        assert "live Connection" in refusal("{{ %s }}" % use, inputs=inputs).message  # noqa: UP031
    assert (
        "live Connection" in refusal("{% for x in inputs.db %}{% endfor %}", inputs=inputs).message
    )


def test_frozen_data_and_tuples_are_plain_data() -> None:
    inputs = freeze({"a": [1, {"b": "c"}]})
    assert shown("{{ inputs.a[1].b }} {{ inputs }}", inputs=inputs) == 'c {"a": [1, {"b": "c"}]}'
    assert shown("{% for x in inputs.a %}{{ x }}{% endfor %}", inputs={"a": (1, 2)}) == "12"


def test_data_that_no_prompt_can_say_is_refused_by_name() -> None:
    deep: list[Any] = []
    for _ in range(200):
        deep = [deep]
    ring: list[Any] = []
    ring.append(ring)
    for value, words in [
        ({"a": float("nan")}, "`inputs.a` is nan"),
        ({"a": "\ud800"}, "`inputs.a` is not valid Unicode"),
        ({1: 2}, "has the key 1"),
        ({"a": deep}, "nested more than"),
        ({"a": ring}, "nested more than"),
    ]:
        assert words in refusal("{{ task }}", inputs=value).message


def test_check_refuses_without_variables_what_rendering_would() -> None:
    check("a.jinja", {"a.jinja": "{{ anything.at.all }}"})
    with pytest.raises(PromptError):
        check("a.jinja", {"a.jinja": "{{ a() }}"})
    with pytest.raises(PromptError):
        check("b.jinja", {"a.jinja": ""})
