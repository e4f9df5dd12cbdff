"""What every cartridge that ships has, whatever it does."""

import ast
import json
import re
from pathlib import Path

import pytest
import yaml

CARTRIDGES = Path(__file__).resolve().parents[2] / "cartridges"
SHIPPED = sorted(CARTRIDGES.glob("*.cartridge"))
LIMIT = 300  # lines of a file


@pytest.fixture(params=SHIPPED, ids=lambda path: path.stem)
def shipped(request):
    return request.param


def test_there_are_two():
    assert {"hello", "git_detective"} <= {path.stem for path in SHIPPED}


def test_cartridges_is_data_and_no_package():
    assert [path.name for path in CARTRIDGES.glob("*.py")] == []


def test_manifest(shipped):
    manifest = json.loads((shipped / "cartridge.json").read_text("utf-8"))
    assert manifest["name"] == shipped.stem
    assert manifest["schema_version"] == 2
    assert manifest["version"] == "1.0.0"
    assert manifest["description"].endswith(".")
    assert manifest["license"] == "Apache-2.0"


def test_readme_says_how_to_run_it_and_what_comes_out(shipped):
    readme = (shipped / "README.md").read_text("utf-8")
    assert readme.startswith(f"# {shipped.stem}\n")
    assert f"looplet run cartridges/{shipped.name}" in readme
    assert "--scripted" in readme
    for tool in (shipped / "tools").iterdir():
        assert f"`{tool.name}`" in readme


def test_demo_script_and_evals(shipped):
    assert list((shipped / "evals" / "scripts").glob("demo.*"))
    cases = sorted((shipped / "evals" / "cases").glob("*.json"))
    assert cases
    for path in cases:
        case = json.loads(path.read_text("utf-8"))
        assert case["id"] == path.stem
        assert case["task"]
        if script := case.get("script"):
            assert list((shipped / "evals" / "scripts").glob(f"{script}.*"))
    assert list((shipped / "evals").glob("eval_*.py"))


def test_eval_functions_are_named_as_they_are_found(shipped):
    for prefix in ("eval", "collect"):
        for path in (shipped / "evals").glob(f"{prefix}_*.py"):
            functions = [n for n in ast.parse(path.read_text("utf-8")).body if is_function(n)]
            assert any(f.name.startswith(f"{prefix}_") for f in functions), path
            assert all(ast.get_docstring(ast.parse(path.read_text("utf-8"))) for _ in functions)


def test_parameters_are_those_of_execute(shipped):
    for folder in (shipped / "tools").iterdir():
        tool = yaml.safe_load((folder / "tool.yaml").read_text("utf-8"))
        tree = ast.parse((folder / "execute.py").read_text("utf-8"))
        (execute,) = [n for n in tree.body if is_function(n) and n.name == "execute"]
        arguments = execute.args
        defaults = {
            argument.arg: ast.literal_eval(default)
            for argument, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
            if default is not None
        }
        declared = tool["parameters"]["properties"]
        assert tool["name"] == folder.name
        assert [a.arg for a in arguments.args] == ["ctx"]
        assert [a.arg for a in arguments.kwonlyargs] == list(declared)
        assert defaults == {n: p["default"] for n, p in declared.items() if "default" in p}
        assert all("description" in p for p in declared.values())
        assert sorted(declared.keys() - defaults.keys()) == sorted(
            tool["parameters"].get("required", [])
        )


def test_python_files_are_short_and_say_what_they_are(shipped):
    for path in shipped.rglob("*.py"):
        text = path.read_text("utf-8")
        assert len(text.splitlines()) <= LIMIT, path
        assert ast.get_docstring(ast.parse(text)), path


def test_modelines_lead_to_a_schema(shipped):
    for path in shipped.rglob("*.yaml"):
        match = re.match(r"# yaml-language-server: \$schema=(\S+)\n", path.read_text("utf-8"))
        if match:
            assert (path.parent / match[1]).is_file(), path


def test_nothing_is_left_behind(shipped):
    names = {path.name for path in shipped.rglob("*")}
    assert not names & {"__pycache__", ".DS_Store", ".pytest_cache", "cartridge.lock"}


def is_function(node):
    return isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
