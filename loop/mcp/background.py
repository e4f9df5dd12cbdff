"""An event loop in a thread of its own, for code that is not async.

One for all servers of a binding. It is a daemon, so that a server that hangs cannot keep the
process; `close` ends it properly.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import CancelledError, Future
from typing import Any, TypeVar

T = TypeVar("T")

LOOK_AGAIN_S = 0.05
"""How soon a cancelled call is noticed; its end is noticed at once."""


class Background:
    def __init__(self, name: str) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def is_here(self) -> bool:
        """Whether this is called in the thread itself, where nothing can be waited for."""
        return threading.current_thread() is self._thread

    def start(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        """Start `work`; its result is in the future."""
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    def wait(
        self, work: Coroutine[Any, Any, T], is_cancelled: Callable[[], bool] | None = None
    ) -> T:
        """The result of `work`. It is cancelled when whoever waits is interrupted or cancelled.

        Raises what it raises, and `CancelledError` of `concurrent.futures` if it was cancelled.
        """
        future = self.start(work)
        try:
            while True:
                try:
                    return future.result(None if is_cancelled is None else LOOK_AGAIN_S)
                except TimeoutError:
                    if future.done():  # then it is its own, and not that of this wait
                        return future.result()
                    if is_cancelled is not None and is_cancelled():
                        raise CancelledError from None
        finally:
            future.cancel()

    def close(self) -> None:
        """Cancel what is left, wait for it, and end the thread."""
        if self._loop.is_closed():
            return
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()
        left = asyncio.all_tasks(self._loop)
        for task in left:
            task.cancel()
        if left:
            self._loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
        self._loop.run_until_complete(self._loop.shutdown_asyncgens())
        self._loop.run_until_complete(self._loop.shutdown_default_executor())


__all__ = ["Background", "CancelledError"]
