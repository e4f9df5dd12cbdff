"""What comes back from Anthropic's `/v1/messages`, streamed or whole, put together to a Reply.

No I/O. A stream that has not said `message_stop` was cut off on its way.
"""

from __future__ import annotations

from looplet.events import MODEL_DELTA
from looplet.models.chat_answer import UNFINISHED, count, in_short, parsed
from looplet.models.errors import ModelError
from looplet.models.failures import failure_in_answer
from looplet.models.reply import Reply, Usage
from looplet.types import ToolCall

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

STOPS = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "pause_turn": "stop",
    "tool_use": "tool_calls",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "refusal": "refusal",
}
"""The API's words for why the model stopped, and ours."""

# Of each type of delta: the field of the block that it adds to, and what a listener is told.
_DELTAS = {
    "text_delta": ("text", "text"),
    "input_json_delta": ("partial_json", "arguments"),
    "thinking_delta": ("thinking", "reasoning"),
    "signature_delta": ("signature", ""),
}


class AnthropicAnswer:
    """One answer as it comes in. `ended`, `complete` as in ChatAnswer."""

    WHAT = "message of a model"

    def __init__(self, report: Callable[..., None] | None = None) -> None:
        self.ended = False
        self._report = report
        self._blocks: dict[Any, dict[str, Any]] = {}
        self._pieces: dict[Any, dict[str, list[str]]] = {}
        self._stop: str | None = None
        self._usage: dict[str, Any] = {}

    @property
    def complete(self) -> bool:
        return self.ended

    def event(self, name: str, data: str) -> None:
        """Take in one event of a stream. Raises ModelError for one that is broken, or tells so."""
        if not data.strip():
            return
        event = parsed(data)
        kind = event.get("type", name)
        if "error" in (kind, name):
            raise failure_in_answer(event.get("error") or event)
        if kind == "message_start":
            message = event.get("message")
            self._count(message if isinstance(message, dict) else {})
        elif kind == "content_block_start":
            block = event.get("content_block")
            if isinstance(block, dict):
                self._begin(event.get("index"), block)
        elif kind == "content_block_delta":
            delta = event.get("delta")
            if isinstance(delta, dict):
                self._grow(event.get("index"), delta)
        elif kind == "message_delta":
            delta = event.get("delta")
            if isinstance(delta, dict) and isinstance(delta.get("stop_reason"), str):
                self._stop = delta["stop_reason"]
            self._count(event)
        elif kind == "message_stop":
            self.ended = True

    def whole(self, body: dict[str, Any]) -> None:
        """Take in an answer that came in one piece."""
        if body.get("error"):
            raise failure_in_answer(body["error"])
        content = body.get("content")
        if not isinstance(content, list):
            raise ModelError("bad_answer", f"the answer is no {self.WHAT}: {in_short(body)}")
        for index, block in enumerate(content):
            if isinstance(block, dict):
                self._begin(index, block)
        stop = body.get("stop_reason")
        self._stop = stop if isinstance(stop, str) else "end_turn"
        self._count(body)
        self.ended = True

    def reply(self) -> Reply:
        """The answer. Raises ModelError if it was cut off on its way, and is none."""
        if not self.ended:
            raise ModelError("truncated", "the answer was cut off on its way: it has no end")
        stop = STOPS.get(self._stop or "", self._stop or "stop")
        texts: list[str] = []
        calls: list[ToolCall] = []
        thinking: list[dict[str, Any]] = []
        for index, block in self._blocks.items():
            grown = {key: "".join(pieces) for key, pieces in self._pieces[index].items()}
            kind = block.get("type")
            if kind == "text":
                texts.append(_text(block, "text", grown))
            elif kind == "tool_use":
                calls.append(_call(block, grown.get("partial_json", ""), stop))
            elif kind == "thinking":
                keys = ("thinking", "signature")
                thinking.append({**block, **{key: _text(block, key, grown) for key in keys}})
            elif kind == "redacted_thinking":
                thinking.append(block)
        if calls and stop == "stop":
            stop = "tool_calls"
        if calls and thinking:
            calls[0].metadata["send_back"] = {"thinking": thinking}
        metadata = {}
        if thoughts := "".join(block.get("thinking", "") for block in thinking):
            metadata["reasoning"] = thoughts
        if self._stop not in (None, stop):
            metadata["finish_reason"] = self._stop
        return Reply("".join(texts), calls, self._made_usage(), stop, metadata or None)

    def _begin(self, index: Any, block: dict[str, Any]) -> None:
        key = index if isinstance(index, int) else len(self._blocks)
        self._blocks[key] = block
        self._pieces[key] = {}
        if block.get("type") == "text" and isinstance(block.get("text"), str):
            self._tell("text", block["text"], block)

    def _grow(self, index: Any, delta: dict[str, Any]) -> None:
        kind = delta.get("type")
        field, told = _DELTAS.get(kind if isinstance(kind, str) else "", ("", ""))
        piece = delta.get(field) if field else None
        if not isinstance(piece, str) or not isinstance(index, int) or index not in self._blocks:
            return
        self._pieces[index].setdefault(field, []).append(piece)
        self._tell(told, piece, self._blocks[index])

    def _tell(self, what: str, piece: str, block: dict[str, Any]) -> None:
        if self._report is None or not piece or not what:
            return
        if what == "arguments":
            self._report(MODEL_DELTA, tool=str(block.get("name")), arguments=piece)
        else:
            self._report(MODEL_DELTA, **{what: piece})

    def _count(self, message: dict[str, Any]) -> None:
        # What comes later counts from the start again, and may leave out what did not change.
        usage = message.get("usage")
        if isinstance(usage, dict):
            self._usage.update({key: n for key, n in usage.items() if n is not None})

    def _made_usage(self) -> Usage | None:
        if not self._usage:
            return None
        read = count(self._usage.get("cache_read_input_tokens"))
        written = count(self._usage.get("cache_creation_input_tokens"))
        # The API counts apart what was cached; to us it is a part of what went in.
        return Usage(
            input_tokens=count(self._usage.get("input_tokens")) + read + written,
            output_tokens=count(self._usage.get("output_tokens")),
            cached_tokens=read,
            cache_write_tokens=written,
        )


def _text(block: dict[str, Any], key: str, grown: dict[str, str]) -> str:
    begun = block.get(key)
    return (begun if isinstance(begun, str) else "") + grown.get(key, "")


def _call(block: dict[str, Any], arguments: str, stop: str) -> ToolCall:
    given: Any = block.get("input")
    name, call_id = block.get("name"), block.get("id")
    if arguments or (stop in UNFINISHED and not given):
        given = arguments  # as the model wrote them: what is wrong is for the loop to tell it
    return ToolCall(
        name if isinstance(name, str) else "",
        {} if given is None else given,
        call_id=call_id if isinstance(call_id, str) else "",
    )


__all__ = ["AnthropicAnswer"]
