"""A review for people: each change with its place, its values and its lines, the riskiest first."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Final

from looplet.compiler.diff.changes import SEVERITIES, Change
from looplet.compiler.diff.words import count
from looplet.compiler.render.place import shown_path
from looplet.compiler.render.visible import visible, width

if TYPE_CHECKING:
    from looplet.compiler.diff.review import Review
    from looplet.compiler.diff.textdiff import Line

_STYLES: Final = {
    "risk": "1;31",
    "behaviour": "1;33",
    "info": "1;36",
    "place": "1",
    "@": "36",
    "-": "31",
    "+": "32",
    "\\": "2",
    "note": "2",
    "words": "7",
}
_FITS: Final = {
    "no": "what used the old one may fail",
    "unknown": "whether what used the old one still can is not known",
}
Paint = Callable[[str, str], str]


def render(review: Review, *, color: bool = False) -> str:
    """Every change, then a line that sums up; ends in a newline."""
    paint = _colored if color else _plain
    rewrites = review.comparison.rewrites if review.comparison else ()
    blocks = ["\n".join(_change(review, change, paint)) for change in review.changes]
    if rewrites:
        blocks.append(
            "\n".join(line for change in rewrites for line in _head(review, change, paint))
        )
    return "\n\n".join([*blocks, summary(review)]) + "\n"


def summary(review: Review) -> str:
    """`hello 1.0.0 → 1.1.0: 3 changes: 1 risk, 2 info`, or that there are none."""
    named = visible(versions(review))
    if review.comparison is None:
        files = count(len(review.changes), "file differs", "files differ")
        return f"{named}: not compared by meaning, since one does not check clean; {files}"
    if review.verdict == "identical":
        return f"{named}: identical"
    if review.verdict == "same-meaning":
        files = count(len(review.comparison.rewrites), "difference")
        return f"{named}: same meaning; {files} in how it is written"
    counts = [
        f"{number} {severity}"
        for severity in SEVERITIES
        if (number := review.comparison.count(severity))
    ]
    return f"{named}: {count(len(review.changes), 'change')}: {', '.join(counts)}"


def versions(review: Review) -> str:
    """What the two agents are called."""
    old, new = review.old, review.new
    if old.preset is None or new.preset is None:
        return f"{old.named} → {new.named}"
    one, two = (f"{side.name} {side.version}" for side in (old.preset, new.preset))
    if old.absent or new.absent:
        return f"{two} (new: it is not in {old.named})" if old.absent else f"{one} (gone)"
    if one == two:
        return one
    return (
        f"{one} → {new.preset.version}" if old.preset.name == new.preset.name else f"{one} → {two}"
    )


def where(review: Review, change: Change) -> str:
    """`hello.cartridge/config.yaml:7:3`, in the terms in which the side was given."""
    place = change.place
    if place is None:
        path = change.keys[1] if change.keys[0] == "files" else ""
        return shown_path(review.new.checked.root, path)
    side = review.new if place.side == "new" else review.old
    shown = shown_path(side.checked.root, place.path)
    shown += f":{place.line}" if place.line else ""
    return shown + (f":{place.column}" if place.column else "")


def told(change: Change) -> str:
    """What is said of a change, on one line."""
    return f"{change.message} ({_FITS[change.fits]})" if change.fits in _FITS else change.message


def _head(review: Review, change: Change, paint: Paint) -> Iterator[str]:
    label = paint(change.severity, f"{change.severity}[{change.kind}]")
    yield f"{paint('place', visible(where(review, change)))}: {label} {visible(told(change))}"


def _change(review: Review, change: Change, paint: Paint) -> Iterator[str]:
    yield from _head(review, change, paint)
    for note in change.notes:
        yield f"  {paint('note', '= ' + visible(note))}"
    for line in change.text.lines if change.text else ():
        yield from _line(line, paint)


def _line(line: Line, paint: Paint) -> Iterator[str]:
    """A line of a diff; the words of it that changed stand out, or have carets under them."""
    if not line.words or line.mark not in "-+":
        yield ("  " + paint(line.mark, _drawn(line.mark, line.text))).rstrip()
        return
    parts: list[str] = []
    carets: list[str] = []
    reached = 0
    for start, end in line.words:
        parts += [_shown(line.text[reached:start]), _shown(line.text[start:end])]
        carets += [" " * width(parts[-2]), "^" * max(1, width(parts[-1]))]
        reached = end
    rest = _shown(line.text[reached:])
    if paint is _plain:
        yield f"  {line.mark}{''.join(parts)}{rest}".rstrip()
        yield f"   {''.join(carets)}"
        return
    painted = [
        paint("words" if number % 2 else line.mark, part) for number, part in enumerate(parts)
    ]
    yield "  " + paint(line.mark, line.mark) + "".join(painted) + paint(line.mark, rest)


def _drawn(mark: str, text: str) -> str:
    return _shown(text) if mark == "@" else mark + _shown(text)


def _shown(text: str) -> str:
    """Text in a diff: tabs as four blanks, whatever else draws nothing as an escape."""
    return visible(text.replace("\t", "    "))


def _plain(style: str, text: str) -> str:
    return text


def _colored(style: str, text: str) -> str:
    return f"\x1b[{_STYLES[style]}m{text}\x1b[0m" if text and style in _STYLES else text


__all__ = ["render", "summary", "told", "versions", "where"]
