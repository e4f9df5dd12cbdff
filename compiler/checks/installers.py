"""What the manifest says to installers and indexes: dependencies, Pythons, the licence, a homepage.

What is written in the ordinary way is let through by its look; `packaging` is asked for the rest.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, Final

from looplet.compiler import layout
from looplet.compiler.cartridge import Cartridge
from looplet.compiler.diagnostics import Diagnostic, Rule
from looplet.compiler.rules import ct7_wheels as ct7
from looplet.compiler.syntax import Document

REQUIRES_PYTHON: Final = ">=3.11"
"""Of looplet itself, as its own pyproject.toml has it."""

_VERSION: Final = r"(?:==|!=|>=|<=|~=|<|>) ?[0-9]+(?:\.[0-9]+)+(?:, ?|\Z)"
_PLAIN_REQUIREMENT: Final = re.compile(
    rf"[A-Za-z0-9]+(?:[._-][A-Za-z0-9]+)*(?:\[[a-z0-9_-]+\])? ?(?:{_VERSION}|(?:>=|<) ?[0-9]+\Z)*"
)
_PLAIN_VERSIONS: Final = re.compile(r">= ?3\.[0-9]{1,2}")
_PLAIN_LICENCES: Final = frozenset(
    {
        *("Apache-2.0", "MIT", "MIT-0", "MPL-2.0", "BSD-2-Clause", "BSD-3-Clause", "0BSD", "ISC"),
        *("GPL-3.0-only", "GPL-3.0-or-later", "LGPL-3.0-or-later", "AGPL-3.0-or-later"),
        *("CC0-1.0", "Unlicense"),
    }
)
_LAST_MINOR: Final = 60

Fault = tuple[Rule, dict[str, Any]]
"""A rule, and its facts but for the text that breaks it."""


def check_installers(cartridge: Cartridge) -> Iterator[Diagnostic]:
    """The findings on one folder's manifest."""
    document = cartridge.documents.get(layout.MANIFEST)
    if document is not None:
        yield from manifest_faults(document)


def manifest_faults(document: Document) -> Iterator[Diagnostic]:
    """What installers could do nothing with. What is of the wrong type is left to the schema."""
    value = document.value if isinstance(document.value, dict) else {}
    dependencies = value.get("dependencies")
    for at, text in enumerate(dependencies if isinstance(dependencies, list) else ()):
        if isinstance(text, str) and (why := _no_requirement(text)):
            span = document.span(("dependencies", at))
            yield ct7.no_requirement.at(document.path, span, text=text, why=why)
    for key, judge in _JUDGES.items():
        text = value.get(key)
        if isinstance(text, str) and (fault := judge(text)) is not None:
            rule, facts = fault
            facts["text"] = text
            yield rule.at(document.path, document.span((key,)), **facts)


def _no_requirement(text: str) -> str | None:
    """Why an entry of `dependencies` is none that can be met; None if it is."""
    if _PLAIN_REQUIREMENT.fullmatch(text):
        return None
    from packaging.requirements import InvalidRequirement, Requirement

    try:
        found = Requirement(text)
    except InvalidRequirement:
        return "write a name and versions, such as `httpx>=0.27`"
    if found.url is not None and found.url.lower().startswith("file:"):
        return "a path is there on one machine only; name a distribution"
    if found.marker is not None and re.search(r"\bextra\b", str(found.marker)):
        return "an agent has no extras, so it would never be installed"
    return None


def _versions(text: str) -> Fault | None:
    if _PLAIN_VERSIONS.fullmatch(text):
        return None
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    try:
        found = SpecifierSet(text)
    except InvalidSpecifier:
        return ct7.no_python_versions, {"why": "says no versions; write them as `>=3.11`"}
    minors = range(int(REQUIRES_PYTHON.rpartition(".")[2]), _LAST_MINOR)
    if not any(found.contains(f"3.{minor}.{last}") for minor in minors for last in range(30)):
        why = f"leaves no Python that looplet runs on, which is `{REQUIRES_PYTHON}`"
        return ct7.no_python_versions, {"why": why}
    return None


def _licence(text: str) -> Fault | None:
    if text in _PLAIN_LICENCES:
        return None
    from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression

    try:
        canonicalize_license_expression(text)
    except InvalidLicenseExpression:
        return ct7.no_licence, {"instead": _possible_licence(text)}
    return None


def _possible_licence(text: str) -> str:
    plain = re.sub(r"[^a-z0-9]+", "", text.lower().replace("license", "").replace("version", ""))
    for known in sorted(_PLAIN_LICENCES):
        short = re.sub(r"[^a-z0-9]+", "", known.lower())
        if plain in (short, short.removesuffix("0"), f"the{short}"):
            return known
    own = re.sub(r"[^A-Za-z0-9.]+", "-", text).strip("-.")[:40]
    return f"LicenseRef-{own or 'Proprietary'}"


def _homepage(text: str) -> Fault | None:
    is_address = re.fullmatch(r"https?://[^\s/]\S*", text) and text.isprintable()
    return None if is_address else (ct7.no_homepage, {})


_JUDGES: Final[dict[str, Callable[[str], Fault | None]]] = {
    "requires_python": _versions,
    "license": _licence,
    "homepage": _homepage,
}
"""By key of the manifest, what finds fault with its text."""


__all__ = ["REQUIRES_PYTHON", "check_installers", "manifest_faults"]
