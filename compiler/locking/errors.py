"""What is wrong with a lock, or differs from it: a rule of CT78 by its name, and its facts.

Worded only when somebody reads it, so that nothing of the rules is loaded where all is well.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from looplet.preset import PresetError

if TYPE_CHECKING:
    from looplet.compiler.diagnostics import Diagnostic, Rule, Span


class Found(NamedTuple):
    """One difference, problem or remark.

    rule: the name of the function in `rules.ct7_locks`. facts: its arguments.
    keys: where in `file` it stands. agent: the folder of the nested cartridge that it is about.
    """

    rule: str
    facts: dict[str, Any]
    file: str = "cartridge.lock"
    keys: tuple[str | int, ...] = ()
    agent: str = ""

    @property
    def message(self) -> str:
        return self.diagnostic().message

    def diagnostic(self, path: str | None = None, span: Span | None = None) -> Diagnostic:
        """The finding; path, span: where it stands, as far as is known."""
        return _rule(self.rule).at(self.file if path is None else path, span, **self.facts)


class LockError(PresetError):
    """A lock that cannot be used, or not be made.

    found: why; several, if there are. place: line and column in the lock, where they are known.
    """

    def __init__(self, rule: str, place: tuple[int, int] | None = None, **facts: Any) -> None:
        self.found: tuple[Found, ...] = (Found(rule, facts),)
        self.place = place
        super().__init__()

    @classmethod
    def of(cls, found: list[Found]) -> LockError:
        """The error of findings that are there already."""
        error = cls(found[0].rule, **found[0].facts)
        error.found = tuple(found)
        return error

    def __str__(self) -> str:
        if len(self.found) == 1:
            return f"cartridge.lock: {self.found[0].message}"
        lines = "".join(f"\n  {each.message}" for each in self.found)
        return f"cartridge.lock: {len(self.found)} things are not as they were locked:{lines}"

    @property
    def diagnostic(self) -> Diagnostic:
        """The first finding."""
        from looplet.compiler.diagnostics import Span

        span = Span.at(*self.place) if self.place else None
        return self.found[0].diagnostic(span=span)


def _rule(name: str) -> Rule:
    from looplet.compiler.rules import ct7_locks

    rule: Rule = getattr(ct7_locks, name)
    return rule


__all__ = ["Found", "LockError"]
