"""How full the model's window is: an estimate, kept up to date as a conversation grows.

Nobody but the provider knows how many tokens a text has. So a text counts by its length, or by
what the model's own `count_tokens` says; and each time the provider tells what a question really
had, the estimate is corrected by that. Only what is new is looked at: asking costs the same at any
length.
"""

from __future__ import annotations

from looplet.jsontext import result_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any, Final

    Message = Mapping[str, Any]

CHARS_PER_TOKEN: Final = 4.0
DEFAULT_WINDOW: Final = 128_000

_AROUND = 4
"""Tokens that a message takes besides its text: its role, its ends."""

_LEAST_SCALE, _GREATEST_SCALE = 0.5, 5.0
"""How far the provider's figure may correct the estimate: down to half, for English text is never
farther off, and too low an estimate does harm; up to five times, as for Chinese. A figure beyond is
about something else, as that of a model in a test."""


class Tally:
    """A sum over a list that grows: what was added up once is not looked at again.

    Another list, or one that became shorter, is counted anew.
    """

    __slots__ = ("_items", "count", "total")

    def __init__(self) -> None:
        self._items: Sequence[Any] = ()
        self.count = 0
        self.total = 0.0

    def of(self, items: Sequence[Any], measure: Callable[[Any], float]) -> float:
        """The sum of what `measure` says of each item; the same function at each time of asking."""
        if items is not self._items or len(items) < self.count:
            self._items, self.count, self.total = items, 0, 0.0
        if len(items) > self.count:
            for item in items[self.count :]:
                self.total += measure(item)
            self.count = len(items)
        return self.total

    def is_of(self, items: Sequence[Any]) -> bool:
        """Whether the total is that of `items` as they are now."""
        return items is self._items and len(items) == self.count


class Window:
    """The window of a run's model, and how much of it a conversation takes, in tokens.

    tokens: how much the model can read at once.
    chars_per_token: what a text counts, unless `count` does that: a function of a list of messages
        that answers at once, without asking a server.
    schemas: the tools that the provider is told with each question; they take room too.
    model: the model's name.
    """

    __slots__ = (
        "_count",
        "_schemas",
        "_schemas_take",
        "_tally",
        "_told",
        "chars_per_token",
        "model",
        "scale",
        "tokens",
    )

    def __init__(
        self,
        tokens: int = DEFAULT_WINDOW,
        chars_per_token: float = CHARS_PER_TOKEN,
        count: Callable[[list[Any]], int] | None = None,
        schemas: Sequence[Mapping[str, Any]] = (),
        model: str = "",
    ) -> None:
        self.tokens = tokens
        self.model = model
        self.chars_per_token = chars_per_token
        self.scale = 1.0
        self._count = count
        self._schemas = schemas
        self._schemas_take: float | None = None
        self._tally = Tally()
        self._told = tokens

    def used(self, messages: Sequence[Message]) -> int:
        """About how many tokens a question with these messages has.

        For a conversation that only grows between two times of asking: it looks at what is new.
        """
        return (
            int((self._tally.of(messages, self._of_message) + self._of_schemas()) * self.scale) + 1
        )

    def size(self, messages: Sequence[Message]) -> int:
        """The same for any messages, all of which it looks at."""
        return int((sum(map(self._of_message, messages)) + self._of_schemas()) * self.scale) + 1

    def room(self, messages: Sequence[Message]) -> int:
        """What is left of the window."""
        return max(0, self.tokens - self.used(messages))

    def chars(self, tokens: float) -> int:
        """About how many characters have so many tokens."""
        return int(tokens / self.scale * self.chars_per_token)

    def measured(self, messages: Sequence[Message], tokens: int) -> None:
        """The provider says how many tokens a question with these messages had."""
        if tokens <= 0 or not self._tally.is_of(messages):
            return  # nobody has asked for an estimate, so none needs to be corrected
        estimate = self._tally.total + self._of_schemas()
        self.scale = min(max(tokens / estimate, _LEAST_SCALE), _GREATEST_SCALE)

    def refused(self, messages: Sequence[Message]) -> None:
        """The provider says that these messages are too long: the window is smaller than that."""
        self.tokens = min(self.tokens, max(1, self.used(messages) - 1))

    def save_state(self) -> dict[str, Any] | None:
        """What was learnt of the model, for a checkpoint; None if that is nothing."""
        if self.scale == 1.0 and self.tokens == self._told:
            return None
        tokens = self.tokens if self.tokens < self._told else None
        return {"model": self.model, "scale": self.scale, "tokens": tokens}

    def restore_state(self, saved: Mapping[str, Any]) -> None:
        """Take it back, unless it was learnt of another model."""
        if saved["model"] == self.model:
            self.scale = saved["scale"]
            self.tokens = min(self.tokens, saved["tokens"] or self.tokens)

    def _of_message(self, message: Message) -> float:
        if self._count is not None:
            return self._count([message])
        return text_size(message) / self.chars_per_token + _AROUND

    def _of_schemas(self) -> float:
        if self._schemas_take is None:
            text = result_text([*self._schemas]) if self._schemas else ""
            self._schemas_take = len(text) / self.chars_per_token
        return self._schemas_take


def window_for(llm: Any, tokens: int, schemas: Sequence[Mapping[str, Any]] = ()) -> Window:
    """The window of a model, by what it says of itself.

    llm: may have `context_window` (tokens), `count_tokens(messages)`, or `chars_per_token`.
    tokens: what the configuration says of the window; the smaller one is right.
    """
    own: Any = getattr(llm, "context_window", None)
    if type(own) is int and own > 0:
        tokens = min(tokens, own)
    count: Any = getattr(llm, "count_tokens", None)
    chars: Any = getattr(llm, "chars_per_token", None)
    if type(chars) not in (int, float) or not chars > 0:
        chars = CHARS_PER_TOKEN
    name = getattr(llm, "name", None)
    if not isinstance(name, str):
        name = ""
    return Window(tokens, chars, count if callable(count) else None, schemas, name)


def window_of(state: Any) -> Window:
    """The window of the run that a state is of; for a state without one, a usual window."""
    window = getattr(state, "window", None)
    return window if isinstance(window, Window) else Window()


def estimated_tokens(message: Message) -> int:
    """About how many tokens one message has for a model that is not known."""
    return int(text_size(message) / CHARS_PER_TOKEN) + _AROUND


def text_size(message: Message) -> int:
    """How many characters of a message the model reads: what was said, and what was called."""
    size = len(message.get("content") or "")
    for call in message.get("tool_calls") or ():
        size += len(call["tool"]) + len(result_text(call["args"]))
    return size
