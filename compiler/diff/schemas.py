"""Two JSON Schemas compared by what they accept.

Each keyword is a condition of its own, so a schema accepts no less if each of its keywords accepts
no less. Where that cannot be told (another pattern, a `$ref` elsewhere), it is said to be unsure;
nothing is ever called wider, or the same, that is not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, Literal, NamedTuple

from looplet.compiler.diff.changes import ABSENT, Fits, same
from looplet.compiler.diff.words import names, quote, shown, turned
from looplet.preset import canonical_json

Effect = Literal["wider", "narrower", "unsure", "words"]
"""What a difference does to the values accepted; `words`: nothing, it is for readers."""


class Difference(NamedTuple):
    """path: of the part of the schema, such as `("properties", "limit", "maximum")`."""

    path: tuple[str, ...]
    effect: Effect
    message: str


_WORDS: Final = frozenset(
    {
        *("title", "description", "examples", "default", "deprecated", "readOnly", "writeOnly"),
        *("$comment", "$schema", "contentMediaType", "contentEncoding", "contentSchema"),
    }
)
_UPPER: Final = frozenset(("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties"))
_LOWER: Final = frozenset(("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties"))
_TOGETHER: Final = ("properties", "patternProperties", "additionalProperties")
_TYPES: Final[Mapping[str, frozenset[str]]] = {
    "number": frozenset(("whole", "fraction")),
    "integer": frozenset(("whole",)),
    **{name: frozenset((name,)) for name in ("null", "boolean", "string", "array", "object")},
}
_EVERY_TYPE: Final = frozenset().union(*_TYPES.values())
_REACHING: Final = ("unevaluatedProperties", "unevaluatedItems", "$dynamicRef", "$recursiveRef")
"""Keywords whose meaning depends on all the others."""


def compare_schemas(old: Any, new: Any, path: tuple[str, ...] = ()) -> Iterator[Difference]:
    """What differs in what two schemas accept, and in what they tell."""
    if same(old, new):
        return
    if isinstance(old, bool) or isinstance(new, bool):
        yield from _all_or_nothing(old, new, path)
        return
    if not isinstance(old, Mapping) or not isinstance(new, Mapping):
        yield Difference(path, "unsure", turned(old, new))
        return
    if any(key in schema for schema in (old, new) for key in _REACHING):
        yield Difference(path, "unsure", "its parts depend on each other (`unevaluated…`)")
    keys = sorted({*old, *new})
    if any(key in schema for schema in (old, new) for key in ("enum", "const")):
        yield from _listed(old, new, path)
    for key in keys:
        before, after = old.get(key, ABSENT), new.get(key, ABSENT)
        if same(before, after) or key in (*_TOGETHER, "enum", "const"):
            continue
        compare = _KEYWORDS.get(key, _other)
        yield from compare(key, before, after, (*path, key))
    if any(not same(old.get(key, ABSENT), new.get(key, ABSENT)) for key in _TOGETHER):
        yield from _properties(old, new, path)


def _all_or_nothing(old: Any, new: Any, path: tuple[str, ...]) -> Iterator[Difference]:
    """`true` accepts everything, `false` nothing."""
    if old is True and isinstance(new, Mapping):
        yield from compare_schemas({}, new, path)
    elif new is True and isinstance(old, Mapping):
        yield from compare_schemas(old, {}, path)
    elif old is False or new is True:
        yield Difference(path, "wider", turned(old, new))
    elif new is False or old is True:
        yield Difference(path, "narrower", turned(old, new))
    else:
        yield Difference(path, "unsure", turned(old, new))


# ── one keyword ───────────────────────────────────────────────────────────────────────────────────


def _bound(key: str, old: Any, new: Any, path: tuple[str, ...]) -> Iterator[Difference]:
    numbers = [value for value in (old, new) if value is not ABSENT]
    if not all(type(value) in (int, float) for value in numbers):
        yield Difference(path, "unsure", f"{key} {turned(old, new)}")
        return
    if old is ABSENT or new is ABSENT:
        effect: Effect = "wider" if new is ABSENT else "narrower"
    elif old == new:
        effect = "words"
    else:
        effect = "wider" if (new > old) == (key in _UPPER) else "narrower"
    yield Difference(path, effect, f"{key} {turned(old, new)}")


def _type(key: str, old: Any, new: Any, path: tuple[str, ...]) -> Iterator[Difference]:
    before, after = _kinds(old), _kinds(new)
    if before is None or after is None:
        yield Difference(path, "unsure", f"type {turned(old, new)}")
        return
    yield from _as_sets(path, before, after, f"type {turned(old, new)}")


def _kinds(value: Any) -> frozenset[str] | None:
    """The kinds of values that a `type` names; None if it cannot be read."""
    if value is ABSENT:
        return _EVERY_TYPE
    listed = [value] if isinstance(value, str) else value
    if not isinstance(listed, (list, tuple)) or any(
        not isinstance(one, str) or one not in _TYPES for one in listed
    ):
        return None
    return frozenset().union(*(_TYPES[one] for one in listed))


def _as_sets(
    path: tuple[str, ...], before: frozenset[str], after: frozenset[str], message: str
) -> Iterator[Difference]:
    """What it does that these were accepted and those are."""
    if before == after:
        yield Difference(path, "words", message)
    if after - before:
        yield Difference(path, "wider", message)
    if before - after:
        yield Difference(path, "narrower", message)


def _required(key: str, old: Any, new: Any, path: tuple[str, ...]) -> Iterator[Difference]:
    before, after = _texts(old), _texts(new)
    if before is None or after is None:
        yield Difference(path, "unsure", f"required {turned(old, new)}")
        return
    if before == after:
        yield Difference(path, "words", "required, in another order")
    if after - before:
        yield Difference(path, "narrower", f"{names(sorted(after - before))} required")
    if before - after:
        yield Difference(path, "wider", f"{names(sorted(before - after))} no longer required")


def _texts(value: Any) -> frozenset[str] | None:
    if value is ABSENT:
        return frozenset()
    if not isinstance(value, (list, tuple)) or not all(isinstance(one, str) for one in value):
        return None
    return frozenset(value)


def _condition(key: str, old: Any, new: Any, path: tuple[str, ...]) -> Iterator[Difference]:
    """A condition that either holds or is not there, such as `pattern`."""
    effect: Effect = "narrower" if old is ABSENT else "wider" if new is ABSENT else "unsure"
    yield Difference(path, effect, f"{key} {turned(old, new)}")


def _multiple(key: str, old: Any, new: Any, path: tuple[str, ...]) -> Iterator[Difference]:
    if type(old) is int and type(new) is int and old > 0 < new:
        effect: Effect = "unsure"
        if old % new == 0:
            effect = "wider"
        elif new % old == 0:
            effect = "narrower"
        yield Difference(path, effect, f"{key} {turned(old, new)}")
    else:
        yield from _condition(key, old, new, path)


def _flag(key: str, old: Any, new: Any, path: tuple[str, ...]) -> Iterator[Difference]:
    before, after = old is True, new is True
    effect: Effect = "words" if before == after else "narrower" if after else "wider"
    yield Difference(path, effect, f"{key} {turned(old, new)}")


def _branches(key: str, old: Any, new: Any, path: tuple[str, ...]) -> Iterator[Difference]:
    """`anyOf` accepts more with more branches, `allOf` less."""
    if not all(isinstance(one, (list, tuple)) for one in (old, new) if one is not ABSENT):
        yield Difference(path, "unsure", f"{key} {turned(old, new)}")
        return
    if old is ABSENT or new is ABSENT:
        yield from _condition(key, old, new, path)
        return
    before, after = (frozenset(map(canonical_json, one)) for one in (old, new))
    more, less = after > before, after < before
    message = f"{key}: {len(old)} → {len(new)} branches"
    if before == after:
        yield Difference(path, "words", f"{key}, in another order")
    elif more or less:
        yield Difference(path, "wider" if more == (key == "anyOf") else "narrower", message)
    elif len(old) == len(new):
        # Each branch against the one in its place: a union grows if each of its parts does.
        for number, (one, two) in enumerate(zip(old, new, strict=True)):
            yield from compare_schemas(one, two, (*path, str(number)))
    else:
        yield Difference(path, "unsure", message)


def _inner(key: str, old: Any, new: Any, path: tuple[str, ...]) -> Iterator[Difference]:
    """A schema for parts of the value; without one they may be anything."""
    yield from compare_schemas(True if old is ABSENT else old, True if new is ABSENT else new, path)


def _other(key: str, old: Any, new: Any, path: tuple[str, ...]) -> Iterator[Difference]:
    words = key in _WORDS or key.startswith("x-")
    yield Difference(path, "words" if words else "unsure", f"{key} {turned(old, new)}")


_Keyword = Callable[[str, Any, Any, tuple[str, ...]], Iterator[Difference]]
_KEYWORDS: Final[Mapping[str, _Keyword]] = {
    **dict.fromkeys((*_UPPER, *_LOWER), _bound),
    **dict.fromkeys(("anyOf", "allOf"), _branches),
    **dict.fromkeys(("pattern", "format"), _condition),
    "type": _type,
    "required": _required,
    "multipleOf": _multiple,
    "uniqueItems": _flag,
    "propertyNames": _inner,
    "items": _inner,
}


# ── keywords that are read together ───────────────────────────────────────────────────────────────


def _listed(
    old: Mapping[str, Any], new: Mapping[str, Any], path: tuple[str, ...]
) -> Iterator[Difference]:
    """`enum` and `const`: the values that are listed one by one."""
    if all(same(old.get(key, ABSENT), new.get(key, ABSENT)) for key in ("enum", "const")):
        return
    key = "enum" if "enum" in old or "enum" in new else "const"
    before, after = _values(old), _values(new)
    if before is None or after is None:
        effect: Effect = "narrower" if after is not None else "wider"
        listed = after if after is not None else before or {}
        message = f"{key}: {'only' if effect == 'narrower' else 'no longer only'} "
        yield Difference((*path, key), effect, message + ", ".join(map(shown, listed.values())))
        return
    more = [shown(value) for one, value in after.items() if one not in before]
    less = [shown(value) for one, value in before.items() if one not in after]
    if more:
        yield Difference((*path, key), "wider", f"{key}: also {', '.join(more)}")
    if less:
        yield Difference((*path, key), "narrower", f"{key}: no longer {', '.join(less)}")
    if not more and not less:
        yield Difference((*path, key), "words", f"{key}, in another order")


def _values(schema: Mapping[str, Any]) -> dict[str, Any] | None:
    """The values listed, by a spelling that is one for 1 and 1.0; None if there is no list."""
    found: dict[str, Any] | None = None
    for key in ("enum", "const"):
        if key in schema:
            listed = schema[key] if key == "enum" else [schema[key]]
            values = listed if isinstance(listed, (list, tuple)) else ()
            each = {canonical_json(_whole(value)): value for value in values}
            found = each if found is None else {k: v for k, v in found.items() if k in each}
    return found


def _whole(value: Any) -> Any:
    """`value` with its numbers in one spelling."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, Mapping):
        return {key: _whole(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_whole(item) for item in value]
    return value


def _properties(
    old: Mapping[str, Any], new: Mapping[str, Any], path: tuple[str, ...]
) -> Iterator[Difference]:
    """Each property of an object against what the other schema has for it: its own schema, or that
    of all the others."""
    before, after = _named(old), _named(new)
    rest = [schema.get("additionalProperties", True) for schema in (old, new)]
    patterns = [schema.get("patternProperties", ABSENT) for schema in (old, new)]
    if before is None or after is None or not same(*patterns):
        yield Difference(path, "unsure", "properties, or patternProperties, changed")
        return
    for name in sorted({*before, *after}):
        inside = (*path, "properties", name)
        if name in before and name in after:
            yield from compare_schemas(before[name], after[name], inside)
        elif patterns[0] is not ABSENT:
            yield Difference(inside, "unsure", "also falls under patternProperties, perhaps")
        elif name in after:
            yield from _one_sided(compare_schemas(rest[0], after[name]), inside, "is new")
        else:
            yield from _one_sided(compare_schemas(before[name], rest[1]), inside, "is gone")
    yield from compare_schemas(rest[0], rest[1], (*path, "additionalProperties"))


def _one_sided(
    found: Iterator[Difference], path: tuple[str, ...], what: str
) -> Iterator[Difference]:
    """A property that only one schema lists, and what listing it does."""
    done = {each.effect for each in found} - {"words"}
    for effect in sorted(done) or ["words"]:
        yield Difference(path, effect, f"{quote(path[-1])} {what}")


def _named(schema: Mapping[str, Any]) -> Mapping[str, Any] | None:
    named = schema.get("properties", {})
    return named if isinstance(named, Mapping) else None


# ── what it comes to ──────────────────────────────────────────────────────────────────────────────


def effects(differences: list[Difference]) -> frozenset[Effect]:
    """What all of them do to the values accepted; empty if these stay the same."""
    return frozenset(found.effect for found in differences) - {"words"}


def fits_givers(found: frozenset[Effect]) -> Fits:
    """Whether who gave a value that was accepted can go on: none may be refused now."""
    return "no" if "narrower" in found else "unknown" if "unsure" in found else "yes"


def fits_takers(found: frozenset[Effect]) -> Fits:
    """Whether who took such a value can go on: none may come that could not come before."""
    return "no" if "wider" in found else "unknown" if "unsure" in found else "yes"


def in_words(differences: list[Difference]) -> str:
    """All of them in a line, each with where in the schema it is, if it is further in."""
    return "; ".join(dict.fromkeys(map(_said, differences)))


def _said(difference: Difference) -> str:
    inside = ".".join(part for part in difference.path[:-1] if part != "properties")
    return f"{inside}: {difference.message}" if inside else difference.message


__all__ = [
    "Difference",
    "Effect",
    "compare_schemas",
    "effects",
    "fits_givers",
    "fits_takers",
    "in_words",
]
