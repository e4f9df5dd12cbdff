"""Linking: from an agent as data to one that runs.

`binding` makes the live side of a preset out of the parts beside it: `namespace` runs the author's
files, `lookup` says where their imports lead, `ondisk` where the files are; `resources`, `hooks`,
`memory` and `prompts` are what they become. `looplet.references` resolves values, `looplet.inputs`
checks what a caller gives.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from looplet.link.binding import Binding, bind
    from looplet.link.namespace import LoadError

_HOMES = {"Binding": "binding", "LoadError": "namespace", "bind": "binding"}

__all__ = ["Binding", "LoadError", "bind"]


def __getattr__(name: str) -> Any:
    # Who only asks where imports lead, as the compiler does, needs nothing that can run them.
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(f"looplet.link.{_HOMES[name]}"), name)
    globals()[name] = value
    return value
