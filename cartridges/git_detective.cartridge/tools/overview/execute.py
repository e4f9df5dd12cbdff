"""The size and shape of a repository, from its history and its newest tree."""

from collections import Counter
from pathlib import PurePosixPath


def execute(ctx) -> dict:
    history = ctx.resources["repository"].history()
    commits, files = history.commits, history.files
    days = sorted({history.date(c.when) for c in commits})
    languages = Counter(PurePosixPath(path).suffix or "(none)" for path in files)
    sizes: Counter[str] = Counter()
    folders: Counter[str] = Counter()
    for path, file in files.items():
        sizes[PurePosixPath(path).suffix or "(none)"] += file.size
        folders[path.partition("/")[0] if "/" in path else "."] += 1
    changed = Counter(
        folder
        for commit in commits
        for folder in {c.path.partition("/")[0] if "/" in c.path else "." for c in commit.changes}
    )
    return {
        "repository": history.name,
        "branch": history.branch,
        "head": history.head[:12],
        "commits": len(commits),
        "merges": sum(c.merge for c in commits),
        "first_day": days[0] if days else None,
        "last_day": days[-1] if days else None,
        "active_days": len(days),
        "commits_in_last_90_days": sum(history.days(c.when) < 90 for c in commits),
        "contributors": len({c.author for c in commits}),
        "files": len(files),
        "bytes": sum(file.size for file in files.values()),
        "languages": [
            {"suffix": suffix, "files": count, "bytes": sizes[suffix]}
            for suffix, count in languages.most_common(8)
        ],
        "folders": [
            {"folder": folder, "files": count, "commits": changed[folder]}
            for folder, count in folders.most_common(12)
        ],
        "notes": list(history.notes),
    }
