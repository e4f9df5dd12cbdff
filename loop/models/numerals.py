"""Numbers between two bounds, as expressions of llama.cpp's grammars (GBNF)."""

from __future__ import annotations

import math

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any, Final

MAX_DIGITS: Final = 16
"""A model that cannot stop writing digits has to be stopped; JSON readers are exact up to here."""

_TOO_LARGE: Final = 10**MAX_DIGITS
_FRACTION: Final = f'("." [0-9]{{1,{MAX_DIGITS}}})?'
_NATURAL: Final = f"[0-9] | [1-9] [0-9]{{1,{MAX_DIGITS - 1}}}"
INTEGER: Final = f'"-"? ({_NATURAL})'
NUMBER: Final = f"{INTEGER} {_FRACTION} ([eE] [-+]? [0-9]{{1,2}})?"
BOUNDS: Final = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")


def integer(schema: Mapping[str, Any]) -> str:
    """A whole number within the bounds of a schema; without a bound, or any between, any number."""
    least = [math.ceil(schema["minimum"])] if "minimum" in schema else []
    most = [math.floor(schema["maximum"])] if "maximum" in schema else []
    if "exclusiveMinimum" in schema:
        least.append(math.floor(schema["exclusiveMinimum"]) + 1)
    if "exclusiveMaximum" in schema:
        most.append(math.ceil(schema["exclusiveMaximum"]) - 1)
    return _between(max(least, default=None), min(most, default=None))


def number(schema: Mapping[str, Any]) -> str:
    """A number within the bounds, as far as whole numbers from zero up can bound it."""
    least = max((schema[key] for key in BOUNDS[::2] if key in schema), default=-1)
    most = min((schema[key] for key in BOUNDS[1::2] if key in schema), default=math.inf)
    if least < 0 or most < least or max(least, 0 if most == math.inf else most) >= _TOO_LARGE:
        return "number"
    floor = math.floor(least)
    if most == math.inf:
        return f"({_naturals(floor, None)}) {_FRACTION}"
    ceiling = math.ceil(most)
    texts = [f"({_naturals(floor, ceiling - 1)}) {_FRACTION}"] if ceiling > floor else []
    if most == ceiling and most != schema.get("exclusiveMaximum"):
        texts.append(f'"{ceiling}" ("." "0"{{1,{MAX_DIGITS}}})?')
    return f"({' | '.join(texts)})" if texts else "number"


def _between(least: int | None, most: int | None) -> str:
    least = None if least is None or least <= -_TOO_LARGE else least
    most = None if most is None or most >= _TOO_LARGE else most
    empty = least is not None and (least >= _TOO_LARGE or (most is not None and most < least))
    if empty or (least is None and most is None) or (most is not None and most <= -_TOO_LARGE):
        return "integer"
    texts = []
    if least is None or least < 0:
        nearest = 1 if most is None or most >= 0 else -most
        texts.append(f'"-" ({_naturals(nearest, None if least is None else -least)})')
    if most is None or most >= 0:
        texts.append(_naturals(max(least or 0, 0), most))
    return f"({' | '.join(texts)})"


def _naturals(least: int, most: int | None) -> str:
    """The whole numbers from `least` to `most`, both not negative; or from `least` up."""
    first, last = len(str(least)), MAX_DIGITS if most is None else len(str(most))
    texts = []
    for length in range(first, last + 1):
        low = least if length == first else 10 ** (length - 1)
        high = 10**length - 1 if most is None or length < last else most
        if most is None and low == 10 ** (length - 1):  # all the longer ones at once
            texts.append(f"[1-9] [0-9]{{{length - 1},{last - 1}}}")
            break
        texts.append(_digits(str(low), str(high)))
    return " | ".join(texts)


def _digits(low: str, high: str) -> str:
    """The numbers between two of the same length."""
    if low == high:
        return f'"{low}"'
    rest = len(low) - 1
    if not rest:
        return f"[{low}-{high}]"
    if low[0] == high[0]:
        return f'"{low[0]}" ({_digits(low[1:], high[1:])})'
    texts, first, last = [], int(low[0]), int(high[0])
    if low[1:] != "0" * rest:
        texts.append(f'"{first}" ({_digits(low[1:], "9" * rest)})')
        first += 1
    top = high[1:] != "9" * rest
    if first <= last - top:
        texts.append(f"[{first}-{last - top}] [0-9]{{{rest}}}")
    if top:
        texts.append(f'"{last}" ({_digits("0" * rest, high[1:])})')
    return " | ".join(texts)
