"""Every block of the documentation runs as it stands, page by page, in the order of the text.

`UPDATE_DOCS=1` writes the real output into console and output blocks that differ from it.
"""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import sys
from collections.abc import Iterator
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import pytest
import stand_ins
import yaml
from console import Console, agrees, commands
from pages import ROOT, Block, blocks, written_by_hand

from looplet.compiler.diagnostics import RULES
from looplet.compiler.layout import document_kind
from looplet.compiler.schema import check_document
from looplet.compiler.syntax import parse

UPDATE = bool(os.environ.get("UPDATE_DOCS"))
MODELS = re.compile("OPENAI_|ANTHROPIC_|OLLAMA_|LOOPLET_")
"""The variables that would change what a page shows."""
LANGUAGES = {"", "console", "json", "jinja", "markdown", "python", "sh", "text", "yaml"}


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder as a reader has it: the shipped cartridges are there, and nothing else."""
    folder = tmp_path / "reader"
    folder.mkdir()
    shutil.copytree(
        ROOT / "cartridges",
        folder / "cartridges",
        ignore=shutil.ignore_patterns("__pycache__"),
    )
    for name in [name for name in os.environ if MODELS.match(name)]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("LOOPLET_CACHE_DIR", str(tmp_path / "cache"))
    # The commands are found as in a reader's environment, also by programs that look for them.
    places = [str(tmp_path / "bin"), str(Path(sys.executable).parent), os.environ.get("PATH", "")]
    monkeypatch.setenv("PATH", os.pathsep.join(places))
    monkeypatch.chdir(folder)
    environment = dict(os.environ)
    yield folder
    stand_ins.close()
    os.environ.clear()
    os.environ.update(environment)  # a page may set what it likes


@pytest.mark.parametrize("page", written_by_hand(), ids=lambda page: page.name)
def test_page(page: Path, place: Path, tmp_path: Path) -> None:
    shims = tmp_path / "bin"
    shims.mkdir()
    reader = _Reader(place, Console(place, shims))
    sys.path.insert(0, str(place))
    rules = dict(RULES)
    try:
        for block in blocks(page):
            reader.read(block)
    finally:
        sys.path.remove(str(place))
        RULES.clear()
        RULES.update(rules)  # a page may show how to add one
        if UPDATE and reader.updates:
            _update(page, reader.updates)


class _Reader:
    """One reader of one page: a folder, a console, and the names of a Python session."""

    def __init__(self, folder: Path, console: Console) -> None:
        self.folder = folder
        self.console = console
        self.names: dict[str, Any] = {"__name__": "page"}
        self.printed = ""
        self.updates: dict[int, str] = {}

    def read(self, block: Block) -> None:
        assert block.language in LANGUAGES, f"{block.where}: what is {block.language!r}?"
        if block.kind == "not run":
            assert block.said, f"{block.where}: why is it not run?"
        elif block.kind == "file":
            self._write(block)
        elif block.language in ("console", "sh"):
            self._type(block)
        elif block.language == "python":
            self._run(block)
        elif block.kind == "output":
            self._expect(block)
        elif block.language == "json":
            json.loads(block.text)
        elif block.language == "yaml":
            assert block.kind == "part of", f"{block.where}: which file is this a part of?"
            _holds(block, block.said, part=True)

    def _write(self, block: Block) -> None:
        path = self.folder / block.said
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(block.text + "\n", encoding="utf-8")
        inner = block.said.partition(".cartridge/")[2] or block.said
        if document_kind(inner) is not None:
            _holds(block, inner, part=False)
        elif block.language == "json":
            json.loads(block.text)

    def _type(self, block: Block) -> None:
        made: list[str] = []
        code, command, real = 0, "", ""
        for each in commands(block.text):
            if each.text == "echo $?":
                code = 0
            assert not code, f"{block.where}: `{command}` left with {code}:\n{real}"
            real, code = self.console.run(each.text)
            command, shown = each.text, each.shown
            if shown is not None and not agrees(shown, real):
                if not UPDATE:
                    pytest.fail(
                        f"{block.where}: `{command}` shows\n\n{shown}\n\nand really\n\n{real}"
                    )
                shown = real
            made += [f"$ {command}", *([shown] if shown else [])]
        expected = int(block.said) if block.kind == "exits" else 0
        assert code == expected, f"{block.where}: `{command}` left with {code}:\n{real}"
        if UPDATE and "\n".join(made) != block.text:
            self.updates[block.line] = "\n".join(made)

    def _run(self, block: Block) -> None:
        # On its own line of the page, so that a traceback points at the documentation.
        code = compile("\n" * (block.line - 1) + block.text, str(block.page), "exec")
        said = io.StringIO()
        with redirect_stdout(said):
            exec(code, self.names)
        self.printed = said.getvalue().rstrip("\n")

    def _expect(self, block: Block) -> None:
        if agrees(block.text, self.printed):
            return
        if not UPDATE:
            pytest.fail(f"{block.where}: this is not what is printed:\n\n{self.printed}")
        self.updates[block.line] = self.printed


def _holds(block: Block, path: str, *, part: bool) -> None:
    """The block obeys the schema of the file `path`; a part may leave out what is required."""
    kind = document_kind(path)
    if kind is None:
        yaml.safe_load(block.text)
        return
    document, found = parse(path, (block.text + "\n").encode())
    if document is not None:
        found = [*found, *check_document(kind, document)]
    wrong = [f for f in found if not (part and f.code == "CT202")]
    assert not wrong, f"{block.where}: {[f'{f.code} {f.message}' for f in wrong]}"


def _update(page: Path, updates: dict[int, str]) -> None:
    lines = page.read_text(encoding="utf-8").splitlines()
    for start, text in sorted(updates.items(), reverse=True):
        end = next(n for n in range(start - 1, len(lines)) if lines[n].strip() == "```")
        lines[start - 1 : end] = text.splitlines()
    page.write_text("\n".join(lines) + "\n", encoding="utf-8")
