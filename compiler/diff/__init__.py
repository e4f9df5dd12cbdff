"""Two agents compared by what they mean, for the person who reviews the change.

`compare` takes two presets and gives a Comparison: changes of stable kinds, each with how much it
matters. It needs only the standard library. One module each knows the parts of a preset:
`permissions` (and `calls`, the calls that decide), `tools` (and `schemas`), `hooks`, `prompts`,
`configuration`, `servers`, `manifest`, `files`, `reach`. `places` finds where a change stands,
`sides` reads what a person named, `revisions` an older state in git; `as_text` and its neighbours
show a Comparison. Nothing of either agent is run.
"""

from __future__ import annotations

from looplet.compiler.diff.changes import KINDS, Change, Comparison
from looplet.compiler.diff.compare import compare

__all__ = ["KINDS", "Change", "Comparison", "compare"]
