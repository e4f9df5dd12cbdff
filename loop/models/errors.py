"""What goes wrong between the loop and a model."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final, Literal, TypeAlias

    Kind: TypeAlias = Literal[
        "not_configured",
        "unreachable",
        "timeout",
        "unauthorized",
        "no_such_model",
        "rate_limited",
        "too_long",
        "bad_request",
        "server",
        "truncated",
        "malformed",
        "bad_answer",
    ]

MAY_PASS: Final = frozenset(
    {"unreachable", "timeout", "rate_limited", "server", "truncated", "malformed"}
)
"""The kinds of failure that may be over when the same is asked again."""


class ModelError(Exception):
    """The model gave no answer. The text says what to do, `kind` tells a program.

    status: the HTTP status, where there was one.
    may_pass: whether asking the same again can help; if not given, its kind says so.
    retry_after: the seconds that the server asks to wait before that.
    """

    def __init__(
        self,
        kind: Kind,
        message: str,
        *,
        status: int | None = None,
        may_pass: bool | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.kind = kind
        self.status = status
        self.may_pass = kind in MAY_PASS if may_pass is None else may_pass
        self.retry_after = retry_after


class ScriptError(ModelError):
    """A script that is no list of replies, or has no reply left."""

    def __init__(self, message: str) -> None:
        super().__init__("bad_answer", message)
