"""What a cartridge's code can reach: files, network, processes, environment, the model.

Read from the Python sources with `ast`, and from `mcp_servers`; nothing is imported or run. A file
is read by `uses`, with `statements`, `expressions` and `scopes`; its names are judged by `verdicts`
out of the tables in `standard` and `well_known`, and by `anywhere` where they are attributes of who
knows what. `infer` puts the files together, which `modules` finds; `reach` is what comes of it.
What cannot be decided is said to be undecided, never left out.

This is an aid to who reads the code. It is no sandbox: nothing is kept from anything by it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from looplet.compiler.capabilities.infer import inferred
    from looplet.compiler.capabilities.reach import Capabilities, Reason

_HOMES = {"Capabilities": "reach", "Reason": "reach", "inferred": "infer"}

__all__ = ["Capabilities", "Reason", "inferred"]


def __getattr__(name: str) -> Any:
    # `python.facts` needs one module of this package, and not the rest of it.
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
