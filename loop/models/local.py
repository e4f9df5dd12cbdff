"""A GGUF file on this machine as a model, through llama.cpp.

    llm = LocalBackend("qwen2.5-coder-1.5b-instruct-q4_k_m.gguf")

Answers are decoded under a grammar of the run's tools (`looplet.models.grammar`), so that any
model, however small, answers with a call of one of them. llama.cpp is `pip install
'looplet[local]'`, and runs in a process of its own (`looplet.models.llama_process`).
"""

from __future__ import annotations

import os
import re
import sys
import threading
from importlib import import_module

from looplet.events import MODEL_DELTA
from looplet.models import llama_server
from looplet.models.chat_completions import TextMessages
from looplet.models.errors import ModelError
from looplet.models.gguf import check_file
from looplet.models.grammar import call_grammar
from looplet.models.reply import Reply
from looplet.types import ToolCall

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any, Final, Self

    from looplet.cancel import CancelToken
    from looplet.models.llama_process import LlamaProcess
    from looplet.models.openai import OpenAIBackend

MAX_TOKENS: Final = 2048
"""The longest answer where nobody set one: a small model may not find the end of a text."""

_NO_THINKING: Final = {"chat_template_kwargs": {"enable_thinking": False}}
"""The grammar begins with the call: there is no room for thoughts before it."""

_NAME: Final = re.compile(r'\s*\{\s*"tool"\s*:\s*"([^"]*)"\s*,\s*"args"\s*:\s*')


class LocalBackend:
    """A model to ask synchronously. Runs may share one; llama.cpp answers them one by one.

    The process starts with the first question, or with `connect`; it ends with `close`, with the
    last reference to the backend, and with this process, however that ends.
    """

    provider = "local"
    chars_per_token = 3.0

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        context_window: int = 8192,
        threads: int | None = None,
        timeout: float = 600.0,
        start_timeout: float = 300.0,
    ) -> None:
        """
        path: a `.gguf` file; `~` is the home folder. context_window: tokens that the conversation
            may have; they take memory. threads: on a machine with other work, fewer are faster;
            llama.cpp's own choice if not given. timeout, start_timeout: seconds to wait for the
            next part of an answer, and for the model to be loaded.
        """
        for name, value in (("context_window", context_window), ("threads", threads or 1)):
            if type(value) is not int or value < 1:
                raise ValueError(f"{name} is a whole number from 1, not {value!r}")
        self.path = os.path.expanduser(os.fspath(path))
        self.name = f"local:{os.path.basename(self.path)}"
        self.context_window = context_window
        self.threads = threads
        self._timeout = timeout
        self._start_timeout = start_timeout
        self._lock = threading.Lock()
        self._process: LlamaProcess | None = None
        self._client: OpenAIBackend | None = None

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.path!r}, context_window={self.context_window})"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def connect(self) -> None:
        """Load the model now, so that what is missing shows before the first question."""
        self._running()

    def generate(
        self,
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
        """The model's answer: a call of one of `tools`, or a text if there are none.

        `more` goes into the request's body, as llama.cpp's server knows it. `report`,
        `cancel_token` and `memo` are the loop's, see `looplet.models.reply`. Raises ModelError.
        """
        process, client = self._running()
        if tools and report is not None:
            report = _as_call(report)
        if isinstance(messages, str):
            messages = [{"role": "user", "content": messages}]
        if tools:
            memo = {} if memo is None else memo
            if "local" not in memo:
                memo["local"] = (TextMessages(tools), call_grammar(tools))
            texts, grammar = memo["local"]
            messages = texts.follow(messages).messages
            more = {"grammar": grammar, **_NO_THINKING, **more}
        try:
            reply = client.generate(
                messages,
                max_tokens=max_tokens or MAX_TOKENS,
                temperature=temperature,
                system_prompt=system_prompt,
                report=report,
                cancel_token=cancel_token,
                memo=memo,
                **more,
            )
        except ModelError as error:
            raise self._in_words(error, process) from error
        return _call_in(reply) if tools else reply

    def close(self) -> None:
        """End the process. A later question starts it again."""
        with self._lock:
            process, client = self._process, self._client
            self._process = self._client = None
        if client is not None:
            client.close()
        if process is not None:
            process.stop()

    def _running(self) -> tuple[LlamaProcess, OpenAIBackend]:
        from looplet.models.llama_process import LlamaProcess

        with self._lock:
            if self._process is None or self._client is None or not self._process.is_running:
                check_file(self.path)
                _check_packages()
                import secrets

                key = secrets.token_hex(16)
                settings = {
                    "path": os.path.abspath(self.path),
                    "key": key,
                    "context_window": self.context_window,
                    "threads": self.threads,
                }
                self._process = LlamaProcess(server_command(), settings)
                try:
                    address = self._process.address(self._start_timeout)
                except BaseException as error:
                    self._process.stop()
                    self._process = None
                    if isinstance(error, ModelError):
                        raise ModelError(error.kind, f"{self.path}: {error}") from None
                    raise
                self._client = self._client_of(address, key)
            return self._process, self._client

    def _client_of(self, address: str, key: str) -> OpenAIBackend:
        from looplet.models.openai import OpenAIBackend

        sdk = import_module("openai")
        client = sdk.OpenAI(
            base_url=f"{address}/v1",
            api_key=key,
            timeout=sdk.Timeout(self._timeout, connect=10.0),
            max_retries=0,
            # Whatever the environment says of proxies: none of them is to see this.
            http_client=sdk.DefaultHttpxClient(trust_env=False),
        )
        return OpenAIBackend(client, model=self.name, timeout=self._timeout, max_retries=0)

    def _in_words(self, error: ModelError, process: LlamaProcess) -> ModelError:
        """The failure of a request, in words for whoever has a file and knows of no server."""
        if error.kind == "too_long":
            sizes = re.search(r"\((\d+) tokens\).*?\((\d+) tokens\)", str(error))
            asked = f"of {sizes[1]} tokens " if sizes else ""
            return ModelError(
                "too_long",
                f"the conversation {asked}is longer than the context of {self.name}, "
                f"{self.context_window} tokens; give it a larger one (context_window, or "
                "LOOPLET_LOCAL_CONTEXT), or show the model less of each result "
                "(context_inline_per_step_chars)",
                status=error.status,
            )
        # A connection breaks a moment before the process is seen to be gone.
        if error.kind in ("unreachable", "truncated", "malformed") and process.ended(1.0):
            return ModelError(
                "server", f"llama.cpp failed at an answer of {self.name}: {process.last_words()}"
            )
        return error


def _check_packages() -> None:
    from importlib.util import find_spec

    for package in ("xllamacpp", "openai"):
        if find_spec(package) is None:
            raise ModelError(
                "not_configured", f"the {package} package is missing: pip install 'looplet[local]'"
            )


def server_command() -> list[str]:
    """How the process is started: this Python, with nothing of the current folder on its path."""
    return [sys.executable, "-P", os.path.abspath(llama_server.__file__)]


def _call_in(reply: Reply) -> Reply:
    """The reply with the call that the grammar made it write; as it was, if it was cut off."""
    import json

    # A model that thinks before it answers is not let think; its server may not have noticed.
    text = reply.text or (reply.metadata or {}).get("reasoning", "")
    try:
        said = json.loads(text)
        call = ToolCall(said["tool"], said["args"])
    except (ValueError, TypeError, KeyError, RecursionError):
        return reply
    return Reply("", [call], reply.usage, "tool_calls", reply.metadata)


def _as_call(report: Callable[..., None]) -> Callable[..., None]:
    """`report`, told of the text of a call as of a call: its name, and pieces of its arguments."""
    text = ""
    tool: str | None = None
    held = ""

    def tell(event: str, **data: Any) -> None:
        nonlocal text, tool, held
        if event != MODEL_DELTA or "text" not in data:
            report(event, **data)
            return
        piece = data["text"]
        if tool is None:
            text += piece
            if (begin := _NAME.match(text)) is None:
                return
            tool, piece = begin[1], text[begin.end() :]
        # The last brace is the end of the call, not of its arguments; any may be the last.
        piece, held = held + piece, ""
        if piece.endswith("}"):
            piece, held = piece[:-1], "}"
        if piece:
            report(event, tool=tool, arguments=piece)

    return tell


__all__ = ["LocalBackend"]
