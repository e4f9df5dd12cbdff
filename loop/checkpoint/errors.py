"""What goes wrong with saved runs."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Literal, TypeAlias

    Kind: TypeAlias = Literal[
        "used",
        "nothing",
        "locked",
        "changed",
        "damaged",
        "newer",
        "moved_on",
        "unwritable",
        "no_json",
    ]


class CheckpointError(Exception):
    """A run cannot be saved, or not go on. The text says what to do, `kind` tells a program.

    Kinds: `used`, a new run in the folder of another; `nothing`, no run in the folder; `locked`,
    another process runs it; `changed`, the agent is not the one that was saved; `damaged`, `newer`,
    the journal cannot be read; `moved_on`, the run went on since it was loaded; `unwritable`, the
    folder or the disk; `no_json`, a value that cannot be written down.
    """

    def __init__(self, kind: Kind, message: str) -> None:
        super().__init__(message)
        self.kind = kind
