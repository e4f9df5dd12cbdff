"""LoopConfig: how a run is driven. Plain values; what is wrong is an error when it is made."""

from __future__ import annotations

from looplet.state import DEFAULT_MAX_STEPS
from looplet.types import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import Any

    from looplet.cancel import CancelToken
    from looplet.cost import Prices


IN_FLIGHT = ("auto", "repeat", "skip", "ask")


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
        `concurrent_safe`, at most `max_parallel_calls`. False: one after the other.
    memory_sources: texts, or callables of the state that give one, added to the first message.
    resources: what tools find in `ctx.resources`.
    cancel_token: cancelling it ends the run before the next call.
    approval_handler: `handler(question, options)`, asked where a permission says `ask`. What it
        answers has to be yes in some form. It may raise `Later`: the run then stops at the
        question. Without a handler a run with a checkpoint does that; else the answer is no.
        Tools that ask by themselves call it in their own threads, maybe several at once.
    context_window: tokens of the model's window. For a model that takes only a prompt, the prompt
        is cut to it, and to the last `context_window_steps` steps.
    context_inline_per_step_chars: of one result, so many characters are shown to the model.
    context_window_total_chars: of all results in a question together, so many characters are shown.
    tool_result_persist_dir: a folder for the whole text of results that are longer than is shown.
    max_briefing_tokens: what hooks say to the model before one question is cut to so many tokens.
    compact_service: an object with `compact(state, step_num)`, asked after the hooks that have one;
        or what `looplet.compaction.compaction_from` makes one of, such as `["prune", "truncate"]`.
    reactive_recovery: shorten the conversation and ask again, once, when the provider says that it
        is too long; with the services and hooks there are, or else `["prune", "truncate"]`.
    recovery_temperature: the temperature for the turn after a reply that could not be used.
    max_turn_continuations: how often the model is asked to go on with an answer in text that was
        cut off at the limit of its length.
    prices: a `looplet.cost.Prices`, or entries for models that the price table does not know:
        `{"acme:big": {"input": 1.5, "output": 6}}`, US dollars for a million tokens.
    router: `router(state, step_num)` gives the llm for this turn, or None for the run's own; or an
        object with such a method `route`.
    checkpoint_dir: a folder, or a FileCheckpointStore, in which the run is saved as it goes on.
    initial_checkpoint: what `FileCheckpointStore.load` gave, or its folder: the run goes on there.
    in_flight: what becomes of a call that was running when the saved run was cut off: "repeat",
        "skip", "ask", or "auto": repeat what the tool declares `idempotent`, ask about the rest.
    preset: the AgentPreset that is run. A checkpoint of another is refused.
    """

    __slots__ = (
        "approval_handler",
        "cancel_token",
        "checkpoint_dir",
        "compact_service",
        "concurrent_dispatch",
        "context_inline_per_step_chars",
        "context_window",
        "context_window_steps",
        "context_window_total_chars",
        "done_tool",
        "generate_kwargs",
        "in_flight",
        "initial_checkpoint",
        "max_briefing_tokens",
        "max_parallel_calls",
        "max_steps",
        "max_tokens",
        "max_turn_continuations",
        "memory_sources",
        "output_schema",
        "preset",
        "prices",
        "reactive_recovery",
        "recovery_temperature",
        "resources",
        "router",
        "system_prompt",
        "temperature",
        "tool_result_persist_dir",
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
        concurrent_dispatch: bool = True,
        max_parallel_calls: int = 10,
        output_schema: Mapping[str, Any] | None = None,
        memory_sources: Iterable[str | Callable[..., Any]] = (),
        resources: Mapping[str, Any] | None = None,
        cancel_token: CancelToken | None = None,
        approval_handler: Callable[[str, list[str]], Any] | None = None,
        context_window: int = 128_000,
        context_window_steps: int = 40,
        context_inline_per_step_chars: int = 60_000,
        context_window_total_chars: int | None = None,
        tool_result_persist_dir: str | None = None,
        max_briefing_tokens: int | None = None,
        compact_service: Any = None,
        reactive_recovery: bool = True,
        recovery_temperature: float | None = None,
        max_turn_continuations: int = 0,
        router: Any = None,
        prices: Any = None,
        checkpoint_dir: Any = None,
        initial_checkpoint: Any = None,
        in_flight: str = "auto",
        preset: Any = None,
    ) -> None:
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
        self.context_window_total_chars = _maybe_at_least(
            "context_window_total_chars", context_window_total_chars
        )
        self.tool_result_persist_dir = _folder("tool_result_persist_dir", tool_result_persist_dir)
        self.max_briefing_tokens = _maybe_at_least("max_briefing_tokens", max_briefing_tokens)
        self.compact_service = _compaction(compact_service)
        self.reactive_recovery = _flag("reactive_recovery", reactive_recovery)
        self.recovery_temperature = _temperature("recovery_temperature", recovery_temperature)
        self.max_turn_continuations = _at_least("max_turn_continuations", max_turn_continuations, 0)
        self.router = _router(router)
        self.prices = _prices(prices)
        self.checkpoint_dir = _place("checkpoint_dir", checkpoint_dir)
        self.initial_checkpoint = initial_checkpoint
        if in_flight not in IN_FLIGHT:
            raise ValueError(f"in_flight is one of {', '.join(IN_FLIGHT)}, not {in_flight!r}")
        self.in_flight = in_flight
        self.preset = preset


def _at_least(name: str, value: int, least: int) -> int:
    # A bool is an int to Python; `max_steps: true` is nobody's one step.
    if type(value) is not int or value < least:
        raise ValueError(f"{name} is a whole number from {least} up, not {value!r}")
    return value


def _maybe_at_least(name: str, value: int | None) -> int | None:
    return None if value is None else _at_least(name, value, 1)


def _temperature(name: str, value: Any) -> float | None:
    if value is not None and (type(value) not in (int, float) or not 0 <= value <= 2):
        raise ValueError(f"{name} is a number from 0 to 2, not {value!r:.80}")
    return value  # type: ignore[no-any-return]


def _folder(name: str, value: Any) -> Any:
    is_path = isinstance(value, str) or hasattr(value, "__fspath__")
    if value is None or (is_path and str(value)):
        return value
    raise ValueError(f"{name} is the path of a folder, not {value!r:.80}")


def _place(name: str, value: Any) -> Any:
    is_place = isinstance(value, str) or hasattr(value, "__fspath__") or hasattr(value, "begin")
    if value is not None and (value == "" or not is_place):
        raise ValueError(f"{name} is a folder or a FileCheckpointStore, not {value!r:.80}")
    return value


def _compaction(value: Any) -> Any:
    if value is None or callable(getattr(value, "compact", None)):
        return value
    from looplet.compaction import compaction_from

    try:
        return compaction_from(value)
    except ValueError as error:
        raise ValueError(f"compact_service: {error}; or an object with `compact`") from None


def _prices(value: Any) -> Prices | None:
    if value is None:
        return None
    from looplet.cost import Prices

    return value if isinstance(value, Prices) else Prices(value)


def _router(value: Any) -> Callable[[Any, int], Any] | None:
    route = getattr(value, "route", value)
    if route is not None and not callable(route):
        raise ValueError(f"router is a callable of state and step, not {value!r:.80}")
    return route  # type: ignore[no-any-return]


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
