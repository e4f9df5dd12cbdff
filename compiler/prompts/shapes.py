"""What is known of a value before a run: a JSON Schema, looked at from the side of who reads it.

Knows nothing of templates and reports nothing. Where a schema says more than is understood here
(`anyOf`, `$dynamicRef`, …), the answer is "anything", so that nobody is blamed without reason.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

KINDS: Final = frozenset({"string", "number", "boolean", "null", "array", "object"})
_BRANCHING: Final = frozenset(
    {
        "$dynamicRef",
        "allOf",
        "anyOf",
        "dependentSchemas",
        "if",
        "not",
        "oneOf",
        "patternProperties",
        "propertyNames",
        "unevaluatedProperties",
    }
)
_HOPS: Final = 16


@dataclass(frozen=True, slots=True)
class Member:
    """What reading one key gives. `sure`: it is there in every value of the shape."""

    shape: Shape
    sure: bool


@dataclass(frozen=True, slots=True)
class Shape:
    """The values that fit a schema.

    root: the document that the schema's `$ref`s point into; None when each property is a document.
    only: the kinds that are left where the template has ruled some out.
    item: the shape of the items, where it comes from a computation and not from a schema.
    """

    schema: Mapping[str, Any]
    root: Mapping[str, Any] | None = None
    only: frozenset[str] = KINDS
    item: Shape | None = None

    @classmethod
    def of(cls, schema: object, root: Mapping[str, Any] | None = None) -> Shape:
        """`schema` as found in a file; whatever is no schema allows everything."""
        if not isinstance(schema, Mapping):
            return cls({})
        return cls(*_resolved(schema, schema if root is None else root))

    @property
    def kinds(self) -> frozenset[str]:
        """The JSON types a value may have; an integer is a number."""
        return _kinds(self.schema) & self.only or self.only

    @property
    def known(self) -> bool:
        """Whether anything at all is said about the kind."""
        return self.kinds != KINDS

    @property
    def properties(self) -> Mapping[str, Any]:
        declared = self.schema.get("properties")
        return declared if isinstance(declared, Mapping) else {}

    @property
    def closed(self) -> bool:
        """Whether a property that is not declared is a mistake.

        Also where `additionalProperties` is not written but `properties` is: JSON Schema would let
        others pass, but nobody who declares `name` means to read `nmae`.
        """
        extra = self.schema.get("additionalProperties")
        if extra is False:
            return not _BRANCHING & self.schema.keys()
        return extra is None and bool(self.properties) and not _BRANCHING & self.schema.keys()

    def member(self, name: str) -> Member | None:
        """What `value.name` gives; None when there can't be such a member."""
        declared = self.properties
        required = self.schema.get("required")
        if name in declared:
            sure = isinstance(required, (list, tuple)) and name in required
            return Member(Shape.of(declared[name], self.root), sure and self.kinds == {"object"})
        if self.closed:
            return None
        extra = self.schema.get("additionalProperties")
        return Member(Shape.of(extra, self.root), False)

    @property
    def items(self) -> Shape:
        """What looping gives: the items of a list, the keys of a mapping."""
        if self.item is not None:
            return self.item
        if self.schema is UNKNOWN.schema:
            return self
        if self.kinds == {"object"}:
            return TEXT
        if "object" in self.kinds or "prefixItems" in self.schema:
            return ANYTHING
        return Shape.of(self.schema.get("items"), self.root)

    @property
    def filled(self) -> int:
        """How many items a list has at least."""
        least = self.schema.get("minItems")
        return least if isinstance(least, int) and self.kinds == {"array"} else 0

    def but(self, kinds: frozenset[str]) -> Shape:
        """The shape when a value can only be of these kinds."""
        return replace(self, only=kinds)


def _resolved(
    schema: Mapping[str, Any], root: Mapping[str, Any]
) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    for _ in range(_HOPS):
        reference = schema.get("$ref")
        if reference is None:
            return schema, root
        target: object = root
        if not isinstance(reference, str) or not reference.startswith("#"):
            return {}, root
        for step in reference[1:].split("/")[1:]:
            step = step.replace("~1", "/").replace("~0", "~")
            if isinstance(target, Mapping):
                target = target.get(step)
            elif isinstance(target, (list, tuple)) and step.isdecimal() and len(step) < 6:
                target = target[int(step)] if int(step) < len(target) else None
            else:
                target = None
        if not isinstance(target, Mapping):
            return {}, root
        beside = {key: value for key, value in schema.items() if key != "$ref"}
        schema = {**target, **beside} if beside else target
    return {}, root


def _kinds(schema: Mapping[str, Any]) -> frozenset[str]:
    named = schema.get("type")
    names = [named] if isinstance(named, str) else named
    if isinstance(names, (list, tuple)):
        return frozenset("number" if name == "integer" else str(name) for name in names) & KINDS
    values = schema.get("enum")
    if "const" in schema:
        values = [schema["const"]]
    if isinstance(values, (list, tuple)) and values:
        return frozenset(map(kind_of, values))
    for word in ("anyOf", "oneOf"):
        branches = schema.get(word)
        if isinstance(branches, (list, tuple)) and branches:
            one_by_one = [
                _kinds(branch) if isinstance(branch, Mapping) and "$ref" not in branch else KINDS
                for branch in branches
            ]
            return frozenset().union(*one_by_one)
    return KINDS


def kind_of(value: object) -> str:
    """The JSON type of a value in a schema."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, (int, float)):
        return "number"
    if isinstance(value, str):
        return "string"
    return "object" if isinstance(value, Mapping) else "array"


ANYTHING: Final = Shape({})
UNKNOWN: Final = Shape({"x-unknown": True})
"""What cannot be told, because of a mistake that is reported: nothing is said of it again."""
TEXT: Final = Shape({"type": "string"})
NUMBER: Final = Shape({"type": "number"})
BOOLEAN: Final = Shape({"type": "boolean"})


def list_of(item: Shape, filled: int = 0) -> Shape:
    return Shape({"type": "array", "minItems": filled}, item=item)


def either(left: Shape, right: Shape) -> Shape:
    """What is known of a value that is one or the other."""
    if left == right:
        return left
    kinds = left.kinds | right.kinds
    item = either(left.items, right.items) if kinds == {"array"} else None
    return Shape({}, only=kinds, item=item)
