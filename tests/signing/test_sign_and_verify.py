"""The commands `sign` and `verify`: on files, with exit codes, and nothing half done."""

from __future__ import annotations

import hashlib
import json
import os
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from signing_files import HELLO, Desk, compile_

from looplet.compiler.archive.opening import open_package
from looplet.compiler.archive.package import Package
from looplet.compiler.archive.wheel import record_text, wheel_of
from looplet.compiler.archive.zip_reader import read_archive
from looplet.compiler.archive.zip_writer import FIRST, written
from looplet.compiler.commands import verify as command
from looplet.compiler.signing import signer as signers
from looplet.compiler.signing.keys import key_of_line
from looplet.contents import File
from looplet.preset import canonical_json


def answer_of(path: Path, *words: str | Path) -> tuple[str, int]:
    """The one word that `verify` answers with, and its exit code; both ways of asking agree."""
    told = compile_("verify", path, *words)
    document = json.loads(compile_("verify", path, *words, "--json").text)
    assert told.text.startswith(f"{path}: {document['answer']}")
    return document["answer"], told.status


def document_of(path: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(compile_("verify", path, "--json").text)
    return document


# ── the answers ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("form", ["zip", "wheel"])
def test_from_unsigned_to_valid(desk: Desk, form: str) -> None:
    path = desk.built(form)
    assert answer_of(path) == ("unsigned", 3)
    assert compile_("sign", path, "--key", desk.keys.pem()).status == 0
    assert answer_of(path) == ("untrusted", 4)
    desk.trust(2)
    assert answer_of(path) == ("untrusted", 4)
    desk.trust(1)
    assert answer_of(path) == ("valid", 0)
    desk.trust(1, valid_before="2020-01-01")
    assert answer_of(path) == ("expired", 5)
    desk.trust(1, revoked="was stolen")
    assert answer_of(path) == ("untrusted", 4)
    assert document_of(path)["codes"] == ["CT773"]


def test_each_answer_has_an_exit_code_of_its_own() -> None:
    codes = list(command.EXIT_CODES.values())
    assert len(set(codes)) == 6 and 2 not in codes
    assert [word for word, code in command.EXIT_CODES.items() if code == 0] == ["valid"]


def test_without_a_library_it_says_so(desk: Desk, request: Any) -> None:
    path = desk.signed(1)
    desk.trust(1)
    request.getfixturevalue("without_ssh_keygen")
    request.getfixturevalue("without_cryptography")
    assert answer_of(path) == ("cannot-verify", 6)
    assert "pip install 'looplet[sign]'" in compile_("verify", path).text


def test_another_trust_file(desk: Desk) -> None:
    path = desk.signed(1)
    trust = desk.trust(1).rename(desk.folder / "mine.json")
    assert answer_of(path) == ("untrusted", 4)
    assert answer_of(path, "--trust", trust) == ("valid", 0)


def test_what_verify_tells(desk: Desk) -> None:
    path = desk.signed(1)
    desk.trust(1)
    document = document_of(path)
    package = open_package(path)
    assert document["digests"]["tree"] == package.tree_digest
    assert document["name"] == "hello" and document["version"] == "1.0.0"
    assert document["permissions"] == "allow"
    (signature,) = document["signatures"]
    assert signature["signer"] == "key 1"
    assert key_of_line(signature["key"]) == desk.keys.public()
    text = compile_("verify", path).text
    for digest in document["digests"].values():
        assert digest in text
    assert desk.keys.public().line in text


def test_nothing_from_the_package_drives_the_terminal(desk: Desk) -> None:
    """The name of a server is the author's; what it does on a terminal is not."""
    compile_("new", "odd")
    with open("odd.cartridge/config.yaml", "a") as config:
        config.write('mcp_servers: {"a\\u202eb": {command: "x\\u001b[2J", tools: [y]}}\n')
    path = desk.built(of=desk.folder / "odd.cartridge")
    text = compile_("verify", path).text
    assert "\x1b" not in text and "\u202e" not in text
    assert "\\x1b[2J" in text


# ── invalid ───────────────────────────────────────────────────────────────────────────────────────


def rewritten(path: Path, package: Package) -> Path:
    path.write_bytes(written(package.members(), FIRST))
    return path


def test_a_broken_attestation_is_invalid_and_never_unsigned(desk: Desk) -> None:
    path = desk.signed(1)
    desk.trust(1)
    rewritten(path, replace(open_package(path), attestations={"a.json": b"\n"}))
    assert answer_of(path) == ("invalid", 1)
    assert document_of(path)["codes"] == ["CT770"]


def test_an_attestation_of_another_package_is_invalid(desk: Desk) -> None:
    attestations = open_package(desk.signed(1)).attestations
    other = desk.folder / "other.cartridge"
    compile_("roundtrip", HELLO, other)
    compile_("set", other, "config.max_steps=3")
    path = desk.built(of=other)
    desk.trust(1)
    rewritten(path, replace(open_package(path), attestations=attestations))
    assert answer_of(path) == ("invalid", 1)
    assert document_of(path)["codes"] == ["CT772"]


def test_a_preset_that_is_not_of_the_files_is_invalid(desk: Desk) -> None:
    """Made by hand so that the archive itself is right: its tree is, and its digests fit."""
    package = open_package(desk.built())
    preset = {**package.ir["preset"]}
    preset["config"] = {**preset["config"], "permissions": {"default": "allow"}, "max_steps": 99}
    liar = lying(package, preset)
    path = rewritten(desk.folder / "liar.cartridge", liar)
    assert open_package(path).tree_digest == package.tree_digest
    assert answer_of(path) == ("invalid", 1)
    document = document_of(path)
    assert document["codes"] == ["CT760"]
    assert "config" in document["why"]


def lying(package: Package, preset: dict[str, Any]) -> Package:
    """`package` with another preset, and a manifest that fits it."""
    meaning = hashlib.sha256(canonical_json(preset).encode()).hexdigest()
    digests = {**package.manifest["digests"], "meaning": meaning}
    manifest = {**package.manifest, "digests": digests}
    return replace(package, ir={**package.ir, "preset": preset}, manifest=manifest)


def test_a_wheel_with_more_in_it_is_invalid(desk: Desk) -> None:
    """What pip would install beside the agent is covered by no signature, so it has to follow."""
    path = desk.signed(1, form="wheel")
    desk.trust(1)
    package = open_package(path)
    wheel = wheel_of(package, str(path))
    for name, more in (
        ("hello_cartridge/__init__.py", wheel.members["hello_cartridge/__init__.py"].data + b"1\n"),
        ("hello_cartridge/more.py", b"import os\n"),
        (f"{wheel.info}/METADATA", b"Metadata-Version: 2.4\nName: hello\nVersion: 1.0.0\n"),
    ):
        members = {**wheel.members, name: File(more)}
        record = f"{wheel.info}/RECORD"
        del members[record]
        members[record] = File(record_text(members, record).encode())
        path.write_bytes(written(members, FIRST))
        assert open_package(path) == package
        assert answer_of(path) == ("invalid", 1), name
        assert "CT777" in document_of(path)["codes"]
        signed = compile_("sign", path, "--key", desk.keys.pem(2))
        assert signed.status == 1 and "CT777" in signed.remarks


@pytest.mark.parametrize("data", [b"", b"hello", b"PK\x05\x06" + bytes(18)])
def test_what_is_no_package_is_invalid(desk: Desk, data: bytes) -> None:
    path = desk.folder / "x.cartridge"
    path.write_bytes(data)
    assert answer_of(path) == ("invalid", 1)
    assert document_of(path)["codes"][0].startswith("CT7")


def test_every_flipped_byte_of_the_file_is_seen(desk: Desk) -> None:
    """A sample of the file; tests/archive has each byte of a small one."""
    path = desk.signed(1)
    desk.trust(1)
    data = path.read_bytes()
    for place in range(0, len(data), 997):
        changed = bytearray(data)
        changed[place] ^= 0x01
        path.write_bytes(changed)
        assert compile_("verify", path).status == 1, place


def test_a_trust_file_with_a_mistake_is_no_answer(desk: Desk) -> None:
    path = desk.signed(1)
    desk.trusting({"trust": 1, "keys": [{"kye": "x"}]})
    told = compile_("verify", path)
    assert told.status == 2 and told.text == ""
    assert "CT775" in told.remarks and "did you mean 'key'?" in told.remarks


@pytest.mark.parametrize("words", [("verify", "none.cartridge"), ("verify", "."), ("verify",)])
def test_asking_wrongly(desk: Desk, words: tuple[str, ...]) -> None:
    told = compile_(*words)
    assert told.status == 2 and told.remarks.count("\n") == 1


# ── signing files ─────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("form", ["zip", "wheel"])
def test_signing_adds_one_member(desk: Desk, form: str) -> None:
    path = desk.built(form)
    before = read_archive(path.read_bytes(), "")
    digest = open_package(path).tree_digest
    compile_("sign", path, "--key", desk.keys.pem())
    after = read_archive(path.read_bytes(), "")
    assert open_package(path).tree_digest == digest
    changed = {name for name in after if after[name] != before.get(name)}
    (added,) = set(after) - set(before)
    assert "/attestations/" in "/" + added
    assert {name.rpartition("/")[2] for name in changed - {added}} == {"RECORD"}
    assert set(before) < set(after)
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None


@pytest.mark.parametrize("form", ["zip", "wheel"])
def test_signing_gives_the_same_bytes(desk: Desk, form: str) -> None:
    once = desk.signed(1, 2, form=form).read_bytes()
    other = desk.signed(2, 1, form=form)
    assert other.read_bytes() == once
    told = compile_("sign", other, "--key", desk.keys.pem(1))
    assert told.status == 0 and "has this signature already" in told.text
    assert other.read_bytes() == once


def test_the_date_of_the_archive_stays(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    path = desk.built()
    monkeypatch.delenv("SOURCE_DATE_EPOCH")
    compile_("sign", path, "--key", desk.keys.pem())
    with zipfile.ZipFile(path) as archive:
        assert {info.date_time[:3] for info in archive.infolist()} == {(2023, 11, 14)}


def test_another_file_to_write(desk: Desk) -> None:
    path = desk.built()
    before = path.read_bytes()
    out = desk.folder / "signed/hello.cartridge"
    assert compile_("sign", path, "--key", desk.keys.pem(), "-o", out).status == 0
    assert path.read_bytes() == before
    assert answer_of(out) == ("untrusted", 4)


def test_an_expiry(desk: Desk) -> None:
    path = desk.built()
    desk.trust(1)
    told = compile_("sign", path, "--key", desk.keys.pem(), "--expires", "2999-12-31")
    assert "until 2999-12-31T00:00:00Z" in told.text
    assert answer_of(path) == ("valid", 0)
    assert document_of(path)["signatures"][0]["expires"] == "2999-12-31T00:00:00Z"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--expires", "2020-01-01"), "has passed"),
        (("--expires", "soon"), "is no date"),
        (("--key", "none.pem"), "cannot be read"),
    ],
)
def test_what_does_not_sign_writes_nothing(desk: Desk, words: tuple[str, ...], said: str) -> None:
    path = desk.built()
    before = path.read_bytes()
    told = compile_("sign", path, "--key", desk.keys.pem(), *words)
    assert told.status == 2 and said in told.remarks
    assert told.remarks.count("\n") == 1
    assert path.read_bytes() == before
    assert [each.name for each in path.parent.iterdir()] == [path.name]


def test_a_preset_that_is_not_of_the_files_is_not_signed(desk: Desk) -> None:
    package = open_package(desk.built())
    preset = {**package.ir["preset"], "config": {**package.ir["preset"]["config"], "max_steps": 99}}
    path = rewritten(desk.folder / "liar.cartridge", lying(package, preset))
    before = path.read_bytes()
    told = compile_("sign", path, "--key", desk.keys.pem())
    assert told.status == 1 and "CT760" in told.remarks
    assert path.read_bytes() == before


def test_a_signature_that_does_not_verify_is_not_written(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = desk.built()
    before = path.read_bytes()
    real = signers.Signer.signature

    def wrong(self: signers.Signer, message: bytes) -> Any:
        return real(self, message + b"!")

    monkeypatch.setattr(signers.Signer, "signature", wrong)
    told = compile_("sign", path, "--key", desk.keys.pem())
    assert told.status == 2 and "nothing was written" in told.remarks
    assert path.read_bytes() == before


def test_a_full_disk_leaves_the_file_as_it_was(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    path = desk.built()
    before = path.read_bytes()

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device", str(path))

    monkeypatch.setattr(os, "replace", full)
    told = compile_("sign", path, "--key", desk.keys.pem())
    monkeypatch.undo()
    assert told.status == 2 and "No space left" in told.remarks
    assert path.read_bytes() == before
    assert [each.name for each in path.parent.iterdir()] == [path.name]


def test_a_passphrase_that_nobody_can_give(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", None)
    told = compile_("sign", desk.built(), "--key", desk.keys.pem(1, b"secret"))
    assert told.status == 2 and "no terminal to ask for it" in told.remarks


def test_a_folder_is_built_first(desk: Desk) -> None:
    told = compile_("sign", HELLO, "--key", desk.keys.pem())
    assert told.status == 2 and "build it first" in told.remarks
