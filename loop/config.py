"""LoopConfig: how a run is driven. Plain values; what is wrong is an error when it is made."""

from __future__ import annotations

from looplet.state import DEFAULT_MAX_STEPS
from looplet.types import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import Any

    from looplet.cancel import CancelToken


class LoopConfig(Record):
    """
    max_steps: the run ends after so many tool calls; those of `free` tools don't count.
    system_prompt: the first message; a text, or a callable of the task that gives one.
    done_tool: the tool whose accepted call ends the run; its data is the answer.
    output_schema: the answer contract, a JSON Schema that the answer has to satisfy.
    temperature, max_tokens, generate_kwargs: handed to the model, where it takes them.
    use_native_tools: offer the tools through the model's own protocol, if it has one; otherwise
        they are described in the prompt and calls are read from the text.
    concurrent_dispatch: run the calls of one turn at the same time where every tool of them says
        `concurrent_safe`, at most `max_parallel_calls`.
    memory_sources: texts, or callables of the state that give one, added to the first message.
    resources: what tools find in `ctx.resources`.
    cancel_token: cancelling it ends the run before the next call.
    approval_handler: `handler(question, options)`, asked where a permission says `ask`. What it
        answers has to be yes in some form; without a handler the answer is no.
    context_window: tokens of the model's window. For a model that takes only a prompt, the prompt
        is cut to it, and to the last `context_window_steps` steps.
    context_inline_per_step_chars: of one result, so many characters are shown to the model.
    compact_service, checkpoint_dir: known, and refused: this version does neither.
    """

    __slots__ = (
        "approval_handler",
        "cancel_token",
        "concurrent_dispatch",
        "context_inline_per_step_chars",
        "context_window",
        "context_window_steps",
        "done_tool",
        "generate_kwargs",
        "max_parallel_calls",
        "max_steps",
        "max_tokens",
        "memory_sources",
        "output_schema",
        "resources",
        "system_prompt",
        "temperature",
        "use_native_tools",
    )

    def __init__(
        self,
        max_steps: int = DEFAULT_MAX_STEPS,
        system_prompt: str | Callable[[object], str] = "",
        done_tool: str = "done",
        *,
        temperature: float | None = None,
        max_tokens: int | None = None,
        generate_kwargs: Mapping[str, Any] | None = None,
        use_native_tools: bool = True,
        concurrent_dispatch: bool = False,
        max_parallel_calls: int = 10,
        output_schema: Mapping[str, Any] | None = None,
        memory_sources: Iterable[str | Callable[..., Any]] = (),
        resources: Mapping[str, Any] | None = None,
        cancel_token: CancelToken | None = None,
        approval_handler: Callable[[str, list[str]], Any] | None = None,
        context_window: int = 128_000,
        context_window_steps: int = 40,
        context_inline_per_step_chars: int = 60_000,
        compact_service: Any = None,
        checkpoint_dir: str | None = None,
    ) -> None:
        _not_yet("compact_service", compact_service)
        _not_yet("checkpoint_dir", checkpoint_dir)
        self.max_steps = _at_least("max_steps", max_steps, 1)
        self.system_prompt = system_prompt
        self.done_tool = done_tool
        self.temperature = temperature
        self.max_tokens = max_tokens
        self.generate_kwargs = dict(generate_kwargs or {})
        self.use_native_tools = _flag("use_native_tools", use_native_tools)
        self.concurrent_dispatch = _flag("concurrent_dispatch", concurrent_dispatch)
        self.max_parallel_calls = _at_least("max_parallel_calls", max_parallel_calls, 1)
        self.output_schema = output_schema
        self.memory_sources = _sources(memory_sources)
        self.resources = dict(resources or {})
        self.cancel_token = cancel_token
        self.approval_handler = approval_handler
        self.context_window = _at_least("context_window", context_window, 1)
        self.context_window_steps = _at_least("context_window_steps", context_window_steps, 1)
        self.context_inline_per_step_chars = _at_least(
            "context_inline_per_step_chars", context_inline_per_step_chars, 1
        )


def _at_least(name: str, value: int, least: int) -> int:
    # A bool is an int to Python; `max_steps: true` is nobody's one step.
    if type(value) is not int or value < least:
        raise ValueError(f"{name} is a whole number from {least} up, not {value!r}")
    return value


def _not_yet(name: str, value: object) -> None:
    # Better no run than one whose host believes that it is safe from a crash.
    if value is not None:
        raise ValueError(f"{name} is not supported by this version of looplet; leave it out")


def _flag(name: str, value: bool) -> bool:
    if type(value) is not bool:
        raise ValueError(f"{name} is true or false, not {value!r}")
    return value


def _sources(sources: Iterable[Any]) -> list[Any]:
    if isinstance(sources, str):
        raise ValueError("memory_sources is a list; put the text in one")
    found = list(sources)
    for source in found:
        if not isinstance(source, str) and not callable(source):
            kind = type(source).__name__
            raise ValueError(f"a memory source is a text or a callable of the state, not a {kind}")
    return found
