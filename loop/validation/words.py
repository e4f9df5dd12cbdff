"""Values, schemas and places in the words of a message. Decides nothing about validity."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

LONGEST = 60
"""A string is cut after so many characters, and a list of names after `MOST` of them."""
MOST = 12

KINDS = {
    "object": "an object",
    "array": "an array",
    "string": "a string",
    "integer": "an integer",
    "number": "a number",
    "boolean": "true or false",
    "null": "null",
}


def place(path: Sequence[str | int], whole: str) -> str:
    """The path as a person writes it: `` `rules[0].tool` ``; `whole` for the value itself."""
    if not path:
        return whole
    out = ""
    for part in path:
        if isinstance(part, int):
            out += f"[{part}]"
        elif part and all(char.isalnum() or char in "_-$" for char in part):
            out += f".{part}" if out else part
        else:
            out += f"[{quoted(part)}]"
    return f"`{out}`"


def quoted(text: str) -> str:
    """The string as JSON writes it, cut when it is long."""
    import json

    if len(text) > LONGEST:
        text = text[:LONGEST] + "…"
    return json.dumps(text, ensure_ascii=False)


def literal(value: object) -> str:
    """The value as JSON writes it, or its kind when that would be long."""
    if isinstance(value, str):
        return quoted(value)
    if value is None or value is True or value is False:
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, (int, float)):
        try:
            text = str(value)
        except ValueError:
            return "a number with thousands of digits"
        return text if len(text) <= LONGEST else f"a number with {len(text)} digits"
    if isinstance(value, (list, tuple)):
        return "an array" if value else "an empty array"
    if isinstance(value, dict):
        return "an object" if value else "an empty object"
    return f"a Python {type(value).__name__}"


def got(value: object) -> str:
    """The value that was found, with its kind where the literal alone could be misread."""
    if isinstance(value, str):
        return f"the string {quoted(value)}"
    if isinstance(value, float) and not (-float("inf") < value < float("inf")):
        return {True: "NaN"}.get(value != value, "infinity") + ", which JSON has no number for"
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return f"the number {literal(value)}" if len(literal(value)) <= 20 else literal(value)
    return literal(value)


def either(words: Iterable[str]) -> str:
    """`a`, `a or b`, `a, b or c`; each once, the end of a long list left out."""
    unique = list(dict.fromkeys(words))
    if len(unique) > MOST:
        return ", ".join(unique[:MOST]) + f" or one of {len(unique) - MOST} more"
    if len(unique) < 2:
        return "".join(unique)
    return ", ".join(unique[:-1]) + " or " + unique[-1]


def listed(names: Iterable[str]) -> str:
    names = [f"`{name}`" for name in names]
    more = f" and {len(names) - MOST} more" if len(names) > MOST else ""
    return ", ".join(names[:MOST]) + more


def counted(number: object, noun: str) -> str:
    plural = {"property": "properties"}.get(noun, f"{noun}s")
    return f"{literal(number)} {noun if number == 1 else plural}"


def described(schema: object, root: object, depth: int = 4) -> str:
    """What fits a schema, in a few words: `an integer`, `"a" or "b"`, `an object with `x``."""
    if not isinstance(schema, dict) or depth == 0:
        return "nothing" if schema is False else "any value"
    if "const" in schema:
        return literal(schema["const"])
    if "enum" in schema:
        return either(literal(value) for value in schema["enum"])
    kinds = schema.get("type")
    if isinstance(kinds, str):
        return _kind(kinds, schema)
    if kinds:
        return either(KINDS[kind] for kind in kinds)
    if "$ref" in schema:
        from looplet.validation.pointers import resolve

        return described(resolve(root, schema["$ref"])[1], root, depth - 1)
    for keyword in ("anyOf", "oneOf"):
        if keyword in schema:
            return either(described(part, root, depth - 1) for part in schema[keyword])
    if "required" in schema or "properties" in schema:
        return _kind("object", schema)
    if "pattern" in schema:
        return _kind("string", schema)
    return "a value of another form" if schema else "any value"


def _kind(kind: str, schema: dict[str, object]) -> str:
    needed = schema.get("required")
    if kind == "object" and isinstance(needed, (list, tuple)) and needed:
        return f"an object with {listed(needed)}"
    if kind == "string" and "pattern" in schema:
        return f"a string that matches `{schema['pattern']}`"
    return KINDS[kind]
