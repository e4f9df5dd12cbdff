"""`search_skills` and `activate_skill` in a run, alone and with the hook `skill_activation`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from looplet import AgentPreset, File, MockLLMBackend, Prompt, ToolCall, ToolDef

PDF = (
    "---\nname: pdf-forms\ndescription: Fill in PDF forms.\n---\n"
    "Look at references/fields.md first.\n"
)
FILES = {
    "skills/pdf-forms/SKILL.md": PDF,
    "skills/pdf-forms/references/fields.md": "the fields",
    "skills/other/SKILL.md": "---\nname: other\ndescription: Something else.\n---\nElse.\n",
    "tools/done/execute.py": "def execute(*, summary):\n    return {'summary': summary}\n",
}
BOTH = ["search_skills", "activate_skill"]


def preset(tools: list[Any] | None = None, hooks: list[Any] | None = None, **files: str) -> Any:
    config: dict[str, Any] = {"builtin_tools": BOTH if tools is None else tools}
    if hooks:
        config["builtin_hooks"] = hooks
    schema = {"type": "object", "properties": {"summary": {"type": "string"}}}
    return AgentPreset(
        "skilled",
        prompts={"system": Prompt("x")},
        tool_defs={"done": ToolDef("done", "End.", schema)},
        config_values=config,
        files={path: File(text.encode()) for path, text in {**FILES, **files}.items()},
    )


def dispatch(made: Any, tool: str, **args: Any) -> Any:
    with made.bind() as bound:
        return bound.tools.dispatch(ToolCall(tool, args))


def test_search_tells_names_and_descriptions_only() -> None:
    result = dispatch(preset(), "search_skills", query="PDF form")
    assert result.data == {"skills": [{"name": "pdf-forms", "description": "Fill in PDF forms."}]}
    assert "references" not in json.dumps(result.data)


def test_search_that_finds_nothing_says_so() -> None:
    result = dispatch(preset(), "search_skills", query="cooking")
    assert result.data["skills"] == []
    assert "none of the 2 skills" in result.data["hint"]


def test_activate_gives_the_instructions_and_lists_the_files() -> None:
    result = dispatch(preset(), "activate_skill", name="pdf-forms")
    assert result.data == {
        "skill": "pdf-forms",
        "instructions": "Look at references/fields.md first.",
        "files": ["references/fields.md"],
    }
    result = dispatch(preset(), "activate_skill", name="pdf-forms", file="references/fields.md")
    assert result.data["text"] == "the fields"


@pytest.mark.parametrize(
    ("args", "why"),
    [
        ({"name": "pdf-form"}, "did you mean `pdf-forms`"),
        ({"name": "pdf-forms", "file": "../other/SKILL.md"}, "has no file"),
        ({"name": "pdf-forms", "file": "references/field.md"}, "did you mean"),
        ({"name": "pdf-forms", "fil": "x"}, "did you mean `file`"),
    ],
)
def test_what_the_model_asks_wrong(args: dict[str, Any], why: str) -> None:
    assert why in str(dispatch(preset(), "activate_skill", **args).error)


def test_a_long_text_comes_in_parts() -> None:
    long = "".join(f"{n:07}\n" for n in range(20_000))
    made = preset(**{"skills/pdf-forms/long.txt": long})
    got, offset = "", 0
    for _ in range(9):
        args = {"name": "pdf-forms", "file": "long.txt", "offset": offset}
        data = dispatch(made, "activate_skill", **args).data
        got += data["text"]
        if "more" not in data:
            break
        offset = len(got)
        assert f"offset={offset} (of {len(long)}" in data["more"]
    assert got == long


def test_a_skill_with_scripts_says_where_they_are(tmp_path: Path) -> None:
    made = preset(**{"skills/pdf-forms/scripts/fill.py": "print('ok')"})
    with made.bind() as bound:
        result = bound.tools.dispatch(ToolCall("activate_skill", {"name": "pdf-forms"}))
        folder = Path(result.data["folder"])
        assert (folder / "scripts/fill.py").read_text() == "print('ok')"
    assert not folder.exists()


def test_installed_skills_are_found_by_both_tools(tmp_path: Path) -> None:
    place = tmp_path / "brew/SKILL.md"
    place.parent.mkdir()
    place.write_text("---\nname: brew\ndescription: Brew coffee.\n---\nGrind.\n")
    tools = [{"search_skills": {"paths": [str(tmp_path)]}}, "activate_skill"]
    assert dispatch(preset(tools), "search_skills", query="coffee").data["skills"] == [
        {"name": "brew", "description": "Brew coffee."}
    ]
    assert dispatch(preset(tools), "activate_skill", name="brew").data["instructions"] == "Grind."


def test_what_was_left_out_is_a_warning(tmp_path: Path) -> None:
    tools = [{"search_skills": {"paths": [str(tmp_path / "nope")]}}]
    result = dispatch(preset(tools), "search_skills", query="PDF")
    assert "cannot be read" in result.warnings[0]
    broken = preset(**{"skills/bad/SKILL.md": "x"})
    assert "skills/bad" in dispatch(broken, "search_skills", query="PDF").warnings[0]


def run(made: Any, *replies: Any) -> list[dict[str, Any]]:
    """The conversation of a run."""
    with made.bind() as bound:
        state = bound.state()
        llm = MockLLMBackend([*replies], cycle=False)
        options = {"hooks": bound.hooks, "config": bound.config, "state": state}
        from looplet import composable_loop

        for _ in composable_loop(llm, "t", bound.tools, **options):
            pass
        messages: list[dict[str, Any]] = state.conversation
        return messages


def call(tool: str, **args: Any) -> dict[str, Any]:
    return {"tool": tool, "args": args}


def test_with_the_hook_the_skills_are_told_and_no_text_stands_twice() -> None:
    messages = run(
        preset(hooks=["skill_activation"]),
        call("activate_skill", name="pdf-forms"),
        call("activate_skill", name="nope"),
        call("done", summary="x"),
    )
    text = json.dumps(messages)
    assert "- pdf-forms: Fill in PDF forms." in text
    assert text.count("Look at references/fields.md first.") == 1


def test_without_any_skill_the_hook_and_the_tools_say_nothing() -> None:
    made = preset(hooks=["skill_activation"])
    files = {path: file for path, file in made.files.items() if not path.startswith("skills/")}
    from dataclasses import replace

    messages = run(replace(made, files=files), call("done", summary="x"))
    assert "Skills" not in json.dumps(messages)
