"""Cartridges nested in cartridges: checked with the one around them, and run from its files."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from agents_made import Runner, call, done, run_sync
from folders import LOOK, cartridge, inside, nested, write

from looplet import AgentPreset, MockLLMBackend, PresetError, cartridge_to_preset
from looplet.compiler import check, preset_to_cartridge


def script(*replies: Any) -> MockLLMBackend:
    return MockLLMBackend([*replies], cycle=False)


TWO_DEEP = [
    call("researcher", task="t"),
    call("writer", task="u"),
    call("look", word="deep"),
    done("w"),
    done("r"),
    done("b"),
]


def found(root: Path) -> list[str]:
    return [
        f"{each.code} {each.path}" + (f":{each.span.start.line}" if each.span else "")
        for each in check(root, cache=False).diagnostics
    ]


def test_two_deep(tmp_path: Path, run: Runner) -> None:
    root = nested(tmp_path)
    assert found(root) == []
    preset = cartridge_to_preset(root)
    seen: list[Any] = []
    with preset.bind() as bound:
        assert bound.tools.tool_names == ["done", "look", "researcher"]
        ran = run(
            script(*TWO_DEEP), bound.tools, hooks=bound.hooks, config=bound.config,
            stream=seen.append,
        )  # fmt: skip
    assert ran.state.final_output == {"summary": "b"}
    looked = [e for e in seen if e.event == "tool_end" and e.tool_call.tool == "look"]
    assert [(e.agent, e.tool_result.data) for e in looked] == [
        ("researcher/writer", {"saw": "deep"})
    ]


def test_it_runs_from_the_preset_and_not_from_the_disk(tmp_path: Path) -> None:
    root = nested(tmp_path)
    preset = AgentPreset.from_json(cartridge_to_preset(root).to_json())
    shutil.rmtree(root)
    with preset.bind() as bound:
        ran = run_sync(script(*TWO_DEEP), bound.tools, config=bound.config)
    assert ran.state.final_output == {"summary": "b"}


def test_equal_cartridges_in_two_places_each_know_their_own(tmp_path: Path) -> None:
    from looplet.nested import nested_preset

    one = nested(tmp_path / "one")
    two = shutil.copytree(one, tmp_path / "two/boss.cartridge")
    path = "agents/researcher.cartridge"
    for root in (one, two):
        preset = cartridge_to_preset(root)
        assert nested_preset(preset, path).roots == (str(root / path),)
        inner = nested_preset(nested_preset(preset, path), "agents/writer.cartridge")
        assert inner.roots == (str(root / path / "agents/writer.cartridge"),)
    loose = AgentPreset.from_json(cartridge_to_preset(one).to_json())
    assert nested_preset(loose, path).roots == ()


def test_a_changed_folder_changes_nothing_of_a_loaded_preset(tmp_path: Path) -> None:
    root = nested(tmp_path)
    preset = cartridge_to_preset(root)
    (root / "agents/researcher.cartridge/config.yaml").write_text("max_steps: 1\n")
    with preset.bind() as bound:
        ran = run_sync(script(*TWO_DEEP), bound.tools, config=bound.config)
    assert ran.steps[0].tool_result.data == {"summary": "r"}


def test_bytes_survive_every_way_round(tmp_path: Path) -> None:
    root = nested(tmp_path)
    odd = root / "agents/researcher.cartridge/config.yaml"
    odd.write_bytes(b"# kept\r\nmax_steps:   4   # so\r\nbuiltin_tools: [ subagent ]\r\n")
    (root / "agents/researcher.cartridge/run.sh").write_text("#!/bin/sh\n")
    (root / "agents/researcher.cartridge/run.sh").chmod(0o755)
    preset = cartridge_to_preset(root)
    one = Path(preset_to_cartridge(preset, tmp_path / "one.cartridge"))
    two = Path(
        preset_to_cartridge(AgentPreset.from_json(preset.to_json()), tmp_path / "two.cartridge")
    )

    def tree(folder: Path) -> dict[str, tuple[bytes, bool]]:
        return {
            path.relative_to(folder).as_posix(): (path.read_bytes(), bool(path.stat().st_mode & 64))
            for path in folder.rglob("*")
            if path.is_file()
        }

    assert tree(root) == tree(one) == tree(two)


def test_findings_of_a_nested_cartridge_have_its_path(tmp_path: Path) -> None:
    root = nested(tmp_path)
    (root / "agents/researcher.cartridge/config.yaml").write_text("max_stps: 4\n")
    deep = root / "agents/researcher.cartridge/agents/writer.cartridge/tools/look/execute.py"
    report = check(root, cache=False)
    assert [each.path for each in report.diagnostics] == ["agents/researcher.cartridge/config.yaml"]
    fix = report.diagnostics[0].fixes[0]
    assert fix.safe
    assert fix.edits[0].path == "agents/researcher.cartridge/config.yaml"
    assert report.cartridges[0].sources[fix.edits[0].path] == b"max_stps: 4\n"
    assert report.cartridges[0].preset is None
    (root / "agents/researcher.cartridge/config.yaml").write_text("builtin_tools: [subagent]\n")
    deep.write_text("def execute(*, wrd):\n    return wrd\n")
    paths = {each.path for each in check(root, cache=False).diagnostics}
    assert paths == {deep.relative_to(root).as_posix()}


def test_a_nested_cartridge_is_checked_once_however_often_it_is_named(tmp_path: Path) -> None:
    entries = "".join(
        f"  - subagent: {{cartridge: agents/researcher.cartridge, name: r{n}}}\n" for n in (1, 2)
    )
    root = nested(tmp_path, "builtin_tools:\n" + entries)
    assert found(root) == []
    (root / "agents/researcher.cartridge/config.yaml").write_text("max_stps: 4\n")
    assert len(found(root)) == 1
    with pytest.raises(ValueError, match="max_stps"):
        cartridge_to_preset(root)


def test_a_cartridge_in_agents_that_nothing_names_travels_along(tmp_path: Path) -> None:
    root = nested(tmp_path, "max_steps: 3\n")
    (root / "agents/researcher.cartridge/config.yaml").write_text("max_stps: 4\n")
    assert found(root) == []


@pytest.mark.parametrize(
    ("entry", "code", "words"),
    [
        ("subagent: {cartridge: agents/researchr.cartridge}", "CT330", "did you mean"),
        ("subagent: {cartridge: agents}", "CT330", "is no cartridge"),
        ("subagent: {cartridge: '${runtime.x:-y}'}", "CT330", "is not known before a run"),
        ("subagent: {cartridge: .}", "CT331", "lies in itself"),
        ("subagent: {cartridge: ./agents/..}", "CT331", "lies in itself"),
        ("subagent: {cartridge: ../other.cartridge}", "CT605", "leads out"),
        ("subagent: {cartridge: /etc}", "CT605", "leads out"),
        ("subagent: {cartrige: agents/researcher.cartridge}", "CT20", "cartridge"),
        ("subagent: {}", "CT20", "cartridge"),
        ("subagent: {cartridge: agents/researcher.cartridge, name: 'a b'}", "CT20", "a b"),
        ("subagent: {cartridge: agents/researcher.cartridge, max_steps: 0}", "CT20", "1"),
        ("subagnt: {cartridge: agents/researcher.cartridge}", "CT20", "subagent"),
        ("subagnt", "CT20", "subagent"),
        ("subagent: {cartridge: agents/researcher.cartridge, inputs: {x: 1}}", "CT309", "no input"),
        ("subagent: {cartridge: agents/researcher.cartridge, inputs: {rep: x}}", "CT309", "`repo`"),
        ("subagent: {cartridge: agents/researcher.cartridge, inputs: {repo: 1}}", "CT309", "repo"),
        ("subagent: {cartridge: agents/researcher.cartridge, name: look}", "CT311", "`look`"),
        ("scaffold_cartridge", "CT309", "needs a folder"),
        ("scaffold_cartridge: {folder: /tmp}", "CT605", "leads out"),
        ("search_skills: {paths: [../skills]}", "CT605", "leads out"),
        ("search_skills: {paths: [skils]}", "CT317", "no file"),
        ("search_skills: {path: [x]}", "CT20", "paths"),
    ],
)
def test_an_entry_that_is_wrong_is_told_with_its_place(
    tmp_path: Path, entry: str, code: str, words: str
) -> None:
    root = nested(tmp_path, f"max_steps: 3\nbuiltin_tools:\n  - {entry}\n")
    config = root / "agents/researcher.cartridge/config.yaml"
    config.write_text("inputs:\n  repo: {type: string, description: Where.}\n")
    system = root / "agents/researcher.cartridge/prompts/system.md"
    system.write_text("The repo.\n")
    (root / "agents/researcher.cartridge/tools/look/execute.py").write_text(
        "def execute(ctx, *, word):\n    return ctx.resources['runtime']['repo']\n"
    )
    findings = check(root, cache=False).diagnostics
    mine = [each for each in findings if each.path in ("config.yaml", "tools/look/tool.yaml")]
    errors = [each for each in mine if each.severity == "error"]
    assert len(errors) == 1, findings
    assert errors[0].code.startswith(code)
    assert words in errors[0].message
    assert errors[0].span is not None or code == "CT311"
    if errors[0].path == "config.yaml":
        assert errors[0].span and errors[0].span.start.line == 3


def test_two_agents_of_one_name(tmp_path: Path) -> None:
    entry = "  - subagent: {cartridge: agents/researcher.cartridge}\n"
    more = "  - subagent: {cartridge: agents/researcher.cartridge, max_steps: 2}\n"
    root = nested(tmp_path, f"builtin_tools:\n{entry}{more}")
    assert found(root) == ["CT334 config.yaml:3"]


def test_bare_subagent_without_any_agent(tmp_path: Path) -> None:
    root = write(tmp_path / "a.cartridge", cartridge("a", "builtin_tools: [subagent]\n"))
    findings = check(root, cache=False).diagnostics
    assert [each.code for each in findings] == ["CT309"]
    assert "there is no cartridge in `agents/`" in findings[0].message


def test_permissions_can_name_an_agent(tmp_path: Path) -> None:
    config = "builtin_tools: [subagent]\npermissions: {deny: [researcher]}\n"
    assert found(nested(tmp_path, config)) == []
    config = "builtin_tools: [subagent]\npermissions: {deny: [researchr]}\n"
    assert found(nested(tmp_path / "b", config)) == ["CT601 config.yaml:2"]


def test_a_nested_cartridge_inherits_from_one_beside_it(tmp_path: Path, run: Runner) -> None:
    base = cartridge("base", "max_steps: 4\n", **LOOK)
    child = {
        "cartridge.json": '{"name": "child", "schema_version": 2}\n',
        "config.yaml": "extends: ../base.cartridge\n",
    }
    files = (
        cartridge("boss", "builtin_tools:\n  - subagent: {cartridge: agents/child.cartridge}\n")
        | inside("agents/base.cartridge", base)
        | inside("agents/child.cartridge", child)
    )
    root = write(tmp_path / "boss.cartridge", files)
    assert found(root) == []
    preset = AgentPreset.from_json(cartridge_to_preset(root).to_json())
    with preset.bind() as bound:
        llm = script(call("child", task="t"), call("look", word="x"), done("c"), done("b"))
        ran = run(llm, bound.tools, config=bound.config)
    assert ran.steps[0].tool_result.data == {"summary": "c"}
    # A mistake in the parent has its path in the cartridge around both.
    (root / "agents/base.cartridge/config.yaml").write_text("max_stps: 4\n")
    assert found(root) == ["CT201 agents/base.cartridge/config.yaml:1"]


@pytest.mark.parametrize("target", ["../../../other.cartridge", "../..", "hello", "/x"])
def test_a_nested_cartridge_is_complete_in_the_one_around_it(tmp_path: Path, target: str) -> None:
    write(tmp_path / "other.cartridge", cartridge("other"))
    root = nested(tmp_path)
    config = root / "agents/researcher.cartridge/config.yaml"
    config.write_text(f"extends: {target}\n")
    codes = {each.code for each in check(root, cache=False).diagnostics}
    assert codes & {"CT333", "CT312", "CT315"}


def test_agents_that_lie_in_one_another_through_inheritance(tmp_path: Path) -> None:
    # c lies in b, and b in itself: what c inherits, names c again.
    b = cartridge("b", "builtin_tools:\n  - subagent: {cartridge: agents/c.cartridge}\n")
    c = {
        "cartridge.json": '{"name": "c", "schema_version": 2}\n',
        "config.yaml": "extends: ../d.cartridge\n",
    }
    d = cartridge("d", "builtin_tools:\n  - subagent: {cartridge: agents/c.cartridge}\n")
    again = inside("agents/c.cartridge", c) | inside("agents/d.cartridge", d)
    deep = again
    for _ in range(8):
        deep = again | inside("agents/d.cartridge", deep) | inside("agents/c.cartridge", deep)
    root = write(tmp_path / "b.cartridge", b | deep)
    codes = {each.code for each in check(root, cache=False).diagnostics}
    assert "CT332" in codes


def test_a_bound_preset_that_names_no_agent_says_so() -> None:
    preset = cartridge_to_preset("cartridges/hello.cartridge")
    from dataclasses import replace

    for entries, why in [
        ([{"subagent": {"cartridge": "agents/x"}}], "has no cartridge in agents/x"),
        (["subagent"], "there is no cartridge in `agents/`"),
        (["nope"], "no builtin tool 'nope'"),
        ([{"subagent": {"nope": 1}}], "nope"),
        ("subagent", "builtin_tools is a list"),
        (["scaffold_cartridge"], "needs a `folder`"),
        ([{"search_skills": {}}, {"search_skills": {}}], "there already is a tool"),
    ]:
        changed = replace(preset, config_values={**preset.config_values, "builtin_tools": entries})
        with pytest.raises(PresetError, match=why):
            changed.bind()


def test_without_the_compiler_it_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import builtins
    import sys

    from looplet.nested import _compiled

    preset = cartridge_to_preset(nested(tmp_path))
    _compiled.cache_clear()
    for name in [*sys.modules]:
        if name == "looplet.compiler.nested":
            monkeypatch.delitem(sys.modules, name)
    real = builtins.__import__

    def without(name: str, *args: Any, **keywords: Any) -> Any:
        if name == "looplet.compiler.nested":
            raise ModuleNotFoundError("No module named 'yaml'", name="yaml")
        return real(name, *args, **keywords)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(PresetError, match=r"needs yaml: pip install 'looplet\[compiler\]'"):
        preset.bind()


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("{tool: researcher, contains: {task: secret}}", []),
        ("{tool: researcher, contains: {tsk: secret}}", ["CT602 config.yaml:2"]),
        ("{tool: researcher, matches: {task: 1}}", ["CT604 config.yaml:2"]),
        ("{tool: activate_skill, matches: {name: x}}", []),
        ("{tool: activate_skill, matches: {nam: x}}", ["CT602 config.yaml:2"]),
        ("{tool: '*', contains: {task: x}}", []),
        ("{tool: '*', contains: {tusk: x}}", ["CT602 config.yaml:2"]),
    ],
)
def test_a_rule_about_an_argument_that_no_agent_has_denies_nothing_and_is_told(
    tmp_path: Path, rule: str, expected: list[str]
) -> None:
    config = f"builtin_tools: [subagent, activate_skill]\npermissions: {{deny: [{rule}]}}\n"
    assert found(nested(tmp_path, config)) == expected


def test_a_script_may_answer_for_the_agents_below(tmp_path: Path) -> None:
    replies = '[{"tool": "researcher", "args": {}}, {"tool": "%s", "args": {}}]\n'
    root = nested(tmp_path, **{"evals/scripts/demo.json": replies % "writer"})
    assert found(root) == []
    (root / "evals/scripts/demo.json").write_text(replies % "wrter")
    assert found(root) == ["CT809 evals/scripts/demo.json:1"]


def test_an_agent_may_not_have_the_name_of_a_builtin_tool(tmp_path: Path) -> None:
    entry = "  - subagent: {cartridge: agents/researcher.cartridge, name: search_skills}\n"
    root = nested(tmp_path, f"builtin_tools:\n  - search_skills\n{entry}")
    assert found(root) == ["CT334 config.yaml:3"]


def test_a_child_has_the_agents_of_its_parent(tmp_path: Path, run: Runner) -> None:
    nested(tmp_path)
    child = {
        "cartridge.json": '{"name": "child", "schema_version": 2}\n',
        "config.yaml": "extends: ../boss.cartridge\n",
        "agents/researcher.cartridge/prompts/system.md": "You look things up, with care.\n",
    }
    root = write(tmp_path / "child.cartridge", child)
    assert found(root) == []
    with cartridge_to_preset(root).bind() as bound:
        llm = script(*TWO_DEEP)
        ran = run(llm, bound.tools, hooks=bound.hooks, config=bound.config)
    assert ran.state.final_output == {"summary": "b"}
    # A mistake that only the parent's author can mend is told with the way to it.
    (tmp_path / "boss.cartridge/agents/researcher.cartridge/config.yaml").write_text("max_stps: 1")
    assert found(root) == ["CT201 ../boss.cartridge/agents/researcher.cartridge/config.yaml:1"]


def test_fix_mends_a_nested_cartridge_in_its_place(tmp_path: Path) -> None:
    from looplet.compiler.cli import main

    root = nested(tmp_path)
    config = root / "agents/researcher.cartridge/config.yaml"
    config.write_text("# mine\nmax_stps: 4\n")
    assert main(["check", "--fix", str(root)]) == 0
    assert config.read_text() == "# mine\nmax_steps: 4\n"


def test_what_is_kept_of_a_check_knows_the_nested_cartridges(tmp_path: Path) -> None:
    root = nested(tmp_path)
    assert [each.code for each in check(root).diagnostics] == []
    assert check(root).cartridges[0].preset == cartridge_to_preset(root)
    (root / "agents/researcher.cartridge/config.yaml").write_text("max_stps: 4\n")
    assert [each.code for each in check(root).diagnostics] == ["CT201"]
