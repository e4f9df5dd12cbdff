"""The functions, cases and scripts that try an agent. Pure: facts and values in, findings out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

from looplet.compiler.checks.hook_code import Locate
from looplet.compiler.diagnostics import Diagnostic
from looplet.compiler.python.definitions import (
    entry_point,
    misfit,
    renamed,
    signature_known,
    span_of,
)
from looplet.compiler.python.facts import Facts, Function
from looplet.compiler.rules import ct8_evals as ct8
from looplet.compiler.suggest import closest, correction
from looplet.validation import UnsupportedSchema, compile_schema

# What a function may be given by name besides the context, by the beginning of its name.
_EXTRA: Final = {"eval_": "llm", "collect_": "runtime"}
_SCRIPTS: Final = "evals/scripts"


class Case(NamedTuple):
    """A file of eval cases: one case, or a list of them."""

    path: str
    value: Any
    locate: Locate


def check_grader(path: str, facts: Facts) -> list[Diagnostic]:
    """The findings on one `evals/eval_*.py`."""
    return _functions(path, facts, "eval_")


def check_collector(path: str, facts: Facts) -> list[Diagnostic]:
    """The findings on one `evals/collect_*.py`."""
    return _functions(path, facts, "collect_")


def _functions(path: str, facts: Facts, prefix: str) -> list[Diagnostic]:
    if facts["problem"]:
        return []
    ours = [each for each in facts["functions"] if each["name"].startswith(prefix)]
    found: list[Diagnostic] = []
    if not ours and not facts["open"] and not any(n.startswith(prefix) for n in facts["names"]):
        found.append(_none(path, facts, prefix))
    for function in ours:
        found += _function(path, function, prefix)
    return found


def _none(path: str, facts: Facts, prefix: str) -> Diagnostic:
    for function in facts["functions"]:
        near = _meant(function["name"], prefix)
        if near:
            fixes = [renamed(path, function, near)]
            place = span_of(function["span"])
            return ct8.no_function.at(path, place, fixes=fixes, prefix=prefix, near=near)
    return ct8.no_function.at(path, prefix=prefix, near=None)


def _meant(name: str, prefix: str) -> str | None:
    """`eval_greets` of `evla_greets` and of `evalgreets`."""
    beginning, mark, rest = name.partition("_")
    if mark and closest(beginning + mark, [prefix]):
        return prefix + rest
    bare = prefix.rstrip("_")
    if name.lower().startswith(bare) and len(name) > len(bare):
        return prefix + name[len(bare) :]
    return None


def _function(path: str, function: Function, prefix: str) -> list[Diagnostic]:
    name, place = function["name"], span_of(function["span"])
    if function["is_async"] or function["is_generator"]:
        kind = "async" if function["is_async"] else "a generator"
        return [ct8.not_plain.at(path, place, function=name, found=kind)]
    # A mark such as `@eval_mark("slow")` hands the function back as it is.
    marks = [each for each in function["decorators"] if each.rpartition(".")[2] != "eval_mark"]
    if not signature_known({**function, "decorators": marks}):
        return []
    extra = _EXTRA[prefix]
    rest = [each for each in function["parameters"][1:] if each["name"] != extra]
    why = misfit([*function["parameters"][:1], *rest], 1, 1)
    if not why:
        return []
    call = f"{name}(ctx)" if extra == "runtime" else f"{name}(ctx[, llm])"
    return [ct8.parameters.at(path, place, function=name, call=call, why=why)]


def check_script(path: str, facts: Facts) -> list[Diagnostic]:
    """The findings on one `evals/scripts/<name>.py`."""
    reply, found = entry_point(path, facts, "reply", "a script")
    if reply is not None and signature_known(reply):
        why = misfit(reply["parameters"], 2, 2)
        if why:
            found.append(ct8.reply_parameters.at(path, span_of(reply["span"]), why=why))
    return found


def scripts(paths: Iterable[str]) -> list[str]:
    """The names of the scripts among the files of a cartridge."""
    names = (path.rpartition("/") for path in paths if path.endswith((".json", ".py")))
    return sorted({file.rpartition(".")[0] for folder, _, file in names if folder == _SCRIPTS})


def check_cases(files: Iterable[Case], scripts: Iterable[str]) -> list[Diagnostic]:
    """The findings on all eval cases together; `scripts` are the names that a case may use."""
    known = sorted(scripts)
    first: dict[str, str] = {}
    found: list[Diagnostic] = []
    for path, value, locate in files:
        cases = list(enumerate(value)) if isinstance(value, (list, tuple)) else [(None, value)]
        for index, case in cases:
            if isinstance(case, Mapping):
                prefix = () if index is None else (index,)
                found += _case(path, case, prefix, locate, first, known)
    return found


def check_inputs(files: Iterable[Case], declared: Mapping[str, Any]) -> list[Diagnostic]:
    """The findings on the inputs that cases give to an agent which declares some."""
    found: list[Diagnostic] = []
    for path, case, locate in files:
        given = case.get("inputs") if isinstance(case, Mapping) else None
        if not isinstance(given, Mapping):
            continue
        for name, value in given.items():
            if name not in declared:
                near = closest(name, [each for each in declared if each not in given])
                place = locate(("inputs", name), True)
                fixes = correction(path, place, f'"{name}"', f'"{near}"' if near else None)
                found.append(
                    ct8.unknown_input.at(
                        path, place, fixes=fixes, name=name, near=near, known=list(declared)
                    )
                )
            elif why := _refused(declared[name], value):
                place = locate(("inputs", name))
                found.append(ct8.unfit_input.at(path, place, name=name, why=why))
    return found


def _refused(schema: Any, value: Any) -> str:
    """Why the schema of an input, if it is one, refuses a value; empty if it does not."""
    try:
        problems = compile_schema(schema).problems(value, "it")
    except UnsupportedSchema:
        return ""  # a finding on the schema itself
    return problems[0].message if problems else ""


def _case(
    path: str,
    case: Mapping[str, Any],
    prefix: tuple[int, ...],
    locate: Locate,
    first: dict[str, str],
    known: list[str],
) -> list[Diagnostic]:
    found: list[Diagnostic] = []
    name = case.get("id")
    if name is None and not prefix:
        name = path.rpartition("/")[2].rpartition(".")[0]
    if isinstance(name, str) and name:
        place = locate((*prefix, "id"))
        if name in first:
            found.append(ct8.duplicate_case.at(path, place, case=name, first=first[name]))
        else:
            line = f", line {place.start.line}" if place else ""
            first[name] = f"{path}{line}"
    marks = case.get("marks")
    for index, mark in enumerate(marks if isinstance(marks, (list, tuple)) else ()):
        if isinstance(mark, str) and mark and not mark.strip():
            found.append(ct8.blank_mark.at(path, locate((*prefix, "marks", index))))
    script = case.get("script")
    if isinstance(script, str) and script and script not in known:
        near = closest(script, known)
        place = locate((*prefix, "script"))
        fixes = correction(path, place, f'"{script}"', f'"{near}"' if near else None)
        found.append(ct8.missing_script.at(path, place, fixes=fixes, name=script, near=near))
    return found
