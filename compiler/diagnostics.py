"""Diagnostics: what a pass found, as frozen data, and the table of rules that word it.

Nothing here knows how a finding is shown; renderers know nothing of rules.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Final, Literal

Severity = Literal["error", "warning", "advice"]

FAMILIES: Final = {
    "CT0": "files",
    "CT1": "syntax",
    "CT2": "schema",
    "CT3": "references",
    "CT4": "tool and hook code",
    "CT5": "prompts",
    "CT6": "permissions and safety",
    "CT7": "packaging",
    "CT8": "evals",
    "CT9": "advice",
}


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """A place in a text: line and column in code points, both from 1."""

    line: int
    column: int


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A stretch of text; `end` is the position after its last character."""

    start: Position
    end: Position

    @classmethod
    def of(cls, line: int, column: int, end_line: int, end_column: int) -> Span:
        return cls(Position(line, column), Position(end_line, end_column))

    @classmethod
    def at(cls, line: int, column: int, length: int = 1) -> Span:
        """`length` characters on one line."""
        return cls(Position(line, column), Position(line, column + length))


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace the text at `span` of the file `path` by `text` (an empty span inserts)."""

    path: str
    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class Fix:
    """A way to mend a finding; only a `safe` one is applied without being asked for.

    Safe means: the meaning is what the author plainly intended, and nothing is lost. A fix that
    renames a file has no edits but a `rename` (old path, new path).
    """

    title: str
    safe: bool
    edits: tuple[Edit, ...] = ()
    rename: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding. `path` is relative to the cartridge; no `span` means the file as a whole."""

    code: str
    severity: Severity
    message: str
    path: str
    span: Span | None = None
    notes: tuple[str, ...] = ()
    fixes: tuple[Fix, ...] = ()
    cartridge: str = field(default="", compare=False)


def order(diagnostic: Diagnostic) -> tuple[str, Position, str, str]:
    """The sort key of a report: by file, place and code."""
    place = diagnostic.span.start if diagnostic.span else Position(0, 0)
    return (diagnostic.path, place, diagnostic.code, diagnostic.message)


def apart(found: list[Diagnostic], before: list[Diagnostic]) -> list[Diagnostic]:
    """Without what only follows from an error of an earlier pass at the same place: a value with a
    tag that is not read is also of the wrong type, a name that none can have is nowhere found."""
    begun = {
        (each.path, each.span.start) for each in before if each.span and each.severity == "error"
    }
    lost = {each.path for each in before if each.span is None and each.code[:3] == "CT0"}
    if not begun and not lost:
        return found
    return [
        each
        for each in found
        if each.path not in lost
        and (each.span is None or (each.path, each.span.start) not in begun)
    ]


@dataclass(frozen=True, slots=True)
class Rule:
    """A code and what is known of it. Calling `at` words one finding."""

    code: str
    name: str
    severity: Severity
    word: Callable[..., str]

    @property
    def page(self) -> str:
        """The documentation page, Markdown: the docstring of the rule's function."""
        import inspect

        return inspect.cleandoc(self.word.__doc__ or "")

    def at(
        self,
        path: str,
        span: Span | None = None,
        /,
        *,
        notes: Iterable[str] = (),
        fixes: Iterable[Fix] = (),
        **facts: Any,
    ) -> Diagnostic:
        """A finding of this rule; `facts` are the arguments of the rule's function."""
        message = self.word(**facts)
        return Diagnostic(self.code, self.severity, message, path, span, tuple(notes), tuple(fixes))


RULES: Final[dict[str, Rule]] = {}


def rule(code: str, name: str, severity: Severity) -> Callable[[Callable[..., str]], Rule]:
    """Enter a function that words a finding into the table; its docstring is its page."""

    def enter(word: Callable[..., str]) -> Rule:
        paged = word.__doc__ or not __debug__  # `python -OO` has no docstrings
        if code in RULES or code[:3] not in FAMILIES or not paged:
            raise ValueError(f"rule {code} ({name}) is taken, of no family, or has no page")
        entry = RULES[code] = Rule(code, name, severity, word)
        return entry

    return enter


def quote(word: object, limit: int = 60) -> str:
    """The author's word in backticks, shortened, on one line; in double quotes if it has some."""
    text = str(word)
    if len(text) > limit:
        text = text[: limit - 1] + "…"
    text = text.replace("\n", "\\n").replace("\r", "\\r")
    return f'"{text}"' if "`" in text else f"`{text}`"


def listing(words: Iterable[str], limit: int = 8) -> str:
    """`a`, `b` and `c`: a sorted enumeration for a message."""
    shown = [quote(word) for word in sorted(words)]
    if len(shown) > limit:
        shown = [*shown[: limit - 1], f"{len(shown) - limit + 1} more"]
    if len(shown) < 2:
        return "".join(shown)
    return ", ".join(shown[:-1]) + " and " + shown[-1]
