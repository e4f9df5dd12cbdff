"""What a caller gives a run, checked: tools, settings, a state, a checkpoint to go on from."""

from __future__ import annotations

from looplet.config import LoopConfig
from looplet.state import DefaultState
from looplet.tools import BaseToolRegistry

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from looplet.checkpoint.saved import Checkpoint
    from looplet.validation import Validator


def checkpoint_of(given: Any) -> Checkpoint | None:
    if given is None:
        return None
    from looplet.checkpoint import Checkpoint, FileCheckpointStore

    if isinstance(given, Checkpoint):
        return given
    if isinstance(given, FileCheckpointStore):
        return given.load()
    return FileCheckpointStore(given).load()


def hooks_of(config: LoopConfig) -> list[object]:
    """The hook that keeps long results in files, last so that it sees what hooks make of them."""
    if config.tool_result_persist_dir is None:
        return []
    from looplet.builtin_hooks import PersistResults

    most = config.context_inline_per_step_chars
    return [PersistResults(config.tool_result_persist_dir, most)]


def contract_of(schema: Mapping[str, Any] | None) -> Validator | None:
    if schema is None:
        return None
    from looplet.validation import UnsupportedSchema, compile_schema

    try:
        return compile_schema(schema)
    except UnsupportedSchema as error:
        raise ValueError(f"output_schema: {error}") from None


def registry_of(tools: Any) -> BaseToolRegistry:
    if tools is None:
        return BaseToolRegistry()
    if isinstance(tools, BaseToolRegistry):
        return tools
    if isinstance(tools, (list, tuple)):
        from looplet.tools import tools_from

        return tools_from(tools)
    raise TypeError(f"tools is a registry or a list of functions, not a {type(tools).__name__}")


def config_of(config: LoopConfig | None, max_steps: int | None, prompt: str | None) -> LoopConfig:
    if config is not None and not isinstance(config, LoopConfig):
        raise TypeError(f"config is a LoopConfig, not a {type(config).__name__}")
    if config is None:
        config = LoopConfig()
    if max_steps is not None or prompt is not None:
        from copy import copy

        config = copy(config)
        if max_steps is not None:
            config.max_steps = LoopConfig(max_steps=max_steps).max_steps
        if prompt is not None:
            config.system_prompt = prompt
    return config


def state_of(state: Any, config: LoopConfig, *, explicit: bool) -> Any:
    """The state, its `max_steps` the smaller of those that somebody set.

    A state of another kind is given what it lacks of a DefaultState's attributes.
    """
    if state is None:
        return DefaultState(config.max_steps)
    for name, value in vars(DefaultState(config.max_steps)).items():
        if hasattr(state, name):
            continue
        try:
            setattr(state, name, value)
        except AttributeError:
            kind = type(state).__name__
            raise TypeError(f"a {kind} is no state: it cannot have a `{name}`") from None
    if state.stop_reason is not None:
        raise ValueError("this state is of a run that has ended; every run needs its own")
    if explicit:
        most = state.max_steps if state.limited else config.max_steps
        state.max_steps = min(most, config.max_steps)
    return state
