"""CT2, from 220 on: JSON Schemas that authors write. Found by the `schema` pass."""

from __future__ import annotations

from looplet.compiler.diagnostics import quote, rule
from looplet.compiler.rules.ct2_schema import inside


@rule("CT220", "schema-keyword", "error")
def unknown_keyword(keyword: str, where: str, near: str | None) -> str:
    """A keyword of a schema that looplet does not understand.

    JSON Schema itself ignores what it does not know, so a misspelt `minimun` would limit nothing,
    and a misspelt `desciption` would tell the model nothing. Keys of your own begin with `x-`.

    Bad:

        limit: {type: integer, minimun: 1}

    Good:

        limit: {type: integer, minimum: 1}
    """
    start = f"{quote(keyword)} is not a JSON Schema keyword that looplet knows{inside(where)}"
    return f"{start}; did you mean {quote(near)}?" if near else start


@rule("CT221", "schema-value", "error")
def bad_keyword_value(keyword: str, where: str, why: str) -> str:
    """A keyword of a schema has a value that makes no sense for it.

    Bad:

        limit: {type: int, minimum: "1"}

    Good:

        limit: {type: integer, minimum: 1}
    """
    return f"{quote(keyword)}{inside(where)}: {why}"


@rule("CT222", "schema-reference", "error")
def bad_reference(reference: str, where: str, why: str) -> str:
    """A `$ref` that can't be followed.

    A schema is complete in itself: references lead to its own `$defs`, and none returns to itself
    without going into the value. A tool's `parameters` and its `output_schema` are two schemas.

    Bad:

        item: {$ref: "https://example.org/item.json"}

    Good:

        parameters:
          type: object
          properties: {item: {$ref: "#/$defs/item"}}
          $defs: {item: {type: string}}
    """
    return f"the reference {quote(reference)}{inside(where)} can't be followed: {why}"


@rule("CT223", "schema-pattern", "error")
def bad_pattern(pattern: str, where: str, why: str) -> str:
    """A regular expression in a schema does not compile.

    Bad:

        name: {type: string, pattern: "[a-z"}

    Good:

        name: {type: string, pattern: "^[a-z]+$"}
    """
    return f"the pattern {quote(pattern)}{inside(where)} is {why}"


@rule("CT224", "default-breaks-schema", "error")
def bad_default(where: str, why: str) -> str:
    """A `default` or an example that its own schema refuses.

    The default is what a call without the argument gets, so each such call would fail.

    Bad:

        limit: {type: integer, minimum: 1, default: 0}

    Good:

        limit: {type: integer, minimum: 1, default: 10}
    """
    return f"the default{inside(where)} does not fit its own schema: {why}"


@rule("CT225", "parameter-not-a-schema", "error")
def not_a_schema(where: str, got: str, write: str) -> str:
    """Where a schema belongs stands something else, such as the bare name of a type.

    Bad:

        parameters:
          path: string

    Good:

        parameters:
          path: {type: string}
    """
    return f"{quote(where)} must be a JSON Schema, not {got}; write {quote(write)}"


@rule("CT226", "parameters-not-an-object", "error")
def parameters_not_an_object(got: str) -> str:
    """The parameters of a tool, in the long form, are not a schema of `type: object`.

    The model always gives the arguments of a call as one JSON object.

    Bad:

        parameters: {type: string}

    Good:

        parameters:
          type: object
          properties: {query: {type: string}}
          required: [query]
    """
    return f"the parameters of a tool are a schema of `type: object`, not {got}"


@rule("CT227", "required-but-not-declared", "error")
def required_not_declared(key: str, near: str | None) -> str:
    """`required` names a property that `properties` does not have.

    Every call would be refused, or the model would be asked for an argument it was told nothing of.

    Bad:

        parameters:
          type: object
          properties: {query: {type: string}}
          required: [qurey]

    Good:

        required: [query]
    """
    start = f"`required` names {quote(key)}, which `properties` does not have"
    return f"{start}; did you mean {quote(near)}?" if near else start


@rule("CT228", "no-object-type", "warning")
def no_object_type() -> str:
    """Parameters in the long form do not say `type: object`.

    A schema without `type: object` also accepts values that are no objects, and some models refuse
    it. Say `type: object`.

    Bad:

        parameters:
          properties: {query: {type: string}}

    Good:

        parameters:
          type: object
          properties: {query: {type: string}}
    """
    return "the parameters are a schema without `type: object`; add it"


@rule("CT229", "unsupported-keyword", "error")
def unsupported_keyword(keyword: str, where: str, instead: str) -> str:
    """A keyword of JSON Schema, or of a relative of it, that looplet does not support.

    Arguments are checked at every call by a compiled form of the schema, which knows a documented
    set of keywords of draft 2020-12. What it doesn't know it refuses here, not at run time.

    Bad:

        note: {type: string, nullable: true}

    Good:

        note: {type: [string, "null"]}
    """
    return f"{quote(keyword)}{inside(where)} is not supported; write {instead} instead"
