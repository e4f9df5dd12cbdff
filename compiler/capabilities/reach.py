"""What was inferred, as frozen data: capabilities with their reasons, and what is undecided."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from looplet.compiler.capabilities.words import CAPABILITIES, WHY
from looplet.frozen import EMPTY

Place = tuple[int, int, int, int]


class Reason(NamedTuple):
    """One place that reaches something.

    capability: one of the five words, "" for what is undecided. what: what stands there, in its
    full name: `subprocess.run`, however it is spelt there. said: the same as a part of a sentence.
    path, span: where, as `(line, column, end line, end column)`; no span for a file as a whole.
    access: `read` or `write`, of files, where that is known. why: a key of `words.WHY`, for what is
    undecided. entries: the parts of the agent by which it is reached: `tools/search`, `hooks/…`;
    none, if nothing loads the file.
    """

    capability: str
    what: str
    said: str
    path: str
    span: Place | None = None
    access: str = ""
    why: str = ""
    entries: tuple[str, ...] = ()

    @property
    def place(self) -> str:
        """`tools/search/execute.py:3:5`."""
        return f"{self.path}:{self.span[0]}:{self.span[1]}" if self.span else self.path

    @property
    def sentence(self) -> str:
        return f"{self.said}: {WHY[self.why]}" if self.why else self.said

    def to_dict(self) -> dict[str, Any]:
        found: dict[str, Any] = {"what": self.what, "said": self.sentence, "path": self.path}
        if self.span:
            found |= {"line": self.span[0], "column": self.span[1]}
        if self.access:
            found["access"] = self.access
        if self.why:
            found["why"] = self.why
        return {**found, "entries": list(self.entries)}


class Capabilities(NamedTuple):
    """What a cartridge declares, what its code reaches, and what cannot be decided.

    declared: as in cartridge.json; None if it says nothing. reached: the reasons by capability, in
    the order of `words.CAPABILITIES`, only those that there are. undecided: in order of the places.
    """

    declared: tuple[str, ...] | None = None
    reached: Mapping[str, tuple[Reason, ...]] = EMPTY
    undecided: tuple[Reason, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The capabilities that are reached."""
        return tuple(self.reached)

    @property
    def undeclared(self) -> tuple[str, ...]:
        """Those that are reached and not declared; none where nothing is declared at all."""
        if self.declared is None:
            return ()
        return tuple(name for name in self.reached if name not in self.declared)

    @property
    def unused(self) -> tuple[str, ...]:
        """Those that are declared, and that nothing reaches as far as that can be decided."""
        declared = self.declared or ()
        return tuple(name for name in CAPABILITIES if name in declared and name not in self.reached)

    def access(self, name: str) -> str:
        """`read`, `write` or `read, write`: how a capability is used, where that is known."""
        found = {reason.access for reason in self.reached.get(name, ())} - {""}
        return ", ".join(sorted(found))

    def to_dict(self) -> dict[str, Any]:
        """JSON data, equal for equal files."""
        return {
            "declared": None if self.declared is None else list(self.declared),
            "reached": {
                name: [reason.to_dict() for reason in reasons]
                for name, reasons in self.reached.items()
            },
            "undecided": [reason.to_dict() for reason in self.undecided],
        }


__all__ = ["Capabilities", "Place", "Reason"]
