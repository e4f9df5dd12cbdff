"""What a step is made of: ToolCall, ToolResult, ToolError, Step. Data, which runs nothing.

Hand-written classes with slots: a step costs little memory, and importing them costs nothing.
"""

from __future__ import annotations

from itertools import islice

from looplet.context import ToolContext as ToolContext  # its name in older code

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from looplet.models.reply import Usage


class Record:
    """A base for small data classes: equality and repr over `__slots__`, by public name."""

    __slots__: tuple[str, ...] = ()

    def _values(self) -> tuple[tuple[str, Any], ...]:
        names = [name.lstrip("_") for name in self.__slots__]
        return tuple((name, getattr(self, name)) for name in names)

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return self._values() == other._values()

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        fields = ", ".join(f"{name}={value!r}" for name, value in self._values())
        return f"{type(self).__name__}({fields})"


class ToolCall(Record):
    """One call that the model asks for. `reasoning` is what it said before."""

    __slots__ = ("_metadata", "args", "call_id", "reasoning", "tool")

    def __init__(
        self,
        tool: str,
        args: dict[str, Any] | None = None,
        reasoning: str = "",
        call_id: str = "",
        metadata: dict[str, Any] | None = None,
    ) -> None:
        self.tool = tool
        self.args = {} if args is None else args
        self.reasoning = reasoning
        self.call_id = call_id
        self._metadata = metadata

    @property
    def metadata(self) -> dict[str, Any]:
        # Made when first asked for: most calls have none, and a run has thousands of calls.
        if self._metadata is None:
            self._metadata = {}
        return self._metadata

    def to_dict(self) -> dict[str, Any]:
        data: dict[str, Any] = {"tool": self.tool, "args": self.args}
        if self.reasoning:
            data["reasoning"] = self.reasoning
        if self.call_id:
            data["call_id"] = self.call_id
        if self._metadata:
            data["metadata"] = self._metadata
        return data


class ToolError(Record):
    """Why a call has no result: `kind` for programs, `message` for people and the model.

    Kinds: `not_parsed`, `empty_reply`, `cut_off`, `refused` (of a model's reply), `unknown_tool`,
    `bad_arguments`, `blocked`, `denied`, `stopped`, `raised`, `exited`, `timeout`, `bad_result`,
    `rejected` (a `done` that was not accepted), `interrupted`, `cancelled`, `agent_stopped` (an
    agent as a tool ended without an answer), `server` (of an MCP server that failed), `tool_error`
    (its tool says that it did).
    `detail` is the end of the traceback, or the value that could not be kept.
    """

    __slots__ = ("detail", "kind", "message")

    def __init__(self, kind: str, message: str, detail: str = "") -> None:
        self.kind = kind
        self.message = message
        self.detail = detail

    def to_dict(self) -> dict[str, Any]:
        data = {"kind": self.kind, "message": self.message}
        if self.detail:
            data["detail"] = self.detail
        return data


class ToolResult(Record):
    """What a call came to: `data`, or `error` (and then `error_detail` says more).

    `result_key` is free for hosts that keep big results elsewhere.
    """

    __slots__ = (
        "_args_summary",
        "_metadata",
        "_text",
        "_warnings",
        "call_id",
        "data",
        "duration_ms",
        "error",
        "error_detail",
        "result_key",
        "tool",
    )

    def __init__(
        self,
        tool: str,
        args_summary: str | Mapping[str, Any] = "",
        data: Any = None,
        error: str | None = None,
        error_detail: ToolError | None = None,
        duration_ms: float = 0.0,
        result_key: str | None = None,
        call_id: str = "",
        warnings: list[str] | None = None,
        metadata: dict[str, Any] | None = None,
    ) -> None:
        self.tool = tool
        self._args_summary = args_summary
        self.data = data
        self.error = error
        self.error_detail = error_detail
        self.duration_ms = duration_ms
        self.result_key = result_key
        self.call_id = call_id
        self._warnings = warnings
        self._metadata = metadata
        self._text: str | None = None

    @classmethod
    def failure(cls, call: ToolCall, kind: str, message: str, detail: str = "") -> ToolResult:
        """The result of `call` when it came to nothing."""
        error = ToolError(kind, message, detail)
        return cls(call.tool, call.args, None, message, error, call_id=call.call_id)

    def for_call(self, call: ToolCall) -> ToolResult:
        """The same as the result of `call`. A copy: who made it may hand it out again."""
        return ToolResult(
            call.tool,
            self._args_summary or call.args,
            self.data,
            self.error if self.error is None else str(self.error),
            self.error_detail,
            self.duration_ms,
            self.result_key,
            call.call_id,
            [*self._warnings] if self._warnings else None,
            {**self._metadata} if self._metadata else None,
        )

    @property
    def args_summary(self) -> str:
        """The arguments in a few words; worded when asked for."""
        if isinstance(self._args_summary, str):
            return self._args_summary
        return arguments_in_words(self._args_summary)

    @property
    def warnings(self) -> list[str]:
        if self._warnings is None:
            self._warnings = []
        return self._warnings

    @property
    def metadata(self) -> dict[str, Any]:
        if self._metadata is None:
            self._metadata = {}
        return self._metadata

    @property
    def ok(self) -> bool:
        return self.error is None

    def text(self) -> str:
        """The result as the model reads it: `data` as JSON (text as itself), or the error."""
        if self.error is not None:
            return f"error: {self.error}"
        if self._text is None:
            from looplet.jsontext import result_text

            self._text = result_text(self.data)
        return self._text

    def _values(self) -> tuple[tuple[str, Any], ...]:
        return tuple((name, value) for name, value in super()._values() if name != "text")

    def to_dict(self) -> dict[str, Any]:
        data: dict[str, Any] = {"tool": self.tool, "args": self.args_summary, "data": self.data}
        if self.error is not None:
            data["error"] = self.error
        if self.error_detail is not None:
            data["error_detail"] = self.error_detail.to_dict()
        data["duration_ms"] = round(self.duration_ms, 3)
        if self.result_key is not None:
            data["result_key"] = self.result_key
        if self._warnings:
            data["warnings"] = self._warnings
        if self._metadata:
            data["metadata"] = self._metadata
        return data


class Step(Record):
    """One tool call and its result. It is yielded after the tool ran.

    `usage` is what the model's turn cost; of several calls in one turn, the first carries it.
    `finish_reason` is why the model stopped in that turn, as `Reply.stop` has it; on each of them.
    """

    __slots__ = ("_metadata", "finish_reason", "number", "tool_call", "tool_result", "usage")

    def __init__(
        self,
        number: int,
        tool_call: ToolCall,
        tool_result: ToolResult,
        metadata: dict[str, Any] | None = None,
        usage: Usage | None = None,
        finish_reason: str | None = None,
    ) -> None:
        self.number = number
        self.tool_call = tool_call
        self.tool_result = tool_result
        self._metadata = metadata
        self.usage = usage
        self.finish_reason = finish_reason

    @property
    def metadata(self) -> dict[str, Any]:
        if self._metadata is None:
            self._metadata = {}
        return self._metadata

    def pretty(self) -> str:
        """One line for a terminal: `#1 ✓ add(a=1, b=2) → sum: 3 [0ms]`."""
        result = self.tool_result
        line = f"#{self.number} {self._outline(result, 200)}"
        return line if result.error is not None else f"{line} [{result.duration_ms:.0f}ms]"

    def summary(self) -> str:
        """One short line for a list of steps: `S1 ✓ add(a=1, b=2) → sum: 3`."""
        return f"S{self.number} {self._outline(self.tool_result, 80)}"

    def _outline(self, result: ToolResult, width: int) -> str:
        mark, outcome = "✓", value_in_words(result.data, width)
        if result.error is not None:
            mark, outcome = "✗", "ERROR: " + printable(result.error, width)
        call = self.tool_call
        head = f"{mark} {printable(call.tool, 64)}({arguments_in_words(call.args)})"
        return f"{head} → {outcome}"

    def to_dict(self) -> dict[str, Any]:
        """The step as JSON-able data."""
        data: dict[str, Any] = {
            "step": self.number,
            "tool_call": self.tool_call.to_dict(),
            "tool_result": self.tool_result.to_dict(),
        }
        if self.usage is not None:
            data["usage"] = self.usage.to_dict()
        if self.finish_reason is not None:
            data["finish_reason"] = self.finish_reason
        if self._metadata:
            data["metadata"] = self._metadata
        return data


def arguments_in_words(args: Mapping[str, Any], width: int = 120) -> str:
    """`a=1, b=two`, cut at `width`."""
    if not isinstance(args, dict):
        return printable(str(args), width)
    words = ", ".join(f"{name}={value_in_words(value, 60)}" for name, value in args.items())
    return printable(words, width)


def value_in_words(value: Any, width: int, depth: int = 3) -> str:
    """A value on one line: `sum: 3` for a mapping, the text itself for a text.

    No more of it is looked at than can be seen: it may be huge, or nested without end.
    """
    if isinstance(value, dict):
        if not value or not depth:
            return "{…}" if value else "{}"
        seen = islice(value.items(), width // 3)
        pairs = [f"{key}: {value_in_words(part, 40, depth - 1)}" for key, part in seen]
        return printable(", ".join(pairs), width)
    if isinstance(value, (list, tuple)):
        if not value or not depth:
            return "[…]" if value else "[]"
        parts = [value_in_words(part, 40, depth - 1) for part in islice(value, width // 3)]
        return printable(f"[{', '.join(parts)}]", width)
    try:
        return printable(value if isinstance(value, str) else str(value), width)
    except Exception as error:  # a value of the author's: also its __str__ may be broken
        return f"<{type(value).__name__}: {type(error).__name__}>"


def printable(text: str, width: int) -> str:
    """`text` on one line of at most `width` characters, fit for any terminal.

    A model's or a tool's text can hold escape sequences; they are shown, never sent.
    """
    if len(text) > width:
        text = text[: width - 1] + "…"
    if text.isprintable():
        return text
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode() for char in text
    )
