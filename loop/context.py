"""ToolContext: what a running tool may ask of the run it is in."""

from __future__ import annotations

from looplet.approval import is_yes
from looplet.cancel import CancelToken

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from looplet.config import LoopConfig
    from looplet.events import Event
    from looplet.models.reply import Usage
    from looplet.run import Run
    from looplet.types import ToolCall


class ToolContext:
    """Handed to a tool that has a parameter `ctx`; each call gets its own.

    resources: the shared objects of the run, by name.
    llm: the run's model.
    metadata: the run's, shared by all calls.
    cancel_token: set when the run is cancelled or cut off, and when this call's `timeout_s` is
        over.
    call: the ToolCall that is running.
    """

    __slots__ = (
        "_handler",
        "_progress",
        "_run",
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
        run: Run | None = None,
    ) -> None:
        self.resources = {} if resources is None else resources
        self.llm = llm
        self.metadata = {} if metadata is None else metadata
        self.cancel_token = CancelToken() if cancel_token is None else cancel_token
        self.warnings: list[str] = []
        self.call: ToolCall | None = None
        self._handler = approval_handler
        self._progress = on_progress
        self._run = run

    def for_call(self, call: Any) -> ToolContext:
        """The context of one call: warnings and cancellation of its own, the rest shared."""
        own = ToolContext(
            self.resources,
            self.llm,
            self.metadata,
            CancelToken(self.cancel_token),
            approval_handler=self._handler,
            on_progress=self._progress,
            run=self._run,
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
        """Ask the human. Without an approval handler, and for any unclear answer: False.

        Raises Later where the run is to wait for the answer: let it pass.
        """
        handler = self.approval_handler
        if handler is None:
            return False
        answer = handler(question, ["yes", "no"] if options is None else options)
        if hasattr(answer, "__await__"):
            drop(answer)
            raise TypeError("the approval handler is async, and a tool cannot wait for it")
        return is_yes(answer)

    # ── for tools that are agents themselves ──────────────────────────────────────────────────

    @property
    def approval_handler(self) -> Callable[[str, list[str]], Any] | None:
        """Who to ask, as a function of question and options; None if nobody can be."""
        if self._run is None or self.call is None:
            return self._handler
        return self._run.handler_for(self.call)

    def take_answer(self, question: str) -> Any:
        """What a human answered to a question of this call that the run had stopped at, once.

        None if there is no such answer. For a run that asked it, and that goes on from here.
        """
        if self._run is None or self.call is None:
            return None
        return self._run.take_answer(self.call, question)

    @property
    def state(self) -> Any:
        """The run's state, to read; None outside of a run."""
        return None if self._run is None else self._run.state

    @property
    def config(self) -> LoopConfig | None:
        """The run's configuration, to read; None outside of a run."""
        return None if self._run is None else self._run.config

    @property
    def is_async(self) -> bool:
        """Whether the run has the async driver, so that an awaitable is awaited where it runs."""
        return self._run is not None and self._run.is_async

    @property
    def is_heard(self) -> bool:
        """Whether anybody listens to the run."""
        return self._run is not None and bool(self._run.listeners)

    @property
    def hooks_handed_down(self) -> list[object]:
        """Hooks that hold for the runs of sub-agents too: what `hand_down()` of the run's gave."""
        return [] if self._run is None else [hook.hand_down() for hook in self._run.handed_down]

    @property
    def checkpoint_dir(self) -> str | None:
        """A folder for what this call has to save, below that of the run; None if it saves nothing.

        It need not be there yet. A call that is made again after a crash finds what it left.
        """
        if self._run is None or self.call is None or self._run.recorder is None:
            return None
        return self._run.recorder.folder_of(self.call)

    def emit(self, event: Event) -> None:
        """Hand an event to whoever listens to the run."""
        if self._run is not None:
            if self.call is not None:
                event.within = (self.call.call_id, *event.within)
            self._run.tell(event)

    def add_usage(self, usage: Usage) -> None:
        """Tokens and money that this call spent: they count into the step and the run."""
        if self._run is not None and self.call is not None:
            # A call that is no longer waited for has its step already: the next one carries it.
            call_id = "" if self.cancel_token.is_cancelled else self.call.call_id
            self._run.spent.append((call_id, usage))


def drop(awaitable: Any) -> None:
    """A coroutine that nobody will await: close it, or Python warns about it later."""
    if hasattr(awaitable, "close"):
        awaitable.close()
