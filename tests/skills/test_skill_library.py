"""Skills found, ranked and read: those of an agent, and those of folders that it names."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from looplet import File
from looplet.skills import Skill, SkillError, SkillLibrary, read_skill
from looplet.skills.search import search


def skill_md(name: str, description: str = "Does things.", body: str = "Do it.\n") -> str:
    return f"---\nname: {name}\ndescription: {description}\n---\n{body}"


def own(**skills: str) -> dict[str, File]:
    return {f"skills/{name}/SKILL.md": File(text.encode()) for name, text in skills.items()}


def installed(folder: Path, name: str, **files: str) -> Path:
    for path, text in {"SKILL.md": skill_md(name, f"Installed {name}."), **files}.items():
        target = folder / name / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
    return folder / name


def test_an_agents_own_skills() -> None:
    files = own(b=skill_md("b"), a=skill_md("a", "First.")) | {
        "skills/a/references/x.md": File(b"\xef\xbb\xbfmore"),
        "skills/a/data.bin": File(b"\xff\xfe"),
        "skills/README.md": File(b"nothing"),
        "memory/skills/z/SKILL.md": File(b""),
    }
    library = SkillLibrary(files)
    assert list(library.skills) == ["a", "b"]
    skill = library["a"]
    assert (skill.description, skill.instructions) == ("First.", "Do it.")
    assert skill.files == ("data.bin", "references/x.md")
    assert skill.text("references/x.md") == skill.text("./references/x.md") == "more"
    assert library.problems == []
    with pytest.raises(SkillError, match="is no text"):
        skill.text("data.bin")
    with pytest.raises(SkillError, match=r"no skill 'c'.*there are: a, b"):
        library["c"]


@pytest.mark.parametrize(
    "path", ["../b/SKILL.md", "references/../../b/SKILL.md", "/etc/passwd", "x.md", "SKILL.md", ""]
)
def test_only_listed_files_are_read(path: str) -> None:
    files = own(a=skill_md("a"), b=skill_md("b")) | {"skills/a/references/x.md": File(b"x")}
    with pytest.raises(SkillError, match="has no file"):
        SkillLibrary(files)["a"].text(path)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("no front matter", "does not begin with front matter"),
        ("---\nname: a\n", "its end"),
        ("---\ndescription: x\n---\n", "no `name`"),
        ("---\nname: a\n---\n", "no `description`"),
        ("---\nname: b\ndescription: x\n---\n", "make them the same"),
        ("---\nname: A\ndescription: x\n---\n", "write a-z"),
        ("---\nname: a--b\ndescription: x\n---\n", "write a-z"),
        ("---\nname: -a\ndescription: x\n---\n", "write a-z"),
        (f"---\nname: {'a' * 65}\ndescription: x\n---\n", "64 is the most"),
        ("---\nname: 1\ndescription: x\n---\n", "put it in quotes"),
        ("---\nname: a\ndescription: 1\n---\n", "put it in quotes"),
        ("---\nname: a\ndescription: ' '\n---\n", "is empty"),
        (f"---\nname: a\ndescription: {'x' * 1025}\n---\n", "1024 is the most"),
        ("---\nname: a\ndescription: use: it\n---\n", "line 3: .* quotes"),
    ],
)
def test_what_is_no_skill_is_left_out_and_told(text: str, why: str) -> None:
    library = SkillLibrary(own(a=text, ok=skill_md("ok")))
    assert list(library.skills) == ["ok"]
    assert len(library.problems) == 1
    assert library.problems[0].startswith("skills/a: ")
    with pytest.raises(SkillError, match=why):
        read_skill(text.encode(), "a")


def test_bytes_that_are_no_text_and_too_many_of_them() -> None:
    with pytest.raises(SkillError, match="not UTF-8"):
        read_skill(b"---\nname: \xff\n---\n", "a")
    with pytest.raises(SkillError, match="more than"):
        read_skill(b"x" * (1024 * 1024 + 1), "a")


def test_installed_skills_come_behind_the_agents_own(tmp_path: Path) -> None:
    installed(tmp_path, "a")
    installed(tmp_path, "b", **{"scripts/run.py": "print()"})
    (tmp_path / "c").mkdir()
    (tmp_path / "file.md").write_text("x")
    library = SkillLibrary(own(a=skill_md("a", "Mine.")), [str(tmp_path)])
    assert {name: skill.description for name, skill in library.skills.items()} == {
        "a": "Mine.",
        "b": "Installed b.",
    }
    assert library["b"].text("scripts/run.py") == "print()"
    assert library["b"].folder == os.path.realpath(tmp_path / "b")
    assert library.problems == []


def test_the_first_folder_that_is_named_wins(tmp_path: Path) -> None:
    installed(tmp_path / "one", "a")
    two = installed(tmp_path / "two", "a")
    (two / "SKILL.md").write_text(skill_md("a", "Two."))
    library = SkillLibrary({}, [str(tmp_path / "one"), str(tmp_path / "two")])
    assert library["a"].description == "Installed a."


def test_a_folder_that_is_not_there_is_told_and_no_failure(tmp_path: Path) -> None:
    library = SkillLibrary(own(a=skill_md("a")), [str(tmp_path / "nope")])
    assert list(library.skills) == ["a"]
    assert "cannot be read: No such file" in library.problems[0]


def test_paths_start_at_the_root_and_at_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed(tmp_path / "more", "a")
    installed(tmp_path / "home/skills", "b")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert list(SkillLibrary({}, ["more", "~/skills"], str(tmp_path)).skills) == ["a", "b"]


def test_links_may_not_lead_out_of_an_installed_skill(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    place = installed(tmp_path / "skills", "a")
    (place / "link.md").symlink_to(tmp_path / "secret")
    (place / "inner.md").symlink_to(place / "SKILL.md")
    (place / ".hidden").write_text("x")
    skill = SkillLibrary({}, [str(tmp_path / "skills")])["a"]
    assert skill.files == ("inner.md", "link.md")
    assert skill.text("inner.md").startswith("---")
    with pytest.raises(SkillError, match="no file in the skill's folder"):
        skill.text("link.md")


def test_a_skill_whose_own_file_leads_out_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "SKILL.md").write_text(skill_md("a"))
    (tmp_path / "skills/a").mkdir(parents=True)
    (tmp_path / "skills/a/SKILL.md").symlink_to(tmp_path / "SKILL.md")
    library = SkillLibrary({}, [str(tmp_path / "skills")])
    assert not library.skills
    assert library.problems


# ── search ────────────────────────────────────────────────────────────────────────────────────────

SKILLS = [
    Skill("pdf-forms", "Fill in forms in PDF files.", ""),
    Skill("spreadsheets", "Read tables and compute sums. Use it for files with rows.", ""),
    Skill("git-history", "Find out who changed a file, and when.", ""),
    Skill("release-notes", "Write what changed since a version.", ""),
]


@pytest.mark.parametrize(
    ("query", "best"),
    [
        ("fill in a PDF form", ["pdf-forms"]),
        ("PDF", ["pdf-forms"]),
        ("who changed this line of the history", ["git-history", "release-notes"]),
        ("spreadsheet with sums", ["spreadsheets"]),
        ("translate a poem", []),
        ("the", []),
        ("!!!", []),
    ],
)
def test_search(query: str, best: list[str]) -> None:
    assert [skill.name for skill in search(SKILLS, query, 5)][: len(best) or 1] == best


def test_search_is_limited_and_the_same_in_any_order() -> None:
    ranked = [skill.name for skill in search(SKILLS, "file changed tables", 10)]
    assert [s.name for s in search(SKILLS[::-1], "file changed tables", 2)] == ranked[:2]
