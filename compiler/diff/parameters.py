"""The arguments of a tool: what it takes now, and whether a call of before still fits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from looplet.compiler.diff.changes import ABSENT, Change, Fits, Keys, differing, same
from looplet.compiler.diff.schemas import (
    Difference,
    Effect,
    compare_schemas,
    effects,
    fits_givers,
    in_words,
)
from looplet.compiler.diff.words import quote, turned

_OWN: Final = ("properties", "required")


def compare_parameters(keys: Keys, said: str, old: Any, new: Any) -> Iterator[Change]:
    """What changed in the parameters, a schema of an object. said: whose they are."""
    before, after = arguments(old), arguments(new)
    if before is None or after is None:
        if not same(old, new):
            message = f"{said}: its parameters are written in a way that is not compared"
            yield Change("parameter-changed", keys, message, old=old, new=new, fits="unknown")
        return
    must, must_now = _required(old), _required(new)
    for name, was, now in differing(before, after):
        place = (*keys, "properties", name)
        argument = f"{said}, argument {quote(name)}"
        if was is ABSENT:
            yield _added(place, argument, now, name in must_now, _open(old))
        elif now is ABSENT:
            message = f"{argument} is no longer taken"
            both = (place, (*keys, "required"))
            yield Change("parameter-removed", place, message, old=was, fits="no", covers=both)
        else:
            yield _changed(place, argument, list(compare_schemas(was, now)), was, now)
    for name in sorted((must ^ must_now) - (before.keys() ^ after.keys())):
        required = name in must_now
        kind = "parameter-required" if required else "parameter-optional"
        how = "has to be given now" if required else "can be left out now"
        message = f"{said}, argument {quote(name)} {how}"
        yield Change(
            kind, (*keys, "required"), message, fits="no" if required else "yes", new=required
        )
    one, two = ({k: v for k, v in side.items() if k not in _OWN} for side in (old, new))
    if not same(one, two):
        found = list(compare_schemas(one, two))
        covers = tuple((*keys, key) for key, _, _ in differing(one, two))
        yield _changed(keys, f"{said}, its parameters", found, one, two, covers)


def arguments(schema: Any) -> Mapping[str, Any] | None:
    """The arguments by name; None for a schema that is not of this shape."""
    if not isinstance(schema, Mapping):
        return None
    properties = schema.get("properties", {})
    required = schema.get("required", ())
    if not isinstance(properties, Mapping) or not isinstance(required, (list, tuple)):
        return None
    return properties


def _required(schema: Mapping[str, Any]) -> set[str]:
    return {str(name) for name in schema.get("required", ())}


def _open(schema: Mapping[str, Any]) -> bool:
    """Whether arguments that are not listed were taken, with a say of their own."""
    return "patternProperties" in schema or schema.get("additionalProperties", False) is not False


def _added(keys: Keys, argument: str, schema: Any, required: bool, was_open: bool) -> Change:
    message = f"{argument} is new, and {'has to be given' if required else 'can be left out'}"
    kind = schema.get("type") if isinstance(schema, Mapping) else None
    notes = (f"type {kind}",) if isinstance(kind, str) else ()
    fits: Fits = "no" if required else "unknown" if was_open else "yes"
    covers = (keys, (*keys[:-2], "required"))
    return Change(
        "parameter-added", keys, message, new=schema, fits=fits, notes=notes, covers=covers
    )


def _changed(
    keys: Keys,
    subject: str,
    differences: list[Difference],
    old: Any,
    new: Any,
    covers: tuple[Keys, ...] = (),
) -> Change:
    found = effects(differences)
    return Change(
        _kind(found),
        keys,
        f"{subject}: {in_words(differences) or turned(old, new)}",
        old=old,
        new=new,
        fits=fits_givers(found),
        covers=covers,
    )


def _kind(found: frozenset[Effect]) -> str:
    if not found:
        return "parameter-described"
    if found == {"wider"}:
        return "parameter-widened"
    return "parameter-narrowed" if found == {"narrower"} else "parameter-changed"


__all__ = ["arguments", "compare_parameters"]
