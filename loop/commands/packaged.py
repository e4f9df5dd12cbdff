"""The command of an installed agent: `looplet run` of that one, under its own name.

The two modules that a wheel of a cartridge installs lead here (`looplet.compiler.archive.wheel`).
"""

from __future__ import annotations

import os
import sys
from argparse import SUPPRESS, Action, ArgumentParser
from typing import TYPE_CHECKING

from looplet import cli
from looplet.installed import Installed, installed

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Sequence


def main(command: str, module: str, info: str, argv: Sequence[str] | None = None) -> int:
    """Run the agent that was installed with a module; the exit code is that of `looplet run`.

    command: the name of the distribution, and of its command. module: the file of the module, which
    lies in a folder beside the distribution's metadata. info: the name of the folder with these.
    """
    beside = os.path.dirname(os.path.dirname(os.path.abspath(module)))
    return cli.main(argv, lambda: _parser(command, os.path.join(beside, info)))


def run_packaged(args: Namespace) -> int:
    """Run the command; its exit code. Raises Failure for what keeps the run from starting."""
    from looplet.commands.run import run_cartridge
    from looplet.commands.show import safe

    one = _installed(args.info)
    if one is None or one.problem:
        why = one.problem if one else f"{args.info} is missing; install it again"
        raise cli.Failure(f"{safe(args.name)} cannot be run: {safe(why)}")
    args.cartridge = one.path
    return run_cartridge(args)


def _installed(info: str) -> Installed | None:
    """What is installed there. Not by its name: another one of that name may come before it."""
    beside, folder = os.path.split(info)
    distribution = folder.partition("-")[0].replace("_", "-")
    found = [one for one in installed([beside]) if one.distribution == distribution]
    # Of an editable one the path is that of its own folder.
    return next((one for one in found if one.path == info or one.editable), None)


def _parser(command: str, info: str) -> ArgumentParser:
    """The command line: that of `looplet run`, but for the cartridge."""

    class Version(Action):
        def __call__(self, parser: ArgumentParser, *_: object) -> None:
            from looplet.version import version

            one = _installed(info)
            sys.stdout.write(f"{command} {one.version if one else '?'} (looplet {version()})\n")
            parser.exit()

    class Help(ArgumentParser):
        def format_help(self) -> str:
            self.description = _about(_installed(info), command)
            return super().format_help()

    made = Help(command, formatter_class=cli.formatter)
    made.add_argument(
        "--version", action=Version, nargs=0, default=SUPPRESS, help="print the version"
    )
    cli.add_run(made)
    made.set_defaults(command="packaged", name=command, info=info)
    return made


def _about(one: Installed | None, command: str) -> str:
    """What the agent is for, in its author's words, and what the command does."""
    from looplet.types import printable

    said = printable(" ".join(one.description.split()), 300) if one else ""
    if "%(prog)" in said:  # what argparse would fill in, and then it reads every percent sign
        said = said.replace("%", "%%")
    lines = [said, f"Runs the installed agent {command} with looplet."]
    return "\n\n".join(filter(None, lines))


__all__ = ["main", "run_packaged"]
