"""What the signatures of a package come to: whose they are, whether they still hold."""

from __future__ import annotations

from dataclasses import replace

import pytest
from signing_keys import Keys

from looplet.compiler.archive.package import Package
from looplet.compiler.signing.dsse import Envelope, from_bytes, to_bytes
from looplet.compiler.signing.errors import SigningError
from looplet.compiler.signing.sign import attested, file_name
from looplet.compiler.signing.trust import Trust, TrustedKey
from looplet.compiler.signing.verify import Verdict, verdict

NOW = "2026-06-01T12:00:00Z"


def signed(package: Package, keys: Keys, *numbers: int, expires: str | None = None) -> Package:
    for number in numbers:
        package = attested(package, keys.signer(number), expires).package
    return package


def trust(keys: Keys, *numbers: int, names: tuple[str, ...] = ("*",), **more: str) -> Trust:
    entries = [TrustedKey(keys.public(number), f"{number}", names, **more) for number in numbers]
    return Trust("trust.json", tuple(entries))


def judged(package: Package, given: Trust) -> Verdict:
    return verdict(package, given, now=NOW)


def test_nobody_signed(package: Package, keys: Keys) -> None:
    assert judged(package, trust(keys, 1)).answer == "unsigned"


def test_a_stranger_signed(package: Package, keys: Keys) -> None:
    found = judged(signed(package, keys, 1), trust(keys, 2))
    assert found.answer == "untrusted"
    assert "trust.json does not name it" in found.why
    assert "no trust file" in judged(signed(package, keys, 1), Trust()).why


def test_somebody_trusted_signed(package: Package, keys: Keys) -> None:
    found = judged(signed(package, keys, 1), trust(keys, 1))
    assert found.answer == "valid"
    assert found.signatures[0].who == "1"


@pytest.mark.parametrize(
    ("pattern", "answer"),
    [
        ("hello", "valid"),
        ("h*", "valid"),
        ("h?llo", "valid"),
        ("Hello", "untrusted"),
        ("x", "untrusted"),
    ],
)
def test_a_key_counts_for_names(package: Package, keys: Keys, pattern: str, answer: str) -> None:
    found = judged(signed(package, keys, 1), trust(keys, 1, names=(pattern,)))
    assert found.answer == answer
    assert answer == "valid" or f"counts for {pattern} only" in found.why


def test_a_signature_holds_until(package: Package, keys: Keys) -> None:
    ended = signed(package, keys, 1, expires=NOW)
    found = judged(ended, trust(keys, 1))
    assert found.answer == "expired"
    assert NOW in found.why
    holding = signed(package, keys, 1, expires="2026-06-01T12:00:01Z")
    assert judged(holding, trust(keys, 1)).answer == "valid"
    assert judged(ended, trust(keys, 2)).answer == "untrusted"


def test_a_key_counts_from_and_until(package: Package, keys: Keys) -> None:
    one = signed(package, keys, 1)
    assert judged(one, trust(keys, 1, valid_before=NOW)).answer == "expired"
    assert judged(one, trust(keys, 1, valid_before="2026-06-01T12:00:01Z")).answer == "valid"
    assert judged(one, trust(keys, 1, valid_after=NOW)).answer == "valid"
    early = judged(one, trust(keys, 1, valid_after="2026-06-01T12:00:01Z"))
    assert early.answer == "untrusted"
    assert "counts from" in early.why


def test_a_revoked_key_counts_for_nothing(package: Package, keys: Keys) -> None:
    revoked = Trust("t", (TrustedKey(keys.public(), "Ada", revoked="stolen"),))
    found = judged(signed(package, keys, 1), revoked)
    assert found.answer == "untrusted"
    assert found.why == "its key was revoked: stolen"
    assert found.revoked
    both = Trust("t", (*trust(keys, 1).keys, *revoked.keys))
    assert judged(signed(package, keys, 1), both).revoked
    either = Trust("t", (*revoked.keys, *trust(keys, 2).keys))
    assert judged(signed(package, keys, 1, 2), either).answer == "valid"
    assert not judged(signed(package, keys, 1, 2), either).revoked


def test_a_revoked_key_is_revoked_where_nothing_verifies(
    package: Package, keys: Keys, without_ssh_keygen: None, request: pytest.FixtureRequest
) -> None:
    one = signed(package, keys, 1)
    request.getfixturevalue("without_cryptography")
    found = judged(one, Trust("t", (TrustedKey(keys.public(), revoked="stolen"),)))
    assert (found.answer, found.revoked) == ("untrusted", True)


def test_of_several_entries_the_best_counts(package: Package, keys: Keys) -> None:
    entries = (
        *trust(keys, 1, names=("other",)).keys,
        *trust(keys, 1, valid_before=NOW).keys,
        *trust(keys, 1).keys,
    )
    one = signed(package, keys, 1)
    assert judged(one, Trust("t", entries)).answer == "valid"
    assert judged(one, Trust("t", entries[:2])).answer == "expired"
    assert judged(one, Trust("t", entries[:1])).answer == "untrusted"


# ── several ───────────────────────────────────────────────────────────────────────────────────────


def test_two_signatures_of_which_one_counts(package: Package, keys: Keys) -> None:
    both = signed(package, keys, 1, 2)
    assert len(both.attestations) == 2
    assert judged(both, trust(keys, 2)).answer == "valid"
    assert sorted(s.answer for s in judged(both, trust(keys, 2)).signatures) == [
        "untrusted",
        "valid",
    ]
    assert judged(both, Trust()).answer == "untrusted"


def test_the_order_of_signing_does_not_matter(package: Package, keys: Keys) -> None:
    assert signed(package, keys, 1, 2).members() == signed(package, keys, 2, 1).members()


def test_a_wrong_signature_beside_a_right_one_is_invalid(package: Package, keys: Keys) -> None:
    both = signed(package, keys, 1, 2)
    name = file_name(keys.public(1))
    broken = {**both.attestations, name: b"{}\n"}
    found = judged(replace(both, attestations=broken), trust(keys, 2))
    assert found.answer == "invalid"
    assert name in found.why
    assert "valid" in [one.answer for one in found.signatures]


def test_an_envelope_may_have_several_signatures(package: Package, keys: Keys) -> None:
    """We write one each; who else writes the format may put them together."""
    envelopes = [from_bytes(data) for data in signed(package, keys, 1, 2).attestations.values()]
    one, two = (envelope.signatures[0] for envelope in envelopes)
    payload = envelopes[0].payload

    def together(*signatures: object) -> Verdict:
        data = to_bytes(Envelope(payload, signatures))  # type: ignore[arg-type]
        return judged(replace(package, attestations={"both.json": data}), trust(keys, 2))

    assert together(one, two).answer == "valid"
    assert together(one, two._replace(data=bytes(64))).answer == "invalid"
    assert together(one._replace(data=bytes(64)), two).answer == "invalid"


def test_there_are_not_more_than_some(package: Package, keys: Keys) -> None:
    (data,) = signed(package, keys, 1).attestations.values()
    many = {f"{number}.json": data for number in range(65)}
    assert judged(replace(package, attestations=many), trust(keys, 1)).answer == "invalid"


# ── signing ───────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("scheme", ["ed25519", "sshsig"])
def test_signing_again_changes_nothing(package: Package, keys: Keys, scheme: str) -> None:
    once = attested(package, keys.signer(1, scheme))
    again = attested(once.package, keys.signer(1, scheme))
    assert (once.changed, again.changed) == (True, False)
    assert again.package.members() == once.package.members()
    assert attested(package, keys.signer(1, scheme)).package.members() == once.package.members()


def test_another_expiry_takes_the_place_of_the_first(package: Package, keys: Keys) -> None:
    once = signed(package, keys, 1)
    later = attested(once, keys.signer(1), "2027-01-01T00:00:00Z")
    assert later.changed
    assert len(later.package.attestations) == 1
    assert judged(later.package, trust(keys, 1)).signatures[0].expires == "2027-01-01T00:00:00Z"


def test_signing_leaves_the_tree_and_the_rest_alone(package: Package, keys: Keys) -> None:
    after = signed(package, keys, 1)
    assert after.tree_digest == package.tree_digest
    changed = {
        name for name, file in after.members().items() if package.members().get(name) != file
    }
    assert changed == {
        "CARTRIDGE-INFO/RECORD",
        f"CARTRIDGE-INFO/attestations/{file_name(keys.public(1))}",
    }


def test_what_is_wrong_is_not_signed_over(package: Package, keys: Keys) -> None:
    broken = replace(package, attestations={"a.json": b"{}"})
    with pytest.raises(SigningError, match="wrong signature"):
        attested(broken, keys.signer(1))


def test_a_key_that_signs_wrongly_is_caught(package: Package, keys: Keys) -> None:
    signer = keys.signer(1)
    signer._sign = lambda message: bytes(64)
    with pytest.raises(SigningError, match="not its own"):
        attested(package, signer)
