"""Ownership: who made the commits, who owns which file and folder, and what leaves with them."""

import re
from collections import Counter, defaultdict

BOT = re.compile(r"\[bot\]|\bbot$|^(dependabot|renovate|github-actions)", re.IGNORECASE)
FEWEST_COMMITS = 3  # a file with fewer says little about who knows it


def execute(ctx, *, away_days: int = 180, under: str = "", limit: int = 10) -> dict:
    history = ctx.resources["repository"].history()
    touched = history.touches(history.select(under))
    relevant = {commit.sha for events in touched.values() for commit, _ in events}
    commits = [c for c in history.commits if not under or c.sha in relevant]
    count = Counter(c.author for c in commits)
    human = Counter({name: n for name, n in count.items() if not BOT.search(name)})
    last_seen = {c.author: c.when for c in sorted(history.commits, key=lambda c: c.when)}
    away = {name for name in human if history.days(last_seen[name]) >= away_days}

    files = []
    by_folder: dict[str, Counter[str]] = defaultdict(Counter)
    for path, events in touched.items():
        made = Counter(commit.author for commit, _ in events if commit.author in human)
        if made:
            by_folder[path.rpartition("/")[0] or "."].update(made)
            files.append({"file": path, **ownership(made, away)})
    known = [f for f in files if f["commits"] >= FEWEST_COMMITS]
    known.sort(key=lambda f: (-f["commits"], f["file"]))
    folders = [{"folder": folder, **ownership(made, away)} for folder, made in by_folder.items()]
    folders.sort(key=lambda f: (-f["commits"], f["folder"]))
    return {
        "contributors": len(count),
        "bus_factor": len(core(human)),
        "core": core(human),
        "people": [person(history, commits, name) for name, _ in count.most_common(limit)],
        "folders": folders[:limit],
        "single_owner_files": [f for f in known if f["share"] == 1 and len(human) > 1][:limit],
        "orphaned_files": [f for f in known if f["orphaned"]][:limit],
        "files_with_an_owner_away": sum(f["orphaned"] for f in files),
        "files": len(files),
    }


def core(made: Counter) -> list[str]:
    """The fewest people who together made more than half of the commits."""
    people, covered = [], 0
    for name, commits in made.most_common():
        if covered * 2 > made.total():
            break
        people.append(name)
        covered += commits
    return people


def ownership(made: Counter, away: set[str]) -> dict:
    (owner, most), *_ = made.most_common(1)
    return {
        "main_owner": owner,
        "share": round(most / made.total(), 3),
        "commits": made.total(),
        "people": len(made),
        "orphaned": owner in away,
    }


def person(history, commits, name: str) -> dict:
    own = [c for c in commits if c.author == name]
    changes = [change for c in own for change in c.changes]
    return {
        "name": name,
        "bot": bool(BOT.search(name)),
        "commits": len(own),
        "share": round(len(own) / len(commits), 3),
        "added": sum(change.added for change in changes),
        "deleted": sum(change.deleted for change in changes),
        "files": len({change.path for change in changes}),
        "first_day": history.date(min(c.when for c in own)),
        "last_day": history.date(max(c.when for c in own)),
    }
