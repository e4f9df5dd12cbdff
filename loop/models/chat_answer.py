"""What comes back from `/v1/chat/completions`, streamed or whole, put together to a Reply. No I/O.

What comes in is whatever a server sent: nothing is taken for granted. Dialects that are read too:
calls without an index or with the index 0 each, arguments as an object, `reasoning` beside
`reasoning_content`, content in parts, usage in every chunk.
"""

from __future__ import annotations

import json

from looplet.events import MODEL_DELTA
from looplet.models.errors import ModelError
from looplet.models.failures import failure_in_answer
from looplet.models.reply import Reply, Usage
from looplet.types import ToolCall, printable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

STOPS = {
    "stop": "stop",
    "eos": "stop",
    "eos_token": "stop",
    "stop_sequence": "stop",
    "end_turn": "stop",
    "tool_calls": "tool_calls",
    "function_call": "tool_calls",
    "tool_use": "tool_calls",
    "length": "length",
    "max_tokens": "length",
    "model_length": "length",
    "content_filter": "content_filter",
    "refusal": "refusal",
}
"""The servers' words for why the model stopped, and ours."""

BROKEN_OFF = frozenset({"error", "abort", "insufficient_system_resource"})
"""The words of servers that gave up in the middle of an answer."""

UNFINISHED = ("length", "content_filter", "refusal")
"""After one of these, a call without arguments may be one whose arguments never came."""


MOST_TOKENS = 2**53
"""A number of tokens, or a price, from here on is none: no float could count on from it."""


class ChatAnswer:
    """One answer as it comes in.

    ended: whether all of it has come, as far as the server says so.
    complete: whether there is an answer to be had, also if nothing else comes.
    """

    WHAT = "chat completion"

    def __init__(self, report: Callable[..., None] | None = None) -> None:
        self.ended = False
        self._report = report
        self._texts: list[str] = []
        self._thoughts: list[str] = []
        self._refusals: list[str] = []
        self._calls: list[_Call] = []
        self._by_index: dict[Any, _Call] = {}
        self._finish: str | None = None
        self._usage: Usage | None = None

    @property
    def complete(self) -> bool:
        said_something = self._texts or self._calls or self._thoughts or self._refusals
        return self._finish is not None or bool(self.ended and said_something)

    def event(self, name: str, data: str) -> None:
        """Take in one event of a stream. Raises ModelError for one that is broken, or tells so."""
        if data.strip() == "[DONE]":
            self.ended = True
            return
        chunk = parsed(data)
        if name == "error" and "error" not in chunk:
            chunk = {"error": chunk}
        self._take(chunk, "delta")

    def whole(self, body: dict[str, Any]) -> None:
        """Take in an answer that came in one piece."""
        choices = body.get("choices")
        first = choices[0] if isinstance(choices, list) and choices else None
        has_answer = isinstance(first, dict) and isinstance(first.get("message"), dict)
        if not body.get("error") and not has_answer:
            raise ModelError("bad_answer", f"the answer is no {self.WHAT}: {in_short(body)}")
        self._take(body, "message")
        self._finish = self._finish or "stop"  # whole JSON is a whole answer
        self.ended = True

    def reply(self) -> Reply:
        """The answer. Raises ModelError if it was cut off on its way, and is none."""
        if self._finish in BROKEN_OFF:
            raise ModelError("server", f"the server broke its answer off ({self._finish})")
        if not self.complete:
            raise ModelError("truncated", "the answer was cut off on its way: it has no end")
        refusal = "".join(self._refusals)
        stop = STOPS.get(self._finish or "", self._finish or "stop")
        if refusal and stop == "stop":
            stop = "refusal"
        if self._calls and stop == "stop":
            stop = "tool_calls"  # some servers say `stop` whatever the model did
        thoughts = "".join(self._thoughts)
        calls = [call.made(stop) for call in self._calls]
        if thoughts and calls:
            calls[0].metadata.setdefault("send_back", {})["reasoning_content"] = thoughts
        metadata = {"reasoning": thoughts} if thoughts else {}
        if self._finish not in (None, stop):
            metadata["finish_reason"] = self._finish
        return Reply("".join(self._texts) or refusal, calls, self._usage, stop, metadata or None)

    def _take(self, chunk: dict[str, Any], key: str) -> None:
        if error := chunk.get("error"):
            raise failure_in_answer(error)
        if usage := _usage(chunk.get("usage")):
            self._usage = usage
        choices = chunk.get("choices")
        for choice in choices if isinstance(choices, list) else ():
            # Of several answers to one question, which nobody asked for, the first is taken.
            if isinstance(choice, dict) and choice.get("index", 0) in (0, None):
                self._choice(choice, choice.get(key) or choice.get("message") or {})

    def _choice(self, choice: dict[str, Any], delta: Any) -> None:
        if isinstance(delta, dict):
            self._content(delta.get("content"))
            thought = delta.get("reasoning_content") or delta.get("reasoning")
            self._add(self._thoughts, thought, "reasoning")
            self._add(self._refusals, delta.get("refusal"), "text")
            calls = delta.get("tool_calls")
            for position, piece in enumerate(calls if isinstance(calls, list) else ()):
                if isinstance(piece, dict):
                    self._call(piece, position)
        finish = choice.get("finish_reason")
        if isinstance(finish, str) and finish:
            self._finish = finish

    def _content(self, content: Any) -> None:
        if isinstance(content, str):
            self._add(self._texts, content, "text")
            return
        for part in content if isinstance(content, list) else ():  # some servers answer in parts
            if isinstance(part, str):
                self._add(self._texts, part, "text")
            elif isinstance(part, dict):
                self._add(self._texts, part.get("text"), "text")
                self._add(self._refusals, part.get("refusal"), "text")

    def _add(self, pieces: list[str], piece: Any, kind: str) -> None:
        if isinstance(piece, str) and piece:
            pieces.append(piece)
            if self._report is not None:
                self._report(MODEL_DELTA, **{kind: piece})

    def _call(self, piece: dict[str, Any], position: int) -> None:
        index = piece.get("index")
        given = piece.get("id")
        key = position if index is None else index
        call = self._by_index.get(key) if isinstance(key, int) else None
        # A new id is a new call, also where the server forgot to count.
        if call is None or (given and call.call_id and given != call.call_id):
            call = self._by_index[key if isinstance(key, int) else position] = _Call()
            self._calls.append(call)
        function = piece.get("function")
        arguments = call.add(piece, function if isinstance(function, dict) else {})
        if self._report is not None and arguments is not None:
            self._report(MODEL_DELTA, tool=call.name, arguments=arguments)


class _Call:
    """A call as it comes in."""

    def __init__(self) -> None:
        self.call_id = ""
        self.name = ""
        self._arguments: list[str] = []
        self._given: Any = None
        self._extra: Any = None

    def add(self, piece: dict[str, Any], function: dict[str, Any]) -> str | None:
        """Take in a piece; the text of its arguments is returned, if it has any."""
        if isinstance(piece.get("id"), str):
            self.call_id = piece["id"] or self.call_id
        if piece.get("extra_content"):
            self._extra = piece["extra_content"]
        name = function.get("name")
        if isinstance(name, str) and name != self.name:
            self.name += name
        arguments = function.get("arguments")
        if isinstance(arguments, str):
            self._arguments.append(arguments)
            return arguments
        if arguments is not None:
            self._given = arguments
            return json.dumps(arguments)
        return None

    def made(self, stop: str) -> ToolCall:
        # As the model wrote them: what is wrong with them is for the loop to tell the model.
        arguments: Any = "".join(self._arguments)
        if not arguments and stop not in UNFINISHED:
            arguments = {}
        if self._given is not None:
            arguments = self._given
        extra = {"send_back": {"extra_content": self._extra}} if self._extra else None
        return ToolCall(self.name, arguments, call_id=self.call_id, metadata=extra)


def parsed(data: str) -> dict[str, Any]:
    """The object that a chunk or a body holds. Raises ModelError if it holds none."""
    try:
        value = json.loads(data)
    except (ValueError, RecursionError) as error:
        shown = printable(str(error), 200)
        text = in_short(data[:1000])
        raise ModelError(
            "malformed", f"a part of the answer is no JSON ({shown}): {text or '(empty)'}"
        ) from None
    if not isinstance(value, dict):
        raise ModelError("malformed", f"a part of the answer is no object: {in_short(value)}")
    return value


def in_short(value: Any) -> str:
    return printable(" ".join(str(value).split()), 200)


def count(value: Any) -> int:
    """A number of tokens as a server tells it; 0 for what is none."""
    return value if type(value) is int and 0 < value < MOST_TOKENS else 0


def _usage(usage: Any) -> Usage | None:
    if not isinstance(usage, dict):
        return None
    details = usage.get("prompt_tokens_details")
    cached = details.get("cached_tokens") if isinstance(details, dict) else None
    cost: Any = usage.get("cost")
    return Usage(
        input_tokens=count(usage.get("prompt_tokens")),
        output_tokens=count(usage.get("completion_tokens")),
        cached_tokens=count(cached if cached is not None else usage.get("prompt_cache_hit_tokens")),
        cost=float(cost) if type(cost) in (int, float) and 0 <= cost < MOST_TOKENS else None,
    )


__all__ = ["ChatAnswer", "count", "in_short", "parsed"]
