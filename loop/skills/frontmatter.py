"""The front matter of a SKILL.md, read without a YAML library, to the values that YAML says.

The core depends on nothing, and front matter is mostly a few lines `key: value`. So what people
write there is read here: plain, quoted and block texts, numbers, and one level of mapping. All
else (flow collections, lists, anchors, tags, texts in quotes over several lines) is refused with
the line and what to write instead, never guessed at. `looplet-compile check` holds every skill
against a real YAML reader too.
"""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Final

FENCE: Final = "---"

_KEY: Final = re.compile(r"([A-Za-z_][A-Za-z0-9_.-]{0,99}):(?: +(.*)|)\Z")
_DOUBLE: Final = re.compile(r'"((?:[^"\\]|\\.)*)" *(?: #.*)?\Z')
_SINGLE: Final = re.compile(r"'((?:[^']|'')*)' *(?: #.*)?\Z")
_BLOCK: Final = re.compile(r"([|>])([-+]?) *(?: #.*)?\Z")
_ESCAPE: Final = re.compile(r"\\(.)")
_ESCAPES: Final = {"n": "\n", "t": "\t", '"': '"', "\\": "\\", "/": "/"}
# What YAML reads as one line or one character on every system.
_STRANGE: Final = re.compile(
    "[^\n\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
)
_INT: Final = re.compile(r"[-+]?[0-9]+\Z")
_FLOAT: Final = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?\Z")
_ODD_NUMBER: Final = re.compile(r"(?:0o[0-7]+|0x[0-9a-fA-F]+|[-+]?\.(?:inf|nan))\Z", re.I)
_CONSTANTS: Final[dict[str, Any]] = {
    **dict.fromkeys(("null", "Null", "NULL", "~"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_QUOTE_IT: Final = "put the text in quotes"


class FrontMatterError(ValueError):
    """Front matter that is not read. `line` is that of the file, from 1."""

    def __init__(self, line: int, why: str) -> None:
        super().__init__(f"line {line}: {why}")
        self.line, self.why = line, why


def split(text: str) -> tuple[str, str]:
    """The front matter of a text, without its fences, and the text behind it.

    Raises FrontMatterError for a text that has none.
    """
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    lines = text.split("\n")
    if lines[0].rstrip(" ") != FENCE:
        raise FrontMatterError(1, "it does not begin with front matter between two lines `---`")
    for number in range(1, len(lines)):
        if lines[number].rstrip(" ") == FENCE:
            return "\n".join([*lines[1:number], ""]), "\n".join(lines[number + 1 :])
    raise FrontMatterError(1, "its end, a second line `---`, is missing")


def read(head: str) -> dict[str, Any]:
    """The values of front matter. Raises FrontMatterError for what is not read."""
    if found := _STRANGE.search(head):
        char = found.group()
        line = head.count("\n", 0, found.start()) + 2
        what = "a tab" if char == "\t" else f"the character U+{ord(char):04X}"
        raise FrontMatterError(line, f"it has {what}; write spaces and plain characters")
    return _Reader(head.split("\n")[:-1]).mapping(0, nested=False)


class _Reader:
    """The lines of front matter, taken one after the other."""

    def __init__(self, lines: list[str]) -> None:
        self.lines = lines
        self.at = 0

    def mapping(self, indent: int, *, nested: bool) -> dict[str, Any]:
        values: dict[str, Any] = {}
        while (line := self._next()) is not None:
            depth = _depth(line)
            if depth < indent:
                break
            if depth > indent:
                raise self._error("this line is indented and belongs to no key before it")
            key, rest = self._key(line.strip(" "))
            if key in values:
                raise self._error(f"`{key}` stands here twice")
            self.at += 1
            values[key] = self._value(rest, indent, nested=nested)
        return values

    def _next(self) -> str | None:
        """The next line that says something; comments and empty lines are passed over."""
        while self.at < len(self.lines):
            line = self.lines[self.at].strip(" ")
            if line and not line.startswith("#"):
                return self.lines[self.at]
            self.at += 1
        return None

    def _key(self, line: str) -> tuple[str, str]:
        found = _KEY.match(line)
        if found is None:
            if line.startswith("- "):
                raise self._error("a list is not read here; write one text instead")
            raise self._error("this is no `key: value`")
        if found[1] in _CONSTANTS:
            raise self._error(f"the key `{found[1]}` is no text to YAML; name it otherwise")
        return found[1], (found[2] or "").strip(" ")

    def _value(self, rest: str, indent: int, *, nested: bool) -> Any:
        if not rest or rest.startswith("#"):
            line = self._next()
            if line is None or _depth(line) <= indent:
                return None
            if nested:
                raise self._error("only one level of keys below a key is read")
            return self.mapping(_depth(line), nested=True)
        first = rest[0]
        if first in "\"'":
            return self._quoted(rest)
        if first in "|>":
            return self._block(rest, indent)
        if first in "[{":
            raise self._error("brackets are not read; write one value a line, or use quotes", 1)
        if first in "&*!%@`,]}?:" or rest == "-" or rest.startswith("- "):
            raise self._error(f"a text cannot begin with `{first}` here; {_QUOTE_IT}", 1)
        return self._plain(rest, indent)

    def _quoted(self, rest: str) -> str:
        double = rest[0] == '"'
        found = (_DOUBLE if double else _SINGLE).match(rest)
        if found is None:
            raise self._error("a text in quotes begins and ends on one line", 1)
        if not double:
            return found[1].replace("''", "'")
        for escape in _ESCAPE.findall(found[1]):
            if escape not in _ESCAPES:
                raise self._error(f"`\\{escape}` is not read in quotes; write the character", 1)
        return _ESCAPE.sub(lambda escape: _ESCAPES[escape[1]], found[1])

    def _plain(self, rest: str, indent: int) -> Any:
        text, comment, _ = rest.partition(" #")
        pieces = [text.rstrip(" ")]
        while self.at < len(self.lines):
            line = self.lines[self.at]
            if not line.strip(" ") or _depth(line) <= indent:
                break
            piece, more, _ = line.strip(" ").partition(" #")
            if comment or piece.startswith("#"):
                raise self._error("a comment ends the text above; put it before the key")
            comment = more
            pieces.append(piece.rstrip(" "))
            self.at += 1
        if any(": " in piece or piece.endswith(":") for piece in pieces):
            raise self._error(f"a text with a colon in it needs quotes; {_QUOTE_IT}", 1)
        return self._meaning(" ".join(pieces))

    def _meaning(self, text: str) -> Any:
        if text in _CONSTANTS:
            return _CONSTANTS[text]
        if _ODD_NUMBER.match(text) or (len(text) > 300 and _INT.match(text)):
            raise self._error(f"a number like this is not read; {_QUOTE_IT}", 1)
        if _INT.match(text):
            return int(text)
        if _FLOAT.match(text):
            number = float(text)
            if number in (float("inf"), float("-inf")):
                raise self._error(f"this number is too large; {_QUOTE_IT}", 1)
            return number
        return text

    def _block(self, rest: str, indent: int) -> str:
        found = _BLOCK.match(rest)
        if found is None:
            raise self._error("behind `|` and `>` stands nothing but `-` or `+`", 1)
        kind, keep = found[1], found[2]
        lines: list[str] = []
        own = 0
        while self.at < len(self.lines):
            line = self.lines[self.at]
            said = bool(line.strip(" "))
            depth = _depth(line)
            if said and depth <= indent:
                break
            if said:
                own = own or depth
                if depth < own:
                    raise self._error("this line is indented less than the text it is in")
                if kind == ">" and depth > own:
                    raise self._error("`>` joins lines, and this one is indented; write `|`")
            elif (own and len(line) > own) or (not own and line):
                raise self._error("this line has nothing but spaces; empty it")
            lines.append(line[own:] if said else "")
            self.at += 1
        if not own:
            raise self._error("the text below `|` or `>` is missing", 1)
        body = "\n".join(lines).rstrip("\n")
        ends = "\n" * (len(lines) - body.count("\n"))
        if kind == ">":
            # One line end is a space; each empty line between is a line end.
            body = re.sub(r"(?<!\n)\n(?!\n)", " ", body.lstrip("\n"))
            body = re.sub(r"(?<=[^\n])\n(\n+)", r"\1", body)
            body = "\n" * next(n for n, line in enumerate(lines) if line) + body
        return body + {"": "\n", "-": "", "+": ends}[keep]

    def _error(self, why: str, back: int = 0) -> FrontMatterError:
        # The first line of front matter is the second of its file.
        return FrontMatterError(self.at + 2 - back, why)


def _depth(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


__all__ = ["FrontMatterError", "read", "split"]
