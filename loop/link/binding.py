"""The live side of a preset: tools, hooks, config and resources of one run.

Resources, memory and hooks are made at once, so that what is wrong with them shows before a model
is asked; the code of a tool is loaded by its first call.
"""

from __future__ import annotations

from _thread import RLock
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, Self

from looplet.builtin_tools.host import Host
from looplet.config import LoopConfig
from looplet.frozen import thaw
from looplet.inputs import ALWAYS_THERE, complete_inputs
from looplet.link.hooks import hooks_of, listeners_of
from looplet.link.limits import NOT_RUN
from looplet.link.memory import memory_of, source_from
from looplet.link.namespace import Namespace
from looplet.link.ondisk import OnDisk
from looplet.link.prompts import system_prompt
from looplet.link.resources import Resources
from looplet.preset import AgentPreset, PresetError, ToolDef
from looplet.references import Resolver, references_in
from looplet.state import DefaultState
from looplet.tools import BaseToolRegistry, ToolSpec

if TYPE_CHECKING:
    from types import TracebackType

    from looplet.skills import SkillLibrary

RUNTIME_SETTINGS = (
    "max_tokens",
    "temperature",
    "use_native_tools",
    "concurrent_dispatch",
    "max_parallel_calls",
    "context_window",
    "context_window_steps",
    "context_inline_per_step_chars",
    "context_window_total_chars",
    "tool_result_persist_dir",
    "max_briefing_tokens",
    "compact_service",
    "reactive_recovery",
    "recovery_temperature",
    "max_turn_continuations",
    "router",
    "checkpoint_dir",
    "initial_checkpoint",
)
"""Keys of runtime.yaml that are fields of LoopConfig."""


class Binding:
    """The live side of one preset.

    tools: a registry to dispatch calls with. hooks: live hooks in the order in which they are
    asked: permissions, builtin hooks, then the agent's own by `order, id`. config: a LoopConfig.
    resources: the shared objects by name, one instance each. inputs: the caller's, completed.

    Close it when the run is over, with `close` or `with`: that closes the resources that have a
    `close()`, and takes the agent's modules and temporary files away.
    """

    def __init__(self, preset: AgentPreset, runtime: Mapping[str, Any] | None = None) -> None:
        _refuse_what_cannot_run(preset)
        declared = preset.config_values.get("inputs")
        self.inputs = complete_inputs(preset.name, declared, runtime, _mentioned(preset))
        self.preset = preset
        self._closed = False
        self._lock = RLock()
        self._disk = OnDisk(preset)
        self._namespace = Namespace(
            preset.files, self._disk.path, on_disk=self._disk.known, title=preset.name
        )
        self._resources = Resources(preset, self._namespace, self._disk)
        self.tools = BaseToolRegistry()
        try:
            self._resources.build(self.inputs)
            values = _Values(preset, self._resources)
            self._host = Host(preset, values.config.get("builtin_tools") or (), self._disk.root)
            self.resources = self._resources.shared()
            self.tools = self._registry(values)
            self.hooks = hooks_of(
                preset, values.config, values.hooks, self._namespace, self.inputs, self._skills
            )
            self.hooks += listeners_of(values.runtime, preset.name)
            self.config = self._config(values)
            self._state = values.config.get("state")
        except BaseException:
            self.close()
            raise

    def state(self) -> Any:
        """A fresh state for one run: a DefaultState, or what the resource in `state` builds."""
        if self._state is not None and not isinstance(self._state, dict):
            return self._state() if callable(self._state) else self._state
        state = DefaultState(self.config.max_steps)
        state.metadata.update(thaw(self._state or {}))
        return state

    def in_words(self, error: BaseException) -> str:
        """What went wrong in a run, in one line; with the place, if it was in the agent's code."""
        return self._namespace.in_words(error)

    def close(self) -> None:
        """Close the resources, the last one first, and take the agent's code out of the process.

        Everything is closed, whatever one of them raises; the first exception is raised then.
        """
        with self._lock:
            if self._closed:
                return
            self._closed = True
        try:
            self.tools.close()
        finally:
            try:
                self._resources.close()
            finally:
                self._namespace.close()
                self._disk.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _registry(self, values: _Values) -> BaseToolRegistry:
        preset, done = self.preset, values.config["done_tool"]
        if done not in preset.tool_defs:
            names = ", ".join(preset.tool_defs) or "none"
            raise PresetError(
                f"{preset.name} has no tool `{done}` to end a run with; its tools are: {names}"
            )
        registry = self._empty_registry(values)
        for tool in preset.tool_defs.values():
            for name in tool.requires:
                if name not in self._resources.objects and name not in ALWAYS_THERE:
                    raise PresetError(
                        f"the tool `{tool.name}` of {preset.name} requires `{name}`, and there is "
                        f"no resources/{name}.py"
                    )
            registry.register(self._spec(tool))
        self._add_builtin(registry)
        return registry

    def _add_builtin(self, registry: BaseToolRegistry) -> None:
        """Add the tools of looplet's own, and the nested agents, that the agent asks for."""
        if not self._host.entries:
            return
        from looplet.builtin_tools import builtin_tools

        try:
            for spec in builtin_tools(self._host):
                registry.register(spec)
        except ValueError as error:
            raise PresetError(f"{self.preset.name}: {error}") from error

    def _skills(self) -> SkillLibrary:
        return self._host.skills

    def _empty_registry(self, values: _Values) -> BaseToolRegistry:
        if not values.config.get("mcp_servers"):
            return BaseToolRegistry()
        from looplet.mcp.registry import ToolsWithServers
        from looplet.mcp.settings import servers_of

        try:
            return ToolsWithServers(servers_of(values.config["mcp_servers"]))
        except ValueError as error:
            raise PresetError(f"{self.preset.name}: {error}") from None

    def _spec(self, tool: ToolDef) -> ToolSpec:
        # Two calls at once would share a resource that says it cannot be shared like that.
        exclusive = not self._resources.unsafe.isdisjoint(tool.requires)
        return ToolSpec(
            tool.name,
            tool.description,
            thaw(tool.parameters),
            concurrent_safe=tool.concurrent_safe and not exclusive,
            free=tool.free,
            timeout_s=tool.timeout_s,
            requires=tool.requires,
            idempotency=tool.idempotency,
            retryable=tool.retryable,
            output_schema=thaw(tool.output_schema),
            load=partial(self._namespace.function, tool.code, "execute", "execute(*, …)"),
        )

    def _config(self, values: _Values) -> LoopConfig:
        preset, config, runtime = self.preset, values.config, values.runtime
        model = config.get("model") or {}
        settings = {key: model[key] for key in ("max_tokens", "temperature") if key in model}
        settings |= {key: runtime[key] for key in RUNTIME_SETTINGS if runtime.get(key) is not None}
        memory = memory_of(preset.files, self._namespace, config.get("memory") or {})
        memory += [
            source_from(value, f"config.memory_sources[{at}]")
            for at, value in enumerate(config.get("memory_sources") or ())
        ]
        try:
            return LoopConfig(
                config["max_steps"],
                system_prompt(preset, self.inputs),
                config["done_tool"],
                generate_kwargs={
                    **{key: model[key] for key in ("top_p", "reasoning_effort") if key in model},
                    **(model.get("extra") or {}),
                    **(runtime.get("generate_kwargs") or {}),
                },
                output_schema=thaw(preset.tool_defs[config["done_tool"]].output_schema),
                memory_sources=memory,
                resources=self.resources,
                preset=preset,
                **settings,
            )
        except ValueError as error:
            raise PresetError(f"{preset.name}: {error}") from None


def bind(preset: AgentPreset, runtime: Mapping[str, Any] | None = None) -> Binding:
    """The live side of `preset`, for a caller who gives `runtime` as inputs.

    Raises InputError for inputs that don't fit, PresetError for a preset that cannot run, and
    LoadError for code of the author that cannot be loaded.
    """
    return Binding(preset, runtime)


class _Values:
    """The values of a preset with every reference resolved; PresetError with all that cannot be."""

    def __init__(self, preset: AgentPreset, resources: Resources) -> None:
        resolver = Resolver(resources.runtime, resources.__getitem__)
        self.config: dict[str, Any] = {
            # What stands in `inputs` are schemas: a `${…}` in one is a word of its own.
            key: value if key == "inputs" else resolver.resolve(value, f"config.{key}")
            for key, value in _unresolved(preset).items()
        }
        self.runtime = resolver.resolve(preset.runtime_values, "runtime")
        self.hooks: dict[str, dict[str, Any]] = {}
        for hook in sorted(preset.hook_defs.values(), key=lambda hook: (hook.order, hook.id)):
            enabled = resolver.resolve(hook.enabled, f"hooks.{hook.id}.enabled")
            if type(enabled) is not bool:
                resolver.problems.append(
                    f"hooks.{hook.id}.enabled: it is true or false, not {enabled!r:.80}"
                )
            elif enabled:
                self.hooks[hook.id] = resolver.resolve(hook.kwargs, f"hooks.{hook.id}.kwargs")
        if resolver.problems:
            head = f"{preset.name} cannot run with these inputs:"
            raise PresetError("\n  ".join([head, *resolver.problems]))


def _unresolved(preset: AgentPreset) -> Mapping[str, Any]:
    """config.yaml before its references are resolved; of servers, the commands are split first."""
    if not preset.config_values.get("mcp_servers"):
        return preset.config_values
    from looplet.mcp.settings import with_commands_split

    try:
        servers = with_commands_split(preset.config_values["mcp_servers"])
    except ValueError as error:
        raise PresetError(f"{preset.name}: {error}") from None
    return {**preset.config_values, "mcp_servers": servers}


def _mentioned(preset: AgentPreset) -> set[str]:
    """The inputs that the agent's own values refer to."""
    config = {key: value for key, value in preset.config_values.items() if key != "inputs"}
    hooks = [(hook.kwargs, hook.enabled) for hook in preset.hook_defs.values()]
    found = references_in([config, preset.runtime_values, hooks])
    return {reference.path[0] for reference in found if reference.kind == "runtime"}


def _refuse_what_cannot_run(preset: AgentPreset) -> None:
    for file, values in (
        ("config.yaml", preset.config_values),
        ("runtime.yaml", preset.runtime_values),
    ):
        for key in NOT_RUN[file]:
            if values.get(key):
                raise PresetError(
                    f"{preset.name} cannot run: this version of looplet does not run the "
                    f"`{key}` of {file}"
                )
    for hook in preset.hook_defs.values():
        if hook.enabled and "kind" in hook.extra:
            raise PresetError(
                f"{preset.name} cannot run: the hook `{hook.id}` runs outside of the process "
                f"(`kind: {hook.extra['kind']}`), which this version of looplet does not do"
            )


__all__ = ["Binding", "bind"]
