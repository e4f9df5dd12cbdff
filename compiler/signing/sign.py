"""Signing a package: an attestation more in it, and nothing else of it changed."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import NamedTuple

from looplet.compiler.archive.package import ATTESTATIONS, Package
from looplet.compiler.signing.dsse import Envelope, encoding, from_bytes, to_bytes
from looplet.compiler.signing.errors import BadAttestation, SigningError
from looplet.compiler.signing.keys import PublicKey
from looplet.compiler.signing.signer import Signer
from looplet.compiler.signing.statement import expiry, statement
from looplet.compiler.signing.strict import canonical
from looplet.compiler.signing.trust import Trust
from looplet.compiler.signing.verify import is_right, verdict


class Attested(NamedTuple):
    """A package with a signature of a key. changed: whether it had not had it before."""

    package: Package
    attestation: str
    changed: bool


def attested(package: Package, signer: Signer, expires: str | None = None) -> Attested:
    """`package` with an attestation of `signer`, in place of the one that it may have of that key.

    Signing again what the key has signed, to hold as long, changes nothing. Raises SigningError:
    what is signed already is wrong, the key does not sign, or what it gave is no signature.
    """
    before = verdict(package, Trust())
    if before.answer == "invalid":
        raise SigningError(f"it has a wrong signature, and is not signed again: {before.why}")
    name = file_name(signer.key)
    if _holds(package, name, signer, expires):
        return Attested(package, name, False)
    payload = canonical(statement(package, expires))
    message = encoding(payload)
    signature = signer.signature(message)
    if not is_right(signature, message):
        raise SigningError("the key gave a signature that is not its own; nothing was written")
    envelope = to_bytes(Envelope(payload, (signature,)))
    attestations = {**package.attestations, name: envelope}
    return Attested(replace(package, attestations=attestations), name, True)


def file_name(key: PublicKey) -> str:
    """The name of the attestation of a key: it has one, however often it signs."""
    return hashlib.sha256(key.wire).hexdigest()[:16] + ".json"


def _holds(package: Package, name: str, signer: Signer, expires: str | None) -> bool:
    """Whether the attestation is there, of this signer, and holds as long."""
    try:
        envelope = from_bytes(package.attestations[name])
        holds = expiry(envelope.payload, package)
    except (KeyError, BadAttestation):
        return False
    made = [(one.scheme, one.key) for one in envelope.signatures]
    return made == [(signer.scheme, signer.key)] and holds == expires


__all__ = ["ATTESTATIONS", "Attested", "attested", "file_name"]
