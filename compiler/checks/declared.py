"""JSON Schemas that authors write in Python: the parameters of tools in short form."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

from looplet.compiler.author_schemas import check_parameters
from looplet.compiler.cartridge import Tool
from looplet.compiler.diagnostics import Diagnostic, Span
from looplet.compiler.resolve import Resolved
from looplet.compiler.syntax import parse


def check_schemas(resolved: Resolved) -> Iterator[Diagnostic]:
    """The findings on the schemas in tools of the short form; the schema pass has the others."""
    for tool in resolved.tools.values():
        if tool.short:
            yield from map(tool.home.located, _short_form(tool))


def _short_form(tool: Tool) -> Iterator[Diagnostic]:
    declared = tool.home.facts(tool.path)["assigned"].get("__parameters__")
    if declared is None or not isinstance(declared.get("value"), dict):
        return
    # The literal as JSON, so that it is judged as in a tool.yaml; its places are not those of the
    # file, so a finding speaks of the literal as a whole.
    written = json.dumps({"parameters": declared["value"]})
    document, _ = parse("parameters.json", written.encode())
    for found in check_parameters(document) if document is not None else ():
        span = Span.of(*declared["value_span"])
        yield replace(found, path=tool.path, span=span, fixes=())
