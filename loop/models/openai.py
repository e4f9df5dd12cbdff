"""Models behind an OpenAI-compatible API, through the official SDK.

    llm = OpenAIBackend.from_env()      # OPENAI_BASE_URL, OPENAI_API_KEY, OPENAI_MODEL

The SDK comes with `pip install 'looplet[openai]'`, and is imported with the first question.
"""

from __future__ import annotations

import os

from looplet.models.chat_completions import (
    read_reply,
    text_messages,
    wire_messages,
    wire_tools,
)
from looplet.models.errors import ModelError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any, Self

    from looplet.models.errors import Kind
    from looplet.models.reply import Reply

OWN_API = "https://api.openai.com/v1"


class _Backend:
    """What the sync and the async model share: settings, the request, the wording of failures."""

    _client_class: str

    def __init__(
        self,
        client: Any = None,
        *,
        model: str,
        base_url: str | None = None,
        api_key: str | None = None,
        timeout: float = 300.0,
        max_retries: int = 2,
    ) -> None:
        """
        client: an SDK client of your own; the settings after `model` are then its business.
        model: the model's name. base_url: where the API is; OpenAI's own if not given.
        timeout: seconds to wait for one answer. max_retries: how often the SDK asks again
            after a failure that may pass.
        """
        self.model = model
        self.base_url = str(getattr(client, "base_url", None) or base_url or OWN_API)
        self._client = client
        self._native_tools = True
        self._settings: dict[str, Any] = {
            "base_url": base_url or OWN_API,
            "api_key": api_key,
            "timeout": timeout,
            "max_retries": max_retries,
        }

    @classmethod
    def from_env(cls, **settings: Any) -> Self:
        """The model that OPENAI_MODEL, OPENAI_BASE_URL and OPENAI_API_KEY name.

        `settings` are those of the constructor and go before the environment. A server other
        than OpenAI's own needs no key.
        """
        model = settings.pop("model", None) or os.environ.get("OPENAI_MODEL")
        base_url = settings.pop("base_url", None) or os.environ.get("OPENAI_BASE_URL")
        api_key = settings.pop("api_key", None) or os.environ.get("OPENAI_API_KEY")
        if "client" not in settings and not base_url and not api_key:
            raise ModelError(
                "not_configured",
                "no model is configured; set OPENAI_API_KEY and OPENAI_MODEL, or OPENAI_BASE_URL "
                "and OPENAI_MODEL for any OpenAI-compatible server",
            )
        if not model:
            raise ModelError(
                "not_configured", "which model? set OPENAI_MODEL to the name that the server knows"
            )
        return cls(model=model, base_url=base_url, api_key=api_key, **settings)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(model={self.model!r}, base_url={self.base_url!r})"

    def connect(self) -> None:
        """Make the client now, so that what is missing shows before the first question."""
        self._connected()

    def _connected(self) -> Any:
        if self._client is None:
            sdk = _sdk()
            # Servers of one's own often ask for no key; the SDK always asks for one.
            key = self._settings["api_key"] or ("none" if self.base_url != OWN_API else None)
            try:
                self._client = getattr(sdk, self._client_class)(
                    **{**self._settings, "api_key": key}
                )
            except sdk.OpenAIError as error:
                raise ModelError("not_configured", f"the model cannot be used: {error}") from error
        return self._client

    def _request(
        self,
        messages: Sequence[Mapping[str, Any]] | str,
        tools: Sequence[Mapping[str, Any]],
        max_tokens: int | None,
        temperature: float | None,
        system_prompt: str | None,
        more: Mapping[str, Any],
    ) -> dict[str, Any]:
        if isinstance(messages, str):
            messages = [{"role": "user", "content": messages}]
        if system_prompt:
            messages = [{"role": "system", "content": system_prompt}, *messages]
        request: dict[str, Any] = {"model": self.model}
        if tools and self._native_tools:
            request["messages"] = wire_messages(messages)
            request["tools"] = wire_tools(tools)
            request["tool_choice"] = "auto"
        else:
            request["messages"] = text_messages(messages, tools)
        if more:
            # The SDK's keywords are a closed list; the body takes what any server knows.
            request["extra_body"] = dict(more)
        if max_tokens is not None:
            # OpenAI renamed it and refuses the old name for new models; others know only the old.
            own = self.base_url.startswith("https://api.openai.com")
            request["max_completion_tokens" if own else "max_tokens"] = max_tokens
        if temperature is not None:
            request["temperature"] = temperature
        return request

    def _can_do_without_tools(self, request: Mapping[str, Any], failure: ModelError) -> bool:
        """Whether native tools are what the server failed at; from now on they stand in the text.

        Some servers know no tools, or fail where the model writes a call in a form of its own.
        """
        if "tools" not in request or not _is_about_tools(failure):
            return False
        self._native_tools = False
        return True

    def _failure(self, error: Exception) -> ModelError:
        """The SDK's exception in words that say what to do."""
        sdk = _sdk()
        where = self.base_url.rstrip("/")
        if isinstance(error, sdk.APITimeoutError):
            seconds = self._settings["timeout"]
            return ModelError("timeout", f"{where} gave no answer within {seconds:g} seconds")
        if isinstance(error, sdk.APIConnectionError):
            why = f"{error.__cause__ or error}".strip() or "no connection"
            return ModelError(
                "unreachable",
                f"cannot reach the model at {where}: {why}; is the server running, and is "
                "OPENAI_BASE_URL right?",
            )
        if not isinstance(error, sdk.APIStatusError):
            return ModelError("bad_answer", f"{where}: the answer cannot be read: {error}")
        status, said = error.status_code, _said(error)
        kind, advice = _advice(status, said, self.model)
        return ModelError(kind, f"{where} answered {status}: {said}{advice}", status=status)


class OpenAIBackend(_Backend):
    """A model to ask synchronously. Any number of runs, in any threads, may share one."""

    _client_class = "OpenAI"

    def generate(
        self,
        messages: Sequence[Mapping[str, Any]] | str,
        *,
        tools: Sequence[Mapping[str, Any]] = (),
        max_tokens: int | None = None,
        temperature: float | None = None,
        system_prompt: str | None = None,
        **more: Any,
    ) -> Reply:
        """The model's answer to the conversation. `more` goes into the request's body.

        A text as `messages` is a conversation of that one question.
        """
        client = self._connected()
        asked = (messages, tools, max_tokens, temperature, system_prompt, more)
        while True:
            request = self._request(*asked)
            try:
                return read_reply(client.chat.completions.create(**request))
            except _failures() as error:
                failure = self._failure(error)
                if not self._can_do_without_tools(request, failure):
                    raise failure from error

    def close(self) -> None:
        """Close the connections."""
        if self._client is not None:
            self._client.close()


class AsyncOpenAIBackend(_Backend):
    """The same for `async_composable_loop`."""

    _client_class = "AsyncOpenAI"

    async def generate(
        self,
        messages: Sequence[Mapping[str, Any]] | str,
        *,
        tools: Sequence[Mapping[str, Any]] = (),
        max_tokens: int | None = None,
        temperature: float | None = None,
        system_prompt: str | None = None,
        **more: Any,
    ) -> Reply:
        """As OpenAIBackend.generate."""
        client = self._connected()
        asked = (messages, tools, max_tokens, temperature, system_prompt, more)
        while True:
            request = self._request(*asked)
            try:
                return read_reply(await client.chat.completions.create(**request))
            except _failures() as error:
                failure = self._failure(error)
                if not self._can_do_without_tools(request, failure):
                    raise failure from error

    async def aclose(self) -> None:
        """Close the connections."""
        if self._client is not None:
            await self._client.close()


def _sdk() -> Any:
    try:
        import openai
    except ImportError as error:
        raise ModelError(
            "not_configured", "the openai package is missing: pip install 'looplet[openai]'"
        ) from error
    return openai


def _failures() -> tuple[type[Exception], ...]:
    # json.JSONDecodeError is a ValueError: a body that says it is JSON and is none.
    return (_sdk().OpenAIError, ValueError)


def _said(error: Any) -> str:
    """The server's own words, without the wrapping that the SDK puts around them."""
    body = error.body
    for key in ("error", "message"):
        if isinstance(body, dict) and key in body:
            body = body[key]
    if isinstance(body, dict) and "message" in body:
        body = body["message"]
    return " ".join(str(body or error.message).split())[:500]


def _advice(status: int, said: str, model: str) -> tuple[Kind, str]:
    if status in (401, 403):
        return "unauthorized", "; is OPENAI_API_KEY right?"
    if status == 404:
        return (
            "no_such_model",
            f"; does this server know the model {model!r}, and is the URL right?",
        )
    if status == 429:
        return "rate_limited", "; wait, or ask for a higher limit"
    if status == 408:
        return "timeout", ""
    if status >= 500:
        return "server", "; the fault is the server's, try again later"
    if "context" in said.lower() and ("length" in said.lower() or "size" in said.lower()):
        return "too_long", "; the conversation is longer than the model's context"
    return "bad_request", ""


def _is_about_tools(failure: ModelError) -> bool:
    said = str(failure).lower()
    if failure.status == 400:
        return "tool" in said and "support" in said
    return failure.status == 500 and any(word in said for word in _WORDS_ON_TOOLS)


_WORDS_ON_TOOLS = ("tool", "expected", "pars", "template", "grammar")
"""One of these is in what a server says that could not make sense of a model's own call."""


__all__ = ["AsyncOpenAIBackend", "OpenAIBackend"]
