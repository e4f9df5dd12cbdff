"""The tools of a server as ToolSpecs: named, bounded, their schemas compiled like our own.

A tool that cannot be offered safely is left out, with a note that names it and the reason; the
others are offered. A note is a sentence for the model and for whoever reads the run.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable
from typing import TYPE_CHECKING, Any

from looplet.mcp.unmatched import without_patterns
from looplet.tools import ToolSpec, is_tool_name
from looplet.types import ToolResult, printable
from looplet.validation import UnsupportedSchema, Validator, compile_schema

if TYPE_CHECKING:
    from mcp_types import Tool

    from looplet.context import ToolContext
    from looplet.mcp.settings import ServerSettings

    Execute = Callable[[str, ToolContext | None, dict[str, Any]], ToolResult]

MOST_DESCRIPTION = 10_000
MOST_SCHEMA = 100_000
"""Characters. What a server says of its tools goes to the model with every question."""


class NotOffered(ValueError):
    """Why a tool of a server is not offered."""


def specs_of(
    settings: ServerSettings, tools: Iterable[Tool], taken: Collection[str], execute: Execute
) -> tuple[list[ToolSpec], list[str]]:
    """The tools that may be called, and notes on those that may not.

    taken: the names of tools that are there already; they stay what they are.
    execute: runs a tool, by the server's own name of it.
    """
    specs: dict[str, ToolSpec] = {}
    notes = []
    for tool in tools:
        if settings.tools is not None and tool.name not in settings.tools:
            continue
        name = settings.offered_name(tool.name)
        try:
            if name in taken or name in specs:
                raise NotOffered(
                    f"there already is a tool `{name}`; "
                    f"give `mcp_servers.{settings.name}` a `prefix`, or a list of `tools`"
                )
            specs[name] = _spec(name, tool, execute)
        except NotOffered as why:
            shown = printable(tool.name, 64)
            notes.append(
                f"the tool `{shown}` of the MCP server `{settings.name}` is left out: {why}"
            )
    return list(specs.values()), notes


def specs_of_absent(
    settings: ServerSettings, why: str, taken: Collection[str], execute: Execute
) -> list[ToolSpec]:
    """The tools of a server that did not start, as far as their names are known: a call of one
    tries again. What their arguments are is seen then."""
    names = {settings.offered_name(tool): tool for tool in settings.tools or ()}
    return [
        ToolSpec(
            name,
            f"(Not available: {_cut(why, 500)}. A call tries to start the server again.)",
            {"type": "object"},
            _function(tool, execute),
        )
        for name, tool in names.items()
        if name not in taken and is_tool_name(name)
    ]


def validator_of(tool: Tool) -> Validator:
    """What checks the arguments of a tool. Raises NotOffered."""
    try:
        return compile_schema(_schema(tool))
    except UnsupportedSchema as error:
        raise NotOffered(f"its schema is not one that can be checked: {error}") from None


def _spec(name: str, tool: Tool, execute: Execute) -> ToolSpec:
    if not is_tool_name(name):
        raise NotOffered(
            f"`{printable(name, 80)}` is no name for a tool: it has 1 to 64 characters"
        )
    validator_of(tool)
    description = tool.description or tool.title or ""
    return ToolSpec(
        name, _cut(description, MOST_DESCRIPTION), _schema(tool), _function(tool.name, execute)
    )


def _function(tool: str, execute: Execute) -> Callable[..., ToolResult]:
    def call(ctx: ToolContext | None = None, /, **args: Any) -> ToolResult:
        return execute(tool, ctx, args)

    return call


def _schema(tool: Tool) -> dict[str, Any]:
    """Its schema, of type object, without defaults that it would not accept itself.

    Ours fill in what a schema declares; many servers declare `null` for what must not be null.
    """
    schema = dict(tool.input_schema)
    try:
        text = json.dumps(schema)
        if len(text) > MOST_SCHEMA:
            raise NotOffered(f"its schema is longer than {MOST_SCHEMA} characters")
    except RecursionError:
        raise NotOffered("its schema is nested too deeply") from None
    if '"pattern' in text:
        schema = without_patterns(schema)
    if schema.setdefault("type", "object") != "object":
        raise NotOffered("its schema is not of type `object`")
    properties = schema.get("properties")
    if not isinstance(properties, dict):
        return schema
    kept = {}
    for name, part in properties.items():
        if isinstance(part, dict) and "default" in part:
            try:
                fits = compile_schema(schema, ("properties", name))
            except UnsupportedSchema as error:
                raise NotOffered(f"its schema is not one that can be checked: {error}") from None
            if not fits(part["default"]):
                part = {key: value for key, value in part.items() if key != "default"}
        kept[name] = part
    return {**schema, "properties": kept}


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[:most] + "…"


__all__ = ["NotOffered", "specs_of", "specs_of_absent", "validator_of"]
