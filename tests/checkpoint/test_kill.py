"""A process that is killed at any instant loses no completed call and repeats none.

Each trial is a process that runs an agent whose tool appends to a file, killed with SIGKILL at a
random moment, and gone on with until it is through. LOOPLET_KILLS sets how many.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
import traceback
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from looplet import (
    CheckpointError,
    DefaultState,
    FileCheckpointStore,
    LoopConfig,
    MockLLMBackend,
    ToolSpec,
    composable_loop,
    tools_from,
)

KILLS = int(os.environ.get("LOOPLET_KILLS", "300"))
CALLS = 40
pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork and SIGKILL")


def script() -> list[Any]:
    """Single calls, and turns of three, until there are CALLS of them."""
    turns: list[Any] = []
    number = 0
    while number < CALLS:
        size = 3 if len(turns) % 3 == 2 else 1
        turn = [
            {"tool": "append", "args": {"n": n}} for n in range(number, min(number + size, CALLS))
        ]
        turns.append(turn)
        number += size
    # More than once: a `done` that was killed and skipped is called anew.
    return [*turns, *[{"tool": "done", "args": {"summary": "through"}}] * 4]


def run_or_go_on(folder: Path, log: Path, idempotency: str, in_flight: str) -> None:
    """What each process does: begin, or go on with what is there."""

    def append(n: int) -> int:
        file = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        os.write(file, b"%d\n" % n)
        os.close(file)
        return n

    spec = ToolSpec(
        "append",
        "",
        {"n": {"type": "integer"}},
        append,
        idempotency=idempotency,
        concurrent_safe=idempotency == "idempotent",
    )
    store = FileCheckpointStore(folder)
    saved = None
    try:
        saved = store.load()
    except CheckpointError as error:
        if error.kind != "nothing":
            raise
    llm = MockLLMBackend(script(), cycle=False)
    llm.skip(0 if saved is None else saved.turns)
    config = LoopConfig(
        checkpoint_dir=store, initial_checkpoint=saved, in_flight=in_flight, max_steps=1000
    )
    state = DefaultState(1000)
    for _ in composable_loop(
        llm, "append", tools_from([spec], include_done=True), config=config, state=state
    ):
        pass
    assert state.stop_reason == "done", state.stop_reason


def forked(*args: Any, kill_at: int | None, after: float = 0.0) -> int:
    """Run it in a process of its own; its exit code, negative if it was killed.

    kill_at: when the journal has so many bytes. after: so many seconds later.
    """
    journal = args[0] / "journal.jsonl"
    child = os.fork()
    if child == 0:
        code = 1
        try:
            run_or_go_on(*args)
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(code)
    if kill_at is not None:
        while size_of(journal) < kill_at and not os.waitid(
            os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT
        ):
            pass
        end = time.perf_counter() + after
        while time.perf_counter() < end:  # a sleep is not exact enough
            pass
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status)


def size_of(path: Path) -> int:
    try:
        return os.stat(path).st_size
    except FileNotFoundError:
        return -1


@pytest.mark.parametrize("idempotency", ["not_idempotent", "idempotent"])
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_killed_at_any_instant(tmp_path: Path, idempotency: str) -> None:
    in_flight = "skip" if idempotency == "not_idempotent" else "auto"
    dice = random.Random(7)
    place = tmp_path / "whole"
    place.mkdir()
    run_or_go_on(place / "run", place / "log", idempotency, in_flight)
    whole = size_of(place / "run" / "journal.jsonl")
    killed = trials = resumed = 0
    while killed < KILLS // 2:
        trials += 1
        assert trials < 20 * KILLS, "the processes end before they can be killed"
        place = tmp_path / str(trials)
        place.mkdir()
        args = (place / "run", place / "log", idempotency, in_flight)
        crashes = 0
        while True:
            there = size_of(place / "run" / "journal.jsonl")
            kill_at = dice.randint(there, max(there, whole)) if crashes < 3 else None
            code = forked(*args, kill_at=kill_at, after=dice.uniform(0, 0.001))
            if code == 0:
                break
            assert code == -signal.SIGKILL, code
            crashes += 1
            killed += 1
        check(place, idempotency, crashes)
        resumed += (place / "run" / "journal.jsonl").read_text().count('{"is": "resume"}')
    # The moments are spread over the whole of a run, or the test would show nothing.
    assert resumed > killed // 2


def check(place: Path, idempotency: str, crashes: int) -> None:
    saved = FileCheckpointStore(place / "run").load()
    assert saved.is_finished
    steps = saved.all_steps()
    assert [step.number for step in steps] == list(range(1, len(steps) + 1))
    assert [step.tool_call.args["n"] for step in steps[:CALLS]] == list(range(CALLS))
    assert {step.tool_call.tool for step in steps[CALLS:]} == {"done"}
    lines = Counter(int(line) for line in (place / "log").read_text().split())
    for step in steps[:CALLS]:
        n = step.tool_call.args["n"]
        if idempotency == "idempotent":
            assert step.tool_result.ok
            assert 1 <= lines[n] <= 1 + crashes
        elif step.tool_result.ok:
            assert lines[n] == 1, f"the completed call {n} was made {lines[n]} times"
        else:
            assert step.tool_result.error_detail is not None
            assert step.tool_result.error_detail.kind == "interrupted"
            assert lines[n] <= 1
    if idempotency == "idempotent":
        assert sum(lines.values()) <= CALLS + 3 * crashes  # of one turn, at most three in flight
    assert sum(not step.tool_result.ok for step in steps) <= crashes


# ── the commands ──────────────────────────────────────────────────────────────────────────────────

CARTRIDGE = {
    "cartridge.json": '{"name": "appender", "schema_version": 2, "description": "Appends."}',
    "config.yaml": "max_steps: 100\ninputs:\n  log: {type: string}\n",
    "prompts/system.md": "Append, then call done.\n",
    "tools/append/tool.yaml": "name: append\ndescription: Append a number.\n"
    "idempotency: not_idempotent\nrequires: [runtime]\nparameters:\n  n: {type: integer}\n",
    "tools/append/execute.py": "import os\nimport time\n\n\ndef execute(ctx, *, n: int):\n"
    "    file = os.open(ctx.resources['runtime']['log'], os.O_WRONLY | os.O_APPEND | os.O_CREAT)\n"
    "    os.write(file, b'%d\\n' % n)\n    os.close(file)\n    time.sleep(0.002)\n    return n\n",
    "tools/done/tool.yaml": "name: done\ndescription: End.\nparameters:\n"
    "  summary: {type: string}\n",
    "tools/done/execute.py": "def execute(*, summary: str):\n    return {'summary': summary}\n",
}


@pytest.fixture
def cartridge(tmp_path: Path) -> Path:
    root = tmp_path / "appender.cartridge"
    for name, text in CARTRIDGE.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    import json

    (tmp_path / "script.json").write_text(json.dumps(script()))
    return root


def looplet(*args: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "looplet.cli", *map(str, args)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def steps_so_far(folder: Path) -> int:
    try:
        return (folder / "journal.jsonl").read_text(errors="replace").count('{"is": "step"')
    except FileNotFoundError:
        return 0


@pytest.mark.parametrize("sign", ["SIGKILL", "SIGTERM", "SIGINT"])
def test_the_commands_go_on_after_a_signal(cartridge: Path, tmp_path: Path, sign: str) -> None:
    """`looplet run --checkpoint` is stopped in the middle, twice, and `looplet resume` goes on."""
    place, number = tmp_path, getattr(signal, sign)
    folder, log = place / "run", place / "log"
    begin = ("run", cartridge, "append", "--input", f"log={log}", "--script", place / "script.json")
    commands = [
        (*begin, "--checkpoint", folder),
        ("resume", folder, "--in-flight", "skip"),
        ("resume", folder, "--in-flight", "skip"),
    ]
    crashes = 0
    for command, until in zip(commands, (8, 20, None), strict=True):
        process = looplet(*command)
        if until is not None:
            while steps_so_far(folder) < until and process.poll() is None:
                time.sleep(0.001)
            process.send_signal(number)
            crashes += 1
        out, err = process.communicate(timeout=60)
        assert "Traceback" not in err, err
        if until is not None:
            # As a shell shows it: ended by the signal, or by the program that saw it.
            assert process.returncode in (-number, 128 + number), err
            if sign != "SIGKILL":
                assert f"go on with: looplet resume {folder}" in err
        else:
            assert process.returncode == 0, err
            assert "through" in out
            assert "going on after" in err
    check(place, "not_idempotent", crashes)

    again = looplet("resume", folder)
    out, err = again.communicate(timeout=60)
    assert (again.returncode, "through" in out, err) == (0, True, "")
