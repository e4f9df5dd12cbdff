"""Plain data that cannot change: what the values of a preset are made of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NoReturn


class FrozenDict(dict[str, Any]):
    """A mapping that refuses every change. It is a `dict`, so `json` and `==` know it."""

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

    def __reduce__(self) -> tuple[type[FrozenDict], tuple[dict[str, Any]]]:
        return (FrozenDict, (dict(self),))


EMPTY = FrozenDict()


class NotData(TypeError):
    """A value that is no plain data. `where` is the path to it, outermost first."""

    def __init__(self, why: str, where: tuple[str | int, ...] = ()) -> None:
        super().__init__(why)
        self.why, self.where = why, where

    def __str__(self) -> str:
        return f"{'.'.join(map(str, self.where)) or 'the value'} {self.why}"


def freeze(value: Any) -> Any:
    """`value` with mappings as FrozenDict and lists as tuples, all the way down.

    Raises NotData (a TypeError) for anything JSON cannot hold, naming the place.
    """
    kind = type(value)
    if kind is str or kind is int or kind is bool or value is None or kind is FrozenDict:
        return value
    if kind is float:
        if value != value or value in (float("inf"), float("-inf")):
            raise NotData(f"is {value}, which JSON cannot hold")
        return value
    if isinstance(value, Mapping):
        return FrozenDict(_members(value.items()))
    if isinstance(value, (list, tuple)):
        return tuple([item for _, item in _members(enumerate(value))])
    raise NotData(f"is a live object of type {kind.__name__}, not plain data")


def _members(pairs: Iterable[tuple[Any, Any]]) -> Iterable[tuple[Any, Any]]:
    for key, item in pairs:
        if type(key) is not str and type(key) is not int:
            raise NotData(f"has the key {key!r}, which is no text")
        try:
            yield key, freeze(item)
        except NotData as error:
            error.where = (key, *error.where)
            raise


def thaw(value: Any) -> Any:
    """A deep copy of frozen data as ordinary dicts and lists."""
    if isinstance(value, dict):
        return {key: thaw(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [thaw(item) for item in value]
    return value
