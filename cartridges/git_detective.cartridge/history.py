"""What a Git history is to the tools: commits and files as plain values, and how they are parsed.

Pure: nothing here starts a program or opens a file; `resources/repository.py` does that.
"""

import re
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import NamedTuple

# A record starts with \x01 and has these fields; what follows is told apart by position, so that
# no file name and no subject can pass for a record.
FIELDS = ("%x01%H", "%P", "%aN", "%aE", "%ad", "%s")
LATEST = 253_402_214_400  # the last day of the year 9999, which every time zone can still show

FIX = re.compile(r"\b(fix(e[sd]|ing)?|bugs?|bugfix|hotfix|regression)\b", re.IGNORECASE)
GENERATED = re.compile(
    r"(^|/)(vendor|third_party|node_modules|dist|__snapshots__)/"
    r"|(^|/)(package-lock\.json|npm-shrinkwrap\.json|pnpm-lock\.yaml|go\.sum|[^/]+\.lock)$"
    r"|\.(min\.(js|css)|map|snap|pb\.go)$|_pb2(_grpc)?\.pyi?$"
)
PROSE = re.compile(r"(^|/)(docs?)/|\.(md|rst|txt|adoc|org|po|tex)$|(^|/)[A-Z]+$")
TEST = re.compile(
    r"(^|/)(tests?|specs?|__tests__)/|(^|/)(test_|conftest)[^/]*$|[._-](test|spec)s?\.[^/]+$"
)


class Change(NamedTuple):
    """What one commit did to one file, under the name that the file has today."""

    path: str
    added: int  # lines; 0 in a binary file
    deleted: int


class Commit(NamedTuple):
    sha: str
    author: str
    when: int  # seconds since 1970, by the author's clock
    offset: int  # minutes east of UTC, where the author was
    subject: str
    merge: bool
    changes: tuple[Change, ...]  # none for a merge: the work is in the commits that it joins


class File(NamedTuple):
    size: int  # bytes
    blob: str  # the id of its contents


@dataclass(frozen=True)
class History:
    """What the tools compute from: the commits, newest first, and the files of the newest one."""

    name: str
    branch: str
    head: str  # empty: nothing was committed yet
    commits: tuple[Commit, ...] = ()
    files: dict[str, File] = field(default_factory=dict)
    notes: tuple[str, ...] = ()  # what this history cannot tell

    @cached_property
    def as_of(self) -> int:
        """The moment that ages are counted from: the newest commit, unless its clock ran ahead."""
        return min(max((c.when for c in self.commits), default=0), int(time.time()))

    def days(self, moment: int) -> int:
        """How long before `as_of` that was, in whole days."""
        return max(0, self.as_of - moment) // 86_400

    @staticmethod
    def date(moment: int, offset: int = 0) -> str:
        return datetime.fromtimestamp(moment + offset * 60, UTC).date().isoformat()

    def select(self, under: str = "", kinds: Iterable[str] = ()) -> list[str]:
        """Today's files: those below the folder `under`, those of these `kinds`; all by default.

        A folder that does not exist is an error, which says what there is: models guess at names.
        """
        folder = under.removeprefix("./").strip("/")
        folder = f"{folder}/" if folder not in ("", ".") else ""
        if folder and self.files and not any(path.startswith(folder) for path in self.files):
            there = sorted({path.partition("/")[0] for path in self.files if "/" in path})
            top = f"at the top are: {', '.join(there[:20])}" if there else "there are none"
            raise ValueError(f"there is no folder `{under}`; {top}. For all, leave `under` out")
        wanted = set(kinds)
        return [
            path
            for path in self.files
            if path.startswith(folder) and (not wanted or kind(path) in wanted)
        ]

    def touches(self, paths: Iterable[str]) -> dict[str, list[tuple[Commit, Change]]]:
        """Each of these files with what happened to it, newest first."""
        found: dict[str, list[tuple[Commit, Change]]] = {path: [] for path in paths}
        for commit in self.commits:
            for change in commit.changes:
                if change.path in found:
                    found[change.path].append((commit, change))
        return found


def parse_log(chunks: Iterable[bytes], cut: set[str]) -> tuple[Commit, ...]:
    """The output of `git log -z --numstat`, newest commit first, as commits.

    A file that was renamed counts under its present name throughout. What the commits in `cut`
    changed is left out: Git knows it of no other commit.
    """
    commits: list[Commit] = []
    signatures: list[tuple[str, str]] = []
    today: dict[str, str] = {}  # an old path -> what it is called now
    tokens = _tokens(chunks)
    token = next(tokens, None)
    while token is not None:
        sha = token[1:].decode()
        parents, name, address, date, subject = (text_of(next(tokens, b"")) for _ in FIELDS[1:])
        changes = []
        while (token := next(tokens, None)) is not None and not token.startswith(b"\x01"):
            added, deleted, path = token.lstrip(b"\n").split(b"\t", 2)
            if path:
                now = text_of(path)
                now = today.get(now, now)
            else:  # renamed: the old and the new name follow
                old, now = text_of(next(tokens, b"")), text_of(next(tokens, b""))
                now = today[old] = today.get(now, now)
            changes.append(Change(now, *(0 if n == b"-" else int(n) for n in (added, deleted))))
        when, offset = _moment(date)
        merge = " " in parents
        signatures.append((name, address))
        commits.append(
            Commit(sha, "", when, offset, subject, merge, () if sha in cut else tuple(changes))
        )
    who = people(signatures)
    return tuple(c._replace(author=who[s]) for c, s in zip(commits, signatures, strict=True))


def people(signatures: list[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """(name, address) -> the name of the person: who shares either with another is the same one."""
    leader: dict[tuple[str, str], tuple[str, str]] = {}

    def find(key: tuple[str, str]) -> tuple[str, str]:
        while leader.setdefault(key, key) != key:
            key = leader[key] = leader[leader[key]]
        return key

    for name, address in set(signatures):
        if name and address:
            leader[find(("name", name.casefold()))] = find(("address", address.casefold()))
    shown: dict[tuple[str, str], str] = {}
    answer = {}
    for name, address in signatures:  # the newest spelling of a name is the one to show
        key = ("name", name.casefold()) if name else ("address", address.casefold())
        answer[name, address] = shown.setdefault(find(key), name or "(no name)")
    return answer


def kind(path: str) -> str:
    """`generated`, `test`, `prose` or `code`, judged by the path."""
    for word, pattern in (("generated", GENERATED), ("test", TEST), ("prose", PROSE)):
        if pattern.search(path):
            return word
    return "code"


def is_fix(subject: str) -> bool:
    """Whether the first line of a commit speaks of repairing something."""
    return FIX.search(subject) is not None


def text_of(raw: bytes) -> str:
    """Bytes as text that any JSON writer takes: what is not UTF-8 becomes \\xNN."""
    return raw.decode("utf-8", "backslashreplace")


def _tokens(chunks: Iterable[bytes]) -> Iterator[bytes]:
    rest = b""
    for chunk in chunks:
        *whole, rest = (rest + chunk).split(b"\0")
        yield from whole


def _moment(date: str) -> tuple[int, int]:
    """`1700000000 +0130` as seconds and minutes; a damaged date is the start of 1970."""
    match = re.fullmatch(r"(-?\d+) ([+-])(\d\d)(\d\d)", date)
    if not match:
        return 0, 0
    seconds, sign, hours, minutes = match.groups()
    offset = (int(hours) % 24 * 60 + int(minutes) % 60) * (-1 if sign == "-" else 1)
    return max(86_400, min(int(seconds), LATEST)), offset
