"""Agents nested in a cartridge: they are there, check clean, and do not lie in themselves."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import Any

from looplet.compiler import layout
from looplet.compiler.checks.references import agent_names, builtin_entries
from looplet.compiler.diagnostics import Diagnostic, Span, listing, quote
from looplet.compiler.nested import MAX_DEPTH, check_nested, is_nested, within
from looplet.compiler.resolve import Resolved
from looplet.compiler.rules import ct3_agents
from looplet.compiler.rules import ct3_references as ct3
from looplet.compiler.rules import ct6_safety as ct6
from looplet.compiler.suggest import closest, correction
from looplet.preset import File

Place = tuple[str | int, ...]


def check_agents(resolved: Resolved) -> Iterator[Diagnostic]:
    """The findings on every `subagent` of `builtin_tools`, and on the cartridges they name."""
    files: dict[str, File] | None = None
    checked = resolved.nested
    taken = {name for _, name, _ in builtin_entries(resolved)} - {"subagent"}
    for index, entry, settings in builtin_entries(resolved):
        if entry != "subagent":
            continue
        place: Place = ("builtin_tools", index)
        agents = agent_names(resolved, settings)
        if not agents and "cartridge" not in settings:
            file, span = resolved.place(layout.CONFIG, place)
            why = (
                "there is no cartridge in `agents/`; put one there, or name one: "
                "`subagent: {cartridge: agents/name.cartridge}`"
            )
            yield ct3.builtin_arguments.at(file, span, name=entry, why=why)
        if files is None:
            files = {path: home.tree.files[path] for path, home in resolved.homes.items()}
        for path, name in agents.items():
            inside = posixpath.normpath(path)
            found = list(_agent(resolved, files, place, path, inside, checked))
            yield from found
            if inside in checked:
                yield from _named(resolved, place, path, name, taken, settings)
                yield from _inputs(resolved, checked[inside], place, settings.get("inputs"))


def _place(resolved: Resolved, place: Place, *keys: str) -> tuple[str, Span | None]:
    """Where one setting of an entry stands; the entry, where it is not written."""
    file, span = resolved.place(layout.CONFIG, (*place, "subagent", *keys))
    return (file, span) if span else resolved.place(layout.CONFIG, place)


def _named(
    resolved: Resolved,
    place: Place,
    path: str,
    name: str,
    taken: set[str],
    settings: dict[str, Any],
) -> Iterator[Diagnostic]:
    """The name of an agent's tool: one that a tool can have, and nobody else has."""
    file, span = _place(resolved, place, "name" if "name" in settings else "cartridge")
    if not layout.TOOL_NAME.match(name):
        # A `name` that is none breaks the schema, which says so.
        if "name" not in settings:
            notes = ("an agent's tool is named after its folder; or give it a `name`",)
            yield ct3.tool_name.at(file, span, notes=notes, name=name)
    elif name in taken:
        yield ct3_agents.name_taken.at(file, span, name=name)
    taken.add(name)


def _agent(
    resolved: Resolved,
    files: dict[str, File],
    place: Place,
    path: str,
    inside: str,
    checked: dict[str, Resolved],
) -> Iterator[Diagnostic]:
    """The findings on one nested cartridge, each once, however often it is named."""
    file, span = _place(resolved, place, "cartridge")
    if "${" in path:
        why = "is not known before a run, so it cannot be checked; write the folder's path"
        yield ct3_agents.missing_agent.at(file, span, path=path, why=why, near=None)
        return
    if inside == ".":
        yield ct3_agents.in_itself.at(file, span, path=path)
        return
    if path.startswith(("/", "~")) or "\\" in path or inside.startswith("../") or inside == "..":
        yield ct6.path_leaves.at(file, span, path=path)
        return
    if not is_nested(files, inside):
        if not resolved.complete:
            return
        there = any(each.startswith(inside + "/") for each in files)
        near = None if there else closest(inside, _folders(files))
        fixes = correction(file, span, path, near)
        why = (
            "is no cartridge: it has no `config.yaml`"
            if there
            else "is not there: no folder of this cartridge has that path"
        )
        yield ct3_agents.missing_agent.at(file, span, fixes=fixes, path=path, why=why, near=near)
        return
    if inside in checked:
        return
    if resolved.level >= MAX_DEPTH:
        yield ct3_agents.agents_too_deep.at(file, span, path=path, limit=MAX_DEPTH)
        return
    store = resolved.cartridge.store
    checked[inside], found = check_nested(files, inside, store, resolved.level + 1)
    home = resolved.homes.get(f"{inside}/{layout.CONFIG}", resolved.cartridge)
    for each in found:
        yield home.located(within(each, inside))


def _folders(files: dict[str, File]) -> set[str]:
    """The folders of these files that are cartridges."""
    marks = (layout.CONFIG, layout.MANIFEST)
    return {
        folder
        for folder, _, name in (path.rpartition("/") for path in files)
        if folder and name in marks and not folder.startswith("hooks/")
    }


def _inputs(resolved: Resolved, nested: Resolved, place: Place, given: Any) -> Iterator[Diagnostic]:
    """The inputs that an agent is always given: those that it declares, of their types."""
    declared = nested.config.get("inputs")
    fixed = given if isinstance(given, dict) else {}
    if not isinstance(declared, dict):
        return
    for name, value in fixed.items():
        if name in declared:
            yield from _value(resolved, place, name, declared[name], value)
            continue
        file, span = resolved.place(layout.CONFIG, (*place, "subagent", "inputs", name), key=True)
        near = closest(name, declared)
        there = listing(declared) or "none"
        hint = f"did you mean {quote(near)}?" if near else f"its inputs are {there}"
        why = f"the agent has no input {quote(name)}; {hint}"
        fixes = correction(file, span, name, near)
        yield ct3.builtin_arguments.at(file, span, fixes=fixes, name="subagent", why=why)
    for name in ("task", "ctx"):
        if name in declared and name not in fixed:
            file, span = resolved.place(layout.CONFIG, place)
            why = (
                f"the agent has an input {quote(name)}, which the tool has too; give it in "
                "`inputs`, or name it otherwise there"
            )
            yield ct3.builtin_arguments.at(file, span, name="subagent", why=why)


def _value(
    resolved: Resolved, place: Place, name: str, schema: Any, value: Any
) -> Iterator[Diagnostic]:
    from looplet.validation import UnsupportedSchema, compile_schema

    if isinstance(value, str) and ("${" in value or value.startswith("@")):
        return  # a reference, known when it runs
    try:
        problems = compile_schema(schema).problems(value, f"`{name}`")
    except UnsupportedSchema:
        return  # another finding, in the nested cartridge
    file, span = _place(resolved, place, "inputs", name)
    for problem in problems:
        yield ct3.builtin_arguments.at(file, span, name="subagent", why=problem.message)
