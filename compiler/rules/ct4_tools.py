"""CT4, part two: a tool's `execute` and what is declared of it."""

from __future__ import annotations

import json
from typing import Any

from looplet.compiler.diagnostics import quote, rule
from looplet.compiler.rules.ct4_code import did_you_mean


@rule("CT411", "undeclared-parameter", "error")
def undeclared(name: str, where: str, required: bool, near: str | None) -> str:
    """`execute` has a parameter that `parameters` in tool.yaml does not declare.

    The model only knows the declared parameters, so this one is never given. Without a default
    every call fails. Declare it, or remove it. The run's context has the fixed name `ctx`.

    Bad:

        # tool.yaml                      # execute.py
        parameters:                      def execute(*, query: str, limit: int): ...
          query: {type: string}

    Good:

        parameters:
          query: {type: string}
          limit: {type: integer}
    """
    if near:
        return f"the parameter {quote(name)} is not declared in {where}{did_you_mean(near)}"
    effect = "every call fails" if required else "no call can set it"
    return (
        f"the parameter {quote(name)} is not declared in {where}, so {effect}; declare it there or "
        "remove it"
    )


@rule("CT412", "unaccepted-parameter", "error")
def unaccepted(name: str, where: str, near: str | None) -> str:
    """tool.yaml declares a parameter that `execute` does not take.

    A call that uses it fails. Add the parameter to `execute`, remove it from tool.yaml, or take
    anything with `**kwargs`.

    Bad:

        # tool.yaml                      # execute.py
        parameters:                      def execute(*, querry: str): ...
          query: {type: string}

    Good:

        def execute(*, query: str): ...
    """
    hint = did_you_mean(near) or f"; add {quote(name)} to its parameters"
    return f"`execute` does not take {quote(name)}, which {where} declares{hint}"


@rule("CT413", "optional-without-default", "error")
def no_default(name: str, where: str) -> str:
    """tool.yaml lets the model leave out a parameter that `execute` requires.

    A call without it fails. Give one of the two a default, or list the parameter in `required`.

    Bad:

        # tool.yaml                              # execute.py
        parameters:                              def execute(*, limit: int): ...
          type: object
          properties: {limit: {type: integer}}

    Good:

        def execute(*, limit: int = 20): ...
    """
    return (
        f"the parameter {quote(name)} is optional in {where}, but has no default here; give it one "
        "or add it to `required`"
    )


@rule("CT414", "required-with-default", "error")
def required_default(name: str, where: str) -> str:
    """tool.yaml requires a parameter for which `execute` has a default, which is then never used.

    One of the two is not what was meant. Take the name out of `required`, or remove the default.

    Bad:

        # tool.yaml                              # execute.py
        parameters:                              def execute(*, limit: int = 20): ...
          type: object
          properties: {limit: {type: integer}}
          required: [limit]

    Good:

          required: []
    """
    return (
        f"the parameter {quote(name)} is required in {where}, so its default is never used; remove "
        "the default or take it out of `required`"
    )


@rule("CT415", "different-default", "warning")
def different_default(name: str, where: str, here: Any, declared: Any) -> str:
    """A parameter has one default in tool.yaml and another in `execute`.

    The model is told the first, and the first is what a call without the parameter gets; whoever
    reads the code expects the second. Write the default once, in tool.yaml.
    """
    return (
        f"the default of {quote(name)} is {quote(json.dumps(here, ensure_ascii=False))} here and "
        f"{quote(json.dumps(declared, ensure_ascii=False))} in {where}; make them the same"
    )


@rule("CT416", "positional-only-parameter", "error")
def positional_only(name: str) -> str:
    """A parameter of `execute` can be given by position only, but arguments are given by name.

    Bad:

        def execute(query, /): ...

    Good:

        def execute(*, query): ...
    """
    return f"the parameter {quote(name)} is positional-only; remove the `/`, calls give it by name"


@rule("CT417", "ctx-declared", "error")
def ctx_declared() -> str:
    """tool.yaml declares a parameter `ctx`, which is the name of the run's context.

    `ctx` is handed over by the loop, not by the model: it holds the resources, the warnings and the
    cancel token of the run. Remove it from `parameters`, or give your own parameter another name.
    """
    return "`ctx` is the run's context and not given by the model; remove it from `parameters`"


@rule("CT418", "variable-positional", "warning")
def star_args(name: str) -> str:
    """`execute` has `*args`, which stays empty: arguments are given by name.

    Write the parameters out, or take any name with `**kwargs`.
    """
    return f"`*{name}` stays empty, calls give arguments by name; remove it or write `**{name}`"


@rule("CT419", "annotation-contradicts", "warning")
def annotation(name: str, where: str, annotation: str, declared: str) -> str:
    """The type a parameter is annotated with cannot hold what tool.yaml lets through.

    The argument is checked against tool.yaml, so the annotation is wrong or the schema is.

    Bad:

        # tool.yaml                      # execute.py
        parameters:                      def execute(*, limit: str): ...
          limit: {type: integer}

    Good:

        def execute(*, limit: int): ...
    """
    return (
        f"{quote(name)} is annotated {quote(annotation)}, but {where} declares {quote(declared)}; "
        "change one of them"
    )


@rule("CT420", "tool-always-fails", "warning")
def always_fails(what: str) -> str:
    """`execute` raises or exits each time it is called: the model is offered what cannot work.

    Often it is a stub still to be written. A tool that only refuses is better left out: each call
    costs the model a step.
    """
    return f"every call of `execute` ends here ({quote(what)}); write the tool or remove it"


@rule("CT421", "short-form-not-literal", "error")
def not_literal(name: str, wanted: str) -> str:
    """The value of a dunder in a short-form tool must be written out.

    `tools/<name>.py` declares its tool in `__description__`, `__parameters__` and so on. They are
    read without running the file, so a name or a call says nothing.

    Bad:

        __parameters__ = make_schema()

    Good:

        __parameters__ = {"query": {"type": "string"}}
    """
    return f"{quote(name)} must be {wanted}, written out: the file is read without running it"


@rule("CT422", "short-form-misspelt", "error")
def misspelt_dunder(name: str, near: str) -> str:
    """A dunder of a short-form tool is misspelt, and would be ignored without a word.

    The names are `__description__`, `__parameters__`, `__concurrent_safe__`, `__free__` and
    `__timeout_s__`.
    """
    return f"{quote(name)} means nothing{did_you_mean(near)}"


@rule("CT423", "short-form-too-small", "error")
def needs_folder(name: str, key: str) -> str:
    """A short-form tool uses what only a tool with a folder has.

    `tools/<name>.py` is for trivial tools. What needs resources or a render hint has a folder:
    `tools/<name>/tool.yaml` with `requires: [...]`, and `tools/<name>/execute.py`.
    """
    return (
        f"a one-file tool cannot have {quote(name)}; make a folder with a tool.yaml and write "
        f"`{key}:` there"
    )
