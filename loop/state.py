"""DefaultState: what a run has done so far, kept up to date step by step, never recomputed."""

from __future__ import annotations

from looplet.models.reply import Usage

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Final

    from looplet.tokens import Window
    from looplet.types import Step

DEFAULT_MAX_STEPS: Final = 15


class DefaultState:
    """The state of one run. A host reads it during and after the run; hooks may write `metadata`.

    steps: every step so far.
    conversation: the messages, in order; only ever appended to, but for a compaction, which
        assigns a new list.
    stop_reason: None while the run goes on; then one of `done`, `max_steps`, `max_free_steps`,
        `hook_stop` (or the word that the hook has for it: `max_tokens`, `max_cost`, `max_seconds`,
        `per_tool_limit`, `stagnation`), `waiting`, `cancelled`, `stopped_by_caller`,
        `model_error`, `tool_error`, `hook_error`, `approval_error`, `checkpoint_error`,
        `interrupted`, `error`. `stop_message` says more.
    question: what a run that is `waiting` asks: `{"question", "options", "call_id", "tool",
        "args"}`; None otherwise.
    final_output: the data of the accepted `done`; also called `result`.
    usage: tokens and cost of the whole run.
    window: the model's window, and how much of it the conversation takes (`looplet.tokens`).
    step_context: free for hooks, emptied before each turn.
    """

    def __init__(self, max_steps: int | None = None) -> None:
        self.limited = max_steps is not None
        self.max_steps = DEFAULT_MAX_STEPS if max_steps is None else max_steps
        self.steps: list[Step] = []
        self.budget_used = 0
        self.task: Any = None
        self.metadata: dict[str, Any] = {}
        self.step_context: dict[str, Any] = {}
        self.conversation: list[dict[str, Any]] = []
        self.usage = Usage()
        self.window: Window | None = None
        self.stop_reason: str | None = None
        self.stop_message = ""
        self.question: dict[str, Any] | None = None
        self.final_output: Any = None

    @property
    def step_count(self) -> int:
        return len(self.steps)

    @property
    def budget_remaining(self) -> int:
        """Steps that may still be made; calls of `free` tools don't use any up."""
        return max(0, self.max_steps - self.budget_used)

    @property
    def result(self) -> Any:
        return self.final_output

    def __repr__(self) -> str:
        return (
            f"DefaultState(step_count={self.step_count}, max_steps={self.max_steps}, "
            f"stop_reason={self.stop_reason!r})"
        )
