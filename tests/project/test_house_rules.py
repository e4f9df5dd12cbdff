"""Rules over every file of the repository: size, docstrings, and nothing of one machine."""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from package import ROOT, modules, name_of

LONGEST = 480
SKIPPED = {"build", "dist", "htmlcov", "__pycache__", "node_modules"}
TEXTS = {"", ".py", ".md", ".toml", ".yaml", ".yml", ".json", ".jinja", ".svg", ".txt", ".cfg"}

# Put together from pieces, so that this file does not find itself.
PRIVATE = re.compile(
    "|".join(
        [
            r"(?<![\w.])/(?:root|work|opt|Users)/[\w.-]",
            r"(?<![\w.])/home/(?!user\b|ada\b|you\b)\w",
            "pypi" + r"\.org",
            "python" + r"hosted\.org",
            "registry" + r"\.npmjs",
            "index" + r"[-_]url",
            r"\.\./" + "shared",
        ]
    )
)


def texts() -> Iterator[Path]:
    for folder, folders, files in os.walk(ROOT):
        folders[:] = [
            name
            for name in folders
            if name not in SKIPPED
            and (not name.startswith(".") or name == ".ci")
            and not name.endswith(".egg-info")
        ]
        for name in files:
            path = Path(folder, name)
            if path.suffix in TEXTS and not path.is_symlink() and path.is_file():
                yield path


def test_nothing_of_one_machine_or_registry_is_in_the_repository() -> None:
    found = []
    for path in texts():
        try:
            text = path.read_text(encoding="utf-8")
        except (UnicodeDecodeError, OSError):
            continue  # broken on purpose, in the tests' corpus
        for match in PRIVATE.finditer(text):
            line = text.count("\n", 0, match.start()) + 1
            found.append(f"{path.relative_to(ROOT)}:{line}: {match[0]}")
    assert found == []


@pytest.mark.parametrize("path", modules(), ids=name_of)
def test_a_module_is_short_and_says_what_it_is(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count("\n") <= LONGEST
    tree = ast.parse(text)
    if tree.body:
        assert ast.get_docstring(tree), "a module says in a line what it is for"


def test_no_module_is_called_by_a_word_for_anything() -> None:
    empty = {"utils", "util", "helpers", "helper", "common", "misc", "stuff"}
    assert [str(path) for path in modules() if path.stem in empty] == []


def test_no_two_test_modules_share_a_name() -> None:
    # Without packages, pytest tells test modules apart by their names alone.
    names = [path.name for path in (ROOT / "tests").rglob("test_*.py")]
    assert sorted(names) == sorted(set(names))
