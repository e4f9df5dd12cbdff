"""Tool calls in a model's plain text: bare, fenced, in tags, between prose, several at once.

Any text gives a Parsed, never an exception, and soon: how many braces and brackets are tried is
capped. A call inside something broken is not a call, nor is one that the model only thinks of,
in the `<think>` that a text may begin with.
"""

from __future__ import annotations

from json import JSONDecodeError, JSONDecoder

from looplet.types import ToolCall, printable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Final, NoReturn

MAX_TEXT: Final = 2_000_000
MAX_ATTEMPTS: Final = 2000

_NAMES = ("tool", "tool_name", "name", "function")
_ARGS = ("args", "arguments", "parameters", "input")
_LISTS = ("tool_calls", "calls")
_QUOTED = tuple(f'"{key}"' for key in (*_NAMES, *_ARGS, *_LISTS))
_QUOTED_LIKE_PYTHON = tuple(f"'{key}'" for key in (*_NAMES, *_LISTS))
_THOUGHTS = ("<think>", "</think>")
_MARKUP = ("<tool_call>", "</tool_call>", "```json", "```")


class Parsed:
    """What a text has in it.

    calls: the calls, in order. problem: what is wrong with the rest, in words for the model.
    prose: the text outside of the calls.
    """

    __slots__ = ("calls", "problem", "prose")

    def __init__(self, calls: list[ToolCall], prose: str, problem: str | None) -> None:
        self.calls = calls
        self.prose = prose
        self.problem = problem


class NotACall(ValueError):
    """A value that was meant as a call, and is none; the message says why."""


def parse_calls(text: str) -> Parsed:
    """The calls in `text`, up to the first thing that is broken."""
    calls: list[ToolCall] = []
    prose: list[str] = []
    problem = None
    done = attempts = 0
    position = _end_of_thoughts(text)
    if len(text) > MAX_TEXT:
        return Parsed([], text, f"the reply is longer than {MAX_TEXT} characters; write less")
    while problem is None and (start := _next_start(text, position)) >= 0:
        attempts += 1
        if attempts > MAX_ATTEMPTS:
            problem = "there are too many braces and brackets in the reply"
            break
        try:
            value, end = _DECODER.raw_decode(text, start)
        except (ValueError, RecursionError) as error:
            problem = _what_broke(text, start, error)
            position = error.pos if isinstance(error, JSONDecodeError) else len(text)
            position = max(position, start + 1)
            continue
        try:
            found = _calls_in(value)
        except NotACall as error:
            problem = str(error)
            break
        if found:
            prose.append(text[done:start])
            done = end
            calls += found
        position = end
    prose.append(text[done:])
    if problem is not None and not calls:
        return Parsed([], text, problem)
    return Parsed(calls, _without_markup(prose), problem)


def arguments_from(text: str) -> dict[str, Any]:
    """The arguments of a call that came as JSON text. Raises NotACall."""
    if not text.strip():
        return {}
    try:
        value = _DECODER.decode(text)
    except (ValueError, RecursionError) as error:
        raise NotACall(f"the arguments are not valid JSON: {_reason(error)}") from None
    if not isinstance(value, dict):
        raise NotACall("the arguments have to be a JSON object")
    return value


def call_from(value: dict[str, Any]) -> ToolCall | None:
    """The call that an object spells; None if it spells none. Raises NotACall for a broken one."""
    inner = value.get("function")
    if isinstance(inner, dict):  # the wire form of a chat completion
        call = call_from(inner)
        if call is not None and isinstance(value.get("id"), str):
            call.call_id = value["id"]
        return call
    name = next((value[key] for key in _NAMES if isinstance(value.get(key), str)), None)
    if name is None:
        return None
    given = next((key for key in _ARGS if key in value), None)
    if given is None and "tool" not in value:
        return None  # `{"name": "Ada"}` is data, not a call
    args = {} if given is None or value[given] is None else value[given]
    if isinstance(args, str):
        args = arguments_from(args)
    if not isinstance(args, dict):
        raise NotACall(f'the "{given}" of `{printable(name, 64)}` have to be a JSON object')
    reasoning = value.get("reasoning")
    call_id = value.get("call_id")
    return ToolCall(
        name,
        args,
        reasoning if isinstance(reasoning, str) else "",
        call_id if isinstance(call_id, str) else "",
    )


def _calls_in(value: object) -> list[ToolCall]:
    if isinstance(value, list):
        # All of a list, or nothing of it: half a plan is no plan.
        found = [call_from(item) if isinstance(item, dict) else None for item in value]
        calls = [call for call in found if call is not None]
        if calls and len(calls) < len(found):
            raise NotACall('every entry of the list has to be {"tool": …, "args": {…}}')
        return calls
    if isinstance(value, dict):
        for key in _LISTS:
            if isinstance(value.get(key), list):
                return _calls_in(value[key])
        call = call_from(value)
        return [] if call is None else [call]
    return []


def _end_of_thoughts(text: str) -> int:
    if not text[:100].lstrip().startswith(_THOUGHTS[0]):
        return 0
    end = text.find(_THOUGHTS[1])
    return len(text) if end < 0 else end


def _next_start(text: str, position: int) -> int:
    brace, bracket = text.find("{", position), text.find("[", position)
    if brace < 0 or bracket < 0:
        return max(brace, bracket)
    return min(brace, bracket)


def _what_broke(text: str, start: int, error: Exception) -> str | None:
    """Why the value at `start` is broken, if it was meant as a call; None for a brace in prose."""
    if isinstance(error, JSONDecodeError):
        head = text[start : min(error.pos + 1, start + 2000)]
        cut_off = error.pos >= len(text.rstrip()) or error.msg.startswith("Unterminated string")
        if cut_off and '"' in head:
            return "the JSON stops before it is complete"
        in_python = text[start : start + 20].lstrip("{[ \n").startswith(_QUOTED_LIKE_PYTHON)
        if not in_python and not any(key in head for key in _QUOTED):
            return None
    return f"the JSON is not valid: {_reason(error)}"


def _reason(error: Exception) -> str:
    if isinstance(error, JSONDecodeError):
        near = printable(error.doc[max(0, error.pos - 15) : error.pos + 15], 40)
        return f"{error.msg} at character {error.pos + 1}, near `{near}`"
    return "it is nested too deeply" if isinstance(error, RecursionError) else str(error)


def _without_markup(pieces: list[str]) -> str:
    text = "".join(pieces)
    for mark in _MARKUP:
        text = text.replace(mark, "")
    return text.strip()


def no_constant(name: str) -> NoReturn:
    """For a decoder: NaN and Infinity are refused."""
    raise ValueError(f"{name} is no JSON")


def finite(digits: str) -> float:
    """For a decoder: a number that Python would read as infinity, such as 1e999, is refused."""
    number = float(digits)
    if abs(number) == float("inf"):
        raise ValueError(f"{printable(digits, 40)} is too large a number")
    return number


_DECODER = JSONDecoder(parse_constant=no_constant, parse_float=finite)
