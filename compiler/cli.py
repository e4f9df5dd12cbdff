"""The `looplet-compile` command: runs a command, writes its answer, and turns every failure into
one clear line and an exit code.

Exit codes: 0 clean, 1 findings, 2 usage or an output that cannot be written, 130 interrupted.
The commands themselves are in `commands`; they return what is to be said and write nothing.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import IO, NamedTuple, TextIO

_EXTRA = (
    *("click", "yaml", "jsonschema", "jinja2", "packaging"),
    *("referencing", "markupsafe", "rpds", "attrs"),
)
_PIP = 'pip install "looplet[compiler]"'
_BROKEN_PIPE = 141  # what a shell sees of a command that SIGPIPE ended


class Answer(NamedTuple):
    """What a command says: its exit code, text for stdout, remarks for stderr."""

    status: int
    text: str = ""
    remarks: str = ""


def main(argv: Sequence[str] | None = None) -> int:
    """Run `looplet-compile` with `argv` (default: the process's) and return its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if reconfigure := getattr(stream, "reconfigure", None):
            reconfigure(errors="backslashreplace")
    try:
        answer = _answer(sys.argv[1:] if argv is None else argv)
        _write(sys.stderr, answer.remarks)
        _write(sys.stdout, answer.text)
    except BrokenPipeError:
        _give_up(sys.stdout)
        return _BROKEN_PIPE
    except KeyboardInterrupt:
        _give_up(sys.stdout)
        _complain("interrupted")
        return 130
    except OSError as error:
        _give_up(sys.stdout)
        _complain(f"cannot write the output: {error.strerror or error}")
        return 2
    return answer.status


def _answer(argv: Sequence[str]) -> Answer:
    """The answer of the command that `argv` names, whatever happens in it."""
    try:
        import click

        from looplet.compiler.commands.packages import commands
        from looplet.compiler.render.visible import visible
    except ImportError as error:
        return _import_failed(error)
    try:
        answer = commands.main(list(argv), prog_name="looplet-compile", standalone_mode=False)
    except click.ClickException as error:
        return _refused(error)
    except click.Abort:
        raise KeyboardInterrupt from None
    except ImportError as error:
        return _import_failed(error)
    except BrokenPipeError:
        raise
    except OSError as error:
        where = f"{visible(str(error.filename))}: " if error.filename else ""
        return Answer(2, remarks=_line(f"{where}{error.strerror or error}"))
    except Exception as error:
        if os.environ.get("LOOPLET_TRACEBACK"):
            raise
        what = visible(f"{type(error).__name__}: {error}")
        return Answer(2, remarks=_line(f"internal error, please report it: {what}"))
    # `--help` and `--version` wrote for themselves and leave their exit code.
    return answer if isinstance(answer, Answer) else Answer(int(answer or 0))


def _refused(error: object) -> Answer:
    """A usage error, on one line, with where to read more."""
    from looplet.compiler.render.visible import visible

    context = getattr(error, "ctx", None)
    command = context.command_path if context else "looplet-compile"
    what = visible(" ".join(error.format_message().split())).rstrip(".")  # type: ignore[attr-defined]
    what = what[:1].lower() + what[1:]
    return Answer(2, remarks=f"{command}: {what} (see {command} --help)\n")


def _import_failed(error: ImportError) -> Answer:
    if (error.name or "").partition(".")[0] not in _EXTRA:
        raise error
    return Answer(2, remarks=_line(f"{error.name} is not installed; type: {_PIP}"))


def _line(text: str) -> str:
    return f"looplet-compile: {text}\n"


def _write(stream: TextIO | None, text: str) -> None:
    if text and stream is None:
        raise OSError("it is closed")
    if stream is not None:
        stream.write(text)
        stream.flush()


def _complain(text: str) -> None:
    try:
        _write(sys.stderr, _line(text))
    except OSError:
        _give_up(sys.stderr)


def _give_up(stream: IO[str] | None) -> None:
    """Let what the stream still holds go nowhere, or Python complains about it when it ends."""
    try:
        if stream is not None:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, stream.fileno())
            os.close(nowhere)
    except (OSError, ValueError):
        pass
