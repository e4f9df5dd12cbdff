"""What importing looplet loads, and which names it has."""

import subprocess
import sys

import pytest

import looplet

RUN = """
from looplet import BaseToolRegistry, DefaultState, Reply, ToolCall, composable_loop, done_tool
class Model:
    def generate(self, messages, *, tools):
        return Reply("", [ToolCall("done", {"summary": "x"})])
state = DefaultState()
for step in composable_loop(Model(), "t", BaseToolRegistry([done_tool()]), state=state):
    assert step.tool_result.error is None
assert state.stop_reason == "done"
"""
RUN_TEXT = RUN.replace(
    'Reply("", [ToolCall("done", {"summary": "x"})])',
    """'{"tool":"done","args":{"summary":"x"}}'""",
)

# What json needs, and what a fresh interpreter may have or not, by its build.
JSON = {"json", "re", "enum", "functools", "collections", "operator", "reprlib", "types"}
JSON |= {"copyreg", "keyword", "_json", "_sre", "_collections", "_functools", "_operator"}
BUILTIN = {"__future__", "itertools", "time", "_thread"}


def loaded_by(code: str) -> set[str]:
    """The top-level modules that `code` loads, beyond those of a bare interpreter."""
    script = (
        "import sys\n"
        "before = set(sys.modules)\n"
        f"exec({code!r})\n"
        "print(*{name.partition('.')[0] for name in set(sys.modules) - before})\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=30, check=True
    )
    return set(done.stdout.split())


def test_importing_looplet_loads_nothing_else() -> None:
    assert loaded_by("import looplet") - {"__future__"} == {"looplet"}


@pytest.mark.parametrize("code", [RUN, RUN_TEXT])
def test_a_finished_step_loads_json_at_most(code: str) -> None:
    assert loaded_by(code) - JSON - BUILTIN == {"looplet"}


def test_the_list_of_names_is_the_names() -> None:
    assert looplet.__all__ == sorted(set(looplet.__all__))
    assert set(looplet.__all__) == set(looplet._WHERE)
    public = {name for name in dir(looplet) if not name.startswith("_")}
    modules = {name for name in public if f"looplet.{name}" in sys.modules}
    assert public - modules - {"annotations", "TYPE_CHECKING"} == set(looplet.__all__)


@pytest.mark.parametrize("name", looplet.__all__)
def test_every_name_can_be_had(name: str) -> None:
    value = getattr(looplet, name)
    home = f"looplet.{looplet._WHERE[name]}"
    assert value.__module__.startswith((home, "looplet."))


def test_type_checkers_are_told_the_same_names() -> None:
    import ast
    import inspect

    tree = ast.parse(inspect.getsource(looplet))
    (block,) = (node for node in tree.body if isinstance(node, ast.If))
    told = {
        (alias.name, node.module)
        for node in ast.walk(block)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("looplet.")
        for alias in node.names
    }
    assert told == {(name, f"looplet.{where}") for name, where in looplet._WHERE.items()}


def test_any_other_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'composible_loop'"):
        looplet.composible_loop  # noqa: B018
    assert not hasattr(looplet, "__wrapped__")


def test_the_older_name_of_the_tool_context() -> None:
    from looplet.types import ToolContext

    assert ToolContext is looplet.ToolContext


def test_the_one_module_with_asyncio() -> None:
    from pathlib import Path

    folder = Path(looplet.__file__).parent
    importing = {
        path.name for path in folder.glob("*.py") if "import asyncio" in path.read_text("utf-8")
    }
    assert importing == {"aio.py"}
