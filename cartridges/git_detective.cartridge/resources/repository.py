"""The `repository` resource: one Git history, read once per run and shared by every tool.

Git is only asked to read. No shell, no pager, no network, no program that the repository's own
configuration names; no value from outside stands where Git looks for an option. Names leave here
as text that JSON can hold; e-mail addresses do not leave at all.
"""

import os
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterable
from pathlib import Path
from typing import IO

from history import FIELDS, Commit, File, History, parse_log, text_of

THREAD_SAFE = True

GIT = [
    *("git", "--no-pager"),
    *("-c", "core.fsmonitor=false"),  # would start a program
    *("-c", "log.showSignature=false"),  # would start gpg
    *("-c", "protocol.allow=never"),  # a partial clone would fetch what it lacks
]
# Git's own variables can point it at another repository or at a program; these few cannot.
HARMLESS = {"GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM", "GIT_EXEC_PATH"}
QUIET = {"GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"}
SECONDS_FOR_THE_LOG = 120
SECONDS_FOR_A_QUESTION = 30
LARGEST_TO_COUNT = 1_000_000  # bytes


class RepositoryError(Exception):
    """The history cannot be read; the text says why and what to do."""


class Repository:
    """A repository on disk; nothing is read before a tool asks."""

    def __init__(self, path: str, *, rev: str = "HEAD", since: str = "", max_commits: int = 20_000):
        self.path = path
        self.rev = rev
        self.since = since
        self.max_commits = max_commits
        self._history: History | None = None
        self._lock = threading.Lock()

    def history(self) -> History:
        """The history, read at the first call. Raises RepositoryError if that is impossible."""
        with self._lock:
            if self._history is None:
                self._history = self._read()
            return self._history

    def problem(self) -> str:
        """Why the history cannot be read; empty if it can."""
        try:
            self.history()
        except RepositoryError as error:
            return str(error)
        return ""

    def line_counts(self, paths: Iterable[str]) -> dict[str, int]:
        """How many lines these files have today; 0 for a binary or a huge one."""
        files = self.history().files
        counts = dict.fromkeys(paths, 0)
        small = [path for path in counts if files[path].size <= LARGEST_TO_COUNT]
        ids = "".join(f"{files[path].blob}\n" for path in small)
        answer = self._ask("cat-file", "--batch", stdin=ids)
        start = 0
        for path in small:
            start = answer.index(b"\n", start) + 1  # behind "<id> blob <size>"
            content = answer[start : start + files[path].size]
            start += len(content) + 1
            if b"\0" not in content[:8000]:
                counts[path] = len(content.splitlines())
        return counts

    def _read(self) -> History:
        head = self._resolve()
        top = self._ask("rev-parse", "--show-toplevel", may_fail=True).rstrip(b"\n")
        top = top or os.fsencode(os.path.abspath(self.path))  # a bare one has none
        name = text_of(os.path.basename(top))
        branch = self._ask("symbolic-ref", "--short", "--quiet", "HEAD", may_fail=True)
        branch = text_of(branch).strip() or "(no branch)"
        if not head:
            return History(name, branch, head, notes=("there are no commits yet",))
        cut = self._cut()
        commits, late = self._log(head, cut)
        notes = {
            "a shallow clone, its earlier history is missing; `git fetch --unshallow` gets it": cut,
            f"older commits were not read (`since` is {self.since!r})": self.since,
            f"only the newest {self.max_commits} commits were read (`max_commits`)": (
                len(commits) > self.max_commits
            ),
            f"reading was stopped after {SECONDS_FOR_THE_LOG} s": late,
        }
        told = tuple(note for note, holds in notes.items() if holds)
        return History(name, branch, head, commits[: self.max_commits], self._tree(head), told)

    def _resolve(self) -> str:
        """The id of the commit to start from; empty if nothing was committed yet."""
        self._ask("rev-parse", "--git-dir")  # raises what is wrong with the repository, if anything
        if not self.rev.startswith("-"):
            commit = self.rev + "^{commit}"
            found = self._ask("rev-parse", "--verify", "--quiet", commit, may_fail=True).strip()
            if found.isalnum():
                return found.decode()
        if self.rev == "HEAD" and not self._ask("for-each-ref", "--count=1"):
            return ""
        raise RepositoryError(f"`rev`: {self.rev!r} is no branch, tag or commit here")

    def _cut(self) -> set[str]:
        """The commits where a shallow clone ends; Git shows each as if it had added every file."""
        listed = os.fsdecode(self._ask("rev-parse", "--git-path", "shallow").rstrip(b"\n"))
        path = Path(self.path, listed)
        return set(path.read_text("ascii").split()) if path.is_file() else set()

    def _tree(self, head: str) -> dict[str, File]:
        files = {}
        for entry in self._ask("ls-tree", "-r", "-l", "-z", "--full-tree", head).split(b"\0")[:-1]:
            about, path = entry.split(b"\t", 1)
            mode, _, blob, size = about.decode().split()
            if mode.startswith("100"):  # not a link, not a submodule
                files[text_of(path)] = File(int(size), blob)
        return files

    def _log(self, head: str, cut: set[str]) -> tuple[tuple[Commit, ...], bool]:
        """The commits behind `head`, and whether time ran out before the oldest of them."""
        # A bare date would mean that day at the present hour.
        since = self.since + ("T00:00:00Z" if "-" in self.since else "")
        command = [
            *("log", "-z", "--numstat", "--find-renames", "-l1000", "--no-relative", "--no-color"),
            *("--no-ext-diff", "--no-textconv", "--no-show-signature", "--encoding=UTF-8"),
            *("--date=raw", "--format=tformat:" + "%x00".join(FIELDS)),
            f"--max-count={self.max_commits + 1}",  # one more tells whether there are more
            *([f"--since={since}"] if since else []),
            *(head, "--"),
        ]
        deadline = time.monotonic() + SECONDS_FOR_THE_LOG
        with tempfile.TemporaryFile() as errors, self._start(command, stderr=errors) as git:
            alarm = threading.Timer(SECONDS_FOR_THE_LOG, git.kill)
            alarm.daemon = True
            alarm.start()
            try:
                commits = parse_log(iter(lambda: git.stdout.read(1 << 16), b""), cut)
            finally:
                alarm.cancel()
            late = time.monotonic() >= deadline
            if git.wait() and not late:
                errors.seek(0)
                raise self._failure(errors.read())
        return commits, late

    def _ask(self, *arguments: str, stdin: str = "", may_fail: bool = False) -> bytes:
        with self._start(arguments, stdin=subprocess.PIPE, stderr=subprocess.PIPE) as git:
            try:
                answer, errors = git.communicate(stdin.encode(), SECONDS_FOR_A_QUESTION)
            except subprocess.TimeoutExpired:
                git.kill()
                raise RepositoryError(f"`git {arguments[0]}` took too long") from None
        if git.returncode and not may_fail:
            raise self._failure(errors)
        return b"" if git.returncode else answer

    def _start(
        self,
        arguments: Iterable[str],
        *,
        stderr: "int | IO[bytes]",
        stdin: int = subprocess.DEVNULL,
    ) -> "subprocess.Popen[bytes]":
        kept = {k: v for k, v in os.environ.items() if not k.startswith("GIT_") or k in HARMLESS}
        try:
            return subprocess.Popen(
                [*GIT, *arguments],
                cwd=self.path,
                env=kept | QUIET,
                stdin=stdin,
                stdout=subprocess.PIPE,
                stderr=stderr,
            )
        except (OSError, ValueError):  # no such program or folder; a path with a NUL
            if os.path.isdir(self.path):
                raise RepositoryError("`git` is not installed, or not on the PATH") from None
            hint = "; clone it, then give its folder" if "://" in self.path else ""
            raise RepositoryError(f"`repo`: {self.path!r} is not a folder{hint}") from None

    def _failure(self, errors: bytes) -> RepositoryError:
        said = text_of(errors).strip()
        if "not a git repository" in said:
            return RepositoryError(f"`repo`: {self.path!r} is not in a Git repository")
        if "promisor" in said or "transport" in said:
            said = "a clone without the contents of its files; `git fetch --refetch` gets them"
        return RepositoryError(f"Git cannot read {self.path!r}: {said}")


def build(runtime=None) -> Repository:
    """Called once per run; `runtime` holds the caller's inputs."""
    given = dict(runtime or {})
    return Repository(
        given.get("repo", "."),
        rev=given.get("rev", "HEAD"),
        since=given.get("since", ""),
        max_commits=given.get("max_commits", 20_000),
    )
