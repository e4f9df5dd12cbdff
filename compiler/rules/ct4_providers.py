"""CT4, part four: what resources (`build`) and memory files (`load`) can have wrong."""

from __future__ import annotations

from looplet.compiler.diagnostics import quote, rule
from looplet.compiler.rules.ct4_code import did_you_mean


@rule("CT450", "build-parameters", "error")
def build_parameters(name: str) -> str:
    """`build` of a resource requires an argument that it is not given.

    It is called with `runtime`, the caller's inputs, if it has a parameter of that name, and with
    nothing otherwise. Everything else needs a default.

    Bad:

        def build(path): ...

    Good:

        def build(runtime=None):
            return Index(runtime["path"])
    """
    return (
        f"`build` requires {quote(name)}, which it is not given; take `runtime` and read it from "
        "there, or give it a default"
    )


@rule("CT451", "load-parameters", "error")
def load_parameters(why: str) -> str:
    """`load` of a memory file does not take the one argument it is given.

    It is called as `load(state)` and returns the text for the prompt.

    Bad:

        def load(): ...

    Good:

        def load(state) -> str: ...
    """
    return f"`load` is called with one argument, the state, but {why}; write `def load(state)`"


@rule("CT452", "async-provider", "error")
def async_provider(function: str) -> str:
    """`build` and `load` are called before the loop, and nobody awaits them: an `async def` would
    hand over a coroutine in place of the value.

    Write a plain `def`. A client that needs an event loop is made when it is first used.
    """
    return f"{quote(function)} is async, and nobody awaits it; write `def {function}`"


@rule("CT453", "thread-safe-not-bool", "error")
def thread_safe(found: str) -> str:
    """`THREAD_SAFE` of a resource is not written as `True` or `False`.

    It says whether tools that run at the same time may share the object, and is read without
    running the file. The text `"False"` would be true.
    """
    return f"`THREAD_SAFE` must be `True` or `False`, not {found}"


@rule("CT454", "thread-safe-misspelt", "warning")
def thread_safe_misspelt(name: str) -> str:
    """A constant of a resource looks like a misspelt `THREAD_SAFE`, and would be ignored."""
    return f"{quote(name)} means nothing{did_you_mean('THREAD_SAFE')}"
