"""docs/review.md has every kind of change. `UPDATE_DOCS=1` writes the tables anew."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from looplet.compiler.diff.changes import KINDS, SEVERITIES

PAGE = Path(__file__).parents[2] / "docs" / "review.md"
PLACE = re.compile(r"(<!-- kinds -->\n).*?(<!-- end of kinds -->)", re.DOTALL)


def table() -> str:
    rows = ["| kind | weight | means |", "|---|---|---|"]
    for severity in SEVERITIES:
        rows += [
            f"| `{name}` | {severity} | {kind.meaning} |"
            for name, kind in KINDS.items()
            if kind.severity == severity
        ]
    return "\n".join(rows) + "\n"


def test_every_kind_is_there() -> None:
    text = PAGE.read_text(encoding="utf-8")
    written = PLACE.sub(lambda place: place[1] + table() + place[2], text)
    if os.environ.get("UPDATE_DOCS"):
        PAGE.write_text(written, encoding="utf-8")
    else:
        assert written == text, "run UPDATE_DOCS=1 pytest tests/diff/test_diff_docs.py"


COMPARED = """
import sys
class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"yaml", "jsonschema", "jinja2", "click", "referencing"}:
            raise ImportError(f"{name} is not installed", name=name)
sys.meta_path.insert(0, Blocked())
from looplet.preset import AgentPreset, File, Prompt
from looplet.compiler.diff import compare
old = AgentPreset("a", prompts={"system": Prompt("A")})
new = AgentPreset("a", files={"lib/a.py": File(b"import os")}, config_values={"permissions": {}})
print(sorted(change.kind for change in compare(old, new).changes))
"""


def test_comparing_needs_nothing_but_python() -> None:
    ran = subprocess.run(
        [sys.executable, "-W", "error", "-c", COMPARED], capture_output=True, text=True
    )
    assert ran.returncode == 0, ran.stderr
    assert "prompt-removed" in ran.stdout
