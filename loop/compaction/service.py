"""What every compaction service shares: when it acts, how far it goes, and what it must not do."""

from __future__ import annotations

from looplet.settings import at_least, part_of_one
from looplet.tokens import window_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from typing import Any, TypeAlias

    from looplet.tokens import Window

    Messages: TypeAlias = list[dict[str, Any]]
    Asking: TypeAlias = Generator[Messages, str, Messages]


class Goal:
    """How short a conversation has to become.

    tokens: how many it may have. size: counts those of any messages. task: the text of the run's
    task, which stays word for word wherever it is. window: the model's.
    """

    __slots__ = ("size", "task", "tokens", "window")

    def __init__(
        self, tokens: int, size: Callable[[Messages], int], window: Window, task: str | None = None
    ) -> None:
        self.tokens = tokens
        self.size = size
        self.window = window
        self.task = task

    def met_by(self, messages: Messages) -> bool:
        return self.size(messages) <= self.tokens


class Compaction:
    """The base of the services: `shorten` is theirs, the rest is here.

    threshold: the part of the window at which it acts. target: the part that it leaves filled;
        without it, five eighths of the threshold. The farther below, the later the next time comes,
        and each time the provider's cache has to start anew.
    context_window: the window in tokens; without it, that of the run's model.
    compactions: how often a run's conversation was shortened. how: what the last one did.
    """

    name = "compaction"

    def __init__(
        self,
        *,
        threshold: float = 0.8,
        target: float | None = None,
        context_window: int | None = None,
    ) -> None:
        self.threshold = part_of_one("threshold", threshold, "the window")
        if target is None:
            target = self.threshold * 5 / 8
        self.target = part_of_one("target", target, "the window")
        if self.target > self.threshold:
            raise ValueError(f"target is at most the threshold ({threshold}), not {target!r}")
        self.context_window = (
            None if context_window is None else at_least("context_window", context_window, 100)
        )
        self.compactions = 0
        self.how = self.name
        self._in_vain = 0

    def pre_loop(self, state: Any, session_log: Any, context: Any) -> None:
        self.compactions = self._in_vain = 0

    def compact(self, state: Any, step_num: int) -> Asking | None:
        """A generator that returns the shorter conversation; None while there is room.

        What it yields are messages to ask the model, without tools; it is sent the answer's text.
        """
        window = window_of(state)
        most = min(window.tokens, self.context_window or window.tokens)
        used = window.used(state.conversation)
        if used <= max(self.threshold * most, self._in_vain):
            return None
        return self._compacted(state, window, most)

    def shorten(self, messages: Messages, goal: Goal) -> Messages | Asking:
        """`messages` as a list that meets the goal, or comes nearer to it. Changes no message.

        Also as a generator, like `compact`. What meets the goal already is given back as it is.
        """
        raise NotImplementedError

    def save_state(self) -> dict[str, Any]:
        return {"compactions": self.compactions}

    def restore_state(self, data: dict[str, Any]) -> None:
        self.compactions = data["compactions"]

    def _compacted(self, state: Any, window: Window, most: int) -> Asking:
        messages = state.conversation
        goal = Goal(int(self.target * most), window.size, window, task_of(state))
        shorter = yield from asking(self.shorten(messages, goal))
        before, after = window.used(messages), window.size(shorter)
        if after >= before:
            shorter, after = messages, before
        else:
            self.compactions += 1
        # Where it cannot be made to fit (a task as long as the window), trying again at each step
        # would cost the cache each time, and help as little.
        too_much = after > self.threshold * most
        self._in_vain = after + most // 10 if too_much else 0
        return shorter


def asking(shortened: Messages | Asking) -> Asking:
    """What `shorten` gave, as a generator in any case."""
    if isinstance(shortened, list):
        return shortened
    return (yield from shortened)


def task_of(state: Any) -> str | None:
    """The task of the run as its message says it."""
    task = getattr(state, "task", None)
    if task is None:
        return None
    from looplet.messages import task_text

    return task_text(task)
