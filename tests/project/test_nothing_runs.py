"""The promise of docs/security.md: no command of `looplet-compile` runs anything of a cartridge.

Every kind of Python file that a cartridge can hold gets a line that leaves a trace, wherever code
of it would run: at module level, in a default, in a decorator, in a class body.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from package import ROOT

from looplet import AgentPreset, cartridge_to_preset, preset_to_cartridge
from looplet.compiler import check
from looplet.compiler.cli import main

TRACE = "__import__('pathlib').Path({marker!r}).write_text(__file__)"
FILES = {
    "tools/add/execute.py": "def execute(*, a: int = {trace}): return {{}}",
    "tools/short.py": "__description__ = 'S'\n__parameters__ = {{}}\ndef execute(): return {{}}",
    "tools/helper.py": "def execute(): return {{}}",
    "hooks/50_Late/hook.py": "class Late:\n    {trace}\n    def pre_loop(self, a, b, c): pass",
    "resources/shared.py": "def build(runtime=None): return {trace}",
    "memory/notes.py": "def load(state): return {trace}",
    "evals/collect_more.py": "def collect_more(ctx): return {trace}",
    "evals/eval_more.py": "def eval_more(ctx): return {trace}",
    "evals/scripts/other.py": "def reply(messages, last_result): return {trace}",
    "lib/__init__.py": "",
    "lib/thing.py": "@(lambda f: {trace})\ndef thing(): pass",
    "conftest.py": "",
    "sitecustomize.py": "",
    "yaml.py": "",
    "setup_of_mine.py": "",
}
DECLARATIONS = {
    "tools/add/tool.yaml": "name: add\ndescription: Add.\nparameters: {a: {type: integer}}\n",
    "hooks/50_Late/config.yaml": "class_name: Late\n",
}


@pytest.fixture
def trapped(tmp_path: Path) -> tuple[Path, Path]:
    """A cartridge in which every file leaves a trace when it runs, and where the traces go."""
    marker = tmp_path / "it_ran"
    trace = TRACE.format(marker=str(marker))
    folder = tmp_path / "trapped.cartridge"
    ignore = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "cartridges" / "hello.cartridge", folder, ignore=ignore)
    for path in folder.rglob("*.py"):
        path.write_text(f"{path.read_text('utf-8')}\n{trace}\n", encoding="utf-8")
    for name, text in (FILES | DECLARATIONS).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        body = text if name in DECLARATIONS else f"{text.format(trace=trace)}\n{trace}\n"
        path.write_text(body, encoding="utf-8")
    manifest = folder / "cartridge.json"
    declared = manifest.read_text("utf-8").replace(
        '"capabilities": []', '"capabilities": ["files"]'
    )
    manifest.write_text(declared, encoding="utf-8")
    return folder, marker


@pytest.mark.parametrize(
    "arguments",
    [
        ("check", "{folder}"),
        ("check", "{folder}", "--no-cache", "--strict", "--format", "sarif"),
        ("check", "{folder}", "--fix"),
        ("show", "{folder}", "--origins"),
        ("set", "{folder}", "config.max_steps=3"),
        ("diff", "hello", "{folder}"),
        ("diff", "{folder}", "hello", "--json"),
        ("roundtrip", "{folder}", "{out}", "--via", "json"),
        ("lock", "{folder}"),
        ("build", "{folder}", "-o", "{out}"),
        ("build", "{folder}", "-o", "{out}", "--format", "wheel"),
        ("hash", "{folder}"),
        ("capabilities", "{folder}"),
    ],
    ids=lambda arguments: " ".join(arguments[::2]),
)
def test_no_command_runs_anything(
    arguments: tuple[str, ...], trapped: tuple[Path, Path], tmp_path: Path
) -> None:
    folder, marker = trapped
    main([word.format(folder=folder, out=tmp_path / "out") for word in arguments])
    assert not marker.exists(), marker.read_text("utf-8")


def test_neither_does_loading_and_writing_a_preset(
    trapped: tuple[Path, Path], tmp_path: Path
) -> None:
    folder, marker = trapped
    for name in ("tools/add", "tools/helper.py", "hooks/50_Late"):
        gone = folder / name
        shutil.rmtree(gone) if gone.is_dir() else gone.unlink()
    report = check(folder)
    assert not report.errors, [f"{f.path}: {f.message}" for f in report.diagnostics]
    preset = AgentPreset.from_json(cartridge_to_preset(folder, runtime={}).to_json())
    preset_to_cartridge(preset, tmp_path / "out")
    for form in ("zip", "wheel"):
        assert main(["build", str(folder), "-o", str(tmp_path / "dist"), "--format", form]) == 0
    for package in (tmp_path / "dist").iterdir():
        assert cartridge_to_preset(package) == preset
        assert main(["check", str(package)]) == 0
        assert main(["verify", str(package)]) != 0, "it is not signed"
        assert main(["diff", str(folder), str(package)]) == 0
    assert not marker.exists(), marker.read_text("utf-8")
    preset.bind({}).close()
    assert marker.exists(), "binding runs code: the trap would have shown it"
