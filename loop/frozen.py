"""Plain data that cannot change: what the values of a preset are made of."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Final, NoReturn

    Members = dict[str, Any]
else:
    Members = dict

MAX_DEPTH: Final = 200
"""How deep data may nest. Files are read to half of this; deeper, Python's own stack is the end."""

MAX_BITS: Final = 13_000
"""How long a whole number may be: about the 4000 digits that files are read to."""


class FrozenDict(Members):
    """A mapping that refuses every change. It is a `dict`, so `json` and `==` know it."""

    def __init__(self, *args: Any, **members: Any) -> None:
        dict.update(self, _frozen_members(dict(*args, **members), 0))

    __slots__ = ()

    def _refuse(self, *_: object, **__: object) -> NoReturn:
        raise TypeError("this mapping is part of a preset and cannot change; build a new one")

    __setitem__ = __delitem__ = __ior__ = _refuse
    clear = pop = popitem = setdefault = update = _refuse

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(frozenset(self.items()))

    def __copy__(self) -> FrozenDict:
        return self

    def __deepcopy__(self, _: object) -> FrozenDict:
        return self

    def __reduce__(self) -> tuple[Callable[..., FrozenDict], tuple[dict[str, Any]]]:
        return (sealed, (dict(self),))


def sealed(members: Mapping[str, Any]) -> FrozenDict:
    """A FrozenDict of `members` as they are; the caller answers for their being frozen."""
    made = FrozenDict.__new__(FrozenDict)
    dict.update(made, members)
    return made


class NotData(TypeError):
    """A value that is no plain data. `where` is the path to it, outermost first."""

    def __init__(self, why: str, where: tuple[str | int, ...] = ()) -> None:
        super().__init__(why)
        self.why, self.where = why, where

    def __str__(self) -> str:
        return f"{'.'.join(map(str, self.where)) or 'the value'} {self.why}"


def freeze(value: Any, depth: int = 0) -> Any:
    """`value` with mappings as FrozenDict and lists as tuples, all the way down.

    Raises NotData (a TypeError) for anything JSON cannot hold, naming the place.
    """
    kind = type(value)
    if kind is str:
        if not value.isascii() and _half_a_character(value):
            raise NotData("has half a character (a lone surrogate)")
        return value
    if kind is bool or value is None or kind is FrozenDict:
        return value
    if kind is int:
        if value.bit_length() > MAX_BITS:
            raise NotData("is a number of more than 4000 digits")
        return value
    if kind is float:
        if value != value or value in (float("inf"), float("-inf")):
            raise NotData(f"is {value}, which JSON cannot hold")
        return value
    if depth > MAX_DEPTH:
        raise NotData(f"nests deeper than {MAX_DEPTH}")
    # What JSON gives comes first: asking an abstract class costs more than the rest of this.
    if kind is dict:
        return sealed(_frozen_members(value, depth)) if value else EMPTY
    if kind is list or kind is tuple:
        return tuple(_frozen_items(value, depth)) if value else ()
    if isinstance(value, Mapping):
        return sealed(_frozen_members(value, depth))
    if isinstance(value, (list, tuple)):
        return tuple(_frozen_items(value, depth))
    raise NotData(f"is a live object of type {kind.__name__}, not plain data")


def _half_a_character(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False


def _frozen_members(value: Mapping[Any, Any], depth: int) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for key, item in value.items():
        if type(key) is not str or (not key.isascii() and _half_a_character(key)):
            raise NotData(f"has the key {key!r}, which is no text")
        if type(item) is str and item.isascii():  # as most are
            made[key] = item
            continue
        try:
            made[key] = freeze(item, depth + 1)
        except NotData as error:
            error.where = (key, *error.where)
            raise
    return made


def _frozen_items(value: Iterable[Any], depth: int) -> list[Any]:
    made: list[Any] = []
    for item in value:
        if type(item) is str and item.isascii():
            made.append(item)
            continue
        try:
            made.append(freeze(item, depth + 1))
        except NotData as error:
            error.where = (len(made), *error.where)
            raise
    return made


def thaw(value: Any) -> Any:
    """A deep copy of frozen data as ordinary dicts and lists."""
    if isinstance(value, dict):
        return {key: thaw(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [thaw(item) for item in value]
    return value


EMPTY: Final = FrozenDict()
