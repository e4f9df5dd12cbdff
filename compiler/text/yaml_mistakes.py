"""The mistakes at which libyaml stops: where each begins, what to write instead, how to read on."""

from __future__ import annotations

import re
from typing import Final

import yaml

from looplet.compiler.diagnostics import Diagnostic, Edit, Fix, Span
from looplet.compiler.rules import ct1_syntax as ct1
from looplet.compiler.text.lines import Lines

try:
    from yaml._yaml import CParser as Parser
except ImportError as error:  # pragma: no cover - every wheel of PyYAML has it
    raise ImportError("PyYAML here was built without libyaml, which looplet needs") from error

# Private-use characters of the same length stand in for what YAML reserves.
STAND_IN: Final = {"@": "\uf8fa", "`": "\uf8fb"}
_LONG: Final = 100_000
"""A longer text is not read again to say more about one mistake."""

_HINTS: Final = (
    (
        "mapping values are not allowed",
        "a colon and a space begin a mapping, which cannot stand"
        " here; quote the text, or mend the indentation",
    ),
    ("could not find expected ':'", "a colon is missing after this key"),
    ("did not find expected key", "a key must stand here; is the indentation of this line right?"),
    (
        "did not find expected '-' indicator",
        "this line is no item of the list above; begin it with `- `, or mend its indentation",
    ),
    ("did not find expected ',' or '}'", "a comma or `}` is missing before this"),
    ("did not find expected ',' or ']'", "a comma or `]` is missing before this"),
    ("did not find expected node content", "a value must stand here"),
    ("found unexpected end of stream", "the file ends inside a quoted text; close the quote"),
    ("found unexpected document indicator", "a `---` or `...` inside a quoted text; indent it"),
    ("found undefined alias", "this alias has no anchor before it; quote the text if it is none"),
    (
        "found unknown escape character",
        "no such escape in a double-quoted text;"
        " write `\\\\` for a backslash, or use single quotes",
    ),
    ("found incompatible YAML document", "only YAML 1.1 and 1.2 are read; remove the directive"),
    ("found undefined tag handle", "this tag is not known; quote the text if it is none"),
    (
        "block sequence entries are not allowed",
        "a list cannot begin on this line; put `- ` on a line of its own",
    ),
    (
        "did not find expected alphabetic",
        "an anchor or alias needs a name; quote the text if it is none",
    ),
    ("did not find URI escaped octet", "not a tag; quote the text"),
    ("did not find expected hexdecimal number", "this escape has too few hexadecimal digits"),
    ("found invalid Unicode character escape code", "no character has this number"),
)


_GLUED: Final = re.compile(r"([\w-]+:)(?!//)[^\s:]\S*[ \t]*(?:#.*)?(?:\r?\n|\Z)")


# A plain text of several words with a colon in it, behind its key.
_PROSE: Final = re.compile(
    r"[ \t]*(?:- +)*[\w-]+:[ \t]+(?P<text>[A-Za-z0-9(][^\"\\\r\n#]*?)[ \t]*(?:\r?\n|\Z)"
)
_SURROGATE: Final = re.compile(r"\\(?:u|U0000)[dD][89a-fA-F][0-9a-fA-F]{2}")
_INSIDE: Final = (
    ("flow sequence", "the `[`"),
    ("flow mapping", "the `{`"),
    ("block mapping", "the mapping"),
    ("block collection", "the list"),
    ("block sequence", "the list"),
    ("quoted scalar", "the quoted text"),
    ("simple key", "the key"),
    ("block scalar", "the text"),
)


def _prose(path: str, text: str, at: int) -> tuple[Fix, ...]:
    """The fix that quotes a text with a colon in it, which at `at` was read as that of a key."""
    start = text.rfind("\n", 0, at) + 1
    found = _PROSE.match(text, start)
    if found is None or not found.start("text") < at < found.end("text"):
        return ()
    lines = Lines(text)
    span = Span(lines.position(found.start("text")), lines.position(found.end("text")))
    # One word before the colon could be meant as a key; several are a text.
    sure = " " in text[found.start("text") : at].strip()
    return (Fix("quote the text", sure, (Edit(path, span, f'"{found["text"]}"'),)),)


def _left_open(text: str, at: int) -> int | None:
    """Where a quoted text begins that runs over several lines up to the mistake at `at`: its own
    closing quote is missing, and the next one, of another text, was taken for it."""
    before = text[text.rfind("\n", 0, at) + 1 : at]
    if len(text) > _LONG or ('"' not in before and "'" not in before):
        return None
    last = None
    parser = Parser(text)
    try:
        while (token := parser.get_token()) is not None:
            if isinstance(token, yaml.ScalarToken) and token.style in ('"', "'"):
                last = token
    except yaml.YAMLError:
        pass
    if last is None or last.start_mark.line == last.end_mark.line:
        return None
    end = last.end_mark.index
    near = end <= at and "\n" not in text[end:at] and "\r" not in text[end:at]
    return int(last.start_mark.index) if near else None


def mend(
    path: str, text: str, error: yaml.MarkedYAMLError, findings: list[Diagnostic]
) -> str | None:
    """Record the mistake; the text to read on with, or None when the reading ends here."""
    mark = error.problem_mark or error.context_mark
    if (error.problem or "").startswith("found unexpected end of stream"):
        mark = error.context_mark or mark  # the opening quote, not the end of the file
    elif (error.problem or "").startswith("could not find expected ':'"):
        mark = error.context_mark or mark  # the key, not what comes after it
    at = min(mark.index, len(text)) if mark is not None else 0
    problem = error.problem or ""
    lines = Lines(text)
    place = lines.position(at)
    span = Span(place, lines.position(min(at + 1, len(text))))
    char = text[at : at + 1]
    if (opened := _left_open(text, at)) is not None:
        quote = Span(lines.position(opened), lines.position(opened + 1))
        why = f"this quote is closed on line {place.line} only; close it where the text ends"
        findings.append(ct1.yaml_syntax.at(path, quote, why=why))
        return None
    if char in STAND_IN and "cannot start any token" in problem:
        end = _plain_end(text, at)
        word = text[at:end]
        whole = Span(place, lines.position(end))
        fix = Fix("quote it", True, (Edit(path, whole, f'"{word}"'),))
        safe = '"' not in word and "\\" not in word
        findings.append(
            ct1.reserved.at(path, whole, fixes=(fix,) if safe else (), char=char, word=word)
        )
        return text[:at] + STAND_IN[char] + text[at + 1 :]
    if char == "\t" or (problem.startswith(("found character", "found a tab")) and "\t" in char):
        findings.append(ct1.tab.at(path, span))
        return None
    if problem.startswith("but found another document"):
        findings.append(ct1.several_documents.at(path, span))
        return None
    indent = text[text.rfind("\n", 0, at) + 1 : at]
    if "\t" in indent and not indent.strip():
        findings.append(ct1.tab.at(path, span))
        return None
    if problem.startswith("found invalid Unicode character escape code"):
        escape = next((m for m in _SURROGATE.finditer(text) if m.start() < at <= m.end()), None)
        if escape is not None:
            half = Span(lines.position(escape.start()), lines.position(escape.end()))
            findings.append(ct1.lone_surrogate.at(path, half))
            blank = r"\u0020" if escape.end() - escape.start() == 6 else r"\U00000020"
            return text[: escape.start()] + blank + text[escape.end() :]
    if "could not find expected ':'" in problem and (found := _GLUED.match(text, at)):
        behind = Span(lines.position(at), lines.position(found.end(1)))
        gap = lines.position(found.end(1))
        fix = Fix("put a space behind the colon", True, (Edit(path, Span(gap, gap), " "),))
        why = "a space is missing behind the colon"
        findings.append(ct1.yaml_syntax.at(path, behind, fixes=(fix,), why=why))
        return None
    why = next((hint for start, hint in _HINTS if problem.startswith(start)), "")
    if not why:
        shown = char if char.isprintable() and char.strip() else ""
        why = f"`{shown}` cannot stand here; quote the text" if shown else f"not YAML: {problem}"
    if not text[at:].strip() and not char.strip() and "quote" not in why:
        at = len(text.rstrip())
        span = Span(lines.position(max(at - 1, 0)), lines.position(at))
        why = "the file ends too early: a value, a `]` or a `}` is missing"
    notes = []
    if error.context and error.context_mark:
        begun = lines.position(min(error.context_mark.index, len(text)))
        if begun.line != place.line:
            inside = next((words for part, words in _INSIDE if part in error.context), "")
            notes.append(f"{inside or error.context} begins on line {begun.line}")
    fixes = _prose(path, text, at) if problem.startswith("mapping values are not") else ()
    findings.append(ct1.yaml_syntax.at(path, span, notes=notes, fixes=fixes, why=why))
    return None


def _plain_end(text: str, at: int) -> int:
    """Where the plain text that begins at `at` ends: on its line, before a comment or a bracket."""
    line_end = text.find("\n", at)
    line = text[at : line_end if line_end >= 0 else len(text)]
    cut = re.search(r"\s+#|\s*[,\]}]|:\s|\s*\r?$", line)
    return at + (cut.start() if cut else len(line))


__all__ = ["STAND_IN", "Parser", "mend"]
