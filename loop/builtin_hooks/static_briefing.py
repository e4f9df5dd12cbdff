"""StaticBriefing: a text that the model has before its first step, and maybe again."""

from __future__ import annotations

from looplet.builtin_hooks.said import said
from looplet.settings import at_least

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class StaticBriefing:
    """`static_briefing`: a text that the model has before its first step, and every `every` steps.

    text or path: the text, or the file that has it. The conversation keeps what was said, so once
    is mostly enough; after a compaction, which may have lost it, it is said again.
    """

    def __init__(
        self, *, text: str | None = None, path: str | None = None, every: int | None = None
    ) -> None:
        self.text = said("static_briefing", text, path)
        self.every = None if every is None else at_least("every", every, 1)
        self._conversation: Any = None
        self._told = False

    def pre_loop(self, state: Any, session_log: Any, context: Any) -> None:
        self._conversation, self._told = None, False

    def pre_prompt(self, state: Any, session_log: Any, context: Any, step_num: int) -> str | None:
        # A compaction makes a new conversation; so does a resume, which lost nothing.
        is_new = state.conversation is not self._conversation and not self._told
        self._conversation, self._told = state.conversation, False
        again = self.every is not None and (step_num - 1) % self.every == 0
        return self.text if is_new or again else None

    def save_state(self) -> dict[str, Any]:
        return {"told": self._conversation is not None}

    def restore_state(self, data: dict[str, Any]) -> None:
        self._told = data["told"]
