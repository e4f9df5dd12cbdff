"""CT0: what the folder itself can have wrong. Worded here, found by the `source` pass."""

from __future__ import annotations

from collections.abc import Sequence

from looplet.compiler.diagnostics import quote, rule
from looplet.compiler.suggest import closest


@rule("CT001", "missing-cartridge", "error")
def missing(shown: str, neighbours: Sequence[str], named: bool = False) -> str:
    """There is no folder and no package at the path that was given, and none of that name.

    A cartridge is a folder, a package file, or the name of an installed one. If there is a typo in
    it, the message suggests what is spelt most alike.
    """
    name = shown.rstrip("/").rpartition("/")[2]
    near = closest(name, neighbours)
    hint = f"; did you mean {quote(near)}?" if near else "; check the path"
    where = "folder, package or installed cartridge" if named else "folder or package"
    return f"there is no {where} {quote(shown)}{hint}"


@rule("CT002", "not-a-folder", "error")
def not_a_folder(found: str, packed: bool = False) -> str:
    """The path that was given leads to a file, a pipe or a device.

    A cartridge is a folder, or a package. Give the folder that holds `config.yaml`, not a file of
    it. What changes a cartridge takes the folder only: unpack a package, and build it again.
    """
    if packed:
        return "this is a package, which is not changed; `looplet-compile unpack` makes a folder"
    return f"this is {found}; give the folder that holds the agent"


@rule("CT003", "no-cartridge-found", "error")
def none_found() -> str:
    """The folder holds no cartridge, at any depth.

    A folder is a cartridge when it has a `cartridge.json` or a `config.yaml`. Write one with
    `looplet-compile new my_agent`.
    """
    return (
        "no cartridge here: no folder with a `cartridge.json` or a `config.yaml`; "
        "`looplet-compile new my_agent` writes one"
    )


@rule("CT004", "unreadable", "error")
def unreadable(why: str, given: bool = False) -> str:
    """A file or folder could not be read.

    What cannot be read cannot be checked, and would be lost when the cartridge is written again.
    Mend its permissions, or take it out of the folder.
    """
    if given:
        return f"this path cannot be read ({why}); check it"
    return f"cannot be read ({why}); mend its permissions or take it out of the folder"


@rule("CT005", "link-leaves-folder", "error")
def link_leaves() -> str:
    """A symbolic link leads out of the cartridge.

    A cartridge is complete in itself: what lies outside would not travel with it, and could be
    anything of the machine it runs on. Copy the file into the cartridge instead.

    A link to a place inside the cartridge is followed; the tree then has the file twice.
    """
    return "this link leads out of the cartridge; copy what it leads to into the folder instead"


@rule("CT006", "broken-link", "error")
def broken_link(why: str) -> str:
    """A symbolic link leads nowhere, or in a circle. Remove it, or point it at a file."""
    return f"this link cannot be followed: {why}; remove it or point it at a file of the cartridge"


@rule("CT007", "not-a-file", "error")
def not_a_file(found: str) -> str:
    """A named pipe, a socket or a device lies in the folder.

    Reading it could wait for ever or touch the machine, and it cannot travel. Take it out.
    """
    return f"this is {found}, which no cartridge can hold; take it out of the folder"


@rule("CT008", "unportable-name", "error")
def bad_name(why: str) -> str:
    """A file or folder has a name that some systems cannot hold.

    A cartridge is unpacked on machines you do not know: names are UTF-8, at most 240 bytes a
    part, without control characters, without `\\ : * ? " < > |`, without a space or a full stop at
    the end, and not one of the names Windows keeps for devices.
    """
    return f"this name cannot travel: {why}; rename it"


@rule("CT009", "file-too-large", "error")
def too_large(size: int, limit: int) -> str:
    """A file, or all of them together, is beyond what a cartridge may hold.

    A file may have 64 MiB, a cartridge 512 MiB. Large data belongs beside the agent, given to it
    as an input.
    """
    return (
        f"this file ({size:,} bytes) is beyond what a cartridge may hold ({limit:,} bytes a file); "
        "give large data as an input instead"
    )


@rule("CT010", "too-many-files", "error")
def too_many_files(limit: int) -> str:
    """The folder holds more files than a cartridge may have (50 000).

    Most often a folder was caught by accident: a virtual environment, a data set, a build.
    """
    return f"more than {limit:,} files; is a virtual environment or a data set among them?"


@rule("CT011", "too-deep", "error")
def too_deep(limit: int) -> str:
    """Folders are nested more than 32 deep. Most often something was unpacked into itself."""
    return f"folders are nested more than {limit} deep; move what is needed further up"


@rule("CT012", "name-collision", "error")
def collision(other: str) -> str:
    """Two names differ only in upper and lower case, or only in their Unicode form.

    On macOS and Windows they are one file: the second one overwrites the first when the cartridge
    is unpacked there. Rename one of them.
    """
    return f"on other systems this name is the same as {quote(other)}; rename one of them"
