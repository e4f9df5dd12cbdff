"""Parts that have another name and are the same otherwise."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

_Part = TypeVar("_Part")


def renamed(
    gone: Iterable[_Part], come: Iterable[_Part], *likenesses: Callable[[_Part], object]
) -> list[tuple[_Part, _Part]]:
    """Pairs of a part that is gone and one that came, which are alike.

    likenesses: what has to be equal, the surest first; None is like nothing. Two parts are a pair
    only if no other is as like either of them: a guess between several would be no help.
    """
    left, right = list(gone), list(come)
    pairs: list[tuple[_Part, _Part]] = []
    for likeness in likenesses:
        before, after = _alone(left, likeness), _alone(right, likeness)
        found = [(before[key], after[key]) for key in before if key in after]
        pairs += found
        paired = {id(part) for pair in found for part in pair}
        left = [part for part in left if id(part) not in paired]
        right = [part for part in right if id(part) not in paired]
    return pairs


def _alone(parts: list[_Part], likeness: Callable[[_Part], object]) -> dict[object, _Part]:
    """The parts by their likeness, without those that share one."""
    by_key: dict[object, list[_Part]] = {}
    for part in parts:
        key = likeness(part)
        if key is not None:
            by_key.setdefault(key, []).append(part)
    return {key: found[0] for key, found in by_key.items() if len(found) == 1}


__all__ = ["renamed"]
