"""Did you mean …? The nearest of some words, or none when nothing is near."""

from __future__ import annotations

from collections.abc import Iterable

from looplet.compiler.diagnostics import Edit, Fix, Span


def closest(word: str, candidates: Iterable[str]) -> str | None:
    """The candidate that `word` is most likely a misspelling of, the first of equals; or None.

    Case, `-` and `_` don't count. Otherwise one edit (a letter more, less, other, or two swapped)
    is forgiven, two from six letters on. When nothing is that near, the one candidate that begins
    with `word` will do: `desc` is short for `description`.
    """
    plain = _plain(word)
    allowed = 0 if len(plain) < 2 else 1 if len(plain) < 6 else 2
    best, best_edits = None, allowed + 1
    begun = []
    for candidate in candidates:
        if candidate == word:
            continue
        if len(plain) > 2 and _plain(candidate).startswith(plain):
            begun.append(candidate)
        edits = distance(plain, _plain(candidate), best_edits - 1)
        if edits < best_edits and len(candidate) > edits + 1:
            best, best_edits = candidate, edits
    return begun[0] if best is None and len(begun) == 1 else best


def one_slip(word: str, other: str) -> bool:
    """Whether the two differ by at most one edit, so that a fix may be made without asking."""
    return distance(_plain(word), _plain(other), 1) <= 1


def correction(path: str, span: Span | None, word: str, near: str | None) -> tuple[Fix, ...]:
    """The fix that writes `near` for `word` at `span`; safe when they are one slip apart."""
    if near is None or span is None:
        return ()
    return (Fix(f"write {near}", one_slip(word, near), (Edit(path, span, near),)),)


def distance(one: str, other: str, limit: int) -> int:
    """How many edits turn `one` into `other`; `limit + 1` when it is more than `limit`."""
    if one == other:
        return 0
    if abs(len(one) - len(other)) > limit:
        return limit + 1
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, char in enumerate(one, 1):
        before, above, row = row, before, [i]
        for j, char_other in enumerate(other, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (char != char_other))
            swapped = i > 1 and j > 1 and char == other[j - 2] and one[i - 2] == char_other
            row.append(min(cost, above[j - 2] + 1) if swapped else cost)
        if min(row) > limit:
            return limit + 1
    return min(row[-1], limit + 1)


def _plain(word: str) -> str:
    return word.lower().replace("-", "_")
