"""What a model answers: Reply, and Usage, what the answer cost.

A model is any object with

    generate(messages, *, tools, max_tokens=None, temperature=None, ...) -> Reply

(also `async def`). Of the keywords, it gets those that its signature takes. `messages` is the
whole conversation, a list that only ever grows, handed by reference: do not change it.

    {"role": "system", "content": text}
    {"role": "user", "content": text}
    {"role": "assistant", "content": text, "tool_calls": [{"call_id": …, "tool": …, "args": {…}}]}
    {"role": "tool", "call_id": …, "tool": …, "content": text}

`tools` is a list of `{"name", "description", "parameters"}`, `parameters` a JSON Schema. Of an
assistant message `tool_calls` can be absent. A compaction gives the conversation a new list.

Three more keywords are handed to a `generate` that names them:

    report         `report(event, **data)`, when somebody listens: "model_delta" with `text=`, or
                   `reasoning=`, or `tool=` and `arguments=`, as they come; "model_retry" with
                   `attempt=`, `delay_s=`, `reason=`: what came of this answer so far is void
    cancel_token   the run's; a model that sees it cancelled raises looplet.cancel.Cancelled
    memo           a dict of the run's own, for what a model wants to keep from turn to turn

What a call's `metadata` has as "send_back" stands in its entry of `tool_calls` from then on: what
a provider wants to see again with the call, such as what the model thought before it.
"""

from __future__ import annotations

from looplet.types import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from looplet.types import ToolCall


class Usage(Record):
    """Tokens, and money in US dollars where the price is known.

    `cached_tokens` (read from the provider's cache) and `cache_write_tokens` (put into it) are
    part of `input_tokens`.
    """

    __slots__ = ("cache_write_tokens", "cached_tokens", "cost", "input_tokens", "output_tokens")

    def __init__(
        self,
        input_tokens: int = 0,
        output_tokens: int = 0,
        cached_tokens: int = 0,
        cost: float | None = None,
        cache_write_tokens: int = 0,
    ) -> None:
        self.input_tokens = input_tokens
        self.output_tokens = output_tokens
        self.cached_tokens = cached_tokens
        self.cost = cost
        self.cache_write_tokens = cache_write_tokens

    @property
    def total_tokens(self) -> int:
        return self.input_tokens + self.output_tokens

    def add(self, other: Usage) -> None:
        self.input_tokens += other.input_tokens
        self.output_tokens += other.output_tokens
        self.cached_tokens += other.cached_tokens
        self.cache_write_tokens += other.cache_write_tokens
        if other.cost is not None:
            self.cost = (self.cost or 0.0) + other.cost

    def to_dict(self) -> dict[str, Any]:
        return dict(self._values())


class Reply(Record):
    """One answer of a model.

    text: what it said. When there are no `tool_calls`, calls are looked for in the text.
    tool_calls: calls of the provider's own protocol. `args` may be left as the text that the
        provider sent: the loop parses it, and a broken one becomes a step that says so.
    stop: why the model stopped, in one word for all providers: "stop", "tool_calls", "length" (it
        was cut off), "refusal" or "content_filter"; another word is the provider's own.
    """

    __slots__ = ("metadata", "stop", "text", "tool_calls", "usage")

    def __init__(
        self,
        text: str = "",
        tool_calls: Sequence[ToolCall] = (),
        usage: Usage | None = None,
        stop: str | None = None,
        metadata: dict[str, Any] | None = None,
    ) -> None:
        self.text = text
        self.tool_calls = tool_calls
        self.usage = usage
        self.stop = stop
        self.metadata = metadata
