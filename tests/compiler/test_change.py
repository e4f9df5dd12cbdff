"""Law 3 at the level of presets: any part of an oddly written cartridge is changed in its place."""

from __future__ import annotations

import copy
import difflib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from looplet.compiler import cartridge_to_preset
from looplet.compiler.emit import emit
from looplet.frozen import thaw
from looplet.preset import AgentPreset, File, PresetError, Prompt

TOOL = """\
# {0}
name: {0}
description: >
  Does {0}.
parameters:   # short
  path: {{type: string}}  # the path
  depth:
    # how deep
    type: integer
    default: 3
timeout_s: 5 # s
"""
CODE = "def execute(*, path: str, depth: int = 3):\n    return path\n"
ODD = {
    "cartridge.json": '\ufeff{ "name" :"odd",\r\n\t"schema_version": 2 ,"description"\n:"caf\\u00e9'
    ' \\/ x" , "version" : "1.0","metadata":{"a":[1, {"b":null}],"c":1e3}}',
    "config.yaml": """\
%YAML 1.2
--- # start
# about steps
max_steps:   7   # enough
"done_tool" : 'done'\t# tabs after value
? x-complex
: 5 # explicit
model:
      name: m    # deep
      # temperature is low
      temperature: 0.2
      # end of model
permissions:
  default: ask # d
  # deny rules
  deny:
  - tool: wipe   # never
    matches: {path: /}   # root
    reason: >-
      because
      of that
  # trailing
  allow: [look,  # l
    'done', ]
x-lit: |2
   two
   three

x-fold: >
  a
  b
x-last: "z"
# the end
...
""",
    "runtime.yaml": "max_tokens: 100\r\n# crlf\r\ntemperature: 0.5  # t\r\n\r\n"
    "generate_kwargs:\r\n  stop: ['a']\r\n",
    "prompts/system.md": "You are. \r\nno newline",
    "tools/look/tool.yaml": TOOL.format("look"),
    "tools/look/execute.py": CODE,
    "tools/look/description.md": "\n  Long description.\n\nMore.  \n\n",
    "tools/wipe/tool.yaml": TOOL.format("wipe"),
    "tools/wipe/execute.py": CODE,
    "tools/done.py": '"""Finish."""\n\n__description__ = "Finish."  # c\n'
    '__parameters__ = {\n    "summary": {"type": "string"},  # s\n}\n\n\n'
    "def execute(*, summary: str) -> str:\n    return summary\n",
    "hooks/10_Guard/config.yaml": "class_name: Guard   # c\nkwargs:\n  a: 1 # one\n",
    "hooks/10_Guard/hook.py": "class Guard:\n    def __init__(self, a):\n        self.a = a\n\n"
    "    def should_stop(self, state, step_num, new_entities):\n        return False\n",
}


def write(root: Path, files: dict[str, str]) -> Path:
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(text.encode())
    return root


@pytest.fixture
def odd(tmp_path: Path) -> AgentPreset:
    return cartridge_to_preset(write(tmp_path / "odd.cartridge", ODD), cache=False)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    if path:
        yield path, value
    if isinstance(value, (dict, list)):
        for step, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from places(item, (*path, step))


def put(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    made = copy.deepcopy(value)
    parent = made
    for step in path[:-1]:
        parent = parent[step]
    if new is ...:
        del parent[path[-1]]
    else:
        parent[path[-1]] = new
    return made


def other(value: Any) -> Any:
    if isinstance(value, dict):
        return {**value, "x-new": 1}
    if isinstance(value, list):
        return [*value, 1]
    if isinstance(value, str):
        return value + " new"
    return 3 if value is None else not value if isinstance(value, bool) else value + 1


def changed(preset: AgentPreset, by: AgentPreset) -> dict[str, list[str]]:
    """Of each file that `by` changes, the lines that go and come."""
    old, new = preset.layers[0].files, emit(by).files
    found = {}
    for path in sorted(old.keys() | new.keys()):
        if old.get(path) != new.get(path):
            was, now = (
                files[path].data.decode("utf-8-sig").splitlines() if path in files else []
                for files in (old, new)
            )
            found[path] = [line for line in difflib.ndiff(was, now) if line[0] in "+-"]
    return found


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("config_values", "config.yaml"),
        ("runtime_values", "runtime.yaml"),
        ("manifest", "cartridge.json"),
    ],
)
def test_each_value_of_an_oddly_written_file_changes_in_its_place(
    odd: AgentPreset, name: str, file: str
) -> None:
    values = thaw(getattr(odd, name))
    for path, value in places(values):
        found = changed(odd, replace(odd, **{name: put(values, path, other(value))}))
        assert found.keys() == {file}, path
        if not isinstance(value, (dict, list)) and "\n" not in str(value):
            # One line goes and one comes, but for what was folded over several.
            assert len([line for line in found[file] if line[0] == "+"]) == 1, (path, found)
        gone = changed(odd, replace(odd, **{name: put(values, path, ...)}))
        defaults = (("done_tool",), ("schema_version",))
        assert gone.keys() == ({file} if path not in defaults else gone.keys()), path


def test_a_description_kept_beside_is_changed_there(odd: AgentPreset) -> None:
    tool = replace(odd.tool_defs["look"], description="Short now.")
    found = changed(odd, replace(odd, tool_defs={**odd.tool_defs, "look": tool}))
    assert found.keys() == {"tools/look/description.md"}


def test_a_parameter_is_changed_in_the_form_it_is_written_in(odd: AgentPreset) -> None:
    tool = odd.tool_defs["wipe"]
    schema = put(thaw(tool.parameters), ("properties", "path", "type"), "integer")
    changes = replace(odd, tool_defs={**odd.tool_defs, "wipe": replace(tool, parameters=schema)})
    assert changed(odd, changes) == {
        "tools/wipe/tool.yaml": [
            "-   path: {type: string}  # the path",
            "+   path: {type: integer}  # the path",
        ]
    }


def test_the_short_form_gives_way_when_it_cannot_say_what_is_wanted(odd: AgentPreset) -> None:
    tool = odd.tool_defs["wipe"]
    schema = {**thaw(tool.parameters), "required": [], "additionalProperties": False}
    changes = replace(odd, tool_defs={**odd.tool_defs, "wipe": replace(tool, parameters=schema)})
    assert changed(odd, changes).keys() == {"tools/wipe/tool.yaml"}


def test_a_tool_in_short_form_is_changed_in_its_code(odd: AgentPreset) -> None:
    tool = replace(odd.tool_defs["done"], description="End it.", timeout_s=3)
    found = changed(odd, replace(odd, tool_defs={**odd.tool_defs, "done": tool}))
    assert found == {
        "tools/done.py": [
            '- __description__ = "Finish."  # c',
            "+ __description__ = 'End it.'  # c",
            "+ __timeout_s__ = 3",
            "+ ",
            "+ ",
        ]
    }
    with pytest.raises(PresetError, match=r"tools\.done\.retryable"):
        emit(replace(odd, tool_defs={**odd.tool_defs, "done": replace(tool, retryable=True)}))


@pytest.mark.parametrize("name", ["look", "wipe", "done"])
def test_a_tool_goes_with_its_files(odd: AgentPreset, name: str) -> None:
    code = odd.tool_defs[name].code
    without = replace(
        odd,
        tool_defs={key: tool for key, tool in odd.tool_defs.items() if key != name},
        files={path: file for path, file in odd.files.items() if path != code},
    )
    assert set(changed(odd, without)) == {
        path for path in ODD if path.startswith((f"tools/{name}/", f"tools/{name}.py"))
    }


def test_a_prompt_becomes_a_template(odd: AgentPreset) -> None:
    found = changed(odd, replace(odd, prompts={"system": Prompt("{{ task }}", True)}))
    assert found.keys() == {"prompts/system.md", "prompts/system.md.jinja"}


def test_a_file_gets_its_executable_bit(odd: AgentPreset) -> None:
    code = odd.tool_defs["look"].code
    files = {**odd.files, code: File(odd.files[code].data, True)}
    assert emit(replace(odd, files=files)).files[code].executable


# ── parents ───────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def child(tmp_path: Path) -> AgentPreset:
    base = {
        **ODD,
        "config.yaml": """\
max_steps: 4
permissions:
  default: ask
  deny: [{tool: look, matches: {path: 1}}, wipe]
  allow: [done]
x-a: 1
""",
        "runtime.yaml": "max_tokens: 5\n",
        "tools/look/tool.yaml": TOOL.format("look").replace("{type: string}", "{}"),
    }
    write(tmp_path / "base", base)
    own = """\
extends: ../base # mine
permissions:
  deny: [{tool: look, matches: {path: true}}]"""
    write(tmp_path / "child", {"config.yaml": own})
    return cartridge_to_preset(tmp_path / "child", cache=False)


def test_true_is_not_1_in_a_rule_of_the_child(child: AgentPreset) -> None:
    denied = [
        {"tool": "look", "matches": {"path": 1}},
        "wipe",
        {"tool": "look", "matches": {"path": True}},
    ]
    assert repr(thaw(child.config_values["permissions"]["deny"])) == repr(denied)


def test_a_child_says_only_what_its_parents_do_not(child: AgentPreset) -> None:
    more = replace(child, runtime_values={"max_tokens": 5, "temperature": 1})
    assert emit(more).files["runtime.yaml"].data == b"temperature: 1\n"
    steps = replace(child, config_values={**child.config_values, "max_steps": 5})
    assert changed(child, steps) == {"config.yaml": ["+ max_steps: 5"]}
    tool = replace(child.tool_defs["done"], description="End.")
    short = changed(child, replace(child, tool_defs={**child.tool_defs, "done": tool}))
    assert short.keys() == {"tools/done.py"}


@pytest.mark.parametrize("key", ["deny", "default", "all"])
def test_no_edit_of_a_child_weakens_what_it_inherits(child: AgentPreset, key: str) -> None:
    config = thaw(child.config_values)
    if key == "all":
        del config["permissions"]
    elif key == "deny":
        del config["permissions"]["deny"][1]
    else:
        config["permissions"]["default"] = "allow"
    with pytest.raises(PresetError, match="permissions"):
        emit(replace(child, config_values=config))
