"""Mending: the safe fixes of a report applied to the files of a cartridge.

A fix is a splice, so comments, order, line ends and a byte order mark stay. Nothing outside the
cartridge is touched, a file that changed since it was checked is left alone, and a round that
leaves more errors than it found is taken back.
"""

from __future__ import annotations

import os
from bisect import bisect_left, insort
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from looplet.compiler.commands.rewrite import Rewrite
from looplet.compiler.diagnostics import Edit, Fix
from looplet.compiler.text.lines import BOM, Lines

if TYPE_CHECKING:
    from looplet.compiler.report import Checked

Splice = tuple[int, int, str]  # where from, where to, the new text
ROUNDS: Final = 8  # a mended file shows what its fault had hidden; nothing hides this much


@dataclass(frozen=True, slots=True)
class Applied:
    """A fix that is now in the files."""

    path: str
    code: str
    title: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """A cartridge after mending: what it checks as now, what was done, what was left and why."""

    checked: Checked
    applied: tuple[Applied, ...] = ()
    left: tuple[str, ...] = ()


def mend(checked: Checked, check: Callable[[], Checked]) -> Outcome:
    """Apply the safe fixes of `checked` until there are none; `check` looks at the folder again.

    If all at once leave more errors than there were, they are tried one by one.
    """
    applied: list[Applied] = []
    left: dict[str, None] = {}
    refused: set[Applied] = set()
    one_by_one = False
    for _ in range(ROUNDS + len(checked.diagnostics) if os.path.isdir(checked.root) else 0):
        plan = plan_fixes(checked, refused, 1 if one_by_one else None)
        left |= dict.fromkeys(plan.left)
        if not plan.files and not plan.renames:
            break
        try:
            after = _try(plan, checked, check)
        except OSError as error:
            left[f"{error.filename}: {error.strerror}; nothing more was fixed"] = None
            break
        if after is not None:
            checked = after
            applied += plan.applied
        elif len(plan.applied) > 1:
            one_by_one = True
        else:
            refused.update(plan.applied)
            (fix,) = plan.applied
            left[f"{fix.path}: not done, since it leaves more errors: {fix.title}"] = None
    return Outcome(checked, tuple(applied), tuple(left))


def _try(plan: Plan, before: Checked, check: Callable[[], Checked]) -> Checked | None:
    """Write a plan and look again; None, and nothing written, if that made it worse."""
    rewrite = Rewrite(before.root)
    try:
        for path, data in plan.files.items():
            rewrite.file(path, plan.before[path], data)
        for old, new in plan.renames.items():
            rewrite.rename(old, new)
        after = check()
    except BaseException:
        rewrite.undo()
        raise
    if _badness(after) <= _badness(before):
        return after
    rewrite.undo()
    return None


def _badness(checked: Checked) -> tuple[int, int]:
    """What must not grow. A mended syntax error may uncover others: it was hiding them before."""
    errors = [finding for finding in checked.diagnostics if finding.severity == "error"]
    return sum(finding.code[:3] in ("CT0", "CT1") for finding in errors), len(errors)


# The plan: which fixes fit together, and the bytes that come of them. Pure.


@dataclass(slots=True)
class Plan:
    """New bytes and new names for files of a cartridge, by path; `before` are the old bytes."""

    files: dict[str, bytes] = field(default_factory=dict)
    before: dict[str, bytes] = field(default_factory=dict)
    renames: dict[str, str] = field(default_factory=dict)
    applied: list[Applied] = field(default_factory=list)
    left: list[str] = field(default_factory=list)


def plan_fixes(
    checked: Checked, refused: Collection[Applied] = (), limit: int | None = None
) -> Plan:
    """The first safe fix of each finding, unless it meets one that came before; then it waits.

    refused: those not to take. limit: how many to take.
    """
    plan = Plan()
    texts: dict[str, SplicedText] = {}
    for finding in checked.diagnostics:
        if finding.fixes and not _inside(finding.path):
            plan.left.append(f"{finding.path}: another cartridge's file; fix it there")
            continue
        fix = next((fix for fix in finding.fixes if fix.safe), None)
        if fix is None:
            continue
        paths = {edit.path for edit in fix.edits} | set(fix.rename or ())
        entry = Applied(finding.path, finding.code, fix.title)
        if entry in refused or len(plan.applied) == limit or not all(map(_inside, paths)):
            continue
        if _take(fix, checked.sources, texts, plan):
            plan.applied.append(entry)
    for path, text in texts.items():
        after = text.spliced()
        if after != checked.sources[path]:
            plan.before[path], plan.files[path] = checked.sources[path], after
    return plan


def _take(
    fix: Fix, sources: Mapping[str, bytes], texts: dict[str, SplicedText], plan: Plan
) -> bool:
    """Enter the whole of a fix, or nothing of it."""
    if fix.rename and (fix.rename[0] in plan.renames or fix.rename[1] in plan.renames.values()):
        return False
    places: list[tuple[str, Splice]] = []
    for edit in fix.edits:
        try:
            text = texts.get(edit.path) or texts.setdefault(
                edit.path, SplicedText(sources[edit.path])
            )
        except KeyError:
            return False
        except UnicodeDecodeError:
            plan.left.append(f"{edit.path}: not done, since the file is not UTF-8: {fix.title}")
            return False
        place = text.place(edit)
        if place is None or any(path == edit.path and _meet(place, p) for path, p in places):
            return False
        places.append((edit.path, place))
    for path, place in places:
        texts[path].add(place)
    if fix.rename:
        plan.renames[fix.rename[0]] = fix.rename[1]
    return True


class SplicedText:
    """A file's text and the splices taken for it, none of which meets another."""

    def __init__(self, data: bytes) -> None:
        text = data.decode("utf-8")
        self._bom = BOM if text.startswith(BOM) else ""
        self._lines = Lines(text.removeprefix(BOM))
        first = self._lines.text.partition("\n")[0]
        self._newline = "\r\n" if first.endswith("\r") else "\n"
        self.splices: list[Splice] = []

    def place(self, edit: Edit) -> Splice | None:
        """The edit as a splice; None if the text has no such place or another splice meets it."""
        start, end = self._lines.offset(edit.span.start), self._lines.offset(edit.span.end)
        if start is None or end is None or end < start:
            return None
        try:
            edit.text.encode()
        except UnicodeEncodeError:  # a lone surrogate out of a JSON escape
            return None
        new = (start, end, edit.text.replace("\r\n", "\n").replace("\n", self._newline))
        index = bisect_left(self.splices, new)
        neighbours = self.splices[max(0, index - 1) : index + 2]
        return None if any(_meet(new, old) for old in neighbours) else new

    def add(self, splice: Splice) -> None:
        """Take a splice that `place` gave."""
        insort(self.splices, splice)

    def spliced(self) -> bytes:
        """The bytes of the file with its splices made."""
        return (self._bom + splice(self._lines.text, self.splices)).encode("utf-8")


def _meet(one: Splice, other: Splice) -> bool:
    """Whether two edits overlap, or insert at the same place, where their order would matter."""
    if one[:2] == other[:2]:
        return True
    return one[0] < other[1] and other[0] < one[1]


def splice(text: str, splices: Iterable[Splice]) -> str:
    """`text` with every splice made; they do not overlap."""
    parts: list[str] = []
    done = 0
    for start, end, new in sorted(splices):
        parts += (text[done:start], new)
        done = end
    return "".join([*parts, text[done:]])


def _inside(path: str) -> bool:
    """Whether a path of a cartridge stays in it, as far as its words go."""
    return not (path.startswith("/") or ".." in path.split("/"))
