"""Names and versions of Python distributions, as far as comparing them needs."""

from __future__ import annotations

import re
from typing import Final

_NAME: Final = re.compile(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)")


def distribution(name: str) -> str:
    """The one spelling of a distribution's name: `Ruamel.Yaml` is `ruamel-yaml`."""
    return re.sub(r"[-_.]+", "-", name).lower()


def requirement_name(requirement: str) -> str:
    """The name in a requirement: `httpx` of `httpx[http2]>=0.27`; empty if there is none."""
    found = _NAME.match(requirement)
    return found[1].rstrip("-_.") if found else ""


def version(text: str) -> str:
    """One spelling of a version: `v1.0.0` and `1.0` are one."""
    plain = text.strip().lower().removeprefix("v")
    release, rest = re.fullmatch(r"((?:\d+!)?\d+(?:\.\d+)*)?(.*)", plain, re.DOTALL).groups()  # type: ignore[union-attr]
    return re.sub(r"(?:\.0)+\Z", "", release or "") + str(rest)


def without_login(text: str) -> str:
    """A text as it may be shown: without the name and password that an address in it holds."""
    return re.sub(r"(?<=://)[^/\s@]+@", "", text)


__all__ = ["distribution", "requirement_name", "version", "without_login"]
