"""Writes docs/errors.md, the page of all codes, from the table of rules.

python tests/docs/write_errors.py
"""

from __future__ import annotations

from pathlib import Path

from looplet.compiler.commands.explain import load_rules
from looplet.compiler.diagnostics import FAMILIES

PAGE = Path(__file__).resolve().parents[2] / "docs" / "errors.md"

HEAD = """\
# Error codes

<!-- Generated from the table of rules by tests/docs/write_errors.py; edit the docstrings there. -->

Every finding has a code that never changes its meaning and is never used again.
`looplet-compile explain CT201` prints the same text as here; `looplet-compile explain` lists the
codes.

An **error** keeps the agent from being loaded. A **warning** is probably a mistake, and
`check --strict` refuses it. **Advice** is worth knowing and refuses nothing.
"""


def page() -> str:
    """The whole page as Markdown."""
    rules = load_rules()
    families = {
        prefix: (subject, [rule for code, rule in rules.items() if code.startswith(prefix)])
        for prefix, subject in FAMILIES.items()
    }
    lines = [HEAD]
    for prefix, (subject, members) in families.items():
        codes = ", ".join(f"[{rule.code}](#{rule.code.lower()}-{rule.name})" for rule in members)
        lines.append(f"- **{prefix}** {subject}: {codes or 'no rules yet'}")
    for prefix, (subject, members) in families.items():
        if not members:
            continue
        lines += ["", f"## {prefix}: {subject}"]
        for rule in members:
            lines += ["", f"### {rule.code} {rule.name}", "", f"*{rule.severity}*", "", rule.page]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
