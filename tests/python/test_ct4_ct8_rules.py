"""One finding of each rule on code and evals: that it can be found, and how it is worded."""

from __future__ import annotations

import pytest

from looplet.compiler.checks.evals import Case, check_cases, check_grader, check_script
from looplet.compiler.checks.hook_code import check_hook
from looplet.compiler.checks.provider_code import check_memory, check_resource
from looplet.compiler.checks.python_file import Modules, check_module
from looplet.compiler.checks.short_tool import check_short_tool
from looplet.compiler.checks.tool_code import check_tool
from looplet.compiler.diagnostics import RULES, Diagnostic, Span
from looplet.compiler.python.facts import facts

METHOD = "\n    def on_event(self, payload): ..."


def module(source: bytes) -> list[Diagnostic]:
    return check_module("tools/a/execute.py", facts(source), Modules(["lib.py"]))


def tool(text: str, required: bool = True, **properties: object) -> list[Diagnostic]:
    schema = {"properties": properties, "required": list(properties) if required else []}
    return check_tool("tools/a/execute.py", facts(text.encode()), schema)


def hook(text: str, **kwargs: object) -> list[Diagnostic]:
    def locate(path: tuple[str | int, ...], key: bool = False) -> Span | None:
        return Span.at(1, 1)

    config = {"class_name": "Guard", "kwargs": kwargs}
    return check_hook("hooks/1_G/hook.py", facts(text.encode()), config, "config.yaml", locate)


def cases(*values: object) -> list[Diagnostic]:
    return check_cases(
        [Case("a.json", value, lambda path, key=False: None) for value in values], ()
    )


FOUND = [
    *module(b"def ("),
    *module(b"\xff"),
    *module(b"#" * 3_000_000),
    *module(b"exit()"),
    *module(b"import nowhere_at_all"),
    *module(b"from .nothing import x"),
    *module(b"from ....far import x"),
    *tool("x = 1"),
    *tool("def exceute(): ..."),
    *tool("execute = 1"),
    *tool("def execute(): yield"),
    *tool("def execute(*, a): ..."),
    *tool("def execute(): ...", a={}),
    *tool("def execute(*, a): ...", required=False, a={}),
    *tool("def execute(*, a=1): ...", a={}),
    *tool("def execute(*, a=1): ...", required=False, a={"default": 2}),
    *tool("def execute(a, /): ...", a={}),
    *tool("def execute(): ...", ctx={}),
    *tool("def execute(*a): ..."),
    *tool("def execute(*, a: int): ...", a={"type": "string"}),
    *tool("def execute(): raise A"),
    *check_short_tool("tools/a.py", facts(b"__parameters__ = f()\n__descripton__ = ''")),
    *check_short_tool("tools/a.py", facts(b"__requires__ = ['x']")),
    *hook("class Gaurd: ..."),
    *hook("Guard = 1"),
    *check_hook("hook.py", facts(b""), {}, "config.yaml", lambda path, key=False: None),
    *hook("class Guard: ..."),
    *hook("class Guard:\n    def on_evnt(self, payload): ..."),
    *hook("class Guard:\n    def on_event(self): ..."),
    *hook("class Guard:\n    def should_stop(self, step_num, state, new_entities): ..."),
    *hook("class Guard:\n    async def on_event(self, payload): ..."),
    *hook(f"class Guard:{METHOD}", a=1),
    *hook(f"class Guard:\n    def __init__(self, a): ...{METHOD}"),
    *hook(f"class Guard:\n    def __init__(self, a, /): raise A{METHOD}"),
    *check_resource("r.py", facts(b"THREAD_SAFE = 1\nasync def build(a): ...")),
    *check_resource("r.py", facts(b"THREADSAFE = True\ndef build(): ...")),
    *check_memory("m.py", facts(b"def load(): ...")),
    *check_grader("e.py", facts(b"")),
    *check_grader("e.py", facts(b"def eval_a(): ...\nasync def eval_b(ctx): ...")),
    *check_script("s.py", facts(b"def reply(): ...")),
    *cases({"id": "a", "marks": [" "], "script": "x"}, {"id": "a"}),
]


def test_each_rule_can_be_found() -> None:
    # Of a whole agent: scripts and inputs, against its tools and what it declares.
    elsewhere = {"CT808", "CT809", "CT810", "CT811"}
    ours = {code for code in RULES if code[:3] in ("CT4", "CT8")} - elsewhere
    assert {each.code for each in FOUND} == ours


@pytest.mark.parametrize("found", FOUND, ids=lambda found: found.code)
def test_the_wording(found: Diagnostic) -> None:
    message = found.message
    assert message[0].islower() or message[0] == "`"
    assert not message.endswith(".") and "\n" not in message and "None" not in message
    assert message.count("`") % 2 == 0


@pytest.mark.parametrize("code", sorted({each.code for each in FOUND}))
def test_the_page(code: str) -> None:
    page = RULES[code].page
    assert len(page) > 80 and not page[0].isspace()
    assert all(len(line) <= 100 for line in page.splitlines())
