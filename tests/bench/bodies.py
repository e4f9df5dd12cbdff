"""What the generated tools are made of: per family, parameters and a believable `execute.py`.

A body is a template: `@NAME@`, `@LIMIT@` and `@WORD@` differ from tool to tool and from seed to
seed, so that no two generated files are equal.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Parameter:
    """One parameter of a tool; `default` is its YAML spelling, empty when it is required."""

    name: str
    type: str
    description: str
    default: str = ""


@dataclass(frozen=True)
class Family:
    """Tools that work alike: what they take, what they need, how they are written."""

    parameters: tuple[Parameter, ...]
    requires: tuple[str, ...]
    body: str


SMALL = Family(
    parameters=(
        Parameter("text", "string", "What to look at."),
        Parameter("limit", "integer", "How many results at most.", "10"),
    ),
    requires=(),
    body='''"""@NAME@: a small tool."""


def execute(*, text: str, limit: int = 10) -> dict:
    """Return the first words of the text that hold the mark."""
    found = [word for word in text.split() if "@WORD@" in word]
    return {"tool": "@NAME@", "found": found[: min(limit, @LIMIT@)]}
''',
)

DONE = Family(
    parameters=(Parameter("summary", "string", "What was done, in one or two sentences."),),
    requires=(),
    body='''"""done: ends the run."""


def execute(*, summary: str) -> dict:
    """Hand the summary back as the answer."""
    return {"summary": summary, "mark": "@WORD@"}
''',
)

READER = Family(
    parameters=(
        Parameter("path", "string", "Path of the file, relative to the workspace."),
        Parameter("start", "integer", "First line to return, from 1.", "1"),
        Parameter("count", "integer", "How many lines to return.", "200"),
    ),
    requires=("workspace",),
    body='''"""@NAME@: read part of a text file of the workspace."""

from __future__ import annotations

from pathlib import Path

MAX_BYTES = @LIMIT@
BINARY_MARK = b"\\x00"


def _inside(root: Path, path: str) -> Path:
    """Resolve a path and refuse one that leaves the workspace."""
    target = (root / path).resolve()
    if not target.is_relative_to(root.resolve()):
        raise ValueError(f"{path} is outside of the workspace (@WORD@)")
    return target


def _decode(data: bytes) -> str:
    """Decode text, and say so when it is none."""
    if BINARY_MARK in data[:1024]:
        raise ValueError("this looks like a binary file")
    return data.decode("utf-8", errors="replace")


def execute(ctx, *, path: str, start: int = 1, count: int = 200) -> dict:
    """Return numbered lines, and how many there are."""
    root = Path(ctx.resources["workspace"])
    target = _inside(root, path)
    if not target.is_file():
        return {"error": f"no such file: {path}", "hint": "list the folder first"}
    data = target.read_bytes()[:MAX_BYTES]
    lines = _decode(data).splitlines()
    first = max(start, 1) - 1
    chosen = lines[first : first + count]
    numbered = [f"{number:5d}  {line}" for number, line in enumerate(chosen, start=first + 1)]
    return {
        "path": path,
        "total_lines": len(lines),
        "text": "\\n".join(numbered),
        "truncated": first + count < len(lines),
    }
''',
)

WRITER = Family(
    parameters=(
        Parameter("path", "string", "Path of the file, relative to the workspace."),
        Parameter("old", "string", "The text to replace; it must occur exactly once."),
        Parameter("new", "string", "The text to put in its place."),
        Parameter("dry_run", "boolean", "Only say what would change.", "false"),
    ),
    requires=("workspace", "history"),
    body='''"""@NAME@: change one place in a file of the workspace."""

from __future__ import annotations

import difflib
import os
import tempfile
from pathlib import Path

CONTEXT_LINES = @LIMIT@


def _replace(target: Path, text: str) -> None:
    """Write to a temporary file first, so that a crash leaves the old text."""
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=".@WORD@-")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
    os.replace(name, target)


def _difference(path: str, before: str, after: str) -> str:
    lines = difflib.unified_diff(
        before.splitlines(), after.splitlines(), path, path, lineterm="", n=CONTEXT_LINES
    )
    return "\\n".join(lines)


def execute(ctx, *, path: str, old: str, new: str, dry_run: bool = False) -> dict:
    """Replace the one occurrence of `old`, and return the difference."""
    target = Path(ctx.resources["workspace"]) / path
    if not target.is_file():
        return {"error": f"no such file: {path}"}
    before = target.read_text(encoding="utf-8")
    times = before.count(old)
    if times != 1:
        return {"error": f"the text occurs {times} times, not once", "path": path}
    after = before.replace(old, new)
    if not dry_run:
        ctx.resources["history"].append({"path": path, "before": before})
        _replace(target, after)
    return {"path": path, "changed": not dry_run, "diff": _difference(path, before, after)}
''',
)

SEARCHER = Family(
    parameters=(
        Parameter("pattern", "string", "A regular expression, in Python's dialect."),
        Parameter("include", "string", "Which files, as a glob.", '"*"'),
        Parameter("limit", "integer", "How many matches to return at most.", "50"),
    ),
    requires=("workspace",),
    body='''"""@NAME@: look for a pattern in the files of the workspace."""

from __future__ import annotations

import fnmatch
import os
import re
from collections.abc import Iterator
from pathlib import Path

SKIPPED = {".git", "__pycache__", "node_modules", ".venv", "@WORD@"}
MAX_FILE = @LIMIT@ * 1024


def _files(root: Path, include: str) -> Iterator[Path]:
    """Yield the files that a person would call part of the project."""
    for folder, names, files in os.walk(root):
        names[:] = sorted(name for name in names if name not in SKIPPED)
        for name in sorted(files):
            if fnmatch.fnmatch(name, include):
                yield Path(folder) / name


def _matches(path: Path, expression: re.Pattern[str]) -> Iterator[tuple[int, str]]:
    if path.stat().st_size > MAX_FILE:
        return
    text = path.read_text(encoding="utf-8", errors="replace")
    for number, line in enumerate(text.splitlines(), start=1):
        if expression.search(line):
            yield number, line.strip()[:200]


def execute(ctx, *, pattern: str, include: str = "*", limit: int = 50) -> dict:
    """Return matches as path, line number and text."""
    try:
        expression = re.compile(pattern)
    except re.error as problem:
        return {"error": f"not a regular expression: {problem}"}
    root = Path(ctx.resources["workspace"])
    found = []
    for path in _files(root, include):
        for number, line in _matches(path, expression):
            found.append({"path": str(path.relative_to(root)), "line": number, "text": line})
            if len(found) >= limit:
                return {"matches": found, "truncated": True}
    return {"matches": found, "truncated": False}
''',
)

RUNNER = Family(
    parameters=(
        Parameter("arguments", "array", "The words after the command."),
        Parameter("timeout", "number", "Seconds to wait before the command is stopped.", "60"),
    ),
    requires=("workspace", "limits"),
    body='''"""@NAME@: run one command in the workspace and return what it said."""

from __future__ import annotations

import shlex
import subprocess
from pathlib import Path

COMMAND = "@WORD@"
MAX_CHARACTERS = @LIMIT@


def _shorten(text: str) -> str:
    """Keep the start and the end: that is where commands say what matters."""
    if len(text) <= MAX_CHARACTERS:
        return text
    half = MAX_CHARACTERS // 2
    return f"{text[:half]}\\n… {len(text) - MAX_CHARACTERS} characters left out …\\n{text[-half:]}"


def _seconds(asked: float, limits: dict) -> float:
    return max(1.0, min(asked, float(limits.get("command_seconds", 120))))


def execute(ctx, *, arguments: list, timeout: float = 60) -> dict:
    """Run the command without a shell; a run that takes too long is an error, not a hang."""
    command = [COMMAND, *(str(argument) for argument in arguments)]
    try:
        done = subprocess.run(
            command,
            cwd=Path(ctx.resources["workspace"]),
            capture_output=True,
            text=True,
            timeout=_seconds(timeout, ctx.resources["limits"]),
        )
    except FileNotFoundError:
        return {"error": f"{COMMAND} is not installed here"}
    except subprocess.TimeoutExpired:
        return {"error": f"stopped after {timeout} seconds", "command": shlex.join(command)}
    return {
        "command": shlex.join(command),
        "exit_code": done.returncode,
        "output": _shorten(done.stdout),
        "errors": _shorten(done.stderr),
    }
''',
)

KEEPER = Family(
    parameters=(
        Parameter("items", "array", "The entries, in order; each a short sentence."),
        Parameter("replace", "boolean", "Forget the entries from before.", "false"),
    ),
    requires=("notes",),
    body='''"""@NAME@: keep a list of short entries for the rest of the run."""

from __future__ import annotations

from dataclasses import dataclass, field

MAX_ITEMS = @LIMIT@
MAX_LENGTH = 300


@dataclass
class Outcome:
    """What became of the entries that were handed in."""

    kept: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)

    def take(self, item: object) -> None:
        text = " ".join(str(item).split())
        if text and len(text) <= MAX_LENGTH and text not in self.kept:
            self.kept.append(text)
        else:
            self.refused.append(text[:40])


def execute(ctx, *, items: list, replace: bool = False) -> dict:
    """Store the entries under this tool's name and return all that are stored."""
    notes = ctx.resources["notes"]
    before = [] if replace else list(notes.get("@WORD@", []))
    outcome = Outcome(kept=before)
    for item in items[:MAX_ITEMS]:
        outcome.take(item)
    notes["@WORD@"] = outcome.kept
    if outcome.refused:
        ctx.warn(f"{len(outcome.refused)} entries were empty, too long or there already")
    return {"items": outcome.kept, "count": len(outcome.kept), "refused": outcome.refused}
''',
)
