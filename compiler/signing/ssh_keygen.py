"""Signing and verifying by `ssh-keygen -Y`: without any package, and with the keys of an agent."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from looplet.compiler.signing.errors import CannotVerify, SigningError
from looplet.compiler.signing.keys import PublicKey
from looplet.compiler.signing.sshsig import NAMESPACE, armored, unarmored

if TYPE_CHECKING:
    from subprocess import CompletedProcess

_SIGNER: Final = "signer"
_SECONDS: Final = 30


def program() -> str | None:
    """Where ssh-keygen is; None if it is not installed."""
    from shutil import which

    found = which("ssh-keygen")
    # Where the current folder is searched, one that came with a download would be run.
    return found if found and os.path.isabs(found) else None


def sign(key_file: str, message: bytes) -> bytes:
    """The blob of the signature by the key in `key_file`, or by an agent that has this key.

    ssh-keygen asks for a passphrase itself, on the terminal. Raises SigningError with what it says.
    """
    done = _run(["sign", "-n", NAMESPACE, "-f", key_file], message, None)
    if done.returncode:
        raise SigningError(f"ssh-keygen does not sign with it: {_said(done)}")
    return unarmored(done.stdout.decode("ascii", "replace"))


def right(key: PublicKey, data: bytes, message: bytes) -> bool:
    """Whether the blob `data` is a signature of `message` by `key`.

    Raises CannotVerify without ssh-keygen, or with one too old to know.
    """
    from tempfile import TemporaryDirectory

    with TemporaryDirectory(prefix="looplet-") as folder:
        signers, signature = os.path.join(folder, "signers"), os.path.join(folder, "sig")
        _write(signers, f'{_SIGNER} namespaces="{NAMESPACE}" {key.line}\n')
        _write(signature, armored(data))
        words = ["verify", "-f", signers, "-I", _SIGNER, "-n", NAMESPACE, "-s", signature]
        done = _run(words, message, _SECONDS)
    if done.returncode and "option" in (said := _said(done)):
        raise CannotVerify(f"this ssh-keygen is too old to verify: {said}")
    return not done.returncode


def _run(words: list[str], message: bytes, seconds: int | None) -> CompletedProcess[bytes]:
    import subprocess

    found = program()
    if found is None:
        raise CannotVerify("ssh-keygen is not installed")
    try:
        return subprocess.run(
            [found, "-Y", *words],
            input=message,
            capture_output=True,
            timeout=seconds,
            env={**os.environ, "LC_ALL": "C"},
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise CannotVerify(f"ssh-keygen does not answer: {error}") from None


def _said(done: CompletedProcess[bytes]) -> str:
    lines = [
        line.strip()
        for line in done.stderr.decode("utf-8", "replace").splitlines()
        if line.strip().strip("@") and not line.startswith("Signing data on")
    ]
    return "; ".join(lines[:3]) or f"exit code {done.returncode}"


def _write(path: str, text: str) -> None:
    with open(path, "w", encoding="ascii", newline="\n") as file:
        file.write(text)


__all__ = ["program", "right", "sign"]
