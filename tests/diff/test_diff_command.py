"""The command: formats, exit codes, revisions of git, and what strangers write into a cartridge."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from two_versions import HELLO, put

from looplet.compiler import cartridge_to_preset
from looplet.compiler.archive.package import pack
from looplet.compiler.archive.zip_writer import stamp, written
from looplet.compiler.cli import main
from looplet.compiler.diff import KINDS
from looplet.compiler.diff.as_markdown import MOST, code

Capture = pytest.CaptureFixture[str]
Edit = Callable[..., None]


def as_json(capsys: Capture) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(capsys.readouterr().out)
    return value


# ── exit codes ────────────────────────────────────────────────────────────────────────────────────


def test_the_same_bytes_are_identical(old: Path, new: Path, capsys: Capture) -> None:
    assert main(["diff", str(old), str(new)]) == 0
    assert capsys.readouterr().out == "hello 1.0.0: identical\n"


def test_a_comment_is_no_difference(old: Path, new: Path, edit: Edit, capsys: Capture) -> None:
    edit("config.yaml", "max_steps: 8", "max_steps: 8 # enough")
    assert main(["diff", str(old), str(new)]) == 0
    out = capsys.readouterr().out
    assert "info[file-rewritten] `config.yaml` is written otherwise, and means the same" in out
    assert out.endswith("hello 1.0.0: same meaning; 1 difference in how it is written\n")


@pytest.mark.parametrize(
    ("name", "before", "after", "codes"),
    [
        ("config.yaml", "max_steps: 8", "max_steps: 9", (1, 1, 1, 0)),
        ("config.yaml", "max_steps: 8", "max_steps: 7", (1, 1, 0, 0)),
        ("cartridge.json", "Greets people.", "Greets.", (1, 0, 0, 0)),
    ],
)
def test_fail_on_says_what_counts(
    name: str, before: str, after: str, codes: tuple[int, ...], old: Path, new: Path, edit: Edit
) -> None:
    edit(name, before, after)
    for level, status in zip(("any", "behaviour", "risk", "never"), codes, strict=True):
        assert main(["diff", str(old), str(new), "--fail-on", level]) == status


def test_a_side_with_errors_is_compared_as_files_and_is_no_success(
    old: Path, new: Path, edit: Edit, capsys: Capture
) -> None:
    edit("config.yaml", "max_steps: 8", "max_stpes: 9")
    for level in ("any", "never"):
        assert main(["diff", str(old), str(new), "--fail-on", level]) == 2
        out, err = capsys.readouterr()
        assert "config.yaml:2:1: error[CT201]" in err
        assert "config.yaml: behaviour[file-changed] `config.yaml`: 1 line in, 1 line out" in out
        assert out.endswith(
            "not compared by meaning, since one does not check clean; 1 file differs\n"
        )
    assert main(["diff", str(old), str(new), "--json"]) == 2
    found = as_json(capsys)
    assert found["verdict"] == "not-compared"
    assert "CT201" in [each["code"] for each in found["diagnostics"]]
    assert found["new"]["name"] is None


@pytest.mark.parametrize("missing", ["nowhere.cartridge", "no_such_name"])
def test_what_is_not_there_cannot_be_compared(missing: str, old: Path, capsys: Capture) -> None:
    assert main(["diff", str(old), missing]) == 2
    assert "CT001" in capsys.readouterr().err


@pytest.mark.parametrize("words", [["one"], ["a", "b", "c"], ["--git", "main", "a", "b"]])
def test_a_wrong_number_of_names_says_what_to_write(words: list[str], capsys: Capture) -> None:
    assert main(["diff", *words]) == 2
    assert "write diff OLD NEW, or diff --git REV CARTRIDGE" in capsys.readouterr().err


# ── whatever is named ─────────────────────────────────────────────────────────────────────────────


def test_a_package_is_compared_with_a_folder(
    old: Path, new: Path, edit: Edit, capsys: Capture
) -> None:
    package = old.parent / "hello-1.0.0.cartridge"
    package.write_bytes(written(pack(cartridge_to_preset(old)).members(), stamp()))
    assert main(["diff", str(package), str(old)]) == 0
    assert capsys.readouterr().out == "hello 1.0.0: identical\n"
    edit("config.yaml", "max_steps: 8", "max_steps: 7")
    assert main(["diff", str(new), str(package)]) == 1
    assert f"{package}/config.yaml:2:1: risk[limit-raised]" in capsys.readouterr().out


def test_the_name_of_a_shipped_one_will_do(capsys: Capture) -> None:
    assert main(["diff", "hello", str(HELLO)]) == 0
    assert capsys.readouterr().out == "hello 1.0.0: identical\n"


def test_a_broken_package_is_refused_and_nothing_is_compared(
    old: Path, tmp_path: Path, capsys: Capture
) -> None:
    package = tmp_path / "broken.cartridge"
    package.write_bytes(written(pack(cartridge_to_preset(old)).members(), stamp())[:-9])
    assert main(["diff", str(old), str(package)]) == 2
    assert "error[CT7" in capsys.readouterr().err


# ── formats ───────────────────────────────────────────────────────────────────────────────────────


def test_text_has_the_riskiest_first_with_places_lines_and_words(
    old: Path, new: Path, edit: Edit, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    edit("prompts/system.md.jinja", "You greet people.", "You insult people.")
    edit("cartridge.json", '"1.0.0"', '"1.1.0"')
    edit("config.yaml", "  default: deny", "  default: allow")
    monkeypatch.chdir(new.parent)
    assert main(["diff", str(old), "hello.cartridge"]) == 1
    out = capsys.readouterr().out
    labels = re.findall(r"(\w+)\[([\w-]+)\]", out)
    assert labels == [
        ("risk", "permissions-widened"),
        ("behaviour", "prompt-changed"),
        ("info", "version-changed"),
    ]
    assert re.search(r"^hello\.cartridge/config\.yaml:\d+:3: risk", out, re.MULTILINE)
    assert '  = default: "deny" → "allow"\n' in out
    assert "  -You greet people." in out and "  +You insult people." in out
    assert "\n       ^^^^^\n" in out and "\n       ^^^^^^\n" in out
    assert out.endswith("hello 1.0.0 → 1.1.0: 3 changes: 1 risk, 1 behaviour, 1 info\n")


def test_json_is_what_the_docs_say(old: Path, new: Path, edit: Edit, capsys: Capture) -> None:
    edit("config.yaml", "max_steps: 8", "max_steps: 9")
    edit("tools/greet/tool.yaml", "maxLength: 80", "maxLength: 70")
    edit("memory/long_term.md", "a name", "two names")
    assert main(["diff", str(old), str(new), "--json"]) == 1
    text = capsys.readouterr().out
    found = json.loads(text)
    assert text.isascii() and list(found) == [
        *("version", "verdict", "old", "new", "changes", "rewrites", "diagnostics", "summary")
    ]
    assert found["summary"] == {"risk": 1, "behaviour": 2, "info": 0}
    first, second, third = found["changes"]
    assert first == {
        "kind": "limit-raised",
        "severity": "risk",
        "subject": "config.max_steps",
        "message": "max_steps: 8 → 9",
        "notes": [],
        "place": {"side": "new", "path": "config.yaml", "start": {"line": 2, "column": 1}},
        "old": 8,
        "new": 9,
    }
    assert (second["kind"], second["compatible"]) == ("parameter-narrowed", "no")
    assert third["diff"] == ["@@ -1 +1 @@", "-Everybody has a name.", "+Everybody has two names."]
    assert found["old"]["digests"]["meaning"] == cartridge_to_preset(old).digest
    assert found["old"]["digests"]["tree"] == pack(cartridge_to_preset(old)).tree_digest
    assert {change["kind"] for change in found["changes"]} <= set(KINDS)


def test_github_gets_a_warning_for_a_risk(
    old: Path, new: Path, edit: Edit, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    edit("config.yaml", "max_steps: 8", "max_steps: 9")
    (new / "memory/long_term.md").unlink()
    monkeypatch.chdir(new.parent)
    assert main(["diff", str(old), "hello.cartridge", "--format", "github"]) == 1
    assert capsys.readouterr().out.splitlines() == [
        "::warning file=hello.cartridge/config.yaml,line=2,col=1,title=limit-raised::"
        "max_steps: 8 → 9",
        "::notice title=memory-changed::`memory/long_term.md` is gone: 22 bytes",
    ]


# ── what strangers write ──────────────────────────────────────────────────────────────────────────

HOSTILE = (
    "\x1b[2J\x1b]0;owned\x07 \u202egnp.exe ``` </details> <script>alert(1)</script> @everyone "
    "![x](https://example.com/a.png) ::error::no\n"
)


@pytest.fixture
def hostile(old: Path, new: Path) -> tuple[str, str]:
    put(
        new,
        {
            "memory/long_term.md": HOSTILE,
            "notes/```.txt": HOSTILE,
            "prompts/partials/manners.md": HOSTILE,
            "cartridge.json": json.dumps(
                {"name": "hello", "schema_version": 2, "version": "2 " + HOSTILE, "x-a": HOSTILE}
            ),
        },
    )
    return str(old), str(new)


@pytest.mark.parametrize("form", ["text", "markdown", "github", "json"])
def test_nothing_of_an_author_reaches_the_terminal_as_it_is(
    form: str, hostile: tuple[str, str], capsys: Capture
) -> None:
    assert main(["diff", *hostile, "--format", form]) == 1
    out = capsys.readouterr().out
    assert "\x1b" not in out and "\u202e" not in out and "\x07" not in out
    lines = [line for line in out.splitlines() if line.startswith("::")]
    assert all(re.match(r"::(warning|notice) ", line) for line in lines)
    assert bool(lines) == (form == "github")


def test_nothing_of_an_author_is_markup_in_a_comment(
    hostile: tuple[str, str], capsys: Capture
) -> None:
    main(["diff", *hostile, "--format", "markdown"])
    outside = without_code(capsys.readouterr().out)
    for word in ("<script", "@everyone", "![x]", "::error"):
        assert word not in outside, outside
    assert outside.count("<details>") == outside.count("</details>") > 0


def without_code(text: str) -> str:
    """Markdown without its fences and code spans, as a reader of CommonMark takes them."""
    text = re.sub(r"(?ms)^ *(`{3,})\w*$.*?^ *\1$", "", text)
    return re.sub(r"(?s)(?<!`)(`+)(?!`)(.*?)(?<!`)\1(?!`)", "", text)


@pytest.mark.parametrize("text", ["a", "`", "``a`", "a`b``c", "", "`` `"])
def test_a_code_span_holds_whatever_is_in_it(text: str) -> None:
    assert without_code(code(text)) == ""


def test_a_comment_fits_into_a_comment_and_says_what_does_not(
    old: Path, new: Path, capsys: Capture
) -> None:
    put(new, {"memory/long_term.md": "".join(f"line {number}\n" for number in range(20_000))})
    assert main(["diff", str(old), str(new), "--format", "markdown"]) == 1
    out = capsys.readouterr().out
    assert len(out) <= MOST and "did not fit here" in out and "memory-changed" in out
    put(new, {f"data/{number:04}{'x' * 100}.txt": "x" for number in range(700)})
    assert main(["diff", str(old), str(new), "--format", "markdown"]) == 1
    out = capsys.readouterr().out
    assert len(out) <= MOST and re.search(r"\*\*\d+ changes more did not fit here", out)


# ── revisions ─────────────────────────────────────────────────────────────────────────────────────


class Git:
    """A repository with a cartridge in a folder of it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.run("init", "-q", "-b", "main")

    def run(self, *words: str) -> str:
        parts = [f"{who}_{what}" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")]
        identity = {f"GIT_{part}": "a@b" for part in parts}
        nowhere = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
        done = subprocess.run(
            ["git", *words],
            cwd=self.folder,
            env={**os.environ, **identity, **nowhere},
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout.strip()

    def commit(self) -> str:
        self.run("add", "-A")
        self.run("commit", "-q", "-m", "a commit")
        return self.run("rev-parse", "HEAD")


@pytest.fixture
def git(old: Path, monkeypatch: pytest.MonkeyPatch) -> Git:
    """The cartridge as agents/hello.cartridge, committed once; the working folder is the top."""
    top = old.parent.parent / "repository"
    (top / "agents").mkdir(parents=True)
    old.rename(top / "agents" / "hello.cartridge")
    monkeypatch.chdir(top)
    made = Git(top)
    made.commit()
    return made


PATH = "agents/hello.cartridge"


def steps(git: Git, number: int) -> None:
    config = git.folder / PATH / "config.yaml"
    config.write_text(re.sub(r"max_steps: \d+", f"max_steps: {number}", config.read_text("utf-8")))


def test_the_working_tree_against_a_revision(git: Git, capsys: Capture) -> None:
    assert main(["diff", "--git", "main", PATH]) == 0
    assert capsys.readouterr().out == "hello 1.0.0: identical\n"
    steps(git, 9)
    (git.folder / PATH / "memory/long_term.md").unlink()
    assert main(["diff", "--git", "HEAD", PATH]) == 1
    out = capsys.readouterr().out
    assert "agents/hello.cartridge/config.yaml:2:1: risk[limit-raised] max_steps: 8 → 9" in out
    assert "HEAD:agents/hello.cartridge/memory/long_term.md:1:1: behaviour" in out
    assert git.run("status", "--porcelain").count("\n") == 1, "git's own state is as it was"


def test_two_revisions_and_where_a_branch_began(git: Git, capsys: Capture) -> None:
    git.run("checkout", "-q", "-b", "feature")
    steps(git, 9)
    git.commit()
    git.run("checkout", "-q", "main")
    steps(git, 10)
    git.commit()
    assert main(["diff", "--git", "main..feature", PATH]) == 1
    assert "max_steps: 10 → 9" in capsys.readouterr().out
    assert main(["diff", "--git", "main...feature", PATH]) == 1
    assert "max_steps: 8 → 9" in capsys.readouterr().out
    assert main(["diff", "--git", "HEAD~1..", PATH]) == 1
    assert "max_steps: 8 → 10" in capsys.readouterr().out


def test_a_parent_is_the_one_of_the_revision(git: Git, capsys: Capture) -> None:
    put(git.folder / "agents/base.cartridge", {"config.yaml": "state: {a: 1}\n"})
    config = git.folder / PATH / "config.yaml"
    config.write_text("extends: ../base.cartridge\n" + config.read_text("utf-8"))
    git.commit()
    put(git.folder / "agents/base.cartridge", {"config.yaml": "state: {a: 2}\n"})
    assert main(["diff", "--git", "HEAD", PATH]) == 1
    out = capsys.readouterr().out
    assert (
        'agents/base.cartridge/config.yaml:1:1: behaviour[setting-changed] state: {"a":1} → ' in out
    )


def test_a_cartridge_that_was_not_there_is_all_new(git: Git, capsys: Capture) -> None:
    first = git.run("rev-parse", "HEAD")
    (git.folder / PATH).rename(git.folder / "agents/hi.cartridge")
    assert main(["diff", "--git", first, "agents/hi.cartridge", "--json"]) == 1
    found = as_json(capsys)
    assert found["old"] is None
    kinds = {change["kind"] for change in found["changes"]}
    assert {"tool-added", "prompt-added", "server-added", "code-added"} <= kinds
    assert main(["diff", "--git", first, "agents/hi.cartridge"]) == 1
    assert f"(new: it is not in {first}:agents/hi.cartridge)" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("revision", "words"),
    [
        ("no-such-branch", "git knows no revision 'no-such-branch'"),
        ("--output=owned", "git knows no revision '--output=owned'"),
        ("main..--help", "git knows no revision '--help'"),
        ("", "git knows no revision ''"),
    ],
)
def test_no_such_revision(revision: str, words: str, git: Git, capsys: Capture) -> None:
    assert main(["diff", f"--git={revision}", PATH]) == 2
    assert words in capsys.readouterr().err
    assert not (git.folder / "owned").exists()


def test_outside_of_a_repository(
    new: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(new.parent.parent))
    assert main(["diff", "--git", "main", str(new)]) == 2
    assert "not a git repository" in capsys.readouterr().err


def test_without_git(new: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    monkeypatch.setenv("PATH", "")
    assert main(["diff", "--git", "main", str(new)]) == 2
    assert "git cannot be started" in capsys.readouterr().err


def test_links_and_modes_are_those_of_a_folder(git: Git, capsys: Capture) -> None:
    data = git.folder / PATH / "data"
    (data / "run.sh").write_text("#!/bin/sh\n")
    (data / "run.sh").chmod(0o755)
    (data / "link.sh").symlink_to("run.sh")
    (data / "folder").symlink_to("../memory")
    git.commit()
    assert main(["diff", "--git", "HEAD", PATH]) == 0, capsys.readouterr()
    assert capsys.readouterr().out == "hello 1.0.0: identical\n"


@pytest.mark.parametrize("target", ["/etc/passwd", "../../../outside", "around"])
def test_a_link_out_of_the_folder_is_refused_in_a_revision_as_well(
    target: str, git: Git, capsys: Capture
) -> None:
    link = git.folder / PATH / "data/around"
    link.symlink_to(target)
    git.commit()
    link.unlink()
    assert main(["diff", "--git", "HEAD", PATH]) == 2
    assert re.search(
        r"HEAD:agents/hello\.cartridge/data/around: error\[CT00[56]\]", capsys.readouterr().err
    )
