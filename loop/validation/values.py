"""What JSON Schema says about single values: their types, when two are equal, what a pattern means.

Knows values, not schemas. Python's own rules differ from JSON's in small ways that matter here:
`True == 1`, `1.0` is no `int`, `"a\\n"` matches `a$`.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence

INFINITY = float("inf")


def is_object(value: object) -> bool:
    return isinstance(value, dict)


def is_array(value: object) -> bool:
    return isinstance(value, (list, tuple))


def is_string(value: object) -> bool:
    return isinstance(value, str)


def is_boolean(value: object) -> bool:
    return value is True or value is False


def is_null(value: object) -> bool:
    return value is None


def is_integer(value: object) -> bool:
    """Whether `value` is a whole number; `1.0` is one, `True` is not."""
    kind = type(value)
    if kind is int:
        return True
    if isinstance(value, float):
        return value.is_integer()
    return isinstance(value, int) and kind is not bool


def is_number(value: object) -> bool:
    """Whether JSON can write `value` as a number: NaN and the infinities are not numbers."""
    if isinstance(value, float):
        return -INFINITY < value < INFINITY
    return isinstance(value, int) and not isinstance(value, bool)


def is_numeric(value: object) -> bool:
    """Whether bounds apply to `value` at all; NaN is numeric, and within no bound."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)


TYPES: dict[str, Callable[[object], bool]] = {
    "object": is_object,
    "array": is_array,
    "string": is_string,
    "integer": is_integer,
    "number": is_number,
    "boolean": is_boolean,
    "null": is_null,
}


def identity(value: object) -> Hashable:
    """A hashable key that is equal for two values exactly when JSON Schema calls them equal."""
    if isinstance(value, str) or value is None:
        return value
    if value is True or value is False:
        return ("boolean", value)
    if isinstance(value, (int, float)):
        return value
    if isinstance(value, (list, tuple)):
        return ("array", tuple([identity(item) for item in value]))
    if isinstance(value, dict):
        return ("object", frozenset([(key, identity(item)) for key, item in value.items()]))
    return ("other", id(value))


def all_different(items: Sequence[object]) -> bool:
    return len({identity(item) for item in items}) == len(items)


def is_multiple(value: float, step: float) -> bool:
    """Whether `value` is a multiple of `step` as both are written: 19.99 is one of 0.01."""
    if isinstance(value, int) and isinstance(step, int):
        return value % step == 0
    if not is_number(value):
        return False
    from fractions import Fraction

    # A fraction of the shortest decimal, not of the binary float; an int may be too long for str().
    exact = [Fraction(n) if isinstance(n, int) else Fraction(repr(n)) for n in (value, step)]
    return (exact[0] % exact[1]) == 0


def nested_deeper(value: object, limit: int) -> bool:
    """Whether arrays and objects sit in one another more than `limit` deep; never recurses."""
    level = [value]
    for _ in range(limit + 1):
        below: list[object] = []
        for item in level:
            if isinstance(item, dict):
                below.extend(item.values())
            elif isinstance(item, (list, tuple)):
                below.extend(item)
            else:
                continue
        if not below:
            return False
        level = below
    return True


def searcher(pattern: str) -> Callable[[str], object]:
    """The search that a JSON Schema `pattern` asks for; raises `ValueError` when it is no regex."""
    prefix = pattern[1:]
    if pattern[:1] == "^" and prefix and prefix.replace("-", "a").replace("_", "a").isalnum():
        return _starts_with(prefix)
    import re

    try:
        return re.compile(_end_means_end(pattern)).search
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(f"not a regular expression: {error}") from None


def _starts_with(prefix: str) -> Callable[[str], bool]:
    return lambda text: text.startswith(prefix)


def _end_means_end(pattern: str) -> str:
    """Write `$` as `\\Z`: in JSON Schema, as in ECMAScript, it is not also before a newline."""
    if "$" not in pattern:
        return pattern
    out: list[str] = []
    escaped = in_class = False
    for char in pattern:
        if escaped:
            escaped = False
        elif char == "\\":
            escaped = True
        elif char == "[":
            in_class = True
        elif char == "]":
            in_class = False
        elif char == "$" and not in_class:
            char = r"\Z"
        out.append(char)
    return "".join(out)
