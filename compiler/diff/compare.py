"""Two presets in, every change out: each part is compared by the module that knows it.

In the end the values of both are held against what was told. A difference that nobody told of is
told as it is, so none goes unsaid, whatever a part's own module overlooks.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from looplet.compiler.diff.changes import ABSENT, Change, Comparison, Keys, riskiest_first, same
from looplet.compiler.diff.configuration import compare_config, compare_runtime
from looplet.compiler.diff.files import compare_files
from looplet.compiler.diff.hooks import compare_hooks, renamed_hooks
from looplet.compiler.diff.layers import compare_layers
from looplet.compiler.diff.manifest import compare_manifest
from looplet.compiler.diff.nested_agents import compare_nested
from looplet.compiler.diff.permissions import compare_permissions
from looplet.compiler.diff.prompts import compare_prompts
from looplet.compiler.diff.reach import compare_reach
from looplet.compiler.diff.tools import compare_tools, renamed_tools
from looplet.compiler.diff.words import turned
from looplet.preset import AgentPreset


def compare(old: AgentPreset, new: AgentPreset) -> Comparison:
    """What changed from `old` to `new`, by meaning. Nothing of either is run."""
    changes = [] if old == new else list(_changes(old, new))
    return Comparison(riskiest_first(changes), tuple(compare_layers(old, new, changes)))


def _changes(old: AgentPreset, new: AgentPreset) -> Iterator[Change]:
    tools, hooks = renamed_tools(old, new), renamed_hooks(old, new)
    nested, folders = compare_nested(old, new, compare)
    files = [
        {
            path: file
            for path, file in one.files.items()
            if not any(path.startswith(f"{folder}/") for folder in folders)
        }
        for one in (old, new)
    ]
    parts = _parts(tools, hooks)
    moved = {f"{one}{end}": f"{two}{end}" for one, two in parts.items() for end in ("/", ".py")}
    found = [
        *compare_permissions(old, new, tools),
        *compare_config(old, new),
        *compare_tools(old, new, tools),
        *compare_hooks(old, new, hooks),
        *compare_prompts(old, new),
        *nested,
        *compare_files(files[0], files[1], moved),
        *compare_runtime(old, new),
        *compare_manifest(old, new),
        *compare_reach(old, new, parts),
    ]
    yield from found
    yield from _untold(old, new, [keys for change in found for keys in change.told], tools, hooks)


def _parts(tools: Mapping[str, str], hooks: Mapping[str, str]) -> dict[str, str]:
    """The folders of parts that were renamed, old → new."""
    found = {f"tools/{name}": f"tools/{now}" for name, now in tools.items()}
    return {**found, **{f"hooks/{id}": f"hooks/{now}" for id, now in hooks.items()}}


def _untold(
    old: AgentPreset,
    new: AgentPreset,
    told: list[Keys],
    tools: Mapping[str, str],
    hooks: Mapping[str, str],
) -> Iterator[Change]:
    """A change for each difference of the values that no other is about."""
    known = _Told(told)
    before = _under_new_names(old.values(), tools, hooks)
    for keys, was, now in _differences(before, new.values()):
        if not known.tells(keys):
            message = f"{'.'.join(keys)}: {turned(was, now)}"
            yield Change("value-changed", keys, message, old=was, new=now)


def _under_new_names(
    values: dict[str, Any], tools: Mapping[str, str], hooks: Mapping[str, str]
) -> dict[str, Any]:
    """The old values with the parts that were renamed where the new ones have them: that these
    have another name is told, and hides no other difference."""
    return {
        **values,
        "tools": {
            tools.get(name, name): {**tool, "name": tools.get(name, name)}
            for name, tool in values["tools"].items()
        },
        "hooks": {
            hooks.get(id, id): {**hook, "id": hooks.get(id, id)}
            for id, hook in values["hooks"].items()
        },
    }


def _differences(old: Any, new: Any, keys: Keys = ()) -> Iterator[tuple[Keys, Any, Any]]:
    """Each place at which two values differ: of mappings, the entries."""
    if not (isinstance(old, Mapping) and isinstance(new, Mapping)):
        if not same(old, new):
            yield keys, old, new
        return
    for key in sorted({*old, *new}):
        yield from _differences(old.get(key, ABSENT), new.get(key, ABSENT), (*keys, key))


class _Told:
    """The values that changes are about, to be asked whether a difference is among them."""

    def __init__(self, told: Iterable[Keys]) -> None:
        self.whole = set(told)
        self.inside = {keys[:size] for keys in self.whole for size in range(1, len(keys))}

    def tells(self, keys: Keys) -> bool:
        above = any(keys[:size] in self.whole for size in range(1, len(keys) + 1))
        return above or keys in self.inside


__all__ = ["compare"]
