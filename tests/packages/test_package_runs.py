"""An agent runs the same from its folder, an archive, a wheel, by its name; and goes on there."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from carried_by import ROOT, archive, bare, files_of, install, wheel, write

from looplet.cli import main

HELLO = ROOT / "cartridges/hello.cartridge"
DETECTIVE = ROOT / "cartridges/git_detective.cartridge"

FORBIDDEN = """
import atexit
def seen():
    extra = {"yaml", "click", "jsonschema", "jinja2", "packaging", "importlib.metadata"}
    mine = {"looplet.compiler.pipeline", "looplet.compiler.diagnostics", "looplet.compiler.rules"}
    loaded = (extra | mine) & sys.modules.keys()
    if loaded: print("LOADED", loaded)
atexit.register(seen)
"""


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with two commits by two people."""
    root = tmp_path / "repository"
    root.mkdir()
    for who, text in (("ada", "one\n"), ("grace", "two\n")):
        (root / "file.txt").write_text(text)
        for command in (["init", "-q"], ["add", "."], ["commit", "-qm", text]):
            person = ["-c", f"user.name={who}", "-c", f"user.email={who}@example.org"]
            subprocess.run(["git", *person, *command], cwd=root, check=True)
    return root


def steps(capsys: Any, *args: str) -> Any:
    """What `looplet run …` prints, without what differs from run to run."""
    code = main(["run", *args, "--scripted", "--trust", "--json"])
    out, err = capsys.readouterr()
    assert code == 0, err
    return timeless([json.loads(line) for line in out.splitlines()])


def timeless(value: Any) -> Any:
    if isinstance(value, dict):
        apart = ("duration_ms", "call_id", "usage")
        return {key: timeless(item) for key, item in value.items() if key not in apart}
    return [timeless(item) for item in value] if isinstance(value, list) else value


@pytest.mark.parametrize("root", [HELLO, DETECTIVE], ids=lambda path: path.stem)
def test_the_same_steps_from_everywhere(
    root: Path, tmp_path: Path, site: Path, repository: Path, capsys: Any
) -> None:
    name = root.stem
    given = (
        ["Greet Ada and Grace"] if name == "hello" else ["Who?", "--input", f"repo={repository}"]
    )
    file, other = archive(root, tmp_path), wheel(root, tmp_path)
    shipped = steps(capsys, name, *given)
    info = install(other, site)
    assert len(shipped) > 4
    for place in (root, file, other, info, name, f"{name}>=1.0,<2"):
        assert steps(capsys, str(place), *given) == shipped, place


@pytest.mark.parametrize("make", [archive, wheel])
def test_with_nothing_but_the_core(tmp_path: Path, make: Any) -> None:
    file = make(sayer(tmp_path), tmp_path)
    code = FORBIDDEN + "from looplet.cli import main; sys.exit(main())"
    out = bare(code, "run", file, "Say three things", "--scripted", "--plain", "--trust")
    assert "#4 ✓ done(" in out and "LOADED" not in out, out


def test_installed_with_nothing_but_the_core(tmp_path: Path) -> None:
    site = tmp_path / "site"
    install(wheel(sayer(tmp_path), tmp_path), site)
    code = FORBIDDEN + "from looplet.cli import main; sys.exit(main())"
    out = bare(code, "run", "sayer", "Say three things", "--scripted", "--plain", site=site)
    assert "#4 ✓ done(" in out and "LOADED" not in out, out


def test_a_folder_that_was_never_checked_says_what_it_needs(tmp_path: Path) -> None:
    code = (
        "from looplet.cli import main\n"
        "import contextlib\n"
        "with contextlib.redirect_stderr(sys.stdout): print(main())\n"
    )
    out = bare(code, "run", sayer(tmp_path, **{"notes.txt": "new"}), "Say", "--scripted")
    assert out == ("looplet: reading a cartridge needs yaml: pip install 'looplet[compiler]'\n2\n")


LOADS = (
    FORBIDDEN + "from looplet import cartridge_to_preset; p = cartridge_to_preset(sys.argv[1])\n"
)


def test_loading_and_binding_need_nothing_but_the_core(tmp_path: Path) -> None:
    template = {
        "prompts/system.md": None,
        "prompts/system.md.jinja": "No expression: nothing to render.\n",
    }
    files = {k: v for k, v in {**files_of("plain"), **template}.items() if v is not None}
    file = archive(write(tmp_path / "plain.cartridge", files), tmp_path)
    out = bare(LOADS + "print(p.tools.tool_names, p.config.system_prompt)", file)
    assert out == "['done'] No expression: nothing to render.\n\n"


def test_nested_agents_need_nothing_but_the_core(tmp_path: Path) -> None:
    writer = files_of("writer", "max_steps: 3\n")
    middle = files_of("middle", "builtin_tools: [subagent]\n") | {
        f"agents/writer.cartridge/{path}": text for path, text in writer.items()
    }
    boss = files_of("boss", "builtin_tools: [{subagent: {cartridge: agents/middle}}]\n") | {
        f"agents/middle/{path}": text for path, text in middle.items()
    }
    file = archive(write(tmp_path / "boss.cartridge", boss), tmp_path)
    code = (
        "from looplet import MockLLMBackend\n"
        "done = {'tool': 'done', 'args': {'summary': 'ok'}}\n"
        "script = [{'tool': 'middle', 'args': {'task': 'x'}},\n"
        "          {'tool': 'writer', 'args': {'task': 'y'}}, done, done, done]\n"
        "for step in p.run('go', llm=MockLLMBackend(script)): print(step.pretty())\n"
    )
    out = bare(LOADS + code, file)
    assert "#1 ✓ middle(task=x)" in out and "#2 ✓ done(" in out and "LOADED" not in out, out


# ── going on ──────────────────────────────────────────────────────────────────────────────────────

SAY = {
    "tools/say/tool.yaml": "name: say\ndescription: Say it.\nparameters:\n  text: {type: string}\n",
    "tools/say/execute.py": "def execute(*, text: str):\n    return {'said': text}\n",
    "evals/scripts/demo.json": json.dumps(
        [
            *[{"tool": "say", "args": {"text": str(number)}} for number in range(3)],
            {"tool": "done", "args": {"summary": "all said"}},
        ]
    ),
}


def sayer(folder: Path, **changed: str) -> Path:
    """An agent without a template, and a script to run it with."""
    return write(folder / "sayer.cartridge", {**files_of("sayer"), **SAY, **changed})


class Saved:
    """A run that stopped after one step, begun from one place or another."""

    def __init__(self, folder: Path, site: Path, capsys: Any, how: str) -> None:
        self.folder, self.site, self.capsys, self.how = folder, site, capsys, how
        named = str(self.put())
        self.code, _, self.err = self.main(
            *("run", named, "a task", "--scripted", "--max-steps", "1"),
            *("--checkpoint", str(folder / "saved"), "--trust"),
        )

    def put(self, **changed: str) -> Path | str:
        """Build it, as changed, into its place; what names it."""
        root = sayer(self.folder, **changed)
        if self.how == "archive":
            return archive(root, self.folder)
        file = wheel(root, self.folder)
        if self.how == "wheel":
            return file
        install(file, self.site)
        return "sayer"

    def main(self, *args: str) -> tuple[int, str, str]:
        code = main([*args])
        return code, *self.capsys.readouterr()

    def resume(self) -> tuple[int, str, str]:
        return self.main("resume", str(self.folder / "saved"), "--max-steps", "9", "--trust")


@pytest.fixture(params=["archive", "wheel", "installed"])
def saved(request: Any, tmp_path: Path, site: Path, here: Path, capsys: Any) -> Saved:
    return Saved(tmp_path, site, capsys, request.param)


def test_a_run_goes_on(saved: Saved) -> None:
    assert saved.code == 3, saved.err
    code, out, err = saved.resume()
    assert code == 0, err
    assert "going on after 1 step" in err
    assert out.startswith("#2 ✓ say(text=1)") and out.endswith("all said\n")


def test_a_changed_package_is_refused_with_the_difference(saved: Saved) -> None:
    code = {"tools/say/execute.py": "def execute(*, text: str):\n    return {'said': 'no'}\n"}
    saved.put(**code)
    status, out, err = saved.resume()
    assert (status, out) == (2, "")
    assert "tools/say/execute.py was changed" in err, err
    saved.put()
    assert saved.resume()[0] == 0


def test_a_run_begun_by_name_goes_on_whatever_folder_one_stands_in(
    tmp_path: Path, site: Path, here: Path, capsys: Any
) -> None:
    saved = Saved(tmp_path, site, capsys, "installed")
    write(here / "sayer", files_of("sayer", "max_steps: 2\n"))
    code, _, err = saved.resume()
    assert code == 0, err


def test_a_package_that_is_gone(saved: Saved) -> None:
    import shutil

    for path in (*saved.folder.glob("*.cartridge"), *saved.folder.glob("*.whl")):
        path.unlink() if path.is_file() else None
    shutil.rmtree(saved.site)
    status, out, err = saved.resume()
    assert (status, out) == (2, "") and "there is no folder or file" in err
