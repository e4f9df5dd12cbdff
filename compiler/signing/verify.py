"""Judging the signatures of a package: one answer, and the reason for it.

Each signature has to be right, those by strangers too: a wrong one says that something was changed,
whoever else signed. Of the right ones, one by a key that counts is enough.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from looplet.compiler.archive.package import ATTESTATIONS, Package
from looplet.compiler.signing import ed25519, ssh_keygen, sshsig
from looplet.compiler.signing.dsse import Signature, encoding, from_bytes
from looplet.compiler.signing.errors import BadAttestation, CannotVerify
from looplet.compiler.signing.keys import PublicKey
from looplet.compiler.signing.statement import contents_digest, expiry
from looplet.compiler.signing.times import now as current
from looplet.compiler.signing.trust import Standing, Trust

MOST_ATTESTATIONS: Final = 64

ANSWERS: Final = ("valid", "cannot-verify", "expired", "untrusted")
"""What a right signature can come to, the best first. And there are `unsigned` and `invalid`."""


class Signed(NamedTuple):
    """What is known of one signature. answer: one of ANSWERS, or "invalid". who: what the trust
    file calls its key. why: the reason for any other answer than `valid`. code: of the rule
    that this breaks, if it is more than that nobody here knows the key."""

    attestation: str
    answer: str
    why: str = ""
    code: str = ""
    key: PublicKey | None = None
    scheme: str = ""
    who: str = ""
    expires: str = ""

    def shown(self, known: str = "") -> str:
        """It on one line: who, whether that counts, and why not, if that is not `known`."""
        who = self.who or (self.key.fingerprint if self.key else self.attestation)
        until = f" until {self.expires}" if self.expires else ""
        why = f" ({self.why})" if self.why and self.why != known else ""
        return f"{who}: {self.answer}{until}{why}"

    @property
    def revoked(self) -> bool:
        """Whether the trust file says that its key is."""
        return self.code == "CT773"


class Verdict(NamedTuple):
    """What the signatures of a package come to: `unsigned`, `invalid`, or one of ANSWERS."""

    answer: str
    why: str = ""
    code: str = ""
    signatures: tuple[Signed, ...] = ()

    @property
    def revoked(self) -> bool:
        """Whether it is signed by keys that are revoked, and by none that counts."""
        return self.answer != "valid" and any(signed.revoked for signed in self.signatures)


def verdict(package: Package, trust: Trust, *, now: str | None = None) -> Verdict:
    """Judge the signatures of `package`. now: the moment, as text; without it, this one.

    Raises nothing for what is in the package.
    """
    if not package.attestations:
        return Verdict("unsigned", "nobody has signed it")
    if len(package.attestations) > MOST_ATTESTATIONS:
        return Verdict("invalid", f"it has more than {MOST_ATTESTATIONS} attestations", "CT770")
    at = now or current()
    contents = contents_digest(package)
    found: tuple[Signed, ...] = ()
    for name, data in package.attestations.items():
        try:
            envelope = from_bytes(data)
            expires = expiry(envelope.payload, package, contents) or ""
        except BadAttestation as error:
            found += (Signed(name, "invalid", str(error), error.code),)
            continue
        message = encoding(envelope.payload)
        for one in envelope.signatures:
            standing = trust.standing(one.key, package.name, at)
            judged = _judged(one, message, standing, expires if at >= expires else "")
            found += (judged._replace(attestation=name, expires=expires),)
    for signed in found:
        if signed.answer == "invalid":
            where = f"{ATTESTATIONS}{signed.attestation}"
            return Verdict("invalid", f"{where}: {signed.why}", signed.code, found)
    # Of those that count alike, a revoked key is what has to be said.
    best = min(found, key=lambda signed: (ANSWERS.index(signed.answer), not signed.revoked))
    return Verdict(best.answer, best.why, best.code, found)


def _judged(one: Signature, message: bytes, standing: Standing, ended: str) -> Signed:
    """What is known of a signature of `message`. ended: until when it was to hold, if that has
    passed."""

    def signed(answer: str, why: str = "", code: str = "") -> Signed:
        return Signed("", answer, why, code, one.key, one.scheme, standing.who)

    try:
        if not is_right(one, message):
            return signed("invalid", "its signature is wrong", "CT771")
    except BadAttestation as error:
        return signed("invalid", str(error), error.code)
    except CannotVerify as error:
        # A revoked key does not come to count by something that is missing here.
        if standing.word != "revoked":
            return signed("cannot-verify", str(error))
    if standing.word == "revoked":
        return signed("untrusted", standing.why, "CT773")
    if standing.word == "untrusted":
        return signed("untrusted", standing.why)
    if standing.word == "expired":
        return signed("expired", standing.why, "CT774")
    if ended:
        return signed("expired", f"it was signed to hold until {ended}", "CT774")
    return signed("valid")


def is_right(one: Signature, message: bytes) -> bool:
    """Whether it is a signature of `message` by the key that it claims.

    Raises BadAttestation if it is not even of the kind that it claims, CannotVerify if nothing here
    can tell.
    """
    if one.scheme == "ed25519":
        if len(one.data) != 64:
            raise BadAttestation("its signature is not Ed25519: that has 64 bytes")
        return ed25519.right(one.key, one.data, message)
    key, bare = sshsig.parts(one.data)
    if key != one.key:
        raise BadAttestation("its signature is by another key than its keyid says", "CT771")
    if ed25519.available():
        return ed25519.right(key, bare, sshsig.signed_bytes(message))
    try:
        return ssh_keygen.right(key, one.data, message)
    except CannotVerify as error:
        raise CannotVerify(f"{error}; or {ed25519.INSTALL}") from None


__all__ = ["ANSWERS", "Signed", "Verdict", "is_right", "verdict"]
