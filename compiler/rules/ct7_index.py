"""CT79: indexes of packages, and what is fetched from them."""

from __future__ import annotations

from looplet.compiler.diagnostics import quote, rule

# ── writing one ───────────────────────────────────────────────────────────────────────────────────


@rule("CT790", "version-listed-twice", "error")
def twice(name: str, version: str, other: str) -> str:
    """Two files of a folder say that they are one version of a cartridge, and are not the same.

    Who asks for that version would get the one or the other. A version that was given away is not
    built anew with other files: give the new one a new version, and remove one of the two. An
    archive and a wheel of one version hold the same tree.
    """
    return (
        f"this and {quote(other)} are both {name} {version}, with other files in them; "
        "remove one, or give it another version"
    )


@rule("CT791", "names-alike", "error")
def alike(name: str, other: str) -> str:
    """Two cartridges of a folder have names that installers take for one.

    Case, and `-`, `_` and `.`, do not count in the name of a package: who asks for the one could
    get the other.
    """
    return f"installers take {quote(name)} and {quote(other)} for one name; rename one of them"


@rule("CT792", "cannot-be-listed", "error")
def unlistable(why: str) -> str:
    """The file is a package, and its name or its version cannot stand in an index.

    All three are typed into shells and become parts of addresses. A name has letters, digits, `_`,
    `.` and `-`, a letter or digit first and last; a version and the name of a file also `+` and
    `!`.
    """
    return f"this cannot be listed: {why}"


# ── reading one ───────────────────────────────────────────────────────────────────────────────────


@rule("CT793", "no-index", "error")
def no_index(why: str) -> str:
    """What stands there as `index.json` lists no packages.

    Most often the address leads to something else: a page that asks to log in, another folder. The
    address is that of the folder which `looplet-compile index` wrote into.
    """
    return f"this is no index of packages: {why}; check the address"


@rule("CT794", "unknown-index-format", "error")
def newer_index(why: str) -> str:
    """The index is of a format that this looplet does not read.

    A newer looplet wrote it. Install one; what the index lists can be fetched by hand until then.
    """
    return (
        f"this index is of format {quote(why)}, and this looplet reads 1; "
        "type `pip install --upgrade looplet`"
    )


@rule("CT795", "not-in-the-index", "error")
def not_listed(why: str, near: str) -> str:
    """The index has no cartridge of that name, or no release of it that fits.

    Names are compared as pip does: `git_detective` and `git-detective` are one. Versions are those
    that the index lists; a pre-release is taken only if it is named or nothing else fits.
    """
    return f"{why}; {near}" if near else why


@rule("CT796", "index-unreachable", "error")
def unreachable(why: str) -> str:
    """The index, or a file that it lists, could not be got within the limits, or not be kept.

    A server may be silent for 30 seconds, an answer may take ten minutes, an index has at most
    64 MiB, a file as many bytes as are listed. Redirects lead to https or stay on their host.
    Without a network, the index as it was read last and the files that were fetched before are
    used.
    """
    return f"this could not be fetched: {why}"


@rule("CT797", "other-bytes-than-listed", "error")
def other_bytes(found: str) -> str:
    """The bytes of a file are not those that the index lists.

    The file was changed after it was listed, or on its way. Nothing of it was kept. Whoever keeps
    the index runs `looplet-compile index` again, if the change was theirs.
    """
    return f"this file is not the one that is listed ({found}); it was not kept"


@rule("CT798", "file-elsewhere", "error")
def file_elsewhere(why: str) -> str:
    """The index names a file by more than a plain name: a path, or an address.

    The files of an index lie beside it. What leads elsewhere, onto your disk or to another host, is
    no index that `looplet-compile index` wrote; nothing of it is used.
    """
    return f"{why}, and the files of an index lie beside it under plain names; do not use it"


@rule("CT799", "another-package-than-listed", "error")
def another_package(what: str, inside: str, outside: str) -> str:
    """The index lists a file under a name, version or tree digest that the package in it has not.

    The bytes are those that are listed, so whoever keeps the index lists one package as another.
    Nothing of it was kept.
    """
    return (
        f"its {what} is {quote(inside, 80)}, and the index says {quote(outside, 80)}; do not use it"
    )
