"""TerminalView: finished steps, and below them what is going on, redrawn a few times a second.

Being told of an event costs the run no more than a note of it: a thread of the view's own draws.
What models and tools say is shown as text, never sent to the terminal as it came.
"""

from __future__ import annotations

from contextlib import contextmanager, suppress
from threading import Event as Signal
from threading import RLock, Thread
from time import monotonic

from looplet.events import (
    ANSWER,
    MODEL_END,
    QUESTION,
    RUN_END,
    RUN_START,
    STEP,
    TOOL_END,
    TOOL_START,
)
from looplet.live.frame import Frame, Note
from looplet.live.now import Now
from looplet.live.plain import line_of
from looplet.live.view import View

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator
    from typing import Any, Final, TextIO

    from looplet.events import Event

EVERY_S: Final = 0.1
CLOSING_S: Final = 2.0
"""A terminal that takes no output (Ctrl-S) must not keep the process for longer than this."""

_NO_RUN: Final = "no run"


class TerminalView(View):
    """A live view, drawn with rich. Raises ImportError where that is missing."""

    def __init__(self, stream: TextIO) -> None:
        from rich.console import Console

        super().__init__(stream)
        self._console = Console(
            file=self._output,  # type: ignore[arg-type]
            markup=False,
            emoji=False,
            highlight=False,
        )
        self._frame = Frame(self._console)
        self._now = Now()
        self._live: Any = None
        self._left: list[Note] = []
        self._replies: dict[Any, str] = {}
        self._held_by: set[Hashable] = {_NO_RUN}
        self._questions: set[Hashable] = set()
        # Two locks: what is told is noted under the one, at once; the other may be held for as
        # long as the terminal takes to draw.
        self._lock = RLock()
        self._screen = RLock()
        self._closing = Signal()
        self._thread: Thread | None = None
        self._is_lost = False

    # ── listening ─────────────────────────────────────────────────────────────────────────────

    def __call__(self, event: Event) -> None:
        kind = event.event
        if self._closing.is_set():
            return
        begins = kind == RUN_START and not event.agent
        with self._lock:
            if begins:
                self._now = Now()
                self._questions.clear()
            self._now.follow(event, monotonic())
            self._note(event)
        if kind == QUESTION:
            with self._lock:
                self._questions.add(_asked(event))
            self._leave()
        elif kind == ANSWER or (kind == TOOL_END and self._questions):
            # At the end of its call it is over, also if it was never answered.
            with self._lock:
                self._questions.discard(_asked(event))
        elif begins:
            self._let_go(_NO_RUN)
            self._start()
        elif kind == RUN_END and not event.agent:
            self._hold(_NO_RUN)

    def _note(self, event: Event) -> None:
        """Keep the lines that this event leaves on the screen for good."""
        whose = (event.within, event.agent)
        if event.event == MODEL_END and event.reply is not None:
            self._replies[whose] = event.reply.text
        elif event.event in (TOOL_START, TOOL_END, QUESTION) and whose in self._replies:
            text = self._replies.pop(whose)
            call, result = event.tool_call, event.tool_result
            detail = result.error_detail if result is not None else None
            if call is not None:
                if detail is None or detail.kind != "not_parsed":
                    text = call.reasoning  # without the calls that a text model writes
                if text.strip():
                    self._left.append(Note(text, "said", event.agent))
        if (line := line_of(event)) is not None:
            kind = "news"
            if event.event == STEP and event.step is not None:
                kind = "good" if event.step.tool_result.error is None else "bad"
            self._left.append(Note(line, kind))
        if self._is_lost:
            self._write_plainly(self._taken())

    def _taken(self) -> list[Note]:
        """What is to be shown for good, taken from where it is kept."""
        with self._lock:
            left, self._left = self._left, []
        return left

    # ── drawing ───────────────────────────────────────────────────────────────────────────────

    def _start(self) -> None:
        if self._thread is None:
            self._thread = Thread(target=self._keep_drawing, daemon=True)
            try:
                self._thread.start()
            except RuntimeError:  # no more threads to be had, or Python is ending
                self._give_up([])

    def _keep_drawing(self) -> None:
        while not self._closing.wait(EVERY_S):
            self._draw()

    def _draw(self) -> None:
        left: list[Note] = []
        try:
            with self._screen:
                with self._lock:
                    if self._held_by or self._questions or self._is_lost:
                        return
                    left = self._taken()
                    frame = self._frame.of(self._now, monotonic())
                self._live = self._live or self._new_live()
                with self._console:  # one write for both
                    self._print(left)
                    self._live.update(frame, refresh=True)
        except Exception:  # whatever it is, a run must not end for being watched
            self._give_up(left)

    def _new_live(self) -> Any:
        from rich.live import Live

        live = Live(console=self._console, auto_refresh=False, transient=True)
        live.start()
        # Not hidden: a process that is killed could not bring it back.
        self._console.show_cursor(True)
        return live

    def _print(self, left: list[Note]) -> None:
        if left:
            # Not wrapped by us: lines that the terminal wraps are copied whole.
            self._console.print(self._frame.kept(left), soft_wrap=True)

    def _leave(self) -> None:
        """Take the drawing off the screen; the finished lines stay."""
        left: list[Note] = []
        try:
            with self._screen:
                left = self._taken()
                with self._console:
                    self._print(left)
                    if self._live is not None:
                        self._live.update("")
                        self._live.stop()
                self._live = None  # last: if Ctrl-C comes in between, `close` tries again
        except Exception:
            self._give_up(left)

    def _give_up(self, left: list[Note]) -> None:
        """Go on as plain lines."""
        with self._lock:
            self._is_lost = True
            left = left + self._taken()
            live, self._live = self._live, None
        with suppress(Exception):
            if live is not None:
                live.stop()
        self._write_plainly(left)

    def _write_plainly(self, left: list[Note]) -> None:
        for note in left:
            if note.kind != "said":
                self._output.line(note.words)

    # ── leaving the terminal to others ────────────────────────────────────────────────────────

    def _hold(self, why: Hashable) -> None:
        with self._lock:
            self._held_by.add(why)
        self._leave()

    def _let_go(self, why: Hashable) -> None:
        with self._lock:
            self._held_by.discard(why)

    @contextmanager
    def paused(self) -> Iterator[None]:
        why = object()
        self._hold(why)
        try:
            yield
        finally:
            self._let_go(why)

    def close(self) -> None:
        self._closing.set()
        with self._lock:
            self._held_by.add("closed")
        if self._screen.acquire(timeout=CLOSING_S):
            try:
                self._leave()
            finally:
                self._screen.release()
        if self._thread is not None and self._thread.is_alive():
            self._thread.join(CLOSING_S)


def _asked(event: Event) -> Hashable:
    call = event.tool_call
    return (event.within, event.agent, "" if call is None else call.call_id)
