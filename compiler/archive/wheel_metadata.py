"""What the metadata of a wheel says, from what the manifest of its cartridge says.

An author's text becomes one line of its own or nothing: it cannot begin another field.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final, NamedTuple

from looplet.compiler import layout
from looplet.compiler.archive.package import Package
from looplet.compiler.archive.wheel_names import (
    Names,
    names_of,
    possible_name,
    possible_version,
    release_version,
)
from looplet.compiler.archive.wheel_needs import Manifest, manifests, pythons, requirements
from looplet.compiler.archive.wheel_taken import COMMANDS, DISTRIBUTIONS
from looplet.compiler.checks.installers import manifest_faults
from looplet.compiler.diagnostics import Diagnostic, Rule, order
from looplet.compiler.report import CartridgeError, Checked, Report
from looplet.compiler.rules import ct7_wheels as ct7
from looplet.installed import plain

METADATA_VERSION: Final = "2.4"
README: Final = "README.md"
_LONGEST_SUMMARY: Final = 512


class Metadata(NamedTuple):
    """names, version: as the standards spell them. name: the cartridge's own.
    fields: those of METADATA, in their order. description: the text behind them."""

    names: Names
    version: str
    name: str
    fields: tuple[tuple[str, str], ...]
    description: str

    @property
    def stem(self) -> str:
        """What the names of its files and folders begin with."""
        return f"{self.names.stem}-{self.version}"

    def text(self) -> str:
        """METADATA of a wheel, and PKG-INFO of a source distribution."""
        head = "".join(f"{name}: {value}\n" for name, value in self.fields)
        return f"{head}\n{self.description}"


def metadata_of(package: Package, root: str, *, editable: bool = False) -> Metadata:
    """The metadata of the wheel of `package`.

    root: what the package was made of, for messages. editable: the wheel will not hold the
    package, so its folder is read, and compiled, whenever the agent is run.

    Raises CartridgeError with everything that keeps it from being a wheel.
    """
    found = manifests(package)
    if faults := [*_judged(package, found)]:
        raise CartridgeError(_report(package, found, faults, root))
    names = names_of(package.name)
    version = release_version(package.version)
    said = package.ir["preset"]["manifest"]
    fields = [
        ("Metadata-Version", METADATA_VERSION),
        ("Name", names.distribution),
        ("Version", version),
        ("Summary", _shortened(one_line(package.ir["preset"]["description"]))),
        ("Keywords", ",".join(map(one_line, said.get("keywords", ())))),
        *_people(said.get("authors", ())),
        ("License-Expression", _licence(said.get("license", ""))),
        ("Project-URL", f"Homepage, {said['homepage']}" if "homepage" in said else ""),
        ("Requires-Python", pythons(found)),
        *(("Requires-Dist", each) for each in requirements(package, found, editable=editable)),
        ("Description-Content-Type", "text/markdown"),
    ]
    known = tuple((name, value) for name, value in fields if value)
    return Metadata(names, version, package.name, known, _description(package))


# ── what is wrong with it ─────────────────────────────────────────────────────────────────────────


def _judged(package: Package, found: list[Manifest]) -> Iterator[Diagnostic]:
    own = found[0].document

    def at(rule: Rule, key: str, **facts: Any) -> Diagnostic:
        # What no manifest says, the name of the folder does, or nobody.
        span = own.span((key,)) if own is not None else None
        return rule.at(layout.MANIFEST if own is not None else "", span, **facts)

    name, version = package.name, package.version
    try:
        distribution = names_of(name).distribution
    except ValueError as error:
        instead = possible_name(name)
        yield at(ct7.no_distribution_name, "name", name=name, why=str(error), instead=instead)
    else:
        if why := _taken(distribution, found):
            yield at(ct7.name_taken, "name", name=name, why=why, instead=f"{name}-agent")
    try:
        release_version(version)
    except ValueError as error:
        facts = {"version": version, "why": str(error), "instead": possible_version(version)}
        yield at(ct7.no_release_version, "version", **facts)
    for each in found:
        if each.document is not None:
            for fault in manifest_faults(each.document):
                yield replace(fault, path=each.shown, severity="error")
    try:
        _readme(package).decode()
    except UnicodeDecodeError as error:
        yield ct7.readme_not_utf8.at(README, None, offset=error.start)


def _taken(distribution: str, found: list[Manifest]) -> str | None:
    """What a wheel of this name would do to others; None if nothing."""
    needed = [re.match(r"[A-Za-z0-9._-]+", text) for each in found for text in each.dependencies]
    if distribution in {plain(match[0]) for match in needed if match}:
        return "would replace the package of that name, which it depends on"
    if distribution in DISTRIBUTIONS:
        return "would replace a package that looplet or an installer is made of"
    if distribution in COMMANDS:
        return "would put its command before the one that others run by that name"
    return None


def _report(package: Package, found: list[Manifest], faults: list[Diagnostic], root: str) -> Report:
    sources = {each.shown: package.files[each.path].data for each in found if each.document}
    named = tuple(replace(fault, cartridge=root) for fault in sorted(faults, key=order))
    return Report((Checked(root, package.name, named, sources),))


# ── the fields ────────────────────────────────────────────────────────────────────────────────────


def one_line(text: str) -> str:
    """`text` on one line, without what is not for the eye: it cannot begin another field."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())


def _shortened(text: str) -> str:
    """What indexes take as a summary."""
    return text if len(text) <= _LONGEST_SUMMARY else text[: _LONGEST_SUMMARY - 1] + "…"


def _people(authors: Any) -> Iterator[tuple[str, str]]:
    """Author for those without an address, Author-email for the others, as the standard has it."""
    names, addresses = [], []
    for author in authors:
        if isinstance(author, str):
            match = re.fullmatch(r"\s*([^<]*?)\s*<([^<>\s]+@[^<>\s]+)>\s*", author)
            name, email = match.groups() if match else (author, "")
        else:
            name, email = author["name"], author.get("email", "")
        name, email = one_line(name), one_line(email)
        if email:
            addresses.append(f"{_quoted(name)} <{email}>" if name else email)
        elif name:
            names.append(name)
    yield "Author", ", ".join(names)
    yield "Author-email", ", ".join(addresses)


def _quoted(name: str) -> str:
    """A name as it may stand before an address."""
    if not re.search(r'[][()<>@,:;."\\]', name):
        return name
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _licence(text: str) -> str:
    if not text:
        return ""
    from packaging.licenses import canonicalize_license_expression

    return str(canonicalize_license_expression(text))


def _readme(package: Package) -> bytes:
    path = f"{package.ir['layers'][0]['at']}/{README}"
    return package.files[path].data if path in package.files else b""


def _description(package: Package) -> str:
    """README.md of the cartridge, or the little that is known without one."""
    text = _readme(package).decode().removeprefix("\ufeff")
    text = text.replace("\r\n", "\n").replace("\r", "\n").rstrip("\n")
    if not text.strip():
        said = one_line(package.ir["preset"]["description"])
        text = f"# {package.name}\n\n{said or 'An agent for looplet.'}"
    return text + "\n"


__all__ = ["Metadata", "metadata_of"]
