"""Chain: one service after the other, from the gentlest on, until it fits."""

from __future__ import annotations

from looplet.compaction.service import Compaction, asking

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from looplet.compaction.service import Asking, Goal, Messages


class Chain(Compaction):
    """Several services as one: each shortens what the one before it left too long.

    services: Compactions, in order. When it acts and how far it goes is said here, by `threshold`,
    `target` and `context_window`; what the single ones say of it does not matter.
    """

    name = "chain"

    def __init__(
        self,
        services: Iterable[Compaction],
        *,
        threshold: float = 0.8,
        target: float | None = None,
        context_window: int | None = None,
    ) -> None:
        super().__init__(threshold=threshold, target=target, context_window=context_window)
        self.services = list(services)
        if not self.services:
            raise ValueError("a chain has at least one service")
        for service in self.services:
            if not isinstance(service, Compaction):
                kind = type(service).__name__
                raise ValueError(f"a chain is made of Compaction services, and a {kind} is none")

    def shorten(self, messages: Messages, goal: Goal) -> Asking:
        done = []
        for service in self.services:
            if goal.met_by(messages):
                break
            shorter = yield from asking(service.shorten(messages, goal))
            if shorter is not messages:
                done.append(service.how)
                messages = shorter
        self.how = ", ".join(done) or self.name
        return messages
