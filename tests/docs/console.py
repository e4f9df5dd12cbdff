"""What a reader types, run: the lines of a console block that begin with `$ `, and their output.

The two commands of looplet run in this process, which costs a tenth of a new one; everything else
goes through a shell that finds them on its PATH.
"""

from __future__ import annotations

import io
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

_SHELL = re.compile(r"[|;&<>`]|\$[({]")
_TIME = re.compile(r"\[\d+ms\]")


@dataclass(frozen=True)
class Command:
    """One command and the output that the page shows for it; `shown` is None for no output."""

    text: str
    shown: str | None


def commands(text: str) -> Iterator[Command]:
    """The commands of a block. A line that ends in a backslash goes on in the next."""
    found: list[tuple[str, list[str]]] = []
    going_on = False
    for line in text.splitlines():
        if going_on:
            found[-1] = (found[-1][0] + "\n" + line, [])
        elif line.startswith("$ "):
            found.append((line[2:], []))
        elif found:
            found[-1][1].append(line)
        else:
            raise AssertionError(f"a console block begins with `$ `, not with {line!r}")
        going_on = line.endswith("\\")
    for command, output in found:
        yield Command(command, "\n".join(output) if output else None)


class Console:
    """A folder to type in. `run` gives what a command prints, stderr included, and its code."""

    def __init__(self, folder: Path, shims: Path) -> None:
        self.folder = folder
        self.last = 0
        self.environment = {
            "PATH": f"{shims}{os.pathsep}{Path(sys.executable).parent}{os.pathsep}"
            + os.environ.get("PATH", ""),
            "COLUMNS": "100",
        }
        for name, module in (
            ("looplet", "looplet.cli"),
            ("looplet-compile", "looplet.compiler.cli"),
        ):
            shim = shims / name
            shim.write_text(
                f"#!{sys.executable}\nimport sys\nfrom {module} import main\nsys.exit(main())\n"
            )
            shim.chmod(0o755)

    def run(self, command: str) -> tuple[str, int]:
        command = command.replace("\\\n", " ")
        if command == "echo $?":
            return str(self.last), 0
        if command.startswith("cd "):
            self.folder = (self.folder / command[3:]).resolve()
            os.chdir(self.folder)
            return "", 0
        words = [] if _SHELL.search(command) else shlex.split(command, comments=True)
        if words and words[0] in ("looplet", "looplet-compile"):
            output, self.last = _in_process(words)
        else:
            ran = subprocess.run(
                ["sh", "-c", command],
                cwd=self.folder,
                env={**os.environ, **self.environment},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                timeout=60,
            )
            output, self.last = ran.stdout.decode(), ran.returncode
        return output.rstrip("\n"), self.last


def _in_process(words: list[str]) -> tuple[str, int]:
    if words[0] == "looplet":
        from looplet.cli import main
    else:
        from looplet.compiler.cli import main
    said = io.StringIO()
    with redirect_stdout(said), redirect_stderr(said):
        code = main(words[1:])
    return said.getvalue(), code


def agrees(shown: str, real: str) -> bool:
    """Whether the output a page shows is the real one. `…` stands for anything, on a line of its
    own for any number of lines; times don't count."""
    pattern = []
    for line in _TIME.sub("[0ms]", shown).splitlines():
        if line.strip() == "…":
            pattern.append(r"(?:.*\n)*")
        else:
            words = map(re.escape, line.rstrip().split("…"))
            pattern.append(".*?".join(words) + r"[ ]*\n")
    return re.fullmatch("".join(pattern), _TIME.sub("[0ms]", real) + "\n") is not None
