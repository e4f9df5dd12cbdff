"""CT3: things that are named and must be there."""

from __future__ import annotations

from collections.abc import Sequence

from looplet.compiler.diagnostics import listing, quote, rule


def _near(near: str | None, otherwise: str = "") -> str:
    return f"; did you mean {quote(near)}?" if near else otherwise


@rule("CT301", "missing-file", "error")
def missing_file(path: str, why: str, near: str | None) -> str:
    """A file that every cartridge, tool or hook has is missing.

    A cartridge has `config.yaml` and a system prompt (`prompts/system.md` or
    `prompts/system.md.jinja`); a tool's folder has `tool.yaml` and `execute.py`; a hook's folder
    has `config.yaml` and `hook.py`. If a file beside it is spelt almost so, the message says which,
    and a fix renames it.
    """
    meant = f"; is {quote(near)} meant to be it?" if near else ""
    return f"{quote(path)} is missing: {why}{meant}"


@rule("CT302", "unknown-done-tool", "error")
def unknown_done_tool(name: str, near: str | None, tools: Sequence[str], given: bool) -> str:
    """`done_tool` names a tool that the cartridge does not have.

    The loop ends when the model calls this tool, so without it no run could ever finish.

    Bad, with a folder `tools/done/`:

        done_tool: finish

    Good:

        done_tool: done
    """
    known = f"; the tools are {listing(tools)}" if tools else "; there are no tools at all"
    if not given:
        return f"`done_tool` is not given, and no tool has its default name {quote(name)}{known}"
    return f"`done_tool` names {quote(name)}, which no tool is{_near(near, known)}"


@rule("CT303", "unknown-resource", "error")
def unknown_resource(name: str, near: str | None, resources: Sequence[str]) -> str:
    """A resource is named that no file in `resources/` builds.

    `requires`, `${ref:name}` and `"@name"` name the file `resources/name.py`. A text that only
    begins with `@` and is no reference is written with two: `"@@name"`.
    """
    known = f", or name one that is there: {listing(resources)}" if resources else ""
    write = f"; write `resources/{name}.py`{known}"
    return f"there is no resource {quote(name)}{_near(near, write)}"


@rule("CT304", "undeclared-input", "warning")
def undeclared_input(name: str, near: str | None) -> str:
    """`${runtime.x}` asks for an input that `inputs` does not declare and no default covers.

    Loading fails when the caller does not give it. Declare it, so that callers know of it and a
    wrong value is found before anything runs:

        inputs:
          x: {type: string, description: what it is for}

    or give a default where it is used: `${runtime.x:-default}`.
    """
    return (
        f"the input {quote(name)} is not declared in `inputs` and has no default"
        f"{_near(near, '; declare it, or write `${runtime.' + name + ':-default}`')}"
    )


@rule("CT305", "malformed-reference", "error")
def malformed_reference(text: str) -> str:
    """Text that begins like a reference is none.

    References are `${ref:name}`, `"@name"`, `${runtime.name}`, `${runtime.a.b}` and
    `${runtime.name:-default}`. To have the text itself, write `$${…}`.
    """
    return f"{quote(text)} is no reference; write `${{ref:name}}` or `${{runtime.name:-default}}`"


@rule("CT306", "two-forms", "error")
def two_forms(other: str) -> str:
    """The same part is written in both of its forms.

    A prompt is `x.md` or `x.md.jinja`; a tool is a folder `tools/x/` or a file `tools/x.py`. Of
    two, one would be ignored. Remove one.
    """
    return f"{quote(other)} says the same thing in the other form; remove one of them"


@rule("CT307", "tool-name", "error")
def tool_name(name: str) -> str:
    """A tool's folder has a name that models cannot call.

    A tool's name has 1 to 64 letters, digits, `_` and `-`.
    """
    return f"{quote(name)} is no name for a tool; use 1 to 64 letters, digits, `_` and `-`"


@rule("CT308", "name-differs-from-folder", "error")
def name_differs(name: str, folder: str) -> str:
    """The `name` in `tool.yaml` is not the name of the tool's folder.

    The model would call one name and permissions, prompts and hooks would speak of the other.
    """
    return f"the tool is named {quote(name)} and its folder {quote(folder)}; make them the same"


@rule("CT309", "builtin-arguments", "error")
def builtin_arguments(name: str, why: str) -> str:
    """A builtin tool or hook is given arguments that it does not take, or lacks one it needs."""
    return f"{quote(name)}: {why}"


@rule("CT310", "builtin-twice", "warning")
def builtin_twice(name: str) -> str:
    """The same builtin is named twice. It would act twice; name it once."""
    return f"{quote(name)} is named twice; it would act twice"


@rule("CT311", "builtin-and-folder", "error")
def builtin_and_folder(name: str) -> str:
    """A tool of the cartridge has the name of a builtin tool that it also asks for."""
    return f"{quote(name)} is a builtin tool here and a folder in `tools/`; rename the folder"


@rule("CT312", "missing-parent", "error")
def missing_parent(target: str, why: str, near: str | None) -> str:
    """`extends` names a cartridge that is not there.

    It is a path relative to the folder of the cartridge, such as `../base.cartridge`, or the name
    of an installed one, with versions or without: `base-agent>=1.2`.
    """
    return f"the parent {quote(target)} {why}{_near(near)}"


@rule("CT313", "inheritance-cycle", "error")
def cycle(trail: Sequence[str]) -> str:
    """A cartridge extends itself, directly or through its parents."""
    return f"inheritance goes in a circle: {' → '.join(map(quote, trail))}"


@rule("CT314", "inheritance-too-deep", "error")
def too_deep(limit: int) -> str:
    """More than 16 cartridges extend one another. Nobody could say what such an agent does."""
    return f"more than {limit} cartridges extend one another; flatten some of them"


@rule("CT315", "parent-leaves", "error")
def parent_absolute(target: str) -> str:
    """`extends` is an absolute path, which exists on one machine only. Write a relative one."""
    return f"{quote(target)} is an absolute path, good on this machine only; write a relative one"


@rule("CT316", "hook-order", "warning")
def hook_order(other: str, order: int) -> str:
    """Two hooks have the same order, so which runs first follows from their names alone.

    Number the folders apart, such as `10_Guard` and `20_Log`.
    """
    return f"this hook has the order {order}, as {quote(other)} has; number them apart"


@rule("CT317", "missing-named-file", "error")
def missing_named_file(path: str, near: str | None) -> str:
    """A value names a file of the cartridge that is not there."""
    return f"there is no file {quote(path)} in the cartridge{_near(near)}"


@rule("CT318", "version-one-file", "error")
def version_one(path: str, instead: str) -> str:
    """A file that version 1 of the format read, and version 2 does not.

    `setup.py` ran code when the agent was loaded: what it made belongs in `resources/`.
    `prompts/briefing.md` and `prompts/recovery.md` were used without being asked for: name them in
    `builtin_hooks` (`static_briefing`, `recovery_hint`).
    """
    return f"{quote(path)} belongs to version 1 of the format; {instead}"


@rule("CT319", "reserved-name", "error")
def reserved_name(name: str) -> str:
    """A resource is named `runtime`, `cartridge_root` or `python_executable`.

    These three exist in every run, so a file of that name would hide one of them, or be hidden.
    """
    return f"{quote(name)} is always there; give this resource another name"


@rule("CT320", "output-schema-unused", "warning")
def output_schema_unused(done: str) -> str:
    """`output_schema` stands on a tool that does not end the run.

    On the done tool it is the agent's answer contract. On any other tool nothing reads it.
    """
    return f"only the done tool ({quote(done)}) has an answer to check; this is never read"


@rule("CT321", "undeclared-resource-use", "error")
def unknown_resource_used(name: str, near: str | None) -> str:
    """A tool's code takes a resource from `ctx.resources` that the cartridge does not build."""
    return f"`ctx.resources` has no {quote(name)}{_near(near, f'; write `resources/{name}.py`')}"


@rule("CT322", "resource-not-required", "warning")
def not_required(name: str) -> str:
    """A tool's code takes a resource that its `tool.yaml` does not list in `requires`.

    The list is what reviewers read to know what a tool can touch. Add the name to `requires`.
    """
    return f"the tool uses the resource {quote(name)}, which its `requires` does not list"


@rule("CT323", "unknown-provider", "warning")
def unknown_provider(name: str, near: str | None, known: Sequence[str]) -> str:
    """`model.provider` is none that looplet can reach.

    `looplet run` would refuse to start, unless `--model` names another model; a host that runs the
    agent with a model of its own (`llm=`) does not mind.

    Bad:

        model: {provider: antropic, name: a-model}

    Good:

        model: {provider: anthropic, name: a-model}
    """
    otherwise = f"; those are {listing(known)}. `--model` or a host can give another model"
    return f"{quote(name)} is no provider that looplet knows{_near(near, otherwise)}"


@rule("CT324", "parent-version", "error")
def parent_version(target: str, why: str) -> str:
    """`extends` asks for a version of an installed cartridge, and another one is installed.

    Install one that fits, or widen what is asked for; versions are written as the packaging
    standards have them.

    Good:

        extends: base-agent>=1.2,<2
    """
    return f"the parent {quote(target)} is there in another version: {why}"


@rule("CT325", "parent-twice", "error")
def parent_twice(target: str, why: str) -> str:
    """`extends` names a cartridge that more than one installed distribution gives.

    Which one was meant cannot be known, and one of them may be a stranger's. Uninstall one.
    """
    return f"the parent {quote(target)} is there more than once: {why}"


@rule("CT326", "parent-unusable", "error")
def parent_unusable(target: str, why: str) -> str:
    """`extends` leads to a package, or an installed cartridge, that cannot be used as it is.

    A package must be whole before anything is read from it. Build or install it again.
    """
    return f"the parent {quote(target)} cannot be used: {why}"
