"""The hooks of a preset, made: permissions, what it names of looplet's own, and its own classes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from looplet.link.namespace import Namespace
from looplet.link.prompts import prompt_text, variables
from looplet.preset import AgentPreset, PresetError

if TYPE_CHECKING:
    from looplet.skills import SkillLibrary


def hooks_of(
    preset: AgentPreset,
    config: Mapping[str, Any],
    kwargs: Mapping[str, Mapping[str, Any]],
    namespace: Namespace,
    inputs: Mapping[str, Any],
    skills: Callable[[], SkillLibrary],
) -> list[Any]:
    """Live hooks, in the order in which they are asked.

    config: config.yaml, references resolved. kwargs: what each enabled hook of the preset is made
    with, by its id, in order. skills: gives those that the agent has.
    """
    hooks: list[Any] = []
    try:
        if permissions := config.get("permissions"):
            from looplet.permissions import permission_hook

            hooks.append(permission_hook(permissions, config["done_tool"]))
        if builtin := config.get("builtin_hooks"):
            from looplet.builtin_hooks import builtin_hooks

            entries = [_with_skills(entry, skills) for entry in builtin]
            hooks += builtin_hooks(
                entries,
                read=lambda path: _text(preset, path, inputs),
                defaults={"budget_cap": {"done_tool": config["done_tool"]}},
            )
    except ValueError as error:
        raise PresetError(f"{preset.name}: {error}") from None
    for name, given in kwargs.items():
        hook = preset.hook_defs[name]
        make = namespace.function(hook.code, hook.class_name, f"class {hook.class_name}")
        hooks.append(namespace.call(hook.code, make, **given))
    return hooks


def listeners_of(runtime: Mapping[str, Any], name: str) -> list[Any]:
    """What runtime.yaml names as `tracer`: a hook with `on_event`, or a function of an event."""
    tracer = runtime.get("tracer")
    if tracer is None:
        return []
    if callable(getattr(tracer, "on_event", None)):
        return [tracer]
    if callable(tracer) and not isinstance(tracer, type):
        return [_Listener(tracer)]
    raise PresetError(
        f"{name}: runtime.tracer is a resource that is called with events, or has `on_event`, not "
        f"{tracer!r:.80}"
    )


class _Listener:
    """A function as a hook."""

    def __init__(self, listen: Callable[[Any], Any]) -> None:
        self.on_event = listen


def _text(preset: AgentPreset, path: str, inputs: Mapping[str, Any]) -> str:
    """The text of a prompt or any other file of the agent, by its path in the folder."""
    name = path.removeprefix("prompts/").removesuffix(".jinja").removesuffix(".md")
    if path.startswith("prompts/") and name in preset.prompts:
        return prompt_text(preset, name, variables(preset, inputs))
    if path not in preset.files:
        raise ValueError(f"there is no file `{path}`")
    return preset.files[path].data.decode("utf-8-sig")


def _with_skills(entry: Any, skills: Callable[[], SkillLibrary]) -> Any:
    """`skill_activation` that names no skills is about the agent's own."""
    name, settings = next(iter(entry.items())) if isinstance(entry, dict) and entry else (entry, {})
    settings = settings or {}
    if name != "skill_activation" or "skills" in settings or "manager" in settings:
        return entry
    return {"skill_activation": {**settings, "manager": skills()}}


__all__ = ["hooks_of", "listeners_of"]
