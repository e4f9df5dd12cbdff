"""What a program gets to start from somebody else's command line: `timeout 30 npx docs`.

A program that is no launcher, an image, even a package may start what its arguments say. Which do
is not known, so every word that a launcher's command line can begin with is taken for one.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from typing import Final

from looplet.compiler.locking.launcher_options import NPM_VERBS

FETCHERS: Final[dict[str, tuple[str, ...]]] = {
    **dict.fromkeys(("npx", "pnpx", "bunx", "uvx"), ()),
    **NPM_VERBS,
    "pipx": ("run",),
    "uv": ("run", "tool"),
    **dict.fromkeys(("docker", "podman", "nerdctl"), ("run", "container", "compose")),
    "go": ("run",),
    "nix": ("run", "shell", "develop"),
}
"""Programs that fetch what they start, and the words behind them with which they do."""

_HARMLESS: Final = re.compile(
    r".*_(?:cache|cache_dir|loglevel|log_level|no_progress|progress|link_mode|update_notifier|fund"
    r"|audit|offline|native_tls|http_timeout)",
    re.IGNORECASE,
)
_STEERING: Final = re.compile(
    r"(?:npm_config|pnpm|yarn|bun|uv|pip|pipx|docker|container)_\w+|path|node_options|pythonpath",
    re.IGNORECASE,
)


def plain(program: str) -> str:
    """A program without its folder and without what Windows puts behind its name."""
    name = program.replace("\\", "/").rpartition("/")[2].lower()
    return re.sub(r"(?:-cli\.js|\.(?:exe|cmd|bat|ps1))\Z", "", name)


def handed_on(words: Sequence[str]) -> Iterator[list[str]]:
    """The command lines that start somewhere in these arguments, or in a text among them."""
    for at, word in enumerate(words):
        text = word.partition("=")[2] if word.startswith("-") and "=" in word else word
        parts = _parts(text)
        if len(parts) > 1:
            yield from handed_on(parts)
        elif parts and _begins([*parts, *words[at + 1 :]]):
            yield [*parts, *words[at + 1 :]]


def steering(names: Sequence[str]) -> str | None:
    """The first of these variables that decides what a launcher fetches or loads, if one does."""
    return next((n for n in names if _STEERING.fullmatch(n) and not _HARMLESS.fullmatch(n)), None)


def _begins(words: Sequence[str]) -> bool:
    verbs = FETCHERS.get(plain(words[0]))
    if verbs is None or len(words) < 2:
        return False
    return not verbs or words[1] in verbs or words[1].startswith("-")


def _parts(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError:
        return text.split()


__all__ = ["FETCHERS", "handed_on", "plain", "steering"]
