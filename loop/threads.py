"""A call in a thread of its own that can be waited for, or given up.

Daemon threads, so that a call that never returns cannot keep the process from ending; that is why
this is not `concurrent.futures`, whose threads are joined at exit.
"""

from __future__ import annotations

import threading
from contextvars import copy_context

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


class Job:
    """`function()` running in a thread, with the caller's context variables."""

    def __init__(
        self, function: Callable[[], Any], when_done: Callable[[], object] | None = None
    ) -> None:
        self._function = function
        self._when_done = when_done
        self._ended = threading.Event()
        self._value: Any = None
        self._error: BaseException | None = None
        context = copy_context()
        threading.Thread(target=context.run, args=(self._run,), daemon=True).start()

    def _run(self) -> None:
        try:
            self._value = self._function()
        except BaseException as error:
            self._error = error
        finally:
            self._ended.set()
            if self._when_done is not None:
                self._when_done()

    def wait(self, timeout_s: float | None = None) -> bool:
        """Whether it ended within the time; without one, wait as long as it takes."""
        return self._ended.wait(timeout_s)

    def result(self) -> Any:
        """What the function returned; what it raised is raised here."""
        self._ended.wait()
        if self._error is not None:
            raise self._error
        return self._value


def run_all(functions: list[Callable[[], Any]], most: int) -> list[Any]:
    """The results of all functions, in order, at most `most` of them running at a time."""
    slots = threading.Semaphore(most)

    def start(function: Callable[[], Any]) -> Job:
        slots.acquire()
        return Job(function, slots.release)

    return [job.result() for job in [start(function) for function in functions]]
