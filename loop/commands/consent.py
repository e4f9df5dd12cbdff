"""A package file from elsewhere is shown before it runs for the first time, and asked about.

What a person has unpacked, written or installed they have chosen; a file that came from somewhere
they may only have clicked on. A signature by a key that counts here, in the user's trust file, is
an answer given before; so is a yes to the same contents, which is remembered.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final

from looplet.cli import Failure
from looplet.commands.show import safe
from looplet.contents import PresetError
from looplet.types import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from looplet.compiler.archive.package import Package
    from looplet.compiler.signing.verify import Verdict
    from looplet.places import Place

_SIGNED: Final = {
    "unsigned": "nobody has signed it",
    "untrusted": "nobody whom your trust file names has signed it",
    "expired": "its signature has expired",
    "cannot-verify": "its signature cannot be verified here, which is as if it had none",
}


def allow(place: Place, package: Package, *, trusted: bool) -> None:
    """Return if `package`, which was opened from the file at `place`, may run.

    trusted: `--trust` was given. What is wrongly signed, or signed by a revoked key alone, never
    runs. Raises Failure, code 2, for a no, and where there is nobody to ask.
    """
    from looplet.compiler.signing.errors import SigningError
    from looplet.compiler.signing.trust import read_trust
    from looplet.compiler.signing.verify import verdict

    try:
        found = verdict(package, read_trust())
    except SigningError as error:
        raise Failure(safe(str(error))) from error
    if found.answer == "valid":
        return
    name = safe(place.path)
    if found.answer == "invalid" or found.revoked:
        raise Failure(
            f"{name} is not run: {safe(found.why)} [{found.code}]; get it again from whoever "
            "signed it, or unpack it, read it, and run the folder"
        )
    if trusted:
        return
    from looplet.compiler.signing.statement import contents_digest
    from looplet.compiler.signing.yes import remember, remembered

    digest = contents_digest(package)
    if remembered(digest):
        return
    _ask(place, package, found)
    if why := remember(digest, f"{package.name} {package.version}"):
        sys.stderr.write(f"looplet: the answer is not remembered: {safe(why)}\n")


def _ask(place: Place, package: Package, found: Verdict) -> None:
    """Show the package, and ask. Raises Failure for anything but a clear yes."""
    from looplet.approval import Later, is_yes
    from looplet.commands.terminal import ask, asks_in_terminal

    name = safe(place.path)
    if not asks_in_terminal():
        raise Failure(
            f"{name} came from elsewhere and {_SIGNED[found.answer]}; look at it with "
            f"`looplet-compile verify {name}`, and then run it with --trust"
        )
    try:
        lines = [printable(line, 300) for line in shown(place, package, found)]
    except PresetError as error:
        raise Failure(safe(str(error))) from error
    sys.stderr.write("".join(f"{line}\n" for line in lines))
    try:
        answer = ask("It runs with all your rights. Run it?", ["yes", "no"])
    except Later:
        answer = "no"
    if not is_yes(answer):
        raise Failure(f"{name} was not run")


def shown(place: Place, package: Package, found: Verdict) -> Iterator[str]:
    """What a person is shown of a package, line by line; each is to be printed as one line, for a
    description could else look like any of the others. Raises PresetError."""
    from looplet.compiler.signing.facts import facts_of, rows

    facts = facts_of(package)
    yield f"{place.path}: a package that has not run here yet"
    yield f"  package   {facts.name} {facts.version}"
    if facts.description:
        yield f"  says      {facts.description}"
    yield f"  tree      {facts.digests['tree']}"
    yield f"  signed    {_SIGNED[found.answer]}"
    for signed in found.signatures:
        yield f"            {signed.shown()}"
    for label, text in rows(facts):
        yield f"  {label:9} {text}"


__all__ = ["allow", "shown"]
