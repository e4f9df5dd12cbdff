"""Texts that look like live keys, in every text file of a cartridge."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from looplet.compiler.cartridge import Cartridge
from looplet.compiler.diagnostics import Diagnostic, Span
from looplet.compiler.rules import ct6_safety as ct6
from looplet.compiler.secrets import find_secrets
from looplet.compiler.text.lines import Lines

TEXTS: Final = (
    *(".md", ".jinja", ".yaml", ".yml", ".json", ".jsonl", ".toml", ".txt", ".cfg", ".ini"),
    *(".env", ".sh", ".pem", ".key"),
)


def check_secrets(cartridge: Cartridge) -> Iterator[Diagnostic]:
    """One finding for each key; those of Python files are among the file's facts."""
    for path in cartridge.tree.files:
        if path.endswith(".py"):
            for secret in cartridge.facts(path)["secrets"]:
                yield ct6.secret.at(path, Span.of(*secret["span"]), kind=secret["kind"])
        elif path.endswith(TEXTS) or "." not in path.rpartition("/")[2]:
            text = cartridge.text(path)
            for start, end, kind in find_secrets(text):
                lines = Lines(text)
                span = Span(lines.position(start), lines.position(end))
                yield ct6.secret.at(path, span, kind=kind)
