"""A small cartridge to run, and the command to run it with."""

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

FILES = {
    "cartridge.json": '{"name": "small", "schema_version": 2, "description": "Says things."}',
    "config.yaml": """\
max_steps: 5
inputs:
  word: {type: string, default: hi}
  times: {type: integer, default: 1}
""",
    "prompts/system.md": "You say things, then call done.\n",
    "tools/say/tool.yaml": "name: say\ndescription: Say it.\nparameters:\n  text: {type: string}\n",
    "tools/say/execute.py": "def execute(*, text: str):\n    return {'said': text}\n",
    "tools/word/tool.yaml": "name: word\ndescription: The word.\nrequires: [runtime]\n",
    "tools/word/execute.py": "def execute(ctx):\n"
    "    given = ctx.resources['runtime']\n    return given['word'] * given['times']\n",
    "tools/done/tool.yaml": "name: done\ndescription: End.\n"
    "parameters:\n  summary: {type: string}\n",
    "tools/done/execute.py": "def execute(*, summary: str):\n    return {'summary': summary}\n",
    "evals/scripts/demo.json": '[{"tool": "word"},'
    ' {"tool": "done", "args": {"summary": "it is done"}}]',
}

Make = Callable[..., Path]
Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def cartridge(tmp_path: Path) -> Make:
    """cartridge({path: text}): the small cartridge, with files added or (None) taken away."""

    def make(files: Mapping[str, str | None] | None = None) -> Path:
        root = tmp_path / "small.cartridge"
        for path, text in {**FILES, **(files or {})}.items():
            if text is not None:
                (root / path).parent.mkdir(parents=True, exist_ok=True)
                (root / path).write_text(text, encoding="utf-8")
        return root

    return make


@pytest.fixture
def looplet(tmp_path: Path) -> Run:
    """looplet("run", …): the command in a process of its own, with no model in its environment."""

    def run(*args: Any, **options: Any) -> subprocess.CompletedProcess[str]:
        env = {k: v for k, v in os.environ.items() if not k.startswith("OPENAI_")}
        env |= {"PYTHONIOENCODING": "utf-8", "LOOPLET_CACHE_DIR": str(tmp_path / "cache")}
        command = [sys.executable, "-m", "looplet.cli", *map(str, args)]
        options = {"capture_output": True, "text": True, "timeout": 30, "cwd": tmp_path, **options}
        return subprocess.run(command, env=env | options.pop("env", {}), **options)

    return run
