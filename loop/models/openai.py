"""Models behind an OpenAI-compatible API, through the official SDK.

    llm = OpenAIBackend.from_env()      # OPENAI_BASE_URL, OPENAI_API_KEY, OPENAI_MODEL

OpenAI's own, and Ollama, vLLM, llama.cpp and most others. What a server turns out not to take is
left out from then on. The SDK comes with `pip install 'looplet[openai]'`, and is imported with the
first question.
"""

from __future__ import annotations

from looplet.models.chat_answer import ChatAnswer
from looplet.models.chat_completions import ChatMessages, TextMessages, wire_tools
from looplet.models.grammar import call_grammar
from looplet.models.remote import Async, RemoteModel, Sync

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any, ClassVar

    from looplet.models.remote import Question
    from looplet.models.wired import Wired


class _ChatModel(RemoteModel):
    """The requests of `/v1/chat/completions`, and which of its parts a server knows."""

    SDK = "openai"
    PREFIX = "OPENAI"
    OWN_API = "https://api.openai.com/v1"
    PROVIDERS: ClassVar[Mapping[str, str]] = {
        ".openai.azure.com": "azure.ai.openai",
        "api.deepseek.com": "deepseek",
        "api.groq.com": "groq",
        "api.mistral.ai": "mistral_ai",
        "api.perplexity.ai": "perplexity",
        "api.x.ai": "x_ai",
        "generativelanguage.googleapis.com": "gcp.gemini",
        "openrouter.ai": "openrouter",
        "localhost:11434": "ollama",
        "127.0.0.1:11434": "ollama",
    }
    hint = "does OPENAI_BASE_URL end where the API begins (often in `/v1`)?"
    chars_per_token = 3.5

    @classmethod
    def _what_to_set(cls) -> str:
        return (
            "no model is configured; set OPENAI_API_KEY and OPENAI_MODEL, or OPENAI_BASE_URL "
            "and OPENAI_MODEL for any OpenAI-compatible server"
        )

    def create(self) -> Callable[..., Any]:
        completions = self.connected().chat.completions
        create: Callable[..., Any] = completions.with_streaming_response.create
        return create

    def request(self, question: Question) -> dict[str, Any]:
        quirks = self.quirks
        request: dict[str, Any] = {"model": self.model, "messages": []}
        body: dict[str, Any] = {}
        if question.tools and "tools" not in quirks:
            body["tools"] = question.kept("chat tools", lambda: wire_tools(question.tools))
            # A model that has just answered without a call is made to call one.
            must = "tool_choice" not in quirks and _called_nothing(question.messages)
            body["tool_choice"] = "required" if must else "auto"
        elif question.tools and "grammar" not in quirks:
            # llama.cpp's own word: such a server may fail at tools, but can hold the model to one.
            body["grammar"] = question.kept("grammar", lambda: call_grammar(question.tools))
        body["messages"] = self._wired(question, native="tools" in body).messages
        if self.stream and "stream" not in quirks:
            request["stream"] = True
            if "stream_options" not in quirks:
                body["stream_options"] = {"include_usage": True}
        if question.max_tokens is not None:
            # OpenAI renamed it and refuses the old name for new models; others know only the old.
            renamed = self.base_url.startswith("https://api.openai.com")
            renamed = (renamed or "max_tokens" in quirks) and "max_completion_tokens" not in quirks
            body["max_completion_tokens" if renamed else "max_tokens"] = question.max_tokens
        if question.temperature is not None and "temperature" not in quirks:
            body["temperature"] = question.temperature
        # All of it as `extra_body`: what the SDK knows by name it walks through piece by piece,
        # which takes it longer than all else here together; what it does not know it refuses,
        # while the body takes what any server knows.
        return {**request, "extra_body": {**body, **question.more}}

    def _wired(self, question: Question, *, native: bool) -> Wired:
        """The conversation's wire form, which is kept: a turn costs what is new in it."""
        if native:
            reasoning = "reasoning_content" in self.quirks
            key = "chat messages with reasoning" if reasoning else "chat messages"
            wired: Wired = question.kept(key, lambda: ChatMessages(reasoning=reasoning))
        else:
            wired = question.kept("chat text", lambda: TextMessages(question.tools))
        return wired.follow(question.messages)

    def answer(self, report: Callable[..., None] | None) -> ChatAnswer:
        return ChatAnswer(report)


def _called_nothing(messages: Sequence[Mapping[str, Any]]) -> bool:
    """Whether the last that the model said was no call; what it was told since is at the end."""
    for message in reversed(messages[-4:]):
        if message["role"] != "user":
            return message["role"] == "assistant" and not message.get("tool_calls")
    return False


class OpenAIBackend(Sync, _ChatModel):
    """A model to ask synchronously. Any number of runs, in any threads, may share one."""

    CLIENT = "OpenAI"


class AsyncOpenAIBackend(Async, _ChatModel):
    """The same for `async_composable_loop`."""

    CLIENT = "AsyncOpenAI"


__all__ = ["AsyncOpenAIBackend", "OpenAIBackend"]
