"""The envelope and the statement: what is signed, as the standards say, in one spelling only."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode, urlsafe_b64encode
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from signing_keys import Keys

from looplet.compiler.archive.package import Package
from looplet.compiler.signing import sshsig
from looplet.compiler.signing.dsse import Envelope, Signature, encoding, from_bytes, pae, to_bytes
from looplet.compiler.signing.errors import BadAttestation
from looplet.compiler.signing.keys import key_of_line
from looplet.compiler.signing.sign import attested
from looplet.compiler.signing.statement import contents_digest, statement
from looplet.compiler.signing.strict import canonical
from looplet.compiler.signing.trust import Trust, TrustedKey
from looplet.compiler.signing.verify import Verdict, verdict
from looplet.contents import File


def test_the_encoding_is_that_of_the_standard() -> None:
    """The test vector of DSSE 1.0.2, protocol.md."""
    got = pae("http://example.com/HelloWorld", b"hello world")
    assert got == b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"


def test_lengths_in_the_encoding_are_in_bytes() -> None:
    assert pae("é", "ü".encode()) == b"DSSEv1 2 \xc3\xa9 2 \xc3\xbc"


def test_a_fingerprint_is_the_one_that_ssh_shows(keys: Keys, ssh: Callable[..., Any]) -> None:
    path = keys.openssh()
    shown = ssh("-l", "-f", path.with_suffix(".pub")).stdout.split()
    assert shown[1] == keys.public().fingerprint


def test_a_statement_is_in_toto(package: Package) -> None:
    value = statement(package)
    assert value["_type"] == "https://in-toto.io/Statement/v1"
    assert value["subject"] == [{"name": "hello-1.0.0", "digest": {"sha256": package.tree_digest}}]
    assert value["predicateType"] == "urn:looplet:cartridge-release:1"
    assert value["predicate"]["digests"]["meaning"] == package.manifest["digests"]["meaning"]


@pytest.mark.parametrize(
    "changed",
    [
        {"ir": {"other": 1}},
        {"manifest": {"description": "other"}},
        {"lock": b"{}\n"},
        {"files": {"cartridge/more": File(b"")}},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_contents_cover_all_but_the_attestations(package: Package, changed: Any) -> None:
    for name, value in changed.items():
        old = getattr(package, name)
        changed = {name: {**old, **value} if isinstance(value, dict) else value}
    assert contents_digest(replace(package, **changed)) != contents_digest(package)
    assert contents_digest(replace(package, attestations={"a.json": b"{}"})) == contents_digest(
        package
    )


# ── one spelling ──────────────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module", params=["ed25519", "sshsig"])
def scheme(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def signed(package: Package, keys: Keys, scheme: str) -> Package:
    return attested(package, keys.signer(1, scheme)).package


@pytest.fixture
def judge(signed: Package, keys: Keys) -> Callable[[bytes], Verdict]:
    """What the signature comes to when its file has these bytes, and Ada is trusted."""
    trust = Trust("trust.json", (TrustedKey(keys.public(), "Ada", ("*",)),))
    (name,) = signed.attestations

    def judged(data: bytes) -> Verdict:
        return verdict(replace(signed, attestations={name: data}), trust)

    return judged


@pytest.fixture
def data(signed: Package) -> bytes:
    (data,) = signed.attestations.values()
    return data


def test_what_is_written_is_read(data: bytes, judge: Callable[[bytes], Verdict]) -> None:
    assert to_bytes(from_bytes(data)) == data
    assert judge(data).answer == "valid"


def test_every_flipped_bit_is_seen(data: bytes, judge: Callable[[bytes], Verdict]) -> None:
    for place in range(len(data)):
        for bit in range(8):
            changed = bytearray(data)
            changed[place] ^= 1 << bit
            assert judge(bytes(changed)).answer == "invalid", (place, bit)


def test_every_truncation_is_seen(data: bytes, judge: Callable[[bytes], Verdict]) -> None:
    for size in range(len(data)):
        assert judge(data[:size]).answer == "invalid", size


SPELLINGS: dict[str, Callable[[str], str]] = {
    "a space": lambda text: text.replace(":", ": ", 1),
    "indented": lambda text: json.dumps(json.loads(text), indent=1),
    "without a line end": lambda text: text.rstrip("\n"),
    "two line ends": lambda text: text + "\n",
    "a byte order mark": lambda text: "\ufeff" + text,
    "an escape": lambda text: text.replace("payload", "p\\u0061yload", 1),
    "something behind": lambda text: text.rstrip("\n") + "{}\n",
    "a key twice, the other first": lambda text: '{"payload":"AAAA",' + text[1:],
    "a key twice, the other last": lambda text: text.rstrip("}\n") + '],"payload":"AAAA"}\n',
    "a key more": lambda text: text.rstrip("}\n") + ',"x":1}\n',
    "no payload": lambda text: "{" + text[text.index('"payloadType"') :],
    "a list": lambda text: "[]\n",
    "a number": lambda text: "1\n",
    "nothing": lambda text: "",
    "deep": lambda text: "[" * 20_000 + "\n",
    "a number of many digits": lambda text: "1" * 20_000 + "\n",
    "not a number": lambda text: text.replace('"signatures":[', '"signatures":[NaN,'),
    "half a character": lambda text: '"\\ud800"\n',
    "much": lambda text: text.replace('"sig":"', '"sig":"' + "A" * 100_000),
}


@pytest.mark.parametrize("name", SPELLINGS)
def test_another_spelling_is_invalid(
    name: str, data: bytes, judge: Callable[[bytes], Verdict]
) -> None:
    changed = SPELLINGS[name](data.decode()).encode()
    assert changed != data
    assert judge(changed).answer == "invalid"


def edited(data: bytes, change: Callable[[dict[str, Any]], Any]) -> bytes:
    value = json.loads(data)
    change(value)
    return canonical(value) + b"\n"


BASE64: dict[str, Callable[[str], str]] = {
    "without padding": lambda text: text.rstrip("="),
    "more padding": lambda text: text + "=",
    "a line end": lambda text: text[:4] + "\n" + text[4:],
    "a space": lambda text: text + " ",
    "for addresses": lambda text: urlsafe_b64encode(b"\xff" + b64decode(text)[1:]).decode(),
    "bits that nobody looks at": lambda text: _unused_bits(text),
    "empty": lambda text: "",
    "a character that is none": lambda text: "é" + text,
}


def _unused_bits(text: str) -> str:
    """The same bytes in other base64: the last character before the padding has bits to spare."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    bare = text.rstrip("=")
    other = alphabet[alphabet.index(bare[-1]) ^ 1]
    changed = bare[:-1] + other + "=" * (len(text) - len(bare))
    if text.endswith("="):
        assert b64decode(changed) == b64decode(text)
    return changed


@pytest.mark.parametrize("name", BASE64)
@pytest.mark.parametrize("part", ["payload", "sig"])
def test_base64_has_one_spelling(
    name: str, part: str, data: bytes, judge: Callable[[bytes], Verdict]
) -> None:
    def change(value: dict[str, Any]) -> None:
        holder = value if part == "payload" else value["signatures"][0]
        text = BASE64[name](holder[part])
        assert text != holder[part]
        holder[part] = text

    assert judge(edited(data, change)).answer == "invalid"


# ── what it says ──────────────────────────────────────────────────────────────────────────────────


def _first(value: dict[str, Any]) -> dict[str, Any]:
    first: dict[str, Any] = value["signatures"][0]
    return first


def test_a_changed_payload_type_is_invalid(data: bytes, judge: Callable[[bytes], Verdict]) -> None:
    found = judge(edited(data, lambda value: value.update(payloadType="application/json")))
    assert found.answer == "invalid"
    assert "payloadType" in found.why


def test_without_a_signature_it_is_invalid(data: bytes, judge: Callable[[bytes], Verdict]) -> None:
    assert judge(edited(data, lambda value: value.update(signatures=[]))).answer == "invalid"
    many = edited(data, lambda value: value.update(signatures=value["signatures"] * 17))
    assert judge(many).answer == "invalid"


def test_another_key_is_invalid(
    data: bytes, keys: Keys, judge: Callable[[bytes], Verdict], scheme: str
) -> None:
    keyid = f"{scheme}:{keys.public(2).text}"
    found = judge(edited(data, lambda value: _first(value).update(keyid=keyid)))
    assert found.answer == "invalid"


@pytest.mark.parametrize("keyid", ["", "ed25519", "ed25519:", "ed25519:AAAA", "rsa:AAAA", None, 1])
def test_a_keyid_is_a_key(keyid: Any, data: bytes, judge: Callable[[bytes], Verdict]) -> None:
    found = judge(edited(data, lambda value: _first(value).update(keyid=keyid)))
    assert found.answer == "invalid"
    assert "keyid" in found.why


def test_the_kinds_of_signatures_are_not_confused(
    data: bytes, judge: Callable[[bytes], Verdict], scheme: str
) -> None:
    other = {"ed25519": "sshsig", "sshsig": "ed25519"}[scheme]
    change = edited(
        data,
        lambda value: _first(value).update(keyid=_first(value)["keyid"].replace(scheme, other, 1)),
    )
    assert judge(change).answer == "invalid"


def test_a_bare_ssh_signature_is_none_of_the_plain_kind(
    package: Package, keys: Keys, judge: Callable[[bytes], Verdict]
) -> None:
    """The Ed25519 signature inside of an SSH one is over something else."""
    (data,) = attested(package, keys.signer(1, "sshsig")).package.attestations.values()

    def change(value: dict[str, Any]) -> None:
        first = _first(value)
        first["keyid"] = first["keyid"].replace("sshsig", "ed25519")
        first["sig"] = b64encode(sshsig.parts(b64decode(first["sig"]))[1]).decode()

    found = judge(edited(data, change))
    assert (found.answer, "is wrong" in found.why) == ("invalid", True)


def test_a_statement_about_another_package_is_invalid(
    package: Package, keys: Keys, judge: Callable[[bytes], Verdict], scheme: str
) -> None:
    other = replace(package, manifest={**package.manifest, "version": "2.0.0"})
    (pasted,) = attested(other, keys.signer(1, scheme)).package.attestations.values()
    found = judge(pasted)
    assert found.answer == "invalid"
    assert "about another package: its version is '2.0.0', here it is '1.0.0'" in found.why


STATEMENTS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "no type": lambda value: value.pop("_type"),
    "another predicate": lambda value: value.update(predicateType="https://slsa.dev/provenance/v1"),
    "a subject more": lambda value: value["subject"].append({"name": "x", "digest": {}}),
    "another subject": lambda value: value["subject"][0].update(name="hello-2.0.0"),
    "another tree": lambda value: value["predicate"]["digests"].update(tree="0" * 64),
    "another meaning": lambda value: value["predicate"]["digests"].update(meaning="0" * 64),
    "no contents": lambda value: value["predicate"]["digests"].pop("contents"),
    "another format": lambda value: value["predicate"].update(format=2),
    "a truth for a number": lambda value: value["predicate"].update(format=True),
    "a word more": lambda value: value["predicate"].update(scope="all"),
    "an expiry that is no date": lambda value: value["predicate"].update(expires="never"),
    "a day that there is not": lambda value: value["predicate"].update(
        expires="2027-02-30T00:00:00Z"
    ),
    "no expiry, said": lambda value: value["predicate"].update(expires=None),
    "a predicate that is none": lambda value: value.update(predicate=[]),
}


@pytest.mark.parametrize("name", STATEMENTS)
def test_a_trusted_key_signs_nothing_but_releases(
    name: str, package: Package, keys: Keys, judge: Callable[[bytes], Verdict], scheme: str
) -> None:
    """Rightly signed, and by the right key, and yet not what a package needs."""
    value = statement(package)
    STATEMENTS[name](value)
    payload = canonical(value)
    one = keys.signer(1, scheme).signature(encoding(payload))
    found = judge(to_bytes(Envelope(payload, (one,))))
    assert found.answer == "invalid"


@pytest.mark.parametrize("payload", [b"[]", b"1", b'"x"', b"null", b"{}", b"\xff", b"x"])
def test_a_payload_is_a_statement(
    payload: bytes, keys: Keys, judge: Callable[[bytes], Verdict], scheme: str
) -> None:
    one = keys.signer(1, scheme).signature(encoding(payload))
    assert judge(to_bytes(Envelope(payload, (one,)))).answer == "invalid"


# ── the blob of an SSH signature ──────────────────────────────────────────────────────────────────


def test_a_blob_of_another_namespace_is_refused(keys: Keys) -> None:
    data = sshsig.blob(keys.public(), bytes(64)).replace(b"looplet-cartridge", b"looplet_cartridge")
    with pytest.raises(BadAttestation, match="namespace 'looplet_cartridge'"):
        sshsig.parts(data)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"SSHSIG\0\0\0\1", b"SSHSIG\0\0\0\2"),
        (b"SSHSIG", b"SSHSIH"),
        (b"\0\0\0\6sha512", b"\0\0\0\6sha256"),
        (b"\0\0\0\0\0\0\0\6sha", b"\0\0\0\1x\0\0\0\6sha"),
        (b"\0\0\0\x33\0\0\0\x0bssh-ed25519", b"\0\0\0\x33\0\0\0\x0bssh-ed25518"),
        (b"\0\0\0\x53\0\0\0\x0bssh-ed25519", b"\0\0\0\x53\0\0\0\x0bssh-ed25518"),
        (b"\0\0\0\x40", b"\0\0\0\x41"),
        (b"\0\0\0\x53", b"\xff\xff\xff\xff"),
    ],
)
def test_a_blob_has_one_form(keys: Keys, old: bytes, new: bytes) -> None:
    data = sshsig.blob(keys.public(), bytes(64))
    assert data.count(old) == 1
    with pytest.raises(BadAttestation):
        sshsig.parts(data.replace(old, new))


def test_nothing_comes_behind_a_blob(keys: Keys) -> None:
    data = sshsig.blob(keys.public(), bytes(64))
    assert sshsig.parts(data) == (keys.public(), bytes(64))
    for size in range(len(data)):
        with pytest.raises(BadAttestation):
            sshsig.parts(data[:size])
    with pytest.raises(BadAttestation, match="behind"):
        sshsig.parts(data + b"x")


def test_a_signature_spells_its_key(keys: Keys) -> None:
    one = Signature("ed25519", keys.public(), bytes(64))
    assert one.keyid == f"ed25519:{keys.public().line.split()[1]}"
    assert key_of_line(keys.public().line) == keys.public()
