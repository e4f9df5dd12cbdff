"""Asking a human: what an answer means, and how a handler says that nobody is here to give one."""

from __future__ import annotations

YES = frozenset({"y", "yes", "ok", "allow", "allowed", "approve", "approved", "true", "accept"})


class Later(Exception):
    """Raised by an approval handler: not now. The run stops at the question, which is saved.

    A tool that asks with `ctx.approve` lets it pass; its call is made again, from its start, when
    the run goes on. `question` and `options` are what is asked.
    """

    def __init__(self, question: str = "", options: list[str] | None = None) -> None:
        super().__init__(question)
        self.question = question
        self.options = ["yes", "no"] if options is None else options


def is_yes(answer: object) -> bool:
    """Whether an approval handler's answer is a clear yes; everything else is a no."""
    if isinstance(answer, str):
        return answer.strip().lower() in YES
    return answer is True
