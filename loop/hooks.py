"""What hooks answer with, and the table of which hook has which method.

A hook is any object with one or more of the methods in METHODS. The table is made once, when a
run starts; the engine then walks tuples of bound methods.
"""

from __future__ import annotations

from looplet.types import Record, ToolResult

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any, Final

    from looplet.events import Event

METHODS: Final = {
    # The decision fields that each method may answer with.
    "pre_loop": ("additional_context", "events", "stop", "stop_reason"),
    "pre_prompt": ("additional_context", "events", "stop", "stop_reason"),
    "compact": (),
    "pre_dispatch": (
        "additional_context",
        "block",
        "events",
        "permission",
        "stop",
        "stop_reason",
        "updated_args",
        "updated_result",
    ),
    "check_permission": ("block", "permission"),
    "post_dispatch": (
        "additional_context",
        "block",
        "events",
        "stop",
        "stop_reason",
        "updated_result",
    ),
    "check_done": ("additional_context", "block", "events", "stop", "stop_reason"),
    "should_stop": ("additional_context", "events", "stop", "stop_reason"),
    "on_event": (),
    "on_loop_end": (),
    "save_state": (),
    "restore_state": (),
}
PERMISSIONS: Final = ("allow", "deny", "ask")

_KINDS: Final[dict[str, type]] = {
    **dict.fromkeys(("additional_context", "block", "stop", "stop_reason"), str),
    "updated_args": dict,
    "updated_result": ToolResult,
    "events": list,
}
_TEXT_MEANS = {
    "pre_loop": "additional_context",
    "pre_prompt": "additional_context",
    "post_dispatch": "additional_context",
    "check_done": "block",
}


class HookDecision(Record):
    """What a hook wants. Every field left alone means no opinion; a decision of none is allowed.

    block: why the call is not run (`pre_dispatch`), its result not good (`post_dispatch`), or the
        `done` not accepted (`check_done`); the model reads it.
    stop: why the run ends here. `stop_reason` is the one word for it in the state, `hook_stop` if
        it is left alone.
    updated_args: run the call with these arguments instead.
    updated_result: the result, in place of running the call or of what it came to.
    permission: "allow", "deny" or "ask" a human; the reason of the latter two is in `block`.
    additional_context: text for the next prompt.
    events: Events that whoever listens is told of.
    metadata: the hook's own; the loop does not read it.
    """

    __slots__ = (
        "additional_context",
        "block",
        "events",
        "metadata",
        "permission",
        "stop",
        "stop_reason",
        "updated_args",
        "updated_result",
    )

    def __init__(
        self,
        block: str | None = None,
        stop: str | None = None,
        updated_args: dict[str, Any] | None = None,
        updated_result: ToolResult | None = None,
        permission: str | None = None,
        additional_context: str | None = None,
        metadata: dict[str, Any] | None = None,
        stop_reason: str | None = None,
        events: list[Event] | None = None,
    ) -> None:
        if permission is not None and permission not in PERMISSIONS:
            raise ValueError(f"permission is one of {', '.join(PERMISSIONS)}, not {permission!r}")
        self.block = block
        self.stop = stop
        self.stop_reason = stop_reason
        self.updated_args = updated_args
        self.updated_result = updated_result
        self.permission = permission
        self.additional_context = additional_context
        self.events = events
        self.metadata = {} if metadata is None else metadata


def Allow(updated_args: dict[str, Any] | None = None) -> HookDecision:
    """Run the call (with other arguments, if given); later hooks are not asked."""
    return HookDecision(permission="allow", updated_args=updated_args)


def Block(reason: str) -> HookDecision:
    """Don't run the call, or don't accept the `done`; the model reads the reason."""
    return HookDecision(block=reason)


def Continue(additional_context: str | None = None) -> HookDecision:
    """No opinion; maybe a text for the next prompt."""
    return HookDecision(additional_context=additional_context)


def Deny(reason: str) -> HookDecision:
    """The call is not permitted; recorded as a denial."""
    return HookDecision(permission="deny", block=reason)


def Stop(reason: str, stop_reason: str | None = None) -> HookDecision:
    """End the run here; `stop_reason` is the word for it in the state, `hook_stop` if not given."""
    return HookDecision(stop=reason, stop_reason=stop_reason)


def InjectContext(text: str) -> HookDecision:
    """A text for the next prompt."""
    return HookDecision(additional_context=text)


class HookTable:
    """For each method, the bound methods of the hooks that have it, in the hooks' order."""

    __slots__ = (
        "all",
        "check_done",
        "check_permission",
        "compact",
        "on_event",
        "on_loop_end",
        "post_dispatch",
        "pre_dispatch",
        "pre_loop",
        "pre_prompt",
        "should_stop",
    )

    def __init__(self, hooks: Iterable[object]) -> None:
        found: dict[str, list[Callable[..., Any]]] = {name: [] for name in METHODS}
        self.all = tuple(hooks)
        for hook in self.all:
            for name in _methods_of(hook):
                found[name].append(getattr(hook, name))
        self.pre_loop = tuple(found["pre_loop"])
        self.pre_prompt = tuple(found["pre_prompt"])
        self.compact = tuple(found["compact"])
        self.pre_dispatch = tuple(found["pre_dispatch"])
        self.check_permission = tuple(found["check_permission"])
        self.post_dispatch = tuple(found["post_dispatch"])
        self.check_done = tuple((m, _takes(m, 5)) for m in found["check_done"])
        self.should_stop = tuple(found["should_stop"])
        self.on_event = tuple(found["on_event"])
        self.on_loop_end = tuple(found["on_loop_end"])


def decision(slot: str, method: object, answer: object) -> HookDecision | None:
    """The answer of one hook method as a decision, or None for no opinion.

    A text means what it means there; anything else is the hook's fault: TypeError.
    """
    if answer is None:
        return None
    if isinstance(answer, HookDecision):
        allowed = METHODS[slot]
        for name in HookDecision.__slots__:
            if name != "metadata" and name not in allowed and getattr(answer, name) is not None:
                raise TypeError(f"{name_of(method)} answered with `{name}`, which {slot} cannot do")
        for name, meant in _KINDS.items():
            value = getattr(answer, name)
            if value is not None and not isinstance(value, meant):
                raise TypeError(
                    f"{name_of(method)} answered with a `{name}` of type {type(value).__name__}; "
                    f"it is a {meant.__name__}"
                )
        return answer
    if isinstance(answer, str) and slot in _TEXT_MEANS:
        if not answer:
            return None
        if _TEXT_MEANS[slot] == "block":
            return HookDecision(block=answer)
        return HookDecision(additional_context=answer)
    if slot == "pre_dispatch" and isinstance(answer, ToolResult):
        return HookDecision(updated_result=answer)
    if slot == "should_stop" and isinstance(answer, bool):
        return HookDecision(stop=f"{name_of(method)} said so") if answer else None
    kinds = {
        "pre_dispatch": "a ToolResult, a HookDecision",
        "should_stop": "a bool, a HookDecision",
        "check_permission": "a HookDecision",
    }.get(slot, "a text, a HookDecision")
    kind = type(answer).__name__
    raise TypeError(f"{name_of(method)} returned a value of type {kind}; {kinds} or None is meant")


def name_of(method: object) -> str:
    """`ClassName.method` of a bound method, for messages."""
    owner = getattr(method, "__self__", None)
    name = getattr(method, "__name__", "") or type(method).__name__
    return f"{type(owner).__name__}.{name}" if owner is not None else name


def _methods_of(hook: object) -> list[str]:
    if isinstance(hook, type):
        raise TypeError(f"the hook {hook.__name__} is a class; pass an instance: {hook.__name__}()")
    names = [name for name in METHODS if getattr(hook, name, None) is not None]
    for name in names:
        if not callable(getattr(hook, name)):
            raise TypeError(f"{type(hook).__name__}.{name} of a hook is not callable")
    if not names:
        raise TypeError(
            f"the hook of type {type(hook).__name__} has none of the hook methods: "
            + ", ".join(METHODS)
        )
    return names


def _takes(method: Callable[..., Any], count: int) -> bool:
    """Whether `method` can be called with `count` positional arguments."""
    code = getattr(method, "__code__", None)
    if code is not None and not hasattr(method, "__wrapped__"):
        bound = 1 if getattr(method, "__self__", None) is not None else 0
        return bool(code.co_argcount - bound >= count or code.co_flags & 0x04)  # or *args
    from inspect import signature

    try:
        signature(method).bind(*range(count))
    except TypeError:
        return False
    except ValueError:  # no signature to be had: the oldest form is right for everyone
        return False
    return True
