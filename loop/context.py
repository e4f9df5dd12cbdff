"""ToolContext: what a running tool may ask of the run it is in."""

from __future__ import annotations

from looplet.cancel import CancelToken

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

YES = frozenset({"y", "yes", "ok", "allow", "allowed", "approve", "approved", "true", "accept"})


class ToolContext:
    """Handed to a tool that has a parameter `ctx`; each call gets its own.

    resources: the shared objects of the run, by name.
    llm: the run's model.
    metadata: the run's, shared by all calls.
    cancel_token: set when the run is cancelled, and when this call's `timeout_s` is over.
    """

    __slots__ = (
        "_approve",
        "_progress",
        "call",
        "cancel_token",
        "llm",
        "metadata",
        "resources",
        "warnings",
    )

    def __init__(
        self,
        resources: Mapping[str, Any] | None = None,
        llm: Any = None,
        metadata: dict[str, Any] | None = None,
        cancel_token: CancelToken | None = None,
        *,
        approval_handler: Callable[[str, list[str]], Any] | None = None,
        on_progress: Callable[[Any, str, dict[str, Any]], None] | None = None,
    ) -> None:
        self.resources = {} if resources is None else resources
        self.llm = llm
        self.metadata = {} if metadata is None else metadata
        self.cancel_token = CancelToken() if cancel_token is None else cancel_token
        self.warnings: list[str] = []
        self.call: Any = None
        self._approve = approval_handler
        self._progress = on_progress

    def for_call(self, call: Any) -> ToolContext:
        """The context of one call: warnings and cancellation of its own, the rest shared."""
        own = ToolContext(
            self.resources,
            self.llm,
            self.metadata,
            CancelToken(self.cancel_token),
            approval_handler=self._approve,
            on_progress=self._progress,
        )
        own.call = call
        return own

    def warn(self, text: str) -> None:
        """Add a warning to the result; the model reads it too."""
        self.warnings.append(str(text))

    def report_progress(self, text: str, **data: Any) -> None:
        """Tell whoever listens how far this call is; an event, not part of the result."""
        if self._progress is not None:
            self._progress(self.call, str(text), data)

    def approve(self, question: str, options: list[str] | None = None) -> bool:
        """Ask the human. Without an approval handler, and for any unclear answer: False."""
        if self._approve is None:
            return False
        answer = self._approve(question, ["yes", "no"] if options is None else options)
        if hasattr(answer, "__await__"):
            drop(answer)
            raise TypeError("the approval handler is async, and a tool cannot wait for it")
        return is_yes(answer)


def drop(awaitable: Any) -> None:
    """A coroutine that nobody will await: close it, or Python warns about it later."""
    if hasattr(awaitable, "close"):
        awaitable.close()


def is_yes(answer: object) -> bool:
    """Whether an approval handler's answer is a clear yes; everything else is a no."""
    if isinstance(answer, str):
        return answer.strip().lower() in YES
    return answer is True
