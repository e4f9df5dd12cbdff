"""Hooks: which there are, in which order they run, and what they are made with."""

from __future__ import annotations

from collections.abc import Iterator

from looplet.compiler.diff.changes import Change, Keys, differing, same
from looplet.compiler.diff.renames import renamed
from looplet.compiler.diff.words import names, quote, turned
from looplet.contents import sha
from looplet.preset import AgentPreset, HookDef


def renamed_hooks(old: AgentPreset, new: AgentPreset) -> dict[str, str]:
    """Hooks whose folder has another name, such as another number: the old id → the new one."""
    gone = [old.hook_defs[id] for id in old.hook_defs.keys() - new.hook_defs.keys()]
    come = [new.hook_defs[id] for id in new.hook_defs.keys() - old.hook_defs.keys()]

    def code(hook: HookDef) -> object:
        side = old if old.hook_defs.get(hook.id) is hook else new
        file = side.files.get(hook.code)
        return (sha(file.data), hook.class_name) if file and file.data.strip() else None

    def stem(hook: HookDef) -> object:
        name = hook.id.lstrip("0123456789").lstrip("_")
        return (name, hook.class_name) if name else None

    return {one.id: two.id for one, two in renamed(gone, come, code, stem)}


def compare_hooks(old: AgentPreset, new: AgentPreset, renamed: dict[str, str]) -> Iterator[Change]:
    """What changed in the hooks."""
    for id, hook in sorted(new.hook_defs.items()):
        if id not in old.hook_defs and id not in renamed.values():
            off = "" if hook.enabled is not False else ", and is not used"
            yield Change("hook-added", ("hooks", id), f"hook {quote(id)} is new{off}")
    for id in sorted(old.hook_defs):
        was, now = old.hook_defs[id], new.hook_defs.get(renamed.get(id, id))
        if now is None:
            off = "" if was.enabled is not False else "; it was not used"
            yield Change("hook-removed", ("hooks", id), f"hook {quote(id)} is gone{off}")
            continue
        if now.id != id:
            yield Change(
                "hook-renamed",
                ("hooks", now.id),
                f"hook {quote(id)} is now called {quote(now.id)}",
                old=id,
                new=now.id,
                covers=(("hooks", id), ("hooks", now.id, "id")),
            )
        yield from _hook(was, now)
    yield from _order(old, new, renamed)


def _hook(old: HookDef, new: HookDef) -> Iterator[Change]:
    keys: Keys = ("hooks", new.id)
    said = f"hook {quote(new.id)}"
    if not same(old.enabled, new.enabled):
        kind = "hook-enabled" if new.enabled is True else "hook-disabled"
        message = f"{said}, enabled: {turned(old.enabled, new.enabled)}"
        yield Change(kind, (*keys, "enabled"), message, old=old.enabled, new=new.enabled)
    if old.class_name != new.class_name:
        message = f"{said}, class: {turned(old.class_name, new.class_name)}"
        place = (*keys, "class_name")
        yield Change("hook-changed", place, message, old=old.class_name, new=new.class_name)
    for key, was, now in differing(old.kwargs, new.kwargs):
        message = f"{said}, {key}: {turned(was, now)}"
        yield Change("hook-changed", (*keys, "kwargs", key), message, old=was, new=now)
    for key, was, now in differing(old.extra, new.extra):
        message = f"{said}, {key}: {turned(was, now)}"
        yield Change("extra-changed", (*keys, "extra", key), message, old=was, new=now)


def _order(old: AgentPreset, new: AgentPreset, renamed: dict[str, str]) -> Iterator[Change]:
    """Numbers that changed, and whether anything runs in another order by that."""
    kept = {id: renamed.get(id, id) for id in old.hook_defs if renamed.get(id, id) in new.hook_defs}
    before = [kept[id] for id in _in_order(old) if id in kept]
    after = [id for id in _in_order(new) if id in before]
    for id, now in kept.items():
        was, is_ = old.hook_defs[id].order, new.hook_defs[now].order
        if same(was, is_):
            continue
        effect = "" if before == after else f"; they now run: {names(after)}"
        message = f"hook {quote(now)}, order: {turned(was, is_)}{effect}"
        yield Change("hook-moved", ("hooks", now, "order"), message, old=was, new=is_)


def _in_order(preset: AgentPreset) -> list[str]:
    hooks = preset.hook_defs.values()
    if any(type(hook.order) is not int for hook in hooks):
        return []  # a reference: known when a run starts
    return [hook.id for hook in sorted(hooks, key=lambda hook: (hook.order, hook.id))]


__all__ = ["compare_hooks", "renamed_hooks"]
