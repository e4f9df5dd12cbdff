"""Python packages, resolved by pip or uv: which versions, which files.

Both are used as the user has set them up: their indexes, their proxies. No address of an index gets
into what comes out. Unless it is allowed, they build nothing, since building runs a package's code.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from looplet.compiler.locking.asking import Ask, ask, why
from looplet.compiler.locking.environment import RESOLVED_FOR
from looplet.compiler.locking.errors import LockError
from looplet.compiler.locking.names import distribution, without_login

OLDEST: Final = (3, 11)
"""The oldest Python that looplet runs on."""

_NO_WHEEL: Final = re.compile(
    r"no (?:usable )?wheels|no matching distribution|wheels are required|from source",
    re.IGNORECASE,
)
WHEELS: Final = ("--only-binary", ":all:")


class Resolved(NamedTuple):
    """packages: as a lock has them. resolved_for: the only environment that they are good for, if
    there is one."""

    packages: list[dict[str, Any]]
    resolved_for: dict[str, str] | None


class Resolver(NamedTuple):
    """One installer. name: "pip" or "uv". command: what starts it."""

    name: str
    command: tuple[str, ...]
    ask: Ask = ask
    builds: bool = False

    def resolve(
        self,
        requirements: Sequence[str],
        *,
        requires_python: str = "",
        keep: Sequence[Mapping[str, Any]] = (),
        alone: bool = False,
    ) -> Resolved:
        """What these requirements need. Raises LockError.

        keep: packages of an older lock, to stay with where that is possible. alone: without what
        they depend on.
        """
        for each in requirements:
            _refuse_strange(each)
        run = _with_uv if self.name == "uv" else _with_pip
        if keep:
            try:
                return run(self, requirements, requires_python, keep, alone)
            except LockError:
                pass  # something has to move; what, the resolver knows best
        return run(self, requirements, requires_python, (), alone)


def find_resolver(name: str | None = None, *, builds: bool = False) -> Resolver:
    """The installer of this name, or uv, or pip. Raises LockError if there is none."""
    if name in (None, "uv") and (uv := _beside_python("uv")):
        return Resolver("uv", (uv, "pip", "compile"), builds=builds)
    if name in (None, "pip") and _has_pip():
        return Resolver("pip", (sys.executable, "-m", "pip", "install"), builds=builds)
    missing = name or "neither uv nor pip"
    fact = "is not installed" if name else "is installed"
    raise LockError(
        "not_resolved",
        what="the Python packages",
        why=f"{missing} {fact}, and one of them has to say what they need: pip install uv",
    )


def _beside_python(name: str) -> str | None:
    """A program of the environment that looplet runs in, or on PATH."""
    return shutil.which(name, path=os.path.dirname(sys.executable)) or shutil.which(name)


def _has_pip() -> bool:
    from importlib.machinery import PathFinder

    # On the path alone: setuptools has a finder of its own for pip, and it warns of itself.
    return PathFinder.find_spec("pip") is not None


def _refuse_strange(requirement: str) -> None:
    """Refuse what an installer would take for an option, a path, or a reference to a variable, and
    addresses that are of one machine, or hold a password."""
    from packaging.requirements import InvalidRequirement, Requirement

    reason = ""
    try:
        url = Requirement(requirement).url
    except InvalidRequirement as error:
        url, reason = None, f"it is no requirement: {str(error).splitlines()[0]}"
    if "$" in requirement:
        reason = "it has a `$`, which installers read as a variable"
    elif url is not None and re.match(r"https?://[^/]*@", url):
        reason = "its address holds a password; set it up in the installer's own settings"
    elif url is not None and not url.startswith("https://"):
        reason = (
            "its address is no `https://` one, so nobody else gets the same; depend on a release"
        )
    if reason:
        shown = without_login(requirement).replace("`", "'")[:100]
        raise LockError("not_resolved", what=f"the dependency `{shown}`", why=reason)


def _refuse(resolver: Resolver, reason: str) -> LockError:
    if not resolver.builds and _NO_WHEEL.search(reason):
        reason += (
            "; a package without a wheel has to be built, which runs its code: `--allow-builds`"
        )
    return LockError("not_resolved", what="the Python packages", why=reason)


# ── uv ────────────────────────────────────────────────────────────────────────────────────────────


def _with_uv(
    uv: Resolver,
    requirements: Sequence[str],
    requires_python: str,
    keep: Sequence[Mapping[str, Any]],
    alone: bool,
) -> Resolved:
    """For every platform, and from the oldest Python that is allowed on; all files' digests."""
    argv = [*uv.command, "requirements.in", "--universal", "--generate-hashes"]
    argv += ["--no-header", "--no-annotate", "--quiet", "--color", "never"]
    argv += ["--python", sys.executable, "--python-version", oldest_python(requires_python)]
    argv += [] if uv.builds else WHEELS
    argv += ["--no-deps"] if alone else []
    files = {"requirements.in": _lines(requirements)}
    if keep:
        argv += ["--constraint", "kept.txt"]
        files["kept.txt"] = _lines(_pinned(keep))
    said = uv.ask(argv, files)
    if said.code:
        raise _refuse(uv, why(said, "uv"))
    return Resolved(sorted(_compiled(said.out), key=_order), None)


def _compiled(text: str) -> Iterable[dict[str, Any]]:
    """The packages in what `uv pip compile` prints."""
    from packaging.requirements import InvalidRequirement, Requirement

    for line in re.sub(r"\\\n\s*", " ", text).splitlines():
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        hashes = sorted(set(re.findall(r"--hash=(sha256:[0-9a-f]{64})(?!\S)", line)))
        try:
            found = Requirement(line.partition(" --hash=")[0])
        except InvalidRequirement:
            raise _strange("uv", line) from None
        version = str(found.specifier).removeprefix("==")
        package: dict[str, Any] = {"name": distribution(found.name), "version": version}
        if found.url is not None:
            package |= {"url": found.url.partition("#")[0], "version": _version_in(found.url)}
        if found.marker is not None:
            package["marker"] = str(found.marker).replace('"', "'")
        yield _checked(package, hashes)


def oldest_python(requires_python: str) -> str:
    """The oldest Python `X.Y` that a specifier allows, and looplet too."""
    lowest = OLDEST
    for minor in re.findall(r"(?:>=|~=|==)\s*3\.(\d+)", requires_python):
        lowest = max(lowest, (3, int(minor)))
    return ".".join(map(str, lowest))


# ── pip ───────────────────────────────────────────────────────────────────────────────────────────


def _with_pip(
    pip: Resolver,
    requirements: Sequence[str],
    requires_python: str,
    keep: Sequence[Mapping[str, Any]],
    alone: bool,
) -> Resolved:
    """For this Python on this machine; the digest of the one file that pip would take."""
    argv = [*pip.command, "--dry-run", "--ignore-installed", "--quiet", "--no-input"]
    argv += ["--disable-pip-version-check", "--report", "-"]
    argv += [] if pip.builds else WHEELS
    argv += ["--no-deps"] if alone else []
    files = {}
    if keep:
        argv += ["--constraint", "kept.txt"]
        files["kept.txt"] = _lines(_pinned(keep))
    # As arguments and not in a file, in which pip would read options and variables.
    said = pip.ask([*argv, "--", *requirements], files)
    if said.code:
        if "no such option: --report" in said.err or "no such option: --dry-run" in said.err:
            raise _refuse(pip, "this pip is too old; pip install 'pip>=23', or pip install uv")
        raise _refuse(pip, why(said, "pip"))
    try:
        report = json.loads(said.out)
        packages = [_reported(each) for each in report["install"]]
        resolved_for = {key: str(report["environment"][key]) for key in RESOLVED_FOR}
    except (KeyError, TypeError, ValueError) as error:
        raise _strange("pip", repr(error)) from None
    return Resolved(sorted(packages, key=_order), resolved_for)


def _reported(entry: Mapping[str, Any]) -> dict[str, Any]:
    metadata, source = entry["metadata"], entry["download_info"]
    package = {"name": distribution(metadata["name"]), "version": str(metadata["version"])}
    if entry.get("is_direct"):
        package["url"] = str(source["url"]).partition("#")[0]
    archive = source.get("archive_info") or {}
    digest = (archive.get("hashes") or {}).get("sha256") or ""
    if not digest and str(archive.get("hash", "")).startswith("sha256="):
        digest = archive["hash"].removeprefix("sha256=")
    return _checked(package, [f"sha256:{digest}"] if digest else [])


# ── both ──────────────────────────────────────────────────────────────────────────────────────────


def _checked(package: dict[str, Any], hashes: list[str]) -> dict[str, Any]:
    """The package with its digests. Raises LockError for one that has none."""
    if not hashes:
        raise LockError(
            "not_resolved",
            what=f"the package `{package['name']}`",
            why="no index says the sha256 of its files; `--resolver pip` reads the files",
        )
    if not package["version"]:
        raise _strange("it", package["name"])
    return {**package, "hashes": hashes}


def _strange(who: str, what: str) -> LockError:
    shown = what.replace("`", "'")[:120]
    return LockError(
        "not_resolved",
        what="the Python packages",
        why=f"{who} answered what looplet does not understand: `{shown}`",
    )


def _version_in(url: str) -> str:
    """The version in the name of a wheel or source archive."""
    file = url.partition("#")[0].rpartition("/")[2]
    found = re.match(r"[^-]+-([^-]+?)(?:-.*\.whl|\.tar\.gz|\.zip)\Z", file)
    return found[1] if found else ""


def _pinned(packages: Iterable[Mapping[str, Any]]) -> list[str]:
    return [
        f"{each['name']}=={each['version']}" + (f" ; {each['marker']}" if "marker" in each else "")
        for each in packages
        if "url" not in each
    ]


def _lines(texts: Iterable[str]) -> str:
    return "".join(f"{text}\n" for text in texts)


def _order(package: Mapping[str, Any]) -> tuple[str, str, str]:
    return package["name"], package["version"], package.get("marker", "")


__all__ = ["Resolved", "Resolver", "find_resolver", "oldest_python"]
