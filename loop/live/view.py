"""View: what all views are to whoever runs a loop."""

from __future__ import annotations

from contextlib import contextmanager

from looplet.live.output import Output

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Self, TextIO

    from looplet.events import Event


class View:
    """A listener that shows events on a stream. It may be called from any thread.

    A context manager: at its end the stream is as it was before.
    """

    def __init__(self, stream: TextIO) -> None:
        self._output = Output(stream)

    @property
    def gone(self) -> bool:
        """Whether nobody reads the stream any more. The run goes on; its owner may end it."""
        return self._output.gone

    def __call__(self, event: Event) -> None:
        """Show an event."""
        raise NotImplementedError

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Leave the terminal to someone else in the meantime: to a prompt, to another program."""
        yield

    def close(self) -> None:
        """Show what is left to show. Closing twice is allowed."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
