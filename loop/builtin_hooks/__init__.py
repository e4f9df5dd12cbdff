"""The hooks that a cartridge can name in `builtin_hooks`, and the table of their names.

Each is a plain hook over the public hook methods, in a module of its own that is loaded when the
hook is made. What it keeps, it keeps up to date as steps go by; none looks back over a run, but for
a compaction, which is rare.
"""

from __future__ import annotations

from collections.abc import Mapping

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import Any, Final

    from looplet.builtin_hooks.budget_cap import BudgetCap
    from looplet.builtin_hooks.per_tool_limit import PerToolLimit
    from looplet.builtin_hooks.persist_results import PersistResults
    from looplet.builtin_hooks.recovery_hint import RecoveryHint
    from looplet.builtin_hooks.skill_activation import SkillActivation
    from looplet.builtin_hooks.stagnation import Stagnation
    from looplet.builtin_hooks.static_briefing import StaticBriefing
    from looplet.builtin_hooks.threshold_compact import ThresholdCompact

_CLASSES: Final = {
    "stagnation": "Stagnation",
    "per_tool_limit": "PerToolLimit",
    "budget_cap": "BudgetCap",
    "threshold_compact": "ThresholdCompact",
    "static_briefing": "StaticBriefing",
    "recovery_hint": "RecoveryHint",
    "skill_activation": "SkillActivation",
}
_MODULES: Final = {made: name for name, made in _CLASSES.items()} | {
    "PersistResults": "persist_results"
}

__all__ = [
    "BUILTIN_HOOKS",
    "BudgetCap",
    "PerToolLimit",
    "PersistResults",
    "RecoveryHint",
    "SkillActivation",
    "Stagnation",
    "StaticBriefing",
    "ThresholdCompact",
    "builtin_hook",
    "builtin_hooks",
]


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = __import__(f"{__name__}.{_MODULES[name]}", fromlist=[name])
    value = getattr(module, name)
    globals()[name] = value
    return value


class _Table(Mapping[str, type]):
    """Name → class; a class is loaded when it is looked up."""

    def __getitem__(self, name: str) -> type:
        made: type = __getattr__(_CLASSES[name])
        return made

    def __contains__(self, name: object) -> bool:
        return name in _CLASSES

    def __iter__(self) -> Iterator[str]:
        return iter(_CLASSES)

    def __len__(self) -> int:
        return len(_CLASSES)


BUILTIN_HOOKS: Final[Mapping[str, type]] = _Table()


def builtin_hooks(
    entries: Sequence[Any],
    *,
    read: Callable[[str], str] | None = None,
    defaults: Mapping[str, Mapping[str, Any]] | None = None,
) -> list[object]:
    """The hooks of a `builtin_hooks:` list: names, or one-key mappings of a name to keywords.

    defaults: name → keywords that the list need not write down.
    """
    hooks = []
    for entry in entries:
        if isinstance(entry, str):
            entry = {entry: {}}
        if not isinstance(entry, dict) or len(entry) != 1:
            raise ValueError(f"a builtin hook is a name or one `name: keywords`, not {entry!r:.80}")
        [(name, kwargs)] = entry.items()
        given = {**(defaults or {}).get(name, {}), **(kwargs or {})}
        hooks.append(builtin_hook(name, given, read=read))
    return hooks


def builtin_hook(
    name: str, kwargs: Mapping[str, Any], *, read: Callable[[str], str] | None = None
) -> object:
    """The hook of that name. `read` gives the text of a file of the cartridge, for `path`.

    Raises ValueError for an unknown name and for keywords that the hook does not take.
    """
    if name not in BUILTIN_HOOKS:
        raise ValueError(f"no builtin hook {name!r}; there are {', '.join(BUILTIN_HOOKS)}")
    given = dict(kwargs)
    if read is not None and given.get("text") is None and isinstance(given.get("path"), str):
        given["text"] = read(given.pop("path"))
    try:
        return BUILTIN_HOOKS[name](**given)
    except TypeError as error:
        raise ValueError(f"the builtin hook {name!r}: {error}") from None
