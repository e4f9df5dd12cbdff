"""Runs that survive: a journal of what happened, and a run that goes on from it.

`recorder` is told by the engine what happens and writes it through a `store`, a folder with one
`journal` and one `lock`; `records` says how steps are spelt, `states` what else is kept. `saved`
reads a journal back, `made_of` compares what a run was made of, and `restore` makes a run what it
was.
"""

from __future__ import annotations

from looplet.checkpoint.errors import CheckpointError
from looplet.checkpoint.saved import Checkpoint
from looplet.checkpoint.store import FileCheckpointStore

__all__ = ["Checkpoint", "CheckpointError", "FileCheckpointStore"]
