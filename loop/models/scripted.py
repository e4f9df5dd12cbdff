"""The scripted model: it answers what a script says. For tests, demos and recorded runs.

A script is a list of replies, each one of

    {"tool": "add", "args": {"a": 1, "b": 2}}     one call
    [{"tool": …, "args": …}, …]                   several calls in one turn
    "any text"                                    the model's raw text
    TimeoutError("…")                             an exception, which is raised (in Python only)

or a function `reply(messages, last_result)` that returns one. `last_result` is what the last tool
returned, as the model reads it: parsed if it is JSON, else text; None before the first result.
"""

from __future__ import annotations

import json

from looplet.models.errors import ScriptError
from looplet.models.reply import Reply
from looplet.types import ToolCall

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from os import PathLike
    from typing import Any, TypeAlias

    Message: TypeAlias = Mapping[str, Any]
    Script: TypeAlias = "Sequence[Any] | Callable[[Sequence[Message], Any], Any]"


class MockLLMBackend:
    """A model that gives the replies of a script, one at each turn.

    responses: the script. With `cycle`, a list starts again at its end; without, asking for more
    than there is raises ScriptError. `calls` counts the turns, `last_messages` is the conversation
    of the latest, by reference. One object serves one run at a time.
    """

    name = "scripted"
    turns_only = True
    """A script has replies for the turns of a run: other questions, as for a summary, get none."""
    blocking = False
    """It answers at once: the async driver need not ask it in a thread."""

    def __init__(self, responses: Script, *, cycle: bool = True) -> None:
        self._function = responses if callable(responses) else None
        self._replies = () if callable(responses) else _checked(responses)
        self._cycle = cycle
        self._seen = 0
        self._last_result: Any = None
        self.calls = 0
        self.last_messages: Sequence[Message] | str | None = None

    def skip(self, turns: int) -> None:
        """Go on after so many replies, which another one of this script gave already."""
        self.calls += turns

    def generate(self, messages: Sequence[Message] | str, **_: Any) -> Any:
        """The next reply: a Reply, or its text when `messages` is a prompt."""
        self.last_messages = messages
        entry = self._next(messages)
        self.calls += 1
        if isinstance(entry, BaseException) or _is_exception(entry):
            raise entry
        if isinstance(messages, str):
            return _as_text(entry)
        return _as_reply(entry)

    def _next(self, messages: Sequence[Message] | str) -> Any:
        if self._function is not None:
            if isinstance(messages, str):
                entry = self._function((), None)
            else:
                entry = self._function(messages, self._result(messages))
            if (fault := _fault(entry)) is not None:
                raise ScriptError(f"reply number {self.calls + 1} of the script {fault}")
            return entry
        count = len(self._replies)
        if self.calls >= count and not self._cycle:
            turns = "1 reply" if count == 1 else f"{count} replies"
            raise ScriptError(
                f"the script has {turns}, and the run asks for number {self.calls + 1}; "
                "end the script with a call of the done tool, or add what the model says next"
            )
        return self._replies[self.calls % count]

    def _result(self, messages: Sequence[Message]) -> Any:
        # Only what is new since the last turn is looked at, so a turn costs the same at any length.
        if len(messages) < self._seen:
            self._seen = 0
        for message in reversed(messages[self._seen :]):
            if message.get("role") == "tool":
                self._last_result = _parsed(message.get("content"))
                break
        self._seen = len(messages)
        return self._last_result


def load_script(path: str | PathLike[str]) -> Script:
    """The script in a `.json` or `.py` file. Raises ScriptError, or OSError if it can't be read."""
    from pathlib import Path

    return script_of(Path(path).read_bytes(), str(path))


def script_of(data: bytes, path: str) -> Script:
    """The script with these bytes; `path` says which kind it is, and names it in errors."""
    if path.endswith(".py"):
        return _python_script(data, path)
    from looplet.parse import finite, no_constant

    try:
        script = json.loads(data, parse_constant=no_constant, parse_float=finite)
    except json.JSONDecodeError as error:
        raise ScriptError(f"{path}:{error.lineno}:{error.colno}: no JSON: {error.msg}") from None
    except (UnicodeDecodeError, RecursionError, ValueError) as error:
        raise ScriptError(f"{path}: no JSON: {error}") from None
    if not isinstance(script, list):
        kind = type(script).__name__
        raise ScriptError(f"{path}: a script is a list of replies, and this is a {kind}")
    try:
        return _checked(script)
    except ScriptError as error:
        raise ScriptError(f"{path}: {error}") from None


def _python_script(data: bytes, path: str) -> Script:
    from looplet.link.namespace import LoadError, Namespace
    from looplet.preset import File

    namespace = Namespace({path: File(data)}, lambda _: path, on_disk=True)
    try:
        reply = getattr(namespace.load(path), "reply", None)
    except LoadError as error:
        raise ScriptError(str(error)) from error
    if not callable(reply):
        raise ScriptError(f"{path}: a Python script has a function `reply(messages, last_result)`")

    def from_script(messages: Sequence[Message], last_result: Any) -> Any:
        try:
            return reply(messages, last_result)
        except (Exception, SystemExit) as error:
            raise ScriptError(str(namespace.load_error(error, path))) from error

    return from_script


def _checked(replies: Sequence[Any]) -> Sequence[Any]:
    if isinstance(replies, (str, bytes)) or not hasattr(replies, "__len__"):
        raise ScriptError("a script is a list of replies")
    if not len(replies):
        raise ScriptError("the script is empty: a model has to say something")
    for number, entry in enumerate(replies, 1):
        if (fault := _fault(entry)) is not None:
            raise ScriptError(f"reply number {number} of the script {fault}")
    return tuple(replies)


def _fault(entry: Any) -> str | None:
    """What is wrong with one reply; None if nothing is."""
    if isinstance(entry, (str, Reply, BaseException)) or _is_exception(entry):
        return None
    if isinstance(entry, dict):
        return _call_fault(entry)
    if isinstance(entry, (list, tuple)):
        if not entry:
            return "is an empty list; write the calls of this turn"
        for call in entry:
            fault = (
                "holds something that is no call"
                if not isinstance(call, dict)
                else _call_fault(call)
            )
            if fault is not None:
                return fault
        return None
    return f'is {entry!r:.40}; write {{"tool": …, "args": {{…}}}}, a list of such, or a text'


def _call_fault(call: dict[str, Any]) -> str | None:
    if not isinstance(call.get("tool"), str):
        return 'has no "tool"; a call is {"tool": …, "args": {…}}'
    if not isinstance(call.get("args", {}), dict):
        return '\'s "args" is no object; a call is {"tool": …, "args": {…}}'
    if unknown := sorted(call.keys() - {"tool", "args"}):
        return f'has the unknown key "{unknown[0]}"; a call is {{"tool": …, "args": {{…}}}}'
    return None


def _is_exception(entry: Any) -> bool:
    return isinstance(entry, type) and issubclass(entry, BaseException)


def _as_reply(entry: Any) -> Reply:
    # Fresh copies each time: the loop gives a call its id, and a tool may change what it gets.
    if isinstance(entry, Reply):
        calls = [
            ToolCall(call.tool, _copied(call.args), call.reasoning, call.call_id)
            for call in entry.tool_calls
        ]
        return Reply(entry.text, calls, entry.usage, entry.stop, entry.metadata)
    if isinstance(entry, str):
        return Reply(entry, stop="stop")
    given = [entry] if isinstance(entry, dict) else entry
    calls = [ToolCall(call["tool"], _copied(call.get("args", {}))) for call in given]
    return Reply("", calls, stop="tool_calls")


def _copied(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _copied(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_copied(item) for item in value]
    return value


def _as_text(entry: Any) -> str:
    if isinstance(entry, str):
        return entry
    if isinstance(entry, Reply):
        calls = [{"tool": call.tool, "args": call.args} for call in entry.tool_calls]
        return entry.text if not calls else f"{entry.text}\n{json.dumps(calls)}".strip()
    return json.dumps(entry, ensure_ascii=False)


def _parsed(content: Any) -> Any:
    try:
        return json.loads(content)
    except (TypeError, ValueError, RecursionError):
        return content


__all__ = ["MockLLMBackend", "load_script", "script_of"]
