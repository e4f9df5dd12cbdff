"""Skills: the front matter of every SKILL.md, by the Agent Skills specification, and its files."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from looplet.compiler.checks.references import open_names, tool_names
from looplet.compiler.diagnostics import Diagnostic, Edit, Fix, Span
from looplet.compiler.resolve import Resolved
from looplet.compiler.rules import ct5_skills as ct5
from looplet.compiler.suggest import closest, correction
from looplet.compiler.syntax import Document, decode, parse
from looplet.compiler.text.lines import BOM, Lines
from looplet.skills.frontmatter import FrontMatterError, read, split
from looplet.skills.skill import NAME, SKILL_FILE, description_fault, name_fault

KEYS: Final = ("name", "description", "license", "compatibility", "metadata", "allowed-tools")
MAX_COMPATIBILITY: Final = 500
# A link of Markdown, or a path into one of the folders that the specification names.
_LINK: Final = re.compile(r"\]\(\s*<?([^()\s<>]+)")
_PATH: Final = re.compile(r"(?<![\w./:-])((?:scripts|references|assets)/[\w./-]*\w)")


def check_skills(resolved: Resolved) -> Iterator[Diagnostic]:
    """The findings on what lies in `skills/`."""
    folders: dict[str, set[str]] = {}
    for path in resolved.homes:
        parts = path.split("/", 2)
        if parts[0] != "skills":
            continue
        if len(parts) == 3:
            folders.setdefault(parts[1], set()).add(parts[2])
        elif parts[1].endswith(".md"):
            why = "a skill is a folder with a SKILL.md"
            yield resolved.homes[path].located(ct5.no_skill.at(path, why=why))
    for folder, files in folders.items():
        if SKILL_FILE in files:
            yield from _skill(resolved, folder, files)
        elif not any(name.lower() == SKILL_FILE.lower() for name in files) and not (
            closest(SKILL_FILE, files)
        ):
            home = resolved.homes[f"skills/{folder}/{min(files)}"]
            why = "there is no SKILL.md in this folder"
            yield home.located(ct5.no_skill.at(f"skills/{folder}", why=why))


def _skill(resolved: Resolved, folder: str, files: set[str]) -> Iterator[Diagnostic]:
    path = f"skills/{folder}/{SKILL_FILE}"
    home = resolved.homes[path]
    text, findings = decode(path, resolved.data(path))
    if text is not None:
        findings = [*_front_matter(resolved, path, folder, text), *_files(path, text, files)]
    yield from map(home.located, findings)


def _front_matter(resolved: Resolved, path: str, folder: str, text: str) -> Iterator[Diagnostic]:
    try:
        head, _ = split(text)
    except FrontMatterError as error:
        yield ct5.front_matter.at(path, _line(text, error.line), why=error.why)
        return
    # The fence is an empty line to the YAML reader, so that its places are those of the file.
    document, findings = parse(path, ("\n" + head).encode())
    yield from findings
    if document is None or any(found.severity == "error" for found in findings):
        return
    try:
        fields = read(head)
    except FrontMatterError as error:
        yield ct5.front_matter.at(path, _line(text, error.line), why=error.why)
        return
    if repr(fields) != repr(document.value or {}):
        why = "YAML reads it otherwise than a run would; write it more plainly"
        yield ct5.front_matter.at(path, _line(text, 1), why=why)
        return
    yield from _fields(resolved, document, folder, fields)


def _line(text: str, number: int) -> Span:
    """The place of a whole line of the file; lines are counted by their line feeds."""
    text = text.removeprefix(BOM)
    start = 0
    for _ in range(number - 1):
        start = text.find("\n", start) + 1
    ends = [at for at in (text.find("\n", start), text.find("\r", start)) if at >= 0]
    lines = Lines(text)
    return Span(lines.position(start), lines.position(min(ends, default=len(text))))


def _fields(
    resolved: Resolved, document: Document, folder: str, fields: Mapping[str, Any]
) -> Iterator[Diagnostic]:
    path = document.path
    meant = set()
    for key in fields:
        if key not in KEYS:
            near = closest(key, [known for known in KEYS if known not in fields])
            meant.add(near)
            span = document.span((key,), key=True)
            fixes = correction(path, span, key, near)
            yield ct5.unknown_key.at(path, span, fixes=fixes, key=key, near=near)
    for key, rule, why in (
        ("name", ct5.name, name_fault(fields.get("name"), folder)),
        ("description", ct5.description, description_fault(fields)),
    ):
        if why is not None and (key in fields or key not in meant):
            place = document.where((key,))
            rename: tuple[Fix, ...] = ()
            if place and key == "name" and NAME.match(str(fields[key])):
                rename = (Fix(f"write {folder}", False, (Edit(path, place, folder),)),)
            yield rule.at(path, place or Span.at(1, 1, 3), fixes=rename, why=why)
    yield from _optional(document, fields)
    yield from _allowed(resolved, document, fields.get("allowed-tools"))


def _optional(document: Document, fields: Mapping[str, Any]) -> Iterator[Diagnostic]:
    for key in ("license", "compatibility", "allowed-tools"):
        if key in fields and not isinstance(fields[key], str):
            why = f"is text, not `{fields[key]}`"
            yield ct5.value.at(document.path, document.span((key,)), key=key, why=why)
    compatibility = fields.get("compatibility")
    if isinstance(compatibility, str) and not 0 < len(compatibility) <= MAX_COMPATIBILITY:
        why = f"has {len(compatibility)} characters; it has 1 to {MAX_COMPATIBILITY}"
        span = document.span(("compatibility",))
        yield ct5.value.at(document.path, span, key="compatibility", why=why)
    metadata = fields.get("metadata")
    if "metadata" in fields and not isinstance(metadata, dict):
        why = "is a mapping of names to texts"
        yield ct5.value.at(document.path, document.span(("metadata",)), key="metadata", why=why)
    for key, value in metadata.items() if isinstance(metadata, dict) else ():
        if not isinstance(value, str):
            span = document.span(("metadata", key))
            fixes = _quoted(document, span, key)
            why = "is text; put it in quotes"
            name = f"metadata.{key}"
            yield ct5.value.at(document.path, span, fixes=fixes, key=name, why=why)


def _quoted(document: Document, span: Span, key: str) -> tuple[Fix, ...]:
    _, node, _ = document.locate(("metadata", key))
    word = document.text[node.start : node.end]
    if not word or node.kind != "scalar":
        return ()
    return (Fix("put it in quotes", True, (Edit(document.path, span, f'"{word}"'),)),)


def _allowed(resolved: Resolved, document: Document, allowed: Any) -> Iterator[Diagnostic]:
    if not isinstance(allowed, str) or open_names(resolved):
        return
    names = tool_names(resolved)
    seen: set[str] = set()
    # `Bash(git:*) Read`: what stands in brackets belongs to the tool before it.
    for word in re.split(r"[\s,]+", re.sub(r"\([^)]*\)", " ", allowed)):
        if word and word not in names and word not in seen:
            seen.add(word)
            span = document.span(("allowed-tools",))
            near = closest(word, names)
            yield ct5.unknown_tool.at(document.path, span, name=word, near=near)


def _files(path: str, text: str, files: set[str]) -> Iterator[Diagnostic]:
    """Advice on files that the instructions speak of and the skill does not have."""
    text = text.removeprefix(BOM)
    lines = Lines(text)
    seen: set[str] = set()
    for found in sorted(
        (*_LINK.finditer(text), *_PATH.finditer(text)), key=lambda match: match.start(1)
    ):
        named = found[1].partition("#")[0]
        if not named or named in seen or ":" in named or named.startswith(("/", "~")):
            continue
        seen.add(named)
        plain = posixpath.normpath(named)
        if plain in files or any(each.startswith(plain + "/") for each in files):
            continue
        if plain == SKILL_FILE or ("." not in plain and "/" not in plain):
            continue
        near = closest(plain, files)
        start = found.start(1)
        span = Span(lines.position(start), lines.position(start + len(named)))
        fixes = () if near is None else correction(path, span, named, near)
        yield ct5.missing_file.at(path, span, fixes=fixes, path=named, near=near)
