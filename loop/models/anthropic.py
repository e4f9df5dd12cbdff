"""Anthropic's models, through the official SDK.

    llm = AnthropicBackend.from_env()   # ANTHROPIC_API_KEY, ANTHROPIC_MODEL, ANTHROPIC_BASE_URL

The SDK comes with `pip install 'looplet[anthropic]'`, and is imported with the first question.
"""

from __future__ import annotations

from looplet.models.anthropic_answer import AnthropicAnswer
from looplet.models.anthropic_messages import AnthropicMessages, wire_system, wire_tools
from looplet.models.remote import Async, RemoteModel, Sync

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    from looplet.models.remote import Question

MAX_TOKENS = 8192
"""How long an answer may be where nobody says so: the API insists on a number, and every model
that it serves takes this one."""


class _MessagesModel(RemoteModel):
    """The requests of `/v1/messages`."""

    SDK = "anthropic"
    PREFIX = "ANTHROPIC"
    OWN_API = "https://api.anthropic.com"
    hint = "does ANTHROPIC_BASE_URL end where the API begins (before `/v1`)?"
    chars_per_token = 3.2

    def __init__(self, client: Any = None, *, cache: str | None = "5m", **settings: Any) -> None:
        """
        cache: how long the provider keeps the beginning of the conversation, "5m" or "1h"; None
            to have it read, and paid for, anew each time.

        The other settings are those of RemoteModel: model, base_url, api_key, timeout,
        connect_timeout, max_retries, retry, stream, provider.
        """
        if cache not in ("5m", "1h", None):
            raise ValueError(f'cache is "5m", "1h" or None, not {cache!r}')
        super().__init__(client, **settings)
        self._mark: dict[str, Any] | None = None
        if cache is not None:
            self._mark = {"type": "ephemeral"} | ({"ttl": cache} if cache != "5m" else {})

    @classmethod
    def _what_to_set(cls) -> str:
        return "no model is configured; set ANTHROPIC_API_KEY and ANTHROPIC_MODEL"

    def create(self) -> Callable[..., Any]:
        create: Callable[..., Any] = self.connected().messages.with_streaming_response.create
        return create

    def request(self, question: Question) -> dict[str, Any]:
        quirks, mark = self.quirks, self._mark
        native = bool(question.tools) and "tools" not in quirks
        wired = self._wired(question, native=native)
        body: dict[str, Any] = {}
        if native:
            # Tools come before the system prompt: marked is the last of what never changes.
            on_tools = None if wired.system else mark
            body["tools"] = question.kept(
                "anthropic tools", lambda: wire_tools(question.tools, on_tools)
            )
        if wired.system:
            body["system"] = wire_system(wired.system, mark)
        body["messages"] = wired.with_marks(mark) if mark else wired.messages
        if question.temperature is not None and "temperature" not in quirks:
            body["temperature"] = question.temperature
        body.update(question.more)
        most = question.max_tokens or MAX_TOKENS + _thinking_tokens(question.more)
        # As `extra_body`, as for OpenAI: the SDK's own walk through the body costs too much.
        request = {"model": self.model, "max_tokens": most, "messages": [], "extra_body": body}
        return {**request, "stream": True} if self.stream and "stream" not in quirks else request

    def _wired(self, question: Question, *, native: bool) -> AnthropicMessages:
        """The conversation's wire form, which is kept: a turn costs what is new in it."""
        if native or not question.tools:
            key = f"anthropic messages {native}"
            wired: AnthropicMessages = question.kept(key, lambda: AnthropicMessages(native=native))
        else:
            wired = question.kept("anthropic text", lambda: _as_text(question.tools))
        wired.follow(question.messages)
        return wired

    def answer(self, report: Callable[..., None] | None) -> AnthropicAnswer:
        return AnthropicAnswer(report)


def _as_text(tools: Sequence[Mapping[str, Any]]) -> AnthropicMessages:
    """For a server of this protocol that fails at tools: how to write a call, in the prompt."""
    from looplet.models.transcript import instructions_for

    return AnthropicMessages(native=False, instructions=instructions_for(tools))


def _thinking_tokens(more: Any) -> int:
    """What the model may think counts into the length of its answer."""
    thinking = more.get("thinking")
    budget = thinking.get("budget_tokens") if isinstance(thinking, dict) else None
    return budget if type(budget) is int else 0


class AnthropicBackend(Sync, _MessagesModel):
    """A model to ask synchronously. Any number of runs, in any threads, may share one."""

    CLIENT = "Anthropic"


class AsyncAnthropicBackend(Async, _MessagesModel):
    """The same for `async_composable_loop`."""

    CLIENT = "AsyncAnthropic"


__all__ = ["AnthropicBackend", "AsyncAnthropicBackend"]
