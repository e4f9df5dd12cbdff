"""Writes the tables of keys in docs/cartridge.md from the schemas; the prose around them stays.

    python tests/docs/write_format.py

A table stands between `<!-- keys of KIND -->` and `<!-- end of keys -->`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from looplet.compiler.schema import raw_schema

PAGE = Path(__file__).resolve().parents[2] / "docs" / "cartridge.md"
PLACE = re.compile(r"(<!-- keys of ([\w-]+) -->\n).*?(<!-- end of keys -->)", re.DOTALL)


def page(text: str) -> str:
    """The page with every table of keys written anew."""
    return PLACE.sub(lambda place: place[1] + table(place[2]) + place[3], text)


def table(kind: str) -> str:
    schema = raw_schema(kind)
    rows = ["| key | is | says |", "|---|---|---|"]
    for key, part, required in keys(schema, schema, ""):
        words = [f"**Required.** {part['description']}" if required else part["description"]]
        if examples := part.get("examples"):
            words.append(f"Example: `{_example(examples[0])}`.")
        text = " ".join(words).replace("|", "\\|").replace("\n", " ")
        rows.append(f"| `{key}` | {_type(schema, part)} | {text} |")
    return "\n".join(rows) + "\n"


def keys(
    schema: Mapping[str, Any], part: Mapping[str, Any], prefix: str
) -> Iterator[tuple[str, Mapping[str, Any], bool]]:
    """Every key of a schema by its path, with what the schema says of it, and if it has to be."""
    for name, member in part.get("properties", {}).items():
        member = _resolved(schema, member)
        yield prefix + name, member, name in part.get("required", ())
        yield from _below(schema, member, prefix + name)


def _below(
    schema: Mapping[str, Any], part: Mapping[str, Any], path: str
) -> Iterator[tuple[str, Mapping[str, Any], bool]]:
    yield from keys(schema, part, f"{path}.")
    for choice in part.get("anyOf", ()):
        yield from _below(schema, _resolved(schema, choice), path)
    for keyword, mark in (("items", "[]"), ("additionalProperties", ".<name>")):
        inner = part.get(keyword)
        if isinstance(inner, Mapping):
            yield from _below(schema, _resolved(schema, inner), path + mark)


def _resolved(schema: Mapping[str, Any], part: Mapping[str, Any]) -> Mapping[str, Any]:
    reference = part.get("$ref")
    return schema["$defs"][reference.rpartition("/")[2]] if reference else part


def _type(schema: Mapping[str, Any], part: Mapping[str, Any]) -> str:
    words = []
    for choice in part.get("anyOf", (part,)):
        if choice.get("$ref", "").endswith("/reference"):
            words.append("a reference")
            continue
        choice = _resolved(schema, choice)
        if "enum" in choice:
            words.append(", ".join(f"`{value}`" for value in choice["enum"]))
        elif "const" in choice:
            words.append(f"`{choice['const']}`")
        elif "type" in choice:
            types = choice["type"]
            kinds = [types] if isinstance(types, str) else types
            words += [_WORDS[kind] for kind in kinds]
        else:
            words.append("anything")
    return " or ".join(dict.fromkeys(words))


_WORDS = {
    "array": "list",
    "boolean": "true or false",
    "integer": "whole number",
    "number": "number",
    "object": "mapping",
    "string": "text",
}


def _example(value: Any) -> str:
    if isinstance(value, str):
        return value if value else '""'
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{k}: {_example(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_example, value)) + "]"
    return str(value)


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
