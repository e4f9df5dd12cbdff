"""JSON Schemas that authors write in Python: the parameters of tools in short form."""

from __future__ import annotations

from collections.abc import Iterator

from looplet.compiler.cartridge import Tool
from looplet.compiler.diagnostics import Diagnostic, Span
from looplet.compiler.lower import tool_parameters
from looplet.compiler.resolve import Resolved
from looplet.compiler.rules import ct2_schema as ct2
from looplet.validation import faults_of


def check_schemas(resolved: Resolved) -> Iterator[Diagnostic]:
    """The findings on the schemas in tools of the short form; the schema pass has the others."""
    for tool in resolved.tools.values():
        if tool.short:
            yield from map(tool.home.located, _short_form(tool))


def _short_form(tool: Tool) -> Iterator[Diagnostic]:
    declared = tool.home.facts(tool.path)["assigned"].get("__parameters__")
    if declared is None or not isinstance(declared.get("value"), dict):
        return
    for fault in faults_of(tool_parameters(tool)):
        where = "/".join(map(str, fault.path)) or "`__parameters__`"
        span = Span.of(*declared["value_span"])
        keyword = fault.keyword or "parameters"
        yield ct2.bad_keyword_value.at(tool.path, span, keyword=keyword, where=where, why=fault.why)
