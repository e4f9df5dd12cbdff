"""`looplet run --checkpoint` and `looplet resume`: what each says and leaves, and its exit code."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from looplet.cli import main

DONE = {"tool": "done", "args": {"summary": "ok"}}
SAY = {"tool": "say", "args": {"text": "hi"}}
ASKS = {"config.yaml": "max_steps: 5\npermissions:\n  ask: [{tool: say, reason: it is loud}]\n"}


class Commands:
    """run(…) and resume(…): the exit code, stdout and stderr."""

    def __init__(self, cartridge: Any, place: Path, capsys: Any) -> None:
        self._make, self._capsys = cartridge, capsys
        self.folder = place / "saved"
        self.script = place / "script.json"
        self.cartridge: Path

    def run(self, *replies: Any, args: Any = (), files: Any = None) -> tuple[int, str, str]:
        self.script.write_text(json.dumps(replies))
        self.cartridge = Path(self._make(files))
        given = ["--script", str(self.script), "--checkpoint", str(self.folder), *args]
        return self._main("run", str(self.cartridge), "a task", *given)

    def resume(self, *args: str) -> tuple[int, str, str]:
        return self._main("resume", str(self.folder), *args)

    def _main(self, *args: str) -> tuple[int, str, str]:
        code = main([*args])
        out, err = self._capsys.readouterr()
        return code, out, err


@pytest.fixture
def commands(cartridge: Any, tmp_path: Path, capsys: Any) -> Commands:
    return Commands(cartridge, tmp_path, capsys)


def test_a_run_that_was_stopped_goes_on_with_the_next_reply(commands: Commands) -> None:
    code, out, err = commands.run(SAY, SAY, DONE, args=["--max-steps", "1"])
    assert code == 3
    assert out.count("\n") == 1
    assert err == (
        f"looplet: stopped: max_steps: after 1 step; go on with: looplet resume {commands.folder}\n"
    )
    code, out, err = commands.resume("--max-steps", "5")
    assert (code, err) == (0, "looplet: going on after 1 step\n")
    assert out.startswith("#2 ✓ say(text=hi)") and out.endswith("\nok\n")


def test_resuming_without_more_steps_stops_for_the_same_reason(commands: Commands) -> None:
    commands.run(SAY, SAY, DONE, args=["--max-steps", "1"])
    code, out, err = commands.resume()
    assert (code, out) == (3, "")
    assert "stopped: max_steps: after 1 step" in err


def test_a_finished_run_prints_its_result_and_exits_0(commands: Commands) -> None:
    assert commands.run(SAY, DONE)[0] == 0
    assert commands.resume() == (0, "\nok\n", "")
    code, out, err = commands.resume("--json")
    assert (code, err) == (0, "")
    result = json.loads(out)
    assert result["result"] == {"summary": "ok"}
    assert (result["stop_reason"], result["steps"]) == ("done", 2)


def test_a_new_run_in_a_used_folder_is_refused(commands: Commands) -> None:
    commands.run(SAY, DONE)
    code, out, err = commands.run(SAY, DONE)
    assert (code, out) == (2, "")
    assert f"{commands.folder}: there already is a run in it" in err
    assert f"looplet resume {commands.folder}" in err


def test_another_script_can_go_on(commands: Commands, tmp_path: Path) -> None:
    commands.run(SAY, args=["--max-steps", "1"])
    other = tmp_path / "other.json"
    other.write_text(json.dumps([SAY, DONE]))
    code, _, err = commands.resume("--script", str(other), "--max-steps", "5")
    assert (code, err) == (0, "looplet: going on after 1 step\n")


@pytest.mark.parametrize(
    ("path", "before", "after", "says"),
    [
        ("config.yaml", "max_steps: 5", "max_steps: 6", "config.max_steps was 5 and is 6"),
        ("tools/say/execute.py", "return", "return  ", "tools/say/execute.py was changed"),
        ("tools/say/tool.yaml", "Say it.", "Say!", "tools.say.description was 'Say it.' and is"),
        ("prompts/system.md", "You", "I", "prompts.system.text was"),
    ],
)
def test_a_changed_cartridge_is_refused_with_the_difference(
    commands: Commands, path: str, before: str, after: str, says: str
) -> None:
    commands.run(SAY, SAY, DONE, args=["--max-steps", "1"])
    file = commands.cartridge / path
    text = file.read_text()
    assert before in text
    file.write_text(text.replace(before, after))
    code, out, err = commands.resume("--max-steps", "5")
    assert (code, out) == (2, "")
    assert says in err, err
    file.write_text(text)
    assert commands.resume("--max-steps", "5")[0] == 0


def test_a_cartridge_that_is_gone(commands: Commands) -> None:
    commands.run(SAY, args=["--max-steps", "1"])
    commands.cartridge.rename(commands.cartridge.with_name("elsewhere"))
    code, _, err = commands.resume()
    assert code == 2
    assert str(commands.cartridge) in err


def test_a_folder_without_a_run(commands: Commands) -> None:
    code, out, err = commands.resume()
    assert (code, out) == (2, "")
    assert err == (
        f"looplet: {commands.folder}: no run is saved here; nothing of it was done yet\n"
    )


# ── questions ─────────────────────────────────────────────────────────────────────────────────────


def test_a_question_waits_in_the_folder_for_its_answer(commands: Commands) -> None:
    code, out, err = commands.run(SAY, DONE, files=ASKS)
    assert (code, out) == (4, "")
    assert "waiting for an answer: Allow say(text=hi)? (it is loud)" in err
    assert f"looplet resume {commands.folder} --answer yes" in err
    code, out, err = commands.resume()
    assert code == 4
    code, out, err = commands.resume("--answer", "yes")
    assert code == 0
    assert out.startswith("#1 ✓ say(text=hi)")


def test_no_is_recorded_as_a_denial(commands: Commands) -> None:
    commands.run(SAY, DONE, files=ASKS)
    code, out, _ = commands.resume("--answer", "no")
    assert code == 0
    assert "#1 ✗ say(text=hi) → ERROR: denied: the human said no" in out


def test_an_answer_that_nobody_asked_for(commands: Commands) -> None:
    commands.run(SAY, SAY, args=["--max-steps", "1"])
    code, _, err = commands.resume("--answer", "yes")
    assert (code, "not waiting for an answer" in err) == (2, True)


@pytest.mark.parametrize(
    ("typed", "checkpoint", "code", "says"),
    [
        ("yes\n", True, 0, "✓ say(text=hi)"),
        ("no\n", True, 0, "denied: the human said no"),
        ("perhaps\n", True, 0, "denied: the human said no"),
        ("", True, 4, ""),
        ("", False, 0, "denied: the human said no"),
        ("yes\n", False, 0, "✓ say(text=hi)"),
    ],
)
def test_ask_reads_the_answer(
    commands: Commands, typed: str, checkpoint: bool, code: int, says: str
) -> None:
    commands.run(SAY, DONE, files=ASKS)  # makes the cartridge and the script
    given = ["--checkpoint", str(commands.folder) + "2"] if checkpoint else []
    ran = subprocess.run(
        [sys.executable, "-m", "looplet.cli", "run", commands.cartridge, "t", "--ask",
         "--script", commands.script, *given],
        input=typed, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert ran.returncode == code, ran.stderr
    assert "Allow say(text=hi)? (it is loud) [yes/no]" in ran.stderr
    assert says in ran.stdout


def test_without_ask_and_a_folder_a_question_is_a_denial(commands: Commands) -> None:
    commands.run(SAY, DONE, files=ASKS)
    ran = subprocess.run(
        [sys.executable, "-m", "looplet.cli", "run", commands.cartridge, "t", "--script",
         commands.script],
        input="yes\n", capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert "denied: it needs an approval, and nobody can be asked" in ran.stdout
    assert ran.returncode == 0


# ── what cannot be saved ──────────────────────────────────────────────────────────────────────────


def test_a_folder_that_cannot_be_made(commands: Commands) -> None:
    commands.folder = Path(__file__) / "below_a_file"
    code, out, err = commands.run(SAY, DONE)
    assert (code, out) == (3, "")
    assert "stopped: checkpoint_error" in err and "cannot be saved: Not a directory" in err


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full here")
def test_a_full_disk_stops_the_run_with_the_reason(commands: Commands) -> None:
    commands.folder.mkdir()
    (commands.folder / "journal.jsonl.probe").touch()
    limit = "import resource, signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN); "
    limit += "resource.setrlimit(resource.RLIMIT_FSIZE, (9000, 9000)); "
    limit += "from looplet.cli import main; sys.exit(main(sys.argv[1:]))"
    commands.run(SAY, DONE, files={"config.yaml": "max_steps: 99\n"})
    commands.script.write_text(json.dumps([*[SAY] * 60, DONE]))
    folder = f"{commands.folder}2"
    ran = subprocess.run(
        [sys.executable, "-c", limit, "run", commands.cartridge, "t", "--script", commands.script,
         "--checkpoint", folder],
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert ran.returncode == 3, ran.stderr
    assert "Traceback" not in ran.stderr
    assert "stopped: checkpoint_error" in ran.stderr and "File too large" in ran.stderr
    shown = ran.stdout.count("✓ say")
    assert shown > 5
    commands.folder = Path(folder)
    code, _, err = commands.resume("--in-flight", "skip")
    assert code == 0, err
    assert f"going on after {shown} steps" in err


def test_two_at_once_the_second_is_refused(commands: Commands) -> None:
    from looplet.checkpoint.lock import Lock

    commands.run(SAY, SAY, DONE, args=["--max-steps", "1"])
    lock = Lock(str(commands.folder))
    code, _, err = commands.resume("--max-steps", "5")
    assert (code, f"the process {os.getpid()} is running this run" in err) == (2, True)
    lock.close()
    assert commands.resume("--max-steps", "5")[0] == 0


def test_two_models_are_one_too_many(commands: Commands) -> None:
    code, _, err = commands.run(SAY, args=["--model", "openai:x"])
    assert (code, "give one of them" in err) == (2, True)


@pytest.mark.parametrize(
    ("name", "value"),
    [("cartridge", 5), ("inputs", 5), ("max_steps", "x"), ("model", 5), ("script", [])],
)
def test_what_was_noted_and_is_no_longer_that(commands: Commands, name: str, value: Any) -> None:
    commands.run(SAY, DONE, args=["--max-steps", "1"])
    file = commands.folder / "run.json"
    about = json.loads(file.read_text())
    about["host"][name] = value
    file.write_text(json.dumps(about))
    code, out, err = commands.resume()
    assert (code, out) == (2, "") and err.startswith(f"looplet: {commands.folder}: ")


def test_the_command_to_go_on_with_can_be_copied(
    cartridge: Any, tmp_path: Path, capsys: Any
) -> None:
    commands = Commands(cartridge, tmp_path, capsys)
    commands.folder = tmp_path / "two words"
    _, _, err = commands.run(SAY, DONE, args=["--max-steps", "1"])
    assert f"looplet resume '{commands.folder}'" in err
