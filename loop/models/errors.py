"""What goes wrong between the loop and a model."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Literal, TypeAlias

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
        "bad_answer",
    ]


class ModelError(Exception):
    """The model gave no answer. The text says what to do, `kind` tells a program.

    status: the HTTP status, where there was one.
    """

    def __init__(self, kind: Kind, message: str, *, status: int | None = None) -> None:
        super().__init__(message)
        self.kind = kind
        self.status = status


class ScriptError(ModelError):
    """A script that is no list of replies, or has no reply left."""

    def __init__(self, message: str) -> None:
        super().__init__("bad_answer", message)
