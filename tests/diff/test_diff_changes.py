"""What an author edits, and what a reviewer is told: kind, weight, place, words."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from two_versions import put

from looplet.compiler.diff.changes import KINDS
from looplet.compiler.diff.review import Review

Edit = Callable[..., None]
Reviewed = Callable[[], Review]

GREET = "tools/greet/tool.yaml"
HELPER = "agents/helper.cartridge"
GUARD = "hooks/10_GreetFirst/config.yaml"
CONFIG = "config.yaml"
CASES = [
    ("cartridge.json", '"version": "1.0.0"', '"version": "1.1.0"', "version-changed", '"version"'),
    ("cartridge.json", "Greets people.", "Greets.", "description-changed", '"description"'),
    ("cartridge.json", '"rich>=13"', '"rich>=14"', "dependency-changed", '"dependencies"'),
    (
        "cartridge.json",
        '["rich>=13"]',
        '["rich>=13", "attrs"]',
        "dependency-added",
        '"dependencies"',
    ),
    ("cartridge.json", '["rich>=13"]', "[]", "dependency-removed", '"dependencies"'),
    (
        "cartridge.json",
        '"dependencies"',
        '"capabilities": ["processes"],\n  "dependencies"',
        "capabilities-closed",
        '"capabilities"',
    ),
    (CONFIG, "max_steps: 8", "max_steps: 9", "limit-raised", "max_steps"),
    (CONFIG, "max_steps: 8", "max_steps: 7", "limit-lowered", "max_steps"),
    (CONFIG, "max_tokens: 1000", "max_tokens: 2000", "limit-raised", "builtin_hooks"),
    (CONFIG, "  - stagnation\n", "", "builtin-hook-removed", "builtin_hooks"),
    (
        CONFIG,
        "  - stagnation\n",
        "  - stagnation: {threshold: 9}\n",
        "builtin-hook-changed",
        "builtin_hooks",
    ),
    (CONFIG, "temperature: 0 ", "temperature: 1 ", "model-changed", "temperature"),
    (CONFIG, "  temperature", "  provider: openai\n  temperature", "provider-changed", "provider"),
    (CONFIG, "default: deny", "default: ask", "permissions-widened", "default: ask"),
    (CONFIG, "[greet, done]", "[done]", "permissions-narrowed", "allow"),
    (CONFIG, "[greet, done]", "[done, greet]", "permissions-rewritten", "allow"),
    (CONFIG, "command: docs-server", "command: docs-server --all", "server-changed", "command"),
    (CONFIG, "tools: [search]", "tools: [search, write]", "server-tools-widened", "tools"),
    (CONFIG, "    tools: [search]\n", "", "server-tools-widened", "tools"),
    (CONFIG, "enum: [en, de, es, fr]", "enum: [en, de, es]", "input-changed", "language"),
    ("runtime.yaml", "500", "501", "runtime-changed", "max_tokens"),
    ("runtime.yaml", "500", "500\ncheckpoint_dir: runs", "runtime-reach-changed", "checkpoint_dir"),
    (GREET, "Greet one person,", "Greet a person,", "tool-described", "description"),
    (GREET, "maxLength: 80", "maxLength: 90", "parameter-widened", "name"),
    (GREET, "maxLength: 80", "maxLength: 70", "parameter-narrowed", "name"),
    (GREET, "brief]", "brief, rude]", "parameter-widened", "style"),
    (GREET, "How to sound.", "The sound.", "parameter-described", "style"),
    (GREET, "concurrent_safe: true", "timeout_s: 3", "tool-setting-changed", "timeout_s"),
    (
        "hooks/10_GreetFirst/config.yaml",
        "kwargs:",
        "enabled: false\nkwargs:",
        "hook-disabled",
        "enabled",
    ),
    ("memory/long_term.md", "a name", "two names", "memory-changed", "Everybody"),
    ("evals/cases/greet_two.json", "{", "{ ", "eval-changed", "{"),
    ("README.md", "# ", "# The ", "document-changed", "#"),
    ("prompts/partials/manners.md", " ", "  ", "prompt-changed", ""),
    ("prompts/system.md.jinja", "You greet people.", "You insult people.", "prompt-changed", ""),
    ("resources/greetings.py", "import", "import  ", "code-reformatted", ""),
]


@pytest.mark.parametrize(
    ("name", "before", "after", "kind", "line"), CASES, ids=lambda value: str(value)[:24]
)
def test_an_edit_is_told_as_what_it_is(
    name: str,
    before: str,
    after: str,
    kind: str,
    line: str,
    old: Path,
    new: Path,
    reviewed: Reviewed,
) -> None:
    text = (new / name).read_text("utf-8")
    assert before in text
    put(new, {name: text.replace(before, after, 1)})
    found = reviewed()
    assert found.comparison is not None, [f.message for f in found.broken.diagnostics]
    changes = {change.kind: change for change in found.changes}
    assert kind in changes, list(changes)
    place = changes[kind].place
    assert place is not None and place.path == name
    there = ((new if place.side == "new" else old) / name).read_text("utf-8").splitlines()
    assert there[max(place.line, 1) - 1].strip().startswith(line)
    assert found.verdict == "different"


def test_comments_and_layout_are_no_change(edit: Edit, reviewed: Reviewed, new: Path) -> None:
    edit("config.yaml", "max_steps: 8", "max_steps:   8 # as ever")
    edit(GREET, "[warm, formal, brief]", "\n        - warm\n        - formal\n        - brief")
    found = reviewed()
    assert found.comparison is not None
    assert (found.verdict, found.changes) == ("same-meaning", ())
    rewrites = {change.keys[1]: change for change in found.comparison.rewrites}
    assert set(rewrites) == {"config.yaml", GREET}
    assert found.old.digests["meaning"] == found.new.digests["meaning"]
    assert found.old.digests["tree"] != found.new.digests["tree"]


def test_a_tool_moved_to_the_short_form_is_the_same_but_for_its_code(
    new: Path, reviewed: Reviewed
) -> None:
    (new / GREET).rename(new / "tools/greet/other.yaml")
    text = (new / "tools/greet/other.yaml").read_text("utf-8")
    (new / "tools/greet/other.yaml").unlink()
    put(new, {GREET: text, "tools/greet/description.md": "Greet one person.\n"})
    changes = {change.kind: change for change in reviewed().changes}
    place = changes["tool-described"].place
    assert place is not None and place.path == "tools/greet/description.md"


def test_a_new_tool_is_a_risk_and_says_what_it_takes(new: Path, reviewed: Reviewed) -> None:
    put(
        new,
        {
            "tools/wave/tool.yaml": "name: wave\ndescription: Wave.\nparameters:\n"
            "  hand: {type: string, description: Which.}\n",
            "tools/wave/execute.py": "import subprocess\n\n\ndef execute(*, hand):\n"
            "    return {'waved': subprocess.run([hand]).returncode}\n",
        },
    )
    found = {change.kind: change for change in reviewed().changes}
    assert found["tool-added"].message == "tool `wave` is new: Wave."
    assert found["tool-added"].notes == ("takes `hand`",)
    assert found["code-added"].text is not None
    gained = found["capability-gained"]
    assert gained.message == "`tools/wave` can reach `processes` now; before, only others could"
    assert gained.place is not None
    assert (gained.place.path, gained.place.line) == ("tools/wave/execute.py", 5)


def test_a_renamed_tool_is_one_tool(new: Path, reviewed: Reviewed, edit: Edit) -> None:
    (new / "tools/greet").rename(new / "tools/hail")
    edit("tools/hail/tool.yaml", "name: greet\n", "name: hail\n")
    edit("tools/hail/tool.yaml", "maxLength: 80", "maxLength: 70")
    edit("config.yaml", "[greet, done]", "[hail, done]")
    found = {change.kind: change for change in reviewed().changes}
    assert found["tool-renamed"].message == "tool `greet` is now called `hail`"
    assert found["parameter-narrowed"].keys[1] == "hail"
    assert not {"tool-added", "tool-removed", "code-added", "permissions-widened"} & set(found)


def test_a_hook_with_another_number_runs_elsewhere(new: Path, reviewed: Reviewed) -> None:
    (new / "hooks/10_GreetFirst").rename(new / "hooks/90_GreetFirst")
    found = {change.kind: change for change in reviewed().changes}
    assert found["hook-renamed"].new == "90_GreetFirst"
    assert found["hook-moved"].message == "hook `90_GreetFirst`, order: 10 → 90"
    assert "hook-removed" not in found


def test_a_hook_that_is_gone_is_a_risk(new: Path, reviewed: Reviewed) -> None:
    shutil.rmtree(new / "hooks")
    change = next(change for change in reviewed().changes if change.kind == "hook-removed")
    assert change.severity == "risk"
    assert change.place is not None and change.place.side == "old"


def test_what_is_no_text_is_told_by_size_and_digest(new: Path, reviewed: Reviewed) -> None:
    put(new, {"data/names.bin": b"\x00\x01\x02"})
    (change,) = reviewed().changes
    assert (change.kind, change.message) == ("file-changed", "`data/names.bin`: 2 bytes → 3 bytes")
    assert change.text is None
    assert change.notes[1].startswith("sha256 of the new one: ae4b3280e56e2faf")


def test_an_executable_bit_is_a_risk(new: Path, reviewed: Reviewed) -> None:
    (new / "data/names.bin").chmod(0o755)
    (change,) = reviewed().changes
    assert (change.kind, change.severity) == ("executable-gained", "risk")
    assert change.message == "`data/names.bin` can be run as a program now"


def test_a_file_elsewhere_with_the_same_bytes_was_moved(new: Path, reviewed: Reviewed) -> None:
    (new / "memory/long_term.md").rename(new / "memory/names.md")
    (change,) = reviewed().changes
    assert change.message == "`memory/long_term.md` is now `memory/names.md`"


@pytest.mark.parametrize(
    ("before", "after", "alike"),
    [
        ("x = 1\n", "x = 1  # one\n", True),
        ("x = [1, 2]\n", "x = [\n    1,\n    2,\n]\n", True),
        ("x = 1\n", "x = 1.0\n", False),
        ("def f():\n    'a'\n", "def f():\n    'b'\n", False),
        ("x = (", "x = ( ", False),
        ("#!/bin/a\nx = 1\n", "#!/bin/b\nx = 1\n", False),
        ("# /// script\n# a\n# ///\nx = 1\n", "# /// script\n# b\n# ///\nx = 1\n", False),
        ("x = '\\d'\n", "x = '\\d' # odd\n", True),
    ],
)
def test_comments_and_layout_of_code(
    before: str, after: str, alike: bool, old: Path, new: Path, reviewed: Reviewed
) -> None:
    put(old, {"data/a.py": before})
    put(new, {"data/a.py": after})
    from looplet.compiler.diff.programs import same_program

    assert same_program(before.encode(), after.encode()) is alike


HELPING = {
    f"{HELPER}/config.yaml": "max_steps: 3\npermissions: {default: deny}\n",
    f"{HELPER}/prompts/system.md": "Help.\n",
    f"{HELPER}/tools/done.py": '"""Ends the run."""\n__description__ = "End."\n'
    "__parameters__ = {}\n\n\ndef execute():\n    return {}\n",
    f"{HELPER}/cartridge.json": '{"name": "helper", "schema_version": 2}\n',
}


def test_a_nested_agent_is_compared_by_meaning_too(
    old: Path, new: Path, reviewed: Reviewed
) -> None:
    put(old, HELPING)
    put(new, HELPING | {f"{HELPER}/config.yaml": "max_steps: 3\n"})
    (change,) = reviewed().changes
    assert change.kind == "permissions-widened"
    assert change.subject == "nested.agents/helper.cartridge.config.permissions"
    assert change.message.startswith(f"{HELPER}: every tool that no rule names")
    assert change.place is not None and change.place.path == f"{HELPER}/config.yaml"
    text = "max_steps: 3\npermissions: # no\n  default: deny\n"
    put(new, {f"{HELPER}/config.yaml": text})
    (change,) = reviewed().changes
    assert (change.kind, change.severity) == ("nested-rewritten", "info")


@pytest.mark.parametrize("spelt", ["./lib/helper", "lib//helper/", "lib/../lib/helper"])
def test_a_nested_agent_is_one_however_its_folder_is_spelt(
    old: Path, new: Path, reviewed: Reviewed, spelt: str
) -> None:
    helping = {path.replace(HELPER, "lib/helper"): text for path, text in HELPING.items()}
    named = f"builtin_tools:\n  - subagent: {{cartridge: {spelt}, description: Helps.}}\n"
    for folder in (old, new):
        config = (folder / CONFIG).read_text("utf-8")
        put(folder, helping | {CONFIG: config + named})
    put(new, {"lib/helper/config.yaml": "max_steps: 3\n"})
    assert [change.kind for change in reviewed().changes] == ["permissions-widened"]


def test_a_nested_agent_is_another_one_when_what_it_extends_is(
    old: Path, new: Path, reviewed: Reviewed
) -> None:
    for folder in (old, new):
        put(folder, HELPING | {f"{HELPER}/config.yaml": "extends: ../../lib/base\n"})
        put(folder, {"lib/base/config.yaml": "permissions: {default: deny}\n"})
    put(new, {"lib/base/config.yaml": "permissions: {default: allow}\n"})
    found = [(change.kind, change.severity) for change in reviewed().changes]
    assert found == [("permissions-widened", "risk"), ("file-changed", "behaviour")]


def test_a_hook_that_is_made_otherwise_is_a_risk_as_one_that_is_gone_is() -> None:
    assert KINDS["hook-changed"].severity == KINDS["hook-removed"].severity == "risk"


def test_a_nested_agent_that_is_new_is_a_risk(new: Path, reviewed: Reviewed) -> None:
    put(new, HELPING)
    found = {change.kind: change for change in reviewed().changes}
    assert found["agent-added"].message == f"the agent `helper` in `{HELPER}` is new: 4 files"
    assert found["agent-added"].notes == ("its tools: done",)


def test_a_nested_agent_that_does_not_check_clean_is_compared_as_files(
    old: Path, new: Path, reviewed: Reviewed
) -> None:
    put(old, HELPING)
    put(new, HELPING | {f"{HELPER}/config.yaml": "max_stpes: 3\n"})
    found = reviewed()
    assert found.comparison is not None, [f.message for f in found.broken.diagnostics]
    assert [change.kind for change in found.changes] == ["file-changed"]


def test_what_a_parent_changes_is_told_and_where(old: Path, new: Path, reviewed: Reviewed) -> None:
    for folder in (old, new):
        base = folder.parent / "base.cartridge"
        put(base, {"config.yaml": "max_parallel: 1\n"})
        put(base, {"config.yaml": "state: {a: 1}\n", "memory/base.md": "Base.\n"})
        config = (folder / "config.yaml").read_text("utf-8")
        put(folder, {"config.yaml": f"extends: ../base.cartridge\n{config}"})
    put(new.parent / "base.cartridge", {"config.yaml": "\nstate: {a: 2}\n"})
    found = reviewed()
    (change,) = found.changes
    assert change.kind == "setting-changed"
    assert change.place is not None
    assert (change.place.path, change.place.line) == ("../base.cartridge/config.yaml", 2)
    assert found.comparison is not None
    assert [each.kind for each in found.comparison.rewrites] == ["parent-changed"]


def test_every_kind_says_what_it_means() -> None:
    for name, kind in KINDS.items():
        assert name == name.lower() and "_" not in name
        assert kind.meaning.endswith((".", "…")) and kind.severity in ("risk", "behaviour", "info")
