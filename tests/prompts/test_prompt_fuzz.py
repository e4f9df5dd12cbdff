"""Whatever the text: no exception but the one promised, both ends agree, places are in the text."""

from __future__ import annotations

import jinja2
from hypothesis import example, given, settings
from hypothesis import strategies as st
from jinja2.sandbox import ImmutableSandboxedEnvironment

from looplet.compiler.prompts import Scope, check_prompts, check_template, used_inputs
from looplet.compiler.text.lines import Lines
from looplet.prompts import PromptError, check, render

WORDS = [
    *[
        "{{",
        "}}",
        "{%",
        "%}",
        "{#",
        "#}",
        "-",
        "+",
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        "|",
        ".",
        ",",
        "'",
    ],
    *["if", "else", "elif", "endif", "for", "in", "endfor", "set", "=", "include", "raw", "endraw"],
    *[
        "task",
        "inputs",
        "loop",
        "x",
        "a.md",
        "upper",
        "default",
        "is",
        "not",
        "defined",
        "and",
        "~",
    ],
    *[
        "1",
        "1.5",
        "'a'",
        '"b.jinja"',
        "\n",
        "\r\n",
        "\r",
        " ",
        "\t",
        "é",
        "😀",
        "\\",
        "\0",
        "*",
        "recursive",
    ],
    *["{{ task }}", "{% if x %}", "{% endif %}", "{% for x in tools %}", "{% endfor %}", "\ufeff"],
]
texts = st.lists(st.sampled_from(WORDS) | st.text(max_size=2), max_size=14).map(
    " ".join
) | st.lists(st.sampled_from(WORDS), max_size=14).map("".join)
LANGUAGE = {"CT501", "CT505", "CT506", "CT507", "CT508", "CT511", "CT512", "CT513", "CT514"}


@settings(max_examples=600, deadline=None)
@given(texts)
@example("{{ task }}\r{% for x in tools %}\r\n{{ x }}{% endfor %}\n{{ nope")
@example("{% set x = loop %}{{ x.y }}{% for a, b, c in d %}{% endfor %}")
@example("{% for x.y in tools %}{% endfor %}{% set x.y = 1 %}{% set (a, b) = 1 %}")
def test_any_text(text: str) -> None:
    files = {"t.jinja": text, "b.jinja": "{{ x }}", "a.md": ""}
    found = check_template("prompts/t.jinja", text, scope=Scope({}), templates=files)
    check_prompts({"prompts/" + name: each for name, each in files.items()}, scope=Scope(None))
    used_inputs(text)
    lines = Lines(text.removeprefix("\ufeff"))
    for each in found:
        assert each.span is not None and each.span.start <= each.span.end
        if each.path == "prompts/t.jinja":
            assert lines.offset(each.span.start) is not None
            assert lines.offset(each.span.end) is not None
    refused = False
    try:
        check("t.jinja", files)
    except PromptError:
        refused = True
    extra = "a loop with several names needs pairs"
    assert refused == any(each.code in LANGUAGE and extra not in each.message for each in found)
    try:
        render("t.jinja", files, {"task": "t", "inputs": {}, "tools": [{"name": "n"}]})
    except PromptError as error:
        assert error.line is None or 1 <= error.line <= len(lines)
    else:
        assert not refused


plain = st.text("abcAB ß'-{[(<.\n\t1é", max_size=20)
JINJA = ImmutableSandboxedEnvironment(
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
    undefined=jinja2.StrictUndefined,
)
JINJA.policies["truncate.leeway"] = 0
SAME = [
    "{{ t | upper }}",
    "{{ t | lower }}",
    "{{ t | capitalize }}",
    "{{ t | title }}",
    "{{ t | trim }}",
    "{{ t | trim('a ') }}",
    "{{ t | replace('a', 'xy') }}",
    "{{ t | replace('a', 'xy', 1) }}",
    "{{ t | indent }}",
    "{{ t | indent(3, true) }}",
    "{{ t | indent(2, blank=true) }}",
    "{{ t | truncate(9) }}",
    "{{ t | truncate(8, true, '!') }}",
    "{{ t | length }} {{ t | int }} {{ t | int(7) }} {{ t | float(1.5) }}",
    "{{ l | join(', ') }} {{ l | sort | join }} {{ l | sort(reverse=true) | join }}",
    "{{ l | unique | join }} {{ l | reverse | join }} {{ l | first | d }} {{ l | last | d }}",
    "{{ m | map(attribute='a') | join }} {{ m | sort(attribute='a') | map(attribute='a') | join }}",
    "{{ m | join('-', attribute='a') }}{% for k, v in m[0] | items %}{{ k }}{{ v }}{% endfor %}",
    "{{ n | round(1) }}",
    "{% for x in l if x != 'a' %}\n  {{ loop.index }}/{{ loop.length }} {{ x }}\n{% else %}\nno\n"
    "{% endfor %}\n",
    "  {% if t %}\n a {%- set y = t ~ n %} {{ y }}\n  {% elif l %}\n b\n{% endif %}\n"
    "{{ t[1:3] }}{{ l[0:1] | join }}",
    "{{ (n + 1) - n }} {{ -n }} {{ t if l else n }}",
]


@settings(deadline=None)
@given(st.sampled_from(SAME), plain, st.lists(plain, max_size=4), st.integers(-9, 9), plain)
def test_what_both_have_means_what_it_means_in_jinja(
    template: str, text: str, words: list[str], number: int, a: str
) -> None:
    variables = {"t": text, "l": words, "n": number, "m": [{"a": a}, {"a": text}]}
    expected = JINJA.from_string(template).render(variables)
    ours = render("t.jinja", {"t.jinja": template}, variables)
    assert ours == expected
