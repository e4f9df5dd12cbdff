"""ThresholdCompact: a conversation that stays inside the model's window."""

from __future__ import annotations

from looplet.compaction.chain import Chain
from looplet.compaction.named import compaction
from looplet.settings import at_least, tool_names

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any


class ThresholdCompact(Chain):
    """`threshold_compact`: shorten the conversation before it outgrows the model's window.

    When it is estimated at more than `threshold` of `context_window` tokens (without it: the window
    that runtime.yaml or the model tells), it is shortened to `target` of it, by `strategy`: names
    of `looplet.compaction.STRATEGIES`, each maybe with settings, done one after the other until it
    fits. The last `keep_recent` turns stay as they are where there is room, and so do turns that
    call one of `keep_tools`; system message and task stay always. `state.steps` stays whole.
    """

    def __init__(
        self,
        *,
        threshold: float = 0.8,
        context_window: int | None = None,
        keep_recent: int = 5,
        target: float | None = None,
        strategy: Any = ("prune", "truncate"),
        keep_tools: Iterable[str] = (),
    ) -> None:
        shared = {
            "keep_recent": at_least("keep_recent", keep_recent, 1),
            "keep_tools": tool_names("keep_tools", keep_tools),
        }
        entries = strategy if isinstance(strategy, (list, tuple)) else [strategy]
        super().__init__(
            [compaction(entry, **shared) for entry in entries],
            threshold=threshold,
            target=target,
            context_window=context_window,
        )
