"""Agents as tools: a whole agent that another one calls as it calls any tool.

Its answer is what its done tool returned. Whatever else becomes of it (its steps run out, its
budget, its model fails, its code raises) is a tool error that says so, for the agent above to
read and to find another way.
"""

from __future__ import annotations

from copy import copy

from looplet.approval import Later
from looplet.config import LoopConfig
from looplet.hooks import METHODS
from looplet.signatures import calling_of
from looplet.sub_loop import TooDeep, run_sub_loop, run_sub_loop_async
from looplet.tools import ToolSpec
from looplet.types import ToolCall, ToolResult

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Generator, Mapping
    from os import PathLike
    from typing import Any, Final

    from looplet.context import ToolContext
    from looplet.link import Binding
    from looplet.preset import AgentPreset

LAST: Final = 3
"""So many of its last steps are told of an agent that did not finish."""

_ALONE = (
    "It is an agent of its own and knows nothing of this conversation: put everything it needs "
    "into the task. It answers once, when it is done."
)
_TASK = {"type": "string", "minLength": 1, "description": "What it is to do, and all it must know."}


def agent_tool(
    preset: AgentPreset | str | PathLike[str],
    *,
    name: str | None = None,
    description: str | None = None,
    llm: Any = None,
    runtime: Mapping[str, Any] | None = None,
    max_steps: int | None = None,
    concurrent_safe: bool = False,
    timeout_s: float | None = None,
) -> ToolSpec:
    """A tool that runs an agent on a `task`, each time from a fresh start, and returns its answer.

    preset: the agent, or the folder of one, which is checked and loaded now.
    name, description: of the tool; the agent's own if they are left out.
    llm: the agent's model; the model of the run that calls it if left out.
    runtime: inputs of the agent that are always the same. Those that it declares beside them are
        parameters of the tool.
    max_steps: at most so many steps, and never more than the agent's own.
    concurrent_safe, timeout_s: of the tool. Two calls at once share nothing but the model, and
        what the agent's tools do to the world.

    Raises CartridgeError for a folder that does not check clean, ValueError for a name that is no
    tool's, and for an input that does not fit.
    """
    if isinstance(preset, str) or hasattr(preset, "__fspath__"):
        preset = loaded(preset)
    if max_steps is not None:
        LoopConfig(max_steps=max_steps)  # what is wrong with it, is wrong now
    agent = _Agent(
        preset, _tool_name(name, preset.name), llm, dict(runtime or {}), max_steps=max_steps
    )
    told = preset.description if description is None else description
    return ToolSpec(
        agent.name,
        f"{told.strip() or f'Give a task to the agent {agent.name}.'}\n\n{_ALONE}",
        parameters_of(agent.declared, agent.runtime),
        agent.execute,
        concurrent_safe=concurrent_safe,
        timeout_s=timeout_s,
        # A call that is made again goes on where the agent was, if anything is saved at all.
        idempotency="idempotent",
    )


def parameters_of(declared: Mapping[str, Any], fixed: Mapping[str, Any]) -> dict[str, Any]:
    """The schema of an agent's tool: the task, and the inputs that a caller is to give.

    declared: the agent's inputs, name → JSON Schema. fixed: those that are given already.
    """
    left = {name: schema for name, schema in declared.items() if name not in fixed}
    return {
        "type": "object",
        "properties": {"task": _TASK, **{name: _member(part) for name, part in left.items()}},
        "required": ["task", *(name for name, part in left.items() if not _has_default(part))],
        "additionalProperties": False,
    }


def loaded(path: str | PathLike[str]) -> AgentPreset:
    """The preset of what is at `path` or is called so, as `cartridge_to_preset` gives it."""
    from looplet.compiler.loading import cartridge_to_preset

    return cartridge_to_preset(path)


class _Agent:
    """An agent that is called: one binding, one state and one run for each call."""

    def __init__(
        self,
        preset: AgentPreset,
        name: str,
        llm: Any,
        runtime: dict[str, Any],
        *,
        max_steps: int | None,
    ) -> None:
        from looplet.frozen import thaw

        self.preset = preset
        self.name = name
        self.llm = llm
        self.runtime = runtime
        self.max_steps = max_steps
        self.declared: dict[str, Any] = thaw(preset.config_values.get("inputs") or {})
        for each in ("task", "ctx"):
            if each in self.declared and each not in runtime:
                raise ValueError(
                    f"the agent {name} has an input `{each}`, which the tool has too; give it in "
                    "`runtime`"
                )
        if "inputs" in preset.config_values:
            for each in runtime:
                if each not in self.declared:
                    there = ", ".join(self.declared) or "none"
                    raise ValueError(f"the agent {name} has no input {each!r}; it has: {there}")

    def execute(self, ctx: ToolContext, *, task: str, **inputs: Any) -> Any:
        """The answer as a ToolResult; where the run above is async, an awaitable of it."""
        try:
            bound = self.preset.bind({**self.runtime, **inputs})
        except Exception as error:
            return self.failure(ctx, f"could not be started: {error}")
        call = _Call(self, bound, ctx, task)
        if ctx.is_async or _is_async(call.llm, bound.hooks):
            return call
        return call.run()

    def failure(
        self, ctx: ToolContext, why: str, outcome: Mapping[str, Any] | None = None
    ) -> ToolResult:
        """The result of a call that came to nothing."""
        call = ctx.call or ToolCall(self.name)
        result = ToolResult.failure(call, "agent_stopped", f"`{self.name}` {why}")
        result.metadata.update(_in_short(outcome) if outcome else {})
        return result


class _Call:
    """One call of an agent. Waiting for it runs it too, so that either driver can."""

    def __init__(self, agent: _Agent, bound: Binding, ctx: ToolContext, task: str) -> None:
        self.agent = agent
        self.bound = bound
        self.ctx = ctx
        self.task = task
        self.llm = ctx.llm if agent.llm is None else agent.llm

    def run(self) -> ToolResult:
        try:
            return self._result(run_sub_loop(**self._keywords()))
        except Later:
            raise
        except Exception as error:
            return self._raised(error)
        finally:
            self._close()

    async def run_async(self) -> ToolResult:
        try:
            return self._result(await run_sub_loop_async(**self._keywords()))
        except Later:
            raise
        except Exception as error:
            return self._raised(error)
        finally:
            self._close()

    def __await__(self) -> Generator[Any, Any, ToolResult]:
        return self.run_async().__await__()

    def _keywords(self) -> dict[str, Any]:
        config = copy(self.bound.config)
        # Where it is saved is for the run above to say, not for its own runtime.yaml.
        config.checkpoint_dir = config.initial_checkpoint = None
        return {
            "llm": self.llm,
            "task": self.task,
            "tools": self.bound.tools,
            "ctx": self.ctx,
            "name": self.agent.name,
            "hooks": self.bound.hooks,
            "config": config,
            "state": self.bound.state(),
            "max_steps": self.agent.max_steps,
        }

    def _result(self, outcome: dict[str, Any]) -> ToolResult:
        if not outcome["completed"]:
            return self.agent.failure(self.ctx, _why_not(outcome), outcome)
        result = ToolResult(self.agent.name, data=outcome["result"])
        result.metadata.update(_in_short(outcome))
        return result

    def _raised(self, error: Exception) -> ToolResult:
        if isinstance(error, TooDeep):
            return self.agent.failure(self.ctx, f"was not run: {error}")
        return self.agent.failure(self.ctx, f"failed: {self.bound.in_words(error)}")

    def _close(self) -> None:
        try:
            self.bound.close()
        except Exception as error:
            # Its answer stands all the same.
            self.ctx.warn(f"closing {self.agent.name} failed: {self.bound.in_words(error)}")


def _why_not(outcome: Mapping[str, Any]) -> str:
    """Why there is no answer, and the last that was done."""
    reason, steps = outcome["stop_reason"], outcome["steps"]
    if reason == "max_steps":
        why = f"did not finish: its {len(steps)} steps are used up (max_steps)"
    else:
        said = f": {outcome['stop_message']}" if outcome["stop_message"] else ""
        why = f"did not finish: it stopped ({reason}){said}"
    if not steps:
        return f"{why}. It made no step"
    last = "; ".join(step.summary() for step in steps[-LAST:])
    return f"{why}. Its last steps: {last}"


def _in_short(outcome: Mapping[str, Any]) -> dict[str, Any]:
    """What the record keeps of a run besides its answer."""
    return {
        "stop_reason": outcome["stop_reason"],
        "steps": len(outcome["steps"]),
        "usage": outcome["usage"].to_dict(),
    }


def _tool_name(name: str | None, own: str) -> str:
    """The tool's name. A cartridge's may have full stops in it, which no tool's can."""
    return own.replace(".", "_")[:64] if name is None else name


def _has_default(schema: Any) -> bool:
    return isinstance(schema, dict) and "default" in schema


def _member(schema: Any) -> dict[str, Any]:
    """An input's schema as that of a parameter.

    One with a `$ref` points into itself, so only its words are taken: the agent checks the value.
    """
    if not isinstance(schema, dict):
        return {}
    if "$ref" in str(schema):
        return {key: schema[key] for key in ("description", "default") if key in schema}
    return schema


def _is_async(llm: Any, hooks: list[Any]) -> bool:
    """Whether a run with these needs the async driver."""
    methods = [getattr(hook, name, None) for hook in hooks for name in METHODS]
    return any(
        method is not None and calling_of(method, {}).is_async
        for method in (getattr(llm, "generate", None), *methods)
    )


__all__ = ["agent_tool"]
