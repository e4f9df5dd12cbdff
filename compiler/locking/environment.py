"""A lock against this machine: the installed distributions, this Python, this looplet.

Only metadata is read; nothing that is installed is imported.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from looplet.compiler.locking.errors import Found
from looplet.compiler.locking.markers import BadMarker, environment, holds, satisfies
from looplet.compiler.locking.names import version as spelt
from looplet.version import version

if TYPE_CHECKING:
    from importlib.metadata import Distribution

RESOLVED_FOR: Final = ("implementation_name", "platform_machine", "python_version", "sys_platform")
INSTALL: Final = "install what the lock says: `looplet-compile lock PATH --requirements` lists it"


def not_as_locked(lock: Mapping[str, Any]) -> list[Found]:
    """Everything here that is not as it was locked."""
    here = environment()
    found = list(_looplet(lock["looplet"]))
    python = lock["python"]
    wanted = python["requires_python"]
    try:
        fits = satisfies(here["python_full_version"], wanted)
    except BadMarker:
        fits = False
    if not fits:
        running = f"{here['python_full_version']}"
        found.append(_differs("Python", running, f"`{wanted}`", "run it with one that fits"))
    if (resolved := python.get("resolved_for")) and any(
        resolved[key] != here[key] for key in RESOLVED_FOR
    ):
        found.append(
            _differs(
                "what the packages were resolved for",
                f"`{_in_words(here)}`",
                f"`{_in_words(resolved)}`",
                "lock with uv, which resolves for every platform, or lock here",
            )
        )
        return found
    for pin in python["packages"]:
        found += _installed(pin, here)
    return found


def _looplet(wanted: str) -> Iterator[Found]:
    running = version()
    if "unknown" not in running and not satisfies(running, wanted):
        yield _differs("looplet", running, f"`{wanted}`", f"pip install 'looplet{wanted}'")


def _in_words(where: Mapping[str, str]) -> str:
    return " ".join(where[key] for key in RESOLVED_FOR)


def _installed(pin: Mapping[str, Any], here: Mapping[str, str]) -> Iterator[Found]:
    """What differs between a pinned distribution and the installed one."""
    name, wanted = pin["name"], pin["version"]
    try:
        if not holds(pin.get("marker", ""), here):
            return
    except BadMarker as error:
        yield _differs(f"`{name}`", "unknown", f"a marker `{error}`", "lock again")
        return
    what = f"`{name}`"
    found = _distribution(name)
    if found is None:
        yield _differs(what, "not installed", wanted, INSTALL)
    elif spelt(found.version) != spelt(wanted):
        yield _differs(what, f"version {found.version}", wanted, INSTALL)
    elif strange := _of_other_origin(found, pin):
        yield _differs(what, strange, "a published file", INSTALL)


def _distribution(name: str) -> Distribution | None:
    from importlib.metadata import PackageNotFoundError, distribution

    try:
        found = distribution(name)
        return found if isinstance(found.version, str) else None
    except (PackageNotFoundError, KeyError, ValueError, OSError):
        return None


def _of_other_origin(found: Distribution, pin: Mapping[str, Any]) -> str:
    """Where a distribution came from that was installed from no index, and is not the pinned file.

    An installer notes that (PEP 610); of what it took from an index it notes nothing.
    """
    try:
        noted = json.loads(found.read_text("direct_url.json") or "null")
        if noted is None:
            return ""
        if "dir_info" in noted:
            return "installed from a folder"
        if "vcs_info" in noted:
            return "installed from a repository"
        archive = noted["archive_info"]
        hashes = archive.get("hashes") or dict([str(archive["hash"]).split("=", 1)])
        same = f"sha256:{hashes['sha256']}" in pin["hashes"]
        return "" if same else "installed from a file of another digest"
    except (AttributeError, KeyError, TypeError, ValueError, OSError):
        return "installed from an unknown place"


def _differs(what: str, now: str, locked: str, instead: str) -> Found:
    facts = {"what": what, "now": now, "locked": locked, "instead": instead}
    return Found("not_as_locked", facts)


__all__ = ["RESOLVED_FOR", "not_as_locked"]
