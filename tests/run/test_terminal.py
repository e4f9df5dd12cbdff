"""The commands on a real terminal: the live view, a prompt in it, and signals at odd moments."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

DONE = {"tool": "done", "args": {"summary": "ok"}}
SAY = {"tool": "say", "args": {"text": "\x1b]0;evil\x07[bold]hi"}}
SLOW = {
    "tools/say/execute.py": "import time\n\n\ndef execute(*, text: str):\n    time.sleep(0.3)\n"
    "    return {'said': text}\n"
}
ASKS = {"config.yaml": "max_steps: 9\npermissions:\n  ask: [say]\n"}
HIDDEN, SHOWN = "\x1b[?25l", "\x1b[?25h"


class Terminal:
    """A program on a pseudo terminal, and everything that it wrote there."""

    def __init__(self, *args: object, env: dict[str, str] | None = None) -> None:
        self._main, side = pty.openpty()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "looplet.cli", *map(str, args)],
            stdin=side,
            stdout=side,
            stderr=side,
            start_new_session=True,
            env={**os.environ, "TERM": "xterm", "CI": "", "COLUMNS": "90", **(env or {})},
        )
        os.close(side)
        self._bytes = b""

    @property
    def seen(self) -> str:
        return self._bytes.decode(errors="replace")

    def read(self, seconds: float) -> bool:
        """Whether anything came within the time."""
        if not select.select([self._main], [], [], seconds)[0]:
            return False
        try:
            more = os.read(self._main, 65536)
        except OSError:
            more = b""
        self._bytes += more
        return bool(more)

    def wait_for(self, text: str, seconds: float = 30) -> None:
        end = time.monotonic() + seconds
        while text not in self.seen:
            assert time.monotonic() < end, f"no {text!r} in:\n{self.seen}"
            if not self.read(0.1) and self.process.poll() is not None:
                assert text in self.seen, f"it ended without {text!r}:\n{self.seen}"

    def type(self, text: str) -> None:
        os.write(self._main, text.encode())

    def end(self) -> int:
        while self.read(0.05) or self.process.poll() is None:
            pass
        os.close(self._main)
        return self.process.wait(30)


@pytest.fixture
def terminal(cartridge: Any, tmp_path: Path) -> Iterator[Any]:
    """terminal(*replies, files=…, args=…): `looplet run` with a checkpoint, on a terminal."""
    started: list[Terminal] = []

    def start(*replies: Any, files: Any = None, args: Any = ()) -> Terminal:
        (tmp_path / "script.json").write_text(json.dumps(replies))
        given = ("--script", tmp_path / "script.json", "--checkpoint", tmp_path / "saved")
        started.append(Terminal("run", cartridge(files), "a task", *given, *args))
        return started[-1]

    yield start
    for one in started:
        if one.process.poll() is None:
            one.process.kill()
        one.process.wait()


def test_a_live_view_shows_the_steps_and_leaves_the_terminal_as_it_was(terminal: Any) -> None:
    pytest.importorskip("rich")
    run = terminal(SAY, DONE)
    assert run.end() == 0
    plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", run.seen)
    assert "#1 ✓ say(text=" in plain and "#2 ✓ done(summary=ok)" in plain
    assert "\x1b]0;" not in run.seen, "what a model says never reaches the terminal as a command"
    assert "[bold]hi" in plain
    assert run.seen.count(HIDDEN) <= run.seen.count(SHOWN)


@pytest.mark.parametrize("said", ["yes", "no"])
def test_a_prompt_has_the_terminal_to_itself(terminal: Any, said: str) -> None:
    run = terminal(SAY, DONE, files=ASKS)
    run.wait_for("[yes/no] ")
    before = run.seen
    assert before.rfind(SHOWN) >= before.rfind(HIDDEN), "the cursor is there to type with"
    run.type(f"{said}\n")
    assert run.end() == 0
    assert ("→ said: " in run.seen) is (said == "yes")
    assert ("denied: the human said no" in run.seen) is (said == "no")


@pytest.mark.parametrize("where", ["tool", "prompt"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_leaves_a_clean_terminal_and_a_run_that_goes_on(
    terminal: Any, tmp_path: Path, number: signal.Signals, where: str
) -> None:
    files = SLOW if where == "tool" else {**SLOW, **ASKS}
    run = terminal(SAY, SAY, DONE, files=files)
    if where == "prompt":
        run.wait_for("[yes/no] ")
    else:
        run.wait_for("#1 ")
    run.process.send_signal(number)
    assert run.end() == 128 + number
    assert "Traceback" not in run.seen
    assert run.seen.count(HIDDEN) <= run.seen.count(SHOWN)
    assert f"go on with: looplet resume {tmp_path / 'saved'}" in re.sub(r"\s+", " ", run.seen)

    again = Terminal("resume", tmp_path / "saved", "--in-flight", "repeat", "--plain")
    if where == "prompt":
        again.wait_for("[yes/no] ")
        again.type("yes\n")
        again.wait_for("#1 ✓")
        again.wait_for("[yes/no] ")
        again.type("yes\n")
    assert again.end() == 0, again.seen
    assert "done(summary=ok)" in again.seen


def piped(cartridge: Any, how: str) -> subprocess.CompletedProcess[str]:
    """`looplet run --scripted`, shown in this way, with no terminal."""
    command = [sys.executable, "-m", "looplet.cli", "run", cartridge({}), "t", "--scripted", how]
    return subprocess.run(command, capture_output=True, text=True, timeout=30)


def test_no_terminal_for_a_live_view(cartridge: Any) -> None:
    ran = piped(cartridge, "--live")
    assert (ran.returncode, ran.stdout) == (2, "")
    assert "a live view needs a terminal" in ran.stderr


def test_every_event_as_a_line_of_json(cartridge: Any) -> None:
    ran = piped(cartridge, "--events")
    assert (ran.returncode, ran.stderr) == (0, "")
    *events, result = map(json.loads, ran.stdout.splitlines())
    names = [event["event"] for event in events]
    assert (names[0], names[-1], names.count("step")) == ("run_start", "run_end", 2)
    assert result["stop_reason"] == "done"


def test_a_reader_that_leaves_ends_the_run(cartridge: Any) -> None:
    ran = subprocess.run(
        f"{sys.executable} -m looplet.cli run {cartridge({})} t --scripted | head -n 1; "
        'echo "${PIPESTATUS[0]}"',
        shell=True,
        executable="/bin/bash",
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert ran.stdout.splitlines()[-1] in ("0", "141")
    assert "Traceback" not in ran.stderr
