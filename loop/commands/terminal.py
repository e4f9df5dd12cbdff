"""What the commands have to do with a terminal: asking, and signals that end a run."""

from __future__ import annotations

import os
import select
import signal
import sys
from contextlib import contextmanager
from threading import Lock, current_thread, main_thread
from typing import TYPE_CHECKING, Any

from looplet.approval import Later
from looplet.cli import Terminated
from looplet.commands.show import safe

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from looplet.live import View


_asking = Lock()


def asks_in_terminal() -> bool:
    """Whether there is somebody to ask: both ways lead to a terminal."""
    return sys.stdin is not None and sys.stdin.isatty() and sys.stderr.isatty()


def ask(question: str, options: list[str]) -> str:
    """Ask on stderr, and read a line. Raises Later when there is nothing to read any more.

    One at a time: agents that run at the same time ask from threads of their own, and the answer
    to one must not be taken for that to another.
    """
    with _asking:
        sys.stdout.flush()
        sys.stderr.write(f"{safe(question)} [{safe('/'.join(options))}] ")
        sys.stderr.flush()
        try:
            line = _read_line() if sys.stdin is not None else ""
        except UnicodeDecodeError:
            return ""  # whatever it is, it is no yes
        if not line:
            sys.stderr.write("\n")
            raise Later(question, options)
        return line.strip()


def _read_line() -> str:
    """A line of the standard input, or a signal's exception, whichever comes first."""
    in_main = current_thread() is main_thread()
    if sys.platform == "win32" or not in_main or not sys.stdin.isatty():
        return sys.stdin.readline()
    # A signal that comes just before a read is seen only after it. So wait for both.
    woken, waker = os.pipe()
    for end in (woken, waker):
        os.set_blocking(end, False)
    before = signal.set_wakeup_fd(waker, warn_on_full_buffer=False)
    try:
        while sys.stdin not in select.select([sys.stdin, woken], [], [])[0]:
            os.read(woken, 64)  # of a signal that ends nothing, such as a new size of the window
        return sys.stdin.readline()
    finally:
        signal.set_wakeup_fd(before)
        os.close(woken)
        os.close(waker)


def denying(handler: Callable[[str, list[str]], Any]) -> Callable[[str, list[str]], Any]:
    """The same for a run that is not saved: an answer that does not come is a no."""

    def ask_or_deny(question: str, options: list[str]) -> Any:
        try:
            return handler(question, options)
        except Later:
            return "no"

    return ask_or_deny


def while_paused(
    view: View, handler: Callable[[str, list[str]], Any]
) -> Callable[[str, list[str]], Any]:
    """The same, with the terminal to itself: a view that draws on it stops meanwhile."""

    def ask_alone(question: str, options: list[str]) -> Any:
        with view.paused():
            return handler(question, options)

    return ask_alone


@contextmanager
def ended_by_signals() -> Iterator[None]:
    """SIGTERM and SIGHUP end a run as Ctrl-C does; checkpoint and terminal stay in order."""

    def end(number: int, frame: object) -> None:
        raise Terminated(number)

    before = {}
    for name in ("SIGTERM", "SIGHUP"):
        if (number := getattr(signal, name, None)) is not None:
            try:
                before[number] = signal.signal(number, end)
            except ValueError:  # not in the main thread: whoever embeds us handles signals
                break
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
