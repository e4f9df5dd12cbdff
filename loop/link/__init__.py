"""Linking: from an agent as data to one that runs.

`binding` makes the live side of a preset out of the parts beside it: `namespace` runs the author's
files, `lookup` says where their imports lead, `ondisk` where the files are; `resources`, `hooks`,
`memory` and `prompts` are what they become. `looplet.references` resolves values, `looplet.inputs`
checks what a caller gives.
"""

from __future__ import annotations

from looplet.link.binding import Binding, bind
from looplet.link.namespace import LoadError

__all__ = ["Binding", "LoadError", "bind"]
