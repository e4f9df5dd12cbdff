"""Signatures that are wrong or count no more, and trust files that say nothing: CT770 to CT779."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from corpus_outcomes import Shown, base, outcome
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from looplet.compiler import cartridge_to_preset
from looplet.compiler.archive.package import Package, pack
from looplet.compiler.archive.wheel import record_text, wheel_of
from looplet.compiler.archive.zip_writer import FIRST, written
from looplet.compiler.signing.carrier import read_carrier
from looplet.compiler.signing.ed25519 import Private
from looplet.compiler.signing.findings import MORE_IN_WHEEL, of_signatures
from looplet.compiler.signing.sign import attested
from looplet.compiler.signing.signer import Signer
from looplet.compiler.signing.trust import Trust, TrustedKey, read_trust
from looplet.compiler.signing.verify import verdict
from looplet.contents import File
from looplet.preset import canonical_json

FILE = "base-1.0.0.cartridge"
KEY = Private(Ed25519PrivateKey.from_private_bytes(bytes(32)))
NOW = "2026-06-01T00:00:00Z"


def signed(folder: Path, expires: str | None = None, version: str = "1.0.0") -> Package:
    """The base as a package, signed by KEY."""
    preset = replace(cartridge_to_preset(base(folder)), version=version)
    return attested(pack(preset), Signer("ed25519", KEY.public, KEY.sign), expires).package


def judged(package: Package, attestation: bytes | None = None, **key: Any) -> Shown:
    """The findings about a package whose one attestation has other bytes; KEY counts as given."""
    if attestation is not None:
        package = replace(package, attestations=dict.fromkeys(package.attestations, attestation))
    trusted = TrustedKey(KEY.public, "Ada", **{"names": ("*",), **key})
    return of_signatures(verdict(package, Trust("trust.json", (trusted,)), now=NOW), FILE)


def edited(package: Package, **changes: str) -> bytes:
    """The attestation of a package with other members in its envelope, or in its signature."""
    (data,) = package.attestations.values()
    value = json.loads(data)
    for name, text in changes.items():
        (value["signatures"][0] if name in ("keyid", "sig") else value)[name] = text
    return f"{canonical_json(value)}\n".encode()


# ── attestations ──────────────────────────────────────────────────────────────────────────────────


@outcome("CT770")
def attestation_is_a_text(folder: Path) -> Shown:
    "a text in place of an attestation"
    return judged(signed(folder), b"signed, Ada\n")


@outcome("CT770")
def attestation_with_a_key_twice(folder: Path) -> Shown:
    "an envelope with two payloads, of which a reader may take either"
    package = signed(folder)
    (data,) = package.attestations.values()
    return judged(package, b'{"payload":"e30=",' + data[1:])


@outcome("CT770")
def attestation_of_another_type(folder: Path) -> Shown:
    "an envelope whose payload is said to be something else"
    package = signed(folder)
    return judged(package, edited(package, payloadType="application/json"))


@outcome("CT770")
def attestation_by_another_kind_of_key(folder: Path) -> Shown:
    "a signature of a kind that is not known"
    package = signed(folder)
    return judged(package, edited(package, keyid=f"rsa:{KEY.public.text}"))


@outcome("CT770")
def attestations_without_end(folder: Path) -> Shown:
    "more attestations than anybody has people"
    package = signed(folder)
    (data,) = package.attestations.values()
    many = {f"{number}.json": data for number in range(65)}
    return of_signatures(verdict(replace(package, attestations=many), Trust(), now=NOW), FILE)


@outcome("CT771")
def signature_with_a_bit_changed(folder: Path) -> Shown:
    "a signature in which one bit is another"
    package = signed(folder)
    (data,) = package.attestations.values()
    sig = bytearray(b64decode(json.loads(data)["signatures"][0]["sig"]))
    sig[40] ^= 1
    return judged(package, edited(package, sig=b64encode(sig).decode()))


@outcome("CT771")
def signature_under_the_name_of_another_key(folder: Path) -> Shown:
    "a signature that claims to be by somebody else"
    other = Private(Ed25519PrivateKey.from_private_bytes(bytes([1]) * 32)).public
    package = signed(folder)
    return judged(package, edited(package, keyid=f"ed25519:{other.text}"))


@outcome("CT772")
def statement_of_another_version(folder: Path) -> Shown:
    "an attestation that was taken from an older version"
    (data,) = signed(folder, version="0.9.0").attestations.values()
    return judged(signed(folder), data)


@outcome("CT772")
def statement_without_the_lock(folder: Path) -> Shown:
    "a lock that was put in after the package was signed"
    return judged(replace(signed(folder), lock=b"{}\n"))


@outcome("CT773")
def key_revoked(folder: Path) -> Shown:
    "a right signature by a key that was stolen"
    return judged(signed(folder), revoked="was on a laptop that was stolen")


@outcome("CT774")
def signature_expired(folder: Path) -> Shown:
    "a signature that was to hold until last year"
    return judged(signed(folder, expires="2025-12-31T00:00:00Z"))


@outcome("CT774")
def key_expired(folder: Path) -> Shown:
    "a signature by a key that counted until last year"
    return judged(signed(folder), valid_before="2025-12-31T00:00:00Z")


# ── trust files ───────────────────────────────────────────────────────────────────────────────────


def trusting(value: Mapping[str, Any] | str, mode: int = 0o600) -> None:
    Path("trust.json").write_text(value if isinstance(value, str) else json.dumps(value))
    Path("trust.json").chmod(mode)
    read_trust("trust.json")


@outcome("CT775")
def trust_file_with_a_comment(folder: Path) -> None:
    "a comment in JSON"
    trusting('{"trust": 1, // mine\n"keys": []}\n')


@outcome("CT775")
def trust_file_with_a_slip(folder: Path) -> None:
    "a misspelt word, by which a key would count for nothing"
    trusting({"trust": 1, "keys": [{"key": KEY.public.line, "name": ["*"]}]})


@outcome("CT775")
def trust_file_missing(folder: Path) -> None:
    "no file where `--trust` says"
    read_trust("trust.json")


@outcome("CT776")
def trust_file_that_others_write(folder: Path) -> None:
    "a trust file that everybody can write"
    trusting({"trust": 1, "keys": []}, 0o666)


# ── wheels ────────────────────────────────────────────────────────────────────────────────────────


@outcome("CT777")
def wheel_with_code_of_somebody(folder: Path) -> Shown:
    "a wheel whose command does something before it runs the agent"
    package = signed(folder)
    wheel = wheel_of(package, "base.cartridge")
    name, record = "base_cartridge/__init__.py", f"{wheel.info}/RECORD"
    code = b"import os\n" + wheel.members[name].data
    members = {**wheel.members, name: File(code)}
    members[record] = File(record_text(members, record).encode())
    Path(wheel.filename).write_bytes(written(members, FIRST))
    found = read_carrier(wheel.filename).beyond()
    return [replace(MORE_IN_WHEEL.at(found, name=found), cartridge=wheel.filename)]
