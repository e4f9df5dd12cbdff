"""Seeing a run as it happens: listeners that show its events.

    with view_for(sys.stdout) as view:
        for step in composable_loop(llm, task, tools, stream=view):
            pass

They never raise, and a stream that nobody reads any more costs the run nothing: look at `gone`.
"""

from __future__ import annotations

import os
import sys

from looplet.live.lines import EventLines
from looplet.live.plain import PlainView
from looplet.live.view import View

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TextIO

__all__ = ["EventLines", "NoLiveView", "PlainView", "View", "view_for"]


class NoLiveView(Exception):
    """A live view was asked for, and cannot be had; the message says why."""


def view_for(stream: TextIO | None = None, *, live: bool | None = None) -> View:
    """A view of a run for this stream (default: the standard output), to be closed afterwards.

    live: True for the live view, False for plain lines; None for the live view where there is a
        terminal to draw on and `rich` is installed, and plain lines everywhere else.

    Raises NoLiveView when it is asked for and there is no terminal, or no `rich`.
    """
    stream = sys.stdout if stream is None else stream
    if live is False:
        return PlainView(stream)
    reason = _no_terminal(stream) or (_is_ci() if live is None else None)
    if reason is None:
        try:
            from looplet.live.terminal import TerminalView

            return TerminalView(stream)
        except ImportError as error:
            if (error.name or "").partition(".")[0] != "rich":
                raise
            reason = "a live view needs rich: pip install 'looplet[live]'"
    if live:
        raise NoLiveView(reason)
    return PlainView(stream)


def _no_terminal(stream: TextIO) -> str | None:
    """Why nothing can be drawn on this stream; None if it is a terminal."""
    try:
        is_terminal = stream.isatty()
    except (AttributeError, ValueError):  # no real file, or a closed one
        is_terminal = False
    if not is_terminal:
        return "a live view needs a terminal, and the output is none"
    if os.environ.get("TERM", "").lower() in ("dumb", "unknown"):
        return f"a live view needs a terminal that can draw, and TERM is {os.environ['TERM']}"
    return None


def _is_ci() -> str | None:
    value = os.environ.get("CI", "").lower()
    return None if value in ("", "0", "false") else "this is a build, and nobody watches"
