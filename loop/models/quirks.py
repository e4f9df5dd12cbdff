"""What servers refuse, told from their own words, and what is done instead.

A server that knows no tools, or no `stream_options`, is still a good server: the part is left out
from then on, and the question asked again. Only what can be left out without a change of meaning,
or what no run could go on with, is here.
"""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from looplet.models.errors import ModelError


class Quirk:
    """
    part: what of a request the server does not take. words: how it says so, as an expression.
    says: what is done, for whoever listens. statuses: with which statuses it says so.
    """

    __slots__ = ("_words", "part", "says", "statuses")

    def __init__(
        self,
        part: str,
        words: str,
        says: str,
        *,
        statuses: tuple[int, ...] = (400, 422),
    ) -> None:
        self.part = part
        self._words = re.compile(words, re.IGNORECASE)
        self.says = says
        self.statuses = statuses

    def fits(self, failure: ModelError) -> bool:
        return failure.status in self.statuses and bool(self._words.search(str(failure)))


REFUSES = r"(support|unknown|unrecognized|unexpected|extra|not permitted|not allowed|deprecated)"

QUIRKS = (
    Quirk(
        "stream_options",
        r"stream_options|include_usage",
        "the server does not tell the usage of a stream; it is left out",
    ),
    Quirk(
        "max_tokens",
        "max_completion_tokens",
        "the server calls `max_tokens` `max_completion_tokens`",
    ),
    Quirk(
        "max_completion_tokens",
        rf"max_completion_tokens.*{REFUSES}|{REFUSES}.*max_completion_tokens",
        "the server calls `max_completion_tokens` `max_tokens`",
    ),
    Quirk(
        "temperature",
        rf"temperature.*{REFUSES}|{REFUSES}.*temperature",
        "the model does not take a temperature; it is left out",
    ),
    Quirk(
        "reasoning_content",
        "reasoning_content",
        "the server wants what the model thought before a call; it is sent from now on",
    ),
    Quirk(
        "tool_choice",
        "tool_choice",
        "the server lets the model choose whether it calls a tool",
        statuses=(400, 422, 500),
    ),
    Quirk(
        "tools",
        rf"tool.*{REFUSES}|{REFUSES}.*tool|--jinja",
        "the server knows no tools; they are described in the prompt",
    ),
    Quirk(
        # The model wrote a call in a form of its own, which the server could not make sense of.
        "tools",
        r"\btool|expected.*format|\bpars|template|grammar",
        "the server fails at tools; they are described in the prompt",
        statuses=(500,),
    ),
    Quirk(
        "grammar",
        "grammar",
        "the server takes no grammar; answers are read as they come",
        statuses=(400, 422, 500),
    ),
    Quirk(
        "stream",
        rf"\bstream.*{REFUSES}|{REFUSES}.*\bstream",
        "the server does not stream; answers are taken in one piece",
        statuses=(400, 405, 422, 501),
    ),
)


def quirk_in(request: Mapping[str, Any], failure: ModelError) -> Quirk | None:
    """What of this request the server refuses, if that can be left out; else None."""
    body = request["extra_body"]
    for quirk in QUIRKS:
        if quirk.fits(failure) and _has(request, body, quirk.part):
            return quirk
    return None


def _has(request: Mapping[str, Any], body: Mapping[str, Any], part: str) -> bool:
    # By the request and not by what was found out before: of two that were under way at the same
    # time, both are to be asked again.
    if part == "reasoning_content":
        return "tools" in body
    if part == "tool_choice":
        return body.get("tool_choice") == "required"
    return part in body or part in request


__all__ = ["Quirk", "quirk_in"]
