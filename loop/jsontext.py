"""JSON text of tool results: what the model reads, and the judge of what can be kept at all."""

from __future__ import annotations

from json import JSONEncoder, encoder

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_readable = JSONEncoder(ensure_ascii=False, allow_nan=False)
_ascii = JSONEncoder(allow_nan=False)


def _encode(value: Any) -> str:
    """As `_readable.encode`, by an encoder that is made once: each step needs one."""
    try:
        return "".join(_made(value, 0))
    except RecursionError:
        return _readable.encode(value)  # slower, it tells what is deep from what contains itself


def _maker() -> Any:
    make = getattr(encoder, "c_make_encoder", None)  # a detail of CPython, used where it is there
    if make is None:
        return lambda value, _: (_readable.encode(value),)
    # No markers: the encoder keeps nothing from one call to the next, so threads can share it.
    spell = (_readable.default, encoder.encode_basestring, None, ": ", ", ")
    return make(None, *spell, False, False, False)


_made: Any = _maker()


class NotJSON(ValueError):
    """A value that JSON cannot hold; the message says which part, and its type."""


def json_text(value: Any) -> str:
    """`value` as JSON text that every encoding can carry. Raises NotJSON."""
    try:
        text = _encode(value)
        if not text.isascii():
            text.encode()  # half of a surrogate pair is no text: then escape everything
    except UnicodeEncodeError:
        return _ascii.encode(value)
    except (TypeError, ValueError, RecursionError) as error:
        raise NotJSON(_why(value, error)) from None
    return text


def result_text(data: Any) -> str:
    """The data of a tool result as the model reads it: a text as itself, all else as JSON."""
    return sendable(data) if type(data) is str else json_text(data)


def sendable(text: str) -> str:
    """`text` with every half of a surrogate pair escaped: no encoding can carry one."""
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode()


def _why(value: Any, error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    if "ircular" in str(error):
        return "it contains itself"
    place, what = _culprit(value, "", 0)
    return f"it has {what} at `{place}`" if place else f"it is {what}"


def _culprit(value: Any, place: str, depth: int) -> tuple[str, str]:
    """The way to the first part of `value` that JSON cannot hold, and what that is."""
    members: Any = ()
    if depth < 50 and isinstance(value, dict):
        for key in value:
            if not isinstance(key, (str, int, float, type(None))):
                return place.lstrip(".") or "the top", f"a key of type `{type(key).__name__}`"
        members = ((f"{place}.{key}", item) for key, item in value.items())
    elif depth < 50 and isinstance(value, (list, tuple)):
        members = ((f"{place}[{index}]", item) for index, item in enumerate(value))
    for inner, item in members:
        try:
            _readable.encode(item)
        except (TypeError, ValueError, RecursionError):
            return _culprit(item, inner, depth + 1)
    what = repr(value) if type(value) is float else f"a value of type `{type(value).__name__}`"
    return place.lstrip("."), what


def nearest(value: Any, depth: int = 20) -> Any:
    """`value` as JSON can hold it: what it cannot hold becomes text, what lies too deep `…`."""
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, int):
        # Python refuses to spell numbers of more than some 4000 digits.
        return int(value) if value.bit_length() < 10_000 else _as_text(value)
    if isinstance(value, float) and value - value == 0:  # finite
        return float(value)
    if isinstance(value, (dict, list, tuple)):
        if not depth:
            return "…"
        if isinstance(value, dict):
            return {_as_text(key): nearest(part, depth - 1) for key, part in value.items()}
        return [nearest(part, depth - 1) for part in value]
    return _as_text(value)


def _as_text(value: object) -> str:
    try:
        return str(value)
    except Exception as error:  # a value of the author's: also its __str__ may be broken
        return f"<{type(value).__name__}: {type(error).__name__}>"
