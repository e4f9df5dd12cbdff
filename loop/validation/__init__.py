"""A JSON Schema (draft 2020-12) compiled once into plain Python closures.

    validator = compile_schema({"type": "object", "properties": {"n": {"type": "integer"}}})
    validator({"n": 3})                     -> True, in about a microsecond
    validator.problems({"n": "3"})          -> [Problem: `n` must be an integer, not the string "3"]

It knows the keywords of `keywords.KEYWORDS` and refuses every other one when compiling, so a schema
never means less than its author thinks. Where the draft leaves room: NaN and the infinities are no
numbers, `format` is an annotation, a value nested deeper than `MAX_DEPTH` fails a recursive schema.

Only the standard library, and none of it at import. `keywords` says what a schema may hold,
`compiling` walks it, `closures` are what comes out, `values` is JSON's idea of type and equality;
`pointers` follows a `$ref`. `mismatch` and `words` say what is wrong; they load when a value fails.
"""

from __future__ import annotations

from looplet.validation.compiling import MAX_DEPTH, UnsupportedSchema, compile_parts
from looplet.validation.values import nested_deeper

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["MAX_DEPTH", "Problem", "UnsupportedSchema", "Validator", "compile_schema", "faults_of"]


class Problem:
    """One reason why a value does not fit.

    path: keys and indices to the value at fault (for an unknown or missing key: to its object).
    keyword: the schema keyword that refuses it, `depth` when the value is nested too deeply.
    message: a sentence for whoever wrote the value, a person or a model.
    schema_path: where in the schema that keyword stands, `$ref`s resolved.
    expected: what would fit, as data: type names, enum values, allowed names, a bound.
    key: the unknown or missing key, else None.
    """

    __slots__ = ("expected", "key", "keyword", "message", "path", "schema_path")

    def __init__(
        self,
        path: tuple[str | int, ...],
        keyword: str,
        message: str,
        schema_path: tuple[str | int, ...] = (),
        expected: object = None,
        key: str | int | None = None,
    ) -> None:
        self.path = path
        self.keyword = keyword
        self.message = message
        self.schema_path = schema_path
        self.expected = expected
        self.key = key

    def __repr__(self) -> str:
        return f"Problem({self.path!r}, {self.keyword!r}, {self.message!r})"


class Validator:
    """A compiled schema: call it for the verdict, ask `problems` for the reasons."""

    __slots__ = ("_check", "at", "recursive", "schema")

    def __init__(
        self,
        schema: object,
        check: Callable[[object], bool],
        recursive: bool,
        at: tuple[str | int, ...] = (),
    ) -> None:
        self.schema = schema
        self.at = at
        self.recursive = recursive
        self._check = check

    def __call__(self, value: object) -> bool:
        if self.recursive and nested_deeper(value, MAX_DEPTH):
            return False
        try:
            return self._check(value)
        except RecursionError:
            return False

    def problems(self, value: object, name: str = "the value") -> list[Problem]:
        """Every reason why `value` does not fit, in the order of the value; empty when it fits.

        `name` is what the messages call the value as a whole.
        """
        if self(value):
            return []
        from looplet.validation.mismatch import explain

        return explain(self, value, name)


def compile_schema(schema: object, at: tuple[str | int, ...] = ()) -> Validator:
    """Compile `schema`, which must not change afterwards; raise its first `UnsupportedSchema`.

    With `at`, compile only the part there; its references still start from the whole.
    """
    check, recursive, faults = compile_parts(schema, at)
    if faults:
        raise faults[0]
    return Validator(schema, check, recursive, at)


def faults_of(schema: object) -> list[UnsupportedSchema]:
    """Everything for which `compile_schema` refuses `schema`, all at once."""
    return compile_parts(schema)[2]
