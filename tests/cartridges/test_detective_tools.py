"""The numbers that git_detective's tools compute, on repositories small enough to count by hand."""

import json

import pytest
from real_git import lines, tell_story


@pytest.fixture
def story(repo):
    return tell_story(repo)


def test_overview(story, ask):
    seen = ask("overview")
    assert seen["repository"] == "project"
    assert seen["branch"] == "main"
    assert (seen["commits"], seen["merges"], seen["contributors"]) == (10, 0, 3)
    assert (seen["first_day"], seen["last_day"]) == ("2024-01-01", "2025-02-25")
    assert (seen["active_days"], seen["commits_in_last_90_days"]) == (10, 9)
    assert seen["files"] == 5
    assert seen["languages"][0]["suffix"] == ".py"
    assert seen["languages"][0]["files"] == 3
    assert {"folder": "src", "files": 3, "commits": 9} in seen["folders"]
    assert seen["notes"] == []


def test_hotspots(story, ask):
    seen = ask("hotspots")
    assert (seen["files_considered"], seen["files_changed"]) == (4, 4)
    assert [(s["file"], s["score"]) for s in seen["hotspots"]] == [
        ("src/core.py", 1.0),
        ("src/api.py", round(4 * 30 / (3 * 119), 3)),
        ("web/view.js", round(3 * 13 / (3 * 119), 3)),
        ("src/old.py", 0.0),
    ]
    assert seen["hotspots"][0] == {
        "file": "src/core.py",
        "score": 1.0,
        "commits": 4,
        "commits_in_last_90_days": 3,
        "lines": 119,
        "churn": 121,
        "added": 120,
        "deleted": 1,
        "authors": 2,
        "fixes": 2,
        "last_changed": "2025-02-06",
    }


@pytest.mark.parametrize(
    ("by", "first"),
    [("commits", "src/api.py"), ("churn", "src/old.py"), ("fixes", "src/core.py")],
)
def test_hotspots_by(story, ask, by, first):
    assert ask("hotspots", by=by, limit=1)["hotspots"][0]["file"] == first


def test_hotspots_under_and_include(story, ask):
    for under in ("web", "web/", "./web"):
        assert [s["file"] for s in ask("hotspots", under=under)["hotspots"]] == ["web/view.js"]
    with pytest.raises(
        ValueError, match=r"no folder `we`; at the top are: .*web.*leave `under` out"
    ):
        ask("hotspots", under="we")
    assert len(ask("hotspots", include="all")["hotspots"]) == 5


def test_coupled_files(story, ask):
    seen = ask("coupled_files")
    assert (seen["commits_used"], seen["commits_too_large"], seen["pairs_found"]) == (9, 0, 1)
    assert seen["pairs"] == [
        {
            "when": "web/view.js",
            "then": "src/api.py",
            "support": 4,
            "confidence": 1.0,
            "lift": round(9 / 5, 2),
            "relation": "across folders",
        }
    ]
    assert ask("coupled_files", min_support=5)["pairs"] == []


def test_the_direction_of_a_pair_is_the_surer_one(repo, ask):
    for i in range(4):
        repo.commit({"a.py": lines(i + 1)} | ({"b.py": lines(i + 1)} if i < 3 else {}), day=i)
    (pair,) = ask("coupled_files", min_lift=1)["pairs"]
    assert (pair["when"], pair["then"], pair["confidence"]) == ("b.py", "a.py", 1.0)
    assert pair["lift"] == 1.0  # a.py is in every commit, so that says nothing
    assert ask("coupled_files")["pairs"] == []


def test_a_large_commit_couples_nothing(repo, ask):
    for i in range(3):
        repo.commit({f"m{n}.py": lines(i + 1) for n in range(40)}, day=i)
    for i in range(3):
        repo.commit({"other.py": lines(i + 1)}, day=3 + i)
    seen = ask("coupled_files")
    assert (seen["pairs"], seen["commits_too_large"]) == ([], 3)
    assert ask("coupled_files", max_files=40)["pairs_found"] == 40 * 39 / 2


@pytest.mark.parametrize(
    ("one", "other", "relation"),
    [
        ("src/a.py", "tests/test_a.py", "test"),
        ("src/a.js", "src/a.test.js", "test"),
        ("a_test.go", "a.go", "test"),
        ("src/a.py", "src/b.py", "same folder"),
        ("src/a.py", "lib/a.py", "across folders"),
    ],
)
def test_relation(detective, one, other, relation):
    tool = detective.load("tools/coupled_files/execute.py")
    assert tool.relation(one, other) == tool.relation(other, one) == relation


def test_contributors(story, ask):
    seen = ask("contributors")
    assert seen["contributors"] == 3
    assert (seen["bus_factor"], seen["core"]) == (1, ["Grace"])  # 6 of 9, the bot aside
    grace, ada, bot = seen["people"]
    assert grace == {
        "name": "Grace",
        "bot": False,
        "commits": 6,
        "share": 0.6,
        "added": 13 + 30,
        "deleted": 1,
        "files": 3,
        "first_day": "2025-02-06",
        "last_day": "2025-02-24",
    }
    assert (ada["name"], ada["added"]) == ("Ada", 620)
    assert (bot["name"], bot["bot"]) == ("docs[bot]", True)
    assert [f["file"] for f in seen["single_owner_files"]] == ["src/api.py", "web/view.js"]
    assert seen["folders"][0] == {
        "folder": "src",
        "main_owner": "Grace",
        "share": 0.6,
        "commits": 10,
        "people": 2,
        "orphaned": False,
    }


def test_bus_factor_needs_more_than_half(repo, ask):
    for i, author in enumerate(["Ada", "Grace", "Ada", "Grace", "Edsger", "Barbara"]):
        repo.commit({"a.py": lines(i + 1)}, day=i, author=author)
    seen = ask("contributors")  # Ada and Grace have 4 of 6
    assert (seen["bus_factor"], set(seen["core"])) == (2, {"Ada", "Grace"})


def test_orphaned_files(repo, ask):
    for i in range(3):
        repo.commit({"ada.py": lines(i + 1)}, day=i, author="Ada")
    repo.commit({"grace.py": lines(1)}, day=182, author="Grace")
    seen = ask("contributors")
    assert [(f["file"], f["main_owner"]) for f in seen["orphaned_files"]] == [("ada.py", "Ada")]
    assert seen["files_with_an_owner_away"] == 1
    assert ask("contributors", away_days=365)["orphaned_files"] == []
    assert [p["name"] for p in ask("contributors", under=".")["people"]] == ["Ada", "Grace"]


def test_one_person_with_two_addresses_and_two_names_is_one(repo, ask):
    repo.commit({"a": "1"}, day=0, author="Ada Lovelace")
    repo.git("commit", "-q", "--allow-empty", "-m", "x", "--author=ada lovelace <ada@home>", day=1)
    repo.git("commit", "-q", "--allow-empty", "-m", "x", "--author=countess <ada@home>", day=2)
    repo.commit({"b": "1"}, day=3, author="Grace")
    seen = ask("contributors")
    assert [(p["name"], p["commits"]) for p in seen["people"]] == [("countess", 3), ("Grace", 1)]
    assert "ada@home" not in json.dumps(seen)


def test_file_age(story, ask):
    seen = ask("file_age")
    assert seen["as_of"] == "2025-02-25"
    assert (seen["files"], seen["not_changed_in_this_history"]) == (5, 0)
    assert seen["median_days"] == 8  # of 0, 1, 8, 19, 421
    assert {row["age"]: row["files"] for row in seen["distribution"]} == {
        "under 30 days": 4,
        "30 to 89 days": 0,
        "90 to 364 days": 0,
        "1 to 3 years": 1,
        "3 years and more": 0,
    }
    assert seen["stale_files"] == 1
    (old,) = seen["stale_large"]
    assert (old["file"], old["days"], old["by"]) == ("src/old.py", 421, "Ada")
    assert old["bytes"] == len(lines(500))
    assert ask("file_age", stale_days=422)["stale_large"] == []


def test_commit_patterns(story, ask):
    seen = ask("commit_patterns")
    assert (seen["commits"], seen["merges"], seen["reverts"]) == (10, 0, 0)
    assert seen["fix_share"] == 0.2
    assert seen["hours"] == {"12": 10}
    assert seen["months"] == {"2024-01": 1, "2025-02": 9}
    assert seen["files_per_commit"] == {"median": 1.5, "p90": 2, "max": 2}
    assert seen["largest"][0]["lines"] == 600
    assert (seen["weekdays"]["Monday"], sum(seen["weekdays"].values())) == (3, 10)


def test_hours_and_days_are_those_of_the_author(repo, ask):
    repo.commit({"a": "1"}, "Revert that", day=5, zone="+1200")  # Saturday noon is Sunday there
    repo.commit({"a": "2"}, "wip", day=5, zone="-1130")
    repo.commit({"a": "3"}, "feat(ui): colours", day=7)
    seen = ask("commit_patterns")
    assert seen["hours"] == {"00": 2, "12": 1}
    assert (seen["weekdays"]["Saturday"], seen["weekdays"]["Sunday"]) == (1, 1)
    assert (seen["reverts"], seen["vague_subjects"]) == (1, 1)
    assert seen["conventional_types"] == {"feat": 1}
    assert seen["night_share"] == 0.667


def test_done_says_what_it_rests_on(story, ask):
    seen = ask("done", headline="h", findings=[], recommendations=["r"], runtime={"max_commits": 4})
    assert seen["basis"]["commits"] == 4
    assert (seen["basis"]["first_day"], seen["basis"]["last_day"]) == ("2025-02-16", "2025-02-25")
    assert seen["basis"]["limits"] == ["only the newest 4 commits were read (`max_commits`)"]
