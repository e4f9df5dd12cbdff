"""The `looplet` command: reads the command line, runs one of `looplet.commands`, returns its code.

Exit codes: 0 done, 1 a package that is refused, 2 usage or a cartridge that cannot run, 3 the run
stopped before it was done, 4 it waits for an answer, 130 interrupted, 141 nobody reads the output
any more, 143 terminated. It works without any extra; a command that needs one says which.
"""

from __future__ import annotations

import os
import sys
from errno import ENOSPC

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
    from collections.abc import Callable, Sequence
    from typing import TextIO

ABOUT = "Run agents that are folders. `looplet-compile` checks, edits and packs them."
EPILOG = """\
examples:
  looplet list
  looplet run hello "Greet Ada and Grace" --scripted
  looplet run my_agent.cartridge "Find the bug" --input repo=. --max-steps 20
  looplet run dist/my_agent-1.0.0.cartridge "Find the bug"

  looplet run my_agent.cartridge "Find the bug" --model ollama:qwen3 --checkpoint runs/1
  looplet resume runs/1

A model is what --model says, else what the cartridge names, else what the environment has.
"""


class Failure(Exception):
    """What ends a command: its text is for stderr, `code` is the exit code."""

    def __init__(self, text: str, code: int = 2) -> None:
        super().__init__(text)
        self.code = code


class Terminated(KeyboardInterrupt):
    """The process was told to end by a signal; `number` says which."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number


def main(
    argv: Sequence[str] | None = None, arguments: Callable[[], ArgumentParser] | None = None
) -> int:
    """Run `looplet` with `argv` (default: the process's) and return its exit code.

    arguments: what reads them, for a command of another name; `parser` if left out.
    """
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # the process was started without one
            setattr(sys, name, open(os.devnull, "w"))  # noqa: SIM115 (for as long as it runs)
    for stream in (sys.stdout, sys.stderr):
        if reconfigure := getattr(stream, "reconfigure", None):
            reconfigure(errors="backslashreplace")
    try:
        code = _answer(sys.argv[1:] if argv is None else argv, arguments or parser)
        sys.stdout.flush()
    except BrokenPipeError:
        _drop(sys.stdout)
        return 141  # what a shell sees of a command that SIGPIPE ended
    except Terminated as end:
        _say("terminated")
        return 128 + end.number
    except KeyboardInterrupt:
        _say("interrupted")
        return 130
    except OSError as error:
        if error.errno != ENOSPC:
            raise
        _drop(sys.stdout)
        _say(f"the output cannot be written: {error.strerror}")
        return 1
    return code


def _answer(argv: Sequence[str], arguments: Callable[[], ArgumentParser]) -> int:
    try:
        args = arguments().parse_args(argv)
    except SystemExit as stop:  # argparse has said what there is to say
        return int(stop.code or 0)
    try:
        return _run(args)
    except Failure as failure:
        _say(str(failure))
        return failure.code


def _run(args: Namespace) -> int:
    if args.command == "list":
        from looplet.commands.list import list_cartridges

        return list_cartridges(args.json, args.index)
    if args.command == "packaged":
        from looplet.commands.packaged import run_packaged

        return run_packaged(args)
    if args.command == "mcp":
        from looplet.commands.mcp import serve

        return serve(args)
    if args.command == "resume":
        from looplet.commands.resume import resume_run

        return resume_run(args)
    from looplet.commands.run import run_cartridge

    return run_cartridge(args)


def parser() -> ArgumentParser:
    """The command line of `looplet`."""
    from argparse import SUPPRESS, Action, ArgumentParser

    class Version(Action):
        def __call__(self, parser: ArgumentParser, *_: object) -> None:
            from looplet.version import version

            sys.stdout.write(f"looplet {version()}\n")
            parser.exit()

    top = ArgumentParser("looplet", description=ABOUT, epilog=EPILOG, formatter_class=formatter)
    top.add_argument(
        "--version", action=Version, nargs=0, default=SUPPRESS, help="print the version"
    )
    commands = top.add_subparsers(dest="command", metavar="COMMAND", required=True)

    run = commands.add_parser(
        "run",
        help="run an agent on a task",
        description="Run an agent on a task.",
        formatter_class=formatter,
    )
    run.add_argument(
        "cartridge",
        metavar="CARTRIDGE",
        help="a folder, a package file, or the name of an installed or shipped cartridge",
    )
    run.add_argument(
        "--index",
        metavar="URL-or-DIR",
        help="fetch the cartridge of that name from an index; that in LOOPLET_INDEX is asked for "
        "what is not here",
    )
    add_run(run)
    add_trust(run)

    resume = commands.add_parser(
        "resume",
        help="go on with a saved run",
        description="Go on with a run that was saved with --checkpoint. A run that is done is "
        "shown again.",
        formatter_class=formatter,
    )
    resume.add_argument("folder", metavar="DIR", help="the folder that the run is saved in")
    resume.add_argument(
        "--answer", metavar="TEXT", help="the answer to the question that the run is waiting for"
    )
    _add_model(resume)
    _add_running(resume)
    add_trust(resume)

    listing = commands.add_parser(
        "list",
        help="list the cartridges that are installed, and those that come with looplet",
        description="List the cartridges that are installed, and those that come with looplet.\n"
        "Exits with 1 if one of them cannot be used; what is wrong with it is told beside it.",
        formatter_class=formatter,
    )
    listing.add_argument("--json", action="store_true", help="print them as JSON")
    listing.add_argument(
        "--index", metavar="URL-or-DIR", help="list what an index of packages has, instead"
    )
    from looplet.commands.mcp_arguments import add_mcp

    add_mcp(commands, formatter)
    return top


def formatter(prog: str) -> RawDescriptionHelpFormatter:
    """How help is laid out."""
    from argparse import RawDescriptionHelpFormatter

    # Told the width, argparse needs no shutil, which costs more than all the rest of it.
    return RawDescriptionHelpFormatter(prog, width=_width())


def add_run(run: ArgumentParser) -> None:
    """What can be said of a run, whichever command begins it and however it knows the cartridge."""
    run.add_argument("task", metavar="TASK", help="what to do")
    run.add_argument(
        "--input",
        metavar="NAME=VALUE",
        action="append",
        default=[],
        help="give an input; may be repeated",
    )
    run.add_argument(
        "--checkpoint",
        metavar="DIR",
        help="save the run in this new folder, to go on after a crash",
    )
    _add_model(run)
    _add_running(run)


def _add_model(command: ArgumentParser) -> None:
    command.add_argument(
        "--model",
        metavar="SPEC",
        help="openai:NAME, anthropic:NAME, ollama:NAME or local:PATH.gguf",
    )
    command.add_argument(
        "--scripted", action="store_true", help="take the model's replies from the demo script"
    )
    command.add_argument(
        "--script", metavar="FILE", help="take the model's replies from this script (.json or .py)"
    )


def add_locked(command: ArgumentParser) -> None:
    command.add_argument(
        "--locked",
        action="store_true",
        help="refuse to run unless everything is as cartridge.lock has it",
    )


def add_trust(command: ArgumentParser) -> None:
    command.add_argument(
        "--trust",
        action="store_true",
        help="run a package file from elsewhere without asking",
    )


def _add_running(command: ArgumentParser) -> None:
    add_locked(command)
    command.add_argument("--max-steps", metavar="N", type=_steps, help="stop after N tool calls")
    command.add_argument(
        "--ask", action="store_true", help="ask for approvals, and read the answers from stdin"
    )
    command.add_argument(
        "--in-flight",
        choices=("auto", "repeat", "skip", "ask"),
        default="auto",
        help="what to do with a call that was running when a saved run was cut off (auto: repeat "
        "it if its tool is idempotent, else ask)",
    )
    shown = command.add_mutually_exclusive_group()
    shown.add_argument(
        "--live", action="store_true", default=None, help="draw the run on the terminal as it goes"
    )
    shown.add_argument(
        "--plain", action="store_false", dest="live", help="print a line for each step"
    )
    shown.add_argument(
        "--json", action="store_true", help="print a step a line, then the result, as JSON"
    )
    shown.add_argument(
        "--events", action="store_true", help="print every event, then the result, as JSON lines"
    )


def _steps(text: str) -> int:
    from argparse import ArgumentTypeError

    if not (text.isascii() and text.isdigit() and len(text) < 10 and int(text)):
        raise ArgumentTypeError(f"it is a whole number from 1 up, not {text!r:.40}")
    return int(text)


def _width() -> int:
    try:
        return min(int(os.environ["COLUMNS"]), 120)
    except (KeyError, ValueError):
        pass
    try:
        return min(os.get_terminal_size(1).columns, 120) or 80
    except OSError:
        return 80


def _say(text: str) -> None:
    try:
        sys.stderr.write(f"looplet: {text}\n")
        sys.stderr.flush()
    except OSError:
        _drop(sys.stderr)


def _drop(stream: TextIO) -> None:
    """Let what the stream still holds go nowhere, or Python complains about it when it ends."""
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
    except (OSError, ValueError):
        pass


if __name__ == "__main__":
    # Not this `main`: the commands raise the Failure of `looplet.cli`, which `__main__` is not.
    from looplet import cli

    sys.exit(cli.main())
