"""The shipped cartridges run as a stranger runs them: recorded script, real repository."""

import json
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from real_git import Repo, tell_story

from looplet import MockLLMBackend, cartridge_to_preset, composable_loop
from looplet.models.scripted import load_script

LOOPLET = "import sys; from looplet.cli import main; sys.exit(main())"
COMPILE = "import sys; from looplet.compiler.cli import main; sys.exit(main())"
CARTRIDGES = Path(__file__).resolve().parents[2] / "cartridges"


def run(name, task, script=None, **inputs):
    """The steps of a run with the recorded script, or with the replies given."""
    root = CARTRIDGES / f"{name}.cartridge"
    replies = script or load_script(next((root / "evals" / "scripts").glob("demo.*")))
    preset = cartridge_to_preset(root)
    with preset.bind(inputs) as bound:
        return list(
            composable_loop(
                llm=MockLLMBackend(replies, cycle=False),
                task=task,
                tools=bound.tools,
                hooks=bound.hooks,
                config=bound.config,
                state=preset.state,
            )
        )


def command(program, *arguments, cwd):
    return subprocess.run(
        [sys.executable, "-c", program, *arguments],
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.fixture
def story(repo):
    return tell_story(repo)


def test_they_check_clean_and_come_back_byte_for_byte(tmp_path):
    done = command(COMPILE, "check", str(CARTRIDGES), "--strict", "--no-cache", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    for cartridge in CARTRIDGES.glob("*.cartridge"):
        out = tmp_path / cartridge.name
        done = command(COMPILE, "roundtrip", str(cartridge), str(out), cwd=tmp_path)
        assert done.returncode == 0, done.stdout + done.stderr
        assert contents(out) == contents(cartridge)


def contents(folder):
    return {p.relative_to(folder): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_hello_is_refused_once_and_then_greets_both():
    early, ada, grace, done = run("hello", "Greet Ada and Grace")
    assert "Nobody has been greeted yet" in early.tool_result.error
    assert ada.tool_result.data == {"greeting": "Hello Ada, how good to see you!"}
    assert grace.tool_result.data == {"greeting": "Good day, Grace."}
    assert done.tool_result.data["greeted"] == ["Ada", "Grace"]


def test_hello_in_another_language():
    steps = run("hello", "Greet Ada and Grace", language="fr")
    assert steps[1].tool_result.data == {"greeting": "Bonjour Ada, quel plaisir !"}


def test_the_readme_of_hello_shows_what_happens():
    readme = (CARTRIDGES / "hello.cartridge" / "README.md").read_text("utf-8")
    times = re.compile(r" \[[\d.]+m?s\]")
    shown = [step.pretty() for step in run("hello", "Greet Ada and Grace")]
    assert times.sub("", "\n".join(shown)) in times.sub("", readme)


def test_the_readme_of_git_detective_shows_its_real_answer(story):
    readme = (CARTRIDGES / "git_detective.cartridge" / "README.md").read_text("utf-8")
    shown = json.loads(re.search(r"```json\n(.*?)```", readme, re.DOTALL)[1])
    assert (
        run("git_detective", "Where is the risk?", repo=str(story.path))[-1].tool_result.data
        == shown
    )


@pytest.mark.parametrize("commits", [0, 1, 2])
def test_the_recorded_detective_has_an_answer_for_a_young_repository(repo, commits):
    for day in range(commits):
        repo.commit({"a.py": "x\n" * (day + 1)}, day=day)
    steps = run("git_detective", "Where is the risk?", repo=str(repo.path))
    assert [step.tool_result.error for step in steps] == [None] * 7
    assert steps[-1].tool_result.data["basis"]["commits"] == commits


def test_the_recorded_detective_says_that_a_folder_is_no_repository(tmp_path):
    overview, done = run("git_detective", "Where is the risk?", repo=str(tmp_path / "nowhere"))
    assert "is not a folder" in overview.tool_result.error
    assert done.tool_result.data["basis"]["limits"]


def answer(*files):
    finding = {"why": "w", "evidence": "1", "severity": "low"}
    findings = [{"file": file, **finding} for file in files]
    return {"tool": "done", "args": {"headline": "h", "findings": findings, "recommendations": []}}


def test_a_hasty_and_inventive_model_is_steered(story):
    script = [
        answer(),
        {"tool": "hotspots"},
        {"tool": "hotspots", "args": {"limit": 1000}},
        {"tool": "file_age"},
        answer("src/cores.py"),
        answer("src/core.py"),
    ]
    steps = run("git_detective", "Where?", script, repo=str(story.path))
    errors = [step.tool_result.error or "" for step in steps]
    assert "Call `hotspots` now" in errors[0]
    assert "100" in errors[2]
    assert "did you mean `src/core.py`?" in errors[4]
    assert [bool(error) for error in errors] == [True, False, True, False, True, False]


@pytest.mark.parametrize("name", ["hello", "git_detective"])
def test_evals_score_the_recorded_run(name, story, detective, hello):
    cartridge = {"hello": hello, "git_detective": detective}[name]
    task = "Greet Ada and Grace"
    steps = run(name, task, **({} if name == "hello" else {"repo": str(story.path)}))
    context = SimpleNamespace(
        steps=steps,
        task=task,
        final_output=steps[-1].tool_result.data,
        artifacts={},
        stop_reason="done",
    )
    for prefix in ("collect", "eval"):
        for path in sorted((cartridge.root / "evals").glob(f"{prefix}_*.py")):
            module = cartridge.load(path.relative_to(cartridge.root).as_posix())
            for function_name in [n for n in vars(module) if n.startswith(f"{prefix}_")]:
                result = getattr(module, function_name)(context)
                if prefix == "collect":
                    context.artifacts |= result
                else:
                    assert result == 1, function_name


@pytest.mark.parametrize("name", ["hello", "git_detective"])
def test_from_the_command_line(name, repo):
    repo.commit({"a.py": "x\n"})
    done = command(
        LOOPLET, "run", str(CARTRIDGES / f"{name}.cartridge"), "?", "--scripted", cwd=repo.path
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_repositories_with_odd_folders_from_the_command_line(tmp_path):
    odd = Repo(tmp_path / "a b'c\"d é")
    odd.commit({"a.py": "x\n"})
    cartridge = str(CARTRIDGES / "git_detective.cartridge")
    arguments = ["?", "--input", f"repo={odd.path}", "--scripted", "--json"]
    done = command(LOOPLET, "run", cartridge, *arguments, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    first = json.loads(done.stdout.splitlines()[0])
    assert odd.path.name in json.dumps(first, ensure_ascii=False).replace('\\"', '"')
