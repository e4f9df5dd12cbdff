"""The commands against the compiler itself: what they print and how they exit."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from looplet.compiler.cli import main
from looplet.compiler.commands import explain
from looplet.compiler.commands.scaffold import write

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def cartridge(tmp_path: Path) -> Path:
    """A cartridge that checks clean."""
    return Path(write(str(tmp_path / "agent"), ["search"]))


def append(file: Path, text: str) -> None:
    file.write_bytes(file.read_bytes() + text.encode())


def as_json(capsys: Capture) -> dict[str, Any]:
    out, _ = capsys.readouterr()
    value: dict[str, Any] = json.loads(out)
    return value


def test_a_clean_cartridge_exits_with_0_in_every_format(cartridge: Path, capsys: Capture) -> None:
    assert main(["check", str(cartridge)]) == 0
    assert capsys.readouterr().out == "1 cartridge checked: nothing to report\n"
    assert main(["check", str(cartridge), "--format", "json", "--no-cache"]) == 0
    assert as_json(capsys) == {
        "version": 1,
        "diagnostics": [],
        "summary": {"cartridges": 1, "errors": 0, "warnings": 0, "advice": 0},
    }
    assert main(["check", str(cartridge), "--format", "github"]) == 0
    assert capsys.readouterr().out == ""
    assert main(["check", str(cartridge), "--format", "sarif"]) == 0
    assert as_json(capsys)["runs"][0]["results"] == []


def test_a_mistake_exits_with_1(cartridge: Path, capsys: Capture) -> None:
    append(cartridge / "config.yaml", "max_stpes: 20\n")
    assert main(["check", str(cartridge)]) == 1
    out = capsys.readouterr().out
    assert f"{cartridge}/config.yaml:6:1: error[CT201]" in out
    assert "6 | max_stpes: 20\n  | ^^^^^^^^^\n" in out
    assert main(["check", str(cartridge), "--format", "json"]) == 1
    (found,) = as_json(capsys)["diagnostics"]
    assert found["cartridge"] == str(cartridge)
    assert (found["code"], found["path"]) == ("CT201", "config.yaml")
    assert found["start"] == {"line": 6, "column": 1}
    assert found["end"] == {"line": 6, "column": 10}


def test_sarif_has_the_page_of_a_rule_also_from_the_cache(cartridge: Path, capsys: Capture) -> None:
    append(cartridge / "config.yaml", "max_stpes: 20\n")
    for _ in range(2):
        assert main(["check", str(cartridge), "--format", "sarif"]) == 1
        (rule,) = as_json(capsys)["runs"][0]["tool"]["driver"]["rules"]
        assert rule["help"]["markdown"] == explain.load_rules()["CT201"].page


@pytest.mark.parametrize("path", ["nowhere", "a.txt", "empty", "a\0b", "x" * 5000])
@pytest.mark.parametrize("form", ["text", "json", "github", "sarif"])
def test_a_path_without_a_cartridge_is_a_finding(
    tmp_path: Path, capsys: Capture, path: str, form: str
) -> None:
    (tmp_path / "a.txt").write_text("a")
    (tmp_path / "empty").mkdir()
    assert main(["check", str(tmp_path / path), "--format", form]) == 1
    out, err = capsys.readouterr()
    assert err == ""
    if form == "json":
        value = json.loads(out)
        assert [found["code"][:3] for found in value["diagnostics"]] == ["CT0"]
        assert value["summary"]["errors"] == 1
    assert "CT0" in out


def test_a_folder_of_cartridges_is_searched(cartridge: Path, capsys: Capture) -> None:
    write(str(cartridge.parent / "deeper/down/other"))
    assert main(["check", str(cartridge.parent)]) == 0
    assert capsys.readouterr().out.startswith("2 cartridges checked")


def test_strict_refuses_warnings(cartridge: Path, capsys: Capture) -> None:
    code = cartridge / "tools/search/execute.py"
    code.write_text("import nobody_has_this_module\n" + code.read_text())
    assert main(["check", str(cartridge)]) == 0
    assert "warning[" in capsys.readouterr().out
    assert main(["check", str(cartridge), "--strict"]) == 1


def test_fix_keeps_comments_and_says_what_it_did(cartridge: Path, capsys: Capture) -> None:
    config = cartridge / "config.yaml"
    before = config.read_text()
    config.write_text(before.replace("max_steps: 15", "max_stpes: 15  # enough"))
    assert main(["check", str(cartridge), "--fix"]) == 0
    out = capsys.readouterr().out
    assert out.startswith(f"fixed {cartridge}/config.yaml: ")
    assert out.endswith("1 cartridge checked: nothing to report\n")
    assert config.read_text() == before.replace("max_steps: 15", "max_steps: 15  # enough")


def test_fix_keeps_stdout_for_the_machine(cartridge: Path, capsys: Capture) -> None:
    config = cartridge / "config.yaml"
    config.write_text(config.read_text().replace("max_steps", "max_stpes"))
    assert main(["check", str(cartridge), "--fix", "--format", "json"]) == 0
    out, err = capsys.readouterr()
    assert json.loads(out)["summary"]["errors"] == 0
    assert err.startswith("fixed ")


def test_show_prints_what_set_takes(cartridge: Path, capsys: Capture) -> None:
    assert main(["show", str(cartridge)]) == 0
    assert "config.max_steps = 15\n" in capsys.readouterr().out
    assert main(["set", str(cartridge), "config.max_steps=20"]) == 0
    assert "config.yaml" in capsys.readouterr().out
    assert main(["show", str(cartridge), "--origins"]) == 0
    (line,) = [line for line in capsys.readouterr().out.splitlines() if "config.max_steps" in line]
    assert line.split() == ["config.max_steps", "=", "20", "#", "config.yaml:4:1"]


def test_set_changes_one_line(cartridge: Path) -> None:
    config = cartridge / "config.yaml"
    before = config.read_text()
    assert main(["set", str(cartridge), "config.max_steps=20"]) == 0
    assert config.read_text() == before.replace("15", "20")
    assert main(["set", str(cartridge), "config.max_steps=20"]) == 0


def test_set_refuses_what_would_not_check(cartridge: Path, capsys: Capture) -> None:
    before = (cartridge / "config.yaml").read_bytes()
    assert main(["set", str(cartridge), "config.max_steps=often"]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert "error[CT2" in err
    assert (cartridge / "config.yaml").read_bytes() == before


def test_what_show_prints_can_be_set(cartridge: Path, capsys: Capture) -> None:
    assert main(["show", str(cartridge), "--origins"]) == 0
    said = [line for line in capsys.readouterr().out.splitlines() if re.search(r":\d+:\d+$", line)]
    same = [
        line.rpartition("  # ")[0].strip().replace(" = ", "=", 1)
        for line in said
        if "…" not in line
    ]
    assert len(same) > 15
    before = {file: file.read_bytes() for file in cartridge.rglob("*") if file.is_file()}
    assert main(["set", str(cartridge), *same]) == 0
    assert capsys.readouterr().out == "nothing to change: the files say so already\n"
    assert {file: file.read_bytes() for file in cartridge.rglob("*") if file.is_file()} == before


@pytest.mark.parametrize(
    "change", ["max_steps=1", "config=1", "tools.serch.free=true", "config.x=["]
)
def test_set_of_what_is_not_there_is_a_usage_error(
    cartridge: Path, capsys: Capture, change: str
) -> None:
    assert main(["set", str(cartridge), change]) == 2
    said = capsys.readouterr().err
    assert said.startswith("looplet-compile set: ")
    assert said.count("\n") == 1


def test_show_as_json_is_the_preset(cartridge: Path, capsys: Capture) -> None:
    from looplet.compiler.pipeline import check
    from looplet.preset import AgentPreset

    assert main(["show", str(cartridge), "--format", "json"]) == 0
    out = capsys.readouterr().out
    assert AgentPreset.from_json(out) == check(str(cartridge)).cartridges[0].preset
    assert main(["show", str(cartridge), "--format", "json", "--origins"]) == 0
    origins = as_json(capsys)["origins"]
    assert origins["config.max_steps"] == {
        "kind": "file",
        "path": "config.yaml",
        "line": 4,
        "column": 1,
    }


@pytest.mark.parametrize("command", ["show", "roundtrip"])
def test_a_broken_cartridge_is_reported_in_place_of_the_answer(
    cartridge: Path, capsys: Capture, command: str
) -> None:
    append(cartridge / "tools/search/tool.yaml", "descripton: x\n")
    more = [str(cartridge) + ".out"] if command == "roundtrip" else []
    assert main([command, str(cartridge), *more]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert "error[CT201]" in err


def test_show_of_a_missing_path_as_json_is_a_report(tmp_path: Path, capsys: Capture) -> None:
    assert main(["show", str(tmp_path / "no"), "--format", "json"]) == 1
    assert as_json(capsys)["diagnostics"][0]["code"].startswith("CT0")


@pytest.mark.parametrize("via", [[], ["--via", "json"]])
def test_roundtrip_gives_back_every_byte(cartridge: Path, capsys: Capture, via: list[str]) -> None:
    (cartridge / "data.bin").write_bytes(bytes(range(256)))
    (cartridge / "tools/search/execute.py").chmod(0o755)
    append(cartridge / "config.yaml", "# the end, without a line end")
    out = cartridge.parent / "out.cartridge"
    assert main(["roundtrip", str(cartridge), str(out), *via]) == 0
    assert capsys.readouterr().out.startswith("identical: ")
    for file in cartridge.rglob("*"):
        if file.is_file():
            assert (out / file.relative_to(cartridge)).read_bytes() == file.read_bytes()
    assert main(["roundtrip", str(cartridge), str(out)]) == 2
    assert str(out) in capsys.readouterr().err


def test_roundtrip_lists_what_differs(
    cartridge: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    from looplet.compiler.commands import roundtrip

    faithful = roundtrip.preset_to_cartridge

    def lossy(preset: Any, out: str, **options: Any) -> None:
        faithful(preset, out, **options)
        (Path(out) / "README.md").unlink()
        (Path(out) / "config.yaml").write_text("max_steps: 15\n")
        (Path(out) / "tools/done/execute.py").chmod(0o755)
        (Path(out) / "more").touch()

    monkeypatch.setattr(roundtrip, "preset_to_cartridge", lossy)
    assert main(["roundtrip", str(cartridge), str(cartridge) + ".out"]) == 1
    assert capsys.readouterr().out.splitlines() == [
        "missing: README.md",
        "differs: config.yaml (bytes)",
        "added: more",
        "differs: tools/done/execute.py (executable bit)",
    ]


@pytest.mark.parametrize("draft", ["2020-12", "7"])
def test_schema_prints_every_kind_it_lists(capsys: Capture, draft: str) -> None:
    assert main(["schema"]) == 0
    kinds = capsys.readouterr().out.split()
    assert {"cartridge", "config", "runtime", "tool", "hook"} <= set(kinds)
    for kind in kinds:
        assert main(["schema", kind, "--draft", draft]) == 0
        assert ("draft-07" if draft == "7" else "2020-12") in as_json(capsys)["$schema"]


def test_explain_knows_every_code_and_every_name(capsys: Capture) -> None:
    assert main(["explain"]) == 0
    listed = capsys.readouterr().out
    for code, rule in explain.load_rules().items():
        assert f"  {code}  " in listed
        for word in (code, code.lower(), code[2:], f"[{code}]", rule.name, rule.name.upper()):
            assert main(["explain", word]) == 0
            out = capsys.readouterr().out
            assert out.startswith(f"{code} {rule.name} ({rule.severity})\n=")
            assert rule.page in out


def test_explain_lists_a_family(capsys: Capture) -> None:
    assert main(["explain", "ct1"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("CT1: syntax\n  CT101  error    ")
    assert "CT2" not in out


def test_explain_suggests(capsys: Capture) -> None:
    assert main(["explain", "CT2O1"]) == 2
    assert "did you mean CT201" in capsys.readouterr().err
    assert main(["explain", "unknown-kay"]) == 2
    assert "did you mean unknown-key" in capsys.readouterr().err


@pytest.mark.parametrize("plain", ["NO_COLOR", "TERM"])
def test_colour_is_for_terminals_that_want_it(
    cartridge: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch, plain: str
) -> None:
    append(cartridge / "config.yaml", "max_stpes: 20\n")
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    main(["check", str(cartridge)])
    assert "\x1b[1;31m" in capsys.readouterr().out
    monkeypatch.setenv(plain, "dumb")
    main(["check", str(cartridge)])
    assert "\x1b" not in capsys.readouterr().out
