"""A report for people: place, message, the source with carets, notes and fixes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Final

from looplet.compiler.render.excerpt import excerpt, shown
from looplet.compiler.render.place import shown_path
from looplet.compiler.render.visible import visible
from looplet.compiler.text.lines import Texts

if TYPE_CHECKING:
    from looplet.compiler.diagnostics import Diagnostic, Fix
    from looplet.compiler.report import Checked, Report

_STYLES: Final = {
    "error": "1;31",
    "warning": "1;33",
    "advice": "1;36",
    "place": "1",
    "gutter": "34",
    "note": "2",
    "help": "32",
}
Paint = Callable[[str, str], str]


def render(report: Report, *, color: bool = False) -> str:
    """Every finding with its source, then a line that sums up; ends in a newline."""
    paint = _colored if color else _plain
    blocks = [
        "\n".join(_finding(checked, diagnostic, texts, paint))
        for checked, texts in ((checked, Texts(checked.sources)) for checked in report.cartridges)
        for diagnostic in checked.diagnostics
    ]
    return "\n\n".join([*blocks, summary(report, color=color)]) + "\n"


def summary(report: Report, *, color: bool = False) -> str:
    """`2 cartridges checked: 3 errors, 1 warning`, and how many of them `--fix` mends."""
    paint = _colored if color else _plain
    counts = [
        (report.errors, "error", "errors"),
        (report.warnings, "warning", "warnings"),
        (report.advice, "advice", "advice"),
    ]
    found = [paint(one, _count(number, one, many)) for number, one, many in counts if number]
    line = f"{_count(len(report.cartridges), 'cartridge', 'cartridges')} checked: "
    line += ", ".join(found) or "nothing to report"
    fixable = sum(
        any(fix.safe for fix in diagnostic.fixes)
        for checked in report.cartridges
        for diagnostic in checked.diagnostics
    )
    if fixable:
        line += (
            f"; --fix mends {fixable} of them"
            if sum(n for n, *_ in counts) > 1
            else "; --fix mends it"
        )
    return line


def _finding(checked: Checked, diagnostic: Diagnostic, texts: Texts, paint: Paint) -> Iterator[str]:
    place = visible(shown_path(checked.root, diagnostic.path))
    span = diagnostic.span
    if span:
        place += f":{span.start.line}:{span.start.column}"
    label = paint(diagnostic.severity, f"{diagnostic.severity}[{diagnostic.code}]")
    yield f"{paint('place', place)}: {label} {visible(diagnostic.message)}"
    margin = ""
    lines = texts[diagnostic.path] if span else None
    if span and lines:
        for gutter, row in shown(excerpt(lines, span)):
            margin = " " * len(gutter) + " "
            bar = paint("gutter", f"{gutter} |")
            row = row if gutter.strip() else paint(diagnostic.severity, row)
            yield f"{bar} {row}" if row else bar
    for note in diagnostic.notes:
        yield from _remark(margin, "note", note.splitlines(), paint)
    for fix in diagnostic.fixes:
        yield from _remark(margin, "help", [_help(fix)], paint)


def _remark(margin: str, kind: str, text: list[str], paint: Paint) -> Iterator[str]:
    """A note or a fix; further lines of it stand under the first."""
    for number, line in enumerate(text):
        lead = paint(kind, f"= {kind}:") if number == 0 else " " * len(f"= {kind}:")
        yield f"{margin}{lead} {visible(line)}".rstrip()


def _help(fix: Fix) -> str:
    return f"{fix.title} (safe; --fix applies it)" if fix.safe else fix.title


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


def _plain(style: str, text: str) -> str:
    return text


def _colored(style: str, text: str) -> str:
    """`text` in a style; indentation stays outside, so that it copies clean."""
    body = text.lstrip(" ")
    return f"{text[: len(text) - len(body)]}\x1b[{_STYLES[style]}m{body}\x1b[0m" if body else text
