"""Who may import whom, as docs/design.md says it. Read from the text of the modules."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from package import ROOT, modules, name_of

ALL = modules()
LOOP = [path for path in ALL if path.is_relative_to(ROOT / "loop")]
COMPILER = [path for path in ALL if path.is_relative_to(ROOT / "compiler")]
EXTRAS = {"yaml", "jsonschema", "jinja2", "click", "cryptography", "packaging", "referencing"}
SDKS = {"anthropic", "mcp", "openai", "opentelemetry", "rich", "xllamacpp"}

MAY_NOT: dict[str, set[str]] = {
    "loop/engine.py": {"time", "asyncio", "threading", "looplet.drivers", "looplet.aio"},
    "loop/drivers.py": {"asyncio", "looplet.hooks", "looplet.messages", "looplet.aio"},
    "loop/types.py": {"dataclasses", "typing", "json"},
    "loop/preset.py": {"looplet.compiler", "looplet.engine", "looplet.link"},
    "compiler/diagnostics.py": {"looplet"},
    "compiler/source.py": {"looplet.compiler.syntax", "looplet.compiler.text", "yaml", "json"},
    "compiler/syntax.py": {"looplet.compiler.layout", "looplet.compiler.cartridge"},
    "compiler/text": {"looplet.compiler.layout", "looplet.compiler.cartridge"},
    "compiler/render": {"looplet.compiler.rules", "looplet.compiler.checks"},
    "compiler/rules": {"looplet.compiler.checks", "looplet.compiler.pipeline"},
    "compiler/analysis.py": {"importlib", "runpy", "looplet.link"},
    "compiler/checks": {"importlib.import_module", "runpy", "looplet.link"},
}
"""What the passes and layers may not know, at module level. A name stands for all below it."""


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def _imports(body: list[ast.stmt]) -> Iterator[str]:
    """The names that a block imports when it runs; what only type checkers see is left out."""
    for node in body:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield str(node.module)
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.If):
            if "TYPE_CHECKING" not in ast.unparse(node.test):
                yield from _imports(node.body)
            yield from _imports(node.orelse)
        elif isinstance(node, (ast.Try, ast.With, ast.ClassDef)):
            yield from _imports(node.body)


def at_module_level(path: Path) -> set[str]:
    return set(_imports(_tree(path).body))


def anywhere(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(_tree(path)):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            found |= set(_imports([node]))
    return found


def under(names: set[str], top: str) -> list[str]:
    return sorted(name for name in names if name == top or name.startswith(top + "."))


def packages(names: set[str]) -> set[str]:
    return {name.partition(".")[0] for name in names} - set(sys.stdlib_module_names) - {"looplet"}


@pytest.mark.parametrize("path", LOOP, ids=name_of)
def test_importing_the_loop_needs_nothing_but_python(path: Path) -> None:
    names = at_module_level(path)
    assert packages(names) == set()
    assert under(names, "looplet.compiler") == []


@pytest.mark.parametrize("path", LOOP, ids=name_of)
def test_the_loop_knows_no_other_packages_than_its_extras(path: Path) -> None:
    known = {"jinja2", "markupsafe"} if "prompts" in path.parts else set()
    if "mcp" in path.parts:
        known |= {
            "mcp",
            "mcp_types",
            "anyio",
            "httpx2",
            "uvicorn",
        }  # the SDK, and what it is made of
    assert packages(anywhere(path)) <= known | SDKS


@pytest.mark.parametrize("path", COMPILER, ids=name_of)
def test_the_compiler_needs_no_more_than_its_extra(path: Path) -> None:
    known = set(EXTRAS)
    if name_of(path) == "looplet.compiler.signing.ed25519":
        known |= {"cryptography"}  # of the extra `sign`
    assert packages(anywhere(path)) <= known


@pytest.mark.parametrize("path", ALL, ids=name_of)
def test_imports_are_absolute(path: Path) -> None:
    # The folders hang under `looplet` by a mapping, so a relative import would mean another thing
    # to a tool that looks at the tree.
    relative = [
        node.lineno
        for node in ast.walk(_tree(path))
        if isinstance(node, ast.ImportFrom) and node.level
    ]
    assert relative == []


@pytest.mark.parametrize("place", MAY_NOT)
def test_no_layer_knows_what_it_may_not(place: str) -> None:
    paths = [path for path in ALL if path.is_relative_to(ROOT / place)]
    assert paths, f"{place} is not there any more; the table is stale"
    for path in paths:
        names = at_module_level(path)
        for top in MAY_NOT[place]:
            assert under(names, top) == [], f"{name_of(path)} knows {top}"


def test_schemas_hold_no_code() -> None:
    assert {path.suffix for path in (ROOT / "schema").iterdir() if path.is_file()} == {".json"}


STDLIB_ONLY = (
    "looplet",
    "looplet.cli",
    "looplet.preset",
    "looplet.link",
    "looplet.compiler.source",
    "looplet.compiler.emit",
    "looplet.compiler.diagnostics",
)
"""What a host without the extra `compiler` has to be able to import."""

BLOCKED = """
import sys
class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"yaml", "jsonschema", "jinja2", "click", "openai"}:
            raise ImportError(f"{name} is not installed", name=name)
sys.meta_path.insert(0, Blocked())
for name in sys.argv[1:]:
    __import__(name)
"""


def test_without_any_extra_the_core_and_the_ends_of_the_compiler_import() -> None:
    ran = subprocess.run(
        [sys.executable, "-W", "error", "-c", BLOCKED, *STDLIB_ONLY], capture_output=True, text=True
    )
    assert ran.returncode == 0, ran.stderr


LOADED = """
import sys
before = set(sys.modules)
import looplet
print("\\n".join(sorted(set(sys.modules) - before)))
"""


def test_importing_looplet_loads_only_itself() -> None:
    ran = subprocess.run(
        [sys.executable, "-W", "error", "-c", LOADED], capture_output=True, text=True
    )
    assert ran.returncode == 0, ran.stderr
    loaded = ran.stdout.split()
    assert packages(set(loaded)) == set()
    heavy = {"asyncio", "ssl", "dataclasses", "inspect", "typing", "json", "pathlib"}
    assert heavy.isdisjoint(loaded), loaded
