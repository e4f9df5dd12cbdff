"""The envelope of a signature: DSSE, version 1.

What is signed is not the payload but its *pre-authentication encoding*, which has the type of the
payload in it, so that no payload can be taken for one of another type.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from looplet.compiler.signing.errors import BadAttestation
from looplet.compiler.signing.keys import PublicKey, key_of_text
from looplet.compiler.signing.strict import base64, canonical, members, read_canonical, unbase64

PAYLOAD_TYPE: Final = "application/vnd.in-toto+json"
MOST_BYTES: Final = 65536
MOST_SIGNATURES: Final = 16

SCHEMES: Final = ("ed25519", "sshsig")
"""How a signature was made: Ed25519 over the encoding itself (RFC 8032), or as `ssh-keygen -Y sign`
makes one, whose blob has a namespace and a hash of the encoding."""


class Signature(NamedTuple):
    """One signature. The key that it claims to be of is in the envelope, so that a wrong signature
    and one by a stranger can be told apart."""

    scheme: str
    key: PublicKey
    data: bytes

    @property
    def keyid(self) -> str:
        return f"{self.scheme}:{self.key.text}"


class Envelope(NamedTuple):
    payload: bytes
    signatures: tuple[Signature, ...]


def encoding(payload: bytes) -> bytes:
    """What is signed: the pre-authentication encoding of a payload of PAYLOAD_TYPE."""
    return pae(PAYLOAD_TYPE, payload)


def pae(kind: str, payload: bytes) -> bytes:
    name = kind.encode()
    return b"DSSEv1 %d %s %d %s" % (len(name), name, len(payload), payload)


def to_bytes(envelope: Envelope) -> bytes:
    """The envelope as a file: canonical JSON and a line end."""
    signatures = [{"keyid": one.keyid, "sig": base64(one.data)} for one in envelope.signatures]
    value = {
        "payload": base64(envelope.payload),
        "payloadType": PAYLOAD_TYPE,
        "signatures": signatures,
    }
    return canonical(value) + b"\n"


def from_bytes(data: bytes) -> Envelope:
    """The envelope in a file. Nothing of it is verified. Raises BadAttestation for any byte that
    `to_bytes` would not have written."""
    if len(data) > MOST_BYTES:
        raise BadAttestation(f"it has {len(data)} bytes; an envelope has at most {MOST_BYTES}")
    if not data.endswith(b"\n"):
        raise BadAttestation("it does not end with a line end")
    value = read_canonical(data[:-1], "the envelope")
    names = ("payload", "payloadType", "signatures")
    payload, kind, signatures = members(value, names, "an envelope")
    if kind != PAYLOAD_TYPE:
        raise BadAttestation(f"its payloadType is {kind!r:.60}, not {PAYLOAD_TYPE!r}")
    if not isinstance(signatures, list) or not 0 < len(signatures) <= MOST_SIGNATURES:
        raise BadAttestation(f"it is signed by no key, or by more than {MOST_SIGNATURES}")
    return Envelope(unbase64(payload, "its payload"), tuple(map(_signature, signatures)))


def _signature(value: object) -> Signature:
    keyid, data = members(value, ("keyid", "sig"), "a signature")
    scheme, colon, text = keyid.partition(":") if isinstance(keyid, str) else ("", "", "")
    if not colon or scheme not in SCHEMES:
        raise BadAttestation(
            f"its keyid is {keyid!r:.60}; one begins with {' or '.join(f'{s}:' for s in SCHEMES)}"
        )
    return Signature(scheme, key_of_text(text), unbase64(data, "its signature"))


__all__ = ["Envelope", "PAYLOAD_TYPE", "Signature", "encoding", "from_bytes", "pae", "to_bytes"]
