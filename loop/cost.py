"""What replies cost: tokens times the prices of the model, in US dollars.

The prices are data, `prices.json` beside this module; a file named in LOOPLET_PRICES and the
entries of a `Prices` of your own come before them. A model that none of them knows has no price,
and what it says no cost: None, never 0.
"""

from __future__ import annotations

import os

from looplet.types import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any, Final

    from looplet.models.reply import Usage

PRICES_FILE: Final = "LOOPLET_PRICES"
_RATES = ("input", "cached_input", "cache_write", "output")
_MILLION = 1_000_000


class PriceError(ValueError):
    """A price table that cannot be read; the message says where and what is wrong with it."""


class Price(Record):
    """What a million tokens cost, in US dollars.

    cached_input: of those read from the provider's cache. cache_write: of those put into it.
    above: a prompt of more tokens than this costs what `longer` says, all of it.
    """

    __slots__ = ("above", "cache_write", "cached_input", "input", "longer", "output")

    def __init__(
        self,
        input: float,
        output: float,
        cached_input: float | None = None,
        cache_write: float | None = None,
    ) -> None:
        self.input = input
        self.output = output
        # Without a price of its own, a cached token is one like any other.
        self.cached_input = input if cached_input is None else cached_input
        self.cache_write = input if cache_write is None else cache_write
        self.above: int | None = None
        self.longer: Price | None = None

    def cost(self, usage: Usage) -> float:
        """What these tokens cost, in US dollars."""
        if self.above is not None and self.longer is not None and usage.input_tokens > self.above:
            return self.longer.cost(usage)
        cached, written = usage.cached_tokens, usage.cache_write_tokens
        fresh = max(0, usage.input_tokens - cached - written)
        total = fresh * self.input + usage.output_tokens * self.output
        return (total + cached * self.cached_input + written * self.cache_write) / _MILLION


class Prices:
    """Prices by the name of a model, `provider:name`.

    models: entries of your own, which come first:

        {"openai:my-model": {"input": 1.5, "cached_input": 0.15, "cache_write": 1.5, "output": 6}}

    `input` and `output` are needed. `*` in a name stands for any characters, and of several names
    that fit, the longest holds. A date at the end of a model's name (`-20260930`, `-2026-09-30`)
    need not be in the table. `"above": {"tokens": 200000, "input": …, "output": …}` has the prices
    of longer prompts.

    shipped: whether the prices that come with looplet, and those of the file that LOOPLET_PRICES
        names, follow. Raises PriceError for what cannot be read.
    """

    def __init__(
        self, models: Mapping[str, Mapping[str, Any]] | None = None, *, shipped: bool = True
    ) -> None:
        self._tables = [_table(models or {}, "Prices")]
        if shipped:
            if path := os.environ.get(PRICES_FILE):
                self._tables.append(_table_of_file(path))
            self._tables.append(_shipped())

    def of(self, model: str) -> Price | None:
        """The price of a model; None if it is not known."""
        for table in self._tables:
            for name in (model, _undated(model)):
                if name in table:
                    return table[name]
                fitting = [key for key in table if "*" in key and _fits(key, name)]
                if fitting:
                    return table[max(fitting, key=len)]
        return None


def price(usage: Usage, model: str, prices: Prices | None = None) -> float | None:
    """What these tokens of the model cost, in US dollars; None if its price is not known."""
    found = (Prices() if prices is None else prices).of(model)
    return None if found is None else found.cost(usage)


def price_of(llm: object, prices: Prices | None = None) -> Price | None:
    """The price of a model object, by its `name`; None if it has none, or one not known."""
    name = getattr(llm, "name", None)
    if not isinstance(name, str) or ":" not in name:
        return None  # a script, a model of one's own: no table is read for it
    return (Prices() if prices is None else prices).of(name)


def in_words(usage: Usage) -> str:
    """Tokens and money on one line: `12,345 tokens in (9,000 cached), 678 out, $0.0123`.

    Empty where nothing was counted.
    """
    if not usage.total_tokens and usage.cost is None:
        return ""
    cached = f" ({usage.cached_tokens:,} cached)" if usage.cached_tokens else ""
    words = f"{usage.input_tokens:,} tokens in{cached}, {usage.output_tokens:,} out"
    return words if usage.cost is None else f"{words}, {dollars(usage.cost)}"


def dollars(cost: float) -> str:
    """`$0.0123`, `$1.23`; what is less than can be shown is not shown as nothing."""
    if 0 < cost < 0.0001:
        return "under $0.0001"
    return f"${cost:.2f}" if cost >= 1 else f"${cost:.4f}"


# ── tables ────────────────────────────────────────────────────────────────────────────────────────


def _shipped() -> dict[str, Price]:
    global _shipped_table
    if _shipped_table is None:
        path = os.path.join(os.path.dirname(__file__), "prices.json")
        with open(path, "rb") as file:
            _shipped_table = _table_of_json(file.read(), path)
    return _shipped_table


_shipped_table: dict[str, Price] | None = None


def _table_of_file(path: str) -> dict[str, Price]:
    try:
        with open(path, "rb") as file:
            data = file.read()
    except OSError as error:
        raise PriceError(f"{PRICES_FILE}: {path}: {error.strerror or error}") from None
    return _table_of_json(data, f"{PRICES_FILE}: {path}")


def _table_of_json(data: bytes, where: str) -> dict[str, Price]:
    import json

    try:
        value = json.loads(data)
    except json.JSONDecodeError as error:
        place = f"{where}:{error.lineno}:{error.colno}"
        raise PriceError(f"{place}: no JSON: {error.msg}") from None
    except (UnicodeDecodeError, RecursionError, ValueError) as error:
        raise PriceError(f"{where}: no JSON: {error}") from None
    if not isinstance(value, dict) or not isinstance(value.get("models"), dict):
        raise PriceError(f'{where}: a price table is {{"models": {{"provider:name": …}}}}')
    return _table(value["models"], where)


def _table(models: Mapping[str, Mapping[str, Any]], where: str) -> dict[str, Price]:
    return {name: _entry(entry, f"{where}: {name}") for name, entry in models.items()}


def _entry(entry: Any, where: str) -> Price:
    rates, above = _rates(entry, where, also="above")
    if above is None:
        return Price(**rates)
    longer, tokens = _rates(above, f"{where}: above", also="tokens")
    if type(tokens) is not int or tokens < 1:
        raise PriceError(f"{where}: above has `tokens`, a whole number, and the prices past it")
    price = Price(**rates)
    price.above, price.longer = tokens, Price(**longer)
    return price


def _rates(entry: Any, where: str, also: str) -> tuple[dict[str, float], Any]:
    """The prices of an entry, and what it has under the further key `also`."""
    if not isinstance(entry, dict):
        raise PriceError(f"{where}: this is a mapping of {', '.join(_RATES)} and {also}")
    rates = {key: value for key, value in entry.items() if key != also}
    for key, value in rates.items():
        if key not in _RATES:
            known = ", ".join(_RATES)
            raise PriceError(f"{where}: there is no {key!r:.60}; the prices are {known}")
        # Also not NaN, which is no number that compares.
        if type(value) not in (int, float) or not 0 <= value < _MILLION:
            unit = "US dollars for a million tokens"
            raise PriceError(f"{where}: {key} is {unit}, not {value!r:.60}")
    for key in ("input", "output"):
        if key not in rates:
            raise PriceError(f"{where}: the price of {key} is missing")
    return rates, entry.get(also)


def _undated(model: str) -> str:
    """The name without a date at its end: `-20260930` or `-2026-09-30`."""
    for length in (9, 11):
        name, date = model[:-length], model[-length:]
        if date[:1] == "-" and date.replace("-", "").isdecimal() and len(name) > 0:
            digits = date.replace("-", "")
            if len(digits) == 8 and (length == 9 or (date[5], date[8]) == ("-", "-")):
                return name
    return model


def _fits(pattern: str, name: str) -> bool:
    """Whether the name fits; `*` stands for any characters."""
    first, *parts = pattern.split("*")
    *middle, last = parts
    if not name.startswith(first):
        return False
    rest = name[len(first) :]
    for part in middle:
        _, found, rest = rest.partition(part) if part else ("", "-", rest)
        if not found:
            return False
    return rest.endswith(last)
