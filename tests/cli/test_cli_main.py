"""`looplet-compile` as a process: exit codes, one clear line, and no traceback, ever."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from looplet.compiler.cli import main
from looplet.compiler.commands.table import commands

RUN = [sys.executable, "-c", "import sys; from looplet.compiler.cli import main; sys.exit(main())"]


def run(*args: str, **options: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*RUN, *args], capture_output=True, text=True, **options)  # type: ignore


@pytest.mark.parametrize(
    ("args", "line"),
    [
        ([], "looplet-compile: missing command (see looplet-compile --help)"),
        (["check"], "looplet-compile check: missing argument 'PATH...'"),
        (["check", "--formt", "json", "x"], "looplet-compile check: no such option"),
        (["check", "--format", "xml", "x"], "looplet-compile check: invalid value for '--format'"),
        (["explain", "CT9999"], "looplet-compile explain: there is no code CT9999"),
        (["set", "x", "config.max_steps"], "looplet-compile set: write KEY=VALUE"),
        (["set", "x", "=1"], "looplet-compile set: write KEY=VALUE"),
        (["schema", "confg"], "looplet-compile schema: there is no kind confg"),
        (["roundtrip", "a"], "looplet-compile roundtrip: missing argument 'OUT'"),
        (["new", "my agent"], "looplet-compile new: a cartridge cannot be named `my agent`"),
        (["ch\x1b[2J\neck"], "looplet-compile: no such command"),
    ],
)
def test_a_usage_error_is_one_line_and_exit_code_2(
    capsys: pytest.CaptureFixture[str], args: list[str], line: str
) -> None:
    assert main(args) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(line)
    assert err.count("\n") == 1
    assert "\x1b" not in err


def test_help_and_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    assert main(["--version"]) == 0
    out = capsys.readouterr().out
    for name in commands.commands:
        assert f"  {name}" in out
        assert main([name, "--help"]) == 0
    assert "…" not in out
    assert "..." not in out.replace("COMMAND [ARGS]...", "")


def test_help_loads_nothing_that_checking_needs() -> None:
    code = (
        "import sys\n"
        "from looplet.compiler.cli import main\n"
        "main(['--help'])\n"
        "print(*sys.modules, file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    loaded = {name.partition(".")[0] for name in done.stderr.split()}
    assert not loaded & {"yaml", "jsonschema", "jinja2", "asyncio", "json"}
    assert "looplet.compiler.diagnostics" not in done.stderr.split()


def test_without_the_extra_it_says_what_to_type() -> None:
    code = (
        "import sys\n"
        "sys.modules['click'] = None\n"
        "from looplet.compiler.cli import main\n"
        "sys.exit(main(['check', 'x']))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr == (
        'looplet-compile: click is not installed; type: pip install "looplet[compiler]"\n'
    )


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize("args", [["--help"], ["explain"]])
def test_a_full_disk_is_a_clean_message(args: list[str]) -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run([*RUN, *args], stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 2
    assert "No space left on device" in done.stderr
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr


def test_a_closed_pipe_is_quiet() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run([*RUN, "explain"], stdout=writer, stderr=subprocess.PIPE, text=True)
    os.close(writer)
    assert (done.returncode, done.stderr) == (141, "")


def test_closed_standard_output_is_a_clean_message() -> None:
    done = subprocess.run(
        ["sh", "-c", '"$@" >&-', "sh", *RUN, "explain"], stderr=subprocess.PIPE, text=True
    )
    assert done.returncode == 2
    assert done.stderr == "looplet-compile: cannot write the output: it is closed\n"


@pytest.mark.skipif(os.name == "nt", reason="needs a named pipe")
def test_an_interrupt_is_exit_code_130() -> None:
    code = (
        "import sys, time\n"
        "from looplet.compiler import cli\nfrom looplet.compiler.commands import explain, table\n"
        "def wait(family): print('ready', file=sys.stderr, flush=True); time.sleep(30)\n"
        "explain.catalogue = wait\n"
        "sys.exit(cli.main(['explain']))"
    )
    with subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.PIPE, text=True) as child:
        assert child.stderr is not None
        assert child.stderr.readline() == "ready\n"
        time.sleep(0.1)
        child.send_signal(signal.SIGINT)
        said = child.stderr.read()
    assert child.returncode == 130
    assert said.strip() == "looplet-compile: interrupted"


def test_an_output_that_cannot_spell_a_character_escapes_it() -> None:
    done = run("schema", "värld…", env={**os.environ, "PYTHONIOENCODING": "ascii"})
    assert done.returncode == 2
    assert "there is no kind v" in done.stderr


def test_a_bug_is_one_line_unless_its_place_is_asked_for(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from looplet.compiler.commands import explain

    def broken(family: str) -> str:
        raise ValueError("oh\nno\x1b")

    monkeypatch.setattr(explain, "catalogue", broken)
    monkeypatch.delenv("LOOPLET_TRACEBACK", raising=False)
    assert main(["explain"]) == 2
    said = capsys.readouterr().err
    assert said == "looplet-compile: internal error, please report it: ValueError: oh\\nno\\x1b\n"
    monkeypatch.setenv("LOOPLET_TRACEBACK", "1")
    with pytest.raises(ValueError, match="oh"):
        main(["explain"])
