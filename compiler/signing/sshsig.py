"""Signatures as OpenSSH makes them (PROTOCOL.sshsig), with an Ed25519 key.

    magic, version, string key, string namespace, string reserved, string hash, string signature

What the key signs is not the message but its hash, behind the magic and the namespace, so that a
signature made for something else (a commit, a mail) is never one of a package.
"""

from __future__ import annotations

import hashlib
from base64 import b64decode, b64encode
from typing import Final

from looplet.compiler.signing.errors import BadAttestation
from looplet.compiler.signing.keys import KIND, PublicKey, key_of_wire, string

NAMESPACE: Final = "looplet-cartridge"
HASH: Final = "sha512"

_MAGIC: Final = b"SSHSIG"
_VERSION: Final = (1).to_bytes(4)
_BEGIN: Final = "-----BEGIN SSH SIGNATURE-----\n"
_END: Final = "\n-----END SSH SIGNATURE-----\n"
_WIDTH: Final = 70


def signed_bytes(message: bytes) -> bytes:
    """What the key itself signs for `message`."""
    digest = hashlib.sha512(message).digest()
    return _MAGIC + b"".join(map(string, (NAMESPACE.encode(), b"", HASH.encode(), digest)))


def blob(key: PublicKey, signature: bytes) -> bytes:
    """The signature with all that goes with it."""
    inner = string(KIND.encode()) + string(signature)
    fields = (key.wire, NAMESPACE.encode(), b"", HASH.encode(), inner)
    return _MAGIC + _VERSION + b"".join(map(string, fields))


def parts(data: bytes) -> tuple[PublicKey, bytes]:
    """The key and the bare signature in a blob. Raises BadAttestation for one that `blob` would not
    have written: of another namespace, hash or kind of key."""
    magic = _MAGIC + _VERSION
    if not data.startswith(magic):
        raise BadAttestation("its signature is none that `ssh-keygen -Y sign` makes")
    key, namespace, reserved, used, inner = _strings(data[len(magic) :], 5)
    if namespace != NAMESPACE.encode():
        name = namespace.decode(errors="replace")
        raise BadAttestation(f"it was signed in the namespace {name!r:.40}, not {NAMESPACE!r}")
    if reserved or used != HASH.encode():
        raise BadAttestation(f"its signature is not of a {HASH} hash")
    kind, signature = _strings(inner, 2)
    if kind != KIND.encode() or len(signature) != 64:
        raise BadAttestation("its signature is not Ed25519")
    return key_of_wire(key), signature


def _strings(data: bytes, count: int) -> list[bytes]:
    """Exactly `count` strings, with nothing behind them."""
    found = []
    for _ in range(count):
        size = int.from_bytes(data[:4])
        if len(data) < 4 + size or len(data) < 4:
            raise BadAttestation("its signature is cut off")
        found.append(data[4 : 4 + size])
        data = data[4 + size :]
    if data:
        raise BadAttestation("there is something behind its signature")
    return found


# ── armor: how ssh-keygen reads and writes a blob ─────────────────────────────────────────────────


def armored(data: bytes) -> str:
    text = b64encode(data).decode()
    rows = [text[start : start + _WIDTH] for start in range(0, len(text), _WIDTH)]
    return _BEGIN + "\n".join(rows) + _END


def unarmored(text: str) -> bytes:
    """Raises BadAttestation."""
    text = text.replace("\r\n", "\n")
    if not (text.startswith(_BEGIN) and text.endswith(_END)):
        raise BadAttestation("ssh-keygen gave no signature")
    try:
        return b64decode("".join(text[len(_BEGIN) : -len(_END)].split()), validate=True)
    except ValueError:
        raise BadAttestation("ssh-keygen gave no signature") from None


__all__ = ["HASH", "NAMESPACE", "armored", "blob", "parts", "signed_bytes", "unarmored"]
