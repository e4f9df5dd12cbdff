"""What all models behind an API share: settings, the client, how a question is put to it.

A provider's module says what goes over the wire. Nothing here is sync or async but the two mixins
at the end.
"""

from __future__ import annotations

import os
import weakref
from importlib import import_module

from looplet.models.asking import asking
from looplet.models.errors import ModelError
from looplet.models.failures import Words, failure_to_ask, without_secrets
from looplet.models.http_client import http_client
from looplet.models.lines import AsyncLine, Line, run, run_async
from looplet.models.quirks import quirk_in
from looplet.models.retry import RetryPolicy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any, ClassVar, Self

    from looplet.cancel import CancelToken
    from looplet.models.reply import Reply


SHORTEST_SECRET = 8
"""What is shorter is no key but a word, such as the `none` of a server that asks for no key."""


class Question:
    """One question, as `generate` gets it. `memo` keeps what is worth keeping until the next."""

    __slots__ = (
        "cancel_token",
        "max_tokens",
        "memo",
        "messages",
        "more",
        "report",
        "temperature",
        "tools",
    )

    def __init__(
        self,
        messages: Sequence[Mapping[str, Any]] | str,
        tools: Sequence[Mapping[str, Any]],
        max_tokens: int | None,
        temperature: float | None,
        system_prompt: str | None,
        report: Callable[..., None] | None,
        cancel_token: CancelToken | None,
        memo: dict[str, Any] | None,
        more: Mapping[str, Any],
    ) -> None:
        if isinstance(messages, str):
            messages = [{"role": "user", "content": messages}]
        if system_prompt:
            messages = [{"role": "system", "content": system_prompt}, *messages]
        self.messages = messages
        self.tools = tools
        self.max_tokens = max_tokens
        self.temperature = temperature
        self.report = report
        self.cancel_token = cancel_token
        self.memo: dict[str, Any] = {} if memo is None else memo
        self.more = more

    def kept(self, key: str, make: Callable[[], Any]) -> Any:
        """What `make` made when it was first wanted in this run."""
        if key not in self.memo:
            self.memo[key] = make()
        return self.memo[key]


class RemoteModel:
    """A base. Subclasses name their SDK and client, and say what goes out and what comes back.

    PREFIX: of the environment variables. OWN_API: the provider's address. PROVIDERS: who is behind
    which part of an address, as OpenTelemetry's conventions for GenAI spell it. hint: what to look
    at when the answer is none of a model.
    """

    SDK: ClassVar[str]
    CLIENT: ClassVar[str]
    PREFIX: ClassVar[str]
    OWN_API: ClassVar[str]
    PROVIDERS: ClassVar[Mapping[str, str]] = {}
    hint: ClassVar[str]

    def __init__(
        self,
        client: Any = None,
        *,
        model: str,
        base_url: str | None = None,
        api_key: str | None = None,
        timeout: float = 300.0,
        connect_timeout: float = 10.0,
        max_retries: int | None = None,
        retry: RetryPolicy | None = None,
        stream: bool = True,
        provider: str | None = None,
    ) -> None:
        """
        client: an SDK client of your own; address, key and timeouts are then its business, and
            its `max_retries` says how often is retried: by us, it is asked once each time.
        model: the model's name. base_url: where the API is; the provider's own if not given.
        timeout: seconds without a sign of the server until it is given up, which for an answer
            that keeps coming is never. connect_timeout: the same until there is a connection.
        max_retries: how often a question is asked again after a failure that may pass; 4 if not
            given. retry: all of that rule.
        stream: False to get each answer in one piece, for a server that fails at streams.
        provider: who is behind the address, for traces and prices; guessed if not given.
        """
        self.model = model
        self.base_url = str(getattr(client, "base_url", None) or base_url or self.OWN_API)
        if max_retries is None and client is not None:
            max_retries = getattr(client, "max_retries", None)
        given = () if max_retries is None else (max_retries,)
        self.retry = RetryPolicy(*given) if retry is None else retry
        where = without_secrets(self.base_url)
        self.words = Words(where.rstrip("/"), model, self.PREFIX, timeout, connect_timeout)
        found = (name for part, name in self.PROVIDERS.items() if part in self.base_url)
        self.provider = provider or next(found, self.PREFIX.lower())
        self.stream = stream
        # What the server turned out to want otherwise; see `looplet.models.quirks`.
        self.quirks: frozenset[str] = frozenset()
        self._api_key = api_key
        self._client = _asked_once(client)
        self._in_loops: dict[Any, Any] = {}

    @classmethod
    def from_env(cls, **settings: Any) -> Self:
        """The model that PREFIX_MODEL, PREFIX_BASE_URL and PREFIX_API_KEY name.

        `settings` are those of the constructor and go before the environment.
        """
        prefix = cls.PREFIX
        for name in ("model", "base_url", "api_key"):
            variable = f"{prefix}_{name.upper()}"
            settings[name] = settings.get(name) or os.environ.get(variable) or None
        named = settings["base_url"] or settings["api_key"]
        if settings.get("client") is None and not named:
            raise ModelError("not_configured", cls._what_to_set())
        if not settings["model"]:
            raise ModelError(
                "not_configured",
                f"which model? set {prefix}_MODEL to the name that the server knows",
            )
        return cls(**settings)

    @classmethod
    def _what_to_set(cls) -> str:
        raise NotImplementedError

    @property
    def name(self) -> str:
        """The model with its provider, for prices and traces."""
        return f"{self.provider}:{self.model}"

    def __repr__(self) -> str:
        where = without_secrets(self.base_url)
        return f"{type(self).__name__}(model={self.model!r}, base_url={where!r})"

    def connect(self) -> None:
        """Make the client now, so that what is missing shows before the first question."""
        self.connected()

    def connected(self) -> Any:
        """The SDK's client, made with the first question."""
        if self._client is None:
            self._client = self._make_client(is_async=False)
            # For who never closes the model: its connections go with it.
            weakref.finalize(self, self._client.close).atexit = False
        return self._client

    def _make_client(self, *, is_async: bool) -> Any:
        sdk, words = self.sdk(), self.words
        # Servers of one's own often ask for no key; the SDKs always ask for one.
        key = self._api_key or ("none" if self.base_url != self.OWN_API else None)
        if key is not None and (key != key.strip() or not (key.isascii() and key.isprintable())):
            raise ModelError(
                "not_configured",
                f"{words.prefix}_API_KEY begins or ends with a space, or has a line break or a "
                "character in it that HTTP cannot carry",
            )
        try:
            return getattr(sdk, self.CLIENT)(
                base_url=self.base_url,
                api_key=key,
                timeout=sdk.Timeout(words.timeout_s, connect=words.connect_timeout_s),
                max_retries=0,
                http_client=http_client(sdk, self.base_url, is_async=is_async),
            )
        except Exception as error:  # a key that is missing, an address that is none
            raise ModelError("not_configured", f"the model cannot be used: {error}") from error

    def sdk(self) -> Any:
        """The SDK's module. Raises ModelError if it is not installed."""
        try:
            return import_module(self.SDK)
        except ImportError as error:
            raise ModelError(
                "not_configured",
                f"the {self.SDK} package is missing: pip install 'looplet[{self.SDK}]'",
            ) from error

    # ── what `asking` wants to know ───────────────────────────────────────────────────────────

    def failure(self, error: Exception) -> ModelError:
        """What sending a question raised, in words that say what to do."""
        return failure_to_ask(error, self.sdk(), self.words)

    def conceal(self, failure: ModelError) -> None:
        """Take the key out of a failure's words: servers repeat what they were sent."""
        clients = (self._client, *self._in_loops.values())
        keys = {self._api_key, *(getattr(client, "api_key", None) for client in clients)}
        text = said = str(failure)
        for key in keys:
            if isinstance(key, str) and len(key) >= SHORTEST_SECRET:
                text = text.replace(key, "(the key)")
        if text != said:
            failure.args = (text,)
            failure.__cause__ = None  # which says the same as it was, in a traceback

    def create(self) -> Callable[..., Any]:
        """The client's function that sends a request and gives the bytes of its answer."""
        raise NotImplementedError

    def request(self, question: Question) -> dict[str, Any]:
        """The arguments of that function."""
        raise NotImplementedError

    def answer(self, report: Callable[..., None] | None) -> Any:
        """What puts the answer together: `event`, `whole`, `reply`, as ChatAnswer has them."""
        raise NotImplementedError

    def makes_do(self, request: Mapping[str, Any], failure: ModelError) -> str | None:
        """What is done otherwise from now on, for the server refused it; None if that is not it."""
        quirk = quirk_in(request, failure)
        if quirk is None:
            return None
        self.quirks |= {quirk.part}
        return quirk.says


class Sync:
    """`generate` for the sync loop. Any number of runs, in any threads, may share one model."""

    def generate(
        self: Any,
        messages: Sequence[Mapping[str, Any]] | str,
        *,
        tools: Sequence[Mapping[str, Any]] = (),
        max_tokens: int | None = None,
        temperature: float | None = None,
        system_prompt: str | None = None,
        report: Callable[..., None] | None = None,
        cancel_token: CancelToken | None = None,
        memo: dict[str, Any] | None = None,
        **more: Any,
    ) -> Reply:
        """The model's answer to the conversation. `more` goes into the request's body.

        A text as `messages` is a conversation of that one question. `report`, `cancel_token` and
        `memo` are the loop's, see `looplet.models.reply`. Raises ModelError.
        """
        question = Question(
            messages,
            tools,
            max_tokens,
            temperature,
            system_prompt,
            report,
            cancel_token,
            memo,
            more,
        )
        return run(asking(self, question), Line(self.create()))

    def close(self: Any) -> None:
        """Close the connections."""
        if self._client is not None:
            self._client.close()


class Async:
    """The same for `async_composable_loop`.

    Connections belong to the event loop that they were made in: each loop has a client of its own.
    """

    def connected(self: Any) -> Any:
        """The SDK's client in this event loop."""
        if self._client is not None:
            return self._client
        loop = _running_loop()
        if loop not in self._in_loops:
            for other in [other for other in self._in_loops if other and other.is_closed()]:
                del self._in_loops[other]
            self._in_loops[loop] = self._make_client(is_async=True)
        return self._in_loops[loop]

    async def generate(
        self: Any,
        messages: Sequence[Mapping[str, Any]] | str,
        *,
        tools: Sequence[Mapping[str, Any]] = (),
        max_tokens: int | None = None,
        temperature: float | None = None,
        system_prompt: str | None = None,
        report: Callable[..., None] | None = None,
        cancel_token: CancelToken | None = None,
        memo: dict[str, Any] | None = None,
        **more: Any,
    ) -> Reply:
        """As the sync model's."""
        question = Question(
            messages,
            tools,
            max_tokens,
            temperature,
            system_prompt,
            report,
            cancel_token,
            memo,
            more,
        )
        return await run_async(asking(self, question), AsyncLine(self.create()))

    async def aclose(self: Any) -> None:
        """Close the connections that were made in this event loop."""
        client = self._client or self._in_loops.pop(_running_loop(), None)
        if client is not None:
            await client.close()


def _running_loop() -> Any:
    """None outside of one, where a client can be made but not asked."""
    from asyncio import get_running_loop

    try:
        return get_running_loop()
    except RuntimeError:
        return None


def _asked_once(client: Any) -> Any:
    """A client of the host's, its own retries turned off: two rules multiply."""
    if client is None or not getattr(client, "max_retries", 0):
        return client
    return client.with_options(max_retries=0)


__all__ = ["Async", "Question", "RemoteModel", "Sync"]
