"""What `looplet run --locked` asks before anything runs: does all this agree with the lock?

    hold(preset, model=args.model)          # raises LockError, with every difference

Needs only the standard library, and no network. What npx, uvx or docker then fetch is named by
version or digest on their own command lines, which are those of the lock.
"""

from __future__ import annotations

from typing import Any

from looplet.compiler.locking import model as models
from looplet.compiler.locking.comparing import differences
from looplet.compiler.locking.declared import declared
from looplet.compiler.locking.environment import not_as_locked
from looplet.compiler.locking.errors import Found, LockError
from looplet.compiler.locking.lockfile import LOCK, lock_of, read
from looplet.preset import AgentPreset


def hold(preset: AgentPreset, *, model: str | None = None, shown: str = "PATH") -> dict[str, Any]:
    """The lock of `preset`, with which everything here agrees.

    model: what was asked for in place of the agent's own, as `--model` has it. shown: as `current`
    has it. Raises LockError.
    """
    lock = current(preset, shown)
    found = not_as_locked(lock)
    if model is not None and models.other(lock["model"], model):
        locked = models.shown(lock["model"])
        instead = "leave out `--model`, or run without `--locked`"
        facts = {"what": "the model", "now": f"`{model[:80]}`", "locked": locked}
        found.append(Found("not_as_locked", {**facts, "instead": instead}))
    if found:
        raise LockError.of(found)
    return lock


def current(preset: AgentPreset, shown: str = "PATH") -> dict[str, Any]:
    """The lock of `preset`, which is that of the cartridge as it is. Raises LockError.

    shown: how the cartridge is named in what is advised.
    """
    data = lock_of(preset)
    if data is None:
        raise LockError("missing", shown=shown)
    lock = read(data)
    if found := differences(declared(preset), lock):
        raise LockError.of(found)
    return lock


def carried(preset: AgentPreset) -> bytes | None:
    """The lock that goes into a package of `preset`: its bytes, None without one.

    Raises LockError for one that is not of the cartridge as it is.
    """
    if (data := lock_of(preset)) is not None:
        current(preset)
    return data


__all__ = ["LOCK", "carried", "current", "hold"]
