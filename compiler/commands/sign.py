"""`looplet-compile sign`: a package with one more signature, and nothing else of it changed."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from looplet.compiler.cli import Answer
from looplet.compiler.commands.verify import refused
from looplet.preset import PresetError

if TYPE_CHECKING:
    from looplet.compiler.diagnostics import Diagnostic
    from looplet.compiler.signing.carrier import Carrier
    from looplet.compiler.signing.sign import Attested
    from looplet.compiler.signing.signer import Signer


def sign(path: str, key: str, expires: str | None, out: str) -> Answer:
    """Sign the package file at `path` with the key in the file `key`; write it there, or to `out`.

    Nothing is written before the new file was opened, and the signature in it found right.
    """
    from looplet.compiler.report import CartridgeError
    from looplet.compiler.signing.carrier import read_carrier
    from looplet.compiler.signing.errors import SigningError
    from looplet.compiler.signing.sign import attested
    from looplet.compiler.signing.signer import signer

    try:
        until = _future(expires)
        carrier = read_carrier(path)
        if found := _unsound(carrier):
            return found
        who = signer(key, lambda: _passphrase(key))
        done = attested(carrier.package, who, until)
        data = _proven(carrier, done, who) if done.changed else carrier.data
        if done.changed or out:
            from looplet.compiler.archive.building import put_file

            put_file(data, out or path)
    except (CartridgeError, PresetError) as error:
        return refused(error, path)
    except SigningError as error:
        return Answer(2, remarks=_visible(f"looplet-compile sign: {error}") + "\n")
    head = f"signed {out or path}" if done.changed else f"{path} has this signature already"
    lines = [head, f"  key   {who.key.line}", f"        {who.key.fingerprint}"]
    if until:
        lines.append(f"  until {until}")
    return Answer(0, "".join(f"{_visible(line)}\n" for line in lines))


def _future(expires: str | None) -> str | None:
    from looplet.compiler.signing.errors import SigningError
    from looplet.compiler.signing.times import moment, now

    if expires is None:
        return None
    until = moment(expires)
    if until <= now():
        raise SigningError(f"--expires {expires} has passed, so the signature would never hold")
    return until


def _unsound(carrier: Carrier) -> Answer | None:
    """The answer for a package that nobody should put a name to."""
    from looplet.compiler.signing.findings import MORE_IN_WHEEL, PRESET_DIFFERS
    from looplet.compiler.signing.lowered import disagreement

    if name := carrier.beyond():
        return _found(carrier, MORE_IN_WHEEL.at(name, name=name))
    if where := disagreement(carrier.package, carrier.path):
        from looplet.compiler.archive.package import IR

        return _found(carrier, PRESET_DIFFERS.at(IR, where=where))
    return None


def _found(carrier: Carrier, found: Diagnostic) -> Answer:
    from looplet.compiler.commands.verify import shown

    return Answer(1, remarks=shown([found], carrier.path))


def _proven(carrier: Carrier, done: Attested, signer: Signer) -> bytes:
    """The bytes of the signed file, once they were read again, and are what they should be."""
    from looplet.compiler.archive.opening import package_in
    from looplet.compiler.signing.errors import SigningError
    from looplet.compiler.signing.trust import Trust, TrustedKey
    from looplet.compiler.signing.verify import verdict

    data = carrier.rewritten(done.package)
    again = package_in(data, carrier.path)
    alone = Trust("", (TrustedKey(signer.key, names=("*",)),))
    if again != done.package or verdict(again, alone).answer != "valid":
        raise SigningError(f"{carrier.path}: the signed file does not verify; nothing was written")
    return data


def _passphrase(key: str) -> bytes:
    """Ask for the passphrase of a key, on the terminal. Raises SigningError where there is none."""
    from looplet.compiler.signing.errors import SigningError

    if sys.stdin is None or not sys.stdin.isatty():
        raise SigningError("it has a passphrase, and there is no terminal to ask for it")
    from getpass import getpass

    try:
        return getpass(f"passphrase of {_visible(key)}: ").encode()
    except EOFError:
        raise SigningError("it has a passphrase, and none was given") from None


def _visible(text: str) -> str:
    from looplet.compiler.render.visible import visible

    return visible(text)


__all__ = ["sign"]
