"""`check`: one finding for a capability, in its place; the fix; the cache."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from looplet.compiler import check
from looplet.compiler.cli import main
from looplet.compiler.commands.fix import splice
from looplet.compiler.text.lines import Lines, decode

TOOL = '__description__ = "Ends it."\n__parameters__ = {}\n\n\ndef execute():\n    return {}\n'


def cartridge(root: Path, code: str, manifest: str, **files: str) -> Path:
    texts = {
        "cartridge.json": manifest,
        "config.yaml": "max_steps: 3\n",
        "prompts/system.md": "Do it.\n",
        "tools/done.py": TOOL + code,
        **files,
    }
    for path, text in texts.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, "utf-8")
    return root


def manifest(**more: object) -> str:
    return json.dumps({"name": "a", "schema_version": 2, "version": "1", **more}) + "\n"


def codes(root: Path) -> list[str]:
    return [each.code for each in check(root, cache=False).diagnostics]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "a.cartridge"


def test_code_that_reaches_nothing_needs_no_declaration(root: Path) -> None:
    assert codes(cartridge(root, "", manifest())) == []
    assert codes(cartridge(root, "", manifest(capabilities=[]))) == []


def test_one_error_for_a_capability_however_often(root: Path) -> None:
    code = "\nimport socket\nimport os\n" + "os.system('a')\n" * 9 + "socket.socket()\n" * 9
    found = check(cartridge(root, code, manifest(capabilities=[])), cache=False).diagnostics
    assert [each.code for each in found] == ["CT621", "CT621"]
    assert [each.span.start.line for each in found if each.span] == [10, 19]
    assert any("and 4 more" in note for note in found[0].notes), found[0].notes


def test_one_advice_where_nothing_is_declared(root: Path) -> None:
    code = "\nimport socket\nopen('a')\neval('1')\nexec('2')\n"
    (found,) = check(cartridge(root, code, manifest()), cache=False).diagnostics
    assert (found.code, found.path, found.span) == ("CT623", "cartridge.json", None)
    assert '"capabilities": ["files", "network"]' in found.message
    assert "what 2 places reach cannot be decided" in found.message


def test_undecided_is_said_once_where_something_is_declared(root: Path) -> None:
    code = "\neval('1')\nexec('2')\n"
    found = check(cartridge(root, code, manifest(capabilities=["files"])), cache=False).diagnostics
    assert [each.code for each in found] == ["CT624"], "and `files` may be what it reaches"
    assert found[0].notes == ("also at tools/done.py:9:1",)


def test_what_nothing_uses_is_advice(root: Path) -> None:
    every = ["files", "network", "model"]
    found = check(cartridge(root, "", manifest(capabilities=every)), cache=False).diagnostics
    assert [each.code for each in found] == ["CT622"] * 3


def test_a_manifest_that_is_wrong_is_not_compared(root: Path) -> None:
    code = "\nimport socket\n"
    for odd in ("files", ["fiels"], {"files": True}, [["files"]], None):
        found = codes(cartridge(root, code, manifest(capabilities=odd)))
        assert found and not [code for code in found if code.startswith("CT62")], odd


def test_a_cartridge_without_a_manifest_is_told_to_have_one_only(root: Path) -> None:
    made = cartridge(root, "\nimport socket\n", manifest())
    (made / "cartridge.json").unlink()
    assert not [code for code in codes(made) if code.startswith("CT62")]


@pytest.mark.parametrize(
    "text",
    [
        manifest(),
        manifest(capabilities=[]),
        manifest(capabilities=["files"]),
        json.dumps({"name": "a", "schema_version": 2, "version": "1"}, indent=2) + "\n",
        '{\n\t"name": "a",\n\t"schema_version": 2,\n\t"version": "1"\n}',
    ],
)
def test_the_fix_declares_and_is_never_made_by_itself(
    root: Path, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    made = cartridge(root, "\nimport socket\n", text)
    (found, *_) = [
        each for each in check(made, cache=False).diagnostics if each.code in ("CT621", "CT623")
    ]
    (fix,) = found.fixes
    assert not fix.safe
    main(["check", str(made), "--fix", "--no-cache"])
    capsys.readouterr()
    assert (made / "cartridge.json").read_text("utf-8") == text
    lines = Lines(decode(text.encode()))
    splices = []
    for edit in fix.edits:
        start, end = lines.offset(edit.span.start), lines.offset(edit.span.end)
        assert edit.path == "cartridge.json" and start is not None and end is not None
        splices.append((start, end, edit.text))
    (made / "cartridge.json").write_text(splice(text, splices), "utf-8")
    assert [code for code in codes(made) if code != "CT622"] == []
    assert "network" in json.loads((made / "cartridge.json").read_text("utf-8"))["capabilities"]


def test_a_child_answers_for_its_parent(tmp_path: Path) -> None:
    parent = tmp_path / "parent.cartridge"
    cartridge(parent, "\nimport socket\n", manifest(capabilities=["network"]))
    child = tmp_path / "child.cartridge"
    files = {"config.yaml": "extends: ../parent.cartridge\n"}
    for path, text in {"cartridge.json": manifest(name="child", capabilities=[]), **files}.items():
        child.mkdir(exist_ok=True)
        (child / path).write_text(text, "utf-8")
    (found,) = check(child, cache=False).diagnostics
    assert found.code == "CT621" and found.path == "../parent.cartridge/tools/done.py"
    assert {edit.path for fix in found.fixes for edit in fix.edits} == {"cartridge.json"}
    (child / "tools").mkdir()
    (child / "tools" / "done.py").write_text(TOOL, "utf-8")
    assert codes(child) == [], "the parent's code is not the agent's any more"


def test_what_is_kept_says_the_same(root: Path, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("LOOPLET_CACHE_DIR", str(tmp_path / "cache"))
    made = cartridge(root, "\nimport socket\nhelper = 1\n", manifest(capabilities=[]))
    first, again = check(made).diagnostics, check(made).diagnostics
    assert first == again == check(made, cache=False).diagnostics
    (made / "README.md").write_text("New.\n")  # the facts of files are kept, the result is not
    assert check(made).diagnostics == first
