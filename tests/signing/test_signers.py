"""Key files: of openssl and OpenSSH, locked and open, wrong ones too; and the real ssh-keygen."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from signing_keys import Keys, no_passphrase

from looplet.compiler.archive.package import Package
from looplet.compiler.signing import ed25519, ssh_keygen, sshsig
from looplet.compiler.signing.dsse import encoding, from_bytes
from looplet.compiler.signing.errors import CannotVerify, SigningError
from looplet.compiler.signing.sign import attested
from looplet.compiler.signing.signer import signer
from looplet.compiler.signing.trust import Trust, TrustedKey
from looplet.compiler.signing.verify import is_right, verdict

MESSAGE = b"a message"


def open_signer(path: Path) -> Any:
    return signer(str(path), no_passphrase)


# ── key files ─────────────────────────────────────────────────────────────────────────────────────


def test_a_pem_signs_plainly(keys: Keys) -> None:
    one = open_signer(keys.pem()).signature(MESSAGE)
    assert (one.scheme, one.key, len(one.data)) == ("ed25519", keys.public(), 64)
    assert is_right(one, MESSAGE)
    assert not is_right(one, MESSAGE + b"!")


def test_a_locked_pem_asks(keys: Keys) -> None:
    path = keys.pem(1, b"secret")
    assert is_right(signer(str(path), lambda: b"secret").signature(MESSAGE), MESSAGE)
    with pytest.raises(SigningError, match="passphrase is wrong"):
        signer(str(path), lambda: b"other")


def test_openssl_makes_keys_for_it(tmp_path: Path) -> None:
    found = shutil.which("openssl")
    if found is None:
        pytest.skip("openssl is not installed")
    path = tmp_path / "key.pem"
    words = [found, "genpkey", "-algorithm", "ed25519", "-out", str(path)]
    subprocess.run(words, check=True, capture_output=True)
    assert is_right(open_signer(path).signature(MESSAGE), MESSAGE)


@pytest.mark.usefixtures("without_ssh_keygen")
def test_an_openssh_key_signs_as_ssh_does_without_it(keys: Keys) -> None:
    one = open_signer(keys.openssh()).signature(MESSAGE)
    assert one.scheme == "sshsig"
    assert is_right(one, MESSAGE)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "it holds no key"),
        ("hello", "it holds no key"),
        ("-----BEGIN PUBLIC KEY-----\nMCow\n", "the public half"),
        ("-----BEGIN RSA PRIVATE KEY-----\nMII\n", "no Ed25519 key we know"),
        ("ssh-rsa AAAA me", "no Ed25519 key we know"),
        ("ssh-ed25519 AAAA me", "the key is damaged"),
        ("PuTTY-User-Key-File-3: ssh-ed25519", "no Ed25519 key we know"),
        ("-----BEGIN PRIVATE KEY-----\nMCow\n-----END PRIVATE KEY-----\n", "damaged"),
        ("-----BEGIN OPENSSH PRIVATE KEY-----\nMCow\n-----END", "it is damaged"),
        ("-----BEGIN OPENSSH PRIVATE KEY-----", "it is damaged"),
    ],
)
def test_a_file_that_is_no_key(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "key"
    path.write_text(text)
    path.chmod(0o600)
    with pytest.raises(SigningError, match=said) as caught:
        open_signer(path)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("text", ["ssh-rsa AAAA me", "-----BEGIN PUBLIC KEY-----\nMCow\n"])
def test_a_public_half_is_not_called_a_secret(tmp_path: Path, text: str) -> None:
    path = tmp_path / "key.pub"
    path.write_text(text)
    path.chmod(0o644)
    with pytest.raises(SigningError, match=r"no Ed25519 key we know|the public half"):
        open_signer(path)


def test_other_kinds_of_keys(keys: Keys) -> None:
    with pytest.raises(SigningError, match="type RSA, and only Ed25519"):
        open_signer(keys.rsa())
    with pytest.raises(SigningError, match="type 'ecdsa-sha2-nistp256', and only Ed25519"):
        open_signer(keys.ecdsa())


def test_a_key_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(SigningError, match="cannot be read: No such file"):
        open_signer(tmp_path / "none")
    with pytest.raises(SigningError, match="cannot be read"):
        open_signer(tmp_path)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")
@pytest.mark.parametrize("kind", ["pem", "openssh"])
def test_a_key_that_others_read_is_refused(keys: Keys, tmp_path: Path, kind: str) -> None:
    path = tmp_path / "key"
    path.write_bytes(getattr(keys, kind)(3).read_bytes())
    path.chmod(0o640)
    with pytest.raises(SigningError, match="chmod 600"):
        open_signer(path)


@pytest.mark.usefixtures("without_cryptography")
def test_without_the_library_it_says_what_to_install(tmp_path: Path, ssh: Any) -> None:
    path = tmp_path / "key.pem"
    path.write_text("-----BEGIN PRIVATE KEY-----\nMCow\n-----END PRIVATE KEY-----\n")
    path.chmod(0o600)
    with pytest.raises(SigningError, match=r"pip install 'looplet\[sign\]'"):
        open_signer(path)


# ── with OpenSSH ──────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def real(tmp_path: Path, ssh: Callable[..., Any]) -> Path:
    """A key that ssh-keygen made."""
    path = tmp_path / "id_ed25519"
    assert not ssh("-q", "-t", "ed25519", "-N", "", "-C", "ada", "-f", path).returncode
    return path


def test_both_programs_sign_alike(keys: Keys, ssh: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """An Ed25519 signature is the same whoever makes it, so the package is, too."""
    path = keys.openssh()
    theirs = open_signer(path).signature(MESSAGE)
    monkeypatch.setattr(ssh_keygen, "program", lambda: None)
    assert open_signer(path).signature(MESSAGE) == theirs


def test_a_key_of_ssh_keygen_signs_and_verifies(real: Path, request: Any) -> None:
    one = open_signer(real).signature(MESSAGE)
    assert is_right(one, MESSAGE)
    request.getfixturevalue("without_cryptography")
    assert is_right(one, MESSAGE)
    assert not is_right(one, MESSAGE + b"!")
    flipped = bytearray(one.data)
    flipped[-1] ^= 1
    assert not is_right(one._replace(data=bytes(flipped)), MESSAGE)


def test_ssh_keygen_verifies_what_we_carry(package: Package, real: Path, ssh: Any) -> None:
    """By the letter of the documentation: anybody can, with the payload and OpenSSH alone."""
    (data,) = attested(package, open_signer(real)).package.attestations.values()
    envelope = from_bytes(data)
    folder = real.parent
    (folder / "sig").write_text(sshsig.armored(envelope.signatures[0].data))
    (folder / "signers").write_text(f"hello {real.with_suffix('.pub').read_text()}")
    words = ("-Y", "verify", "-f", folder / "signers", "-I", "hello")
    done = ssh(
        *words, "-n", "looplet-cartridge", "-s", folder / "sig",
        data=encoding(envelope.payload).decode(),
    )  # fmt: skip
    assert not done.returncode, done.stderr
    other = ssh(
        *words, "-n", "file", "-s", folder / "sig", data=encoding(envelope.payload).decode()
    )
    assert other.returncode


def test_our_armor_is_that_of_ssh_keygen(real: Path, ssh: Any) -> None:
    made = ssh("-Y", "sign", "-n", "looplet-cartridge", "-f", real, data="x").stdout
    assert sshsig.armored(sshsig.unarmored(made)) == made


def test_a_signature_for_something_else_is_none_of_a_package(real: Path, ssh: Any) -> None:
    """A commit that Ada signed must not become a package that she signed."""
    made = ssh("-Y", "sign", "-n", "git", "-f", real, data="x").stdout
    one = open_signer(real).signature(b"x")._replace(data=sshsig.unarmored(made))
    with pytest.raises(SigningError, match="namespace 'git'"):
        is_right(one, b"x")


def test_a_locked_key_without_a_terminal_says_so(tmp_path: Path, ssh: Any) -> None:
    path = tmp_path / "locked"
    assert not ssh("-q", "-t", "ed25519", "-N", "secret", "-f", path).returncode
    public = path.with_suffix(".pub").read_text()
    assert public.startswith(open_signer(path).key.line), "known without the passphrase"
    with pytest.raises(SigningError, match="ssh-keygen does not sign with it"):
        # Without a terminal of its own, and nothing that could ask in its place.
        done = subprocess.run(
            [ssh_keygen.program() or "", "-Y", "sign", "-n", "x", "-f", str(path)],
            input=b"",
            capture_output=True,
            start_new_session=True,
            env={"PATH": os.environ["PATH"], "SSH_ASKPASS_REQUIRE": "never"},
            check=False,
        )
        assert done.returncode
        raise SigningError(f"ssh-keygen does not sign with it: {ssh_keygen._said(done)}")


@pytest.fixture
def agent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """An ssh-agent of our own; call it with a key for it to hold."""
    program, add = shutil.which("ssh-agent"), shutil.which("ssh-add")
    if program is None or add is None:
        pytest.skip("ssh-agent is not installed")
    socket = tmp_path / "agent"
    process = subprocess.Popen(
        [program, "-D", "-a", str(socket)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    monkeypatch.setenv("SSH_AUTH_SOCK", str(socket))

    def hold(path: Path) -> None:
        for _ in range(200):
            if not subprocess.run([add, "-q", str(path)], capture_output=True).returncode:
                return
        raise AssertionError("the agent does not take the key")

    yield hold
    process.terminate()
    process.wait(10)


def test_a_key_that_an_agent_holds(
    real: Path, ssh: Any, agent: Callable[..., None], package: Package
) -> None:
    agent(real)
    real.unlink()
    one = open_signer(real.with_suffix(".pub"))
    after = attested(package, one).package
    trust = Trust("t", (TrustedKey(one.key, "Ada", ("hello",)),))
    assert verdict(after, trust).answer == "valid"


def test_an_agent_that_does_not_hold_the_key(real: Path, ssh: Any, monkeypatch: Any) -> None:
    monkeypatch.setenv("SSH_AUTH_SOCK", "/nowhere")
    real.unlink()
    with pytest.raises(SigningError, match=r"ssh-keygen does not sign with it: \w"):
        open_signer(real.with_suffix(".pub")).signature(MESSAGE)


# ── what is missing ───────────────────────────────────────────────────────────────────────────────


def test_what_cannot_be_verified_is_not_called_wrong(
    package: Package, keys: Keys, request: Any
) -> None:
    plain = attested(package, keys.signer(1)).package
    ours = attested(package, keys.signer(1, "sshsig")).package
    trust = Trust("t", (TrustedKey(keys.public(), "Ada", ("*",)),))
    request.getfixturevalue("without_ssh_keygen")
    assert verdict(ours, trust).answer == "valid"
    request.getfixturevalue("without_cryptography")
    for package in (plain, ours):
        found = verdict(package, trust)
        assert found.answer == "cannot-verify"
        assert ed25519.INSTALL in found.why


def test_what_is_broken_is_wrong_without_any_library(
    package: Package, keys: Keys, without_ssh_keygen: None, request: Any
) -> None:
    from dataclasses import replace

    request.getfixturevalue("without_cryptography")
    broken = replace(package, attestations={"a.json": b"{}\n"})
    assert verdict(broken, Trust()).answer == "invalid"


def test_an_ssh_keygen_that_does_not_know_is_no_verdict(
    keys: Keys, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = tmp_path / "ssh-keygen"
    old.write_text("#!/bin/sh\necho 'ssh-keygen: unknown option -- Y' >&2\nexit 1\n")
    old.chmod(0o755)
    monkeypatch.setattr(ssh_keygen, "program", lambda: str(old))
    with pytest.raises(CannotVerify, match="too old"):
        ssh_keygen.right(keys.public(), sshsig.blob(keys.public(), bytes(64)), MESSAGE)


def test_an_ssh_keygen_of_the_folder_one_stands_in_is_not_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "ssh-keygen").write_text("#!/bin/sh\n")
    (tmp_path / "ssh-keygen").chmod(0o755)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", ".")
    assert ssh_keygen.program() is None
