"""The short form of a tool, `tools/<name>.py`: its declaration is read from dunders, never run."""

from __future__ import annotations

from typing import Any, Final

from looplet.compiler.diagnostics import Diagnostic
from looplet.compiler.python.definitions import span_of, word_at
from looplet.compiler.python.facts import Assigned, Facts
from looplet.compiler.rules import ct4_tools as ct4
from looplet.compiler.suggest import closest, one_slip

# Dunder → the key of tool.yaml it stands for, its type, and how messages call that type.
_KEYS: Final[dict[str, tuple[str, tuple[type, ...], str]]] = {
    "__description__": ("description", (str,), "a text"),
    "__parameters__": ("parameters", (dict,), "a mapping"),
    "__concurrent_safe__": ("concurrent_safe", (bool,), "`True` or `False`"),
    "__free__": ("free", (bool,), "`True` or `False`"),
    "__timeout_s__": ("timeout_s", (int, float), "a number"),
}
_NEEDS_FOLDER: Final = {"__requires__": "requires", "__tags__": "tags", "__render__": "render"}
_PYTHONS_OWN: Final = {
    *("__all__", "__author__", "__copyright__", "__credits__", "__date__", "__email__"),
    *("__license__", "__version__", "__maintainer__", "__status__", "__doc__", "__slots__"),
    *("__name__", "__file__", "__path__", "__package__", "__spec__", "__loader__"),
}


def short_declaration(facts: Facts, name: str) -> dict[str, Any]:
    """The tool.yaml that the dunders of a file amount to; without a description, the first line of
    the file's docstring."""
    found: dict[str, Any] = {"name": name, "description": facts["doc"] or f"Call {name}."}
    for dunder, (key, types, _) in _KEYS.items():
        entry = facts["assigned"].get(dunder)
        if entry and _fits(entry, types):
            found[key] = entry["value"]
    found.setdefault("parameters", {})
    return found


def check_short_tool(path: str, facts: Facts) -> list[Diagnostic]:
    """The findings on the dunders of a short-form tool; `check_tool` has those on its `execute`."""
    found: list[Diagnostic] = []
    for name, entry in facts["assigned"].items():
        if not (name.startswith("__") and name.endswith("__")):
            continue
        if name in _KEYS:
            _, types, wanted = _KEYS[name]
            if not _fits(entry, types):
                place = span_of(entry["value_span"])
                found.append(ct4.not_literal.at(path, place, name=name, wanted=wanted))
        elif name in _NEEDS_FOLDER:
            if entry.get("value", True):
                key = _NEEDS_FOLDER[name]
                found.append(ct4.needs_folder.at(path, span_of(entry["span"]), name=name, key=key))
        elif name not in _PYTHONS_OWN and (near := closest(name, sorted(_KEYS))):
            found.append(
                _misspelt(
                    path,
                    name,
                    entry,
                    near,
                    safe=one_slip(name, near) and near not in facts["assigned"],
                )
            )
    return found


def _misspelt(path: str, name: str, entry: Assigned, near: str, *, safe: bool) -> Diagnostic:
    fixes = [word_at(entry["span"], near, path, f"rename `{name}` to `{near}`", safe=safe)]
    return ct4.misspelt_dunder.at(path, span_of(entry["span"]), fixes=fixes, name=name, near=near)


def _fits(entry: Assigned, types: tuple[type, ...]) -> bool:
    value = entry.get("value")
    return isinstance(value, types) and (bool in types or not isinstance(value, bool))
