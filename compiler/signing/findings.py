"""What is wrong with signatures, as findings: in the words of the rules, which are loaded here."""

from __future__ import annotations

from dataclasses import replace

from looplet.compiler.archive.package import ATTESTATIONS
from looplet.compiler.diagnostics import RULES, Diagnostic
from looplet.compiler.rules import ct7_loading, ct7_signing
from looplet.compiler.signing.verify import Verdict

PRESET_DIFFERS = ct7_loading.preset_differs
MORE_IN_WHEEL = ct7_signing.more_in_wheel


def finding(code: str, file: str, member: str, why: str) -> Diagnostic:
    """A finding of a rule that takes a reason, about one member of `file`."""
    return replace(RULES[code].at(member, why=why), cartridge=file)


def of_signatures(verdict: Verdict, file: str) -> list[Diagnostic]:
    """A finding for each signature that is wrong; where none counts, also for what once did."""
    found = [
        finding(signed.code, file, ATTESTATIONS + signed.attestation, signed.why)
        for signed in verdict.signatures
        if signed.code and (signed.answer == "invalid" or verdict.answer != "valid")
    ]
    if verdict.code and not verdict.signatures:
        found.append(finding(verdict.code, file, ATTESTATIONS, verdict.why))
    return found


__all__ = ["MORE_IN_WHEEL", "PRESET_DIFFERS", "finding", "of_signatures"]
