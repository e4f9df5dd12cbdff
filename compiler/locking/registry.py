"""Packages of npm: the digest of one version, as the registry that npm is set up to use has it."""

from __future__ import annotations

import json
import shutil

from looplet.compiler.locking.asking import Ask, Said, ask, why
from looplet.compiler.locking.errors import LockError
from looplet.compiler.locking.launchers import NPM_NAME, NPM_VERSION


def npm_integrity(name: str, version: str, run: Ask = ask) -> list[str]:
    """The digests of a package, such as `sha512-…`. Raises LockError."""
    assert NPM_NAME.fullmatch(name) and NPM_VERSION.fullmatch(version), "npm gets no other words"
    what = f"the package `{name} {version}` of npm"
    npm = shutil.which("npm")
    if npm is None:
        reason = "npm is not installed, and it has to say what the digest is"
        raise LockError("not_resolved", what=what, why=reason)
    said = run([npm, "view", f"{name}@{version}", "dist.integrity", "--json"], {})
    try:
        answer = json.loads(said.out or "null")
    except ValueError:
        answer = None
    if said.code or (answer is not None and not isinstance(answer, str)):
        if "E404" in said.out + said.err:
            reason = "the registry has no such version; check its name and the version"
            raise LockError("not_resolved", what=what, why=reason)
        told = answer.get("error") if isinstance(answer, dict) else None
        if isinstance(told, dict):  # in fewer words than it writes beside
            said = Said(1, "", f"{told.get('code')}: {told.get('summary')}")
        raise LockError("not_resolved", what=what, why=why(said, "npm"))
    if not answer:
        reason = "the registry has no `integrity` for it; take a version that was published later"
        raise LockError("not_resolved", what=what, why=reason)
    return sorted(answer.split())


__all__ = ["npm_integrity"]
