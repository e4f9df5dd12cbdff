"""Each mistake in a template: its code, the word it points at, what is suggested."""

from __future__ import annotations

import re
from typing import Any

import pytest

from looplet.compiler.diagnostics import RULES, Diagnostic
from looplet.compiler.prompts import (
    Scope,
    check_plain,
    check_prompts,
    check_template,
    mentioned_tools,
    used_inputs,
)
from looplet.compiler.rules import ct5_prompts

INPUTS: dict[str, Any] = {
    "workspace": {"type": "string"},
    "days": {"type": "integer"},
    "names": {"type": "array", "items": {"type": "string"}},
    "maybe": {"type": ["array", "null"], "items": {"type": "string"}},
    "user": {
        "type": "object",
        "properties": {"name": {"type": "string"}, "nick": {"type": "string"}},
        "required": ["name"],
    },
    "tree": {"$ref": "#/$defs/node", "$defs": {"node": {
        "type": "object",
        "properties": {"label": {"type": "string"}, "children": {
            "type": "array", "items": {"$ref": "#/$defs/node"}}},
        "required": ["label", "children"],
    }}},
    "open": {"type": "object", "additionalProperties": True, "properties": {"a": {}}},
    "mode": {"enum": ["fast", "slow"]},
    "either": {"anyOf": [{"type": "string"}, {"type": "object", "properties": {"a": {}}}]},
    "my-key": {"type": "string"},
}  # fmt: skip
FILES = {
    "partials/rules.md": "{{ word for word",
    "partials/tool.md.jinja": "- {{ tool.name }}: {{ tool.descripton }}\n",
    "ring.md.jinja": "{% include 'ring2.md.jinja' %}",
    "ring2.md.jinja": "{% include 'ring.md.jinja' %}",
}


def findings(template: str, **files: str) -> list[Diagnostic]:
    templates = {**FILES, **files, "system.md.jinja": template}
    return check_template(
        "prompts/system.md.jinja", template, scope=Scope(INPUTS), templates=templates
    )


def pointed_at(template: str, found: Diagnostic) -> str:
    assert found.span is not None
    start, end = found.span.start, found.span.end
    lines = re.split(r"\r\n|\r|\n", template.removeprefix("\ufeff"))
    if start.line == end.line:
        return lines[start.line - 1][start.column - 1 : end.column - 1]
    first, *rest = lines[start.line - 1 : end.line]
    return "\n".join([first[start.column - 1 :], *rest[:-1], rest[-1][: end.column - 1]])


@pytest.mark.parametrize(
    "template",
    [
        "{{ inputs.workspace }} {{ task }} {{ task.goal }} {{ cartridge.version }}",
        "{% for t in tools %}{{ loop.index }} {{ t.description | indent }}{% endfor %}",
        "{% for n in inputs.names if n != 'x' %}{{ n | title }}{% else %}none{% endfor %}",
        "{{ inputs.user.nick | default('friend') }} {{ inputs.open.b | d(inputs.days) }}",
        "{% if inputs.user.nick is defined %}{{ inputs.user.nick }}{% endif %}",
        "{% if inputs.user.nick is undefined %}-{% else %}{{ inputs.user.nick }}{% endif %}",
        "{% if not inputs.user.nick is defined %}-{% else %}{{ inputs.user.nick }}{% endif %}",
        "{{ inputs.user.nick if inputs.user.nick is defined else '-' }}",
        "{% if inputs.user.nick is defined and inputs.user.nick == 'A' %}{% endif %}",
        "{% if inputs.user.nick is undefined or inputs.user.nick %}{% endif %}",
        "{% if 'nick' in inputs.user %}{{ inputs.user.nick }}{% endif %}",
        "{% if inputs.maybe %}{% for m in inputs.maybe %}{{ m }}{% endfor %}{% endif %}",
        "{% if inputs.maybe is none %}-{% else %}{{ inputs.maybe | join }}{% endif %}",
        "{{ (inputs.maybe or []) | join(', ') }}",
        "{% for c in inputs.tree.children %}{% for d in c.children %}{{ d.label }}{% endfor %}"
        "{% endfor %}",
        "{% set w = inputs.workspace %}{{ w | upper }}",
        "{% if inputs.days > 3 %}{% set w = 'a' %}{% else %}{% set w = 1 %}{% endif %}{{ w }}",
        "{% for k, v in inputs.user | items %}{{ k | upper }}{{ v }}{% endfor %}",
        "{{ tools | map(attribute='name') | sort | first }} {{ tools | first | tojson }}",
        "{{ tools | sort(attribute='name') | join(', ', attribute='description') }}",
        "{{ inputs['my-key'] }} {{ inputs.mode | upper }} {{ inputs.days + 1 }}",
        "{% if task is mapping %}{{ task.where | default('.') }}{% endif %}",
        "{% include 'partials/rules.md' %}{# {{ nope }} #}{% raw %}{{ nope }}{% endraw %}",
        "{{ inputs.either }}{{ inputs.either.a | default('') }}",
        "{{ 'a' ~ inputs.days ~ inputs.user }}{{ [1, 2] | join }}{{ inputs.names[0] | d }}",
        "no expression at all }} %} #}",
    ],
)
def test_what_is_right_is_left_alone(template: str) -> None:
    assert findings(template) == []


@pytest.mark.parametrize(
    ("template", "code", "word", "fix"),
    [
        ("a\n  {{ inputs.wrokspace }}", "CT503", "wrokspace", "workspace"),
        ("\ufeffé\r\n{{ inputs['wrokspace'] }}", "CT503", "wrokspace", "workspace"),
        ("{{ tsk }}", "CT502", "tsk", "task"),
        ("{{ workspace }}", "CT502", "workspace", "inputs.workspace"),
        ("{{ inputs.user\n  .nmae }}", "CT503", "nmae", "name"),
        ("{% for t in tools %}{{ t.nam }}{% endfor %}", "CT503", "nam", "name"),
        ("{% for c in inputs.tree.children %}{{ c.lable }}{% endfor %}", "CT503", "lable", "label"),
        ("{{ cartridge.nme }}", "CT503", "nme", "name"),
        ("{{ tools | map(attribute='nmae') | join }}", "CT503", "nmae", "name"),
        ("{{ inputs.days.x }}", "CT503", "x", None),
        ("{{ inputs.nothing_like_it }}", "CT503", "nothing_like_it", None),
        ("{{ inputs.my-days }}", "CT503", "my", None),
        ("{{ loop.index }}", "CT502", "loop", None),
        ("{% for t in tools %}{% endfor %}{{ t }}", "CT502", "t", None),
        ("{{ range }}", "CT502", "range", None),
        ("{{ inputs.user.nick }}", "CT504", "inputs.user.nick", None),
        ("{% if inputs.user.nick %}{% endif %}", "CT504", "inputs.user.nick", None),
        ("{{ inputs.open.b }}", "CT504", "inputs.open.b", None),
        ("{{ inputs.names[0] }}", "CT504", "inputs.names[0]", None),
        ("{{ inputs.names | first }}", "CT504", "first", None),
        ("{{ task.where }}", "CT504", "task.where", None),
        ("{% if task %}{% set a = 1 %}{% endif %}{{ a }}", "CT504", "a", None),
        ("{{ '-' * 40 }}", "CT505", "*", None),
        ("{{ range(3) }}", "CT505", "range", None),
        ("{{ inputs.user.items() }}", "CT505", "items", None),
        ("{{ ''.__class__ }}", "CT505", "__class__", None),
        ("{% macro m() %}{% endmacro %}", "CT505", "macro", None),
        ("{% do x %}", "CT505", "do", None),
        ("{{ inputs.names | jion }}", "CT506", "jion", "join"),
        ("{{ task | center(9) }}", "CT506", "center", None),
        ("{% if task is strng %}{% endif %}", "CT507", "strng", "string"),
        ("{% if inputs.days is odd %}{% endif %}", "CT507", "odd", None),
        ("{{ task | indent(5000) }}", "CT508", "5000", None),
        ("{{ task | replace('a') }}", "CT508", "replace", None),
        ("{{ inputs.names | upper }}", "CT509", "inputs.names", None),
        ("{% for x in inputs.days %}{% endfor %}", "CT509", "inputs.days", None),
        ("{{ inputs.workspace + 1 }}", "CT509", "inputs.workspace", None),
        ("{% if inputs.days > 'a' %}{% endif %}", "CT509", "a", None),
        ("{% for x in inputs.maybe %}{% endfor %}", "CT510", "inputs.maybe", None),
        ("{% include 'partials/rule.md' %}", "CT511", "partials/rule.md", "partials/rules.md"),
        ("{% include 'partials/tool.md' %}", "CT511", "partials/tool.md", "partials/tool.md.jinja"),
        ("{% include '../config.yaml' %}", "CT512", "../config.yaml", None),
        ("{% include 'system.md.jinja' %}", "CT513", "system.md.jinja", None),
        ("{% for x in tools %}\n{{ x }", "CT501", "}", None),
        ("{{ a b }}", "CT501", "b", None),
        ("x\n{% if task %}\n", "CT501", "if", None),
        ("{% endfor %}", "CT501", "endfor", None),
        ("{{ ' ", "CT501", "'", None),
        ("{# a", "CT501", "{", None),
        ("{{ 111111111111111111111 }}", "CT514", "111111111111111111111", None),
    ],
)
def test_a_mistake_is_found_where_it_is(
    template: str, code: str, word: str, fix: str | None
) -> None:
    found = findings(template)
    assert code in [each.code for each in found]
    one = next(each for each in found if each.code == code)
    assert pointed_at(template, one) == word
    assert [edit.text for mend in one.fixes for edit in mend.edits] == ([fix] if fix else [])
    assert one.message[0] in "`…" or one.message[0].islower()
    assert not one.message.endswith(".")


def test_all_mistakes_are_reported_at_once_in_the_order_of_the_text() -> None:
    found = findings("{{ a1 }}\n{{ b2 | nope }}\n{{ inputs.c3 }}{{ d4 }}")
    places = [(each.code, each.span.start.line) for each in found if each.span]
    assert places == [("CT502", 1), ("CT502", 2), ("CT506", 2), ("CT503", 3), ("CT502", 3)]


def test_included_files_are_checked_with_what_they_see() -> None:
    template = "{% for tool in tools %}{% include 'partials/tool.md.jinja' %}{% endfor %}"
    [found] = findings(template)
    assert (found.code, found.path) == ("CT503", "prompts/partials/tool.md.jinja")
    [fix] = found.fixes
    assert fix.safe and fix.edits[0].path == found.path


def test_every_prompt_is_checked_once_and_circles_too() -> None:
    files = {"prompts/" + name: text for name, text in FILES.items()}
    files["prompts/system.md.jinja"] = (
        "{% for tool in tools %}{% include 'partials/tool.md.jinja' %}{% endfor %}" * 2
    )
    files["prompts/extra.md.jinja"] = "{{ nope }}"
    files["prompts/plain.md"] = "Hello {{ task }}"
    found = check_prompts(files, scope=Scope(INPUTS))
    assert [(each.code, each.path.removeprefix("prompts/")) for each in found] == [
        ("CT502", "extra.md.jinja"),
        ("CT503", "partials/tool.md.jinja"),
        ("CT515", "plain.md"),
        ("CT513", "ring2.md.jinja"),
    ]


def test_inputs_nobody_declares_may_be_anything() -> None:
    template = "{{ inputs.x | default('') }}{{ inputs.y }}"
    [found] = check_template("prompts/a.jinja", template, scope=Scope(None), templates={})
    assert (found.code, found.severity) == ("CT504", "warning")


def test_braces_in_a_plain_prompt() -> None:
    [found] = check_plain("prompts/system.md", "Hi.\nYour task: {{ task }}")
    assert found.severity == "advice" and found.span and found.span.start.column == 12
    assert found.fixes[0].rename == ("prompts/system.md", "prompts/system.md.jinja")
    for text in ("Write {{name}} as it is.", '{"a": {"b": {}}}', "{% a %}", "f'{{x}}'"):
        assert check_plain("prompts/system.md", text) == []


def test_the_inputs_a_template_reads() -> None:
    text = "{{ inputs.a.b }}{{ inputs['c-d'] }}{% if 'e' in inputs %}{% endif %}{{ tools.f }}"
    assert used_inputs(text) == {"a", "c-d", "e"}
    assert used_inputs("plain inputs.a") == used_inputs("{{ inputs.a") == set()


def test_tools_that_a_prompt_speaks_of() -> None:
    names = ["search_files", "done", "read"]

    def words(text: str) -> list[tuple[str, str | None]]:
        found = mentioned_tools(text, names)
        assert all(text[one.start : one.end] == one.word for one in found)
        return [(each.word, each.nearest) for each in found]

    assert words("Use `serch_files` first.") == [("serch_files", "search_files")]
    assert words("Call `finish` at the end, or `open_it(x)`.") == [
        ("finish", None),
        ("open_it", None),
    ]
    assert words("The `grep` tool; the tool `red`.") == [("grep", None), ("red", "read")]
    for text in (
        "Call `done`, then `read(path)`; `search_files` finds.",
        "`True`, `README.md`, `dome`, `git log`, `a_variable`, `reads`.",
        "```\nCall `finish`\n```",
        "call it `x` times",
    ):
        assert words(text) == []


PROMPT_CODES = sorted(
    code for code, rule in RULES.items() if rule.word.__module__ == ct5_prompts.__name__
)


@pytest.mark.parametrize("code", PROMPT_CODES)
def test_the_examples_of_a_page_are_what_it_says(code: str) -> None:
    rule = RULES[code]
    sections = re.split(r"^(Bad|Good)\b[^\n]*:\n", rule.page, flags=re.MULTILINE)
    examples = dict(zip(sections[1::2], sections[2::2], strict=True))
    for kind, text in examples.items():
        lines = [line[4:] for line in text.split("\n\n\n")[0].splitlines() if line[:4] == "    "]
        inputs = INPUTS | {"names": INPUTS["maybe" if code == "CT510" else "names"], "style": {}}
        template = "\n".join(lines)
        templates = {"partials/rules.md": "", "partials/short.md": ""}
        found = check_template(
            "prompts/a.jinja", template, scope=Scope(inputs), templates=templates
        )
        assert {each.code for each in found} == ({code} if kind == "Bad" else set()), template
