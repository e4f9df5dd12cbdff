"""The wire form of a conversation that grows: each message is put into it once.

A turn costs what is new in it, and what was sent before is sent again as it was, which is what
providers' caches of prompts live on.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any, Self


class Wired:
    """A base: a subclass says what one message is on the wire.

    messages: the wire form so far, appended to, and otherwise never changed.
    """

    def __init__(self) -> None:
        self._source: Sequence[Mapping[str, Any]] = ()
        self._seen = 0
        self._last: object = None
        self.messages: list[dict[str, Any]] = []
        self.begin()

    def follow(self, conversation: Sequence[Mapping[str, Any]]) -> Self:
        """Take in what is new; another conversation than before is begun from its start."""
        same = conversation is self._source and self._seen <= len(conversation)
        # One look at where we were: a list that was rewritten in place is another conversation.
        if not same or (self._seen and conversation[self._seen - 1] is not self._last):
            self._source = conversation
            self._seen = 0
            self.messages = []
            self.begin()
        for message in conversation[self._seen :]:
            self.add(message)
            self._last = message
        self._seen = len(conversation)
        return self

    def begin(self) -> None:
        """Be ready for the first message of a conversation."""

    def add(self, message: Mapping[str, Any]) -> None:
        """Put the next message into `messages`."""
        raise NotImplementedError


__all__ = ["Wired"]
