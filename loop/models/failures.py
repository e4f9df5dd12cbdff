"""What a server or an SDK says went wrong, as a ModelError in words that say what to do.

Both official SDKs are made by one generator and name their exceptions alike.
"""

from __future__ import annotations

import re

from looplet.models.errors import ModelError
from looplet.models.retry import asked_delay
from looplet.types import printable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from looplet.models.errors import Kind

PASSING = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 529})
"""Statuses after which asking again can help."""

NO_CREDIT = ("insufficient_quota", "billing_hard_limit_reached", "access_terminated")
"""Codes of a 429 that no waiting heals."""

TOO_LONG = (
    "context length",
    "context_length",
    "context size",
    "context window",
    "prompt is too long",
    "input is too long",
    "input length",
    "too many tokens",
    "maximum number of tokens",
)

STATUS_OF_TYPE = {
    "invalid_request_error": 400,
    "authentication_error": 401,
    "billing_error": 402,
    "permission_error": 403,
    "not_found_error": 404,
    "request_too_large": 413,
    "rate_limit_error": 429,
    "api_error": 500,
    "timeout_error": 504,
    "overloaded_error": 529,
}
"""The types of Anthropic's errors, which come without a status inside of a stream."""


class Words:
    """What the wording needs to know of a model.

    where: the address. model: its name there. prefix: of its environment variables.
    timeout_s, connect_timeout_s: how long it is waited for.
    """

    __slots__ = ("connect_timeout_s", "model", "prefix", "timeout_s", "where")

    def __init__(
        self, where: str, model: str, prefix: str, timeout_s: float, connect_timeout_s: float
    ) -> None:
        self.where = where
        self.model = model
        self.prefix = prefix
        self.timeout_s = timeout_s
        self.connect_timeout_s = connect_timeout_s


def without_secrets(url: str) -> str:
    """An address as it is shown: without a password, and what follows a `?`."""
    scheme, colon, rest = url.rpartition("://")
    rest = rest.partition("?")[0].partition("#")[0]
    return f"{scheme}{colon}{rest.rpartition('@')[2]}"


def failure_to_ask(error: Exception, sdk: Any, words: Words) -> ModelError:
    """What sending a question raised."""
    if isinstance(error, sdk.APIConnectionError):  # its timeouts too
        return _no_connection(error, words, isinstance(error, sdk.APITimeoutError))
    if isinstance(error, sdk.APIStatusError):
        body, headers = error.body, error.response.headers
        said = _said(body) or " ".join(str(error.message).split())
        failure = _by_status(error.status_code, printable(said, 500), body, words)
        failure.retry_after = asked_delay(headers)
        # The server knows best; the SDKs heed this header too.
        if (wish := headers.get("x-should-retry")) in ("true", "false"):
            failure.may_pass = wish == "true"
        return failure
    if isinstance(error, TypeError) and "authentication" in str(error):
        return ModelError(
            "not_configured",
            f"{words.where} asks for a key, and there is none; set {words.prefix}_API_KEY",
        )
    return ModelError("bad_request", f"{words.where}: the question cannot be sent: {error}")


def failure_to_read(error: Exception, words: Words) -> ModelError:
    """What reading the body of an answer raised: the connection failed in the middle of it."""
    if "Timeout" in type(error).__name__:
        return ModelError(
            "timeout",
            f"{words.where} stopped in the middle of its answer, and said nothing more for "
            f"{words.timeout_s:g} seconds",
        )
    why = str(error).strip() or type(error).__name__
    return ModelError(
        "truncated", f"{words.where} broke the connection in the middle of its answer: {why[:200]}"
    )


def failure_in_answer(error: Any) -> ModelError:
    """An error that came as an answer, or in the middle of one: its status was fine before."""
    said = printable(_said({"error": error}) or "it does not say what", 500)
    code = error.get("code") if isinstance(error, dict) else None
    kind = error.get("type") if isinstance(error, dict) else None
    status = STATUS_OF_TYPE.get(kind) if isinstance(kind, str) else None
    if isinstance(code, (int, str)) and re.fullmatch("[45][0-9][0-9]", str(code)[:4]):
        status = int(code)
    if status is None:
        return ModelError("server", f"the server failed while it answered: {said}")
    return _by_status(status, said, {"error": error}, None)


def _no_connection(error: Any, words: Words, timed_out: bool) -> ModelError:
    cause = error.__cause__
    name = type(cause).__name__
    if timed_out and name != "ConnectTimeout":
        return ModelError(
            "timeout", f"{words.where} gave no answer within {words.timeout_s:g} seconds"
        )
    if name in ("UnsupportedProtocol", "InvalidURL"):
        return ModelError(
            "not_configured",
            f"{words.where!r} is no address of a model; {words.prefix}_BASE_URL begins with "
            "http:// or https://",
        )
    why = f"{cause or error}".strip() or "no connection"
    if timed_out:
        why = f"no connection within {words.connect_timeout_s:g} seconds"
    return ModelError(
        "unreachable",
        f"cannot reach the model at {words.where}: {why}; is the server running, and is "
        f"{words.prefix}_BASE_URL right?",
        may_pass="CERTIFICATE" not in why,
    )


def _by_status(status: int, said: str, body: Any, words: Words | None) -> ModelError:
    kind, advice = _advice(status, said, words)
    may_pass = status in PASSING
    if status == 429 and _codes(body) & {*NO_CREDIT}:
        may_pass, advice = False, "; the account has no credit left, or has reached its limit"
    where = f"{words.where} answered {status}" if words else f"the server answered {status}"
    return ModelError(kind, f"{where}: {said}{advice}", status=status, may_pass=may_pass)


def _advice(status: int, said: str, words: Words | None) -> tuple[Kind, str]:
    lowered = said.lower()
    if status == 413 or (status < 500 and any(part in lowered for part in TOO_LONG)):
        return "too_long", "; the conversation is longer than the model's context"
    if status in (401, 403):
        key = f"{words.prefix}_API_KEY" if words else "the key"
        return "unauthorized", f"; is {key} right?"
    if status == 404:
        model = f"the model {words.model!r}" if words else "the model"
        return "no_such_model", f"; does this server know {model}, and is the URL right?"
    if status == 429:
        return "rate_limited", "; wait, or ask for a higher limit"
    if status == 408:
        return "timeout", ""
    if status >= 500:
        return "server", "; the fault is the server's, try again later"
    return "bad_request", ""


def _said(body: Any) -> str:
    """The server's own words, without what they are wrapped in."""
    for key in ("error", "message", "detail"):
        if isinstance(body, dict) and body.get(key):
            body = body[key]
    if isinstance(body, dict) and body.get("message"):
        body = body["message"]
    return "" if body is None or body == {} else " ".join(str(body).split())


def _codes(body: Any) -> set[str]:
    error: Mapping[str, Any] = body if isinstance(body, dict) else {}
    if isinstance(error.get("error"), dict):
        error = error["error"]
    return {value for key in ("code", "type") if isinstance(value := error.get(key), str)}


__all__ = ["Words", "failure_in_answer", "failure_to_ask", "failure_to_read", "without_secrets"]
