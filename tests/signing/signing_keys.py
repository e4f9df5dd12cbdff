"""Key files for tests, made without ssh-keygen, the same at each run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import serialization as ser
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from looplet.compiler.signing.keys import PublicKey
from looplet.compiler.signing.signer import Signer, signer


def no_passphrase() -> bytes:
    raise AssertionError("asked for a passphrase")


def private(number: int) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32)


class Keys:
    """Key files in a folder. Numbers tell keys apart: 1 is Ada's, 2 is Bob's."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def public(self, number: int = 1) -> PublicKey:
        return PublicKey(private(number).public_key().public_bytes_raw())

    def pem(self, number: int = 1, passphrase: bytes | None = None) -> Path:
        return self._written(f"{number}.pem", private(number), ser.PrivateFormat.PKCS8, passphrase)

    def openssh(self, number: int = 1) -> Path:
        kind = ser.PrivateFormat.OpenSSH
        path = self._written(f"id_{number}", private(number), kind, None)
        path.with_suffix(".pub").write_text(f"{self.public(number).line} someone@example.org\n")
        return path

    def rsa(self) -> Path:
        key = rsa.generate_private_key(65537, 1024)
        return self._written("rsa.pem", key, ser.PrivateFormat.PKCS8, None)

    def ecdsa(self) -> Path:
        key = ec.generate_private_key(ec.SECP256R1())
        return self._written("id_ecdsa", key, ser.PrivateFormat.OpenSSH, None)

    def signer(self, number: int = 1, scheme: str = "ed25519") -> Signer:
        path = self.pem(number) if scheme == "ed25519" else self.openssh(number)
        return signer(str(path), no_passphrase)

    def _written(
        self, name: str, key: Any, kind: ser.PrivateFormat, passphrase: bytes | None
    ) -> Path:
        locked = ser.BestAvailableEncryption(passphrase) if passphrase else ser.NoEncryption()
        path = self.folder / (("locked_" if passphrase else "") + name)
        path.write_bytes(key.private_bytes(ser.Encoding.PEM, kind, locked))
        path.chmod(0o600)
        return path
