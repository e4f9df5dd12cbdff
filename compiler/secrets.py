"""Keys and tokens that someone left in a text. Pure: text in, offsets out.

A finding has the shape its issuer gives to keys and looks random; what stands in documentation in
place of a key (`sk-your-key-here`, `AKIA…EXAMPLE`, `ghp_xxxx`) is let pass.
"""

from __future__ import annotations

import re
from collections import Counter
from math import log2
from typing import Final

_START: Final = r"(?<![A-Za-z0-9_-])"
_END: Final = r"(?![A-Za-z0-9])"

# Kind, the literal that every such key holds (what is searched first), its shape; group 1 is
# the part that must look random.
_SHAPES: Final = tuple(
    (kind, marker, re.compile(shape))
    for kind, marker, shape in (
        ("an AWS access key", "AKIA", rf"{_START}AKIA([A-Z0-9]{{16}}){_END}"),
        ("an AWS access key", "ASIA", rf"{_START}ASIA([A-Z0-9]{{16}}){_END}"),
        ("an Anthropic API key", "sk-ant-", rf"{_START}sk-ant-([A-Za-z0-9_-]{{20,}})"),
        ("an API key", "sk-", rf"{_START}sk-(?!ant-)(?:[a-z0-9]+-)*([A-Za-z0-9_-]{{20,}})"),
        ("a Stripe key", "_live_", rf"{_START}[sr]k_live_([A-Za-z0-9]{{20,}}){_END}"),
        ("a GitHub token", "gh", rf"{_START}gh[pousr]_([A-Za-z0-9]{{36,}}){_END}"),
        ("a GitHub token", "github_pat_", rf"{_START}github_pat_([A-Za-z0-9_]{{22,}})"),
        ("a GitLab token", "glpat-", rf"{_START}glpat-([A-Za-z0-9_-]{{20,}})"),
        ("a Slack token", "xox", rf"{_START}xox[abeoprs]-([A-Za-z0-9-]{{20,}})"),
        ("a Google API key", "AIza", rf"{_START}AIza([A-Za-z0-9_-]{{35}}){_END}"),
        ("a Hugging Face token", "hf_", rf"{_START}hf_([A-Za-z0-9]{{30,}}){_END}"),
        (
            "a JSON Web Token",
            "eyJ",
            rf"{_START}eyJ[A-Za-z0-9_-]{{8,}}\.(eyJ[A-Za-z0-9_-]{{8,}}\.[A-Za-z0-9_-]{{16,}})",
        ),
        (
            "a private key",
            "PRIVATE KEY",
            r"-----BEGIN (?:[A-Z0-9]+ ){0,3}PRIVATE KEY(?: BLOCK)?-----"
            r"(?:\s|\\[rn]|[\"'>|+]|[A-Za-z-]{3,40}: [^\n]{0,200}\n)*+([A-Za-z0-9+/=]{24,})",
        ),
    )
)

_PLACEHOLDERS: Final = re.compile(
    r"example|your|placeholder|xxxx|dummy|fake|redacted|change.?me|insert|sample|replace|here|"
    r"\*\*\*|\.\.\.",
    re.IGNORECASE,
)
_MIN_RUN: Final = 12
_MIN_ENTROPY: Final = 2.75
"""Bits a character. Random keys of 16 characters have 3 and more; `aaaa1111aaaa1111` has 1."""


def find_secrets(text: str) -> list[tuple[int, int, str]]:
    """`(start, end, kind)` of each thing that looks like a live key, in order, none overlapping."""
    found = [
        (match.start(), match.end(), kind)
        for kind, marker, shape in _SHAPES
        if marker in text
        for match in shape.finditer(text)
        if looks_random(match[1])
    ]
    found.sort(key=lambda each: (each[0], -each[1]))
    kept: list[tuple[int, int, str]] = []
    for each in found:
        if not kept or each[0] >= kept[-1][1]:
            kept.append(each)
    return kept


def looks_random(body: str) -> bool:
    """Could an issuer have drawn these characters? Words, repetitions and placeholders fail."""
    if _PLACEHOLDERS.search(body) or not any(character.isdigit() for character in body):
        return False
    if max(map(len, body.split("-"))) < _MIN_RUN:  # words-joined-by-hyphens-2
        return False
    size = len(body)
    entropy = -sum(n / size * log2(n / size) for n in Counter(body).values())
    return entropy >= _MIN_ENTROPY
