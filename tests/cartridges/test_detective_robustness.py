"""git_detective on repositories that are odd, broken, hostile or not there."""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime

import pytest
from real_git import DAY_ZERO, Repo, lines

TOOLS = ["overview", "hotspots", "coupled_files", "contributors", "file_age", "commit_patterns"]


@pytest.fixture
def ask_all(ask):
    """Every tool's answer, after a look whether JSON can hold it."""
    return lambda **runtime: {tool: json.loads(json.dumps(ask(tool, runtime))) for tool in TOOLS}


def test_nothing_committed_yet(repo, ask_all):
    seen = ask_all()
    assert seen["overview"]["commits"] == 0
    assert seen["overview"]["notes"] == ["there are no commits yet"]
    assert seen["contributors"]["bus_factor"] == 0
    assert seen["file_age"]["median_days"] is None


def test_one_commit(repo, ask_all):
    repo.commit({"a.py": lines(3)})
    seen = ask_all()
    assert seen["overview"]["commits"] == 1
    assert seen["hotspots"]["hotspots"][0]["score"] == 0
    assert seen["coupled_files"]["pairs"] == []
    assert seen["contributors"]["bus_factor"] == 1
    assert seen["contributors"]["single_owner_files"] == []


def test_only_an_empty_commit_and_no_files(repo, ask_all):
    repo.commit({})
    assert ask_all()["overview"]["files"] == 0


def test_every_file_deleted(repo, ask_all):
    repo.commit({"a.py": lines(3)})
    repo.git("rm", "-q", "a.py")
    repo.git("commit", "-q", "-m", "gone", day=1)
    seen = ask_all()
    assert (seen["overview"]["commits"], seen["overview"]["files"]) == (2, 0)
    assert seen["hotspots"]["hotspots"] == []


@pytest.mark.parametrize("name", ["nowhere", "file", "https://example.org/x.git", "a\0b", "-C"])
def test_no_folder(detective, tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("")
    problem = detective.resource("repository", repo=name).problem()
    assert "is not a folder" in problem
    assert ("clone it" in problem) == ("://" in name)


def test_no_repository(detective, tmp_path, monkeypatch):
    monkeypatch.setattr(os, "environ", os.environ | {"GIT_CEILING_DIRECTORIES": str(tmp_path)})
    repository = detective.resource("repository", repo=str(tmp_path))
    assert "is not in a Git repository" in repository.problem()
    with pytest.raises(Exception, match="is not in a Git repository"):
        detective.call("hotspots", {"repository": repository})
    answer = detective.call(
        "done", {"repository": repository}, headline="h", findings=[], recommendations=[]
    )
    assert answer["basis"]["limits"] == [repository.problem()]


def test_no_git(detective, repo, monkeypatch):
    monkeypatch.setenv("PATH", "")
    assert (
        "`git` is not installed" in detective.resource("repository", repo=str(repo.path)).problem()
    )


def test_a_damaged_repository_says_what_git_said(repo, detective):
    repo.commit({"a.py": lines(3)})
    (repo.path / ".git" / "HEAD").write_text("ref: refs/heads/main\n\x00garbage")
    (repo.path / ".git" / "config").write_text("[broken")
    assert "bad config" in detective.resource("repository", repo=str(repo.path)).problem()


@pytest.mark.parametrize(
    "rev", ["--all", "-n1", "no-such-branch", "HEAD:a.py", "^HEAD", "", "a\nb"]
)
def test_a_rev_that_names_no_commit(repo, detective, rev):
    repo.commit({"a.py": lines(3)})
    assert "`rev`" in detective.resource("repository", repo=str(repo.path), rev=rev).problem()


def test_a_head_that_leads_nowhere_is_not_taken_for_an_empty_repository(repo, detective):
    repo.commit({"a.py": lines(3)})
    repo.git("symbolic-ref", "HEAD", "refs/heads/gone")
    assert "'HEAD' is no branch" in detective.resource("repository", repo=str(repo.path)).problem()


def test_a_repository_of_somebody_else_says_what_git_said(repo, detective):
    repo.commit({"a.py": lines(3)})
    if not hasattr(os, "chown") or os.geteuid():
        pytest.skip("only the superuser can give a folder away")
    for path in (repo.path, repo.path / ".git"):
        os.chown(path, 12345, 12345)
    assert "safe.directory" in detective.resource("repository", repo=str(repo.path)).problem()


def test_a_rev_is_what_is_read(repo, ask):
    repo.commit({"a.py": lines(3)})
    repo.git("tag", "v1")
    repo.commit({"b.py": lines(3)}, day=1)
    assert ask("overview", {"rev": "v1"})["files"] == 1


ODD_NAMES = [
    b"with space.py",
    b'quo"te.py',
    b"new\nline.py",
    b"tab\tname.py",
    "é中.py".encode(),
    b"latin\xe9.py",
    b"-rf.py",
    b":(top)magic.py",
    b"{a => b}.py",
    b"\x01forged.py",
    b"back\\slash.py",
    b"1\t2\tforged.py",
]


@pytest.mark.skipif(sys.platform != "linux", reason="other file systems refuse such names")
def test_odd_names(repo, ask, ask_all):
    for length in (4, 5):
        repo.commit({name: lines(length) for name in ODD_NAMES}, day=length)
    seen = ask("hotspots", limit=100)["hotspots"]
    assert {s["file"] for s in seen} == {n.decode("utf-8", "backslashreplace") for n in ODD_NAMES}
    assert {(s["commits"], s["lines"], s["churn"]) for s in seen} == {(2, 5, 5)}
    assert ask_all()["file_age"]["files"] == len(ODD_NAMES)


def test_odd_subjects_and_people(repo, ask):
    repo.commit({"a": "1"}, "\x01fix: tab\there\n\nbody \x01", author='A "B" \x01 Ünïcode')
    repo.git("commit", "-q", "--allow-empty", "--allow-empty-message", "-m", "", day=1)
    assert ask("overview")["commits"] == 2
    assert ask("commit_patterns")["conventional_types"] == {}
    tree = repo.git("rev-parse", "HEAD^{tree}").decode().strip()
    raw = (
        f"tree {tree}\nauthor Ada <a@b> 99999999999999 +9999\ncommitter Ada <a@b> 0 +0000\n\nlate\n"
    )
    made = repo.git(
        "hash-object", "-t", "commit", "-w", "--literally", "--stdin", stdin=raw.encode()
    )
    repo.git("update-ref", "HEAD", made.decode().strip())
    assert ask("overview")["commits"] == 1
    assert ask("commit_patterns")["commits"] == 1


def test_a_clock_that_ran_ahead_makes_nothing_old(repo, ask):
    repo.commit({"a.py": lines(3)}, day=0)
    repo.commit({"b.py": lines(3)}, day=40_000)
    seen = ask("file_age")
    assert seen["as_of"] < "2100"
    assert min(row["days"] for row in seen["oldest"]) == 0


def test_a_renamed_file_keeps_its_history(repo, ask):
    repo.commit({"a.py": lines(50)}, day=0)
    repo.commit({"a.py": lines(51)}, day=1)
    repo.git("mv", "a.py", "b.py")
    repo.commit({}, day=2)
    repo.commit({"b.py": lines(52)}, day=3)
    (repo.path / "deep").mkdir()
    repo.git("mv", "b.py", "deep/c.py")
    repo.commit({"a.py": "another file, with the first one's name\n"}, day=4)
    seen = {s["file"]: s for s in ask("hotspots")["hotspots"]}
    assert set(seen) == {"deep/c.py", "a.py"}
    assert (seen["deep/c.py"]["commits"], seen["deep/c.py"]["churn"]) == (5, 52)
    assert (seen["a.py"]["commits"], seen["a.py"]["churn"]) == (1, 1)


def test_renamed_there_and_back(repo, ask):
    repo.commit({"a.py": lines(50)}, day=0)
    repo.git("mv", "a.py", "b.py")
    repo.commit({}, day=1)
    repo.git("mv", "b.py", "a.py")
    repo.commit({"a.py": lines(51)}, day=2)
    (spot,) = ask("hotspots")["hotspots"]
    assert (spot["file"], spot["commits"], spot["churn"]) == ("a.py", 3, 51)


def test_binary_files_have_no_lines(repo, ask):
    repo.commit({"logo.png": b"\x89PNG\0\xff" * 99, "a.py": lines(2)}, day=0)
    repo.commit({"logo.png": b"\x89PNG\0\xfe" * 99, "a.py": lines(4)}, day=1)
    seen = {s["file"]: s for s in ask("hotspots")["hotspots"]}
    assert (seen["logo.png"]["lines"], seen["logo.png"]["churn"]) == (0, 0)
    assert (seen["logo.png"]["commits"], seen["a.py"]["churn"]) == (2, 4)


def test_a_merge_adds_no_churn_of_its_own(repo, ask):
    repo.commit({"a.py": lines(10)}, day=0)
    repo.git("checkout", "-q", "-b", "side")
    repo.commit({"b.py": lines(5)}, day=1)
    repo.git("checkout", "-q", "main")
    repo.commit({"a.py": lines(11)}, day=2)
    repo.git("merge", "-q", "--no-edit", "side", day=3)
    assert (ask("overview")["commits"], ask("overview")["merges"]) == (4, 1)
    assert {s["file"]: s["churn"] for s in ask("hotspots")["hotspots"]} == {"a.py": 11, "b.py": 5}
    assert (ask("commit_patterns")["commits"], ask("commit_patterns")["merges"]) == (3, 1)


def test_a_shallow_clone_is_not_taken_for_a_beginning(repo, detective, tmp_path):
    for i in range(5):
        repo.commit({"a.py": lines(10 + i), f"f{i}.py": lines(3)}, day=i)
    shallow = tmp_path / "shallow"
    repo.git("clone", "-q", "--depth", "2", f"file://{repo.path}", str(shallow))
    built = detective.resource("repository", repo=str(shallow))
    seen = detective.call("overview", {"repository": built})
    assert seen["commits"] == 2
    assert "shallow clone" in seen["notes"][0]
    ages = detective.call("file_age", {"repository": built})
    assert (ages["files"], ages["not_changed_in_this_history"]) == (6, 4)
    spots = detective.call("hotspots", {"repository": built})["hotspots"]
    assert {s["file"]: s["churn"] for s in spots} == {"a.py": 1, "f4.py": 3}


def test_a_clone_without_contents_asks_nobody_for_them(repo, detective, tmp_path):
    repo.commit({"a.py": lines(3)})
    repo.git("config", "uploadpack.allowFilter", "true")
    partial = tmp_path / "partial"
    repo.git("clone", "-q", "--bare", "--filter=blob:none", f"file://{repo.path}", str(partial))
    problem = detective.resource("repository", repo=str(partial)).problem()
    assert "without the contents" in problem
    assert "git fetch --refetch" in problem


def test_max_commits_and_since(repo, ask):
    for i in range(6):
        repo.commit({"a.py": lines(i + 1)}, day=i)
    seen = ask("overview", {"max_commits": 2})
    assert (seen["commits"], seen["first_day"]) == (2, "2024-01-05")
    assert "newest 2 commits" in seen["notes"][0]
    assert ask("overview", {"max_commits": 6})["notes"] == []
    seen = ask("overview", {"since": "2024-01-03"})
    assert (seen["commits"], seen["notes"]) == (
        4,
        ["older commits were not read (`since` is '2024-01-03')"],
    )


@pytest.mark.parametrize("since", ["30 days", "1 month ago", "2 years"])
def test_since_an_age(repo, ask, since):
    repo.commit({"a.py": lines(1)}, day=-3650)
    today = (datetime.now(UTC) - DAY_ZERO).days
    for day in (today - 2, today - 1):
        repo.commit({"a.py": lines(day)}, day=day)
    assert ask("overview", {"since": since})["commits"] == 2


def test_a_bare_repository_and_a_folder_inside_one(repo, detective, tmp_path):
    repo.commit({"a.py": lines(3), "sub/b.py": lines(2)})
    bare = tmp_path / "bare.git"
    repo.git("clone", "-q", "--bare", str(repo.path), str(bare))
    names = {}
    for path in (bare, repo.path / "sub"):
        built = detective.resource("repository", repo=str(path))
        seen = detective.call("overview", {"repository": built})
        names[path.name] = seen["repository"]
        assert (seen["files"], seen["commits"]) == (2, 1)
    assert names == {"bare.git": "bare.git", "sub": "project"}


def test_links_and_submodules_are_no_files(repo, ask):
    repo.write({"a.py": lines(3)})
    (repo.path / "link").symlink_to("a.py")
    other = Repo(repo.path / "inner")
    other.commit({"x": "1"})
    repo.commit({})
    assert ask("overview")["files"] == 1


def test_nothing_that_the_repository_configures_is_started(repo, ask_all, tmp_path):
    marker = tmp_path / "marker"
    trap = tmp_path / "trap"
    trap.write_text(f"#!/bin/sh\necho ran >> {marker}\ncat\n")
    trap.chmod(0o755)
    repo.commit({"a.py": lines(3), ".gitattributes": "*.py diff=trap filter=trap\n"})
    repo.commit({"a.py": lines(4)}, day=1)
    for key in (
        "core.fsmonitor",
        "core.pager",
        "core.editor",
        "core.sshCommand",
        "core.alternateRefsCommand",
        "diff.external",
        "diff.trap.command",
        "diff.trap.textconv",
        "filter.trap.clean",
        "filter.trap.smudge",
        "gpg.program",
        "pager.log",
        "alias.log",
        "credential.helper",
    ):
        repo.git("config", key, f"!{trap}" if key.startswith(("alias", "cred")) else str(trap))
    repo.git("config", "log.showSignature", "true")
    repo.git("config", "diff.relative", "true")
    repo.git("config", "diff.renames", "copies")
    marker.unlink(missing_ok=True)
    assert ask_all()["hotspots"]["hotspots"][0]["churn"] == 4
    assert not marker.exists()


def test_variables_of_git_do_not_lead_elsewhere(repo, ask, monkeypatch, tmp_path):
    repo.commit({"a.py": lines(3)})
    elsewhere = Repo(tmp_path / "elsewhere")
    monkeypatch.setenv("GIT_DIR", str(elsewhere.path / ".git"))
    monkeypatch.setenv("GIT_EXTERNAL_DIFF", "/nonexistent")
    monkeypatch.setenv("GIT_TRACE", "1")
    assert ask("overview")["commits"] == 1


def test_a_long_history_is_cut_and_says_so(repo, ask, detective, monkeypatch):
    repo.commit({"a.py": lines(3)})
    module = detective.load("resources/repository.py")
    slow = module.Repository._start

    def late(self, arguments, **options):
        if arguments[0] == "log":  # gives one commit, then hangs
            script = "git log -z --numstat --format='%x01%H%x00%P%x00%aN%x00%aE%x00%ad%x00%s' "
            script += "--date=raw; exec sleep 20"
            return subprocess.Popen(
                ["sh", "-c", script], cwd=self.path, stdout=subprocess.PIPE, stderr=subprocess.PIPE
            )
        return slow(self, arguments, **options)

    monkeypatch.setattr(module.Repository, "_start", late)
    monkeypatch.setattr(module, "SECONDS_FOR_THE_LOG", 0.3)
    seen = ask("overview")
    assert (seen["commits"], seen["notes"]) == (1, ["reading was stopped after 0.3 s"])


def test_the_log_is_read_in_pieces_of_any_size(detective, repo, ask):
    repo.commit({"a\nb.py": lines(3)}, "one")
    repo.commit({"a\nb.py": lines(5)}, "two", day=1)
    history = detective.load("history.py")
    form = "--format=tformat:" + "%x00".join(history.FIELDS)
    raw = repo.git("log", "-z", "--numstat", "--date=raw", form)
    whole = history.parse_log([raw], set())
    assert [c.subject for c in whole] == ["two", "one"]
    for size in (1, 2, 7, 64):
        pieces = [raw[i : i + size] for i in range(0, len(raw), size)]
        assert history.parse_log(pieces, set()) == whole
    for end in range(len(raw)):  # cut anywhere, it still is a history
        history.parse_log([raw[:end]], set())


def test_the_history_is_read_once(repo, detective, monkeypatch):
    repo.commit({"a.py": lines(3)})
    built = detective.resource("repository", repo=str(repo.path))
    first = built.history()
    repo.commit({"b.py": lines(3)}, day=1)
    assert built.history() is first


def test_a_mailmap_joins_people(repo, ask):
    repo.commit({"a": "1"}, day=0, author="grace")
    mailmap = "Grace Hopper <g@x> <grace@example.org>\nGrace Hopper <g@x> <gh@example.org>\n"
    repo.commit({".mailmap": mailmap}, day=1, author="gh")
    assert [(p["name"], p["commits"]) for p in ask("contributors")["people"]] == [
        ("Grace Hopper", 2)
    ]


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("src/main.c", "code"),
        ("package-lock.json", "generated"),
        ("web/poetry.lock", "generated"),
        ("vendor/x/y.go", "generated"),
        ("static/app.min.js", "generated"),
        ("tests/test_a.py", "test"),
        ("src/a.spec.ts", "test"),
        ("pkg/a_test.go", "test"),
        ("contest.py", "code"),
        ("latest.py", "code"),
        ("README.md", "prose"),
        ("LICENSE", "prose"),
        ("docs/conf.py", "prose"),
        ("Makefile", "code"),
    ],
)
def test_kind(detective, path, kind):
    assert detective.load("history.py").kind(path) == kind
