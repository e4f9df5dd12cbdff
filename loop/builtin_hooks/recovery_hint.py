"""RecoveryHint: what to try when calls fail."""

from __future__ import annotations

from looplet.builtin_hooks.said import said
from looplet.settings import at_least

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from looplet.types import ToolCall, ToolResult


class RecoveryHint:
    """`recovery_hint`: a text for the model after `after` calls in a row that came to nothing."""

    def __init__(self, *, text: str | None = None, path: str | None = None, after: int = 1) -> None:
        self.text = said("recovery_hint", text, path)
        self.after = at_least("after", after, 1)
        self.failures = 0

    def pre_loop(self, state: Any, session_log: Any, context: Any) -> None:
        self.failures = 0

    def post_dispatch(
        self, state: Any, session_log: Any, tool_call: ToolCall, tool_result: ToolResult, step: int
    ) -> str | None:
        self.failures = 0 if tool_result.error is None else self.failures + 1
        return self.text if self.failures and self.failures % self.after == 0 else None

    def save_state(self) -> dict[str, Any]:
        return {"failures": self.failures}

    def restore_state(self, data: dict[str, Any]) -> None:
        self.failures = data["failures"]
