"""What can go wrong with signatures, apart from their being wrong."""

from __future__ import annotations


class SigningError(ValueError):
    """A key, trust file or package that cannot be used; the message says why, and what to do."""


class CannotVerify(SigningError):
    """There is nothing on this machine that could tell whether a signature is right."""


class BadAttestation(SigningError):
    """An attestation that is not what one of a package has to be; the message says in what.

    code: of the rule that it breaks.
    """

    def __init__(self, why: str, code: str = "CT770") -> None:
        super().__init__(why)
        self.code = code
