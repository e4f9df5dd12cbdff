"""A report as SARIF 2.1.0, for code scanning: stable rule ids, relative paths, fingerprints."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from looplet.compiler.diagnostics import FAMILIES
from looplet.compiler.render.json import ascii_json
from looplet.compiler.render.place import from_here
from looplet.compiler.text.lines import Texts

if TYPE_CHECKING:
    from looplet.compiler.diagnostics import Diagnostic, Fix, Rule, Span
    from looplet.compiler.report import Checked, Report

_LEVELS: Final = {"error": "error", "warning": "warning", "advice": "note"}
_ROOT: Final = "%SRCROOT%"
_LINE_NUMBER: Final = re.compile(r"\b(lines?) \d+")


def render(
    report: Report, *, table: Mapping[str, Rule], version: str, here: str | None = None
) -> str:
    """The log of one run of looplet-compile `version`.

    table: the rules by code, for their pages. here: the folder that paths are relative to, by
    default the working directory. A parent's finding that several children repeat stands once.
    """
    return ascii_json(as_sarif(report, table=table, version=version, here=here))


def as_sarif(
    report: Report, *, table: Mapping[str, Rule], version: str, here: str | None = None
) -> dict[str, Any]:
    """The same as plain data."""
    rules: dict[str, int] = {}
    marks: Counter[str] = Counter()
    results: dict[tuple[object, ...], dict[str, Any]] = {}
    for checked in report.cartridges:
        texts = Texts(checked.sources)
        for diagnostic in checked.diagnostics:
            path = from_here(checked.root, diagnostic.path, here)
            key = (path, diagnostic.code, diagnostic.span, diagnostic.message)
            if key in results:
                continue
            mark = _fingerprint(path, diagnostic, texts)
            marks[mark] += 1
            results[key] = {
                "ruleId": diagnostic.code,
                "ruleIndex": rules.setdefault(diagnostic.code, len(rules)),
                "partialFingerprints": {"looplet/v1": f"{mark}:{marks[mark]}"},
                **_result(checked, diagnostic, path, here),
            }
    return {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "looplet-compile",
                        "version": version,
                        "rules": [_rule(code, table.get(code)) for code in rules],
                    }
                },
                "columnKind": "unicodeCodePoints",
                "originalUriBaseIds": {
                    _ROOT: {"description": {"text": "The folder looplet-compile ran in."}}
                },
                "results": list(results.values()),
            }
        ],
    }


def _result(
    checked: Checked, diagnostic: Diagnostic, path: str, here: str | None
) -> dict[str, Any]:
    physical: dict[str, Any] = {"artifactLocation": _artifact(path)}
    if diagnostic.span:
        physical["region"] = _region(diagnostic.span)
    text = "\n".join([diagnostic.message, *diagnostic.notes])
    result: dict[str, Any] = {
        "level": _LEVELS[diagnostic.severity],
        "message": {"text": text},
        "locations": [{"physicalLocation": physical}],
    }
    fixes = [_fix(checked, fix, here) for fix in diagnostic.fixes if fix.edits]
    if fixes:
        result["fixes"] = fixes
    return result


def _rule(code: str, rule: Rule | None) -> dict[str, Any]:
    if rule is None:
        return {"id": code}
    page = rule.page
    return {
        "id": code,
        "name": rule.name,
        "shortDescription": {"text": rule.name.replace("-", " ")},
        "fullDescription": {"text": " ".join(page.split("\n\n")[0].split())},
        "help": {"text": page, "markdown": page},
        "defaultConfiguration": {"level": _LEVELS[rule.severity]},
        "properties": {"tags": [FAMILIES[code[:3]]]},
    }


def _fix(checked: Checked, fix: Fix, here: str | None) -> dict[str, Any]:
    changes: dict[str, list[dict[str, Any]]] = {}
    for edit in fix.edits:
        replacement = {
            "deletedRegion": _region(edit.span),
            "insertedContent": {"text": edit.text},
        }
        changes.setdefault(from_here(checked.root, edit.path, here), []).append(replacement)
    return {
        "description": {"text": fix.title},
        "artifactChanges": [
            {"artifactLocation": _artifact(path), "replacements": replacements}
            for path, replacements in changes.items()
        ],
    }


def _artifact(path: str) -> dict[str, str]:
    uri = quote(path, safe="/", errors="surrogateescape")
    if path.startswith("/"):
        return {"uri": f"file://{uri}"}
    return {"uri": uri, "uriBaseId": _ROOT}


def _region(span: Span) -> dict[str, int]:
    return {
        "startLine": span.start.line,
        "startColumn": span.start.column,
        "endLine": span.end.line,
        "endColumn": span.end.column,
    }


def _fingerprint(path: str, diagnostic: Diagnostic, texts: Texts) -> str:
    """A name for the finding that outlives edits above it: it knows no line number."""
    lines = texts[diagnostic.path]
    line = lines[diagnostic.span.start.line].strip() if lines and diagnostic.span else ""
    message = _LINE_NUMBER.sub(r"\1", diagnostic.message)
    facts = "\0".join((diagnostic.code, path, message, line))
    return hashlib.sha256(facts.encode("utf-8", "surrogatepass")).hexdigest()[:32]
