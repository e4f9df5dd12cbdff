"""Live Python objects to a preset: functions and hook classes become source text, or are refused.

What a function needs from around it (imports, other functions, literal constants) comes along. What
cannot be written down faithfully (a closure, a lambda, a live object) is an error that names it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

from looplet.compiler.python.standalone import Shared, standalone
from looplet.frozen import NotData, freeze, thaw
from looplet.preset import CONFIG_DEFAULTS, AgentPreset, File, HookDef, PresetError, Prompt, ToolDef

_CONFIG_KEYS: Final = ("max_steps", "done_tool")
_RUNTIME_KEYS: Final = (
    *("temperature", "max_tokens", "generate_kwargs", "use_native_tools", "concurrent_dispatch"),
    *("max_parallel_calls", "context_window", "context_window_steps"),
    "context_inline_per_step_chars",
)
_LIVE_KEYS: Final = ("approval_handler", "cancel_token", "resources")


def capture(
    name: str,
    *,
    tools: Any = (),
    hooks: Iterable[object] = (),
    config: Any = None,
    version: str = "0.0.0",
    description: str = "",
) -> AgentPreset:
    """The preset of an agent that was built in Python.

    tools: a registry, or functions and `ToolSpec`s. hooks: objects whose class is in a source
    file, each with a `to_config()` that returns the arguments it was made with; a
    `PermissionHook` becomes `permissions`. config: a `LoopConfig`.

    Raises PresetError for the first thing that cannot be written faithfully.
    """
    files: dict[str, File] = {}
    shared = Shared()
    tool_defs: dict[str, ToolDef] = {}
    values: dict[str, Any] = {}
    for spec in _specs(tools):
        tool_defs[spec.name], files[f"tools/{spec.name}/execute.py"] = _tool(spec, shared)
    hook_defs: dict[str, HookDef] = {}
    for number, hook in enumerate(hooks, 1):
        if _is_permissions(hook):
            values["permissions"] = _to_config(hook)
            continue
        id = f"{number * 10:02d}_{type(hook).__name__}"
        hook_defs[id] = HookDef(id, type(hook).__name__, _to_config(hook), number * 10)
        files[f"hooks/{id}/hook.py"] = File(
            standalone(type(hook), f"the hook {type(hook).__name__}", shared)
        )
    prompt = ""
    runtime: dict[str, Any] = {}
    if config is not None:
        prompt, more, runtime = _config(config)
        values |= more
    return AgentPreset(
        name=name,
        version=version,
        description=description,
        config_values={**CONFIG_DEFAULTS, **values},
        runtime_values=runtime,
        prompts={"system": Prompt(prompt or f"You are {name}.\n")},
        tool_defs=tool_defs,
        hook_defs=hook_defs,
        files=files,
    )


def _specs(tools: Any) -> Iterator[Any]:
    from looplet.tools import BaseToolRegistry, ToolSpec, tools_from

    if isinstance(tools, BaseToolRegistry):
        yield from filter(None, map(tools.get, tools.tool_names))
        return
    for tool in tools:
        if isinstance(tool, ToolSpec):
            yield tool
        else:
            try:
                made = tools_from([tool])
            except TypeError as error:
                raise PresetError(str(error)) from None
            yield from filter(None, map(made.get, made.tool_names))


def _tool(spec: Any, shared: Shared) -> tuple[ToolDef, File]:
    if spec.execute is None:
        raise PresetError(
            f"the tool {spec.name} loads its function lazily; capture its preset instead"
        )
    definition = ToolDef(
        name=spec.name,
        description=spec.description,
        parameters=thaw(spec.schema),
        requires=tuple(spec.requires),
        concurrent_safe=spec.concurrent_safe,
        free=spec.free,
        timeout_s=spec.timeout_s,
        idempotency=spec.idempotency,
        retryable=spec.retryable,
        output_schema=spec.output_schema,
    )
    code = standalone(spec.execute, f"the tool {spec.name}", shared, entry="execute")
    return definition, File(code)


def _is_permissions(hook: object) -> bool:
    from looplet.permissions import PermissionHook

    return isinstance(hook, PermissionHook)


def _to_config(hook: object) -> Any:
    what = f"the hook {type(hook).__name__}"
    to_config = getattr(hook, "to_config", None)
    if not callable(to_config):
        raise PresetError(
            f"{what} has no `to_config()`, so the arguments it was made with are not known; give "
            "it one that returns them as a mapping"
        )
    try:
        return thaw(freeze(to_config()))
    except NotData as error:
        raise PresetError(f"{what}: to_config(): {error}") from None


def _config(config: Any) -> tuple[str, dict[str, Any], dict[str, Any]]:
    """The system prompt, the values of `config.yaml` and those of `runtime.yaml`."""
    from looplet.config import LoopConfig

    plain = LoopConfig()
    for key in _LIVE_KEYS:
        if getattr(config, key):
            raise PresetError(
                f"config.{key} is live and cannot be written; the host gives it again"
            )
    if callable(config.system_prompt):
        raise PresetError("config.system_prompt is a function and cannot be written; give a text")
    for source in config.memory_sources:
        if not isinstance(source, str):
            raise PresetError("config.memory_sources holds a function, which cannot be written")
    values = {key: getattr(config, key) for key in _CONFIG_KEYS}
    if config.memory_sources:
        values["memory_sources"] = list(config.memory_sources)
    runtime = {}
    for key in _RUNTIME_KEYS:
        value = getattr(config, key)
        if value != getattr(plain, key):
            runtime[key] = thaw(freeze(value))
    return config.system_prompt, values, runtime
