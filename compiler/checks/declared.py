"""JSON Schemas that authors write: of parameters, of answers and of inputs."""

from __future__ import annotations

from collections.abc import Iterator

from looplet.compiler import layout
from looplet.compiler.author_schemas import check_schemas_in
from looplet.compiler.cartridge import Tool
from looplet.compiler.diagnostics import Diagnostic, Span
from looplet.compiler.lower import tool_parameters
from looplet.compiler.resolve import Resolved
from looplet.compiler.rules import ct2_schema as ct2
from looplet.validation import faults_of


def check_schemas(resolved: Resolved) -> Iterator[Diagnostic]:
    """The findings on the schemas in every layer's documents, and in tools in short form."""
    for home in resolved.chain:
        for path, document in home.documents.items():
            kind = layout.document_kind(path)
            if document is not None and kind in ("tool", "config"):
                yield from map(home.located, check_schemas_in(kind, document))
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
