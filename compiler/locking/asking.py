"""Running an installer or npm to ask it something: words and files in, what it said out.

It runs in an empty folder, so that no settings that lie in a cartridge change what it answers, and
gets the user's own.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable, Mapping, Sequence
from tempfile import TemporaryDirectory
from typing import Final, NamedTuple

from looplet.compiler.locking.names import without_login

PATIENCE_S: Final = 900
MOST: Final = 400
"""Characters of what a program says."""

_NO_NETWORK: Final = re.compile(
    r"ECONNREFUSED|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|ECONNRESET|ENOTCACHED|EHOSTUNREACH|ENETUNREACH"
    r"|name resolution|NewConnectionError|Connection refused|ConnectTimeout|timed? ?out"
    r"|error sending request|dns error|failed to fetch|network was disabled|network is unreachable",
    re.IGNORECASE,
)
_ERROR: Final = re.compile(r"(?:ERROR:|error:|×) *")


class Said(NamedTuple):
    """How a program ended, and what it wrote."""

    code: int
    out: str
    err: str


Ask = Callable[[Sequence[str], Mapping[str, str]], Said]
"""Runs a command line in a folder that holds these files, by name."""


def ask(argv: Sequence[str], files: Mapping[str, str]) -> Said:
    """Run `argv` for real."""
    with TemporaryDirectory(prefix="looplet-lock-") as folder:
        for name, text in files.items():
            with open(os.path.join(folder, name), "x", encoding="utf-8") as file:
                file.write(text)
        try:
            ran = subprocess.run(
                argv,
                cwd=folder,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                encoding="utf-8",
                errors="replace",
                timeout=PATIENCE_S,
            )
        except subprocess.TimeoutExpired:
            return Said(1, "", f"it timed out after {PATIENCE_S} seconds")
        except OSError as error:
            return Said(1, "", f"it cannot be started: {error.strerror or error}")
    return Said(ran.returncode, ran.stdout, ran.stderr)


def why(said: Said, program: str) -> str:
    """Why a program failed, on one line, without a password that an address may hold."""
    if _NO_NETWORK.search(said.err + said.out):
        return (
            f"{program} cannot reach its index, and locking needs it; `looplet-compile lock "
            f"--check` does not: {_core(said)}"
        )
    return f"{program} says: {_core(said)}"


def _core(said: Said) -> str:
    """What says most of it: the last error with what explains it, or else the last line."""
    lines = [line.strip() for line in said.err.splitlines() if line.strip()]
    errors = [at for at, line in enumerate(lines) if _ERROR.match(line)]
    told = lines[errors[-1] if errors else -1 :] or ["nothing"]
    text = " ".join(_ERROR.sub("", " ".join(told)).split())
    text = without_login(text).replace("`", "'").rstrip(". ")
    return text if len(text) <= MOST else f"{text[: MOST - 1]}…"


__all__ = ["Ask", "Said", "ask", "why"]
