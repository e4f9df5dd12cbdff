"""CT7: what the file of a package can have wrong, before anything of it is used.

A package is taken as `looplet-compile build` writes it, or not at all. These rules say why not.
"""

from __future__ import annotations

from looplet.compiler.diagnostics import quote, rule

# ── the file ──────────────────────────────────────────────────────────────────────────────────────


@rule("CT701", "missing-package", "error")
def missing(shown: str, why: str) -> str:
    """There is no package at the path that was given, or it cannot be read.

    A package is a file that `looplet-compile build` wrote (`hello-1.0.0.cartridge`), a wheel, or
    the folder `….dist-info` of a wheel that is installed.
    """
    return f"there is no package at {quote(shown)} ({why}); check the path"


@rule("CT702", "not-an-archive", "error")
def not_an_archive(found: str) -> str:
    """The file is no zip archive.

    Most often something else was downloaded in its place: a page that asks to log in, the pointer
    that Git LFS keeps, another kind of archive. Fetch it again, or build it again.
    """
    return f"this is no package but {found}; fetch the file again, or build it again"


@rule("CT703", "truncated-archive", "error")
def truncated() -> str:
    """The file begins as a zip archive and ends before its directory does.

    Most often a download or a copy was cut off. Nothing of it is used: what is missing may be what
    restricts the rest.
    """
    return "this archive is cut off: its end is missing; fetch the file again"


@rule("CT704", "bytes-before-archive", "error")
def before(count: int) -> str:
    """Bytes stand before the first member of the archive.

    A zip is read from its end, so anything can stand before it, a program too: the file is then
    one thing to one reader and another to the next. Build the package again.
    """
    return f"{_bytes(count)} before the first member, which nobody would see; build it again"


@rule("CT705", "bytes-after-archive", "error")
def after(count: int) -> str:
    """Bytes stand after the end of the archive.

    Whoever appends to a package makes another one of it, and some programs read only what was
    appended. Build the package again.
    """
    return f"{_bytes(count)} after the end of the archive, which nobody would see; build it again"


@rule("CT706", "bytes-between-members", "error")
def between(count: int) -> str:
    """Bytes that belong to no member stand between members, or before the directory.

    What no directory lists is hidden from everyone who looks. Build the package again.
    """
    return (
        f"{_bytes(count)} before this belong to no member, so nobody would see them; build it again"
    )


@rule("CT707", "archive-comment", "error")
def comment() -> str:
    """The archive, or a member of it, has a comment.

    `looplet-compile build` writes none, and one can hold bytes that look like another archive.
    """
    return "a comment stands in the archive, where a second archive can hide; build it again"


@rule("CT708", "zip64", "error")
def zip64() -> str:
    """The archive uses the zip64 extension.

    It gives sizes and offsets a second time, elsewhere, and readers differ in which they believe. A
    package holds less than 4 GiB and never needs it.
    """
    return "this is in the zip64 form, which gives sizes twice and which none needs; build it again"


@rule("CT709", "several-disks", "error")
def several_disks() -> str:
    """The archive says that parts of it are on other disks. A package is one file."""
    return "the archive says that it is spread over several disks; a package is one file"


# ── its members ───────────────────────────────────────────────────────────────────────────────────


@rule("CT710", "encrypted-member", "error")
def encrypted() -> str:
    """A member is encrypted.

    What cannot be read cannot be checked. Secrets are given to an agent as inputs when it runs.
    """
    return "this is encrypted, so it cannot be checked; build the package without a password"


@rule("CT711", "data-descriptor", "error")
def data_descriptor() -> str:
    """A member has its size and checksum behind its data and not before it.

    Where a member ends is then for each reader to find. `looplet-compile build` knows every size
    before it writes.
    """
    return "its size stands behind its data, where readers may differ about its end; build it again"


@rule("CT712", "compressed-member", "error")
def compressed(method: int) -> str:
    """A member is compressed.

    Compressed bytes differ between versions of zlib, so a package built twice would not be the same
    file; and what inflates can be a bomb. Members are stored. To send less, compress the package
    as a whole on its way.
    """
    return f"this is compressed (method {method}); members of a package are stored: build it again"


@rule("CT713", "inflating-bomb", "error")
def bomb(size: int, stored: int) -> str:
    """A member is compressed, and says that it inflates to more than a hundred times its size.

    Such archives are made to fill a disk or a memory. Nothing of it was inflated.
    """
    return f"its {stored:,} bytes inflate to {size:,}, which fills a disk; do not use it"


@rule("CT714", "extra-field", "error")
def extra_field() -> str:
    """A member has an extra field: user and group, more dates, another name, or anything else.

    They differ between the systems that packages are built on, and some say again, otherwise, what
    the header says. `looplet-compile build` writes none; `zip` and other tools do.
    """
    return "an extra field stands beside its header; write packages with `looplet-compile build`"


@rule("CT715", "headers-disagree", "error")
def disagree(what: str) -> str:
    """The header before a member and the directory of the archive say different things of it.

    Half of the readers believe the one and half the other, so what was reviewed need not be what
    runs.
    """
    return f"the archive says two things of its {what}, so readers would differ; do not use it"


@rule("CT716", "overlapping-members", "error")
def overlap() -> str:
    """Members share bytes, or lie outside the archive.

    A few bytes that are many members inflate without end; and a member inside another one is seen
    by some readers only.
    """
    return "its bytes are those of another one as well, or not in the file; do not use it"


@rule("CT717", "link-member", "error")
def link() -> str:
    """A member is a symbolic link.

    Unpacked, it could lead anywhere on the machine, and what comes after it could be written
    through it. `looplet-compile build` puts in what a link inside a cartridge leads to.
    """
    return "this is a link, which could lead anywhere on your machine; do not use it"


@rule("CT718", "special-member", "error")
def special(kind: str) -> str:
    """A member is a device, a named pipe or a socket, and no file."""
    return f"this is {kind} and no file; do not use it"


@rule("CT719", "folder-member", "error")
def folder() -> str:
    """A member is a folder.

    Folders follow from the names of files. On its own, one can only change what is there already.
    """
    return "this is an entry for a folder; a package has files only: build it again"


@rule("CT720", "wrong-mode", "error")
def mode(shown: str) -> str:
    """A member has a mode that is neither 644 nor 755.

    A package keeps the executable bit and nothing else: other bits, such as setuid, depend on who
    built it, or are an attack.
    """
    return f"its mode is {shown}; files of a package have 644 or 755: build it again"


@rule("CT721", "damaged-member", "error")
def damaged() -> str:
    """The bytes of a member do not have the checksum that the archive gives.

    A copy went wrong, or somebody changed them. Fetch the file again.
    """
    return "its bytes do not have the checksum in the archive; fetch the file again"


# ── names ─────────────────────────────────────────────────────────────────────────────────────────


@rule("CT722", "duplicate-member", "error")
def duplicate(name: str) -> str:
    """Two members have the same name. Which of them counts differs from reader to reader."""
    return f"two members are named {quote(name)}, and readers differ in which counts; do not use it"


@rule("CT723", "colliding-members", "error")
def colliding(name: str, other: str) -> str:
    """Two names differ only in upper and lower case, or in their Unicode form.

    On macOS and Windows they are one file, and the second overwrites the first.
    """
    return f"{quote(name)} and {quote(other)} are one file on some systems; rename one of them"


@rule("CT724", "name-not-nfc", "error")
def not_nfc(name: str) -> str:
    """A name is not in the Unicode form NFC.

    Two spellings that look alike would be two files, or one, depending on the system. In a package
    every name is in NFC; `looplet-compile build` asks for it.
    """
    return f"the name {quote(name)} is not in the Unicode form NFC; rename it, and build it again"


@rule("CT725", "name-not-utf8", "error")
def not_utf8(name: str) -> str:
    """A name is not UTF-8, or is and does not say so.

    What the bytes mean then depends on the language of the system that unpacks it.
    """
    return f"the name {quote(name)} is not marked, or not valid, as UTF-8; build the package again"


@rule("CT726", "name-leaves", "error")
def leaves(name: str) -> str:
    """A name has a part that is `..`, `.` or empty.

    Unpacked, the file would lie outside the folder it was to be unpacked to: over a file of yours.
    """
    return f"the name {quote(name)} leads out of the folder it belongs in; do not use it"


@rule("CT727", "absolute-name", "error")
def absolute(name: str) -> str:
    """A name is an absolute path, or has the letter of a drive.

    Unpacked, it could overwrite any file of the machine.
    """
    return f"the name {quote(name)} is a place on the machine and not in the package; do not use it"


@rule("CT728", "backslash-in-name", "error")
def backslash(name: str) -> str:
    """A name has a backslash: on Windows that parts folders, elsewhere it is a character."""
    return (
        f"the name {quote(name)} has a backslash, which leads elsewhere on Windows; do not use it"
    )


@rule("CT729", "device-name", "error")
def device(name: str) -> str:
    """A part of a name is one that Windows keeps for a device: `con`, `nul`, `com1` and others."""
    return f"a part of {quote(name)} is a device to Windows; rename it, and build it again"


@rule("CT730", "control-character-in-name", "error")
def control(name: str) -> str:
    """A name has a control character.

    It can paint over what a terminal shows, or split one line into two.
    """
    return f"the name {quote(name)} has a control character; do not use it"


@rule("CT731", "unportable-member", "error")
def unportable(name: str, why: str) -> str:
    """A name cannot be written on every system: too long, or with a character that some refuse."""
    return f"the name {quote(name)} cannot travel: {why}; rename it, and build it again"


@rule("CT732", "ignored-member", "error")
def ignored(name: str) -> str:
    """A name that is never part of a cartridge, such as `.git` or `__pycache__`.

    It would be unpacked, and not be seen when the folder is checked: compiled Python that differs
    from its source, or a `.git` that runs commands.
    """
    return (
        f"{quote(name)} is never part of a cartridge, and no check would look at it; do not use it"
    )


@rule("CT733", "file-and-folder", "error")
def file_and_folder(name: str) -> str:
    """One name is a file, and the folder of another file. No disk can hold both."""
    return f"{quote(name)} is both a file and a folder; do not use it"


# ── limits ────────────────────────────────────────────────────────────────────────────────────────


@rule("CT734", "too-many-members", "error")
def too_many(count: int, limit: int) -> str:
    """The archive holds more files than a cartridge may have."""
    return f"{count:,} files; a package holds at most {limit:,}"


@rule("CT735", "package-too-large", "error")
def too_large(size: int, limit: int, what: str) -> str:
    """A file of the package, or all of it, is larger than a cartridge may be.

    A file may have 64 MiB, a cartridge 512 MiB. Large data is given to an agent as an input.
    """
    return f"{what} has {size:,} bytes; {limit:,} is the most that a package may hold there"


@rule("CT736", "not-canonical", "error")
def not_canonical(what: str) -> str:
    """The archive holds what it should, but not as `looplet-compile build` writes it.

    Each package has one spelling: members in the order of their names, one date, no attribute that
    is not needed. So that whoever builds it again gets the same file, and nothing hides in the
    freedom that the format leaves.
    """
    return f"{what} is not as `looplet-compile build` writes it; build the package again"


# ── what it says of itself ────────────────────────────────────────────────────────────────────────


@rule("CT737", "unknown-member", "error")
def unknown(name: str) -> str:
    """A member lies where no package of this format has one.

    The files of the agent are below `cartridge/` and `parents/`; `CARTRIDGE-INFO/` holds
    `manifest.json`, `ir.json`, `lock.json`, `RECORD` and `attestations/*.json`.
    """
    return f"{quote(name)} belongs to no part of a package; build it again"


@rule("CT738", "incomplete-package", "error")
def incomplete(name: str) -> str:
    """A zip archive that is no package: a part that every package has is not there.

    A folder that was zipped by hand is none. `looplet-compile build` makes one of a folder.
    """
    return f"it has no {quote(name)}, as every package has; make one with `looplet-compile build`"


@rule("CT739", "unknown-package-format", "error")
def unknown_format(found: object, known: int) -> str:
    """The package is of a format that this looplet does not read.

    A newer looplet wrote it. Install one, or ask its author for a package of the older format.
    """
    return (
        f"this package is of format {quote(found)}, and this looplet reads {known}; "
        "type `pip install --upgrade looplet`"
    )


@rule("CT740", "malformed-info", "error")
def malformed(why: str) -> str:
    """A file in `CARTRIDGE-INFO/` cannot be read: no JSON, or not of the shape it must have."""
    return f"{why}; build the package again"


@rule("CT741", "record-differs", "error")
def record(why: str) -> str:
    """RECORD, the list of every file with its sha256 and mode, is not what the files are.

    Somebody changed the package after it was built. Fetch it again, or build it again.
    """
    return f"{why}: the package was changed after it was built; fetch it again"


@rule("CT742", "ir-of-another-tree", "error")
def other_tree(why: str) -> str:
    """The lowered agent that the package carries (`ir.json`) belongs to other files.

    What runs would not be what can be read. Build the package again.
    """
    return f"{why}: what runs would not be what can be read; build the package again"


@rule("CT743", "manifest-differs", "error")
def manifest_differs(what: str) -> str:
    """The manifest of a package says something else than the agent in it.

    Name, version, description and digests stand in `manifest.json` so that they can be read
    quickly; they are those of the agent.
    """
    return f"{what} in it is not that of the agent in the package; build it again"


# ── building ──────────────────────────────────────────────────────────────────────────────────────


@rule("CT744", "file-name-not-nfc", "error")
def rename(name: str, nfc: str) -> str:
    """The name of a file that is to be packed is not in the Unicode form NFC.

    macOS once wrote names with accents apart from their letters; such a name looks like another
    one and is not equal to it. A package must be the same file wherever it is built, so it is not
    changed silently: rename the file. References to it in the cartridge must be spelt alike.
    """
    return (
        f"the name {quote(name)} is not in the Unicode form NFC; "
        f"rename it from {_escaped(name)} to {_escaped(nfc)}"
    )


@rule("CT745", "cannot-be-packed", "error")
def cannot_pack(why: str) -> str:
    """A cartridge checks clean, and no package can hold it.

    A package has one file for each name, holds at most 50 000 files and 512 MiB with the parents,
    and the folder that the parents lie in may not be the root of a disk.
    """
    return f"this cannot be packed: {why}"


# ── wheels, and what is installed ─────────────────────────────────────────────────────────────────


@rule("CT746", "no-cartridge-in-it", "error")
def no_cartridge(found: str) -> str:
    """A wheel, or an installed distribution, that holds no cartridge.

    Those that `looplet-compile build --format wheel` writes have the tree in their `.dist-info`.
    """
    return (
        f"there is no cartridge in {found}; build one with `looplet-compile build --format wheel`"
    )


@rule("CT747", "wheel-record-differs", "error")
def wheel_record(why: str) -> str:
    """RECORD of a wheel, its own list of files with their sha256, is not what the files are.

    Somebody changed the wheel after it was built. Fetch it again, or build it again.
    """
    return f"{why}: the wheel was changed after it was built; fetch it again"


@rule("CT748", "installed-files-changed", "error")
def installed_changed(why: str) -> str:
    """Files of an installed cartridge are not what was installed.

    Somebody edited them in place, or removed some. To change an agent, edit its own folder, and
    install that; to mend it, install it again.
    """
    return f"{why}; type `pip install --force-reinstall` with the wheel it came from"


def _escaped(name: str) -> str:
    """A name in ASCII: two that look alike are told apart."""
    return quote(name.encode("ascii", "backslashreplace").decode(), 120)


def _bytes(count: int) -> str:
    return "1 byte" if count == 1 else f"{count:,} bytes"
