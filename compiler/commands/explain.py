"""The table of rules for people: one rule's page, or the list of codes."""

from __future__ import annotations

import pkgutil
import re
from importlib import import_module
from typing import Final

from looplet.compiler import rules
from looplet.compiler.diagnostics import FAMILIES, RULES, Rule
from looplet.compiler.suggest import closest

_LOOKALIKES: Final = str.maketrans("OIL", "011")


def load_rules() -> dict[str, Rule]:
    """Every rule by code, in order; importing a module of `rules` enters its rules."""
    for module in pkgutil.iter_modules(rules.__path__, f"{rules.__name__}."):
        import_module(module.name)
    return dict(sorted(RULES.items()))


def find(word: str) -> Rule | None:
    """The rule that `word` names: `CT201`, `ct201`, `201` or `unknown-key`."""
    table = load_rules()
    wanted = word.strip("[] ")
    code = wanted.upper() if not wanted.isdigit() else f"CT{wanted}"
    if code in table:
        return table[code]
    name = wanted.lower().replace("_", "-")
    return next((rule for rule in table.values() if rule.name == name), None)


def near(word: str) -> str | None:
    """The code or name that `word` was meant for, if that can be told."""
    table = load_rules()
    if re.match(r"CT\w", word, re.IGNORECASE):
        code = "CT" + word[2:].upper().translate(_LOOKALIKES)
        return code if code in table else None
    return closest(word, [rule.name for rule in table.values()])


def page(rule: Rule) -> str:
    """One rule: its code, name and severity, then its page."""
    title = f"{rule.code} {rule.name} ({rule.severity})"
    return f"{title}\n{'=' * len(title)}\n\n{rule.page}\n"


def catalogue(family: str = "") -> str:
    """The codes of a family such as `CT2`, or of all, with their names and severities."""
    table = load_rules()
    lines = []
    for prefix, subject in FAMILIES.items():
        members = [rule for code, rule in table.items() if code.startswith(prefix)]
        if members and family in ("", prefix):
            lines += ["", f"{prefix}: {subject}"]
            lines += [f"  {rule.code}  {rule.severity:<7}  {rule.name}" for rule in members]
    lines += ["", "looplet-compile explain CODE tells what one means and what to write instead."]
    return "\n".join(lines[1:]) + "\n"
