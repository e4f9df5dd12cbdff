"""Ed25519 by the `cryptography` package, imported when it is needed. The one place that does."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from looplet.compiler.signing.errors import CannotVerify, SigningError
from looplet.compiler.signing.keys import PublicKey

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

INSTALL = "pip install 'looplet[sign]'"


def available() -> bool:
    try:
        import cryptography.hazmat.primitives.asymmetric.ed25519  # noqa: F401
    except ImportError:
        return False
    return True


def right(key: PublicKey, signature: bytes, message: bytes) -> bool:
    """Whether it is the signature of `message` by `key`. Raises CannotVerify."""
    try:
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    except ImportError:
        raise CannotVerify(f"it needs the cryptography package: {INSTALL}") from None
    try:
        Ed25519PublicKey.from_public_bytes(key.raw).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


class Private:
    """A private key: what it signs with, and its public half."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key
        self.public = PublicKey(key.public_key().public_bytes_raw())

    def sign(self, message: bytes) -> bytes:
        return self._key.sign(message)


def private_key(data: bytes, ask: Callable[[], bytes], *, openssh: bool = False) -> Private:
    """The private key in a file: PKCS #8 in PEM, or OpenSSH's own.

    ask: for the passphrase, if there is one. Raises SigningError: no key, another kind of key, a
    wrong passphrase, no `cryptography`.
    """
    try:
        from cryptography.exceptions import UnsupportedAlgorithm
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
        from cryptography.hazmat.primitives.serialization import (
            load_pem_private_key,
            load_ssh_private_key,
        )
    except ImportError:
        need = "ssh-keygen or the" if openssh else "the"
        raise SigningError(f"it takes {need} cryptography package: {INSTALL}") from None
    load = load_ssh_private_key if openssh else load_pem_private_key
    try:
        try:
            key = load(data, None)
        except TypeError:  # it is encrypted: how they say so
            key = load(data, ask())
    except SigningError:  # what `ask` says
        raise
    except UnsupportedAlgorithm:
        raise SigningError("it is encrypted in a way that only ssh-keygen reads") from None
    except (ValueError, TypeError):
        raise SigningError("the passphrase is wrong, or the key is damaged") from None
    if not isinstance(key, Ed25519PrivateKey):
        kind = type(key).__name__.strip("_").removesuffix("PrivateKey")
        raise SigningError(f"it is a key of type {kind}, and only Ed25519 signs packages")
    return Private(key)


__all__ = ["INSTALL", "Private", "available", "private_key", "right"]
