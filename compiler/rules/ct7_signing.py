"""CT77: signatures that are wrong or count no more, and trust files that say nothing."""

from __future__ import annotations

from looplet.compiler.diagnostics import quote, rule


@rule("CT770", "malformed-attestation", "error")
def malformed(why: str) -> str:
    """A file in `CARTRIDGE-INFO/attestations/` is none that `looplet-compile sign` would write.

    It has to be a DSSE envelope in canonical JSON, around an in-toto statement, with signatures by
    Ed25519 keys. What is spelt in another way could be read in another way, so it is refused and
    never taken for a package without a signature: who could break one could make a signed package
    an unsigned one.
    """
    return f"{why}; get the package again from whoever signed it, or sign it again"


@rule("CT771", "wrong-signature", "error")
def wrong(why: str) -> str:
    """A signature does not fit what it is said to sign, or the key that it is said to be by.

    The package was changed after it was signed, or the signature was. That holds beside a right
    signature as well: something in this package is not what somebody made.
    """
    return f"{why}; get the package again from whoever signed it, and don't run this one"


@rule("CT772", "foreign-statement", "error")
def foreign(why: str) -> str:
    """An attestation is about another package than the one it lies in.

    It was moved here from another version or another cartridge, or the preset, manifest or lock of
    this one was changed after it was signed. A signature binds the tree, the meaning, and every
    byte that the package says of itself.
    """
    return f"{why}; get the package again from whoever signed it, or sign it again"


@rule("CT773", "revoked-key", "error")
def revoked(why: str) -> str:
    """The package is signed by a key that your trust file calls revoked, and by none that counts.

    When it was signed nobody can tell, so a key that is revoked counts for nothing, whatever it
    signed before. Such a package is not run.
    """
    return f"{why}; get a package that was signed again, with another key"


@rule("CT774", "expired-signature", "error")
def expired(why: str) -> str:
    """The signature held until a day that has passed, or its key did.

    The first was said when it was signed (`--expires`), the second stands in your trust file
    (`valid_before`). The package is what it was; who signed it does not stand behind it any more.
    """
    return f"{why}; get a newer release, or have this one signed again"


@rule("CT775", "unusable-trust-file", "error")
def unusable_trust(why: str) -> str:
    """A trust file cannot be read, or something in it is not what it may be.

    It decides what runs without a question, so a mistake in it is never passed over: nothing is
    verified by it until it is mended. docs/signing.md has its format.
    """
    return why


@rule("CT776", "writable-trust-file", "error")
def writable_trust(why: str) -> str:
    """Others than you can write a trust file, or the folder that it is in.

    Who writes it decides whose packages run here without a question. So it must be yours, in a
    folder that is yours: `chmod go-w` takes the right to write from everybody else.
    """
    return why


@rule("CT777", "more-in-wheel", "error")
def more_in_wheel(name: str) -> str:
    """A wheel holds something that does not follow from the cartridge in it.

    All of a wheel is made from the package that it carries, its metadata and its two modules too,
    and a signature covers that package. Here one of them is another one: code that an installation
    would put beside the agent, or a dependency that the cartridge does not have. Wheels of another
    version of looplet can differ as well; then build it again.
    """
    return f"{quote(name)} is not what the package in this wheel makes it; don't install it"
