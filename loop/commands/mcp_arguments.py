"""The command line of `looplet mcp …`: apart from what it runs, so that it costs nothing."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def add_mcp(commands: Any, formatter: Any) -> None:
    """Add `mcp serve` to the sub-commands of `looplet`."""
    from looplet.cli import add_locked, add_trust

    about = "Offer a cartridge to clients of the Model Context Protocol."
    mcp = commands.add_parser("mcp", help=about[0].lower() + about[1:-1], formatter_class=formatter)
    serve = mcp.add_subparsers(dest="mcp_command", metavar="COMMAND", required=True).add_parser(
        "serve",
        help="serve its tools, or the whole agent as one tool",
        description=(
            "Serve the tools of a cartridge to the client that started this, over standard input\n"
            "and output, or over HTTP to clients on this machine. Permissions hold; what they ask\n"
            "about is asked of the client, and denied if it cannot ask anybody."
        ),
        formatter_class=formatter,
    )
    serve.add_argument(
        "cartridge",
        metavar="CARTRIDGE",
        help="a folder, a package file, or the name of an installed or shipped cartridge",
    )
    serve.add_argument("--agent", action="store_true", help="offer the agent itself, as one tool")
    serve.add_argument(
        "--http",
        metavar="PORT",
        type=_port,
        help="serve over HTTP on this port; 0: a free one",
    )
    serve.add_argument(
        "--input",
        metavar="NAME=VALUE",
        action="append",
        default=[],
        help="give an input; may be repeated",
    )
    add_locked(serve)
    add_trust(serve)
    serve.add_argument("--model", metavar="SPEC", help="with --agent: the model, as for `run`")
    serve.add_argument("--script", metavar="FILE", help="with --agent: replies from this script")
    serve.add_argument(
        "--scripted", action="store_true", help="with --agent: replies from the demo script"
    )


def _port(text: str) -> int:
    from argparse import ArgumentTypeError

    if not (text.isascii() and text.isdigit() and len(text) < 6 and int(text) < 65536):
        raise ArgumentTypeError(f"it is a port from 0 to 65535, not {text!r:.40}")
    return int(text)


__all__ = ["add_mcp"]
