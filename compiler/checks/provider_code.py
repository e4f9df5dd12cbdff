"""What a resource's `build` and a memory file's `load` must hold to. Pure."""

from __future__ import annotations

from looplet.compiler.diagnostics import Diagnostic
from looplet.compiler.python.definitions import (
    always_fails,
    entry_point,
    kind_of,
    misfit,
    misspelt,
    signature_known,
    span_of,
    word_at,
)
from looplet.compiler.python.facts import Facts, Function
from looplet.compiler.rules import ct4_providers as ct4

_MARK = "THREAD_SAFE"


def check_resource(path: str, facts: Facts) -> list[Diagnostic]:
    """The findings on one `resources/<name>.py`."""
    build, found = entry_point(path, facts, "build", "a resource")
    if build is not None:
        found += _called_plainly(path, build)
        if signature_known(build):
            for each in build["parameters"]:
                if each["required"] and each["name"] != "runtime":
                    place = span_of(each["span"])
                    found.append(ct4.build_parameters.at(path, place, name=each["name"]))
    return found + _thread_safe(path, facts)


def check_memory(path: str, facts: Facts) -> list[Diagnostic]:
    """The findings on one `memory/<name>.py`."""
    load, found = entry_point(path, facts, "load", "a memory file")
    if load is not None:
        found += _called_plainly(path, load)
        why = misfit(load["parameters"], 1, 1) if signature_known(load) else ""
        if why:
            found.append(ct4.load_parameters.at(path, span_of(load["span"]), why=why))
    return found


def _called_plainly(path: str, function: Function) -> list[Diagnostic]:
    found = always_fails(path, function, function["name"])
    if function["is_async"]:
        place = span_of(function["span"])
        found.append(ct4.async_provider.at(path, place, function=function["name"]))
    return found


def _thread_safe(path: str, facts: Facts) -> list[Diagnostic]:
    if facts["problem"]:
        return []
    entry = facts["assigned"].get(_MARK)
    if entry is not None:
        if isinstance(entry.get("value"), bool):
            return []
        place = span_of(entry["value_span"])
        return [ct4.thread_safe.at(path, place, found=kind_of(entry))]
    found: list[Diagnostic] = []
    for name, other in facts["assigned"].items():
        alike = name.upper().replace("_", "") == "THREADSAFE"
        if alike or (name.isupper() and misspelt(name, [_MARK])):
            title = f"rename `{name}` to `{_MARK}`"
            fixes = [word_at(other["span"], _MARK, path, title, safe=False)]
            place = span_of(other["span"])
            found.append(ct4.thread_safe_misspelt.at(path, place, fixes=fixes, name=name))
    return found
