"""Is a hook's class there, does the loop call its methods rightly, do its kwargs fit? Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, Protocol

from looplet.compiler.diagnostics import Diagnostic, Span
from looplet.compiler.python.classes import Lineage, bound_parameters
from looplet.compiler.python.definitions import (
    always_fails,
    defined_class,
    defined_function,
    kind_of,
    misfit,
    misspelt,
    renamed,
    span_of,
)
from looplet.compiler.python.facts import Facts, Function
from looplet.compiler.rules import ct4_code
from looplet.compiler.rules import ct4_hooks as ct4
from looplet.compiler.suggest import closest, correction

HOOK_METHODS: Final[dict[str, tuple[str, ...]]] = {
    "pre_loop": ("state", "session_log", "context"),
    "pre_prompt": ("state", "session_log", "context", "step_num"),
    "compact": ("state", "step_num"),
    "pre_dispatch": ("state", "session_log", "tool_call", "step_num"),
    "check_permission": ("tool_call",),
    "post_dispatch": ("state", "session_log", "tool_call", "tool_result", "step_num"),
    "check_done": ("state", "session_log", "context", "step_num", "tool_call"),
    "should_stop": ("state", "step_num", "new_entities"),
    "on_event": ("payload",),
    "on_loop_end": ("state", "session_log", "context", "llm"),
    "save_state": (),
    "restore_state": ("data",),
}
_FEWEST: Final = {"check_done": 4}


class Locate(Protocol):
    """The span of a value of a file, or of its key; None if it is not written there."""

    def __call__(self, path: tuple[str | int, ...], key: bool = False) -> Span | None: ...


def check_hook(
    path: str,
    facts: Facts,
    config: Mapping[str, Any],
    config_path: str,
    locate: Locate,
) -> list[Diagnostic]:
    """The findings on one hook: `path` is its hook.py, `config` the values of its config.yaml."""
    if facts["problem"]:
        return []
    key = "class_name" if "class_name" in config else "class"
    name = config.get(key)
    if name is None:
        if not facts["classes"]:
            return [] if facts["open"] else [ct4.no_class.at(path)]
        name = facts["classes"][0]["name"]
    if not isinstance(name, str):
        return []
    if name not in facts["names"]:
        return [] if facts["open"] else [_missing_class(facts, name, config_path, locate((key,)))]
    hook = defined_class(facts, name)
    if hook is None:
        what = _not_a_class(facts, name)
        if not what:
            return []
        return [ct4.not_a_class.at(config_path, locate((key,)), name=name, found=what)]
    lineage = Lineage(facts, hook)
    found = _methods(path, lineage)
    found += _construction(path, lineage, config.get("kwargs"), config_path, locate)
    return found


def _missing_class(facts: Facts, name: str, config_path: str, place: Span | None) -> Diagnostic:
    names = [each["name"] for each in facts["classes"]]
    near = closest(name, names)
    fixes = correction(config_path, place, name, near)
    return ct4.missing_class.at(config_path, place, fixes=fixes, name=name, near=near, found=names)


def _not_a_class(facts: Facts, name: str) -> str:
    """What a name certainly is, if not a class."""
    if defined_function(facts, name):
        return "a function"
    assigned = facts["assigned"].get(name)
    if assigned and "value" in assigned and not assigned["conditional"]:
        return kind_of(assigned)
    return ""


def _methods(path: str, lineage: Lineage) -> list[Diagnostic]:
    found: list[Diagnostic] = []
    methods, attributes = lineage.methods(), lineage.attributes()
    has_one = lineage.open or "__getattr__" in attributes or not attributes.isdisjoint(HOOK_METHODS)
    for name, method in methods.items():
        if name in HOOK_METHODS:
            found += _method(path, method)
        elif not name.startswith("_"):
            near = misspelt(name, [each for each in HOOK_METHODS if each not in attributes])
            if near and name != "to_config":
                has_one = True
                fixes = [renamed(path, method, near)]
                place = span_of(method["span"])
                found.append(ct4.misspelt_method.at(path, place, fixes=fixes, name=name, near=near))
    if not has_one:
        place, name = span_of(lineage.hook["span"]), lineage.hook["name"]
        found.append(ct4.no_method.at(path, place, name=name, known=list(HOOK_METHODS)))
    return found


def _method(path: str, method: Function) -> list[Diagnostic]:
    """One hook method: does it take what it is given, and does it run as a plain call?"""
    name, place = method["name"], span_of(method["span"])
    if method["is_generator"]:
        return [ct4_code.generator.at(path, place, function=name)]
    found: list[Diagnostic] = []
    if method["is_async"]:
        found.append(ct4.async_method.at(path, place, method=name))
    bound = bound_parameters(method)
    if bound is None:
        return found
    expected = HOOK_METHODS[name]
    fewest, most = _FEWEST.get(name, len(expected)), len(expected)
    why = misfit(bound, fewest, most)
    if why and method["parameters"][:1] and method["parameters"][0]["name"] == expected[0]:
        why = "its `self` is missing"
    if why:
        call = _call(name, expected[:fewest])
        found.append(ct4.wrong_parameters.at(path, place, method=name, call=call, why=why))
        return found
    names = tuple(each["name"] for each in bound[:most])
    right = expected[: len(names)]
    if names != right and sorted(names) == sorted(right):
        found.append(ct4.swapped.at(path, place, method=name, call=_call(name, right)))
    return found


def _call(name: str, arguments: Sequence[str]) -> str:
    return f"{name}({', '.join(arguments)})"


def _construction(
    path: str, lineage: Lineage, kwargs: object, config_path: str, locate: Locate
) -> list[Diagnostic]:
    """Can the class be called with the kwargs of its config.yaml?"""
    found: list[Diagnostic] = []
    hook = lineage.hook["name"]
    if init := lineage.methods().get("__init__"):
        found += always_fails(path, init, f"{hook}.__init__")
    given = {} if kwargs is None else kwargs
    takes = lineage.constructor()
    if takes is None or not isinstance(given, Mapping):
        return found
    by_position = [each for each in takes if each["kind"] == "positional_only" and each["required"]]
    for each in by_position:
        place = span_of(each["span"])
        found.append(ct4.positional_only.at(path, place, name=each["name"], hook=hook))
    accepted = [each["name"] for each in takes if each["kind"] in ("positional", "keyword")]
    typos: set[str] = set()
    if not any(each["kind"] == "kwargs" for each in takes):
        for name in given:
            if any(each["name"] == name for each in by_position):
                continue
            if isinstance(name, str) and name not in accepted:
                near = closest(name, [each for each in accepted if each not in given])
                typos.add(near or "")
                found.append(_unknown_kwarg(name, hook, near, accepted, config_path, locate))
    for each in takes:
        if each["required"] and each["name"] in accepted:
            if each["name"] in given or each["name"] in typos:
                continue
            place_of = locate(("kwargs",), True) or locate(("class_name",)) or locate(("class",))
            notes = [f"`{each['name']}` is a parameter in {path}, line {each['span'][0]}"]
            found.append(
                ct4.missing_kwarg.at(
                    config_path, place_of, notes=notes, name=each["name"], hook=hook
                )
            )
    return found


def _unknown_kwarg(
    name: str,
    hook: str,
    near: str | None,
    accepted: list[str],
    config_path: str,
    locate: Locate,
) -> Diagnostic:
    place = locate(("kwargs", name), True)
    fixes = correction(config_path, place, name, near)
    return ct4.unknown_kwarg.at(
        config_path, place, fixes=fixes, name=name, hook=hook, near=near, accepted=accepted
    )
