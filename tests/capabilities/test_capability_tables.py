"""The tables against the Python that runs this: nothing is missing, and harmless is harmless."""

from __future__ import annotations

import ast
import importlib
import sys
import types
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from looplet.compiler.capabilities.anywhere import ATTRIBUTES, HARMLESS, INSIDE, PATHS
from looplet.compiler.capabilities.standard import PARTS, PURE, SAME, TYPES, WHOLE
from looplet.compiler.capabilities.verdicts import HOLDERS, below, canonical, verdict_of
from looplet.compiler.capabilities.well_known import WELL_KNOWN
from looplet.compiler.capabilities.words import CAPABILITIES, WHY

KNOWN = {*PURE, *WHOLE, *PARTS, *SAME}
VERDICTS = {
    *WHOLE.values(),
    *(rest for rest, _ in PARTS.values()),
    *(verdict for _, parts in PARTS.values() for verdict in parts.values()),
    *ATTRIBUTES.values(),
    *PATHS.values(),
    *WELL_KNOWN.values(),
}
# What these do when they are imported is not for a test to find out.
NOT_IMPORTED = {"antigravity", "idlelib", "this", "turtledemo"}


def module(name: str) -> types.ModuleType | None:
    """The module, where this Python has it."""
    if name in NOT_IMPORTED:
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return importlib.import_module(name)
        except ImportError:
            return None


def test_every_public_module_of_python_is_in_a_table() -> None:
    public = {name for name in sys.stdlib_module_names if not name.startswith("_")}
    assert sorted(public - KNOWN) == []


def test_no_module_is_in_two_tables() -> None:
    assert not PURE & WHOLE.keys() and not PURE & PARTS.keys() and not WHOLE.keys() & PARTS.keys()
    assert not SAME.keys() & {*PURE, *WHOLE, *PARTS}


@pytest.mark.parametrize("verdict", sorted(VERDICTS))
def test_verdicts_are_words_that_there_are(verdict: str) -> None:
    for word in verdict.split():
        capability, _, access = word.partition(":")
        assert word[1:] in WHY if word[0] == "?" else capability in CAPABILITIES
        assert not access or (capability == "files" and access in ("read", "write"))


def test_every_reason_why_not_is_given_somewhere() -> None:
    import looplet.compiler.capabilities as package

    files = [path for path in Path(package.__path__[0]).glob("*.py") if path.name != "words.py"]
    text = "".join(path.read_text("utf-8") for path in files)
    assert [key for key in WHY if f"?{key}" not in text and f'"{key}")' not in text] == []


@pytest.mark.parametrize("name", sorted(PARTS.keys() - {"genericpath", "looplet"}))
def test_the_names_in_parts_are_real_in_some_python(name: str) -> None:
    """At least half of them are in this one: a table of misspelt names would be worth nothing."""
    found = module(name)
    if found is None:
        pytest.skip(f"{name} is not here")
    listed = PARTS[name][1]
    there = [each for each in listed if hasattr(found, each)]
    assert len(there) * 2 >= len(listed), sorted(set(listed) - set(there))


def test_the_names_of_looplet_are_those_it_has() -> None:
    import looplet

    assert sorted(PARTS["looplet"][1].keys() - set(looplet.__all__)) == []


# -- harmless is harmless ----------------------------------------------------------------------


def dangerous() -> dict[int, str]:
    """Every function and class that the tables know to reach something, by identity."""
    found: dict[int, str] = {}
    # These two have functions of others, or ones that reach nothing without more.
    for name in {*PARTS, *WHOLE} - {"inspect", "gettext"}:
        holder = module(name) if not name.startswith("looplet") else None
        for attribute, value in vars(holder).items() if holder is not None else ():
            own = getattr(value, "__module__", None) in (name, SAME.get(str(name)), "nt", "posix")
            if isinstance(value, type) and issubclass(value, BaseException):
                continue
            if callable(value) and own and verdict_of(f"{name}.{attribute}", "value"):
                found[id(value)] = f"{name}.{attribute}"
    return found


DANGEROUS = dangerous()


def handed_out(holder: types.ModuleType, seen: set[str], trail: str) -> Iterator[tuple[str, Any]]:
    """What a module has from others, also through modules that no table knows."""
    for attribute, value in vars(holder).items():
        yield f"{trail}.{attribute}", value
        if not isinstance(value, types.ModuleType) or canonical(value.__name__) in KNOWN:
            continue
        if value.__name__ not in seen:
            seen.add(value.__name__)
            yield from handed_out(value, seen, f"{trail}.{attribute}")


def reaches_nothing(name: str) -> bool:
    return name in PARTS and set(PARTS[name][1].values()) | {PARTS[name][0]} == {""}


@pytest.mark.parametrize("name", sorted(PURE))
def test_a_harmless_module_hands_out_no_other_kind_by_a_name_that_is_let_pass(name: str) -> None:
    """`json.codecs.open`: whoever has a harmless module has what it imports itself."""
    holder = module(name)
    if holder is None or name.startswith("looplet"):
        pytest.skip(f"{name} is not here")
    for where, value in handed_out(holder, {name}, name):
        last = where.rpartition(".")[2]
        if isinstance(value, types.ModuleType):
            known = canonical(value.__name__)
            if known in PURE or known not in KNOWN:
                continue
            kept = last.lstrip("_") in HOLDERS or reaches_nothing(known)
            assert kept, f"{where} is {known}, and nobody would notice"
        elif id(value) in DANGEROUS:
            verdict = verdict_of(below(where.rpartition(".")[0], last), "value")
            assert verdict or last in HARMLESS, f"{where} is {DANGEROUS[id(value)]}"


PARTLY = sorted(name for name, (rest, _) in PARTS.items() if not rest and name != "looplet")


@pytest.mark.parametrize("name", PARTLY)
def test_a_module_of_which_most_is_harmless_hands_out_no_other(name: str) -> None:
    holder = module(name)
    if holder is None:
        pytest.skip(f"{name} is not here")
    for where, value in handed_out(holder, {name}, name):
        if not isinstance(value, types.ModuleType) or canonical(value.__name__) not in KNOWN:
            continue
        known = canonical(value.__name__)
        bad = next(
            (x for x in dir(value) if x[0] != "_" and verdict_of(f"{known}.{x}", "call")), ""
        )
        if bad:
            whole = name
            for part in f"{where}.{bad}".removeprefix(f"{name}.").split("."):
                whole = below(whole, part)
            assert verdict_of(whole, "call"), f"{where} is {known}, and nobody would notice"


def test_harmless_dunders_do_not_lead_to_everything() -> None:
    assert not [name for name in HARMLESS if INSIDE.search(name)]


def test_types_are_names_that_reach_something() -> None:
    assert all(verdict_of(name, "call") for name in TYPES)


def test_what_well_known_packages_reach_is_written_once() -> None:
    import looplet.compiler.capabilities.well_known as table

    source = ast.parse(Path(table.__file__).read_text("utf-8"))
    texts = [
        value.value
        for node in ast.walk(source)
        if isinstance(node, ast.Dict)
        for value in node.values
        if isinstance(value, ast.Constant) and isinstance(value.value, str)
    ]
    names = [name for text in texts for name in text.split()]
    assert sorted({name for name in names if names.count(name) > 1}) == []
