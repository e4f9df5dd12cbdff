"""Making a lock: what is declared, with the versions and digests that the indexes have."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from looplet.compiler.locking.asking import Ask, ask
from looplet.compiler.locking.declared import Declared, declared
from looplet.compiler.locking.errors import LockError
from looplet.compiler.locking.lockfile import FORMAT, written
from looplet.compiler.locking.registry import npm_integrity
from looplet.compiler.locking.resolving import Resolver, find_resolver
from looplet.preset import AgentPreset

LOOPLET: Final = ">=1,<2"
"""The versions of looplet that read this format, and run what format 2 of cartridges says alike."""

Find = Callable[[str | None], Resolver]


def make(
    preset: AgentPreset,
    old: Mapping[str, Any] | None = None,
    *,
    find: Find = find_resolver,
    ask: Ask = ask,
) -> tuple[dict[str, Any], Declared]:
    """The lock of `preset`, and what it was made of.

    old: a lock whose versions are kept where they still fit. find: gives the resolver of a name.
    ask: runs npm. Raises LockError with everything that cannot be locked.
    """
    now = declared(preset)
    if now.problems:
        raise LockError.of(now.problems)
    values = now.values
    making = _Making(old or {}, find, ask)
    python = making.python(values["python"])
    servers = making.servers(values["servers"])
    agents = {
        path: {"model": agent["model"], "servers": making.servers(agent["servers"])}
        for path, agent in values["agents"].items()
    }
    lock = {
        "format": FORMAT,
        "looplet": LOOPLET,
        "cartridge": values["cartridge"],
        "model": values["model"],
        "parents": values["parents"],
        "python": python,
        "servers": servers,
        "agents": agents,
    }
    _refuse_secrets(lock)
    return lock, now


class _Making:
    """One lock being made; asks for every package once."""

    def __init__(self, old: Mapping[str, Any], find: Find, ask: Ask) -> None:
        self._old = old.get("python") or {}
        self._find = find
        self._ask = ask
        self._resolver: Resolver | None = None
        self._known: dict[tuple[str, str, str], list[str]] = {}

    @property
    def resolver(self) -> Resolver:
        """The one that the old lock was made with, so that two people get the same."""
        if self._resolver is None:
            self._resolver = self._find(self._old.get("resolver"))
        return self._resolver

    def python(self, declared: Mapping[str, Any]) -> dict[str, Any]:
        made = {**declared, "packages": []}
        if declared["requires"]:
            found = self.resolver.resolve(
                declared["requires"],
                requires_python=declared["requires_python"],
                keep=self._old.get("packages", ()),
            )
            made |= {"packages": found.packages, "resolver": self.resolver.name}
            if found.resolved_for:
                made["resolved_for"] = found.resolved_for
        return made

    def servers(self, declared: Mapping[str, Any]) -> dict[str, Any]:
        return {name: self._server(entry) for name, entry in declared.items()}

    def _server(self, entry: Mapping[str, Any]) -> dict[str, Any]:
        if "packages" not in entry:
            return dict(entry)
        packages = [
            {**each, "integrity": self._integrity(entry["kind"], each["name"], each["version"])}
            for each in entry["packages"]
        ]
        return {**entry, "packages": packages}

    def _integrity(self, kind: str, name: str, version: str) -> list[str]:
        key = (kind, name, version)
        if key not in self._known:
            if kind == "npm":
                self._known[key] = npm_integrity(name, version, self._ask)
            else:
                self._known[key] = self._files(name, version)
        return self._known[key]

    def _files(self, name: str, version: str) -> list[str]:
        """The digests of the files of a Python package."""
        try:
            found = self.resolver.resolve([f"{name}=={version}"], alone=True)
        except LockError as error:
            why = error.found[0].facts["why"]
            raise LockError(
                "not_resolved", what=f"the package `{name} {version}`", why=why
            ) from None
        return [digest for each in found.packages for digest in each["hashes"]]


def _refuse_secrets(lock: Mapping[str, Any]) -> None:
    """A lock is shown to many. What it repeats of config.yaml may hold what should not be there."""
    from looplet.compiler.secrets import find_secrets

    for _, _, kind in find_secrets(written(lock).decode()):
        raise LockError(
            "not_resolved",
            what="a server",
            why=f"its command line or address holds {kind}; hand it over in `env` or `headers`, "
            "from an input",
        )


__all__ = ["make"]
