"""Documentation cannot drift: whatever has a name for users has it in the docs, too.

`UPDATE_DOCS=1` writes the generated parts anew: the page of codes, and the tables of keys.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from inspect import signature

import click
import pytest
import write_errors
import write_format
from pages import ROOT, pages

import looplet
from looplet import builtin_hooks, events
from looplet.cli import parser
from looplet.compiler.commands.explain import load_rules
from looplet.compiler.commands.table import commands
from looplet.compiler.diagnostics import FAMILIES
from looplet.compiler.schema import KINDS, raw_schema
from looplet.hooks import METHODS
from looplet.link.limits import NO_EFFECT, NOT_RUN
from looplet.prompts.filters import FILTERS, TESTS
from looplet.prompts.language import GIVEN, LOOP

DOCS = ROOT / "docs"
UPDATE = bool(os.environ.get("UPDATE_DOCS"))


def text_of(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def everything() -> str:
    return "\n".join(page.read_text(encoding="utf-8") for page in pages())


def missing(names: Iterable[str], text: str) -> list[str]:
    """Those of `names` that no code in the text says: `name`, `x.name`, `name(…)`, or a list."""
    code = " ".join(re.findall(r"`[^`\n]+`", text))
    words = set(re.findall(r"[\w-]+", code))
    return sorted(name for name in set(names) if name not in words)


def test_the_tables_of_keys_are_those_of_the_schemas() -> None:
    text = text_of("cartridge.md")
    if UPDATE:
        write_format.PAGE.write_text(text := write_format.page(text), encoding="utf-8")
    assert write_format.page(text) == text, "run python tests/docs/write_format.py"


@pytest.mark.parametrize("kind", KINDS)
def test_every_key_of_every_file_is_there(kind: str) -> None:
    schema = raw_schema(kind)
    names = [key for key, _, _ in write_format.keys(schema, schema, "")]
    assert names
    table = write_format.table(kind)
    assert table in text_of("cartridge.md"), "run python tests/docs/write_format.py"
    assert [name for name in names if f"| `{name}` |" not in table] == []


def test_every_code_has_its_page() -> None:
    if UPDATE:
        write_errors.PAGE.write_text(write_errors.page(), encoding="utf-8")
    assert text_of("errors.md") == write_errors.page(), "run python tests/docs/write_errors.py"


def test_every_family_of_codes_is_there() -> None:
    text = text_of("errors.md")
    assert {code[:3] for code in load_rules()} <= set(FAMILIES)
    assert [family for family in FAMILIES if f"**{family}**" not in text] == []


def test_every_public_name_is_there() -> None:
    assert missing(looplet.__all__, everything()) == []


def test_every_command_and_option_is_there() -> None:
    text = text_of("compiler.md")
    found = set()
    for name, command in commands.commands.items():
        found.add(name)
        context = click.Context(command)
        for parameter in command.get_params(context):
            if isinstance(parameter, click.Option):
                found |= {option for option in parameter.opts if option.startswith("--")}
                if isinstance(parameter.type, click.Choice):
                    found |= set(map(str, parameter.type.choices))
    assert "--fix" in found
    assert sorted(word for word in found if word not in text) == []


def test_every_option_of_looplet_is_there() -> None:
    text = text_of("compiler.md")
    assert sorted(word for word in set(_words(parser())) if word not in text) == []


def _words(top: object, command: str = "looplet") -> Iterator[str]:
    for action in top._actions:  # type: ignore[attr-defined]
        yield from (word for word in action.option_strings if word.startswith("--"))
        if isinstance(action.choices, dict):
            for name, below in action.choices.items():
                yield f"{command} {name}"
                yield from _words(below, f"{command} {name}")


def test_every_hook_method_and_answer_is_there() -> None:
    text = text_of("hooks.md")
    assert [name for name in METHODS if f"| `{name}(" not in text] == []
    fields = [name for name in looplet.HookDecision.__slots__]
    assert [name for name in fields if f"| `{name}` |" not in text] == []


@pytest.mark.parametrize("method", METHODS)
def test_the_arguments_of_a_hook_method_are_those_of_its_protocol(method: str) -> None:
    row = re.search(rf"^\| `{method}\(([^)]*)\)`", text_of("hooks.md"), re.MULTILINE)
    assert row, method
    required = re.findall(r"\w+", row[1].partition("[")[0])  # what is in brackets may be left out
    protocol = getattr(looplet, "".join(word.capitalize() for word in method.split("_")))
    assert len(required) == len(signature(getattr(protocol, method)).parameters) - 1  # self


def test_every_builtin_hook_and_its_settings_are_there() -> None:
    text = text_of("hooks.md")
    for name, made in builtin_hooks.BUILTIN_HOOKS.items():
        row = next(line for line in text.splitlines() if line.startswith(f"| `{name}` |"))
        assert missing(signature(made).parameters, row) == [], name


def test_every_part_of_a_step_is_there() -> None:
    text = text_of("python.md")
    for made in (looplet.Step, looplet.ToolCall, looplet.ToolResult, looplet.Usage):
        assert missing(signature(made).parameters, text) == [], made


@pytest.mark.parametrize(
    "made",
    [looplet.composable_loop, looplet.LoopConfig, looplet.ToolSpec],
    ids=lambda m: m.__name__,
)
def test_every_parameter_is_there(made: object) -> None:
    assert missing(signature(made).parameters, text_of("python.md")) == []  # type: ignore[arg-type]


def test_every_attribute_of_the_state_is_there() -> None:
    names = [name for name in vars(looplet.DefaultState()) if name not in ("limited", "task")]
    assert missing(names, text_of("python.md")) == []


def test_every_kind_of_error_and_reason_to_stop_is_there() -> None:
    text = text_of("python.md")
    for described in (looplet.ToolError, looplet.DefaultState):
        names = re.findall(r"`([a-z_]+)`", described.__doc__ or "")
        assert len(names) > 5
        assert missing(set(names) - {"stop_message", "kind", "message", "detail"}, text) == []


def test_the_table_of_events_is_that_of_the_module() -> None:
    rows = re.findall(r"^\| `(\w+)` \|(.*?)\|(.*?)\|", text_of("observe.md"), re.M)
    table = {
        name: (re.findall(r"`(\w+)`", has), re.findall(r"`(\w+)`", data))
        for name, has, data in rows
    }
    for name, fields in events.FIELDS.items():
        assert table[name] == ([*fields], [*events.DATA.get(name, ())]), name


def test_every_filter_and_test_of_a_prompt_is_there() -> None:
    text = text_of("prompts.md")
    assert missing([*FILTERS, *TESTS, *GIVEN, *LOOP], text) == []


def test_every_failure_of_a_model_is_there() -> None:
    source = (ROOT / "loop/models/errors.py").read_text(encoding="utf-8")
    kinds = re.findall(r'^ +"([a-z_]+)",$', source, re.MULTILINE)
    assert "not_configured" in kinds
    assert missing(kinds, text_of("models.md")) == []


def test_what_is_not_run_is_said() -> None:
    text = text_of("cartridge.md").partition("## Read, but not run")[2]
    assert (
        missing(
            [key for table in (NOT_RUN, NO_EFFECT) for keys in table.values() for key in keys], text
        )
        == []
    )


def test_every_environment_variable_is_there() -> None:
    text = everything()
    found = set()
    for folder in ("loop", "compiler"):
        for path in (ROOT / folder).rglob("*.py"):
            source = path.read_text(encoding="utf-8")
            found |= set(re.findall(r"""environ(?:\.get\(|\[)["']([A-Z_]+)""", source))
    assert "LOOPLET_CACHE_DIR" in found
    standard = {"COLUMNS", "TERM"}
    assert sorted(name for name in found - standard if name not in text) == []


def test_every_module_is_placed() -> None:
    text = text_of("design.md").partition("## Modules")[2]
    for folder in ("loop", "compiler"):
        here = re.search(rf"In `{folder}/`:(.*?)\n\n", text + "\n\n", re.DOTALL)
        assert here, folder
        said = set(re.findall(r"`([a-z_0-9]+)`", here[1]))
        real = {
            path.stem
            for path in (ROOT / folder).iterdir()
            if (path.suffix == ".py" and path.stem != "__init__") or (path / "__init__.py").exists()
        }
        assert said == real, folder


def test_paths_that_pages_name_exist() -> None:
    for page in pages():
        for path in re.findall(
            r"`((?:loop|compiler|schema|tests|docs)/[\w./-]+)`", page.read_text()
        ):
            assert (ROOT / path).exists() or path == "docs/benchmarks.md", f"{page.name}: {path}"
