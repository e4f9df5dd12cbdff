"""OTelHook: events in, spans and measurements out."""

from __future__ import annotations

from time import time_ns

from looplet.events import (
    MODEL_DELTA,
    MODEL_END,
    MODEL_RETRY,
    MODEL_START,
    RUN_END,
    RUN_START,
    TOOL_END,
    TOOL_START,
)
from looplet.otel.content import (
    as_json,
    as_text,
    error_type,
    messages_as_json,
    reply_as_json,
    usage_attributes,
)
from looplet.otel.meters import SECOND, Meters
from looplet.otel.spans import Agent, Open
from looplet.version import version

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Final

    from looplet.events import Event
    from looplet.types import ToolCall

ERRORS: Final = frozenset(
    {
        "approval_error",
        "cancelled",
        "checkpoint_error",
        "error",
        "hook_error",
        "interrupted",
        "model_error",
        "tool_error",
    }
)
"""The stop reasons that are errors. Any other is an end that somebody chose."""


class OTelHook:
    """A hook that traces and measures one run at a time, with the sub-agents in it.

    tracer_provider, meter_provider: the global ones, if not given.
    capture_content: also record what is said: the task, the messages, arguments and results. Of
        the messages, each `chat` has those that are new since the one before.
    conversation_id: the conversation that the run belongs to, if the host has such a thing.

    Runs at the same time need a hook each: RuntimeError. Raises ModuleNotFoundError without the
    package.
    """

    def __init__(
        self,
        tracer_provider: Any = None,
        meter_provider: Any = None,
        *,
        capture_content: bool = False,
        conversation_id: str | None = None,
    ) -> None:
        try:
            from opentelemetry import context, metrics, trace
        except ModuleNotFoundError as error:
            raise ModuleNotFoundError(
                "OTelHook needs opentelemetry-api: pip install 'looplet[otel]'", name=error.name
            ) from error
        self._context = context
        self._trace = trace
        self._tracer = trace.get_tracer("looplet", version(), tracer_provider)
        self._meters = Meters(metrics.get_meter("looplet", version(), meter_provider))
        self._captures = capture_content
        self._conversation_id = conversation_id
        self._state: Any = None
        self._agents: dict[Any, Agent] = {}
        self._handlers: dict[str, Callable[[Any, Event], None]] = {
            RUN_START: self._run_start,
            MODEL_START: self._model_start,
            MODEL_DELTA: self._model_delta,
            MODEL_RETRY: self._model_retry,
            MODEL_END: self._model_end,
            TOOL_START: self._tool_start,
            TOOL_END: self._tool_end,
            RUN_END: self._run_end,
        }

    # ── the hook ──────────────────────────────────────────────────────────────────────────────

    def pre_loop(self, state: Any, session_log: Any, context: Any) -> None:
        self._state = state

    def on_event(self, event: Event) -> None:
        handler = self._handlers.get(event.event)
        if handler is not None:
            handler((event.within, event.agent), event)

    # ── the agent ─────────────────────────────────────────────────────────────────────────────

    def _run_start(self, who: Any, event: Event) -> None:
        data = event.data or {}
        if who in self._agents:
            if not event.agent:
                raise RuntimeError(
                    "this OTelHook follows a run already; give each run an OTelHook of its own"
                )
            self._end(who, "abandoned")
        if event.agent and self._above(event) is None:
            return  # it goes on after the run that wanted it is over
        name = data.get("agent") or event.agent.rpartition("/")[2]
        agent = Agent(name, data.get("model") or "", data.get("provider") or "unknown")
        attributes = agent.attributes("invoke_agent")
        if data.get("agent_version"):
            attributes["gen_ai.agent.version"] = data["agent_version"]
        if self._conversation_id is not None:
            attributes["gen_ai.conversation.id"] = self._conversation_id
        if self._captures and data.get("task") is not None:
            attributes["gen_ai.input.messages"] = messages_as_json(
                [{"role": "user", "content": as_text(data["task"])}]
            )
        agent.span = self._tracer.start_span(
            f"invoke_agent {name}" if name else "invoke_agent",
            context=self._context_above(event),
            kind=self._trace.SpanKind.INTERNAL,
            attributes=attributes,
        )
        agent.context = self._trace.set_span_in_context(agent.span)
        self._agents[who] = agent

    def _above(self, event: Event) -> Agent | None:
        """The agent that a sub-agent works for, if it is still at work itself."""
        path = event.agent.rpartition("/")[0]
        return self._agents.get((event.within[:-1], path))

    def _context_above(self, event: Event) -> Any:
        """Where a run belongs: into the call that it is part of; None for what is current."""
        above = self._above(event) if event.agent else None
        if above is None:
            return None
        call = above.tools.get(event.within[-1]) if event.within else None
        return above.context if call is None else self._trace.set_span_in_context(call.span)

    def _run_end(self, who: Any, event: Event) -> None:
        data = event.data or {}
        reason = data.get("stop_reason") or "error"
        agent = self._agents.get(who)
        if agent is not None:
            agent.span.set_attribute("looplet.stop_reason", reason)
            # The name of the exception, where there is one, says more than whose fault it was.
            self._end(who, (data.get("error") or reason) if reason in ERRORS else None)
        if not event.agent:
            # Whoever was still at work for it was given up with it.
            for left in [*self._agents]:
                self._end(left, "abandoned")
            self._state = None

    def _end(self, who: Any, error: str | None) -> None:
        """End the span of an agent, and of all that it was at."""
        agent = self._agents.pop(who)
        self._leave(agent)
        now = time_ns()
        if agent.chat is not None:
            self._end_chat(agent, agent.chat, error, now)
        for call in agent.tools.values():
            self._end_call(call, error, now)
        if agent.usage.total_tokens:
            agent.span.set_attributes(usage_attributes(agent.usage))
        self._end_span(agent.span, error, now)
        self._meters.agent(agent.attributes("invoke_agent"), error, now - agent.since)

    # ── the model ─────────────────────────────────────────────────────────────────────────────

    def _model_start(self, who: Any, event: Event) -> None:
        agent = self._agents.get(who)
        if agent is None:
            return
        if agent.chat is not None:  # it failed, and is asked something else
            self._end_chat(agent, agent.chat, "model_error", time_ns())
        attributes = agent.attributes("chat")
        if self._captures and not event.agent and self._state is not None:
            new = agent.new_messages(self._state.conversation)
            attributes["gen_ai.input.messages"] = messages_as_json(new)
        span = self._tracer.start_span(
            f"chat {agent.model}" if agent.model else "chat",
            context=agent.context,
            kind=self._trace.SpanKind.CLIENT,
            attributes=attributes,
        )
        agent.chat = Open(span)
        self._enter(agent, self._trace.set_span_in_context(span))

    def _model_delta(self, who: Any, event: Event) -> None:
        agent = self._agents.get(who)
        if agent is not None and agent.chat is not None and not agent.chat.has_begun:
            agent.chat.has_begun = True
            waited = (time_ns() - agent.chat.since) / SECOND
            agent.chat.span.set_attribute("gen_ai.response.time_to_first_chunk", waited)

    def _model_retry(self, who: Any, event: Event) -> None:
        agent = self._agents.get(who)
        if agent is not None and agent.chat is not None:
            data = event.data or {}
            told = {
                f"looplet.{key}": data[key]
                for key in ("attempt", "delay_s")
                if isinstance(data.get(key), (int, float))
            }
            if data.get("reason") and self._captures:
                told["looplet.reason"] = as_text(data["reason"])
            agent.chat.span.add_event("looplet.model_retry", told)

    def _model_end(self, who: Any, event: Event) -> None:
        agent = self._agents.get(who)
        if agent is None or agent.chat is None or event.reply is None:
            return
        self._leave(agent)
        chat, reply = agent.chat, event.reply
        if reply.stop is not None:
            chat.span.set_attribute("gen_ai.response.finish_reasons", [reply.stop])
        for name, attribute in (("model", "gen_ai.response.model"), ("id", "gen_ai.response.id")):
            if reply.metadata and isinstance(reply.metadata.get(name), str):
                chat.span.set_attribute(attribute, reply.metadata[name])
        if reply.usage is not None:
            chat.span.set_attributes(usage_attributes(reply.usage))
            agent.usage.add(reply.usage)
            self._meters.usage(agent.attributes("chat"), reply.usage)
        if self._captures:
            chat.span.set_attribute("gen_ai.output.messages", reply_as_json(reply))
        self._end_chat(agent, chat, None, time_ns())

    def _end_chat(self, agent: Agent, chat: Open, error: str | None, now: int) -> None:
        agent.chat = None
        self._end_span(chat.span, error, now)
        self._meters.operation(agent.attributes("chat"), error, now - chat.since)

    # ── the tools ─────────────────────────────────────────────────────────────────────────────

    def _tool_start(self, who: Any, event: Event) -> None:
        agent = self._agents.get(who)
        if agent is None or event.tool_call is None:
            return
        is_alone = not agent.tools
        call = self._start_call(agent, event.tool_call, time_ns())
        agent.tools[event.tool_call.call_id] = call
        self._enter(
            agent, self._trace.set_span_in_context(call.span) if is_alone else agent.context
        )

    def _start_call(self, agent: Agent, call: ToolCall, since: int) -> Open:
        attributes = {
            "gen_ai.operation.name": "execute_tool",
            "gen_ai.tool.name": call.tool,
            "gen_ai.tool.type": "function",
            "gen_ai.tool.call.id": call.call_id,
        }
        if agent.name:
            attributes["gen_ai.agent.name"] = agent.name
        if self._captures:
            attributes["gen_ai.tool.call.arguments"] = as_json(call.args)
        span = self._tracer.start_span(
            f"execute_tool {call.tool}",
            context=agent.context,
            kind=self._trace.SpanKind.INTERNAL,
            attributes=attributes,
            start_time=since,
        )
        return Open(span, call.tool, since)

    def _tool_end(self, who: Any, event: Event) -> None:
        agent = self._agents.get(who)
        call, result = event.tool_call, event.tool_result
        if agent is None or call is None or result is None:
            return
        # A caller may get control at the next step: nothing of ours is current then.
        self._leave(agent)
        now = time_ns()
        opened = agent.tools.pop(call.call_id, None)
        if opened is None:  # it was not run: refused, denied, or done before
            opened = self._start_call(agent, call, now)
        elif result.duration_ms:
            # Of calls that ran at the same time, the ends are told when all have ended.
            now = min(now, opened.since + int(result.duration_ms * 1_000_000))
        if self._captures and result.error is None:
            opened.span.set_attribute("gen_ai.tool.call.result", as_text(result.text()))
        self._end_call(opened, error_type(result), now)

    def _end_call(self, call: Open, error: str | None, now: int) -> None:
        self._end_span(call.span, error, now)
        self._meters.tool(call.tool, error, now - call.since)

    # ── spans ─────────────────────────────────────────────────────────────────────────────────

    def _end_span(self, span: Any, error: str | None, now: int) -> None:
        if error is not None:
            span.set_attribute("error.type", error)
            # The kind alone: messages quote what tools and models said.
            span.set_status(self._trace.Status(self._trace.StatusCode.ERROR, error))
        span.end(end_time=now)

    def _enter(self, agent: Agent, context: Any) -> None:
        """Make `context` current until `_leave`."""
        self._leave(agent)
        agent.entered = (context, self._context.attach(context))

    def _leave(self, agent: Agent) -> None:
        if agent.entered is None:
            return
        context, token = agent.entered
        agent.entered = None
        # Ended elsewhere, in another thread or task: what is current there is not ours to change.
        if self._context.get_current() is context:
            self._context.detach(token)
