"""llama.cpp's grammars, read and played: which texts one allows, and a text that it allows.

A second opinion on what `looplet.models.grammar` writes, by the format's own rules.
"""

import random
import re
from typing import Any

TOKEN = re.compile(
    r"""\s*(?:(?P<text>"(?:[^"\\]|\\.)*")|(?P<set>\[(?:[^\]\\]|\\.)*\])|(?P<name>[a-z][a-z0-9-]*)"""
    r"""|(?P<times>\{\d+(?:,\d*)?\}|[*?+])|(?P<sign>[()|]))"""
)
MORE = 3
"""How much more than it has to a sample repeats."""


class Grammar:
    """The rules of a grammar as trees. Raises ValueError for what llama.cpp would not read."""

    def __init__(self, text: str) -> None:
        self.rules: dict[str, Any] = {}
        for line in text.splitlines():
            name, sign, body = line.partition(" ::= ")
            if not sign or name in self.rules:
                raise ValueError(f"no rule, or a second one of its name: {line!r}")
            self.rules[name] = _Reader(body).whole()
        for name, tree in self.rules.items():
            for used in _names(tree):
                if used not in self.rules:
                    raise ValueError(f"{name} uses {used}, which is no rule")
            if name in self._first(tree, set()):
                raise ValueError(f"{name} begins with itself")

    def allows(self, text: str) -> bool:
        return len(text) in self._ends(("name", "root"), text, 0)

    def sample(self, seed: int) -> str:
        return self._sample(("name", "root"), random.Random(seed), 0)

    def _ends(self, tree: Any, text: str, at: int) -> set[int]:
        kind, value, *rest = tree
        if kind == "text":
            return {at + len(value)} if text.startswith(value, at) else set()
        if kind == "set":
            return {at + 1} if at < len(text) and value.fullmatch(text[at]) else set()
        if kind == "name":
            return self._ends(self.rules[value], text, at)
        if kind == "either":
            return set().union(*(self._ends(part, text, at) for part in value))
        if kind == "all":
            ends = {at}
            for part in value:
                ends = set().union(*(self._ends(part, text, end) for end in ends))
            return ends
        least, most = rest
        ends, found, count = {at}, {at} if not least else set(), 0
        while ends and (most is None or count < most):
            count += 1
            # What consumes nothing can be repeated for ever, and leads nowhere.
            ends = set().union(*(self._ends(value, text, end) - {end} for end in ends)) - found
            if count >= least:
                found |= ends
        return found

    def _sample(self, tree: Any, dice: random.Random, depth: int) -> str:
        kind, value, *rest = tree
        if kind == "text":
            return str(value)
        if kind == "set":
            while not value.fullmatch(
                char := chr(dice.choice((dice.randrange(32, 127), dice.randrange(0xD7FF))))
            ):
                pass
            return char
        if kind == "name":
            return self._sample(self.rules[value], dice, depth + 1)
        if kind == "either":
            # Deep inside, the alternative that ends soonest: lists of lists have to end some time.
            flat = [part for part in value if not _names(part)]
            return self._sample(dice.choice(flat if depth > 20 and flat else value), dice, depth)
        if kind == "all":
            return "".join(self._sample(part, dice, depth) for part in value)
        least, most = rest
        most = least if depth > 12 else min(least + MORE, least + MORE if most is None else most)
        return "".join(self._sample(value, dice, depth) for _ in range(dice.randint(least, most)))

    def _first(self, tree: Any, seen: set[str]) -> set[str]:
        """The rules that a text of this tree may begin with."""
        kind, value, *_ = tree
        if kind == "name":
            if value not in seen:
                seen.add(value)
                self._first(self.rules[value], seen)
        elif kind == "either":
            for part in value:
                self._first(part, seen)
        elif kind == "all":
            for part in value:
                self._first(part, seen)
                if not self._empty(part):
                    break
        elif kind == "times":
            self._first(value, seen)
        return seen

    def _empty(self, tree: Any) -> bool:
        return 0 in self._ends(tree, "", 0)


class _Reader:
    def __init__(self, body: str) -> None:
        self.tokens: list[tuple[str, str]] = []
        at = 0
        while at < len(body):
            found = TOKEN.match(body, at)
            if found is None or found.lastgroup is None:
                raise ValueError(f"cannot be read: {body[at : at + 40]!r}")
            self.tokens.append((found.lastgroup, found[found.lastgroup]))
            at = found.end()
        self.at = 0

    def whole(self) -> Any:
        tree = self.either()
        if self.at < len(self.tokens):
            raise ValueError(f"too much: {self.tokens[self.at :]}")
        return tree

    def either(self) -> Any:
        parts = [self.all()]
        while self.next() == ("sign", "|"):
            self.at += 1
            parts.append(self.all())
        return parts[0] if len(parts) == 1 else ("either", parts)

    def all(self) -> Any:
        parts: list[Any] = []
        while (token := self.next()) is not None and token not in (("sign", "|"), ("sign", ")")):
            self.at += 1
            kind, text = token
            if kind == "sign":
                parts.append(self.either())
                if self.next() != ("sign", ")"):
                    raise ValueError("a bracket is not closed")
                self.at += 1
            elif kind == "text":
                parts.append(("text", re.sub(r"\\(.)", r"\1", text[1:-1])))
            elif kind == "set":
                parts.append(("set", re.compile(text)))
            elif kind == "name":
                parts.append(("name", text))
            else:
                parts.append(("times", parts.pop(), *_bounds(text)))
        if not parts:
            raise ValueError("an alternative is empty")
        return parts[0] if len(parts) == 1 else ("all", parts)

    def next(self) -> tuple[str, str] | None:
        return self.tokens[self.at] if self.at < len(self.tokens) else None


def _bounds(times: str) -> tuple[int, int | None]:
    if times in "*?+":
        return (1 if times == "+" else 0), (1 if times == "?" else None)
    low, comma, high = times[1:-1].partition(",")
    return int(low), (int(high) if high else None) if comma else int(low)


def _names(tree: Any) -> set[str]:
    kind, value, *_ = tree
    if kind == "name":
        return {value}
    if kind in ("either", "all"):
        return set().union(*map(_names, value))
    return _names(value) if kind == "times" else set()
