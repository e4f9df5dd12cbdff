"""Every Python file of a cartridge, held to what its place in the folder asks of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from looplet.compiler import layout
from looplet.compiler.cartridge import Tool
from looplet.compiler.checks.evals import (
    Case,
    check_cases,
    check_collector,
    check_grader,
    check_inputs,
    check_script,
)
from looplet.compiler.checks.evals import scripts as script_names
from looplet.compiler.checks.hook_code import check_hook
from looplet.compiler.checks.provider_code import check_memory, check_resource
from looplet.compiler.checks.python_file import Modules, check_module
from looplet.compiler.checks.short_tool import check_short_tool
from looplet.compiler.checks.tool_code import check_tool
from looplet.compiler.diagnostics import Diagnostic, Span
from looplet.compiler.lower import tool_parameters
from looplet.compiler.parameters import is_short_form
from looplet.compiler.python.distributions import provided
from looplet.compiler.python.facts import Assigned
from looplet.compiler.resolve import Resolved
from looplet.compiler.suggest import closest
from looplet.compiler.syntax import Document

_ALONE = {
    "resource": check_resource,
    "memory": check_memory,
    "grader": check_grader,
    "collector": check_collector,
    "script": check_script,
    "short-tool": check_short_tool,
}


def check_code(resolved: Resolved) -> Iterator[Diagnostic]:
    """The findings on the Python files of every layer, and on how values and code fit together."""
    modules = Modules(resolved.homes)
    for home in resolved.chain:
        dependencies = home.value(layout.MANIFEST).get("dependencies")
        known = provided(dependencies if isinstance(dependencies, list) else ())
        for path in home.tree.files:
            if not path.endswith(".py"):
                continue
            facts = home.facts(path)
            found = check_module(path, facts, modules, known)
            if not facts["problem"]:
                kind = layout.code_kind(path)
                if kind is not None and kind in _ALONE:
                    found += _ALONE[kind](path, facts)
            yield from map(home.located, found)
    yield from _tools(resolved)
    yield from _hooks(resolved)
    yield from _cases(resolved)


def _tools(resolved: Resolved) -> Iterator[Diagnostic]:
    for tool in resolved.tools.values():
        home = tool.code_home
        if home is None or home.facts(tool.code)["problem"]:
            continue
        document = tool.document
        written = tool.value.get("parameters")
        found = check_tool(
            tool.code,
            home.facts(tool.code),
            _judged(tool),
            where=tool.path
            if tool.short or tool.home is home
            else f"{tool.path} of {tool.home.tree.name}",
            inferred=is_short_form(written),
            declared=_Declared(tool.path, document, written) if document is not None else None,
        )
        yield from map(home.located, found)


def _judged(tool: Tool) -> Mapping[str, Any] | None:
    """The schema that a tool's function is held to; None where it could not be read, or where its
    own mistakes, reported as such, would only be repeated."""
    document, written = tool.document, tool.value.get("parameters")
    if tool.short:
        if _misdeclared(tool.home.facts(tool.path)["assigned"]):
            return None
    elif document is None or not document.value or tool.home.unread(tool.path, "parameters"):
        return None
    schema = tool_parameters(tool)
    if not isinstance(written, dict | None) or schema.get("type", "object") != "object":
        return None
    properties, names = schema.get("properties"), schema.get("required")
    if not isinstance(properties, dict) or not isinstance(names, list | tuple | None):
        return None
    absent = [str(name) for name in names or () if str(name) not in properties]
    meant = [closest(name, properties) or name for name in absent]
    return {**schema, "required": [*(names or ()), *meant]} if meant else schema


def _misdeclared(assigned: Mapping[str, Assigned]) -> bool:
    """Whether a short form has a `__parameters__` that is misspelt, or no mapping written out."""
    entry = assigned.get("__parameters__")
    if entry is None:
        return any(name[:2] == "__" and closest(name, ["__parameters__"]) for name in assigned)
    return not isinstance(entry.get("value"), dict)


_UNREAD = "what could not be read"


class _Declared:
    """Where a parameter is declared: the file and the span of its name."""

    def __init__(self, path: str, document: Document, written: Any) -> None:
        self.path, self.document = path, document
        self.prefix = ("parameters",) if is_short_form(written) else ("parameters", "properties")

    def __call__(self, name: str) -> tuple[str, Span] | None:
        span = self.document.where((*self.prefix, name), key=True)
        return (self.path, span) if span else None


def _hooks(resolved: Resolved) -> Iterator[Diagnostic]:
    for hook in resolved.hooks.values():
        document = hook.document
        if hook.code_home is None or document is None or hook.home is None:
            continue
        facts = hook.code_home.facts(hook.code)
        value = hook.value
        if hook.home.unread(hook.path, "kwargs"):
            value = {**value, "kwargs": _UNREAD}  # no mapping, so that none is found to be missing
        for found in check_hook(hook.code, facts, value, hook.path, document.where):
            home = hook.home if found.path == hook.path else hook.code_home
            yield home.located(found)


def _cases(resolved: Resolved) -> Iterator[Diagnostic]:
    cartridge = resolved.cartridge
    files = [
        Case(path, document.value, document.where)
        for path, document in cartridge.documents.items()
        if document is not None and layout.document_kind(path) == "eval-case"
    ]
    yield from check_cases(files, script_names(cartridge.tree.files))
    declared = resolved.config.get("inputs")
    if isinstance(declared, dict) and not resolved.unread(layout.CONFIG, "inputs"):
        yield from check_inputs(files, declared)
