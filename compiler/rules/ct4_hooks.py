"""CT4, part three: what a hook's class and its config.yaml can have wrong."""

from __future__ import annotations

from collections.abc import Sequence

from looplet.compiler.diagnostics import listing, quote, rule
from looplet.compiler.rules.ct4_code import did_you_mean


@rule("CT430", "missing-hook-class", "error")
def missing_class(name: str, near: str | None, found: Sequence[str]) -> str:
    """`class_name` in a hook's config.yaml names a class that hook.py does not have.

    Bad:

        # config.yaml                    # hook.py
        class_name: Gaurd                class Guard: ...

    Good:

        class_name: Guard
    """
    if near:
        return f"hook.py has no class {quote(name)}{did_you_mean(near)}"
    return f"hook.py has no class {quote(name)}; it has {listing(found) or 'no class at all'}"


@rule("CT431", "not-a-class", "error")
def not_a_class(name: str, found: str) -> str:
    """`class_name` names something of hook.py that is no class.

    A hook is made by calling its class with `kwargs`; the object's methods are what the loop calls.
    """
    return f"{quote(name)} is {found} in hook.py; `class_name` must name a class"


@rule("CT432", "no-hook-class", "error")
def no_class() -> str:
    """hook.py defines no class, and config.yaml names none.

    Good:

        class Guard:
            def pre_dispatch(self, state, session_log, tool_call, step_num): ...
    """
    return "hook.py defines no class; write one with a hook method such as `pre_dispatch`"


@rule("CT433", "no-hook-method", "error")
def no_method(name: str, known: Sequence[str]) -> str:
    """A hook's class has none of the methods that the loop calls, so it would do nothing.

    All are optional, but one must be there: `pre_loop`, `pre_prompt`, `pre_dispatch`,
    `check_permission`, `post_dispatch`, `check_done`, `should_stop`, `on_event`, `on_loop_end`.
    """
    return f"the class {quote(name)} has no hook method; it needs one of {listing(known, 12)}"


@rule("CT434", "misspelt-hook-method", "error")
def misspelt_method(name: str, near: str) -> str:
    """A method is spelt almost like a hook method, and would never be called.

    Bad:

        def post_dispach(self, state, session_log, tool_call, tool_result, step_num): ...

    Good:

        def post_dispatch(self, state, session_log, tool_call, tool_result, step_num): ...

    A helper of yours that merely looks like one is left alone when its name begins with `_`.
    """
    return f"the loop never calls {quote(name)}{did_you_mean(near)}"


@rule("CT435", "hook-method-parameters", "error")
def wrong_parameters(method: str, call: str, why: str) -> str:
    """A hook method does not take the arguments that the loop gives it, by position.

    | method | arguments after `self` |
    |---|---|
    | `pre_loop` | `state, session_log, context` |
    | `pre_prompt` | `state, session_log, context, step_num` |
    | `pre_dispatch` | `state, session_log, tool_call, step_num` |
    | `check_permission` | `tool_call` |
    | `post_dispatch` | `state, session_log, tool_call, tool_result, step_num` |
    | `check_done` | `state, session_log, context, step_num` and, if it takes a fifth, `tool_call` |
    | `should_stop` | `state, step_num, new_entities` |
    | `on_event` | `payload` |
    | `on_loop_end` | `state, session_log, context, llm` |

    The names are yours to choose; `*args` takes them all.
    """
    return f"{quote(method)} is called with `{call}`, but {why}"


@rule("CT436", "swapped-parameters", "warning")
def swapped(method: str, call: str) -> str:
    """A hook method has the right parameters in another order than the loop gives them.

    They are given by position, so each name would hold another one's value.
    """
    return f"the parameters of {quote(method)} are in another order than they are given: `{call}`"


@rule("CT437", "async-hook-method", "warning")
def async_method(method: str) -> str:
    """A hook method is `async def`. Such a hook needs a run with `async_composable_loop`.

    `looplet run` and `composable_loop` are synchronous. Write the method as a plain `def` unless
    the cartridge is only ever run by an asynchronous host.
    """
    return (
        f"{quote(method)} is async, which only `async_composable_loop` can run; write `def` if it "
        "awaits nothing"
    )


@rule("CT438", "unknown-hook-argument", "error")
def unknown_kwarg(name: str, hook: str, near: str | None, accepted: Sequence[str]) -> str:
    """`kwargs` in a hook's config.yaml has a key that the constructor does not take.

    Bad:

        # config.yaml                    # hook.py
        kwargs:                          class Limit:
          max_call: 3                        def __init__(self, max_calls: int = 5): ...

    Good:

        kwargs:
          max_calls: 3
    """
    if near:
        return f"the constructor of {quote(hook)} does not take {quote(name)}{did_you_mean(near)}"
    takes = listing(accepted) if accepted else "no arguments"
    return f"the constructor of {quote(hook)} does not take {quote(name)}; it takes {takes}"


@rule("CT439", "missing-hook-argument", "error")
def missing_kwarg(name: str, hook: str) -> str:
    """The constructor of a hook requires an argument that `kwargs` in config.yaml does not give.

    Add it to `kwargs`; a resource is given as `"@name"`, an input as `${runtime.name}`. Or give the
    parameter a default.
    """
    return f"the constructor of {quote(hook)} requires {quote(name)}; add it to `kwargs`"


@rule("CT440", "positional-only-hook-argument", "error")
def positional_only(name: str, hook: str) -> str:
    """A parameter of a hook's constructor is positional-only, but `kwargs` are given by name.

    Remove the `/` from the parameters of `__init__`.
    """
    return f"the constructor of {quote(hook)} takes {quote(name)} by position only; remove the `/`"
