"""Public keys, as OpenSSH spells them: that is how they are shown, and stand in a trust file.

    ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFyWhfbRO0cZ2OPuDw3tX1nE/sbKVDFLXBqSqP3XyKDr ada@example.org

Whichever program made a key, it is this one line, and has this one fingerprint.
"""

from __future__ import annotations

import hashlib
from base64 import b64decode, b64encode
from typing import Final, NamedTuple

from looplet.compiler.signing.errors import BadAttestation, SigningError

KIND: Final = "ssh-ed25519"
SIZE: Final = 32


def string(data: bytes) -> bytes:
    """Bytes as SSH has them on the wire: their length in four bytes, and they."""
    return len(data).to_bytes(4) + data


PREFIX: Final = string(KIND.encode()) + SIZE.to_bytes(4)


class PublicKey(NamedTuple):
    """An Ed25519 public key: its 32 bytes."""

    raw: bytes

    @property
    def wire(self) -> bytes:
        return PREFIX + self.raw

    @property
    def text(self) -> str:
        """The middle of its line: base64, which begins with AAAA."""
        return b64encode(self.wire).decode()

    @property
    def line(self) -> str:
        """As in a `.pub` file, without the comment."""
        return f"{KIND} {self.text}"

    @property
    def fingerprint(self) -> str:
        """As `ssh-keygen -l` prints it."""
        return "SHA256:" + b64encode(hashlib.sha256(self.wire).digest()).decode().rstrip("=")


def key_of_wire(data: bytes) -> PublicKey:
    """Raises BadAttestation for what is no Ed25519 key."""
    if len(data) != len(PREFIX) + SIZE or not data.startswith(PREFIX):
        raise BadAttestation("its key is no Ed25519 key")
    return PublicKey(data[len(PREFIX) :])


def key_of_text(text: str) -> PublicKey:
    """The key whose `text` this is, in its one spelling. Raises BadAttestation."""
    try:
        key = key_of_wire(b64decode(text, validate=True))
    except (BadAttestation, ValueError):
        key = None
    if key is None or key.text != text:
        raise BadAttestation("its keyid names no Ed25519 key")
    return key


def key_of_line(line: str) -> PublicKey:
    """The key of a line as in a `.pub` file, with or without a comment.

    Raises SigningError, which says what else it is.
    """
    words = line.split()
    if len(words) < 2 or words[0] != KIND or "\n" in line.strip():
        raise SigningError(f"{_other_kind(line)}; write the line of an Ed25519 key: {KIND} AAAA…")
    try:
        return key_of_text(words[1])
    except BadAttestation:
        raise SigningError("the key is damaged: copy its whole line again") from None


def _other_kind(line: str) -> str:
    word = line.split(maxsplit=1)[0] if line.split() else ""
    if line.count(KIND) > 1:
        return "these are several keys"
    if word == KIND:
        return "the rest of the key is missing"
    if "PRIVATE KEY" in line:
        return "this is the private half of a key, which belongs nowhere but on its owner's machine"
    if "BEGIN PUBLIC KEY" in line:
        return "this is a key as openssl writes it"
    if word.startswith(("ssh-", "ecdsa-", "sk-")):
        return f"this is a key of type {word:.40}, and only Ed25519 signs packages"
    return f"this is no public key: {line.strip()!r:.40}"


__all__ = ["KIND", "PublicKey", "key_of_line", "key_of_text", "key_of_wire", "string"]
