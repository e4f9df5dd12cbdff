"""What a caller gives an agent, and whether the callers of the old one can call the new one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from looplet.compiler.diff.changes import ABSENT, Change, Fits, Keys, differing
from looplet.compiler.diff.schemas import compare_schemas, effects, fits_givers, in_words
from looplet.compiler.diff.words import quote, turned


def compare_inputs(keys: Keys, old: Any, new: Any) -> Iterator[Change]:
    """What changed in `inputs`."""
    before, after = (value if isinstance(value, Mapping) else {} for value in (old, new))
    for name, was, now in differing(before, after):
        place = (*keys, name)
        if was is ABSENT:
            must = _required(now)
            message = f"input {quote(name)} {'must be given' if must else 'can be given'} now"
            yield Change("input-added", place, message, new=now, fits="no" if must else "yes")
        elif now is ABSENT:
            message = f"input {quote(name)} is no longer taken"
            yield Change("input-removed", place, message, old=was, fits="no")
        else:
            yield _changed(place, name, was, now)


def _required(schema: Any) -> bool:
    return not (isinstance(schema, Mapping) and "default" in schema)


def _changed(keys: Keys, name: str, old: Any, new: Any) -> Change:
    differences = list(compare_schemas(old, new))
    fits: Fits = fits_givers(effects(differences))
    said = [words] if (words := in_words(differences)) else []
    if _required(old) != _required(new):
        said.append("must be given" if _required(new) else "can be left out")
        fits = "no" if _required(new) else fits
    message = f"input {quote(name)}: {'; '.join(said) or turned(old, new)}"
    return Change("input-changed", keys, message, old=old, new=new, fits=fits)


__all__ = ["compare_inputs"]
