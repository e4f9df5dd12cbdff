"""Each mistake in a document: its code, its place, its words and its fix."""

from __future__ import annotations

import pytest

from looplet.compiler.diagnostics import RULES, Diagnostic
from looplet.compiler.schema import check_document
from looplet.compiler.syntax import parse

PATHS = {
    "cartridge": "cartridge.json",
    "config": "config.yaml",
    "runtime": "runtime.yaml",
    "tool": "tools/t/tool.yaml",
    "hook": "hooks/10_A/config.yaml",
    "eval-case": "evals/cases/a.json",
}


def check(kind: str, text: str) -> list[Diagnostic]:
    document, findings = parse(PATHS[kind], text.encode())
    assert document is not None and not findings
    return check_document(kind, document)


# kind, text, then for each finding: code line:column-column and a part of the message.
CASES = [
    ("config", "max_stps: 3\n", "CT201 1:1-9 did you mean `max_steps`?"),
    ("config", "max_step: 3\nmax_steps: 5\n", "CT201 1:1-9 did you mean `max_steps`?"),
    ("config", "foo: 3\n", "CT201 1:1-4 a key of your own begins with `x-`"),
    ("config", "deny: [a]\n", "CT201 1:1-5 it belongs under `permissions`"),
    (
        "config",
        "model: {max_steps: 3}\n",
        "CT201 1:9-18 `max_steps` is not known in `model`",
    ),
    ("config", "model: {context_window: 3}\n", "CT201 1:9-23 it belongs in `runtime.yaml`"),
    ("config", "permissions: {denny: []}\n", "CT201 1:15-20 did you mean `deny`?"),
    ("config", "context_windw: 3\n", "CT201 1:1-14 `context_window`, which belongs in `runtime"),
    ("config", "permissions: {deny: [{tool: a, x-a: 1}]}\n", "CT201 1:32-35 known here are"),
    ("config", "permissions: {deny: [{matches: {a: 1}}]}\n", "CT202 1:22-39 the key `tool`"),
    ("config", "mcp_servers:\n  docs:\n    env: {A: b}\n", "CT202 2:3-7 `command` is missing"),
    ("tool", "name: t\n", "CT202 1:1-8 the key `description` is missing; add it, with a text"),
    ("cartridge", '{"name": "a"}', "CT202 1:1-14 `schema_version` is missing; add it, with 2"),
    ("config", 'max_steps: "20"\n', 'CT203 1:12-16 must be a whole number, not the text "20"'),
    ("config", "max_steps: 2.5\n", "CT203 1:12-15 must be a whole number, not 2.5"),
    ("config", "max_steps: true\n", "CT203 1:12-16 must be a whole number, not true"),
    ("config", "max_steps: no\n", 'CT203 1:12-14 must be a whole number, not the text "no"'),
    ("config", "extends: [a]\n", "CT203 1:10-13 `extends` must be a text, not a list"),
    ("config", "model: gpt\n", "CT203 1:8-11 `model` must be a mapping"),
    ("config", "permissions: {deny: bash}\n", "CT203 1:21-25 must be a list"),
    (
        "config",
        "permissions: {deny: [3]}\n",
        "CT203 1:22-23 must be a text or a mapping with `tool`",
    ),
    ("config", "builtin_hooks: [{stagnation: 3}]\n", "CT203 1:30-31 must be a mapping or nothing"),
    ("tool", "description: 1.10\n", "CT203 1:14-18 must be a text, not 1.1"),
    ("config", "permissions: {default: alow}\n", "CT204 1:24-28 did you mean `allow`?"),
    ("config", "permissions: {default: zzz}\n", "CT204 1:24-27 write `allow`, `deny` or `ask`"),
    ("config", "builtin_tools: [subagnt]\n", "CT204 1:17-24 did you mean `subagent`?"),
    ("config", "builtin_hooks: [stagnatin]\n", "CT204 1:17-26 did you mean `stagnation`?"),
    ("config", "builtin_hooks: [{stagnatin: {}}]\n", "CT204 1:18-27 did you mean `stagnation`?"),
    ("hook", "kind: lepp\n", "CT204 1:7-11 did you mean `lep`?"),
    ("config", "max_steps: 0\n", "CT205 1:12-13 `max_steps` must be at least 1, not 0"),
    ("config", "max_steps: -1\n", "CT205 1:12-14 `max_steps` must be at least 1, not -1"),
    ("tool", "description: ''\n", "CT205 1:14-16 `description` must not be empty"),
    ("tool", "description: d\ntimeout_s: 0\n", "CT205 2:12-13 must be more than 0, not 0"),
    ("config", "builtin_hooks: [{stagnation: {}, x: 1}]\n", "CT205 1:17-39 at most 1 key, not 2"),
    ("cartridge", '{"name": "a b", "schema_version": 2}', 'CT206 1:10-15 "a b" can\'t be `name`'),
    ("tool", "description: d\nname: a.b\n", "CT206 2:7-10 write 1 to 64 letters"),
    ("config", "inputs: {1a: {}}\n", "CT206 1:10-12 a name in `inputs`"),
    ("config", "context_window: 5\n", "CT207 1:1-15 move it to `runtime.yaml`"),
    ("config", "name: a\n", "CT207 1:1-5 is not of `config.yaml`; move it to `cartridge.json`"),
    ("config", "output_schema: {}\n", "CT207 1:1-14 `tools/done/tool.yaml`"),
    ("config", "system_prompt: hi\n", "CT207 1:1-14 `prompts/system.md`"),
    ("runtime", "max_steps: 5\n", "CT207 1:1-10 move it to `config.yaml`"),
    ("cartridge", '{"name": "a", "schema_version": 2, "model": {}}', "CT207 1:36-43 `config.yaml`"),
    ("tool", "description: d\ntags: [a]\n", "CT208 2:1-5 is a word of version 1"),
    ("config", "done_tools: [a]\n", "CT208 1:1-11 name one `done_tool`"),
    ("cartridge", '{"name": "a", "schema_version": 1}', "CT208 1:33-34 write 2"),
    ("hook", "kwargs:\n  limits: [1, '${py:max(1, 2)}']\n", "CT208 2:15-32 `resources/<name>.py`"),
    ("config", "state_services: {a: {command: x}}\n", "CT209 1:1-15 does not run state services"),
    ("config", "llm_gateway: true\n", "CT209 1:1-12 does not run a gateway to the model"),
    ("hook", "kind: lep\nserver: x\n", "CT209 1:1-5 does not run hooks outside of the process"),
    (
        "cartridge",
        '{"name": "a", "schema_version": 2, "language": "rust"}',
        "CT209 1:48-54 `rust` is known",
    ),
    ("tool", "description: d\nfree: yes\n", "CT210 2:7-10 write `true`"),
    ("tool", 'description: d\nfree: "false"\n', "CT210 2:7-14 write `false`"),
    ("tool", "description: d\nfree: 0\n", "CT210 2:7-8 must be `true` or `false`, not 0"),
    ("runtime", "use_native_tools: off\n", "CT210 1:19-22 write `false`"),
    ("config", "- a\n", "CT211 1:1-4 `config.yaml` must be a mapping of keys to values"),
    ("tool", "hello\n", "CT211 1:1-6 `tool.yaml` must be a mapping"),
    ("cartridge", "3", "CT211 1:1-2 `cartridge.json` must be a mapping"),
    ("cartridge", '{"name": "a", "schema_version": 3}', "CT212 1:33-34 update looplet"),
    ("tool", "description: d\nrequires: [a, b, a]\n", 'CT213 2:18-19 has the text "a" twice'),
    ("runtime", 'recovery_registry: "@t"\n', "CT215 1:1-18 refuses to run an agent with it"),
    ("runtime", "cache_policy: {ttl: 1h}\n", "CT216 1:1-13 changes nothing in this version"),
    ("config", "max_steps:\n", "CT214 1:1-10 has no value; give it a whole number, or leave the"),
    ("eval-case", '{"task": null}', "CT214 1:2-8 has no value; give it a text or a mapping"),
]


@pytest.mark.parametrize(("kind", "text", "expected"), CASES)
def test_one_mistake_is_one_finding(kind: str, text: str, expected: str) -> None:
    (found,) = check(kind, text)
    code, place, words = expected.split(" ", 2)
    assert found.span is not None
    start, end = found.span.start, found.span.end
    assert (found.code, f"{start.line}:{start.column}-{end.column}") == (code, place), found.message
    assert words in found.message
    assert found.path == PATHS[kind]


def test_every_code_of_the_pass_has_a_case() -> None:
    seen = {expected[:5] for _, _, expected in CASES}
    assert seen == {code for code in RULES if code.startswith(("CT20", "CT21"))}


def test_all_mistakes_come_in_one_run() -> None:
    text = "nmae: t\nfree: yes\ntags: [a]\nrequires: index\ntimeout_s: 0\nidempotency: idempotant\n"
    codes = [found.code for found in check("tool", text)]
    assert sorted(codes) == ["CT201", "CT202", "CT203", "CT204", "CT205", "CT208", "CT210"]


def test_a_misspelt_required_key_is_not_also_missing() -> None:
    (found,) = check("tool", "desciption: d\n")
    assert (found.code, found.fixes[0].safe) == ("CT201", True)


FIXES = [
    ("config", "max_stps: 3 # why\n", "max_steps: 3 # why\n"),
    ("config", '"max_stps": 3\n', '"max_steps": 3\n'),
    ("config", 'max_steps: "20"\n', "max_steps: 20\n"),
    ("config", "permissions: {default: 'alow'}\n", "permissions: {default: 'allow'}\n"),
    ("config", "permissions: {deny: bash}\n", "permissions: {deny: [bash]}\n"),
    ("config", "builtin_hooks: [{stagnatin: {}}]\n", "builtin_hooks: [{stagnation: {}}]\n"),
    ("tool", "description: 1.10\n", 'description: "1.10"\n'),
    ("tool", "description: d\nfree: Yes\n", "description: d\nfree: true\n"),
    ("tool", "description: d\nfree: 'false'\n", "description: d\nfree: false\n"),
    ("cartridge", '{"nmae": "a", "schema_version": "2"}', '{"name": "a", "schema_version": 2}'),
    ("eval-case", '{"task": "t", "marks": "slow"}', '{"task": "t", "marks": ["slow"]}'),
]


@pytest.mark.parametrize(("kind", "text", "mended"), FIXES)
def test_a_safe_fix_mends(kind: str, text: str, mended: str) -> None:
    edits = []
    for found in check(kind, text):
        (fix,) = found.fixes
        assert fix.safe
        edits += fix.edits
    for edit in sorted(edits, key=lambda edit: edit.span.start, reverse=True):
        lines = text.splitlines(keepends=True)
        line = edit.span.start.line - 1
        assert edit.span.end.line == edit.span.start.line
        before, after = (
            lines[line][: edit.span.start.column - 1],
            lines[line][edit.span.end.column - 1 :],
        )
        text = "".join([*lines[:line], before + edit.text + after, *lines[line + 1 :]])
    assert text == mended
    assert check(kind, text) == []


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("config", ""),
        ("config", "# nothing yet\n"),
        ("config", "---\nmax_steps: ${runtime.n:-5}\nx-mine: {a: [1]}\n"),
        ("config", 'state: "@s"\nmax_steps: "@steps"\n'),
        ("config", "llm_gateway: false\n"),
        ("config", "builtin_hooks: [{stagnation: }]\n"),
        ("hook", ""),
        ("hook", "kind: lep\nserver: x\nenabled: false\n"),
        ("runtime", "temperature: 1\n"),
        ("tool", "description: yes\n"),
        ("tool", "description: |\n  2024-01-01\nparameters: {}\ntimeout_s: 1.5\n"),
        ("cartridge", '{"name": "a", "schema_version": 2.0, "x-y": null}'),
    ],
)
def test_odd_but_legal(kind: str, text: str) -> None:
    assert check(kind, text) == []


def test_a_file_of_mistakes_is_reported_in_time() -> None:
    found = check("config", "".join(f"key_number_{n}: 1\n" for n in range(5000)))
    assert len(found) == 200
    assert found[-1].notes == ("there are 4800 more such mistakes in this file",)


@pytest.mark.parametrize("code", sorted(code for code in RULES if code.startswith("CT2")))
def test_every_page_shows_a_bad_and_a_good_example(code: str) -> None:
    page = RULES[code].page
    assert page.index("Bad") < page.index("Good"), page
    assert "\n    " in page
    assert page.partition("\n")[0].endswith(".")
