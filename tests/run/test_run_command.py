import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from looplet.cli import main

DONE = {"tool": "done", "args": {"summary": "ok"}}


def script(path: Path, *replies: Any) -> Path:
    file = path / "script.json"
    file.write_text(json.dumps(replies))
    return file


@pytest.fixture
def run(cartridge: Any, tmp_path: Path, capsys: Any, monkeypatch: Any) -> Any:
    """run(*replies, args=[…], files={…}): the exit code, stdout and stderr of a scripted run."""
    monkeypatch.setenv("LOOPLET_CACHE_DIR", str(tmp_path / "cache"))
    for name in ("OPENAI_MODEL", "OPENAI_BASE_URL", "OPENAI_API_KEY"):
        monkeypatch.delenv(name, raising=False)

    def command(*replies: Any, args: Any = (), files: Any = None) -> tuple[int, str, str]:
        scripted = ["--script", str(script(tmp_path, *replies))] if replies else []
        code = main(["run", str(cartridge(files)), "a task", *scripted, *args])
        out, err = capsys.readouterr()
        return code, out, err

    return command


def test_a_scripted_run(run: Any) -> None:
    code, out, err = run(args=["--scripted"])
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert lines[0].startswith("#1 ✓ word() → hi [")
    assert lines[1].startswith("#2 ✓ done(summary=it is done) → summary: it is done [")
    assert lines[2:] == ["", "it is done"]


def test_as_json(run: Any) -> None:
    code, out, _ = run({"tool": "say", "args": {"text": "\x9b5m"}}, DONE, args=["--json"])
    assert code == 0 and out.isascii()
    first, second, result = map(json.loads, out.splitlines())
    assert (first["step"], second["step"]) == (1, 2)
    assert first["tool_result"]["data"] == {"said": "\x9b5m"}
    assert result["result"] == {"summary": "ok"} and result["stop_reason"] == "done"
    assert result["steps"] == 2 and "usage" in result


def test_inputs_are_read_as_their_schemas_say(run: Any) -> None:
    code, out, _ = run(args=["--scripted", "--input", "word=1=", "--input", "times=3"])
    assert code == 0 and "word() → 1=1=1= [" in out


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (["times=many"], "`times` must be an integer"),
        (["wrod=x"], "`wrod` is not an input; did you mean `word`?"),
        (["word"], "--input takes NAME=VALUE, not 'word'"),
        (["word=a", "word=b"], "the input 'word' is given twice"),
    ],
)
def test_inputs_that_do_not_fit(run: Any, given: list[str], says: str) -> None:
    args = [part for pair in given for part in ("--input", pair)]
    code, out, err = run(args=["--scripted", *args])
    assert (code, out) == (2, "") and says in err and err.startswith("looplet: ")


def test_a_missing_input_is_told_before_anything_runs(run: Any, tmp_path: Path) -> None:
    files = {
        "config.yaml": "inputs:\n  repo: {type: string, description: the repository}\n",
        "resources/r.py": f"import os\nos.mkdir({str(tmp_path / 'ran')!r})\ndef build(): pass\n",
        "tools/word/execute.py": "def execute(): pass\n",
        "tools/word/tool.yaml": "name: word\ndescription: W.\n",
    }
    code, _, err = run(args=["--scripted"], files=files)
    assert code == 2 and "`repo` is missing (string: the repository)" in err
    assert not (tmp_path / "ran").exists()


def test_a_run_that_is_stopped(run: Any) -> None:
    code, out, err = run(
        {"tool": "word"}, {"tool": "word"}, {"tool": "word"}, args=["--max-steps", "2"]
    )
    assert code == 3 and len(out.splitlines()) == 2
    assert err == "looplet: stopped: max_steps: after 2 steps\n"


def test_a_stopped_run_as_json_has_its_result_too(run: Any) -> None:
    code, out, _ = run({"tool": "word"}, {"tool": "word"}, args=["--max-steps", "1", "--json"])
    assert code == 3
    assert json.loads(out.splitlines()[-1])["stop_reason"] == "max_steps"


def test_a_script_that_is_too_short(run: Any) -> None:
    code, _, err = run({"tool": "word"})
    assert code == 3
    assert err.startswith("looplet: stopped: model_error: ScriptError: the script has 1 reply, and")


def test_a_hook_that_raises_is_told_with_its_place(run: Any) -> None:
    hook = "class H:\n    def pre_prompt(self, state, log, context, step_num):\n        1 / 0\n"
    code, _, err = run(
        args=["--scripted"],
        files={"hooks/10_H/config.yaml": "class_name: H\n", "hooks/10_H/hook.py": hook},
    )
    assert code == 3
    where = "hooks/10_H/hook.py:3: ZeroDivisionError: division by zero"
    assert err == f"looplet: stopped: hook_error: {where}\n"


@pytest.mark.parametrize(
    ("files", "says"),
    [
        (
            {
                "hooks/10_H/config.yaml": "class_name: H\n",
                "hooks/10_H/hook.py": "class H:\n"
                "    def on_loop_end(self, state, log, context, llm):\n        1 / 0\n",
            },
            "hooks/10_H/hook.py:3: ZeroDivisionError: division by zero",
        ),
        (
            {
                "resources/r.py": "class R:\n    def close(self):\n        1 / 0\n"
                "def build():\n    return R()\n"
            },
            "resources/r.py:3: ZeroDivisionError: division by zero",
        ),
    ],
)
def test_what_fails_after_the_run_is_told_and_changes_no_outcome(
    run: Any, files: Any, says: str
) -> None:
    code, out, err = run(args=["--scripted"], files=files)
    assert code == 0 and out.endswith("\nit is done\n")
    assert err == f"looplet: after the run: {says}\n"


@pytest.mark.parametrize(
    ("build", "says"),
    [
        ("def make():\n        1 / 0\n    return make", "resources/s.py:3: ZeroDivisionError"),
        ("return 5", "TypeError: a int is no state"),
    ],
)
def test_a_state_that_cannot_be_made_is_told(run: Any, build: str, says: str) -> None:
    files = {"config.yaml": "state: '@s'\n", "resources/s.py": f"def build():\n    {build}\n"}
    code, out, err = run(DONE, files=files)
    assert (code, out) == (2, "") and err.startswith(f"looplet: {says}")


def test_a_state_of_the_agents_own_is_enough(run: Any) -> None:
    files = {
        "config.yaml": "state: '@s'\n",
        "resources/s.py": "class S:\n    pass\ndef build():\n    return S\n",
    }
    code, _, err = run({"tool": "done", "args": {}}, args=["--max-steps", "1"], files=files)
    assert (code, err) == (3, "looplet: stopped: max_steps: after 1 step\n")


def test_python_m_fails_as_the_command_does(cartridge: Any, looplet: Any) -> None:
    done = looplet("run", cartridge(), "a task", "--script", "gone.json")
    assert done.returncode == 2
    assert done.stderr == "looplet: gone.json: No such file or directory\n"


def test_a_cartridge_that_does_not_check_clean_is_not_run(run: Any) -> None:
    code, out, err = run(args=["--scripted"], files={"config.yaml": "max_stepz: 3\n"})
    assert (code, out) == (2, "")
    assert "error[CT201]" in err and "config.yaml:1:1" in err
    assert "does not check clean, so it was not run" in err


def test_code_that_does_not_load_is_told_with_its_place(run: Any) -> None:
    code, out, err = run(
        args=["--scripted"], files={"resources/r.py": "\ndef build():\n    open('/gone')\n"}
    )
    assert (code, out) == (2, "")
    assert err.startswith("looplet: resources/r.py:3: FileNotFoundError")


def test_no_model(run: Any) -> None:
    code, out, err = run()
    assert (code, out) == (2, "")
    assert "no model is configured" in err and "--scripted" in err and "OPENAI_BASE_URL" in err


def test_terminal_control_characters_are_shown_and_not_sent(run: Any) -> None:
    evil = "\x1b]0;pwned\x07\x9b31m\u202e"
    done = {"tool": "done", "args": {"summary": f"line one\n{evil}"}}
    code, out, err = run({"tool": evil, "args": {}}, {"tool": "say", "args": {"text": evil}}, done)
    assert code == 0
    assert not {"\x1b", "\x07", "\x9b", "\u202e"} & {*out, *err}
    assert "line one\n\\x1b]0;pwned\\x07\\x9b31m\\u202e" in out


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (["run", "nowhere.cartridge", "x"], "there is no folder or file 'nowhere.cartridge'"),
        (["run", "helo", "x"], "did you mean `hello`?"),
        (["run", "hello"], "the following arguments are required: TASK"),
        (["run", "hello", "x", "--max-steps", "0"], "it is a whole number from 1 up, not '0'"),
        (["run", "hello", "x", "--scripted", "--script", "s.json"], "give one of them"),
        (["run", "hello", "x", "--script", "gone.json"], "gone.json: No such file or directory"),
        (["fly"], "invalid choice: 'fly'"),
        ([], "COMMAND"),
    ],
)
def test_wrong_usage(args: list[str], says: str, capsys: Any) -> None:
    assert main(args) == 2
    out, err = capsys.readouterr()
    assert out == "" and says in err and "Traceback" not in err


def test_a_shipped_cartridge_by_its_name(capsys: Any) -> None:
    assert main(["run", "hello", "Greet Ada and Grace", "--scripted"]) == 0
    assert "#1 ✗ done(" in capsys.readouterr().out


def test_the_list_of_shipped_cartridges(capsys: Any) -> None:
    assert main(["list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert any(line.startswith("hello ") and len(line) > 30 for line in lines)


def test_version_and_help(capsys: Any) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("looplet ")
    assert main(["run", "--help"]) == 0
    assert "--max-steps" in capsys.readouterr().out


# ── as a process ──────────────────────────────────────────────────────────────────────────────────


def test_nobody_reads_the_output(cartridge: Any, looplet: Any) -> None:
    read, write = os.pipe()
    os.close(read)
    done = looplet(
        "run",
        cartridge(),
        "x",
        "--scripted",
        stdout=write,
        capture_output=False,
        stderr=subprocess.PIPE,
    )
    os.close(write)
    assert done.returncode == 141 and done.stderr == ""


def test_interrupted(cartridge: Any, tmp_path: Path) -> None:
    slow = "import time\ndef execute(ctx):\n    print('started', flush=True)\n    time.sleep(20)\n"
    root = cartridge(
        {"tools/word/execute.py": slow, "tools/word/tool.yaml": "name: word\ndescription: W.\n"}
    )
    env = {**os.environ, "LOOPLET_CACHE_DIR": str(tmp_path / "cache")}
    process = subprocess.Popen(
        [sys.executable, "-m", "looplet.cli", "run", str(root), "x", "--scripted"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=env,
    )
    with process:
        assert process.stdout is not None
        started = process.stdout.readline()
        time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=10)
    assert started == "started\n"
    assert process.returncode == 130 and err == "looplet: interrupted\n"


def test_without_the_extra_it_says_what_to_install(cartridge: Any, tmp_path: Path) -> None:
    code = "import sys\nsys.modules['yaml'] = None\nfrom looplet.cli import main\n"
    code += "sys.exit(main(sys.argv[1:]))"
    command = [sys.executable, "-c", code, "run", str(cartridge()), "x", "--scripted"]
    env = {**os.environ, "LOOPLET_CACHE_DIR": str(tmp_path / "cache")}
    done = subprocess.run(command, capture_output=True, text=True, env=env, timeout=30)
    assert done.returncode == 2
    assert "pip install 'looplet[compiler]'" in done.stderr and "Traceback" not in done.stderr


def test_the_help_loads_no_more_than_it_needs() -> None:
    code = (
        "import sys\nbefore = set(sys.modules)\n"
        "from looplet.cli import main\nmain(['--help'])\n"
        "heavy = {'shutil', 'dataclasses', 'inspect', 'asyncio', 'json', 'pathlib', 'typing'}\n"
        "sys.exit(', '.join((heavy & sys.modules.keys()) - before) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30)
    assert done.stderr == ""


def test_the_example_runs() -> None:
    command = [sys.executable, "-m", "looplet.examples.hello_world", "--scripted"]
    done = subprocess.run(
        command, capture_output=True, text=True, env={**os.environ, "PYTHONIOENCODING": "utf-8"}
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[0].startswith("#1 ✓ greet(name=Ada) → Hello Ada!")


@pytest.mark.skipif(os.name == "nt", reason="a shell closes them")
@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&-", ">&- 2>&-"])
@pytest.mark.parametrize("how", ["", "--json", "--events"])
def test_a_process_without_an_output(cartridge: Any, tmp_path: Path, closed: str, how: str) -> None:
    command = f"{sys.executable} -m looplet.cli run {cartridge()} t --scripted {how} {closed}"
    env = {**os.environ, "LOOPLET_CACHE_DIR": str(tmp_path / "cache")}
    ended = subprocess.run(
        command, shell=True, env=env, capture_output=True, text=True, timeout=30, cwd=tmp_path
    )
    assert (ended.returncode, ended.stderr) == (0, "")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full here")
def test_an_output_that_cannot_be_written_is_said_without_a_traceback() -> None:
    with open("/dev/full", "w") as full:
        ran = subprocess.run(
            [sys.executable, "-m", "looplet.cli", "list"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=30,
        )
    assert ran.returncode == 1
    assert ran.stderr == "looplet: the output cannot be written: No space left on device\n"
