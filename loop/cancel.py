"""CancelToken: one flag that a host sets and everything in a run can see."""

from __future__ import annotations


class Cancelled(Exception):
    """Raised by `raise_if_cancelled` in a tool that was told to stop."""


class CancelToken:
    """Cancelling a token cancels the tokens made from it; never the one it was made from."""

    __slots__ = ("_cancelled", "_parent")

    def __init__(self, parent: CancelToken | None = None) -> None:
        self._cancelled = False
        self._parent = parent

    def cancel(self) -> None:
        self._cancelled = True

    @property
    def is_cancelled(self) -> bool:
        return self._cancelled or (self._parent is not None and self._parent.is_cancelled)

    def raise_if_cancelled(self) -> None:
        if self.is_cancelled:
            raise Cancelled("the run was cancelled")
