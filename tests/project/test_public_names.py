"""The names that users import: listed, sorted, lazy, and all there."""

from __future__ import annotations

import ast
import importlib
from pathlib import Path

import pytest
from package import ROOT, modules, name_of

import looplet
import looplet.compiler


@pytest.mark.parametrize("package", [looplet, looplet.compiler], ids=lambda p: p.__name__)
def test_all_is_sorted_and_every_name_is_there(package: object) -> None:
    names = package.__all__  # type: ignore[attr-defined]
    assert names == sorted(set(names))
    assert [name for name in names if getattr(package, name, None) is None] == []
    assert set(names) <= set(dir(package))


@pytest.mark.parametrize("file", ["loop/__init__.py", "compiler/__init__.py"])
def test_type_checkers_see_the_same_names(file: str) -> None:
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    block = next(
        node for node in tree.body if isinstance(node, ast.If) and "TYPE" in ast.unparse(node.test)
    )
    imported = {
        alias.asname or alias.name
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    package = looplet if file.startswith("loop") else looplet.compiler
    assert imported == set(package.__all__)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no_such_name"):
        getattr(looplet, "no_such_name")  # noqa: B009


@pytest.mark.parametrize("path", modules(), ids=name_of)
def test_a_module_has_what_its_all_says(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    listed = [
        ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__"
    ]
    if not listed:
        return
    module = importlib.import_module(name_of(path))
    assert [name for name in listed[0] if not hasattr(module, name)] == []
    assert len(listed[0]) == len(set(listed[0]))
