"""The key that signs: a file that holds it, or names the one that an agent holds."""

from __future__ import annotations

import os
from base64 import b64decode
from collections.abc import Callable
from typing import Final

from looplet.compiler.signing import ed25519, ssh_keygen, sshsig
from looplet.compiler.signing.dsse import Signature
from looplet.compiler.signing.errors import BadAttestation, SigningError
from looplet.compiler.signing.keys import KIND, PublicKey, key_of_line, key_of_wire

MOST_BYTES: Final = 65536
_OPENSSH: Final = b"-----BEGIN OPENSSH PRIVATE KEY-----"
_PEM: Final = (b"-----BEGIN PRIVATE KEY-----", b"-----BEGIN ENCRYPTED PRIVATE KEY-----")
_PUBLIC: Final = (b"ssh-", b"ecdsa-", b"sk-", b"-----BEGIN PUBLIC KEY-----")
_MAGIC: Final = b"openssh-key-v1\0"


class Signer:
    """Something that signs. scheme: as in `dsse`. key: the public half."""

    def __init__(self, scheme: str, key: PublicKey, sign: Callable[[bytes], bytes]) -> None:
        self.scheme = scheme
        self.key = key
        self._sign = sign

    def signature(self, message: bytes) -> Signature:
        """Raises SigningError when it does not come to one."""
        return Signature(self.scheme, self.key, self._sign(message))


def signer(path: str, ask: Callable[[], bytes]) -> Signer:
    """The signer of a key file. ask: for its passphrase, if it has one and we are to read it.

    PKCS #8 in PEM is for plain Ed25519; OpenSSH's own format, and a `.pub` file whose key an agent
    holds, sign as OpenSSH does. Raises SigningError.
    """
    try:
        with open(path, "rb") as file:
            status = os.fstat(file.fileno())
            data = file.read(MOST_BYTES)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise SigningError(f"the key {path} cannot be read: {why}") from None
    begin = data.lstrip()
    try:
        if begin.startswith(KIND.encode()):
            public = key_of_line(data.decode("utf-8", "replace").strip())
            return Signer("sshsig", public, lambda message: ssh_keygen.sign(path, message))
        if begin.startswith(_PUBLIC):  # of another kind: no secret, and no use either
            raise SigningError(_no_key(data))
        if os.name != "nt" and status.st_uid == os.geteuid() and status.st_mode & 0o077:
            raise SigningError("others can read it; make it your own: chmod 600")
        if begin.startswith(_OPENSSH):
            return _openssh(path, data, ask)
        if begin.startswith(_PEM):
            private = ed25519.private_key(data, ask)
            return Signer("ed25519", private.public, private.sign)
        raise SigningError(_no_key(data))
    except SigningError as error:
        raise SigningError(f"the key {path}: {error}") from None


def _openssh(path: str, data: bytes, ask: Callable[[], bytes]) -> Signer:
    public = _public_half(data)
    if ssh_keygen.program():
        return Signer("sshsig", public, lambda message: ssh_keygen.sign(path, message))
    private = ed25519.private_key(data, ask, openssh=True)

    def sign(message: bytes) -> bytes:
        return sshsig.blob(public, private.sign(sshsig.signed_bytes(message)))

    return Signer("sshsig", public, sign)


def _public_half(data: bytes) -> PublicKey:
    """The public key in an OpenSSH private key, where it is not encrypted."""
    try:
        body = b64decode("".join(data.decode("ascii").strip().splitlines()[1:-1]), validate=True)
    except ValueError:
        body = b""
    if not body.startswith(_MAGIC):
        raise SigningError("it is damaged")
    rest = body[len(_MAGIC) :]
    for _ in range(3):  # the cipher, how its key is derived, and from what
        rest = rest[4 + int.from_bytes(rest[:4]) :]
    size = int.from_bytes(rest[4:8])  # behind the number of keys, which is one
    try:
        return key_of_wire(rest[8 : 8 + size])
    except BadAttestation:
        kind = rest[12 : 12 + int.from_bytes(rest[8:12])].decode("ascii", "replace")
        raise SigningError(
            f"it is a key of type {kind!r:.40}, and only Ed25519 signs packages; make one with "
            "`ssh-keygen -t ed25519`"
        ) from None


def _no_key(data: bytes) -> str:
    """What a file is that holds no key we can sign with, and what to do."""
    make = "make one with `ssh-keygen -t ed25519 -f KEY`"
    first = data.decode("utf-8", "replace").strip().partition("\n")[0][:60]
    if "PUBLIC KEY" in first:
        return "it is the public half; sign with the private one, or by an agent with a .pub file"
    if "PRIVATE KEY" in first or first.startswith(("ssh-", "ecdsa-", "sk-", "PuTTY")):
        return f"it begins with {first!r:.60}, which is no Ed25519 key we know; {make}"
    return f"it holds no key; {make}, or `openssl genpkey -algorithm ed25519 -out KEY`"


__all__ = ["Signer", "signer"]
