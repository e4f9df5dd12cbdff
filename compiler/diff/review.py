"""What a person names, read, checked and compared: the command without the words around it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from looplet.compiler.archive.package import pack
from looplet.compiler.diff.changes import Change, Comparison, Verdict
from looplet.compiler.diff.compare import compare
from looplet.compiler.diff.files import compare_files
from looplet.compiler.diff.places import placed
from looplet.compiler.diff.revisions import Repository, Revision
from looplet.compiler.locations import location_of
from looplet.compiler.pipeline import check, check_location
from looplet.compiler.report import Checked, Report
from looplet.contents import File
from looplet.installed import NotInstalled
from looplet.places import NoPlace, place_of
from looplet.preset import AgentPreset, PresetError


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two. named: as it was asked for. files: the tree, where it could be read.

    absent: it is not there, and stands for nothing at all, so that everything of the other is new.
    """

    named: str
    checked: Checked
    files: Mapping[str, File] = field(default_factory=dict, repr=False)
    absent: bool = False

    @property
    def preset(self) -> AgentPreset | None:
        return self.checked.preset

    @property
    def digests(self) -> dict[str, str]:
        """Of the tree and of the meaning."""
        preset = self.preset
        if preset is None or not preset.layers:
            return {}
        try:
            return {"tree": pack(preset).tree_digest, "meaning": preset.digest}
        except PresetError:  # it can be run, and not be packed: a name that is not NFC, say
            return {"meaning": preset.digest}


@dataclass(frozen=True, slots=True)
class Review:
    """comparison: by meaning; None if a side does not check clean. files: what can be told then."""

    old: Side
    new: Side
    comparison: Comparison | None
    files: tuple[Change, ...] = ()

    @property
    def verdict(self) -> Verdict | None:
        return self.comparison.verdict if self.comparison else None

    @property
    def changes(self) -> tuple[Change, ...]:
        return self.comparison.changes if self.comparison else self.files

    @property
    def broken(self) -> Report:
        """The findings of the sides that do not check clean."""
        return Report(tuple(one.checked for one in (self.old, self.new) if one.preset is None))


def review(old: Side, new: Side) -> Review:
    """Compare two sides: by meaning, or as far as that goes."""
    if old.preset is None or new.preset is None:
        return Review(old, new, None, tuple(compare_files(old.files, new.files, {})))
    return Review(old, new, placed(compare(old.preset, new.preset), old.preset, new.preset))


def read(named: str, *, cache: bool = True) -> Side:
    """A folder, a package, or an installed cartridge by its name."""
    checked = check(named, cache=cache).cartridges[0]
    if checked.preset is not None:
        return Side(named, checked, checked.preset.layers[0].files)
    try:
        return Side(named, checked, location_of(place_of(named)).read()[0].files)
    except (PresetError, NoPlace, NotInstalled):
        return Side(named, checked)


def from_git(revisions: str, path: str, *, cache: bool = True) -> tuple[Side, Side]:
    """The cartridge at `path` in a revision, and as it is now, or in another revision.

    revisions: as `git diff` takes them: `REV`, `REV..REV`, or `REV...REV` for what the second one
    did since both were one; an end that is left out is HEAD. Raises NoRevision.
    """
    repository = Repository(path)
    folder = repository.inside(path)
    first, dots, second = _ends(revisions)
    old, new = (first, second) if not dots else (first or "HEAD", second or "HEAD")
    start = repository.fork(old, new) if dots == "..." else repository.commit(old)
    shown = f"{start[:12]}" if dots == "..." else old
    before = _at(Revision(repository, start, f"{shown}:{folder}", folder))
    if not dots:
        after = read(path, cache=cache)
    else:
        end = repository.commit(new)
        after = _at(Revision(repository, end, f"{new}:{folder}", folder))
    return _filled(before, after), _filled(after, before)


def _ends(revisions: str) -> tuple[str, str, str]:
    for dots in ("...", ".."):
        if dots in revisions:
            return revisions.partition(dots)
    return revisions, "", ""


def _at(revision: Revision) -> Side:
    checked = check_location(revision.shown, revision, cache=False)
    absent = not revision.there
    files = revision.read()[0].files if checked.preset is None and not absent else {}
    return Side(revision.shown, checked, files, absent)


def _filled(side: Side, other: Side) -> Side:
    """A side that is not there, as an agent that is nothing but the other's name."""
    if not side.absent or other.preset is None:
        return side
    known = other.preset
    empty = AgentPreset(known.name, known.version, known.description, known.manifest)
    checked = Checked(side.named, known.name, (), {}, empty)
    return Side(side.named, checked, {}, absent=True)


__all__ = ["Review", "Side", "from_git", "read", "review"]
