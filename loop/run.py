"""Run: everything that one run needs, looked up and checked once, before its first step."""

from __future__ import annotations

from looplet.approval import Later
from looplet.cancel import CancelToken
from looplet.context import ToolContext
from looplet.events import ANSWER, QUESTION, TOOL_PROGRESS, Event
from looplet.given import checkpoint_of, config_of, contract_of, hooks_of, registry_of, state_of
from looplet.hooks import HookTable
from looplet.jsontext import nearest, result_text
from looplet.messages import tool_message
from looplet.models.adapt import model_for
from looplet.models.reply import Usage
from looplet.pricing import ModelPrices
from looplet.tokens import window_for
from looplet.types import ToolCall, printable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

    from looplet.checkpoint.recorder import Recorder
    from looplet.config import LoopConfig
    from looplet.models.adapt import Model
    from looplet.tools import BaseToolRegistry
    from looplet.turn import Turn
    from looplet.types import Step, ToolResult

FREE_STEPS = 10
"""Calls of free tools are limited too, to so many for each step: or a run might never end."""

MOST_ASKED = 10_000
"""So many characters of a call's arguments are in a question about it."""


class Run:
    """The parts of a run, and the little that changes besides the state.

    notes: texts of hooks for the next prompt.
    not_run: the calls of the current turn that did not start yet.
    late: what listeners left over while a tool or the model ran: exceptions, and awaitables.
    spent: usage of tools and compactions that no step carries yet, by the id of the call.
    blame: which part raised, as the stop reason that it makes.

    Of a run that goes on from a checkpoint: saved, what is restored; unfinished, the turn that was
    cut off; known, calls of it that ran already, by id; in_flight, ids of those that may have;
    answers, what was answered about them.
    """

    def __init__(
        self,
        llm: Any,
        task: Any,
        tools: BaseToolRegistry | None,
        context: Any,
        hooks: Iterable[object] | None,
        config: LoopConfig | None,
        state: Any,
        session_log: Any,
        stream: Callable[[Event], object] | None,
        conversation: list[dict[str, Any]] | None,
        *,
        max_steps: int | None,
        system_prompt: str | None,
    ) -> None:
        self.llm = llm
        self.task = task
        self.tools = registry_of(tools)
        self.context = context
        self.session_log = session_log
        self.config = config_of(config, max_steps, system_prompt)
        self.state = state_of(
            state, self.config, explicit=max_steps is not None or config is not None
        )
        if max_steps is not None:
            self.state.max_steps = max_steps
        self.state.task = task
        if conversation is not None:
            self.state.conversation = conversation

        self.hooks = HookTable([*(hooks or ()), *hooks_of(self.config)])
        self.listeners = self.hooks.on_event if stream is None else (*self.hooks.on_event, stream)
        self.done_tool = self.config.done_tool
        self.cancel_token = self.config.cancel_token
        self.concurrent = self.config.concurrent_dispatch
        self.can_ask = self.config.approval_handler is not None
        self.saved = checkpoint_of(self.config.initial_checkpoint)
        self.recorder = self._recorder()
        self.compactors = self.hooks.compact
        if self.config.compact_service is not None:
            self.compactors += (self.config.compact_service.compact,)
        if (most := self.config.context_window_total_chars) is not None:
            from looplet.compaction import ResultsCap

            self.compactors += (ResultsCap(most).compact,)
        self.handed_down = tuple(h for h in self.hooks.all if hasattr(h, "hand_down"))
        self.memory_sources = [*self.config.memory_sources]
        if isinstance(context, str) or callable(context):
            self.memory_sources.append(context)
        self.tool_context = ToolContext(
            self.config.resources,
            llm,
            self.state.metadata,
            CancelToken(self.cancel_token),  # the run's own: the caller's may be that of many runs
            approval_handler=self.config.approval_handler,
            on_progress=self._progress if self.listeners else None,
            run=self,
        )
        self._contract = contract_of(self.config.output_schema)
        self.notes: list[str] = []
        self.not_run: list[ToolCall] = []
        self.late: list[Any] = []
        self.spent: list[tuple[str, Usage]] = []
        self.unfinished: Turn | None = None
        self.known: dict[str, tuple[ToolCall, ToolResult]] = {}
        self.in_flight: set[str] = set()
        self.answers: dict[tuple[str, str], list[Any]] = {}
        self.charged: dict[int, Usage] = {}
        self.turn_number = 0
        self.recovering = False
        self.is_async = False
        self.free_steps = 0
        self.max_free_steps = FREE_STEPS * self.state.max_steps + 100
        self._other_models: dict[tuple[int, float | None], tuple[Any, Model]] = {}
        self.blame = "error"
        self.raised: str | None = None
        capped = any(getattr(hook, "needs_price", False) for hook in self.hooks.all)
        self._prices = ModelPrices(self.config.prices, needed=capped)
        if not self.tools.to_start:  # else the engine does, when they are started
            self.offer_tools()

    def offer_tools(self) -> None:
        """Settle which tools there are, and how the model is told of them."""
        self.schemas = self.tools.tool_schemas()
        self.model = model_for(self.llm, self.config, self.schemas, report=self._reporter())
        self.tool_instructions = self.model.instructions
        by_wire = () if self.tool_instructions else self.schemas
        self.state.window = window_for(self.llm, self.config.context_window, by_wire)
        self._prices.see_to(self.llm)

    # ── what the engine asks ──────────────────────────────────────────────────────────────────

    @property
    def how_to_call(self) -> str:
        """What a model is told that did not call a tool."""
        names = ", ".join(self.tools.tool_names[:60]) or "none"
        if self.tool_instructions:
            return (
                f'Answer with one JSON object, {{"tool": …, "args": {{…}}}}. The tools are: {names}'
            )
        ends = f"; `{self.done_tool}` ends the task" if self.done_tool in self.tools else ""
        return f"Call a tool{ends}. The tools are: {names}"

    def take_notes(self) -> str:
        """What the hooks have to say to the model now, in one text, cut where it is too long."""
        said, self.notes = "\n\n".join(self.notes), []
        most = self.config.max_briefing_tokens
        if most is not None and len(said) > (chars := self.state.window.chars(most)):
            said = f"{said[:chars]}… [cut at {most} tokens]"
        return said

    def other_model(self, llm: Any, temperature: float | None) -> Model:
        """Another model than the run's, or the same at another temperature, for one turn."""
        key = (id(llm), temperature)
        if key not in self._other_models:
            from copy import copy

            config = copy(self.config)
            if temperature is not None:
                config.temperature = temperature
            try:
                model = model_for(llm, config, self.schemas, report=self._reporter())
                if bool(model.instructions) != bool(self.tool_instructions):
                    raise TypeError(
                        f"a {type(llm).__name__} is told of its tools in another way than the "
                        "run's model; a router chooses among models of one kind"
                    )
                self._prices.see_to(llm)
            except (TypeError, ValueError):
                self.blame = "hook_error"
                raise
            self._other_models[key] = (llm, model)
        return self._other_models[key][1]

    def say(self, text: str) -> None:
        self.state.conversation.append({"role": "user", "content": text})

    def is_free(self, call: ToolCall) -> bool:
        spec = self.tools.get(call.tool)
        return spec is not None and spec.free

    def effective(self, call: ToolCall) -> ToolCall:
        """The call with the defaults of its schema: what a permission has to judge.

        Its metadata says as `left_out` which parameters still have no value, if that is known.
        """
        spec = self.tools.get(call.tool)
        if spec is None:
            return call
        args = {**spec.defaults(), **call.args}
        metadata = {}
        if (names := spec.parameter_names()) is not None:
            metadata["left_out"] = [name for name in names if name not in args]
        return ToolCall(call.tool, args, call.reasoning, call.call_id, metadata)

    def in_words(self, call: ToolCall) -> str:
        """The call as a human is asked about it, with all of its arguments.

        What is not seen is not agreed to; of very many characters it is said how many there are.
        """
        args = ", ".join(f"{name}={_whole(value)}" for name, value in call.args.items())
        more = f" ({len(args) - MOST_ASKED} more characters)" if len(args) > MOST_ASKED else ""
        return f"{printable(call.tool, 64)}({printable(args, MOST_ASKED)}{more})"

    def breaks_contract(self, answer: object) -> str | None:
        """What the configured `output_schema` has against the answer of `done`."""
        if self._contract is None or self._contract(answer):
            return None
        from looplet.calling import problems_in_words

        return "it does not fit the output schema: " + problems_in_words(
            self._contract, answer, "the answer"
        )

    def accept(self, answer: object) -> None:
        self.state.final_output = answer
        self.stop("done")

    def stop(self, reason: str, message: str = "") -> None:
        """Note why the run ends; the first reason stays."""
        if self.state.stop_reason is None:
            self.state.stop_reason = reason
            self.state.stop_message = message

    def fail(self, error: BaseException) -> None:
        """Note that the run ends with this exception, and by whose fault."""
        from looplet.calling import error_in_words

        reason = self.blame
        if isinstance(error, KeyboardInterrupt):
            reason = "interrupted"
        elif type(error).__name__ == "CancelledError":  # asyncio's; not imported just to ask
            reason = "cancelled"
        self.stop(reason, error_in_words(error))
        self.raised = type(error).__name__
        self.tool_context.cancel_token.cancel()  # tools that are still running see that it is over

    def how_it_ended(self) -> dict[str, Any]:
        """What a listener is told at the end; `error` is the type of what was raised."""
        ended = {"stop_reason": self.state.stop_reason}
        return ended if self.raised is None else {**ended, "error": self.raised}

    def close(self) -> None:
        """Let go of what the run holds, when nothing drives it any more."""
        if self.recorder is not None:
            self.recorder.close()
        # Both know the run: without this, nothing of it is freed before the garbage collector
        # comes by, and that comes by seldom where there is much.
        self.recorder = None
        del self.tool_context

    # ── steps ─────────────────────────────────────────────────────────────────────────────────

    def record(self, step: Step) -> None:
        """Append the step to the state and its result to the conversation."""
        state = self.state
        if self.spent:
            self._charge(step)
        state.steps.append(step)
        if self.is_free(step.tool_call):
            self.free_steps += 1
        else:
            state.budget_used += 1
        state.conversation.append(tool_message(step, self.config.context_inline_per_step_chars))

    def _charge(self, step: Step) -> None:
        """Put what the call itself spent, and what nobody did, on the step's account."""
        mine = ("", step.tool_call.call_id)
        total = Usage()
        left = []
        for call_id, usage in self.spent:
            if call_id in mine:
                total.add(usage)
            else:
                left.append((call_id, usage))
        if len(left) == len(self.spent):
            return
        self.spent = left
        self.state.usage.add(total)
        if self.recorder is not None:
            self.charged[step.number] = total
        own, step.usage = step.usage, Usage()
        for part in (own, total):
            if part is not None:
                step.usage.add(part)

    def spent_by(self, call: ToolCall) -> Usage | None:
        """What a call spent of which no step is recorded yet; None for nothing."""
        total = None
        for call_id, usage in self.spent:
            if call_id == call.call_id:
                total = total or Usage()
                total.add(usage)
        return total

    def settle(self) -> Usage:
        """Add what no step will carry any more to the usage of the run. Of that, what no call is
        to be made again for, which would count it then."""
        for _, usage in self.spent:
            self.state.usage.add(usage)
        left = Usage()
        for call_id, usage in self.spent:
            if not call_id:
                left.add(usage)
        self.spent = []
        return left

    def priced(self, usage: Usage, model: Model | None = None) -> Usage:
        """The usage with its cost in money, where the price of the model (the run's) is known."""
        if usage.cost is None and (price := self._prices.of(self._llm_of(model))) is not None:
            usage.cost = price.cost(usage)
        return usage

    def _llm_of(self, model: Model | None) -> Any:
        for llm, other in self._other_models.values():
            if other is model:
                return llm
        return self.llm

    # ── questions ─────────────────────────────────────────────────────────────────────────────

    @property
    def can_wait(self) -> bool:
        """Whether a question that nobody answers now can be answered later."""
        return self.recorder is not None

    def given_answer(self, call: ToolCall, question: str) -> Any:
        """What was answered to this question before the run was cut off; None if nothing was.

        A question that a call asks again is another one, and has an answer of its own.
        """
        said = self.answers.get((call.call_id, question)) if self.answers else None
        return said.pop(0) if said else None

    def take_answer(self, call: ToolCall, question: str) -> Any:
        """The same, for a sub-agent, which saves it itself: nobody else may find it again."""
        said = self.answers.pop((call.call_id, question), None)
        if not said:
            return None
        if self.recorder is not None:
            self.recorder.used(call, question)
        return said[-1]

    def handler_for(self, call: ToolCall) -> Callable[[str, list[str]], Any] | None:
        """The approval handler for a tool that asks by itself."""
        if not self.can_ask and not self.can_wait:
            return None

        def handler(question: str, options: list[str]) -> Any:
            if (given := self.given_answer(call, question)) is not None:
                return given
            data: dict[str, Any] = {"question": question, "options": options}
            self.tell(Event(QUESTION, self.turn_number, tool_call=call, data=data))
            if self.config.approval_handler is None:
                raise Later(question, options)
            said = self.config.approval_handler(question, options)
            if not hasattr(said, "__await__"):
                data = {"question": question, "answer": said}
                self.tell(Event(ANSWER, self.turn_number, tool_call=call, data=data))
            return said

        return handler

    def wait_for(self, asked: dict[str, Any]) -> None:
        """Note that the run ends at a question."""
        if self.state.question is None:
            self.state.question = asked
        self.stop("waiting", asked["question"])

    def when_in_flight(self, call: ToolCall) -> str:
        """What to do with a call that may have been made: "repeat", "skip" or "ask"."""
        how = self.config.in_flight
        if how != "auto":
            return how
        spec = self.tools.get(call.tool)
        return "repeat" if spec is not None and spec.idempotency == "idempotent" else "ask"

    # ── checkpoints ───────────────────────────────────────────────────────────────────────────

    def _recorder(self) -> Recorder | None:
        folder = self.config.checkpoint_dir
        if folder is None and self.saved is not None:
            folder = self.saved.store  # where else would it go on?
        if folder is None:
            return None
        from looplet.checkpoint.recorder import recorder_for

        return recorder_for(folder, self)

    def restore(self) -> None:
        """Become the run that was saved."""
        from looplet.checkpoint.restore import restore

        if self.saved is not None:
            restore(self, self.saved)

    def restore_parts(self) -> None:
        """Give the hooks and resources that have a state of their own what was saved of it."""
        from looplet.checkpoint.restore import restore_parts

        if self.saved is not None:
            restore_parts(self, self.saved)

    # ── events ────────────────────────────────────────────────────────────────────────────────

    def in_short(self) -> dict[str, Any]:
        """What a listener is told of the run when it begins."""
        preset = self.config.preset
        return {
            "task": self.task,
            "agent": getattr(preset, "name", ""),
            "agent_version": getattr(preset, "version", ""),
            "model": getattr(self.llm, "name", getattr(self.llm, "model", "")),
            "provider": getattr(self.llm, "provider", ""),
            "max_steps": self.state.max_steps,
            "steps_before": len(self.state.steps),
        }

    def compaction(self, method: Any, before: list[dict[str, Any]]) -> dict[str, Any]:
        """What a listener is told of a compaction; `before` is the conversation as it was."""
        service = getattr(method, "__self__", method)
        window = self.state.window
        return {
            "how": getattr(service, "how", type(service).__name__),
            "tokens_before": window.size(before),
            "tokens_after": window.size(self.state.conversation),
        }

    def tell(self, event: Event) -> None:
        """Tell the listeners at once, in the thread of a tool or a model.

        What they raise is not its fault, and what they want awaited cannot be awaited here: the
        engine sees to both, afterwards.
        """
        for listener in self.listeners:
            try:
                answer = listener(event)
            except (Exception, SystemExit) as error:
                self.late.append(error)
            else:
                if hasattr(answer, "__await__"):
                    self.late.append(answer)

    def _progress(self, call: ToolCall, text: str, data: dict[str, Any]) -> None:
        self.tell(Event(TOOL_PROGRESS, tool_call=call, data={"text": text, **data}))

    def _reporter(self) -> Callable[..., None] | None:
        """What a model calls with its tokens as they come, and before it tries again."""
        if not self.listeners:
            return None

        def report(event: str, **data: Any) -> None:
            self.tell(Event(event, self.turn_number, data=data))

        return report


def _whole(value: Any) -> str:
    return result_text(value if isinstance(value, str) else nearest(value))
