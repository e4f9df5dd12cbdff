"""Real Git repositories in a temporary folder, with known authors and dates."""

import os
import subprocess
from datetime import UTC, datetime, timedelta

DAY_ZERO = datetime(2024, 1, 1, 12, tzinfo=UTC)  # a Monday


class Repo:
    """A repository in a folder; each commit has its day, counted from DAY_ZERO, and its author."""

    def __init__(self, path):
        self.path = path
        path.mkdir(parents=True, exist_ok=True)
        self.git("init", "-q", "-b", "main")

    def git(self, *args, day=0, author="Ada", zone="+0000", stdin=None):
        moment = f"@{int((DAY_ZERO + timedelta(days=day)).timestamp())} {zone}"
        people = {
            f"GIT_{role}_{what}": value
            for role in ("AUTHOR", "COMMITTER")
            for what, value in (
                ("NAME", author),
                ("EMAIL", f"{author.lower().replace(' ', '.')}@example.org"),
                ("DATE", moment),
            )
        }
        done = subprocess.run(
            ["git", *args],
            cwd=self.path,
            env=os.environ | people,
            input=stdin,
            capture_output=True,
            check=True,
        )
        return done.stdout

    def write(self, files):
        for name, content in files.items():
            path = os.path.join(os.fsencode(self.path), os.fsencode(name))
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "wb") as file:
                file.write(content.encode() if isinstance(content, str) else content)

    def commit(self, files, subject="change", **about):
        self.write(files)
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", subject, **about)


def lines(number, start=0):
    return "".join(f"line {i}\n" for i in range(start, start + number))


def tell_story(repo):
    """Ten commits: core.py is hot, api.py and view.js change together, old.py rests."""
    repo.commit({"src/core.py": lines(100), "src/old.py": lines(500)}, "start", day=0)
    repo.commit({"src/core.py": lines(110)}, "fix the parser", day=400)
    repo.commit({"src/core.py": lines(120)}, "Fixes a crash", day=401)
    repo.commit({"src/core.py": lines(119)}, "grow", day=402, author="Grace")
    for i in range(4):
        both = {"web/view.js": lines(10 + i), "src/api.py": lines(20 + i)}
        repo.commit(both, f"feature {i}", day=410 + i, author="Grace")
    repo.commit({"src/api.py": lines(30)}, "api only", day=420, author="Grace")
    repo.commit({"README.md": lines(5)}, "say what it is", day=421, author="docs[bot]")
    return repo
