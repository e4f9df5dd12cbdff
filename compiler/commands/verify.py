"""`looplet-compile verify`: is this package whole, is it what it says, and who stands behind it?

One answer, with an exit code of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Final

from looplet.compiler.cli import Answer
from looplet.preset import PresetError

if TYPE_CHECKING:
    from looplet.compiler.diagnostics import Diagnostic
    from looplet.compiler.report import CartridgeError
    from looplet.compiler.signing.carrier import Carrier
    from looplet.compiler.signing.facts import Facts
    from looplet.compiler.signing.verify import Signed, Verdict

EXIT_CODES: Final = {
    "valid": 0,
    "invalid": 1,
    "unsigned": 3,
    "untrusted": 4,
    "expired": 5,
    "cannot-verify": 6,
}
"""2 is for what was asked in a wrong way, a trust file that cannot be used included."""


def verify(path: str, trust_file: str | None, *, as_json: bool) -> Answer:
    """Judge the package file at `path`. trust_file: in place of the user's own."""
    from looplet.compiler.report import CartridgeError
    from looplet.compiler.signing.carrier import read_carrier
    from looplet.compiler.signing.errors import SigningError
    from looplet.compiler.signing.facts import facts_of
    from looplet.compiler.signing.trust import TrustError, read_trust
    from looplet.compiler.signing.verify import verdict

    try:
        trust = read_trust(trust_file)
        carrier = read_carrier(path)
        found = verdict(carrier.package, trust)
        found, wrong = _with_contents(carrier, found)
        facts = facts_of(carrier.package)
    except TrustError as error:
        return Answer(2, remarks=shown([error.diagnostic], error.path))
    except SigningError as error:
        return Answer(2, remarks=_lines([f"looplet-compile verify: {error}"]))
    except (CartridgeError, PresetError) as error:
        return _unusable(error, path, as_json)
    status = EXIT_CODES[found.answer]
    if as_json:
        from looplet.compiler.render.json import ascii_json

        return Answer(status, ascii_json(_document(carrier, facts, found, wrong)))
    remarks = shown(wrong, path) if wrong else ""
    return Answer(status, _lines(_text(carrier, facts, found)), remarks)


def _with_contents(carrier: Carrier, verdict: Verdict) -> tuple[Verdict, list[Diagnostic]]:
    """The verdict, once the package is also held against its own files; and every finding.

    Raises CartridgeError for files that don't check clean.
    """
    from looplet.compiler.archive.package import IR
    from looplet.compiler.signing.errors import CannotVerify
    from looplet.compiler.signing.findings import MORE_IN_WHEEL, PRESET_DIFFERS, of_signatures
    from looplet.compiler.signing.lowered import disagreement

    found = of_signatures(verdict, carrier.path)
    try:
        where = disagreement(carrier.package, carrier.path)
        name = carrier.beyond()
    except CannotVerify as error:
        if verdict.answer == "invalid":
            return verdict, found
        return verdict._replace(answer="cannot-verify", why=str(error), code=""), found
    if name:
        more = MORE_IN_WHEEL.at(name, name=name)
        found.insert(0, more)
        verdict = verdict._replace(answer="invalid", why=more.message, code=more.code)
    if where:
        differs = PRESET_DIFFERS.at(IR, where=where)
        found.insert(0, differs)
        verdict = verdict._replace(answer="invalid", why=differs.message, code=differs.code)
    return verdict, found


# ── for people ────────────────────────────────────────────────────────────────────────────────────


def _text(carrier: Carrier, facts: Facts, verdict: Verdict) -> Iterator[str]:
    from looplet.compiler.archive.identity import sha256
    from looplet.compiler.signing.facts import rows

    why = f" ({verdict.why})" if verdict.why else ""
    yield f"{carrier.path}: {verdict.answer}{why}"
    yield f"  package   {facts.name} {facts.version}"
    for name, digest in {**facts.digests, "archive": sha256(carrier.data)}.items():
        yield f"  {name:9} {digest}"
    for signed in verdict.signatures:
        yield f"  signed by {signed.shown(verdict.why)}"
        if signed.key:
            yield f"            {signed.key.line}"
    for label, text in rows(facts):
        yield f"  {label:9} {text}"


def shown(found: Iterable[Diagnostic], path: str) -> str:
    """Findings about the file at `path`, as `check` shows them."""
    from looplet.compiler.render import text
    from looplet.compiler.report import Checked, Report

    return text.render(Report((Checked(path, path, tuple(found), {}),)))


def refused(error: CartridgeError | PresetError, path: str) -> Answer:
    """The answer for a file that is no package, or whose cartridge does not check clean."""
    from looplet.compiler.render import text
    from looplet.compiler.report import CartridgeError

    if isinstance(error, CartridgeError):
        return Answer(1, remarks=text.render(error.report))
    diagnostic = getattr(error, "diagnostic", None)
    if diagnostic is None:
        return Answer(1, remarks=_lines([f"looplet-compile: {error}"]))
    return Answer(1, remarks=shown([diagnostic], path))


def _lines(lines: Iterable[str]) -> str:
    from looplet.compiler.render.visible import visible

    return "".join(f"{visible(line)}\n" for line in lines)


# ── for programs ──────────────────────────────────────────────────────────────────────────────────


def _document(
    carrier: Carrier, facts: Facts, verdict: Verdict, wrong: list[Diagnostic]
) -> dict[str, Any]:
    from looplet.compiler.archive.identity import sha256

    return {
        "file": carrier.path,
        "answer": verdict.answer,
        "why": verdict.why,
        "codes": [each.code for each in wrong],
        "name": facts.name,
        "version": facts.version,
        "digests": {**facts.digests, "archive": sha256(carrier.data)},
        "signatures": [_signature(signed) for signed in verdict.signatures],
        "capabilities": facts.capabilities.to_dict(),
        "dependencies": facts.dependencies,
        "mcp_servers": facts.servers,
        "permissions": facts.permissions,
    }


def _signature(signed: Signed) -> dict[str, Any]:
    return {
        "attestation": signed.attestation,
        "answer": signed.answer,
        "why": signed.why,
        "code": signed.code or None,
        "scheme": signed.scheme or None,
        "key": signed.key.line if signed.key else None,
        "fingerprint": signed.key.fingerprint if signed.key else None,
        "signer": signed.who or None,
        "expires": signed.expires or None,
        "revoked": signed.revoked,
    }


def _unusable(error: CartridgeError | PresetError, path: str, as_json: bool) -> Answer:
    """The answer for what is no package, or does not check clean: invalid, and nothing more."""
    if not as_json:
        answer = refused(error, path)
        return answer._replace(text=_lines([f"{path}: invalid"]))
    from looplet.compiler.render.json import ascii_json
    from looplet.compiler.report import CartridgeError

    if isinstance(error, CartridgeError):
        found = [each for each in error.report.diagnostics if each.severity == "error"]
    else:
        found = [each] if (each := getattr(error, "diagnostic", None)) else []
    document = {
        "file": path,
        "answer": "invalid",
        "why": found[0].message if found else str(error),
        "codes": [each.code for each in found],
    }
    return Answer(1, ascii_json(document))


__all__ = ["EXIT_CODES", "refused", "shown", "verify"]
