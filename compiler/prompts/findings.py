"""Where the nodes of a template stand in its text, and what is found there."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final

from looplet.compiler.diagnostics import Diagnostic, Edit, Fix, Position, Rule, Span
from looplet.compiler.prompts.shapes import Shape
from looplet.compiler.rules import ct5_prompts as rules
from looplet.compiler.suggest import one_slip
from looplet.compiler.text.lines import Lines
from looplet.prompts.language import dotted, path_of
from looplet.prompts.reading import place_of

_FIRST: Final = re.compile(r"\w+|\S")
_NAMES: Final = {
    "array": "a list",
    "boolean": "a boolean",
    "null": "null",
    "number": "a number",
    "object": "a mapping",
    "string": "a text",
}


class Findings:
    """The text of one template (line ends as `\\n`) and what was found in it."""

    def __init__(self, path: str, text: str) -> None:
        self.path = path
        self.text = text
        self.lines = Lines(text)
        self.found: list[Diagnostic] = []

    def span(self, offset: int, word: str) -> Span:
        """The span of `word`, looked for from `offset` on, within the tag that begins there."""
        start = self.text.find(word, offset, offset + len(word) + 200) if word else -1
        if start < 0:
            start = offset
            first = _FIRST.match(self.text, offset)
            word = first[0] if first else ""
        end = start + max(len(word), 1)
        return Span(self.lines.position(start), self.lines.position(min(end, len(self.text))))

    def span_of(self, node: Any) -> Span:
        """A path as a whole; of anything else, its first word."""
        start, last = node, node
        while type(start).__name__ in ("Getattr", "Getitem", "Filter", "Test"):
            start = start.node
        first = self.word(start)
        if path_of(node) is None or start is last:
            return self.word(node)
        end = self.word(last).end
        if (
            type(last).__name__ == "Getitem"
            and (close := self.text.find("]", self.offset(end))) >= 0
        ):
            end = self.lines.position(close + 1)
        return Span(first.start, end)

    def offset(self, position: Position) -> int:
        found = self.lines.offset(position)
        return len(self.text) if found is None else found

    def word(self, node: Any) -> Span:
        """The name that a node adds: of `a.b` the `b`, of `a | f` the `f`."""
        kind = type(node).__name__
        word = ""
        if kind in ("Name", "Filter", "Test"):
            word = node.name
        elif kind == "Getattr":
            word = node.attr
        elif kind == "Getitem":
            word = str(getattr(node.arg, "value", ""))
        elif kind == "Const" and isinstance(node.value, str):
            word = node.value
        return self.span(place_of(node).offset, word)

    def report(self, rule: Rule, span: Span, fixes: tuple[Fix, ...] = (), **facts: Any) -> None:
        self.found.append(rule.at(self.path, span, fixes=fixes, **facts))

    def renaming(self, span: Span, word: str, nearest: str | None) -> tuple[Fix, ...]:
        if nearest is None or span.start.line != span.end.line:
            return ()
        edit = Edit(self.path, span, nearest)
        return (Fix(f"write `{nearest}`", one_slip(word, nearest), (edit,)),)

    def expect(
        self, shape: Shape, wanted: Iterable[str], who: str, node: Any, instead: str = ""
    ) -> None:
        """Report a value that is not, or not always, of one of the wanted kinds."""
        takes, kinds = frozenset(wanted), shape.kinds
        if kinds <= takes or not shape.known:
            return
        path = path_of(node)
        who_what = {"who": who, "what": f"`{dotted(path)}`" if path else "the value"}
        facts: dict[str, Any] = {"wanted": names_of(takes), **who_what}
        span = self.span_of(node)
        if kinds & takes:
            self.report(rules.may_be_wrong_kind, span, kind=names_of(kinds - takes), **facts)
        else:
            self.report(rules.wrong_kind, span, kind=names_of(kinds), instead=instead, **facts)


def names_of(kinds: Iterable[str]) -> str:
    return " or ".join(sorted(_NAMES[kind] for kind in kinds))
